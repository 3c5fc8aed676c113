"""What people call the statements of a Cedar text."""

from __future__ import annotations

from typing import Final

from policyc.syntax.cedar_nodes import Statement

_MOST_SHOWN: Final = 60
#: a comment that speaks to policyc names no statement
_DIRECTIVE: Final = "policyc:"


def label_of(statement: Statement, index: int) -> str:
    """What people call the statement: its `@id`, the first line of the paragraph of comment right above it, or its place."""
    for annotation in statement.annotations:
        if annotation.key == "id" and annotation.value:
            return annotation.value
    lines = [line for line in statement.comment.split("\n") if not line.startswith(_DIRECTIVE)]
    while lines and not lines[-1]:
        lines.pop()
    line = lines[max((place + 1 for place, text in enumerate(lines) if not text), default=0)] if lines else ""
    return line[:_MOST_SHOWN] or f"{statement.effect} {index + 1}"
