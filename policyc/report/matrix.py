"""Who gets in where: a table for people, and what every form of it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.record import record
from policyc.report.options import Options
from policyc.report.screen import cells, paint, plural, shorten, wrap

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


def axes(table: Sequence[Cell]) -> tuple[list[str], list[str]]:
    """The names of the rows and of the columns, each once, in their order."""
    return list(dict.fromkeys(cell.row for cell in table)), list(dict.fromkeys(cell.column for cell in table))


def render_table(table: Sequence[Cell], options: Options) -> str:
    """Blocks of columns as wide as the terminal, then a line for everybody who does not get in."""
    rows, columns = axes(table)
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
