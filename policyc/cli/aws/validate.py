"""`policyc aws validate`."""

from __future__ import annotations

import argparse

from policyc.cli import exits
from policyc.cli.aws.command import sessions_of
from policyc.cli.console import Console
from policyc.cli.holes import bindings_of
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.cli.project import open_project
from policyc.cli.refuse import refuse, refuse_request, report
from policyc.diagnostics import Diagnostics, Severity
from policyc.report.screen import clean, plural


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.asking import Asker
    from policyc.aws.meant import read_meant
    from policyc.aws.validate import is_judged, validate
    from policyc.workspace.documents.natives import NAMED
    from policyc.workspace.project import POLICY

    mistakes = Diagnostics()
    project = open_project(args, args.words, mistakes, (POLICY, *NAMED))
    console.names = project.names
    if mistakes.has_errors:
        return refuse(mistakes, project, console, args.format)
    wrong = Diagnostics()
    side = read_meant(project, {}, wrong, bindings_of(args))
    if wrong.has_errors:
        return refuse_request(wrong, side.sources, args.format, console, exits.FINDINGS)
    items = [item for item in side.documents if is_judged(item)]
    if not items:
        console.error("nothing to validate: no document of IAM was found\n")
        return exits.NOTHING
    sessions = sessions_of(args)
    if len(sessions) > 1:
        raise WrongUse("`aws validate` asks in one account", "give one role")
    with Progress(console) as progress:
        ask = Asker(sessions[0], None, progress)
        findings, unknown = validate(ask, items, side.sources)
    ordered = sorted(findings, key=lambda item: item.sort_key())
    report(ordered, side.sources, console, args.format)
    for item, why in unknown:
        console.error(clean(f"not validated: {item.label}: {why}") + "\n")
    others = len(side.documents) - len(items)
    console.remark(
        f"{plural(len(items) - len(unknown), 'document')} validated"
        + (f", {others} of other kinds left" if others else "")
    )
    if any(item.severity is not Severity.INFO for item in ordered):
        return exits.FINDINGS
    return exits.UNDECIDED if unknown else exits.CLEAN
