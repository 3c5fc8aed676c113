"""A JSON document as its author means it: with every word that its reader refuses replaced by the one that it offers instead, and without what is refused otherwise.
Nothing but lint looks at such a document."""

from __future__ import annotations

from collections.abc import Iterable

from policyc.diagnostics import Diagnostic, Edit
from policyc.syntax.json_text import JsonArray, JsonMember, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span


class Meant:
    """What becomes of a tree by the errors of its reader: a member or an item that an error is about is left out where no word is offered.
    `left_out` has them."""

    def __init__(self, errors: Iterable[Diagnostic]) -> None:
        self._words: dict[Span, Edit] = {}
        self._refused: set[Span] = set()
        for item in errors:
            if item.fix is not None and item.fix.of_words:
                self._words |= {edit.span: edit for edit in item.fix.edits}
            elif item.span is not None:
                self._refused.add(item.span)
        self.left_out: list[JsonValue | JsonMember] = []

    def read(self, value: JsonValue) -> JsonValue:
        """The value with the words that are meant."""
        match value:
            case JsonObject(members, span):
                return JsonObject(tuple([self._member(member) for member in members if self._stays(member)]), span)
            case JsonArray(items, span):
                return JsonArray(tuple([self.read(item) for item in items if self._stays(item)]), span)
            case JsonString(_, span) | JsonNumber(_, span) if span in self._words:
                return _meant(value, self._words[span])
            case _:
                return value

    def _member(self, member: JsonMember) -> JsonMember:
        key = _written(member.key, self._words.get(member.key_span))
        return JsonMember(key, member.key_span, self.read(member.value))

    def _stays(self, part: JsonMember | JsonValue) -> bool:
        spans = (part.key_span, part.value.span) if isinstance(part, JsonMember) else (part.span,)
        stays = self._refused.isdisjoint(spans)
        if not stays:
            self.left_out.append(part)
        return stays


def _meant(value: JsonString | JsonNumber, edit: Edit) -> JsonValue:
    match value:
        case JsonNumber(text, span):
            return JsonString(text, span) if edit.replacement == f'"{text}"' else value
        case JsonString(text, span):
            number = edit.old == f'"{text}"'
            return JsonNumber(edit.replacement, span) if number else JsonString(_written(text, edit), span)


def _written(text: str, edit: Edit | None) -> str:
    return text if edit is None or edit.old is None else text.replace(edit.old, edit.replacement, 1)
