"""`policyc replay`: what policies would have done with recorded traffic."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.holes import add_bindings
from policyc.cli.networks import describe_inventory
from policyc.cli.parser import one_of
from policyc.cli.progress import Progress
from policyc.cli.replay.engines import ENGINES
from policyc.cli.replay.files import add_connection
from policyc.cli.replay.policies import CEDAR, NETWORK, OLD, OLD_SETTINGS, ROLES, SETTINGS, policies
from policyc.cli.simulate.documents import add_word
from policyc.cli.trust import add_trust

if TYPE_CHECKING:
    from policyc.cli.replay.policies import Policies
    from policyc.replay.reading import Log
    from policyc.replay.report.replay import Replay

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = ""
FORMATS = ("human", "json", "csv", "markdown", "html")

DESCRIPTION = """Ask policies about every request of an access log, and hold the answers against what the log
says came of it. With policies in force beside new ones: who would be newly refused or let in. What a record does not
tell is unknown, never guessed. Reads logs of VPC Lattice, Verified Access, CloudTrail data events, S3 server access logs, and flow
logs of VPCs, transit gateways and core networks."""

EPILOG = """examples:
  policyc replay logs/                              the project's policies against its own traffic
  policyc replay logs/ --against ../main            this checkout beside the policies in force
  policyc replay logs/ --against none               what would change when the auth type is switched on
  policyc replay log.json.gz --service-policy new.json --old-service-policy old.json
  policyc replay 'logs/**/*.gz' --group-policy new.cedar --old-group-policy old.cedar
  policyc replay flows/ --core-network new.json --old-core-network old.json --attachments attachments.json
  policyc replay s3://logs/AWSLogs/111122223333/VpcLattice/ --since 2026-11-01 --until 2026-11-07
  aws logs filter-log-events … | policyc replay - --format json
  policyc replay logs/ --fail-on newly-denied:0.1%  for a pipeline

Files are JSON lines, arrays, lines of text, or what CloudWatch exports, plain or compressed. Callers are shown without what may name a
person, and paths without identifiers; `--show-identities` shows both.

