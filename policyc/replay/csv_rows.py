"""Rows of CSV as records: what Athena, and Logs Insights, write of a log; the first line names the columns.

A row of Logs Insights may hold the line of the log itself, in `@message`. A value between quotation marks may go over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from policyc.replay.kinds.registry import kind_of
from policyc.replay.recorded import Data
from policyc.replay.tabular import record_of

#: what Logs Insights calls the line itself
LINE_FIELD: Final = "@message"
_CELL: Final = re.compile(r'"([^"]*(?:""[^"]*)*)"|([^",]*)')


class CsvRows:
    """Reads the rows below a line that names the columns of a log."""

    def __init__(self, names: list[str], unpacked: Callable[[str], Data | None]) -> None:
        self.names, self.unpacked = names, unpacked

    def is_row(self, line: str) -> bool:
        """Whether there is a cell for each name; each file of a folder begins with the names, and so do parts of one that was put together."""
        cells = _cells(line)
        return cells is not None and len(cells) == len(self.names) and cells != self.names

    def __call__(self, line: str) -> Data | None:
        cells = _cells(line)
        if cells is None or len(cells) != len(self.names) or cells == self.names:
            return None
        row = dict(zip(self.names, cells))
        if LINE_FIELD in row:
            return self.unpacked(row[LINE_FIELD])
        return record_of({name: cell or None for name, cell in row.items()})


def csv_form(first: str, unpacked: Callable[[str], Data | None]) -> CsvRows | None:
    """What reads the rows behind a line that names the columns of a log; None for any other line. `unpacked` gives the record in a line of a log."""
    names = _cells(first)
    if names is None or len(names) != len(set(names)):
        return None
    if LINE_FIELD not in names and (len(names) == 1 or kind_of(record_of(dict.fromkeys(names, "-"))) is None):
        return None
    return CsvRows(names, unpacked)


def _cells(line: str) -> list[str] | None:
    """The cells of a row, None for a line that is none."""
    if '"' not in line:
        return line.split(",")
    out, at = list[str](), 0
    while (found := _CELL.match(line, at)) is not None:
        out.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        at = found.end()
        if at == len(line):
            return out
        if line[at] != ",":
            return None
        at += 1
    return None
