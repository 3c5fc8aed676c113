r"""Is there a text that fits all of these patterns and none of those? If so, a short one.

Exact: a pattern is a sequence of pieces, all patterns are walked at once as one automaton whose state is a set of positions (the
bits of an int), over the characters that they mention plus one digit and one character that stand for all others. Never is a
product built ahead of the walk; what it may cost is bounded by the caller's steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import Final, TypeAlias

from policyc.engines.iam.globs import Wild, compile_glob, matcher
from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.ir.pattern import Plain, Token, fold
from policyc.ir.pattern import Wild as IrWild

#: (kind, character): `=` the character, `~` the character in any letter case, `#` one digit, `?` one character, `*` any run;
#: `-` and `.` are the last two without the character
Piece: TypeAlias = tuple[str, str]
Pattern: TypeAlias = tuple[Piece, ...]

#: steps that a question of `may_exist` may take
STEP_CAP: Final = 20_000
#: characters that are tried from one state in the time of one step
_LETTERS: Final = 4
#: banned patterns that are added one by one, before all are looked at
_FEW: Final = 8
ANYTHING: Final[Pattern] = (("*", ""),)
#: what has the six fields of an ARN
ARN: Final[Pattern] = (*((".", ":"), ("=", ":")) * 5, ("*", ""))
_FIELDS: Final = 6
_DIGITS: Final = "0123456789"
#: characters of a text that nobody mentions, in the order in which a reader likes to see them
_STRANGERS: Final = "xyzabcdefghijklmnopqrstuvwXYZ_~" + "".join(map(chr, range(0xE100, 0xE200)))


def whole(tokens: Iterable[Token], ignore_case: bool = False) -> Pattern:
    """A pattern over the whole text."""
    kind = "~" if ignore_case else "="
    return tuple(
        [
            (kind, fold(token.char) if ignore_case else token.char) if isinstance(token, Plain) else (token.value, "")
            for token in tokens
        ]
    )


def by_fields(tokens: Sequence[Token]) -> Pattern | None:
    """A pattern field by field, as ARN operators read it: no wildcard crosses one of the first five colons. None with fewer than six
    fields, which fits nothing."""
    colons = 0
    out: list[Piece] = []
    for token in tokens:
        if isinstance(token, Plain):
            colons += token.char == ":" and colons < _FIELDS - 1
            out.append(("=", token.char))
        else:
            run = token is IrWild.RUN
            out.append((".-"[not run], ":") if colons < _FIELDS - 1 else ("*?"[not run], ""))
    return tuple(out) if colons == _FIELDS - 1 else None


def exactly(text: str, ignore_case: bool = False) -> Pattern:
    """The pattern of one text."""
    return tuple(("~", fold(char)) if ignore_case else ("=", char) for char in text)


def simplest(patterns: Iterable[Pattern]) -> tuple[Pattern, ...]:
    """Patterns that fit the same texts together: `a` and `a?*` are `a*`; each once, in an order of their own."""
    held = set(patterns)
    work = [item for item in held if item[-2:] == _MORE]
    while work:
        item = work.pop()
        if item in held and item[:-2] in held:
            held -= {item, item[:-2]}
            both = (*item[:-2], ("*", ""))
            held.add(both)
            if both[-3:-1] == (("?", ""),):
                work.append(both)
    return tuple(sorted(held))


_MORE: Final[Pattern] = (("?", ""), ("*", ""))


@lru_cache(maxsize=8192)
def literal(pattern: Pattern) -> str | None:
    """The only text that fits, or None when there may be several."""
    return "".join([char for _, char in pattern]) if all(kind == "=" for kind, _ in pattern) else None


@lru_cache(maxsize=8192)
def beginning(pattern: Pattern) -> str:
    """The plain characters that every text that fits begins with."""
    out = ""
    for kind, char in pattern:
        if kind != "=":
            break
        out += char
    return out


@lru_cache(maxsize=8192)
def test_of(pattern: Pattern) -> Callable[[str], bool]:
    """Whether one text fits, as a function; its time is at most length times length."""
    kinds = {kind for kind, _ in pattern}
    if kinds <= set("=*?"):
        return _glob(pattern)
    if kinds <= set("~*?"):
        test = _glob(tuple(("=", char) if kind == "~" else (kind, char) for kind, char in pattern))
        return lambda text: test("".join(map(fold, text)))
    fields = _fields(pattern)
    if fields is not None:
        tests = [_glob(field) for field in fields]

        def fits(text: str) -> bool:
            parts = text.split(":", _FIELDS - 1)
            return len(parts) == _FIELDS and all(test(part) for test, part in zip(tests, parts, strict=True))

        return fits
    if kinds <= _EXPRESSED.keys() and _is_direct(pattern):
        expression = re.compile(
            "".join([_EXPRESSED[kind].format(re.escape(char)) for kind, char in pattern]), re.DOTALL
        )
        return lambda text: expression.fullmatch(text) is not None
    machine = _Machine([pattern], [])

    def walks(text: str) -> bool:
        state = machine.start
        for char in text:
            state = machine.step(state, char)
        return machine.wins(state)

    return walks


#: pieces as parts of a regular expression
_EXPRESSED: Final = {"=": "{}", "#": "[0-9]", "?": ".", "*": ".*", "-": "[^{}]", ".": "[^{}]*"}


def _is_direct(pattern: Pattern) -> bool:
    """Whether an expression finds one way only through a text: every run but the last ends with the first character that it may not hold."""
    runs = [at for at, (kind, _) in enumerate(pattern) if kind in "*."]
    return all(pattern[at][0] == "." and pattern[at + 1] == ("=", pattern[at][1]) for at in runs[:-1])


def matches(pattern: Pattern, text: str) -> bool:
    """Whether one text fits."""
    return test_of(pattern)(text)


def _glob(pattern: Pattern) -> Callable[[str], bool]:
    return matcher(compile_glob(char if kind == "=" else Wild(kind) for kind, char in pattern))


def _fields(pattern: Pattern) -> list[Pattern] | None:
    """The six fields of a pattern that `by_fields` made, each as a plain pattern; None for any other."""
    fields: list[list[Piece]] = [[]]
    for kind, char in pattern:
        early = len(fields) < _FIELDS
        if early and (kind, char) == ("=", ":"):
            fields.append([])
        elif kind == "=" or (not early and kind in "*?"):
            fields[-1].append((kind, char))
        elif early and kind in ".-" and char == ":":
            fields[-1].append(("*" if kind == "." else "?", ""))
        else:
            return None
    return [tuple(field) for field in fields] if len(fields) == _FIELDS else None


def find(
    wanted: Sequence[Sequence[Pattern]], banned: Sequence[Pattern], steps: Steps, known: str | None = None
) -> str | None:
    """A short text that fits at least one pattern of each group in `wanted` and no pattern of `banned`, or None when there is none.
    `known` is a text that fits what is wanted, where there is one at hand.

    Raises TooLarge past the budget.
    """
    wanted = wanted or [[ANYTHING]]
    groups = [[item for item in group if _may_begin_with(item, wanted)] for group in wanted]
    if not all(groups):
        return None
    banned = [item for item in banned if _may_begin_with(item, groups)]
    if ANYTHING in banned:
        return None
    # most of what is banned matters to no text of interest: what a text that was found hits is looked at next
    used: list[Pattern] = []
    text = known
    while len(used) < min(len(banned), _FEW):
        text = _search(groups, used, steps) if text is None else text
        hit = None if text is None else next((item for item in banned if test_of(item)(text)), None)
        if hit is None:
            return text
        if any(all(is_inside(item, hit) for item in group) for group in groups):
            return None
        used.append(hit)
        text = None
    return _search(groups, banned, steps)


@lru_cache(maxsize=16384)
def is_inside(inner: Pattern, outer: Pattern) -> bool:
    """Whether every text that fits `inner` is seen to fit `outer`, in one walk over its pieces; what is so and is not seen is left to `find`."""
    shared = 0
    for one, other in zip(inner, outer, strict=False):
        if one != other or one[0] not in "=~":
            break
        shared += 1
    inner, outer = inner[shared:], outer[shared:]
    if outer == ANYTHING:
        return True
    if (not outer or outer[0][0] in "=~#") and (not inner or inner[0][0] not in "=~#"):
        return inner == outer
    machine = _Machine([outer], [])
    state = machine.start
    for piece in inner:
        state = machine.step_all(state, piece)
        if not state:
            return False
    return machine.wins(state)


def are_apart(first: Pattern, second: Pattern) -> bool:
    """Whether no text fits both, as is seen from what they begin and end with."""
    if not _alike(beginning(first), beginning(second)):
        return True
    one, other = _ending(first), _ending(second)
    return not (one.endswith(other) or other.endswith(one))


@lru_cache(maxsize=8192)
def _ending(pattern: Pattern) -> str:
    """The plain characters that every text that fits ends with."""
    return beginning(pattern[::-1])[::-1]


def _search(groups: Sequence[Sequence[Pattern]], banned: Sequence[Pattern], steps: Steps) -> str | None:
    """The same, all patterns walked at once."""
    machine = _Machine([item for group in groups for item in group], banned, [len(group) for group in groups])
    before: dict[int, tuple[int, str] | None] = {machine.start: None}
    layer = [machine.start]
    while layer:
        reached: list[int] = []
        for state in layer:
            if machine.wins(state):
                return _path(before, state)
            letters = machine.letters_at(state)
            steps.take(len(letters) // _LETTERS)
            for char in letters:
                following = machine.step(state, char)
                if following not in before and machine.is_alive(following):
                    steps.take(1 + (machine.width >> 10))
                    before[following] = (state, char)
                    reached.append(following)
        layer = reached
    return None


@lru_cache(maxsize=4096)
def may_exist(wanted: tuple[tuple[Pattern, ...], ...], banned: tuple[Pattern, ...]) -> bool:
    """Whether a text may fit at least one pattern of each group in `wanted` and no pattern of `banned`; False is proven, past `STEP_CAP`
    the answer is "perhaps"."""
    try:
        return find(wanted, banned, Steps(STEP_CAP)) is not None
    except TooLarge:
        return True


def _path(before: dict[int, tuple[int, str] | None], state: int) -> str:
    out: list[str] = []
    while (come := before[state]) is not None:
        state, char = come
        out.append(char)
    return "".join(reversed(out))


def _may_begin_with(pattern: Pattern, wanted: Sequence[Sequence[Pattern]]) -> bool:
    """Whether a pattern's plain beginning goes together with some pattern of each group; else no text of interest fits it."""
    mine = beginning(pattern)
    if not mine:
        return True
    return all(any(_alike(mine, beginning(other)) for other in group) for group in wanted)


