"""`--bind NAME=VALUE` and `--bindings FILE`: values for what templates leave open."""

from __future__ import annotations

import argparse
from typing import Final

from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse, name_and_value
from policyc.diagnostics import Diagnostics
from policyc.packages import MissingPackage

#: where the values of both options are kept
HOLES: Final = ("bind", "bindings")


def add_bindings(parser: argparse._ActionsContainer) -> None:
    """Add the options."""
    parser.add_argument(
        "--bind",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the value of what a template leaves open, by the name that findings show as ‹NAME›; may be given several times",
    )
    parser.add_argument(
        "--bindings",
        action="append",
        default=[],
        metavar="FILE",
        help="values from a parameter file, a .tfvars file, the output of describe-stacks or of terraform output -json; "
        "may be given several times",
    )


def bindings_of(args: argparse.Namespace) -> dict[str, str]:
    """The values by name; those of the command line go before those of files. Raises WrongUse."""
    values: dict[str, str] = {}
    if args.bindings:
        from policyc.workspace.documents.bindings import read_bindings
    for name in args.bindings:
        found = Diagnostics()
        source = read_input(name, "values", args, "--bindings")
        try:
            values |= read_bindings(source, found)
        except MissingPackage as missing:
            raise WrongUse(str(missing), missing.help) from None
        wrong = next(iter(found), None)
        if wrong is not None:
            line = f":{source.position(wrong.span.start).line}" if wrong.span is not None else ""
            raise WrongUse(f"`{name}{line}`: {wrong.message}", wrong.help, wrong.rule)
    return {**values, **{name.strip("‹›"): value for name, value in args.bind}}
