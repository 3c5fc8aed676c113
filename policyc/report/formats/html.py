"""Reports as pages that need nothing else: the picture, and the words that a terminal would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.engines.trace import Outcome
from policyc.record import replace
from policyc.report.changes import Changes
from policyc.report.formats import human, svg
from policyc.report.matrix import Cell
from policyc.report.options import Options
from policyc.report.outcome import Detail
from policyc.report.page import picture_page
from policyc.report.who import Reach
from policyc.text import Source

_WIDTH: Final = 110


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """One answer: its gates, and what was asked to be told."""
    words = human.outcome(answer, sources, _plain(options), detail)
    return picture_page(f"policyc: {answer.decision.value}", svg.outcome(answer, sources, options, detail), words)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """A table of answers."""
    return picture_page("policyc: who gets in where", svg.matrix(table, options), human.matrix(table, _plain(options)))


def changes(found: Changes, options: Options) -> str:
    """A comparison."""
    return picture_page("policyc diff", svg.changes(found, options), human.changes(found, _plain(options)))


def reach(found: Sequence[Reach], options: Options) -> str:
    """Who may do what."""
    return picture_page("policyc who", svg.reach(found, options), human.reach(found, _plain(options)))


def _plain(options: Options) -> Options:
    return replace(options, color=False, width=_WIDTH)
