"""Steps that a proof may take: counted, not timed, so that answers do not depend on the machine."""

from __future__ import annotations


class TooLarge(Exception):
    """The budget ran out before the question was settled."""


class Steps:
    """How many steps one question, or several that share it, may still take."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int = 1) -> None:
        """So many steps. Raises TooLarge when none is left."""
        self.left -= count
        if self.left < 0:
            raise TooLarge
