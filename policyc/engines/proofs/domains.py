"""The values of one key: is there one that passes these tests and fails those? Exact, with a value or with a small reason why not.

Texts are tested by patterns, numbers, instants and addresses by intervals. The value is a text as a request states it. This is the one
theory of values: the solver of `policyc.analysis` asks it about literals, the lint rules (`policyc.engines.proofs.values`) about branches.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from ipaddress import IPv6Address, ip_address
from math import floor
from operator import and_, or_
from typing import TYPE_CHECKING, Final, TypeAlias

from policyc.engines.proofs.budget import Steps
from policyc.engines.proofs.texts import Pattern, are_apart, find, is_inside, literal, may_exist, test_of
from policyc.engines.proofs.texts import simplest as texts_simplest
from policyc.record import record

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction


@record
class Fits:
    """The text fits a pattern."""

    pattern: Pattern


@record
class Within:
    """A number, an instant (seconds) or an address (IPv6 ones above all IPv4 ones) lies between two ends, which may belong to it; None:
    no end. `family` is `number`, `date` or `ip`."""

    family: str
    low: Fraction | None
    high: Fraction | None
    with_low: bool = True
    with_high: bool = True


@record
class Readable:
    """The text is one of the family at all."""

    family: str


Test: TypeAlias = Fits | Within | Readable
#: a test and whether it has to pass
Goal: TypeAlias = tuple[Test, bool]
#: IPv6 addresses are counted on from here
IPV6: Final = 2**40
#: the most digits of a number
_LARGEST: Final = 400
_IPV6_END: Final = IPV6 + 2**128 - 1


class Unmodelled(Exception):
    """The tests on one key are of kinds that are not understood together; the text says which."""


#: the least and the greatest of values that count in whole numbers
Span: TypeAlias = tuple[int, int]


class Domain:
    """The values of one key: numbers, instants or addresses where that is its `family`, else any texts. `hints` are values that readers
    like, tried first; `span` bounds a key that counts in whole numbers."""

    __slots__ = ("_fitting", "_points", "_texts", "family", "hints", "name", "span", "tests")

    def __init__(self, name: str, family: str = "text", hints: Sequence[str] = (), span: Span | None = None) -> None:
        self.name, self.family, self.span = name, family, span
        self.hints = hints if family == "text" else [text for text in hints if self._is_value(text)]
        self.tests: dict[Test, None] = {}
        self._points: _Points | None = None
        self._texts: dict[tuple[frozenset[Pattern], frozenset[Pattern]], str | None] = {}
        #: the hints that fit a pattern, as bits of their places
        self._fitting: dict[Pattern, int] = {}

    def value(self, goals: Sequence[Goal], steps: Steps) -> str | None:
        """A value that passes and fails as wanted, or None when there is none. Raises TooLarge, Unmodelled."""
        texts = [goal for goal in goals if isinstance(goal[0], Fits)]
        if len(texts) == len(goals):
            return self._text(texts, steps)
        if texts:
            return self._mixed(goals)
        return self._between(
            [[test] for test, passed in goals if passed], [test for test, passed in goals if not passed]
        )

    def may_meet(self, wanted: Sequence[Sequence[Test]], banned: Sequence[Test]) -> bool:
        """Whether some value may pass a test of each group in `wanted` and none of `banned`; False is proven."""
        listed = min(
            (group for group in wanted if all(_only(test) is not None for test in group)), key=len, default=None
        )
        if listed is not None:
            return any(self._passes_all(_only(test) or "", wanted, banned) for test in listed)
        flat = [*(test for group in wanted for test in group), *banned]
        patterns = [test.pattern for test in flat if isinstance(test, Fits)]
        if len(patterns) == len(flat):
            if not wanted and all(literal(item) is not None for item in patterns):
                return True  # there are more texts than anybody can list
            groups = (tuple(test.pattern for test in group if isinstance(test, Fits)) for group in wanted)
            return may_exist(tuple(groups), tuple(patterns[len(flat) - len(banned) :]))
        self.tests |= dict.fromkeys(flat)
        try:
            return patterns != [] or self._between(wanted, banned) is not None
        except Unmodelled:
            return True

    @staticmethod
    def _passes_all(text: str, wanted: Sequence[Sequence[Test]], banned: Sequence[Test]) -> bool:
        return all(any(passes(test, text) for test in group) for group in wanted) and not any(
            passes(test, text) for test in banned
        )

    def reasons(self, goals: Sequence[Goal], steps: Steps) -> Sequence[list[Goal]]:
        """Small parts of goals that cannot be met together: all pairs that are seen not to be, else one part of which none can be left out."""
        return _plain_reasons(goals, steps) or [self._reason(goals, steps)]

    def _is_value(self, text: str) -> bool:
        """Whether a text is one of the family, and within the span."""
        if self.family == "text":
            return True
        number = _READ[self.family](text)
        return number is not None and (
            self.span is None or (number.denominator == 1 and self.span[0] <= number <= self.span[1])
        )

    def _is_refuted(self, goals: Sequence[Goal], steps: Steps) -> bool:
        """Whether no value is known to do."""
        try:
            return self.value(goals, steps) is None
        except Unmodelled:
            return False

    def _reason(self, goals: Sequence[Goal], steps: Steps) -> list[Goal]:
        held = list(goals)
        positive = [goal for goal in held if goal[1]]
        if len(positive) < len(held) and self._is_refuted(positive, steps):
            held = positive
        elif positive:
            for goal in held:
                if not goal[1] and self._is_refuted([*positive, goal], steps):
                    held = [*positive, goal]
                    break
        size = max(1, len(held) // 2)
        while size:
            at = 0
            while at < len(held):
                rest = held[:at] + held[at + size :]
                if rest and self._is_refuted(rest, steps):
                    held = rest
                else:
                    at += size
            size //= 2
        return held

    def _text(self, goals: Sequence[Goal], steps: Steps) -> str | None:
        wanted = {test.pattern for test, passes in goals if passes and isinstance(test, Fits)}
        banned = {test.pattern for test, passes in goals if not passes and isinstance(test, Fits)}
        key = (frozenset(wanted), frozenset(banned))
        if key not in self._texts:
            steps.take(len(goals))
            self._texts[key] = self._new_text(wanted, banned, steps)
        return self._texts[key]

    def _new_text(self, wanted: set[Pattern], banned: set[Pattern], steps: Steps) -> str | None:
        passes, fails = [test_of(item) for item in wanted], [test_of(item) for item in banned]
        ordered = sorted(wanted, key=lambda item: (-len(item), item))
        only = next((text for item in ordered if (text := literal(item)) is not None), None)
        if only is not None:
            passing = all(test(only) for test in passes) and not any(test(only) for test in fails)
            return only if passing and self._is_value(only) else None
        if any(kind in "=~" and char not in _LETTERS.get(self.family, char) for item in wanted for kind, char in item):
            return None
        fit = reduce(and_, map(self._hints_of, wanted), (1 << len(self.hints)) - 1)
        free = fit & ~reduce(or_, map(self._hints_of, banned), 0) if fit else 0
        if free:
            return self.hints[(free & -free).bit_length() - 1]
        known = self.hints[fit.bit_length() - 1] if fit else None
        for text in self._guesses(ordered):
            if all(test(text) for test in passes) and self._is_value(text):
                known = text
                if not any(test(text) for test in fails):
                    return text
        found = find([[item] for item in sorted(wanted)], sorted(banned), steps, known)
        if found is not None and not self._is_value(found):
            raise Unmodelled(f"`{self.name}` is tested by patterns, and which of its values fit is not known")
        return found

    def _hints_of(self, pattern: Pattern) -> int:
        """The hints that fit a pattern, as bits."""
        found = self._fitting.get(pattern)
        if found is None:
            fits = test_of(pattern)
            found = self._fitting[pattern] = sum(1 << at for at, text in enumerate(self.hints) if fits(text))
        return found

    def _guesses(self, patterns: Sequence[Pattern]) -> Iterable[str]:
        if self.family != "text":
            yield from _completed(patterns, self.family)
            return
        if not patterns:
            yield from _WORDS
        for item in patterns[:3]:
            for word in ("example", "x", ""):
                yield filled(item, word)
        tails = [tail for item in patterns if (tail := _tail(item))]
        for item in patterns[:3] if tails else ():
            for tail in (*tails, "".join(tails)):
                yield _ending_in(item, tail)

    def _mixed(self, goals: Sequence[Goal]) -> str:
        """A value where a key is tested as text and as something else: some are tried, and no claim is made when none fits."""
        points = self._all_points()
        for text in (
            *self.hints,
            *(filled(test.pattern, "1") for test in self.tests if isinstance(test, Fits)),
            *_completed([test.pattern for test, wanted in goals if wanted and isinstance(test, Fits)], self.family),
            *points.texts(),
        ):
            if all(passes(test, text) is wanted for test, wanted in goals) and self._is_value(text):
                return text
        raise Unmodelled(f"`{self.name}` is tested as text and as {' and '.join(sorted(points.families))}")

    def _between(self, wanted: Sequence[Sequence[Test]], banned: Sequence[Test]) -> str | None:
        return self._all_points().value(wanted, banned)

    def _all_points(self) -> _Points:
        if self._points is None or self._points.size != len(self.tests):
            self._points = _Points(self)
        return self._points


def simplest(tests: Sequence[Test]) -> tuple[Test, ...]:
    """Tests that the same values pass one of: patterns and blocks of addresses that belong together are one."""
    if len(tests) < 2:
        return tuple(tests)
    texts = texts_simplest(test.pattern for test in tests if isinstance(test, Fits))
    blocks = sorted(
        (test.low, test.high)
        for test in tests
        if isinstance(test, Within) and test.family == "ip" and test.low is not None and test.high is not None
    )
    joined: list[tuple[Fraction, Fraction]] = []
    for low, high in blocks:
        if joined and low <= joined[-1][1] + 1 and (low < IPV6) is (joined[-1][0] < IPV6):
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    others = [
        test for test in tests if not isinstance(test, Fits) and not (isinstance(test, Within) and test.family == "ip")
    ]
    return (*map(Fits, texts), *(Within("ip", low, high) for low, high in joined), *dict.fromkeys(others))


def _plain_reasons(goals: Sequence[Goal], steps: Steps) -> list[list[Goal]]:
    """Pairs of goals of texts that are seen not to go together. Raises TooLarge."""
    wanted = [(goal, goal[0].pattern) for goal in goals if goal[1] and isinstance(goal[0], Fits)]
    banned = [(goal, goal[0].pattern) for goal in goals if not goal[1] and isinstance(goal[0], Fits)]
    out: list[list[Goal]] = []
    steps.take(len(wanted) * len(goals) // 2)
    for at, (one, pattern) in enumerate(wanted):
        text = literal(pattern)
        for other, against in wanted[at + 1 :]:
            if are_apart(pattern, against) or (text is not None and not test_of(against)(text)):
                out.append([one, other])
        for other, against in banned:
            if is_inside(pattern, against) if text is None else test_of(against)(text):
                out.append([one, other])
    return out


def _only(test: Test) -> str | None:
    return literal(test.pattern) if isinstance(test, Fits) else None


def passes(test: Test, text: str) -> bool:
    """Whether a text passes a test."""
    if isinstance(test, Fits):
        return test_of(test.pattern)(text)
    number = _READ[test.family](text)
    return number is not None and (isinstance(test, Readable) or _inside(test, number))


def _inside(test: Within, number: Fraction) -> bool:
    low = test.low is None or (number >= test.low if test.with_low else number > test.low)
    return low and (test.high is None or (number <= test.high if test.with_high else number < test.high))


class _Points:
    """Numbers such that if any number passes and fails as wanted, one of these does, each with the tests that it passes as bits.

    They are the ends of all intervals, one number between each pair of neighbours and one on either side.
    """

    __slots__ = ("_bits", "_masks", "_shown", "families", "size")

    def __init__(self, domain: Domain) -> None:
        tests = [test for test in domain.tests if not isinstance(test, Fits)]
        self.size = len(domain.tests)
        self.families = {test.family for test in tests}
        if len(self.families) > 1:
            raise Unmodelled(f"`{domain.name}` is tested as {' and '.join(sorted(self.families))}")
        (family,) = self.families
        ends = sorted(
            {end for test in tests if isinstance(test, Within) for end in (test.low, test.high) if end is not None}
        )
        points = _between(ends, family, domain.span)
        self._shown: list[Callable[[], str]] = [_shower(family, point) for point in points]
        self._bits = {test: 1 << at for at, test in enumerate(tests)}
        masks = [0] * len(points)
        for test, bit in self._bits.items():
            first, last = 0, len(points)
            if isinstance(test, Within):
                if test.low is not None:
                    first = (bisect_left if test.with_low else bisect_right)(points, test.low)
                if test.high is not None:
                    last = (bisect_right if test.with_high else bisect_left)(points, test.high)
            for at in range(first, last):
                masks[at] |= bit
        if domain.family == "text":
            masks.append(0)
            self._shown.append(lambda: "unreadable")
        self._masks: dict[int, int] = {}
        ends_of_span = {at for at, point in enumerate(points) if domain.span and int(point) in domain.span}
        # readers like other numbers better than these
        for at, mask in sorted(enumerate(masks), key=lambda item: item[0] in ends_of_span):
            self._masks.setdefault(mask, at)

    def value(self, wanted: Sequence[Sequence[Test]], banned: Sequence[Test]) -> str | None:
        groups = [self._mask(group) for group in wanted]
        out = self._mask(banned)
        for mask, at in self._masks.items():
            if not mask & out and all(mask & group for group in groups):
                return self._shown[at]()
        return None

    def _mask(self, tests: Sequence[Test]) -> int:
        return sum(self._bits[test] for test in dict.fromkeys(tests) if not isinstance(test, Fits))

    def texts(self) -> list[str]:
        return [show() for show in self._shown]


def _between(ends: list[Fraction], family: str, span: Span | None = None) -> list[Fraction]:
    if span is not None:
        low, high = span
        near = {floor(end) + step for end in ends for step in (-1, 0, 1, 2)} | {low, high, 1}
        return [_exact(number) for number in sorted(near) if low <= number <= high]
    if family == "ip":
        whole = {int(end) + step for end in ends for step in (-1, 0, 1)} | {0x0A000001, IPV6 + (0x20010DB8 << 96) + 1}
        return [_exact(number) for number in sorted(whole) if 0 <= number < 2**32 or IPV6 <= number <= _IPV6_END]
    if not ends:
        return [_exact(1_700_000_000 if family == "date" else 1)]
    out = [ends[0] - 1]
    for at, end in enumerate(ends):
        out.append(end)
        out.append((end + ends[at + 1]) / 2 if at + 1 < len(ends) else end + 1)
    return out


def _shower(family: str, point: Fraction) -> Callable[[], str]:
    match family:
        case "ip":
            return lambda: str(ip_address(int(point)) if point < IPV6 else IPv6Address(int(point) - IPV6))
        case "date":
            return lambda: _date(point)
        case _:
            return lambda: decimal(point)


def _date(seconds: Fraction) -> str:
    from policyc.ir.instants import moment_text

    whole = seconds.denominator == 1 and -62_000_000_000 < seconds < 253_000_000_000
    return moment_text(f"{int(seconds)}.0") if whole else decimal(seconds)


def _exact(number: int | Fraction | Decimal) -> Fraction:
    from fractions import Fraction  # few tests are about numbers

    return Fraction(number)


def decimal(number: Fraction) -> str:
    """The number written out; its denominator has no factors but 2 and 5, as halves of decimals have."""
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
    scaled = abs(int(number * 10**places))
    sign = "-" if number < 0 else ""
    whole, rest = divmod(scaled, 10**places)
    return f"{sign}{whole}.{rest:0{places}}" if places else f"{sign}{whole}"


def read_number(text: str) -> Fraction | None:
    """A number as numeric operators read it; None for other text."""
    from policyc.engines.iam.values import parse_number

    found = parse_number(text)
    if found is not None and abs(found.adjusted()) > _LARGEST:
        raise Unmodelled(f"`{text}` is too large or too small a number")
    return None if found is None else _exact(found)


def read_date(text: str) -> Fraction | None:
    """An instant in seconds as date operators read it; None for other text."""
    from policyc.engines.iam.dates import parse_instant

    found = parse_instant(text)
    return None if found is None else _exact(found)


def read_address(text: str) -> Fraction | None:
    """An address as a point; None for other text."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    return _exact(int(found) + (IPV6 if found.version == 6 else 0))


