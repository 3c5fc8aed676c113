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
from policyc.cli.aws.command import command
from policyc.cli.aws.sides import open_sides
from policyc.cli.console import Console, reason
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics
from policyc.report.formats.markdown import spoken
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
    steps = [clean(f"{step.number}. {step.title}{_how(step.old.flag, step.new.flag)}") for step in plan.steps]
    notes = [f"order: {plan.order}"] if plan.order else []
    lacking = [f"missing permission: {one['action']} on {one['resource']}" for one in lacks["denied"]]
    notes += lacking
    notes += [f"not known: {one}" for one in lacks["unknown"]]
    notes += [f"warning: {one}" for one in plan.warnings]
    notes += [f"left out: {one}" for one in plan.left]
    head = plural(len(steps), "step") if steps else "nothing to do"
    if args.format == "markdown":
        lines = ["", f"**{head}**", "", *map(spoken, steps)] + ([""] if steps else [])
        lines += [f"- {spoken(one)}" for one in notes]
    else:
        lines = ["", paint(head, "strong", options.color)] if steps else [head]
        lines += [f"  {one}" for one in steps]
        # what is missing is there to be found and copied, a line each
        lines += [
            line for one in notes for line in ([clean(one)] if one in lacking else wrap(one, options.width, "  "))
        ]
    if args.into is not None:
        done = f"wrote {args.into}"
        done += f"; carry it out with {command('apply', args.into, args)}" if steps else ", a plan without steps"
        lines += ["", spoken(done)] if args.format == "markdown" else [done]
    console.write("\n".join(lines) + "\n")


def _how(old: str, new: str) -> str:
    return f": {old or 'none'} -> {new}" if new and old != new else ""
