"""One line per finding, `file:line:column: error[rule]: message`, for editors and pipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostic
from policyc.report.frame import located
from policyc.report.options import Options
from policyc.report.screen import clean, paint
from policyc.text import Source


def render(findings: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """A line per finding; a finding without a place begins with its severity. Lines are never wrapped."""
    return "".join(_line(finding, sources, options) + "\n" for finding in findings)


def _line(finding: Diagnostic, sources: Mapping[str, Source], options: Options) -> str:
    severity = finding.severity.value
    name = paint(f"{severity}[{clean(finding.rule)}]", severity, options.color)
    where = "" if finding.span is None else located(finding.span, sources, options) + ": "
    return f"{where}{name}: {clean(finding.message)}"
