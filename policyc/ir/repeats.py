"""Operands of one `and` or `or` that stand there twice, in the language and in Cedar text alike: joined, they would be one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from policyc.diagnostics import Diagnostic, Diagnostics, Label, Severity, dropped
from policyc.text import Span


def report_repeats(operands: Iterable[tuple[Hashable, Span]], diagnostics: Diagnostics) -> None:
    """Note every operand that is equal to one before it, wherever either stands."""
    seen: dict[Hashable, Span] = {}
    for operand, span in operands:
        first = seen.setdefault(operand, span)
        if first != span:
            diagnostics.add(
                Diagnostic(
                    "said-twice",
                    "this stands here twice, and once says as much",
                    span,
                    "drop it, or write what was meant in its place",
                    Severity.INFO,
                    (Label(first, "the first time"),),
                    dropped(span),
                )
            )
