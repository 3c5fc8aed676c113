"""Documents that depend on open conditions: each way that the conditions can go is one world, and the document is worked out in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from policyc.carriers.terraform.expressions import Undecided, Work
from policyc.carriers.terraform.values import TooMuch
from policyc.text import Span

T = TypeVar("T")

#: ways that conditions can go for one document
MOST_WORLDS: Final = 16


def in_worlds(
    work: Work, values: Mapping[str, str], place: Span, make: Callable[[Work], T]
) -> list[tuple[Mapping[str, bool], T]]:
    """What `make` gives in each world; `work` is the one without any choice, and is kept for what others share. Raises Failed."""
    found: list[tuple[Mapping[str, bool], T]] = []
    waiting: list[Mapping[str, bool]] = [{}]
    while waiting:
        choices = waiting.pop(0)
        here = Work(choices, values) if choices else work
        here.steps = 0
        try:
            found.append((choices, make(here)))
        except Undecided as open:
            waiting += [{**choices, open.name: True}, {**choices, open.name: False}]
        if len(found) + len(waiting) > MOST_WORLDS:
            raise TooMuch(f"open conditions decide what it holds, in more than {MOST_WORLDS} ways", place)
    return found


def described_world(choices: Mapping[str, bool]) -> str:
    """A world for people: `when var.prod and not var.dev`, empty when nothing was chosen."""
    words = [name if truth else f"not {name}" for name, truth in choices.items()]
    return f"when {' and '.join(words)}" if words else ""
