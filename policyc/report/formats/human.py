"""Reports for people: source frames, colours, lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostic
from policyc.report.human import render
from policyc.report.options import Options
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome
    from policyc.report.changes import Changes
    from policyc.report.matrix import Cell
    from policyc.report.outcome import Detail
    from policyc.report.proofs import Proof
    from policyc.report.tests import TestResult
    from policyc.report.who import Reach


#: what was not read has a place of its own here
TELLS_UNREAD = True


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """Every finding with its frame, then the totals."""
    return render(items, sources, options)


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """A line per file, every failure with its frame, and the totals."""
    from policyc.report.tests import render_tests

    return render_tests(results, sources, options)


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """The decision, the statement that settled it, each gate, and what was missed."""
    from policyc.report.outcome import render_answer

    return render_answer(answer, sources, options, detail)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """Blocks of columns as wide as the terminal, then a line for everybody who does not get in."""
    from policyc.report.matrix import render_table

    return render_table(table, options)


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """A line per proof, what breaks it with a test to paste, and the totals."""
    from policyc.report.proofs import render_proofs

    return render_proofs(items, sources, options)


def reach(found: Sequence[Reach], options: Options) -> str:
    """A block for each resource, a class after the other, and whether anybody else may do anything."""
    from policyc.report.who import render_reach

    return render_reach(found, options)


def changes(found: Changes, options: Options) -> str:
    """A head line; per document the classes of requests that change, each with its reason and one request."""
    from policyc.report.changes import render_changes

    return render_changes(found, options)
