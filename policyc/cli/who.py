"""`policyc who`: who may do what with a resource, a document or a network, over all requests."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.compiled import open_compiled
from policyc.cli.console import Console
from policyc.cli.diff import refuse_part
from policyc.cli.document_kinds import KIND_NAMES
from policyc.cli.holes import add_bindings
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.prove_blocks import is_file, sides_of
from policyc.cli.refuse import refuse_request
from policyc.cli.trust import add_trust
from policyc.diagnostics import Diagnostics
from policyc.report.registry import renderer
from policyc.workspace.places import file_and_part, parts_named

if TYPE_CHECKING:
    from policyc.report.who import Reach

SHARED = ("root", "config", "exclude", "param", "format", "output", "color", "quiet")
REPORT = "reach"
FORMATS = ()

DESCRIPTION = """Say who may do what with a declared resource, through every gate on the way, or by documents alone: a few classes
of requests with the conditions that are left over, each with one request that the deciding engine confirms, and whether
anybody else may do anything. Of a network: which segments reach which, whatever is attached."""

EPILOG = """examples:
  policyc who inventory                       who may do what with a declared service
  policyc who inventory --can PUT,DELETE --path '/stock/*'
  policyc who --all --format svg > who.svg    every declared resource, as a picture
  policyc who --principal order_fn            what a caller may do, with every resource
  policyc who payroll                         an endpoint of Verified Access, in terms of claims
  policyc who core                            a core network: who reaches whom
  policyc who bucket.json --can s3:PutObject  by a document alone
  policyc who stack.yaml#StockAuth            by one of the documents of a template
  policyc who group.cedar --trust idc=iam_identity_center
  policyc who stack.yaml                      by the documents inside a template, which may hang on what it leaves open

exit status: 0 told, 1 the policies have errors, 2 wrong use, 3 internal error, 4 nothing to ask about, 11 not settled
whether there are others."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "resource",
        nargs="?",
        metavar="RESOURCE",
        help="a declared resource or network, or a file (FILE#NAME for one of its documents), a folder or REVISION:PATH with documents",
    )
    parser.add_argument("--all", action="store_true", help="every declared resource")
    parser.add_argument(
        "--can",
        action="append",
        default=[],
        type=verbs,
        metavar="VERB[,VERB…]",
        help="only what has one of these verbs, or actions (`s3:Get*`) of documents; may be given several times",
    )
    parser.add_argument(
        "--path",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only requests with such a path, or object key; may be given several times",
    )
    parser.add_argument(
        "--principal",
        default="",
        metavar="WHO",
        help="what one caller may do: a declared principal, an ARN, a service or `anonymous`",
    )
    add_trust(parser)
    add_bindings(parser)
    parser.add_argument(
        "--as", dest="kind", metavar="KIND", type=one_of("kind", KIND_NAMES), help="what documents are, as in `check`"
    )
    parser.add_argument(
        "--in",
        dest="paths",
        action="append",
        default=[],
        metavar="PATH",
        help="the project, where it is not the one here",
    )


def verbs(text: str) -> list[str]:
    """An argparse type for verbs with commas between them."""
    found = [word.strip() for word in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"`{text}` names no verb between two commas; write `GET,PUT`")
    return found


def run(args: argparse.Namespace, console: Console) -> int:
    if args.all and args.resource:
        raise WrongUse("`--all` and a resource exclude one another", "leave one of them out")
    if not args.resource and not args.principal and not args.all:
        raise WrongUse(
            "`who` needs a resource",
            "name a declared resource, a network or a file, a caller with `--principal`, or give `--all`",
        )
    can = list(dict.fromkeys(verb for held in args.can for verb in held))
    if args.resource and is_file(args.resource):
        if args.path:
            raise WrongUse(
                "`--path` is about declared resources", "leave it out: the classes say which resources are meant"
            )
        reaches = reach_by_documents(args, console, args.resource, can, args.principal)
        return reaches if isinstance(reaches, int) else _told(reaches, args, console)
    from policyc.workspace.reach.whole import who_declared

    opened = open_compiled(args, args.paths, console)
    if isinstance(opened, int):
        return opened
    _, compiled = opened
    diagnostics = Diagnostics()
    found = who_declared(
        compiled.program, compiled.all_documents, args.resource or "", can, args.path, args.principal, diagnostics
    )
    if diagnostics.has_errors:
        return refuse_request(diagnostics, compiled.program.sources, args.format, console)
    return _told(found, args, console)


def reach_by_documents(
    args: argparse.Namespace, console: Console, named: str, can: Sequence[str] = (), caller: str = ""
) -> list[Reach] | int:
    """Who may do what by each of the documents that `named` stands for, or by the one that `FILE#NAME` names; the exit status after saying what cannot be read."""
    from policyc.simulation.request_text import parse_caller
    from policyc.workspace.reach.sides import who_in_side

    principal = parse_caller(caller) if caller else None
    if caller and principal is None:
        raise WrongUse(f"`{caller}` names no caller", "give an ARN, a service name or `anonymous`")
    file, part = file_and_part(named)
    args.paths = [file]
    found: list[Reach] = []
    for one in sides_of(args, console):
        if isinstance(one, int):
            return one
        side, documents = one
        ways = {name: way for name, way in side.ways.items() if way.is_found}
        chains = [name for name, chain in side.chains.items() if chain.was_found]
        told = [name for name, _, _ in documents]
        known = dict.fromkeys((*side.pieces, *told, *ways, *chains))
        # an endpoint in a host file goes by the name of its own text
        own = {name: way.gates[-1] or name for name, way in ways.items() if not way.was_pulled}
        names = parts_named(known, part, own) if part else list(known)
        if part and not names:
            refuse_part((own.get(name, name) for name in known), part, named)
        diagnostics = Diagnostics()
        reached, passed_over = who_in_side(side, documents, names, can, principal, diagnostics)
        found += reached
        if diagnostics.has_errors:
            return refuse_request(diagnostics, side.sources, args.format, console)
        for name in passed_over:
            console.error(f"nothing is told of `{name}`: its requests have no principal and no action\n")
    return found


def _told(found: Sequence[Reach], args: argparse.Namespace, console: Console) -> int:
    if not found:
        console.error("nothing to ask about: no resource and no document was found\n")
        return exits.NOTHING
    console.write(renderer("reach", args.format)(found, console.options()))
    return exits.CLEAN if all(item.complete for item in found) else exits.UNDECIDED
