"""The results of tests for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from policyc.diagnostics import Diagnostic
from policyc.report.frame import located
from policyc.report.human import finding_lines
from policyc.report.options import Options
from policyc.report.proofs import STYLES, Proof, broken_lines, state_counts
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
    """A line per file, every failure with its frame, and the totals; proofs have lines and totals of their own."""
    proofs = proofs_in(results)
    results = [result for result in results if not isinstance(result, Proof)]
    lines = [] if options.quiet else [*_by_file(results, options, "passed"), *_by_file(proofs, options, "hold")]
    for result in (*results, *proofs):
        if not result.passed:
            where = located(result.span, sources, options)
            word = result.state if isinstance(result, Proof) else "failed"
            style = STYLES.get(word, "error")
            lines += ["", paint(word, style, options.color) + f": {clean(result.label)} ({where})"]
            if isinstance(result, Proof):
                lines += broken_lines(result, sources, options)
                continue
            for finding in result.findings:
                lines += finding_lines(finding, sources, options)
    if options.quiet:
        return "\n".join(lines[1:]) + "\n" if lines else ""
    if lines and lines[-1]:
        lines.append("")
    if results or not proofs:
        failed = sum(not result.passed for result in results)
        totals = [paint(f"{len(results) - failed} passed", "good", options.color)]
        if failed:
            totals.insert(0, paint(f"{failed} failed", "error", options.color))
        lines.append(", ".join(totals))
    if proofs:
        counts = state_counts([item.state for item in proofs])
        told = ", ".join(paint(text, STYLES[state], options.color) for state, text in counts.items())
        lines.append(f"{plural(len(proofs), 'proof')}: {told}")
    return "\n".join(lines) + "\n"


def _by_file(results: Sequence[TestResult], options: Options, held_word: str) -> list[str]:
    """A line per file with how many of its tests, or proofs, hold."""
    by_file: dict[str, list[TestResult]] = {}
    for result in results:
        by_file.setdefault(result.span.file, []).append(result)
    lines: list[str] = []
    for file, group in by_file.items():
        held = sum(result.passed for result in group)
        state = paint("ok", "good", options.color) if held == len(group) else paint("FAILED", "error", options.color)
        noun = plural(len(group), "test" if held_word == "passed" else "proof")
        verb = "holds" if held_word == "hold" and len(group) == 1 else held_word
        lines.append(f"{clean(options.names.shown(file))}: {held} of {noun} {verb}, {state}")
    return lines


def proofs_in(results: Sequence[TestResult]) -> list[Proof]:
    """The results that are proofs."""
    return [result for result in results if isinstance(result, Proof)]


def without_proofs(results: Sequence[TestResult]) -> list[TestResult]:
    """The results of single requests."""
    return [result for result in results if not isinstance(result, Proof)]


def failures(results: Sequence[TestResult]) -> list[Diagnostic]:
    """What went wrong in all tests, for formats that know findings only."""
    return [finding for result in results if not result.passed for finding in result.findings]
