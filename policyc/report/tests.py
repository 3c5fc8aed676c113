"""The results of tests for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from policyc.diagnostics import Diagnostic
from policyc.report.frame import located
from policyc.report.human import finding_lines
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural
from policyc.text import Source, Span


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
        if options.quiet:
            break
        held = sum(result.passed for result in group)
        state = paint("ok", "good", options.color) if held == len(group) else paint("FAILED", "error", options.color)
        lines.append(f"{clean(options.names.shown(file))}: {held} of {plural(len(group), 'test')} passed, {state}")
    for result in results:
        if not result.passed:
            where = located(result.span, sources, options)
            lines += ["", paint("failed", "error", options.color) + f": {clean(result.label)} ({where})"]
            for finding in result.findings:
                lines += finding_lines(finding, sources, options)
    if options.quiet:
        return "\n".join(lines[1:]) + "\n" if lines else ""
    failed = sum(not result.passed for result in results)
    passed = len(results) - failed
    totals = [paint(f"{passed} passed", "good", options.color)]
    if failed:
        totals.insert(0, paint(f"{failed} failed", "error", options.color))
    lines += ["", ", ".join(totals)]
    return "\n".join(lines) + "\n"


def failures(results: Sequence[TestResult]) -> list[Diagnostic]:
    """What went wrong in all tests, for formats that know findings only."""
    return [finding for result in results if not result.passed for finding in result.findings]
