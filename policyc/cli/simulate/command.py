"""`policyc simulate`: one request, the decision, and why."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from policyc.cli.compiled import add_paths, compiled_of
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import open_asked
from policyc.cli.refuse import nothing_found, refuse_request
from policyc.cli.simulate import answer
from policyc.cli.simulate.answer import write_answer
from policyc.cli.simulate.documents import beside_project
from policyc.cli.simulate.file import names_file, state
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.simulation.answer import answer_fully
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind, from_flags, from_json
from policyc.text import Source

SHARED = ("root", "config", "param", "format", "output", "color")
REPORT = "outcome"
FORMATS = ()

DESCRIPTION = """Send one made-up request to a declared resource and print the decision, the statement that
settled it, what every policy on the way says, and for a refusal what the nearest statement missed.
Nothing leaves this machine."""

EPILOG = """examples:
  policyc simulate inventory --who order_fn --can GET --path /stock/42 \\
      --set source.vpc=vpc-0a1b2c3d4e5f67890 --set aws.PrincipalOrgID=o-a1b2c3d4e5
  policyc simulate payroll --set 'idc.groups=finance' --set jamf.risk=LOW
  policyc simulate inventory --request request.json --format json
  policyc simulate --request - < request.json
  policyc simulate inventory --request request.json --explain
  policyc simulate auth.json --who ROLE_ARN --can GET --path /x --service-arn SERVICE_ARN
  policyc simulate stack.yaml#StockAuth --who ROLE_ARN --can GET --path /x
  policyc simulate stack.yaml#Resized --who Reader --can GetObject --path cats/1.jpg
  policyc simulate --pulled live orders --who ROLE_ARN --can GET --path /x
  policyc simulate --identity role.json --bucket-policy bucket.json --who ROLE_ARN \\
      --action s3:GetObject --resource-arn arn:aws:s3:::acme/k

What a request does not state is unknown, unless the service leaves it out at times; state an
absent attribute with `--absent`, or with a JSON null in a request file.

exit status: 0 allow, 10 deny, 11 undecided because the request lacks something that matters,
1 the policies have errors, 2 wrong use, 3 internal error, 4 no policy file found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "resource", nargs="?", metavar="RESOURCE", help="the name of a declared resource, or a file with a policy"
    )
    group = parser.add_argument_group("a request to a declared resource")
    group.add_argument("--who", metavar="NAME", help="the caller: a declared principal, an ARN, or `anonymous`")
    group.add_argument("--can", metavar="VERB", help="what the caller does, such as GET or GetObject")
    group.add_argument("--path", metavar="PATH", help="the path of the request")
    group.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the value of an attribute; may be given several times",
    )
    group.add_argument(
        "--absent",
        action="append",
        default=[],
        metavar="NAME",
        help="an attribute that the request really lacks; may be given several times",
    )
    group.add_argument(
        "--unknown",
        action="append",
        default=[],
        metavar="NAME",
        help="an attribute of which nothing is known, not even whether it is there; `*` for all; may be given several times",
    )
    group.add_argument(
        "--assume",
        default="absent",
        type=one_of("value", ("absent", "unknown")),
        metavar="WORD",
        help="what an attribute is that the request may have and does not state: `absent` (default) or `unknown`",
    )
    group.add_argument(
        "--request", metavar="FILE", help="read the request from a JSON or YAML file (`-` for JSON on standard input)"
    )
    add_paths(group)
    answer.describe(parser)
    owners = dict.fromkeys(_names(parser), "")
    for mode in modes():
        mode.describe(parser)
        owners |= {name: mode.__name__ for name in _names(parser) if name not in owners}
    parser.set_defaults(owners=owners)


def _names(parser: argparse.ArgumentParser) -> list[str]:
    # INVARIANT: argparse has no public list of what was added.
    return [action.dest for action in parser._actions]


