"""Texts with the place that they were given at, and references written as text."""

from __future__ import annotations

from policyc.record import record
from policyc.regex import regex
from policyc.syntax import nodes
from policyc.text import Span

_REF = regex(r'\.?(?P<field>[A-Za-z_][A-Za-z0-9_]*)|\["(?P<key>[^"\\]*)"\]')


@record
class PlainText:
    """A text with the place that it was given at."""

    text: str
    span: Span


def parse_ref(text: PlainText) -> nodes.Ref | None:
    """A reference written as text (`source.vpc`, `header["x-team"]`, or `header.x-team` without the quotes), or None."""
    parts: list[nodes.Field | nodes.Key] = []
    at = 0
    while at < len(text.text):
        match = _REF.match(text.text, at)
        if match is None or (at == 0 and match["field"] is None):
            return None
        parts.append(
            nodes.Key(match["key"], text.span) if match["field"] is None else nodes.Field(match["field"], text.span)
        )
        at = match.end()
    return nodes.Ref(tuple(parts), text.span) if parts else None