_READ: Final = {"number": read_number, "date": read_date, "ip": read_address}


def _completed(patterns: Sequence[Pattern], family: str) -> Iterable[str]:
    """Texts that begin and end as patterns do, and go on as values of a family."""
    for item in patterns or ((("*", ""),),):
        runs = [at for at, (kind, _) in enumerate(item) if kind in "*."]
        first, last = (runs[0], runs[-1]) if runs else (len(item), len(item) - 1)
        for example in _EXAMPLES.get(family, ()):
            head = "".join(
                char if kind in "=~" else example[at : at + 1] or "1" for at, (kind, char) in enumerate(item[:first])
            )
            tail = "".join(char if kind in "=~" else "1" for kind, char in item[last + 1 :])
            yield head + example[len(head) : len(example) - len(tail)] + tail
            yield head + example + tail


@lru_cache(maxsize=8192)
def filled(pattern: Pattern, word: str) -> str:
    """A text that fits the pattern: `word` for each run of any characters, something fitting in the early fields of an ARN."""
    arn = pattern[:4] == _ARN
    out: list[str] = []
    colons = digits = 0
    for kind, char in pattern:
        match kind:
            case "=" | "~":
                colons += char == ":"
                out.append(char)
            case "#":
                out.append("111122223333"[digits % 12])
                digits += 1
            case "*" | ".":
                out.append(_EARLY.get(colons, word) if arn and word else word)
            case _:
                out.append("x")
    return "".join(out)


