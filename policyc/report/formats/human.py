"""Reports for people: source frames, colours, lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostic
from policyc.engines.trace import Outcome
from policyc.report.human import render
from policyc.report.matrix import Cell, render_table
from policyc.report.options import Options
from policyc.report.outcome import Detail, render_answer
from policyc.report.tests import TestResult, render_tests
from policyc.text import Source


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """Every finding with its frame, then the totals."""
    return render(items, sources, options)


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """A line per file, every failure with its frame, and the totals."""
    return render_tests(results, sources, options)


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """The decision, the statement that settled it, each gate, and what was missed."""
    return render_answer(answer, sources, options, detail)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """Blocks of columns as wide as the terminal, then a line for everybody who does not get in."""
    return render_table(table, options)
