"""Findings as Checkstyle XML, which many build servers and review tools read.

Source: https://checkstyle.org/config_listeners.html and the reports of `checkstyle -f xml`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from policyc.diagnostics import Diagnostic, Severity
from policyc.report.formats.junit import legal
from policyc.report.options import Options
from policyc.report.screen import clean
from policyc.report.tests import TestResult, failures
from policyc.text import Source

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """A `file` for each file with its findings in their order; those without a place stand under `.`."""
    by_file: dict[str, list[Diagnostic]] = {}
    for item in items:
        name = "." if item.span is None else options.names.in_repository(item.span.file)
        by_file.setdefault(name, []).append(item)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<checkstyle version="4.3">']
    for name, group in by_file.items():
        lines.append(f"  <file name={_attribute(name)}>")
        lines += [_error(item, sources) for item in group]
        lines.append("  </file>")
    return "\n".join([*lines, "</checkstyle>"]) + "\n"


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """What failed, as findings."""
    return findings(failures(results), sources, options)


def _error(item: Diagnostic, sources: Mapping[str, Source]) -> str:
    line, column = 1, 1
    if item.span is not None and item.span.file in sources:
        at = sources[item.span.file].position(item.span.start)
        line, column = at.line, at.column
    text = item.message + (f"; help: {item.help}" if item.help else "")
    return (
        f'    <error line="{line}" column="{column}" severity="{_SEVERITIES[item.severity]}"'
        f" message={_attribute(text)} source={_attribute('policyc.' + item.rule)}/>"
    )


def _attribute(text: str) -> str:
    return quoteattr(legal(clean(text)))
