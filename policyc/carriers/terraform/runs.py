"""The literal text of templates: escapes, the blanks that `~` takes away, the indentation that `<<-` takes away.

The rules go by the tokens of HCL's scanner, which ends a literal at each line break: a `~` strips the literal next to it and no other, and a
line that consists of blanks counts for no indentation.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#templates
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.carriers.embedded import Piece
from policyc.carriers.terraform.nodes import ForPart, IfPart, Part, Run
from policyc.record import record, replace
from policyc.regex import regex
from policyc.text import Span

_SPECIAL: Final = regex(r'\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{|\n')
_DOUBLED: Final = regex(r"\$\$\{|%%\{|\n")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@record
class Placement:
    """Where a text stands in its host: from offset `base` on, or, when it cannot be said more exactly, all of it at `fixed`. `escapes` says that a
    backslash means something."""

    file: str
    base: int
    fixed: Span | None = None
    escapes: bool = True

    def span(self, start: int, end: int) -> Span:
        if self.fixed is not None:
            return self.fixed
        return Span(self.file, max(0, self.base + start), max(0, self.base + end))

    def after(self, length: int) -> Placement:
        """The place of a text that begins with `length` characters that the host does not have."""
        return replace(self, base=self.base - length)

    def unescaped(self) -> Placement:
        return self if not self.escapes else replace(self, escapes=False)


def literals(text: str, start: int, end: int, place: Placement) -> Iterator[Run]:
    """The literal text from `start` to `end`, one run for each line."""
    value: list[str] = []
    pieces: list[Piece] = []
    length = 0
    at = start

    def add(part: str, begin: int, stop: int, exact: bool) -> None:
        nonlocal length
        if part:
            pieces.append(Piece(length, place.span(begin, stop), exact and place.fixed is None))
            value.append(part)
            length += len(part)

    for found in (_SPECIAL if place.escapes else _DOUBLED).finditer(text, start, end):
        word = found[0]
        if word == "\n":
            add(text[at : found.end()], at, found.end(), True)
            yield Run("".join(value), tuple(pieces))
            value, pieces, length = [], [], 0
        else:
            add(text[at : found.start()], at, found.start(), True)
            add(_meaning(word), found.start(), found.end(), False)
        at = found.end()
    add(text[at:end], at, end, True)
    if value:
        yield Run("".join(value), tuple(pieces))


def _meaning(word: str) -> str:
    if word[0] != "\\":
        return word[1:]
    if word[1] not in "uU":
        return _ESCAPES[word[1]]
    code = int(word[2:], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def stripped(run: Run, left: bool, right: bool) -> Run:
    """The run without the blanks at its ends."""
    value = run.value
    start = len(value) - len(value.lstrip()) if left else 0
    end = len(value.rstrip()) if right else len(value)
    return run if (start, end) == (0, len(value)) else part_of(run, start, max(start, end))


def part_of(run: Run, start: int, end: int) -> Run:
    return Run(run.value[start:end], cut(run.pieces, len(run.value), start, end))


def cut(pieces: Sequence[Piece], length: int, start: int, end: int) -> tuple[Piece, ...]:
    """The pieces of a part of a text of `length` characters."""
    kept: list[Piece] = []
    for number, piece in enumerate(pieces):
        stop = pieces[number + 1].at if number + 1 < len(pieces) else length
        first, last = max(start, piece.at), min(end, stop)
        if first >= last:
            continue
        span = piece.span
        if piece.exact:
            span = Span(span.file, span.start + first - piece.at, span.start + last - piece.at)
        kept.append(Piece(first - start, span, piece.exact))
    return tuple(kept)


def shifted(pieces: Sequence[Piece], by: int) -> Iterator[Piece]:
    for piece in pieces:
        yield Piece(piece.at + by, piece.span, piece.exact)


def without_indentation(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of a `<<-` heredoc: each line without the least indentation of all."""
    tokens = list(_tokens(parts))
    least, first = _indentation(tokens)
    changed = [
        part_of(run, least, len(run.value)) if run is not None and number in first else run
        for number, run in enumerate(tokens)
    ]
    return _rebuilt(parts, iter(changed))


def _indentation(tokens: list[Run | None]) -> tuple[int, set[int]]:
    """The least number of blanks that a line begins with, and the numbers of the runs that begin one."""
    counts: list[int] = []
    first: set[int] = set()
    begins = True
    for number, run in enumerate(tokens):
        if begins:
            begins = False
            text = "" if run is None else run.value
            trimmed = text.lstrip()
            if trimmed or not text.endswith("\n"):
                counts.append(len(text) - len(trimmed))
                if run is not None:
                    first.add(number)
        begins = begins or (run is not None and run.value.endswith("\n"))
    return min(counts, default=0), first


def _tokens(parts: tuple[Part, ...]) -> Iterator[Run | None]:
    """The runs in the order of the text, None for whatever else stands between them."""
    for part in parts:
        match part:
            case Run():
                yield part
            case IfPart():
                yield None
                yield from _tokens(part.then)
                yield None
                if part.otherwise:
                    yield from _tokens(part.otherwise)
                    yield None
            case ForPart():
                yield None
                yield from _tokens(part.body)
                yield None
            case _:
                yield None


def _rebuilt(parts: tuple[Part, ...], tokens: Iterator[Run | None]) -> tuple[Part, ...]:
    """The parts with the runs of `tokens`, which has them in the order of `_tokens`."""
    made: list[Part] = []
    for part in parts:
        token = next(tokens)
        match part:
            case Run():
                made.append(token or part)
            case IfPart():
                then = _rebuilt(part.then, tokens)
                next(tokens)
                otherwise = _rebuilt(part.otherwise, tokens)
                if part.otherwise:
                    next(tokens)
                made.append(replace(part, then=then, otherwise=otherwise))
            case ForPart():
                body = _rebuilt(part.body, tokens)
                next(tokens)
                made.append(replace(part, body=body))
            case _:
                made.append(part)
    return tuple(made)