@lru_cache(maxsize=8192)
def _tail(pattern: Pattern) -> str:
    """What stands behind the first run of a pattern, as an example; empty where only a run does, or the run may end an ARN's early field."""
    start = next((at for at, (kind, _) in enumerate(pattern) if kind == "*"), len(pattern))
    rest = pattern[start + 1 :]
    early = pattern[:4] == _ARN and pattern[:start].count(("=", ":")) < 5
    return "" if early or all(kind in "*?" for kind, _ in rest) else filled(rest, "example")


@lru_cache(maxsize=8192)
def _ending_in(pattern: Pattern, tail: str) -> str:
    """A text that fits the pattern, with a tail in place of its last run."""
    last = max((at for at, (kind, _) in enumerate(pattern) if kind == "*"), default=len(pattern))
    head, rest = filled(pattern[:last], "example"), filled(pattern[last + 1 :], "example")
    return head + (tail[1:] if head[-1:] == tail[:1] else tail) + rest


#: what values of a family are written with
_LETTERS: Final = {
    "number": frozenset("0123456789+-.eE"),
    "date": frozenset("0123456789+-:.,TtZz"),
    "ip": frozenset("0123456789abcdefABCDEF:."),
}
#: values of a family, and ends of some
_EXAMPLES: Final = {
    "number": ("1", "0", "5", "10", "", ".5"),
    "date": ("2026-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "2027-12-31T23:59:59Z", "2031-06-15T12:30:30Z"),
    "ip": ("10.0.0.1", "203.0.113.7", "2001:db8::1", "1", "1.1", "1.1.1", ".1", ".1.1", ".1.1.1", "::1", ":1", ""),
}
#: values that say they are only an example
_WORDS: Final = ("example", "other", "another")
_ARN: Final[Pattern] = tuple(("=", char) for char in "arn:")
_EARLY: Final = {1: "aws", 3: "eu-west-1", 4: "111122223333"}