exit status: 0 done, 1 what `--fail-on` names was found, 2 wrong use or configuration, 3 internal error, 4 no record to ask about, 11 something
of the logs could not be read (unless `--fail-on unread` says how much of it counts), 130 interrupted: the report covers what was read."""

_FAILURES: Final = ("newly-denied", "newly-allowed", "contradicted", "undecidable", "unread")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help="log files, folders or patterns, s3://BUCKET/PREFIX/ (needs `policyc[aws]`), table:NAME with `--engine spark`, or - for "
        "standard input",
    )
    for name, what in (("since", "from this day or time (UTC) on"), ("until", "up to this day, or before this time")):
        parser.add_argument(
            f"--{name}",
            default="",
            metavar="TIME",
            help=f"only records {what}; folders named by year, month and day are opened for those days alone",
        )
    parser.add_argument(
        "--policies",
        "--in",
        dest="paths",
        action="append",
        default=[],
        metavar="PATH",
        help="the policies (default: the project), or one document",
    )
    parser.add_argument(
        "--against",
        metavar="PATH",
        help="the project with the policies in force, or the document; the others are new. `none`: no policy was in force (auth none)",
    )
    parser.add_argument(
        "--known",
        metavar="PATH",
        help='what records do not tell of callers: {"callers": {ARN: {KEY: value}}, "accounts": {ID: {KEY: value}}, "users": {ADDRESS: {PROVIDER: …}}}, or a folder that '
        "`policyc aws pull` wrote",
    )
    parser.add_argument(
        "--allow-unreadable", action="store_true", help="end with 0 though something of the logs could not be read"
    )
    parser.add_argument(
        "--show-identities", action="store_true", help="callers, addresses and paths as they stand in the log"
    )
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="in place of a report: the statements, with tests, that let in what logs of VPC Lattice saw let in; beside policies also which of "
        "their statements decided nothing",
    )
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        type=_failure,
        metavar="WHAT[:MOST]",
        help="end with 1 when there is any, or more than MOST (a number of records, or a share of them such as 0.1%%): "
        + ", ".join(_FAILURES)
        + "; may be given several times",
    )
    parser.add_argument(
        "--engine",
        type=one_of("engine", ENGINES),
        default=ENGINES[0],
        metavar="NAME",
        help="auto (default), rows (no further packages), columns (needs `policyc[replay]`; for large logs and for Parquet), "
        "spark (needs `policyc[spark]`): all give the same report",
    )
    parser.add_argument(
        "--parquet",
        metavar="FILE",
        help="also write the classes of the report, the rows of its CSV, as a Parquet file (needs `policyc[replay]`)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep what was read there, so that the next policies are asked at once; it is read anew when the files have changed (needs "
        "`policyc[replay]`)",
    )
    describe_inventory(parser)
    group = parser.add_argument_group("documents in place of a project")
    add_bindings(group)
    for role in ROLES:
        group.add_argument(f"--{role}", action="append", default=[], metavar="FILE", help=f"as in `simulate --{role}`")
    for role in OLD:
        group.add_argument(
            f"--old-{role}", action="append", default=[], metavar="FILE", help=f"the {role} in force; the other is new"
        )
    for role in (*CEDAR, NETWORK):
        what = "Cedar text" if role in CEDAR else "a core network policy as JSON"
        group.add_argument(f"--{role}", metavar="FILE", help=what)
        group.add_argument(f"--old-{role}", metavar="FILE", help="the one in force; the other is new")
    add_trust(group)
    for name in SETTINGS:
        add_word(group, name, f"as in `simulate --{name}`")
    for name in OLD_SETTINGS:
        add_word(group, name, f"the {name} in force; the other is new", "old-")
    add_connection(parser.add_argument_group("whom to read logs in S3 as"))


def _failure(text: str) -> tuple[str, int, float]:
    """What must not be there, and how many records (or which share) of it may be."""
    name, _, most = text.partition(":")
    if name not in _FAILURES:
        raise argparse.ArgumentTypeError(f"`{name}` is none of {', '.join(_FAILURES)}")
    share = most.endswith("%")
    try:
        number = float(most.removesuffix("%")) if most else 0.0
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf") or (share and number > 100) or not (share or number.is_integer()):
        raise argparse.ArgumentTypeError(f"`{most}` is no number of records and no share of them such as `0.1%`")
    return (name, 0, number / 100) if share else (name, int(number), 0.0)


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.cli.replay.engines import in_columns, on_spark, uses_columns
    from policyc.cli.replay.files import opened, window_of
    from policyc.replay.reading import Log
    from policyc.replay.report.html import as_html
    from policyc.replay.report.human import human
    from policyc.replay.report.markdown import as_markdown
    from policyc.replay.report.plain import as_csv, as_json
    from policyc.replay.report.replay import Replay
    from policyc.replay.tally import Tally, replay

    asked = policies(args, console)
    if isinstance(asked, int):
        return asked
    log, tally = Log(), Tally(args.show_identities)
    complete = True
    if args.suggest:
        return _suggest(args, asked, console)
    with Progress(console) as progress:
        try:
            if uses_columns(args):
                in_columns(args, asked, log, tally, lambda now: progress("records", now.records))
            elif args.engine == "spark":
                on_spark(args, asked, log, tally)
            else:
                replay(
                    log.records(opened(args, log)),
                    asked.old,
                    asked.new,
                    tally,
                    asked.known,
                    lambda now: progress("records", now.records),
                    window=window_of(args),
                )
        except KeyboardInterrupt:
            complete = False
    found = Replay(log, tally, asked.new is not None, complete)
    write: Mapping[str, Callable[[], str]] = {
        "human": lambda: human(found, console.options()),
        "json": lambda: as_json(found),
        "csv": lambda: as_csv(found),
        "markdown": lambda: as_markdown(found),
        "html": lambda: as_html(found),
    }
    console.write(write[args.format]())
    if args.parquet:
        _write_parquet(found, args.parquet)
    if not complete:
        return exits.INTERRUPTED
    if not tally.asked:
        return exits.NOTHING
    if any(_exceeds(found, *wanted) for wanted in args.fail_on):
        return exits.FINDINGS
    return _as_read(log, args, console)


def _as_read(log: Log, args: argparse.Namespace, console: Console) -> int:
    """The exit status of a replay without findings."""
    if not log.unread or args.allow_unreadable or any(what == "unread" for what, _, _ in args.fail_on):
        return exits.CLEAN
    console.remark("what could not be read may hold anything: `--allow-unreadable` ends with 0 all the same")
    return exits.UNDECIDED


def _write_parquet(found: Replay, name: str) -> None:
    from importlib.util import find_spec

    from policyc.cli.console import reason
    from policyc.cli.parser import WrongUse
    from policyc.replay.report.parquet import as_parquet

    if find_spec("pyarrow") is None:
        raise WrongUse("a Parquet file needs pyarrow, which is not installed", "run `pip install 'policyc[replay]'`")
    try:
        Path(name).write_bytes(as_parquet(found))
    except OSError as error:
        raise WrongUse(f"`{name}` cannot be written: {reason(error)}", "check the path after `--parquet`") from None


def _suggest(args: argparse.Namespace, asked: Policies, console: Console) -> int:
    """Write statements for what was let in."""
    from policyc.cli.replay.files import opened, window_of
    from policyc.replay.askers.said import NOT_ASKED
    from policyc.replay.reading import Log
    from policyc.replay.report.replay import Replay, left_out
    from policyc.replay.suggest import Evidence, suggestion
    from policyc.replay.tally import Tally, replay
    from policyc.replay.values import Met

    side = asked.old.side()
    log, tally, evidence = Log(), Tally(), Evidence(met=None if side is None else Met(side.documents))
    with Progress(console) as progress:
        replay(
            log.records(opened(args, log)),
            asked.old,
            asked.new,
            tally,
            asked.known,
            lambda now: progress("records", now.records),
            evidence,
            window_of(args),
        )
    tally.skipped.pop(NOT_ASKED, None)
    for line in left_out(Replay(log, tally, False)):
        console.remark(line)
    if not evidence.seen:
        for reason, count in sorted(evidence.left_out.items()):
            console.remark(f"{count:,} left out: {reason}")
        console.remark("no record of VPC Lattice that was let in and that a statement can be made of")
        return exits.NOTHING
    labels = None if side is None else [s.label for document in side.documents for s in document.statements]
    console.write(suggestion(evidence, labels))
    return _as_read(log, args, console)


def _exceeds(found: Replay, what: str, most: int, share: float) -> bool:
    tally = found.tally
    counts = {
        "newly-denied": lambda: tally.newly("deny"),
        "newly-allowed": lambda: tally.newly("allow"),
        "contradicted": lambda: tally.contradicted,
        "undecidable": lambda: sum(n for pair, n in tally.pairs.items() if "undecided" in pair[1:]),
        "unread": lambda: sum(found.log.unread.values()),
    }
    return counts[what]() > max(most, share * tally.asked)
