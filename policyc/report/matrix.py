"""Who gets in where: a table for people, for spreadsheets, for pages and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence

from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.record import record
from policyc.report.options import Options
from policyc.report.outcome import deciding_gate
from policyc.report.screen import cells, clean, paint, plural, shorten, wrap

FORMAT_VERSION = 1
_STYLES = {Decision.ALLOW: "good", Decision.DENY: "error", Decision.UNDECIDED: "warning"}
_WIDEST_NAME = 30


@record
class Cell:
    """One answer: `rows` are visitors, `columns` endpoints."""

    row: str
    column: str
    outcome: Outcome


def misses(outcome: Outcome) -> list[str]:
    """What stood in the way: the tests that the nearest permit missed, the statement that refused, or what is not known."""
    found: list[str] = []
    for gate in outcome.gates:
        if gate.verdict is Verdict.EXPLICIT_DENY:
            labels = ", ".join(f"`{statement.label}`" for statement in gate.decided_by)
            found.append(f"{gate.title} refuses by {labels}")
        elif gate.verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED):
            reasons = [reason.sentence() for reason in gate.nearest.misses] if gate.nearest is not None else []
            found.append(f"{gate.title}: " + ("; ".join(reasons) or gate.summary))
    return found


def render_matrix(format: str, table: Sequence[Cell], options: Options) -> str:
    """The table in `human`, `json`, `markdown` or `csv` form."""
    match format:
        case "json":
            return _json(table)
        case "csv":
            return _csv(table)
        case "markdown":
            return _markdown(table)
        case _:
            return _human(table, options)


def _axes(table: Sequence[Cell]) -> tuple[list[str], list[str]]:
    return list(dict.fromkeys(cell.row for cell in table)), list(dict.fromkeys(cell.column for cell in table))


def _human(table: Sequence[Cell], options: Options) -> str:
    """Blocks of columns as wide as the terminal, then a line for everybody who does not get in."""
    rows, columns = _axes(table)
    found = {(cell.row, cell.column): cell.outcome.decision for cell in table}
    left = min(max(cells(name) for name in rows), options.width // 3)
    wide = max(min(max(cells(name) for name in columns), _WIDEST_NAME), len("undecided"))
    count = max((options.width - left) // (wide + 2), 1)
    lines: list[str] = []
    for start in range(0, len(columns), count):
        block = columns[start : start + count]
        lines += [""] if lines else []
        lines.append(" " * left + "".join("  " + _padded(shorten(name, wide), wide) for name in block))
        for row in rows:
            line = _padded(shorten(row, left), left)
            for column in block:
                decision = found[row, column]
                word = _padded(decision.value, wide)
                line += "  " + paint(word, _STYLES[decision], options.color)
            lines.append(line)
    refused = [line for cell in table for line in _why(cell, options)]
    lines += ["", *refused] if refused else []
    lines += ["", _counts(table)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _padded(shown: str, width: int) -> str:
    return shown + " " * (width - cells(shown))


def _why(cell: Cell, options: Options) -> Iterator[str]:
    decision = cell.outcome.decision
    if decision is not Decision.ALLOW:
        yield from wrap(f"{cell.row} at {cell.column}: {decision.value}", options.width, "  ")
        for text in misses(cell.outcome):
            yield from wrap(f"  {text}", options.width, "    ")


def _counts(table: Sequence[Cell]) -> str:
    counts = {decision: sum(cell.outcome.decision is decision for cell in table) for decision in Decision}
    parts = [f"{count:,} {decision.value}" for decision, count in counts.items() if count]
    return f"{plural(len(table), 'answer')}: " + ", ".join(parts)


def _json(table: Sequence[Cell]) -> str:
    rows, columns = _axes(table)
    entries = [
        {
            "visitor": cell.row,
            "endpoint": cell.column,
            "decision": cell.outcome.decision.value,
            "gate": gate.name if (gate := deciding_gate(cell.outcome)) is not None else None,
            "misses": misses(cell.outcome),
            "unknown": list(cell.outcome.missing),
        }
        for cell in table
    ]
    data = {"format_version": FORMAT_VERSION, "visitors": rows, "endpoints": columns, "answers": entries}
    return json.dumps(data, indent=2) + "\n"


def _csv(table: Sequence[Cell]) -> str:
    """One line for each answer (RFC 4180); a text that a spreadsheet would calculate is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["visitor", "endpoint", "decision", "misses"])
    for cell in table:
        fields = [cell.row, cell.column, cell.outcome.decision.value, " | ".join(misses(cell.outcome))]
        writer.writerow([sheet_text(text) for text in fields])
    return out.getvalue()


def sheet_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _markdown(table: Sequence[Cell]) -> str:
    rows, columns = _axes(table)
    found = {(cell.row, cell.column): cell.outcome.decision.value for cell in table}
    lines = ["| visitor | " + " | ".join(_marked(name) for name in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    lines += [f"| {_marked(row)} | " + " | ".join(found[row, column] for column in columns) + " |" for row in rows]
    refused = [
        f"- {_marked(cell.row)} at {_marked(cell.column)}: {cell.outcome.decision.value}; "
        + "; ".join(_marked(text) for text in misses(cell.outcome))
        for cell in table
        if cell.outcome.decision is not Decision.ALLOW
    ]
    lines += ["", *refused] if refused else []
    return "\n".join(lines) + "\n"


def _marked(text: str) -> str:
    """Text that cannot leave its cell or turn into a tag."""
    shown = clean(text).replace("\\", "\\\\").replace("|", "\\|")
    return shown.replace("<", "&lt;").replace(">", "&gt;")