def _check_options(args: argparse.Namespace, mode: Mode | None) -> None:
    """Refuse options of another kind of question, which would be passed over without a word. Raises WrongUse."""
    about, here, others = (mode.ABOUT, mode.__name__, mode.OTHERS) if mode else ("a declared resource", "", _BESIDE)
    for name, option in args.given.items():
        owner = args.owners.get(name, here)
        if owner != here and name not in others and owner not in others:
            raise WrongUse(f"`{option}` means nothing to a question about {about}", "see `policyc simulate --help`")


class Mode(Protocol):
    """Another kind of question: a module of `policyc.cli.simulate` that adds its own options to the command. `ABOUT` says
    in a message what it is about; `OTHERS` names the options of other groups that it reads, "" for all those of a request."""

    __name__: str
    ABOUT: str
    OTHERS: frozenset[str]

    def describe(self, parser: argparse.ArgumentParser) -> None:
        """Add an argument group with the options of this mode."""

    def wants(self, args: argparse.Namespace) -> bool:
        """Whether the command line asks this kind of question."""

    def run(self, args: argparse.Namespace, console: Console) -> int:
        """Answer it; the exit status as for every simulation."""


#: the other kinds of questions, by the module that answers them; the first that wants a command line gets it
#: what may stand beside a declared resource says that mode itself
_BESIDE = frozenset({"policyc.cli.simulate.documents"})
MODES: tuple[str, ...] = ("pulled", "network", "cedar", "documents")


def modes() -> list[Mode]:
    return [cast(Mode, import_module(f"policyc.cli.simulate.{name}")) for name in MODES]


def run(args: argparse.Namespace, console: Console) -> int:
    if names_file(args):
        from policyc.cli.simulate import chain, hosted

        status = chain.run(args, console)
        status = hosted.run(args, console) if status is None else status
        status = state(args, console) if status is None else status
        if status is not None:
            return status
    for mode in modes():
        if mode.wants(args):
            _check_options(args, mode)
            return mode.run(args, console)
    _check_options(args, None)
    _check_flags(args)
    diagnostics = Diagnostics()
    opened = compiled_of(open_asked(args, args.resource, diagnostics), diagnostics, args, console)
    if isinstance(opened, int):
        return opened
    project, compiled = opened
    program = compiled.program
    if not program.modules:
        return nothing_found(console)
    plain, source = _read(args, diagnostics)
    sources: Mapping[str, Source] = {**program.sources, source.file: source}
    request = None if plain is None else bind(plain, program, diagnostics)
    outcome = None
    if request is not None and args.assume == "unknown":
        request = replace(request, unknown=request.unknown | {EVERYTHING})
    if request is not None and not diagnostics.has_errors:
        beside, texts = beside_project(args, project.config.switches, diagnostics)
        sources = {**sources, **texts}
        if not diagnostics.has_errors:
            outcome = answer_fully(program, [*compiled.all_documents, *beside], request, diagnostics)
    if outcome is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    return write_answer(outcome, sources, args, console)


def _check_flags(args: argparse.Namespace) -> None:
    if args.request is None and args.resource is None:
        raise WrongUse("no resource given", "name a declared resource, or give a file with `--request`")
    flags = [name for name in ("who", "can", "path") if getattr(args, name) is not None]
    flags += ["set"] if args.settings else []
    flags += ["absent"] if args.absent else []
    flags += ["unknown"] if args.unknown else []
    if args.request is not None and flags:
        raise WrongUse(
            f"`--request` and `--{flags[0]}` exclude each other", "put everything into the file, or into flags"
        )


def _read(args: argparse.Namespace, diagnostics: Diagnostics) -> tuple[PlainRequest | None, Source]:
    if args.request is None:
        return from_flags(
            args.resource, args.who, args.can, args.path, args.settings, diagnostics, args.absent, args.unknown
        )
    source = read_input(args.request, "one request", args, "--request")
    place = None
    if args.resource is not None:
        place = PlainText(args.resource, source.span(0, 0))
    return from_json(source, diagnostics, place), source
