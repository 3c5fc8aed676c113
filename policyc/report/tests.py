"""The results of inline tests for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from policyc.diagnostics import Diagnostic
from policyc.report.frame import located
from policyc.report.human import finding_lines
from policyc.report.json import finding_data, span_data
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural
from policyc.text import Source, Span

FORMAT_VERSION = 1


class TestResult(Protocol):
    """What a report needs of one inline test: its label, its place, whether it held, and why it did not."""

    @property
    def label(self) -> str:
        """The text after `test`."""

    @property
    def span(self) -> Span:
        """Where the test is written."""

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""

    @property
    def findings(self) -> Sequence[Diagnostic]:
        """What is wrong, at the expectation or the request that it is about; empty for a test that passed."""


def render_tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """A line per file, every failure with its frame, and the totals."""
    lines: list[str] = []
    by_file: dict[str, list[TestResult]] = {}
    for result in results:
        by_file.setdefault(result.span.file, []).append(result)
    for file, group in by_file.items():
        held = sum(result.passed for result in group)
        state = paint("ok", "good", options.color) if held == len(group) else paint("FAILED", "error", options.color)
        lines.append(f"{clean(options.base + file)}: {held} of {plural(len(group), 'test')} passed, {state}")
    for result in results:
        if not result.passed:
            where = located(result.span, sources, options)
            lines += ["", paint("failed", "error", options.color) + f": {clean(result.label)} ({where})"]
            for finding in result.findings:
                lines += finding_lines(finding, sources, options)
    failed = sum(not result.passed for result in results)
    passed = len(results) - failed
    totals = [paint(f"{passed} passed", "good", options.color)]
    if failed:
        totals.insert(0, paint(f"{failed} failed", "error", options.color))
    lines += ["", ", ".join(totals)]
    return "\n".join(lines) + "\n"


def render_tests_concise(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """`file:line:column: pass|fail: label`, one line per test."""
    return "".join(
        f"{located(result.span, sources, options)}: {'pass' if result.passed else 'fail'}: {clean(result.label)}\n"
        for result in results
    )


def render_tests_json(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """`{"format_version", "tests": […], "counts"}`."""
    failed = sum(not result.passed for result in results)
    data: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "policyc", "version": options.version},
        "tests": [
            {
                "label": result.label,
                "passed": result.passed,
                "location": span_data(result.span, sources),
                "findings": [finding_data(finding, sources) for finding in result.findings],
            }
            for result in results
        ],
        "counts": {"passed": len(results) - failed, "failed": failed},
    }
    return json.dumps(data, indent=2) + "\n"
