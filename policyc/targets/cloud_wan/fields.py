"""Typed access to the members of a JSON object: every wrong shape becomes one located finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar, cast

from policyc.diagnostics import Advice, Diagnostics, did_you_mean, in_quotes, out_of_quotes, unused_word, write_instead
from policyc.ir.network import Number, Word
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.text import Span

_W = TypeVar("_W", bound=str)

#: Spellings from before general availability or from other APIs, with the key that replaced them.
_OLD_KEYS = {"use-edge": "use-edge-location", "account": "account-id"}
_STRING, _NUMBER = "a string", "a whole number"
_LONGEST_NUMBER = 20


def kind_of(value: JsonValue) -> str:
    """The JSON type for people."""
    match value:
        case JsonObject():
            return "an object"
        case JsonArray():
            return "an array"
        case JsonString():
            return "a string"
        case JsonNumber():
            return "a number"
        case JsonBool():
            return "`true` or `false`"
        case JsonNull():
            return "`null`"


class Fields:
    """One object of the document. Asking for a member reports what is missing or of the wrong type and gives None or ().

    `path` is the JSONPath-like place that the service's own messages use (`$.segments[0]`).
    """

    __slots__ = ("_meant", "diagnostics", "members", "path", "span")

    def __init__(self, value: JsonObject, path: str, known: Iterable[str], diagnostics: Diagnostics) -> None:
        self.path = path
        self.span = value.span
        self.diagnostics = diagnostics
        self.members: dict[str, JsonMember] = {}
        #: keys that are meant by misspelt ones, of which that is told
        self._meant: set[str] = set()
        allowed = frozenset(known)
        given = {member.key for member in value}
        for member in value:
            if member.key in allowed:
                self.members[member.key] = member
            else:
                self._refuse_key(member, allowed, given)

    def _refuse_key(self, member: JsonMember, allowed: frozenset[str], given: set[str]) -> None:
        stripped = member.key.strip()
        if stripped in allowed:
            help: str = Advice(f"remove the blank: `{stripped}`", member.key, stripped)
        elif _OLD_KEYS.get(member.key) in allowed:
            help = write_instead(member.key, _OLD_KEYS[member.key])
        else:
            known = "known keys here are " + ", ".join(sorted(allowed))
            help = unused_word(member.key, allowed, given, known)
        if isinstance(help, Advice):
            self._meant.add(help.new)
        self.diagnostics.error(
            "network-unknown-key",
            f"unknown key `{member.key[:80]}` in {self.path}",
            member.key_span,
            help + " (the service answers ADDITIONAL_PROPERTIES)",
        )

    def has(self, key: str) -> bool:
        return key in self.members

    def span_of(self, key: str) -> Span:
        member = self.members.get(key)
        return member.value.span if member is not None else self.span

    def refuse(self, key: str, rule: str, message: str, help: str) -> None:
        self.diagnostics.error(rule, message, self.span_of(key), help)

    def _value(self, key: str, required: bool) -> JsonValue | None:
        member = self.members.get(key)
        if member is not None:
            return member.value
        if required and key not in self._meant:
            self.diagnostics.error(
                "network-missing-key",
                f"{self.path} has no `{key}`",
                self.span,
                f"add `{key}` (the service answers REQUIRED_PROPERTY)",
            )
        return None

    def _wrong(self, value: JsonValue, place: str, wanted: str) -> None:
        help = f"write {wanted}"
        match value:
            case JsonNull():
                help = f"leave the key out, or write {wanted}"
            case JsonNumber(text) if wanted == _STRING and len(text) <= _LONGEST_NUMBER:
                help = str(in_quotes(text))  # a name that is missed may be another one
            case JsonString(text) if (
                wanted == _NUMBER and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
            ):
                help = out_of_quotes(text)
            case _:
                pass
        self.diagnostics.error(
            "network-wrong-type",
            f"{place} is {kind_of(value)} where {wanted} is wanted",
            value.span,
            help + " (the service answers TYPE_MISMATCH)",
        )

    def _place(self, key: str) -> str:
        return f"{self.path}.{key}"

    def word(self, key: str, *, required: bool = False) -> Word | None:
        value = self._value(key, required)
        if value is None:
            return None
        if not isinstance(value, JsonString):
            self._wrong(value, self._place(key), _STRING)
            return None
        return Word(value.value, value.span)

    def choice(self, key: str, words: Sequence[_W], *, required: bool = False) -> _W | None:
        """A string that must be one of `words`."""
        word = self.word(key, required=required)
        if word is None:
            return None
        if word.text in words:
            return cast(_W, word.text)
        self.diagnostics.error(
            "network-unknown-word",
            f"`{word.text[:80]}` is no {key} here",
            word.span,
            did_you_mean(word.text, words, "use one of " + ", ".join(f"`{item}`" for item in words)),
        )
        return None

    def flag(self, key: str) -> bool | None:
        value = self._value(key, False)
        if value is None:
            return None
        if not isinstance(value, JsonBool):
            self._wrong(value, self._place(key), "`true` or `false`")
            return None
        return value.value

    def number(self, key: str, *, required: bool = False) -> Number | None:
        value = self._value(key, required)
        return None if value is None else self._number(value, self._place(key))

    def _number(self, value: JsonValue, place: str) -> Number | None:
        number = whole_number(value)
        if number is None:
            self._wrong(value, place, _NUMBER)
            return None
        return Number(number, value.span)

    def counter(self, key: str) -> Number | None:
        """A whole number, or a string of digits, as MED and local preference occur in the wild."""
        value = self._value(key, True)
        if isinstance(value, JsonString):
            if value.value.isascii() and value.value.isdigit() and len(value.value) <= 10:
                return Number(int(value.value), value.span)
            self._wrong(value, self._place(key), "a whole number or a string of digits only")
            return None
        return None if value is None else self._number(value, self._place(key))

    def numbers(self, key: str) -> tuple[int, ...] | None:
        """A required array of whole numbers, None after an error."""
        items = self.items(key, required=True, filled=True)
        found = [self._number(item, f"{self._place(key)}[{index}]") for index, item in enumerate(items)]
        if not found or any(item is None for item in found):
            return None
        return tuple(item.value for item in found if item is not None)

    def items(self, key: str, *, required: bool = False, filled: bool = False) -> tuple[JsonValue, ...]:
        """The items of an array; `filled` refuses an empty one."""
        value = self._value(key, required)
        if value is None:
            return ()
        if not isinstance(value, JsonArray):
            self._wrong(value, self._place(key), "an array")
            return ()
        if filled and not value.items:
            self.diagnostics.error(
                "network-empty-list",
                f"{self._place(key)} is empty",
                value.span,
                f"list at least one item{'' if required else ', or leave the key out'}",
            )
        return value.items

    def words(self, key: str, *, required: bool = False, filled: bool = False) -> tuple[Word, ...]:
        return self.words_of(self.items(key, required=required, filled=filled), self._place(key))

    def words_of(self, items: tuple[JsonValue, ...], place: str) -> tuple[Word, ...]:
        out: list[Word] = []
        for index, item in enumerate(items):
            if isinstance(item, JsonString):
                out.append(Word(item.value, item.span))
            else:
                self._wrong(item, f"{place}[{index}]", _STRING)
        return tuple(out)

    def raw(self, key: str) -> JsonValue | None:
        member = self.members.get(key)
        return None if member is None else member.value

    def object(self, key: str, known: Iterable[str], *, required: bool = False) -> Fields | None:
        value = self._value(key, required)
        return None if value is None else self.nested(value, self._place(key), known)

    def nested(self, value: JsonValue, place: str, known: Iterable[str]) -> Fields | None:
        if not isinstance(value, JsonObject):
            self._wrong(value, place, "an object")
            return None
        return Fields(value, place, known, self.diagnostics)

    def objects(self, key: str, known: Iterable[str], *, required: bool = False, filled: bool = False) -> list[Fields]:
        """The objects of an array; items of another type are reported and left out."""
        allowed = tuple(known)
        found = [
            self.nested(item, f"{self._place(key)}[{index}]", allowed)
            for index, item in enumerate(self.items(key, required=required, filled=filled))
        ]
        return [item for item in found if item is not None]


def whole_number(value: JsonValue) -> int | None:
    """The value of an integer literal of at most 20 digits, else None."""
    if isinstance(value, JsonNumber) and len(value.text) <= _LONGEST_NUMBER and value.text.lstrip("-").isdigit():
        return int(value.text)
    return None
