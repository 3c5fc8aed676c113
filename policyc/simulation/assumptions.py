"""What an answer takes for absent because a request did not state it, where that decides.

In a request that somebody wrote, an optional attribute that is not stated is absent. An answer that would be open without that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyc.engines.trace import Decision, Outcome, late
from policyc.simulation.keys import EVERYTHING

#: more keys than this are named together, without asking of each whether it alone decides
_MOST: int = 12
Again = Callable[[frozenset[str]], Outcome | None]
"""The answer to the same request with further condition keys unknown."""


def with_assumptions(outcome: Outcome, again: Again, key_of: Callable[[str], str]) -> Outcome:
    """The outcome with the keys that were assumed absent and decide, found when somebody looks; `key_of` is the condition key behind a
    name that an undecided outcome asks for."""
    if outcome.decision is Decision.UNDECIDED:
        return outcome

    def make(name: str) -> Any:
        return _assumed(outcome, again, key_of) if name == "assumed" else getattr(outcome, name)

    return late(Outcome, make, decision=outcome.decision)


def _assumed(outcome: Outcome, again: Again, key_of: Callable[[str], str]) -> tuple[str, ...]:
    wider = again(frozenset({EVERYTHING}))
    if wider is None or wider.decision is not Decision.UNDECIDED:
        return ()
    names = wider.missing
    if 1 < len(names) <= _MOST:
        alone = tuple(name for name in names if _decides(outcome, again(frozenset({key_of(name)}))))
        names = alone or names
    return names


def _decides(outcome: Outcome, other: Outcome | None) -> bool:
    return other is not None and other.decision is not outcome.decision
