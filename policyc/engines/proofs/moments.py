"""`aws:CurrentTime` and `aws:EpochTime` are one moment (IAM evaluation reference 8.3 and 9): the second is the first in whole seconds, so that
tests of both are tests of one value."""

from __future__ import annotations

from math import ceil, floor
from typing import Final

from policyc.engines.proofs.domains import Fits, Readable, Test, Within
from policyc.engines.proofs.texts import literal

CURRENT: Final = "aws:currenttime"
EPOCH: Final = "aws:epochtime"
#: seconds that no moment is beyond, before or after 1970
_LAST: Final = 2**62


def of_the_current_time(test: Test) -> Test | None:
    """The test of `aws:CurrentTime` that comes to the same as one of `aws:EpochTime`; None where that is not known."""
    match test:
        case Readable("number" | "date"):
            return Readable("date")
        case Within("number" | "date"):
            low = None if test.low is None else ceil(test.low) if test.with_low else floor(test.low) + 1
            high = None if test.high is None else floor(test.high) + 1 if test.with_high else ceil(test.high)
            return _seconds(low, high)
        case Fits() if (text := literal(test.pattern)) is not None:
            return _seconds(int(text), int(text) + 1) if _is_written(text) else _seconds(0, 0)
        case _:
            return None


def _seconds(low: int | None, high: int | None) -> Within:
    """The moments from a second on to before another one."""
    from fractions import Fraction

    if (low is not None and low > _LAST) or (high is not None and high < -_LAST):
        low = high = 0
    first = None if low is None or low < -_LAST else Fraction(low)
    last = None if high is None or high > _LAST else Fraction(high)
    return Within("date", first, last, True, False)


def _is_written(text: str) -> bool:
    """Whether a text is a whole number as AWS writes it."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 20 and str(int(text)) == text
