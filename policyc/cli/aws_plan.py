"""`policyc aws plan`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.aws_sides import open_sides
from policyc.cli.console import Console, reason
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics
from policyc.report.registry import renderer
from policyc.report.screen import clean, paint, plural, wrap

if TYPE_CHECKING:
    from policyc.aws.plan import Plan


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.checkpoint import save
    from policyc.aws.drift import compared
    from policyc.aws.plan import make, missing
    from policyc.aws.session import CallFailed

    diagnostics = Diagnostics()
    with Progress(console) as progress:
        opened = open_sides(args, console, diagnostics, progress)
        if isinstance(opened, int):
            return opened
        found = compared(opened.side, opened.pairs, opened.live, diagnostics, to_source=True)
        if found is None:
            return refuse_request(diagnostics, opened.side.sources, args.format, console)
        try:
            plan = make(opened.pairs, found, opened.live, opened.sessions, args.order == "widen-first")
            lacks = missing(plan, opened.sessions)
        except CallFailed as error:
            help = error.failure.help or "see `policyc aws permissions plan`"
            raise WrongUse(f"AWS did not say what is there: {error}", help) from error
    data = plan.data(datetime.now(UTC).replace(microsecond=0).isoformat(), lacks)
    if args.into is not None:
        try:
            save(Path(os.path.abspath(args.into)), data)  # noqa: PTH100
        except OSError as error:
            raise WrongUse(f"`{args.into}` cannot be written: {reason(error)}", "check the folder") from error
    if args.print_policy:
        console.write(json.dumps(plan.permissions, indent=2) + "\n")
    elif args.format == "json":
        console.write(json.dumps(data, indent=1) + "\n")
    else:
        _tell(plan, lacks, args, console)
    if not plan.steps:
        return exits.UNDECIDED if plan.left or not plan.changes.settled else exits.CLEAN
    return exits.FINDINGS if plan.changes.settled and not plan.left else exits.UNDECIDED


def _tell(plan: Plan, lacks: Mapping[str, Any], args: argparse.Namespace, console: Console) -> None:
    """What would change in decisions, then the steps, then what to know before."""
    options = console.options()
    console.write(renderer("changes", args.format)(plan.changes, options))
    mark = "- " if args.format == "markdown" else "  "
    lines = [""] if plan.steps else []
    lines += [paint(plural(len(plan.steps), "step"), "strong", options.color)] if plan.steps else ["nothing to do"]
    for step in plan.steps:
        lines += wrap(clean(f"{mark}{step.number}. {step.title}{_how(step.old.flag, step.new.flag)}"), 10_000, "     ")
    lines += wrap(clean(f"order: {plan.order}"), options.width, "  ") if plan.order else []
    for action in lacks["denied"]:
        lines.append(clean(f"missing permission: {action['action']} on {action['resource']}"))
    for text in (*(f"not known: {one}" for one in lacks["unknown"]), *(f"warning: {one}" for one in plan.warnings)):
        lines += wrap(clean(text), options.width, "  ")
    for text in plan.left:
        lines += wrap(clean(f"left out: {text}"), options.width, "  ")
    if args.into is not None:
        lines.append(f"wrote {args.into}; carry it out with `policyc aws apply {args.into}`")
    console.write("\n".join(lines) + "\n")


def _how(old: str, new: str) -> str:
    return f": {old or 'none'} -> {new}" if new and old != new else ""
