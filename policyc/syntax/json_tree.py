"""The tree of a JSON text: values and members, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isinf
from typing import TYPE_CHECKING, Any, Final

from policyc.record import light
from policyc.text import Span

if TYPE_CHECKING:
    from decimal import Decimal

_MAX_INT_DIGITS: Final = 4000


@light
class JsonString:
    """A string; `value` has its escapes resolved, `span` covers the quotes."""

    value: str
    span: Span

    def plain(self) -> str:
        return self.value


@light
class JsonNumber:
    """A number; `text` is the literal as written."""

    text: str
    span: Span

    def plain(self) -> int | float | Decimal:
        """An int or a float; a Decimal when it is too long for an int or too large for a float.

        An infinite float only when the exponent is beyond a Decimal too.
        """
        if self.text.lstrip("-").isdigit():
            if len(self.text) <= _MAX_INT_DIGITS:
                return int(self.text)
        elif not isinf(value := float(self.text)):
            return value
        from decimal import Decimal, InvalidOperation

        try:
            return Decimal(self.text)
        except InvalidOperation:
            return float(self.text)


@light
class JsonBool:
    value: bool
    span: Span

    def plain(self) -> bool:
        return self.value


@light
class JsonNull:
    span: Span

    def plain(self) -> None:
        return None


@light
class JsonArray:
    items: tuple[JsonValue, ...]
    span: Span

    def plain(self) -> list[Any]:
        return [item.plain() for item in self.items]


#: how far behind its key a value begins at most, with comments between
_NEAR = 200


@light
class JsonMember:
    """One `key: value` pair; `key_span` covers the key with its quotes."""

    key: str
    key_span: Span
    value: JsonValue

    @property
    def span(self) -> Span:
        """The key with its value; the key alone where the value stands elsewhere, as the default of a variable does."""
        key, value = self.key_span, self.value.span
        if type(key) is Span and (value.file != key.file or not key.end <= value.start <= key.end + _NEAR):
            return key
        return key.to(value)


@light
class JsonObject:
    members: tuple[JsonMember, ...]
    span: Span

    def plain(self) -> dict[str, Any]:
        return {member.key: member.value.plain() for member in self.members}

    def get(self, key: str) -> JsonValue | None:
        """The value of `key`, or None when the object has no such key."""
        for member in self.members:
            if member.key == key:
                return member.value
        return None

    def __iter__(self) -> Iterator[JsonMember]:
        return iter(self.members)


JsonValue = JsonObject | JsonArray | JsonString | JsonNumber | JsonBool | JsonNull


def from_plain(value: object, span: Span) -> JsonValue:
    """A tree for ordinary Python data, every node at `span`.

    Takes mappings with text keys, sequences, str, bool, int, float, Decimal and None; anything else is a TypeError.
    """
    match value:
        case None:
            return JsonNull(span)
        case bool():
            return JsonBool(value, span)
        case str():
            return JsonString(value, span)
        case int() | float():
            return JsonNumber(str(value), span)
        case Mapping():
            members = tuple(JsonMember(str(key), span, from_plain(item, span)) for key, item in value.items())
            return JsonObject(members, span)
        case Sequence():
            return JsonArray(tuple(from_plain(item, span) for item in value), span)
        case _:
            from decimal import Decimal

            if isinstance(value, Decimal):
                return JsonNumber(str(value), span)
            raise TypeError(f"no JSON form for {type(value).__name__}")


def strings_in(value: JsonValue | None) -> tuple[JsonString, ...]:
    """A text, or the texts of a list."""
    items = value.items if isinstance(value, JsonArray) else (value,)
    return tuple([item for item in items if isinstance(item, JsonString)])
