"""JSON in texts of a configuration, with its places in the host."""

from __future__ import annotations

from policyc.carriers.embedded import Piece, PlacedText
from policyc.carriers.terraform.values import Entry, Failed, Fields, Items, Text, Value, from_json
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.text import Source, Span


def placed(text: Text) -> PlacedText:
    return PlacedText(text.value, text.pieces or (Piece(0, text.span, False),), text.span)


def parsed(text: Text) -> Value:
    """The value that a text holds as JSON; marks of holes are read where they stand in its strings. Raises Failed."""
    tree = parse_json(Source(text.span.file, text.value), Diagnostics())
    if tree is None:
        raise Failed("a text that should be JSON is none", text.span)
    return _moved(from_json(tree), placed(text))


def _moved(value: Value, text: PlacedText) -> Value:
    """The value with its places in the host. As deep as the reader goes."""

    def place(span: Span) -> Span:
        return text.span(span.start, span.end)

    match value:
        case Items(values, span):
            return Items(tuple(_moved(item, text) for item in values), place(span))
        case Fields(entries, span):
            made = (Entry(entry.key, place(entry.key_span), _moved(entry.value, text)) for entry in entries)
            return Fields(tuple(made), place(span))
        case Text(written, _, span):
            return Text(written, (), place(span))
        case _:
            return replace(value, span=place(value.span))
