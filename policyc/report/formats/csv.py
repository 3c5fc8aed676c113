"""Tables of answers for spreadsheets (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from policyc.report.matrix import Cell, misses
from policyc.report.options import Options
from policyc.report.sheet import sheet_text


def matrix(table: Sequence[Cell], options: Options) -> str:
    """One line for each answer; a text that a spreadsheet would calculate is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["visitor", "endpoint", "decision", "misses"])
    for cell in table:
        values = (cell.row, cell.column, cell.outcome.decision.value, "; ".join(misses(cell.outcome)))
        writer.writerow([sheet_text(value) for value in values])
    return out.getvalue()
