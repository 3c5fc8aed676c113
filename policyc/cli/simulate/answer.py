"""Writing the answer of one simulated request, in the form that the command line asks for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.diagnostics import did_you_mean
from policyc.engines.trace import Decision, Outcome
from policyc.report.outcome import Detail
from policyc.report.registry import renderer
from policyc.text import Source

STATUS = {Decision.ALLOW: exits.CLEAN, Decision.DENY: exits.DENY, Decision.UNDECIDED: exits.UNDECIDED}


def describe(parser: argparse.ArgumentParser) -> None:
    """The options that every kind of simulation has."""
    group = parser.add_argument_group("how much to tell")
    group.add_argument(
        "--explain", action="store_true", help="what to change first, then every statement of every gate, part by part"
    )
    group.add_argument(
        "--why-not", metavar="STATEMENT", help="why the statement with this label did not match, part by part"
    )


def write_answer(outcome: Outcome, sources: Mapping[str, Source], args: argparse.Namespace, console: Console) -> int:
    """Write the outcome and return its exit status. Raises WrongUse when `--why-not` names no statement."""
    from policyc.report.explain_tree import find_statements, labels

    if args.why_not is not None and not find_statements(outcome, args.why_not):
        known = labels(outcome)
        otherwise = (
            "its statements are " + ", ".join(f"`{name}`" for name in known[:10]) if known else "it met no statement"
        )
        raise WrongUse(f"the request met no statement `{args.why_not}`", did_you_mean(args.why_not, known, otherwise))
    detail = Detail(args.explain, args.why_not)
    console.write(renderer("outcome", args.format)(outcome, sources, console.options(), detail))
    return STATUS[outcome.decision]
