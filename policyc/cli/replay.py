"""`policyc replay`: what policies would have done with recorded traffic."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.holes import add_bindings
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.progress import Progress
from policyc.cli.project import here, open_project
from policyc.cli.refuse import nothing_found, refuse, refuse_findings, refuse_request
from policyc.cli.simulate_documents import read_flags
from policyc.diagnostics import Diagnostics
from policyc.model.files import stays_inside
from policyc.workspace.compile import Compiled, compile_project

if TYPE_CHECKING:
    from policyc.replay.reading import Log
    from policyc.replay.report import Replay
    from policyc.replay.tally import Ask, Tally
    from policyc.simulation.documents.attached import Attached
    from policyc.workspace.project import Project

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = ""
FORMATS = ("human", "json", "csv")

DESCRIPTION = """Ask policies about every request of an access log, and hold the answers against what the log
says came of it. With policies in force beside new ones: who would be newly refused or let in. What a record does not
tell is unknown, never guessed. Reads VPC Lattice access logs."""

EPILOG = """examples:
  policyc replay logs/                              the project's policies against its own traffic
  policyc replay logs/ --against ../main            this checkout beside the policies in force
  policyc replay log.json.gz --service-policy new.json --old-service-policy old.json
  aws logs filter-log-events … | policyc replay - --format json
  policyc replay logs/ --fail-on newly-denied       for a pipeline

Files are JSON lines, arrays, or what CloudWatch exports, plain or compressed. Callers are shown without the name
of their session, which is often a person's.

