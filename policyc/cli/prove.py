"""`policyc prove`: what holds for all requests: the `prove` blocks of a project, guarantees by name, and a guarantees file about documents."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.document_kinds import KIND_NAMES
from policyc.cli.holes import add_bindings
from policyc.cli.parser import WrongUse, keyword, one_of
from policyc.cli.prove_blocks import is_file, run_blocks, run_named, sides_of
from policyc.cli.trust import add_trust
from policyc.report.proofs import STYLES, state_counts
from policyc.report.registry import renderer
from policyc.report.screen import clean, paint, plural, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policyc.analysis.compare import Version
    from policyc.text import Source
    from policyc.workspace.guarantees.names import Kept

SHARED = ("root", "config", "exclude", "param", "format", "output", "color", "quiet")
REPORT = "proofs"
FORMATS = ()
#: the names of `policyc.analysis.guarantees.GUARANTEES`, which need not be loaded to read a command line
NAMES = ("public", "cross_account", "confused_deputy", "organization_only", "tls_only")

DESCRIPTION = """Prove the `prove` blocks of the policies for every request and every attachment, or show a `test` block that breaks
one and that the deciding engine confirms. With --that, prove a guarantee by name, and with --guarantees the blocks of a
file, of documents: each is judged alone, without the other policies that a request meets."""

EPILOG = """guarantees by name:
  public             only accounts, organizations, networks and sources that are named are allowed
  cross_account      nobody of another account than that of --account is allowed
  confused_deputy    no AWS service is allowed without aws:SourceArn, SourceAccount or the like
  organization_only  nobody outside of the organization is allowed, AWS services aside
  tls_only           nothing is allowed without TLS

examples:
  policyc prove                           every `prove` block of the project
  policyc prove policies/shop             those of some files
  policyc prove -k "stock and not write"  by words of the label
  policyc prove --that organization_only  every document of the project, and what its policies become
  policyc prove --that organization_only bucket.json
  policyc prove --that public inventory   a declared resource, through its whole way
  policyc prove --that cross_account --account 111122223333 key.json --as key
  policyc prove --guarantees org.policy bucket.json roles/

exit status: 0 all hold, 1 one is broken, 2 wrong use, 3 internal error, 4 nothing to prove, 11 not settled."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="policies; with --that or --guarantees documents, folders or REVISION:PATH (default: the project)",
    )
    parser.add_argument(
        "-k",
        dest="keyword",
        type=keyword,
        default="",
        metavar="EXPR",
        help="only proofs whose label fits: words, and, or, not",
    )
    parser.add_argument(
        "--guarantees", metavar="FILE", help="a policy file whose `prove` blocks are about the documents that are named"
    )
    parser.add_argument(
        "--that",
        action="append",
        default=[],
        type=one_of("guarantee", NAMES),
        metavar="NAME",
        help="the guarantee: " + ", ".join(NAMES) + "; may be given several times",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        type=one_of("kind", KIND_NAMES),
        help="what the documents are, as in `check`",
    )
    add_trust(parser)
    add_bindings(parser)
    parser.add_argument("--account", default="", metavar="ID", help="the account that owns the resources")
    parser.add_argument(
        "--organization",
        default="",
        metavar="ID",
        help="the organization (default: the only one that a document, or all of them, name)",
    )


def run(args: argparse.Namespace, console: Console) -> int:
    if args.that and args.guarantees:
        raise WrongUse("`--that` and `--guarantees` are two ways to say what is proven", "give one of them")
    if not args.that:
        return run_blocks(args, console)
    if args.paths and not any(is_file(word) or ":" in word for word in args.paths):
        return run_named(args, console)
    from policyc.workspace.guarantees.documents import given_in
    from policyc.workspace.guarantees.names import Unnamed, as_proofs, prove_by_name, untold
    from policyc.workspace.guarantees.texts import GivenText

    given: list[tuple[str, Version, tuple[str, ...]]] = []
    texts: list[GivenText] = []
    sources: dict[str, Source] = {}
    for found in sides_of(args, console, (args.account,)):
        if isinstance(found, int):
            return found
        side, documents = found
        sources |= side.sources
        given += documents
        texts += (item for item in given_in(side, documents, declared=True) if isinstance(item, GivenText))
    try:
        rows = prove_by_name(given, args.that, args.account, args.organization, texts)
    except Unnamed as error:
        raise WrongUse(str(error), error.help) from error
    silent = [why for text in texts for name in args.that if (why := untold(name, text.path))]
    if silent and not given and not rows:
        raise WrongUse(silent[0], "write a `prove` block on what requests state, and give it with `--guarantees`")
    if not rows:
        console.error("nothing to prove: no document was found\n")
        return exits.NOTHING
    for why in silent:
        console.error(f"{why}\n")
    if args.format == "human":
        console.write(_human(rows, console))
    else:
        console.write(renderer("proofs", args.format)(list(as_proofs(rows)), sources, console.options()))
    if any(row.holds is False for row in rows):
        return exits.FINDINGS
    return exits.CLEAN if all(row.holds for row in rows) else exits.UNDECIDED


def _human(rows: Sequence[Kept], console: Console) -> str:
    """As the documents are proven one by one, without places: a request says what is wrong."""
    options = console.options()
    lines: list[str] = []
    for row in rows:
        if row.holds and options.quiet:
            continue
        lines.append(
            paint(f"{row.state}: ", STYLES[row.state], options.color) + f"{row.guarantee} in {clean(row.document)}"
        )
        if row.request:
            by = f" by `{clean(row.by)}`" if row.by else ""
            lines += wrap(f"  not all requests keep that {row.says}; allowed{by}:", options.width, "  ")
            lines += [f"    {clean(line)}" for line in row.request]
        for reason in row.open:
            lines += wrap(f"  {reason}", options.width, "    ")
    if not options.quiet:
        counts = state_counts([row.state for row in rows])
        lines.append(f"{plural(len(rows), 'guarantee')}: {', '.join(counts.values())}")
    return "".join(line + "\n" for line in lines)
