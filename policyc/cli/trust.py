"""`--trust NAME=TYPE` and `--claims NAME=FILE`: the trust providers that a Cedar text may count on, and what they were seen to send."""

from __future__ import annotations

import argparse

from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse, name_and_value
from policyc.text import Source


def add_trust(parser: argparse._ActionsContainer) -> None:
    """Add the options."""
    parser.add_argument(
        "--trust",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=TYPE",
        help="a trust provider of Cedar text: its policy reference name and iam_identity_center, oidc, jamf, crowdstrike "
        "or jumpcloud; may be given several times",
    )
    parser.add_argument(
        "--claims",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="what an OIDC provider of Cedar text sends for one user, as JSON; may be given several times",
    )


def trust_of(args: argparse.Namespace) -> dict[str, str]:
    """The declared providers. Raises WrongUse."""
    if not getattr(args, "trust", ()):  # not every command that reads documents asks for them
        return {}
    from policyc.targets.cedar_texts import text_targets

    types: dict[str, str] = {}
    for name, word in args.trust:
        if types.setdefault(name, word) != word:
            raise WrongUse(
                f"`--trust` gives `{name}` two types, {types[name]} and {word}", "a trust provider has one type"
            )
        problem = text_targets()[0].trust_problem(name, word)
        if problem is not None:
            raise WrongUse(problem[1], problem[2])
    return types


def samples_of(args: argparse.Namespace) -> dict[str, Source]:
    """The samples of claims by policy reference name. Raises WrongUse."""
    files: dict[str, str] = {}
    for name, file in getattr(args, "claims", ()):
        if files.setdefault(name, file) != file:
            raise WrongUse(f"`--claims` gives `{name}` two samples", "join them into one file")
    return {name: read_input(file, "a sample of claims", args, "--claims") for name, file in files.items()}
