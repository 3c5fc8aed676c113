"""Findings for people: a heading, the source frame, the help line, and a summary at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Applicability, Diagnostic, Severity
from policyc.report.frame import Mark, frames
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural, wrap
from policyc.text import Source


def render(findings: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """Every finding with its frame, then `2 errors, 1 warning`; empty when there is none."""
    if not findings:
        return ""
    parts = ["\n".join(finding_lines(finding, sources, options)) for finding in findings]
    parts += [] if options.quiet else [summary(findings, options)]
    return "\n\n".join(parts) + "\n"


def summary(findings: Sequence[Diagnostic], options: Options) -> str:
    """`2 errors, 1 warning`, the worst first."""
    counts = []
    for severity in Severity:
        count = sum(1 for finding in findings if finding.severity is severity)
        if count:
            noun = "note" if severity is Severity.INFO else severity.value
            counts.append(paint(plural(count, noun), severity.value, options.color))
    return ", ".join(counts)


def finding_lines(finding: Diagnostic, sources: Mapping[str, Source], options: Options) -> list[str]:
    """One finding as lines that fit in `options.width` cells."""
    color = options.color
    severity = finding.severity.value
    name = f"{severity}[{clean(finding.rule)}]"
    texts = wrap(f"{name}: {finding.message}", options.width, "  ")
    lines = [paint(name, severity, color) + texts[0].removeprefix(name), *texts[1:]]
    if finding.span is not None:
        marks = [Mark(finding.span, "", severity, True)]
        marks += [Mark(label.span, label.message, "frame", False) for label in finding.labels]
        lines += frames(marks, sources, options)
    if finding.help:
        lines += _trailer("help", finding.help, options)
    if finding.fix is not None and finding.fix.message != finding.help:
        kind = "fix" if finding.fix.applicability is Applicability.SAFE else "possible fix"
        lines += _trailer(kind, finding.fix.message, options)
    return lines


def _trailer(kind: str, text: str, options: Options) -> list[str]:
    """`   = help: …` with its further lines below the text."""
    head = f"  = {kind}: "
    texts = wrap(head + text, options.width, " " * len(head))
    styled = "  " + paint(f"= {kind}:", "strong", options.color) + " "
    return [styled + texts[0].removeprefix(head), *texts[1:]]
