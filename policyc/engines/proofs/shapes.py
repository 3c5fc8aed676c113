r"""Whether a pattern with wildcards and the shape of a key's real values have a text in common.

A shape is a regular expression of a small kind, as the vocabularies write it: characters, classes such as `[0-9a-z]` and `[^:]`,
`.`, escapes, groups, `|`, and the repetitions `* + ? {n} {n,m}`. Both sides become automata that are walked together, the pattern word
by word since ARNs share many; time is at most the product of their sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from policyc.ir.pattern import Wild
from policyc.regex import regex

Test = Callable[[str], bool]
#: Repetitions are written out, so this bounds the size of one shape.
_MOST_STATES = 4_000
#: Every character that a step of a shape can be about, but for the colon; shapes are written in ASCII.
_OTHERS = [chr(code) for code in range(32, 128) if chr(code) != ":"]


#: Moves that a shape remembers; past them it works them out each time.
_MOST_MOVES = 20_000
#: A pattern in pieces: wildcards, plain characters behind a backslash, words up to a `:` or `/`.
_PIECES = regex(r"\*+|\?|\\[*?\\]|[^*?\\:/]{0,60}[:/]|[^*?\\:/]{1,60}|\\", re.DOTALL)
_WILDS = {"*": Wild.RUN, "?": Wild.ONE}
#: An expression may try many ways through a long text; the automaton goes one.
_SHORT = 128
#: The fields of an ARN before its resource.
_EARLY = 5
#: A set of states that are possible at once.
States: TypeAlias = frozenset[int]


class At:
    """States that are possible at once, with where known pieces lead from there: within a field, and beyond."""

    __slots__ = ("moves", "states")

    def __init__(self, states: States) -> None:
        self.states = states
        self.moves: tuple[dict[str | Wild, At], dict[str | Wild, At]] = ({}, {})


class Shape:
    """An automaton: per state the states reached without a character, and the tested steps. State 0 begins, 1 accepts."""

    __slots__ = ("_free", "_known", "_moves", "_steps", "start")

    def __init__(self, free: Sequence[Sequence[int]], steps: Sequence[Sequence[tuple[Test, int]]]) -> None:
        self._free, self._steps = free, steps
        self._known: dict[States, At] = {}
        self._moves = 0
        self.start = At(self._closed({0}))

    def after(self, at: At, piece: str | Wild, within: bool) -> At:
        """The states after a word, a character or a wildcard; `within` a field, where no wildcard takes a colon."""
        if isinstance(piece, str) and len(piece) > 1:
            found = at
            for char in piece:
                found = found.moves[within].get(char) or self.after(found, char, within)
        else:
            states = self._worked_out(at.states, piece, within)
            found = self._known.get(states) or At(states)
        if self._moves < _MOST_MOVES:
            self._moves += 1
            self._known[found.states] = at.moves[within][piece] = found
        return found

    def _worked_out(self, states: States, piece: str | Wild, within: bool) -> States:
        if piece is Wild.RUN:
            return self._reachable(states, within)
        steps = (step for state in states for step in self._steps[state])
        if isinstance(piece, Wild):
            return self._closed({target for test, target in steps if not within or _takes_more(test)})
        return self._closed({target for test, target in steps if test(piece)})

    def _closed(self, states: set[int]) -> States:
        work = list(states)
        while work:
            for target in self._free[work.pop()]:
                if target not in states:
                    states.add(target)
                    work.append(target)
        return frozenset(states)

    def _reachable(self, states: States, within: bool) -> States:
        work, seen = list(states), set(states)
        while work:
            state = work.pop()
            taken = (target for test, target in self._steps[state] if not within or _takes_more(test))
            for target in (*self._free[state], *taken):
                if target not in seen:
                    seen.add(target)
                    work.append(target)
        return frozenset(seen)


@lru_cache(maxsize=4096)
def fits(shape: str, text: str) -> bool:
    """Whether a whole text has the shape."""
    whole = compiled(shape)
    now = whole.start
    for char in text:
        now = now.moves[False].get(char) or whole.after(now, char, False)
        if not now.states:
            return False
    return 1 in now.states


@lru_cache(maxsize=4096)
def may_fit(shape: str, pattern: str, arn: bool = False) -> bool:
    """Whether some text has the shape and matches the pattern (`*`, `?`; `\\*` literal). With `arn`, wildcards before the fifth
    colon stay within their field."""
    # one of the texts that the pattern takes is tried first: most resources are of a shape that has it
    tried = pattern.replace("*", "x").replace("?", "x")
    if len(pattern) <= _SHORT and "\\" not in pattern and _expression(shape).fullmatch(tried) is not None:
        return True
    whole, early = compiled(shape), _EARLY if arn and pattern.count(":") >= _EARLY else 0
    now = whole.start
    for text in _PIECES.findall(pattern):
        piece = _WILDS.get(text[:1]) or (text[1:] if text[0] == "\\" and len(text) > 1 else text)
        now = now.moves[early > 0].get(piece) or whole.after(now, piece, early > 0)
        if not now.states:
            return False
        early -= text[-1] == ":"
    return 1 in now.states


@lru_cache(maxsize=512)
def _expression(shape: str) -> re.Pattern[str]:
    """The shape as an expression of Python, which means the same."""
    return re.compile(shape, re.DOTALL)


def _takes_more(test: Test) -> bool:
    """Whether a step takes another character than a colon."""
    return any(map(test, _OTHERS))


@lru_cache(maxsize=512)
def compiled(shape: str) -> Shape:
    """The automaton of a shape. Raises ValueError for what is no shape of this kind: a mistake in a vocabulary."""
    reader = _Reader(shape)
    start, end = reader.choice()
    if reader.at != len(shape):
        raise ValueError(f"unexpected `{shape[reader.at]}` at {reader.at} in shape {shape}")
    reader.free[0].append(start)
    reader.free[end].append(1)
    return Shape(reader.free, reader.steps)


class _Reader:
    """A recursive reader of shapes that adds states as it goes; every part is a pair (first state, last state)."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.free: list[list[int]] = [[], []]
        self.steps: list[list[tuple[Test, int]]] = [[], []]

    def state(self) -> int:
        if len(self.free) > _MOST_STATES:
            raise ValueError(f"shape {self.text} is too large")
        self.free.append([])
        self.steps.append([])
        return len(self.free) - 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def choice(self) -> tuple[int, int]:
        start, end = self.state(), self.state()
        while True:
            first, last = self.sequence()
            self.free[start].append(first)
            self.free[last].append(end)
            if self.peek() != "|":
                return start, end
            self.at += 1

    def sequence(self) -> tuple[int, int]:
        start = last = self.state()
        while self.peek() not in ("", "|", ")"):
            begin = self.at
            first, end = self.item()
            least, most = self.repetition()
            self.free[last].append(first)
            last = self.repeated(begin, end, first, least, most)
        return start, last

    def repeated(self, begin: int, end: int, first: int, least: int, most: int | None) -> int:
        """Write the item that was read from `begin` out as often as needed; the last state."""
        after = self.at
        out, at = self.state(), end
        if least == 0:
            self.free[first].append(out)
        for count in range(1, max(least, most or 1)):
            self.at = begin
            again, end = self.item()
            self.free[at].append(again)
            if count >= least:
                self.free[at].append(out)
            first, at = again, end
        self.free[at].append(out)
        if most is None:
            self.free[at].append(first)
        self.at = after
        return out

    def repetition(self) -> tuple[int, int | None]:
        char = self.peek()
        if char in ("*", "+", "?") and char:
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        if char != "{":
            return 1, 1
        end = self.text.index("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        self.at = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def item(self) -> tuple[int, int]:
        char = self.peek()
        self.at += 1
        if char == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            found = self.choice()
            if self.peek() != ")":
                raise ValueError(f"a group of shape {self.text} is not closed")
            self.at += 1
            return found
        test = self.one_of() if char == "[" else _ANY if char == "." else _same(self.escaped(char))
        start, end = self.state(), self.state()
        self.steps[start].append((test, end))
        return start, end

    def escaped(self, char: str) -> str:
        if char in "*+?{}^$]":
            raise ValueError(f"`{char}` has to be escaped in shape {self.text}")
        if char == "\\":
            char = self.peek()
            self.at += 1
            if char.isalnum():
                raise ValueError(f"`\\{char}` is no escape of a shape")
        return char

    def one_of(self) -> Test:
        end = self.text.index("]", self.at + 1)
        body = self.text[self.at : end]
        self.at = end + 1
        negated = body.startswith("^")
        body = body.removeprefix("^")
        chars, ranges, at = set[str](), list[tuple[str, str]](), 0
        while at < len(body):
            if body[at] == "\\":
                at += 1
            if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
                ranges.append((body[at], body[at + 2]))
                at += 3
            else:
                chars.add(body[at])
                at += 1
        return lambda char: (char in chars or any(low <= char <= high for low, high in ranges)) is not negated


def _same(wanted: str) -> Test:
    return lambda char: char == wanted


def _ANY(char: str) -> bool:
    return True
