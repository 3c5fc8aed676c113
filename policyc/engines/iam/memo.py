"""Masks of statements, and the bounded memo that remembers them per value.

Bit i stands for statement i. A pair of masks for a value is `can`, the statements the value does not rule out, and
`must`, those it is known to satisfy; with everything known the two are equal.
"""

from __future__ import annotations

from typing import Any, Final

MEMO_LIMIT: Final = 4096
LONGEST_REMEMBERED: Final = 4096
Masks = tuple[int, int]


def remember(memo: dict[Any, Any], key: Any, found: Any, size: int) -> None:
    if size <= LONGEST_REMEMBERED:
        if len(memo) >= MEMO_LIMIT:
            memo.clear()
        memo[key] = found
