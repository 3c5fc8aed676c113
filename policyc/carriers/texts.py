"""Texts with places, taken apart and put together as hosts do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyc.carriers.embedded import Piece, PlacedText
from policyc.text import Span


def at_once(value: str, span: Span) -> PlacedText:
    """A text that stands at a place as a whole."""
    return PlacedText(value, (Piece(0, span, False),) if value else (), span)


def part(text: PlacedText, start: int, end: int) -> PlacedText:
    """The characters of a text from `start` to `end`."""
    pieces = tuple(Piece(max(0, piece.at - start), piece.span, piece.exact) for piece in cut(text, start, end))
    return PlacedText(text.value[start:end], pieces, text.whole)


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
    values: list[str] = []
    pieces: list[Piece] = []
    size = 0
    for text in parts:
        held = text.pieces or ((Piece(0, text.whole, False),) if text.value else ())
        pieces += [Piece(size + piece.at, piece.span, piece.exact) for piece in held]
        values.append(text.value)
        size += len(text.value)
    return PlacedText("".join(values), tuple(pieces), whole)