exit status: 0 done, 1 what `--fail-on` names was found, 2 wrong use or configuration, 3 internal
error, 4 no record to ask about, 130 interrupted: the report covers what was read."""

_ROLES: Final = ("identity", "boundary", "session", "scp", "rcp", "service-policy", "network-policy")
_WORDS: Final = ("service-auth", "network-auth", "protocol")
_OLD: Final = ("service-policy", "network-policy")
_FAILURES: Final = ("newly-denied", "newly-allowed", "contradicted", "undecidable", "unread")
#: who answers for the policies in force, and for new ones; which condition keys any of them reads
_Asked: TypeAlias = "tuple[Ask, Ask | None, Callable[[str], bool]]"


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log files or folders, or - for standard input")
    parser.add_argument(
        "--in", dest="paths", action="append", default=[], metavar="PATH", help="the policies (default: the project)"
    )
    parser.add_argument("--against", metavar="DIR", help="the project with the policies in force; the others are new")
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        type=one_of("value", _FAILURES),
        metavar="WHAT",
        help="end with 1 when there is any: " + ", ".join(_FAILURES) + "; may be given several times",
    )
    group = parser.add_argument_group("documents in place of a project")
    add_bindings(group)
    for role in _ROLES:
        group.add_argument(f"--{role}", action="append", default=[], metavar="FILE", help=f"as in `simulate --{role}`")
    for role in _OLD:
        group.add_argument(
            f"--old-{role}", action="append", default=[], metavar="FILE", help=f"the {role} in force; the other is new"
        )
    for name in _WORDS:
        group.add_argument(f"--{name}", metavar="WORD", help=f"as in `simulate --{name}`")


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.replay.reading import Log
    from policyc.replay.report import Replay, as_csv, as_json, human
    from policyc.replay.tally import Tally, replay

    diagnostics = Diagnostics()
    project = open_project(args, args.paths, diagnostics)
    console.names = project.names
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console)
    asked = _documents(args, project, console) if _has_documents(args) else _projects(args, project, console)
    if isinstance(asked, int):
        return asked
    old, new, is_read = asked
    log = Log()
    tally: list[Tally] = []

    def watch(now: Tally) -> None:
        if not tally:
            tally.append(now)
        progress("records", now.records)

    complete = True
    with Progress(console) as progress:
        try:
            counted = replay(log.records(_opened(args, log)), old, new, is_read, watch)
        except KeyboardInterrupt:
            complete, counted = False, tally[0] if tally else Tally()
    found = Replay(log, counted, new is not None, complete)
    write: Mapping[str, Callable[[], str]] = {
        "human": lambda: human(found, console.options()),
        "json": lambda: as_json(found),
        "csv": lambda: as_csv(found),
    }
    console.write(write[args.format]())
    if not complete:
        return exits.INTERRUPTED
    if not counted.asked:
        return exits.NOTHING
    return exits.FINDINGS if any(_has(what, found) for what in args.fail_on) else exits.CLEAN


def _has(what: str, found: Replay) -> bool:
    tally = found.tally
    match what:
        case "newly-denied":
            return any(item.new == "deny" for item in tally.changed())
        case "newly-allowed":
            return any(item.new == "allow" for item in tally.changed())
        case "contradicted":
            return tally.contradicted > 0
        case "undecidable":
            return any("undecided" in pair[1:] for pair in tally.pairs)
        case _:
            return bool(found.log.unread)


def _has_documents(args: argparse.Namespace) -> bool:
    names = [*_ROLES, *(f"old-{role}" for role in _OLD), *_WORDS]
    return any(getattr(args, name.replace("-", "_")) for name in names)


def _documents(args: argparse.Namespace, project: Project, console: Console) -> _Asked | int:
    """Who answers where documents are given."""
    from policyc.replay.askers import of_documents, reads

    if args.against or args.paths:
        raise WrongUse("documents take the place of a project", "leave `--in` and `--against` out")
    if not (args.service_policy or args.network_policy):
        raise WrongUse("no auth policy given", "name one with `--service-policy` or `--network-policy`")
    diagnostics = Diagnostics()
    switches = project.config.switches
    given, sources = read_flags(args, _ROLES, switches, diagnostics)
    old = argparse.Namespace(
        **{**vars(args), **{role.replace("-", "_"): getattr(args, f"old_{role.replace('-', '_')}") for role in _OLD}}
    )
    replaced, texts = read_flags(old, _OLD, switches, diagnostics)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, {**sources, **texts}, "human", console)
    words = {name: text for name in _WORDS if (text := getattr(args, name.replace("-", "_"))) is not None}
    is_read = reads(source.text for source in (*sources.values(), *texts.values()))
    answering = of_documents(given, words, switches)
    if not replaced:
        return answering, None, is_read
    roles = {item.role for item in replaced}
    before: list[Attached] = [item for item in given if item.role not in roles]
    return of_documents([*before, *replaced], words, switches), answering, is_read


def _projects(args: argparse.Namespace, project: Project, console: Console) -> _Asked | int:
    """Who answers where projects are."""
    from policyc.replay.askers import of_project, reads

    compiled = _compiled(project, console)
    if isinstance(compiled, int):
        return compiled
    answering = of_project(compiled.program, compiled.all_documents)
    texts = [item.text for item in compiled.all_documents]
    if not args.against:
        return answering, None, reads(texts)
    diagnostics = Diagnostics()
    there = argparse.Namespace(**{**vars(args), "root": Path(args.against), "config": None})
    other = open_project(there, [], diagnostics)
    if diagnostics.has_errors:
        return refuse(diagnostics, other, console)
    before = _compiled(other, console)
    if isinstance(before, int):
        return before
    is_read = reads([*texts, *(item.text for item in before.all_documents)])
    return of_project(before.program, before.all_documents), answering, is_read


def _compiled(project: Project, console: Console) -> Compiled | int:
    compiled = compile_project(project)
    if compiled.diagnostics.has_errors:
        return refuse_findings(compiled, project, console, "human")
    return compiled if compiled.program.modules else nothing_found(console)


def _opened(args: argparse.Namespace, log: Log) -> Iterator[tuple[str, BufferedReader]]:
    """The named files, and those of named folders in the order of their names. Raises WrongUse for one that is not there or lies outside
    the root."""
    root = here(args)
    for text in args.logs:
        if text == "-":
            if sys.stdin is None:
                raise WrongUse("standard input is closed", "name a file")
            yield "<stdin>", cast(BufferedReader, sys.stdin.buffer)
            continue
        path = Path(os.path.abspath(text))  # noqa: PTH100 - keeps symbolic links, unlike resolve
        if not os.path.lexists(path):
            raise WrongUse(f"`{text}` does not exist", "check the path")
        if not stays_inside(path, root):
            raise WrongUse(
                f"`{text}` lies outside the project root `{root.name}`", "give `--root` with a folder that holds it"
            )
        for file in _below(path):
            name = os.path.relpath(file)
            try:
                if not file.is_file() or not stays_inside(file, root):
                    log.miss("a file that is no regular one below the root", name)
                    continue
                yield name, file.open("rb")
            except OSError as error:
                log.miss(f"a file that cannot be read ({(error.strerror or str(error)).lower()})", name)


def _below(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, names, files in os.walk(path):
        names.sort()
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder) / name
