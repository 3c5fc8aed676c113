"""Reports as pictures (https://www.w3.org/TR/SVG2/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.engines.trace import Outcome
from policyc.report.changes import Changes
from policyc.report.matrix import Cell
from policyc.report.options import Options
from policyc.report.outcome import Detail
from policyc.report.pictures.answer import answer_picture
from policyc.report.pictures.change import change_picture
from policyc.report.pictures.reach import reach_picture
from policyc.report.pictures.table import table_picture
from policyc.report.who import Reach
from policyc.text import Source


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """The gates on the way of one request, each with its verdict."""
    return answer_picture(answer, sources, options)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """Who gets in where."""
    return table_picture(table, "Who gets in where")


def changes(found: Changes, options: Options) -> str:
    """What changes, before and after."""
    return change_picture(found)


def reach(found: Sequence[Reach], options: Options) -> str:
    """Who may do what with which resource."""
    return reach_picture(found)