def _alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def rests(pattern: Pattern, head: str) -> list[Pattern]:
    """What is left of a pattern behind a text that it begins with: one of these fits the rest of a text that begins with `head` when the whole
    fits the pattern."""
    states = _closed(pattern, {0})
    for char in head:
        moved = set()
        for at in states:
            if at < len(pattern):
                kind, own = pattern[at]
                if kind in "*." and not (kind == "." and char == own):
                    moved.add(at)
                elif kind not in "*." and _takes(kind, own, char):
                    moved.add(at + 1)
        states = _closed(pattern, moved)
    return [pattern[at:] for at in sorted(states)]


def _takes(kind: str, own: str, char: str) -> bool:
    match kind:
        case "=":
            return char == own
        case "~":
            return fold(char) == own
        case "#":
            return char in "0123456789"
        case "-":
            return char != own
        case _:
            return True


def _closed(pattern: Pattern, states: set[int]) -> set[int]:
    """The states with every run also taken as empty."""
    out = set(states)
    work = list(states)
    while work:
        at = work.pop()
        if at < len(pattern) and pattern[at][0] in "*." and at + 1 not in out:
            out.add(at + 1)
            work.append(at + 1)
    return out


class _Machine:
    """Many patterns as one automaton; a state is a set of positions, as the bits of an int."""

    __slots__ = (
        "_alive",
        "_all",
        "_banned",
        "_but",
        "_digits",
        "_ones",
        "_plain",
        "_runs",
        "_wins",
        "digit",
        "other",
        "start",
        "width",
    )

    def __init__(self, wanted: Sequence[Pattern], banned: Sequence[Pattern], sizes: Sequence[int] = ()) -> None:
        plain: dict[str, int] = {}
        but: dict[str, int] = {}
        runs = ones = digits = start = 0
        at = 0
        ends: list[int] = []
        spans: list[int] = []
        folded: dict[str, int] = {}
        for pattern in (*wanted, *banned):
            bit = 1 << at
            start |= bit
            first = at
            for kind, char in pattern:
                if kind == "=":
                    plain[char] = plain.get(char, 0) | bit
                elif kind == "~":
                    folded[char] = folded.get(char, 0) | bit
                elif kind == "#":
                    digits |= bit
                else:
                    if kind in "*.":
                        runs |= bit
                    else:
                        ones |= bit
                    if char:
                        but[char] = but.get(char, 0) | bit
                bit <<= 1
                at += 1
            ends.append(bit)
            at += 1
            spans.append((1 << at) - (1 << first))
        for char, mask in folded.items():
            for same in spellings(char):
                plain[same] = plain.get(same, 0) | mask
        for char in but:
            plain.setdefault(char, 0)
        if digits:
            for char in _DIGITS:
                if char in plain:
                    plain[char] |= digits
        self._plain, self._but, self._runs, self._ones, self._digits = plain, but, runs, ones, digits
        self.width = at
        self._all = runs | ones
        self.digit = ""
        if digits:
            self.digit = next((char for char in _DIGITS[1:] + "0" if char not in plain), "")
            if self.digit:
                plain[self.digit] = digits
        self.other = next(char for char in _STRANGERS if char not in plain)
        self.start = self._closed(start)
        self._banned = sum(ends[len(wanted) :])
        self._wins: list[int] = []
        self._alive: list[int] = []
        index = 0
        for size in sizes or (len(wanted),):
            self._wins.append(sum(ends[index : index + size]))
            self._alive.append(sum(spans[index : index + size]))
            index += size

    def _closed(self, state: int) -> int:
        """A run may be empty: whoever stands before it also stands behind it."""
        runs = self._runs
        while True:
            wider = state | ((state & runs) << 1)
            if wider == state:
                return state
            state = wider

    def step(self, state: int, char: str) -> int:
        stays, moves = state & self._runs, state & self._ones
        not_here = self._but.get(char)
        if not_here:
            stays &= ~not_here
            moves &= ~not_here
        here = self._plain.get(char)
        moves |= state & ((self._digits if char in _DIGITS else 0) if here is None else here)
        return self._closed(stays | (moves << 1))

    def step_all(self, state: int, piece: Piece) -> int:
        """Positions that are reached from some of `state` by whatever fits a piece: not all that are, but none that are not."""
        kind, char = piece
        if kind == "=":
            return self.step(state, char)
        if kind in "~#":
            reached = [self.step(state, same) for same in (_DIGITS if kind == "#" else spellings(char))]
            return reduce(and_, reached)
        tied = 0
        for other, mask in self._but.items():
            tied |= 0 if other == char else mask
        stays = state & self._runs & ~tied
        return self._closed(stays if kind in "*." else stays | ((state & self._ones & ~tied) << 1))

    def letters_at(self, state: int) -> list[str]:
        """The characters that make a difference in a state; each stands for those that do the same."""
        held = [char for char, mask in self._plain.items() if state & mask]
        if state & self._all:
            held += [char for char, mask in self._but.items() if state & mask and char not in held]
            held.append(self.other)
        return held

    def wins(self, state: int) -> bool:
        return not state & self._banned and all(state & mask for mask in self._wins)

    def is_alive(self, state: int) -> bool:
        return all(state & mask for mask in self._alive)


@lru_cache(maxsize=1024)
def spellings(char: str) -> tuple[str, ...]:
    """Every character that is the same as a folded one when letter case does not count."""
    if char in _ASCII:
        return _ASCII[char]
    import sys

    found = [chr(code) for code in range(sys.maxunicode + 1) if fold(chr(code)) == char]
    return tuple(found)


#: the spellings of ASCII characters; `i`, `k` and `s` have strange ones: dotless i, the Kelvin sign, long s
_ASCII: Final = {
    chr(code): tuple(
        dict.fromkeys((chr(code), chr(code).upper(), *{"i": "\u0131", "k": "\u212a", "s": "\u017f"}.get(chr(code), "")))
    )
    for code in range(128)
    if fold(chr(code)) == chr(code)
}
