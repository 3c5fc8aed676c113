"""`--trust NAME=TYPE`: the trust providers that a Cedar text may count on."""

from __future__ import annotations

import argparse

from policyc.cli.parser import WrongUse, name_and_value


def add_trust(parser: argparse._ActionsContainer) -> None:
    """Add the option."""
    parser.add_argument(
        "--trust",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=TYPE",
        help="a trust provider of Cedar text: its policy reference name and iam_identity_center, oidc, jamf, crowdstrike "
        "or jumpcloud; may be given several times",
    )


def trust_of(args: argparse.Namespace) -> dict[str, str]:
    """The declared providers. Raises WrongUse."""
    if not args.trust:
        return {}
    from policyc.targets.verified_access.read.trust import trust_problem

    types: dict[str, str] = {}
    for name, word in args.trust:
        if types.setdefault(name, word) != word:
            raise WrongUse(
                f"`--trust` gives `{name}` two types, {types[name]} and {word}", "a trust provider has one type"
            )
        problem = trust_problem(name, word)
        if problem is not None:
            raise WrongUse(problem[1], problem[2])
    return types
