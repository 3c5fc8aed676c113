"""Patterns with `*` (any run) and `?` (one character) over text, without backtracking.

A pattern is a sequence of tokens: text, `Wild.STAR` or `Wild.ONE`. Text is never a wildcard, whatever it holds, so that
`${*}` in a policy can stand for a plain asterisk. A match takes at most O(pattern × text) steps and mostly one
`str.find` per piece between stars. `?` stands for one code point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from policyc.record import light
from policyc.regex import regex


class Wild(Enum):
    STAR = "*"
    ONE = "?"

    __hash__ = object.__hash__  # patterns are keys, and the hash of `Enum` is a function in Python


Tokens = tuple["str | Wild", ...]
_WILDS: dict[str, str | Wild] = {wild.value: wild for wild in Wild}
_SPLIT = regex(r"([*?])").split


def wildcard_tokens(text: str) -> Tokens:
    """The tokens of a pattern in which every `*` and `?` is a wildcard."""
    return tuple([_WILDS.get(piece, piece) for piece in _SPLIT(text) if piece])


def fold(text: str) -> str:
    """Text for comparison without case; keeps the length, so that `?` stays one character.

    Folds character by character, to upper and then to lower case, as AWS's implementation language does.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_character, text))


def _fold_character(char: str) -> str:
    upper = char.upper()
    char = upper if len(upper) == 1 else char
    lower = char.lower()
    return lower if len(lower) == 1 else char


def fold_tokens(tokens: Iterable[str | Wild]) -> Tokens:
    return tuple(fold(token) if isinstance(token, str) else token for token in tokens)


@light
class _Piece:
    """A run without stars: literals at offsets, any character elsewhere; `anchor` indexes the longest literal."""

    length: int
    literals: tuple[tuple[int, str], ...]
    anchor: int

    def fits(self, text: str, at: int) -> bool:
        if len(self.literals) == 1:
            offset, literal = self.literals[0]
            return text.startswith(literal, at + offset)
        return all(text.startswith(literal, at + offset) for offset, literal in self.literals)

    def find(self, text: str, start: int, end: int) -> int:
        """The first offset in `start`..`end` where the whole piece fits, or -1."""
        if not self.literals:
            return start if start + self.length <= end else -1
        offset, literal = self.literals[self.anchor]
        rest = self.length - offset - len(literal)
        at = start
        while True:
            found = text.find(literal, at + offset, end - rest)
            if found < 0:
                return -1
            at = found - offset
            if len(self.literals) == 1 or self.fits(text, at):
                return at
            at += 1


@light
class Glob:
    """A compiled pattern: the pieces between its stars; one piece means that it has no star."""

    pieces: tuple[_Piece, ...]
    shortest: int

    @property
    def exact(self) -> str | None:
        """The only text that matches, or None when the pattern has a wildcard."""
        if len(self.pieces) > 1:
            return None
        piece = self.pieces[0]
        if piece.length == 0:
            return ""
        literal = piece.literals[0][1] if piece.literals else ""
        return literal if len(literal) == piece.length else None

    @property
    def is_everything(self) -> bool:
        return len(self.pieces) > 1 and self.shortest == 0

    def matches(self, text: str) -> bool:
        pieces = self.pieces
        first = pieces[0]
        if len(pieces) == 1:
            return len(text) == first.length and first.fits(text, 0)
        last = pieces[-1]
        end = len(text) - last.length
        if len(text) < self.shortest or not first.fits(text, 0) or not last.fits(text, end):
            return False
        at = first.length
        for piece in pieces[1:-1]:
            at = piece.find(text, at, end)
            if at < 0:
                return False
            at += piece.length
        return True


def compile_glob(tokens: Iterable[str | Wild]) -> Glob:
    """The compiled form of a token sequence."""
    pieces: list[_Piece] = []
    literals: list[tuple[int, str]] = []
    length = 0
    for token in (*tokens, Wild.STAR):
        if token is Wild.ONE:
            length += 1
        elif isinstance(token, str):
            _append(literals, length, token)
            length += len(token)
        else:
            pieces.append(_piece(length, literals))
            literals, length = [], 0
    if len(pieces) > 2:  # `**` and the like leave empty pieces that say nothing
        pieces = [pieces[0], *(piece for piece in pieces[1:-1] if piece.length), pieces[-1]]
    return Glob(tuple(pieces), sum(piece.length for piece in pieces))


def _append(literals: list[tuple[int, str]], at: int, text: str) -> None:
    if not text:
        return
    if literals and literals[-1][0] + len(literals[-1][1]) == at:
        start, before = literals.pop()
        literals.append((start, before + text))
    else:
        literals.append((at, text))


def _piece(length: int, literals: list[tuple[int, str]]) -> _Piece:
    anchor = max(range(len(literals)), key=lambda index: len(literals[index][1]), default=0)
    return _Piece(length, tuple(literals), anchor)


def matcher(glob: Glob) -> Callable[[str], bool]:
    """The cheapest function that decides the pattern."""
    exact = glob.exact
    if exact is not None:
        return exact.__eq__
    if glob.is_everything:
        return _always
    first = glob.pieces[0]
    plain_start = first.length == 0 or (len(first.literals) == 1 and len(first.literals[0][1]) == first.length)
    if len(glob.pieces) == 2 and glob.pieces[1].length == 0 and plain_start:
        prefix = first.literals[0][1]

        def starts(text: str) -> bool:
            return text.startswith(prefix)

        return starts
    return glob.matches


def tokens_test(tokens: Tokens) -> Callable[[str], bool]:
    """The cheapest function that decides a pattern of tokens; most are plain text."""
    if len(tokens) == 1 and isinstance(tokens[0], str):
        return tokens[0].__eq__
    return matcher(compile_glob(tokens))


def _always(text: str) -> bool:
    return True
