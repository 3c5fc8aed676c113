"""Texts with places, taken apart and put together as hosts do it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from policyc.carriers.embedded import LatePieces, Piece, PlacedText
from policyc.text import Span


def at_once(value: str, span: Span) -> PlacedText:
    """A text that stands at a place as a whole."""
    return PlacedText(value, (Piece(0, span, False),) if value else (), span)


def part(text: PlacedText, start: int, end: int) -> PlacedText:
    """The characters of a text from `start` to `end`."""

    def pieces() -> tuple[Piece, ...]:
        return tuple(Piece(max(0, piece.at - start), piece.span, piece.exact) for piece in cut(text, start, end))

    return PlacedText(text.value[start:end], LatePieces(pieces), text.whole)


def cut(text: PlacedText, start: int, end: int) -> Iterator[Piece]:
    """The pieces of a part of a text, with their offsets in the whole; an exact one is cut where the part begins and ends."""
    for number, piece in enumerate(text.pieces):
        following = text.pieces[number + 1].at if number + 1 < len(text.pieces) else len(text.value)
        if following <= start or piece.at >= end:
            continue
        if not piece.exact:
            yield Piece(max(piece.at, start), piece.span, False)
            continue
        skip, stop = max(0, start - piece.at), min(following, end) - piece.at
        yield Piece(piece.at + skip, Span(piece.span.file, piece.span.start + skip, piece.span.start + stop), True)


def concat(parts: Iterable[PlacedText], whole: Span) -> PlacedText:
    """One text after the other; a part without places of its own is at its value as a whole."""
    texts = tuple(parts)

    def pieces() -> tuple[Piece, ...]:
        found: list[Piece] = []
        size = 0
        for text in texts:
            held = text.pieces or ((Piece(0, text.whole, False),) if text.value else ())
            found += [Piece(size + piece.at, piece.span, piece.exact) for piece in held]
            size += len(text.value)
        return tuple(found)

    return PlacedText("".join([text.value for text in texts]), LatePieces(pieces), whole)


def edited(text: PlacedText, edits: list[tuple[int, int, str]]) -> PlacedText:
    """The text with other runs in place of some; each new run is at the place of the old one."""
    value: list[str] = []
    pieces: list[Piece] = []
    at = size = 0
    for start, end, other in [*edits, (len(text.value), len(text.value), "")]:
        for piece in cut(text, at, start):
            pieces.append(Piece(size + piece.at - at, piece.span, piece.exact))
        value += (text.value[at:start], other)
        size += start - at
        if other:
            pieces.append(Piece(size, text.span(start, end), False))
        size += len(other)
        at = end
    return PlacedText("".join(value), tuple(pieces) if text.pieces else (), text.whole)


def url_decoded(text: PlacedText) -> PlacedText:
    """A text whose characters are percent-encoded, as IAM answers with documents (RFC 3986)."""
    from urllib.parse import unquote

    runs = re.finditer(r"(?:%[0-9A-Fa-f]{2})+|\+", text.value)
    return edited(text, [(run.start(), run.end(), " " if run[0] == "+" else unquote(run[0])) for run in runs])
