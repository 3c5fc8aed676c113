"""What a condition can still come to: true, false, or a failure, each possible or not.

Tests are evaluated from left to right with short circuit: what stands right of a settled side is not looked at, and a side that fails
makes the whole fail. Every function gives the set of what is possible, so a definite answer holds whatever the open parts turn out to be.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Truths: TypeAlias = frozenset[Literal["true", "false", "error"]]

TRUE: Final[Truths] = frozenset({"true"})
FALSE: Final[Truths] = frozenset({"false"})
FAILS: Final[Truths] = frozenset({"error"})
#: true or false, as the test of a value that nobody states
OPEN: Final[Truths] = TRUE | FALSE


def known(truth: bool) -> Truths:
    """What a settled test comes to."""
    return TRUE if truth else FALSE


def both(first: Truths, second: Truths) -> Truths:
    """`first` and `second`; the second side is only reached behind a true first one."""
    return (first - TRUE) | second if "true" in first else first


def either(first: Truths, second: Truths) -> Truths:
    """`first` or `second`; the second side is only reached behind a false first one."""
    return (first - FALSE) | second if "false" in first else first


def choose(test: Truths, then: Truths, otherwise: Truths) -> Truths:
    """`if test then … else …`: one side is reached, the test's failure is the whole's."""
    taken = (then if "true" in test else frozenset()) | (otherwise if "false" in test else frozenset())
    return taken | (test & FAILS)


def opposite(truths: Truths) -> Truths:
    """The negation; a failure stays one."""
    turned = (FALSE if "true" in truths else frozenset()) | (TRUE if "false" in truths else frozenset())
    return turned | (truths & FAILS)


def holds(truths: Truths) -> bool | None:
    """Whether the condition is true, where one that fails is not; None when that is open."""
    return True if truths == TRUE else None if "true" in truths else False


def holds_or_fails(truths: Truths) -> bool | None:
    """Whether the condition is true or fails; None when that is open."""
    return None if "false" in truths and truths != FALSE else "false" not in truths
