"""Reports as Markdown, for comments and summaries of pull requests.

What a name or a file holds stays text: no link, no image, no tag, no mention.
Source: https://spec.commonmark.org/0.31.2/#backslash-escapes
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from policyc.engines.trace import Decision
from policyc.report.matrix import Cell, axes, misses
from policyc.report.options import Options
from policyc.report.screen import clean

_MARKS = re.compile(r"[\\`*_{}\[\]()#+!|~:@]|\b(?=www\.)")
_TAGS = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def matrix(table: Sequence[Cell], options: Options) -> str:
    """The table, then a line for everybody who does not get in."""
    rows, columns = axes(table)
    found = {(cell.row, cell.column): cell.outcome.decision.value for cell in table}
    lines = ["| visitor | " + " | ".join(marked(name) for name in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    lines += [f"| {marked(row)} | " + " | ".join(found[row, column] for column in columns) + " |" for row in rows]
    refused = [
        f"- {marked(cell.row)} at {marked(cell.column)}: {cell.outcome.decision.value}; "
        + "; ".join(marked(text) for text in misses(cell.outcome))
        for cell in table
        if cell.outcome.decision is not Decision.ALLOW
    ]
    lines += ["", *refused] if refused else []
    return "\n".join(lines) + "\n"


def marked(text: str) -> str:
    """`text` as Markdown shows it: every character that could mean something is escaped, also what would become a link by itself."""
    shown = "".join(_TAGS.get(char, char) for char in clean(text))
    return _MARKS.sub(_escaped, shown)


def _escaped(found: re.Match[str]) -> str:
    # `https://…`, `a@b.example` and `www.…` become links of their own, also behind a backslash; a reference does not
    return {":": "&#58;", "@": "&#64;", "": "&#8203;"}.get(found[0], "\\" + found[0])
