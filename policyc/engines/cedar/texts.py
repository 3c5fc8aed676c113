"""Texts that tell patterns apart: for every way in which some text can fit some of the patterns and not the others, one such text.

A pattern's only wildcard is `*`, any run of characters. All patterns are read side by side, character by character, so every
combination that any text at all can have is met.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

#: None stands for any run of characters, a text for itself.
Pattern: TypeAlias = tuple[str | None, ...]

_MOST_STATES = 4_000
#: tried first where a character is needed that no pattern has, because people read the examples
_PLAIN = "xyzabc0"
_WORD = "example"


def telling_texts(patterns: Sequence[Pattern], literals: Iterable[str]) -> list[str] | None:
    """Every literal, and for each combination of patterns that another text can fit one such text; None when there are too many."""
    readers = [_Reader(pattern) for pattern in patterns]
    named = list(dict.fromkeys(literals))
    fresh = _unused(readers, named)
    tree = _Tree(named)
    start = (tuple(reader.start for reader in readers), tree.root)
    texts = {start: ""}
    work = deque([start])
    found: dict[tuple[object, ...], str] = {}
    while work:
        state = work.popleft()
        places, branch = state
        literal = tree.ends.get(branch)
        key = (literal, *(reader.done(place) for reader, place in zip(readers, places, strict=True)))
        found.setdefault(key, texts[state])
        for char in _telling(readers, places, tree, branch, fresh):
            moved = tuple(reader.step(place, char) for reader, place in zip(readers, places, strict=True))
            following = (moved, tree.step(branch, char))
            if following not in texts:
                if len(texts) >= _MOST_STATES + tree.size:
                    return None
                texts[following] = texts[state] + char
                work.append(following)

    def key_of(text: str) -> tuple[object, ...]:
        places, branch = start
        for char in text:
            places = tuple(reader.step(place, char) for reader, place in zip(readers, places, strict=True))
            branch = tree.step(branch, char)
        return (tree.ends.get(branch), *(reader.done(place) for reader, place in zip(readers, places, strict=True)))

    # a text that tells the same, and that people take for an example, where there is one
    return [next((item for item in _wordy(text) if key_of(item) == key), text) for key, text in found.items()]


def _wordy(text: str) -> tuple[str, ...]:
    return (f"{_WORD}{text}", f"{text}{_WORD}") if len(text) > 1 else (_WORD,)


def _telling(
    readers: Sequence[_Reader], places: tuple[int, ...], tree: _Tree, branch: int, fresh: str
) -> Iterator[str]:
    """The characters that lead to different places from here; the fresh one stands for all others."""
    chars = {char for reader, place in zip(readers, places, strict=True) for char in reader.next(place)}
    yield from sorted(chars.union(tree.next(branch)))
    yield fresh


def _unused(readers: Sequence[_Reader], named: Sequence[str]) -> str:
    used = {char for reader in readers for char in reader.chars}.union(*named)
    plain = next((char for char in _PLAIN if char not in used), None)
    return plain or next(
        chr(code) for code in range(0x100, 0x3000) if chr(code) not in used and chr(code).isprintable()
    )


class _Reader:
    """One pattern, read character by character. A place is a set of positions as bits; behind a star nothing earlier counts, because
    whatever fits the rest from an earlier position fits it from the star as well."""

    def __init__(self, pattern: Pattern) -> None:
        self.chars: list[str] = []
        self._stars: set[int] = set()
        for part in pattern:
            if part is None:
                self._stars.add(len(self.chars))
            else:
                self.chars += part
        self._steps: dict[tuple[int, str], int] = {}
        self.start = 1

    def step(self, place: int, char: str) -> int:
        key = (place, char)
        if key not in self._steps:
            moved = 0
            for at in self._positions(place):
                if at in self._stars:
                    moved |= 1 << at
                if at < len(self.chars) and self.chars[at] == char:
                    moved |= 1 << (at + 1)
            star = max((at for at in self._positions(moved) if at in self._stars), default=0)
            self._steps[key] = moved >> star << star
        return self._steps[key]

    def next(self, place: int) -> Iterator[str]:
        yield from (self.chars[at] for at in self._positions(place) if at < len(self.chars))

    def done(self, place: int) -> bool:
        return bool(place >> len(self.chars) & 1)

    def _positions(self, place: int) -> Iterator[int]:
        while place:
            lowest = place & -place
            yield lowest.bit_length() - 1
            place ^= lowest


class _Tree:
    """The literals as a tree of characters; branch -1 is every text that begins none of them."""

    def __init__(self, literals: Iterable[str]) -> None:
        self.root = 0
        self.ends: dict[int, str] = {}
        self._next: list[dict[str, int]] = [{}]
        for literal in literals:
            branch = 0
            for char in literal:
                if char not in self._next[branch]:
                    self._next[branch][char] = len(self._next)
                    self._next.append({})
                branch = self._next[branch][char]
            self.ends[branch] = literal

    @property
    def size(self) -> int:
        return len(self._next)

    def step(self, branch: int, char: str) -> int:
        return -1 if branch < 0 else self._next[branch].get(char, -1)

    def next(self, branch: int) -> Iterable[str]:
        return () if branch < 0 else self._next[branch]
