"""Variables of the Serverless Framework (`${self:custom.bucket}`, `${file(roles.yml)}`): values of the service's own files, and holes for all others.

Source: https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

import posixpath
from typing import Final

from policyc.carriers.cloudformation.lowering import ACCOUNT
from policyc.carriers.embedded import Hole, Options
from policyc.carriers.yaml_tree import Unreadable, documents
from policyc.diagnostics import Diagnostics
from policyc.holes import mark
from policyc.regex import regex
from policyc.syntax.json_tree import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.text import Source, Span

#: the innermost variable of a text: a source with an address, or the content of a file; what CloudFormation fills has neither
_VARIABLE: Final = regex(r"\$\{\s*([A-Za-z][\w-]*(?:\([^(){}$]*\))?(?::(?!:)[^{}$]*)?)\s*\}")
_CALL: Final = regex(r"file\(([^()]*)\)(?::(.*))?")
#: of AWS's own source: what stands for the account and the Region; other words are policy variables
_AWS: Final = {"aws:accountId": ("AWS::AccountId", "account", ACCOUNT), "aws:region": ("AWS::Region", "region", "")}
_DATA: Final = (".yml", ".yaml", ".json")
_DEPTH: Final = 40
#: what all variables of a file may cost: values that are looked at
_MOST: Final = 200_000
#: characters of a text that cost as much as a value
_COST: Final = 20


def at(value: JsonValue | None, path: str) -> JsonValue | None:
    """The value at a path of keys and numbers."""
    for word in path.split(".") if path else ():
        if isinstance(value, JsonObject):
            value = value.get(word)
        elif isinstance(value, JsonArray) and word.isdecimal() and int(word) < len(value.items):
            value = value.items[int(word)]
        else:
            return None
    return value


class Variables:
    """The variables of one service. `holes` gathers those that have no value here, `sources` the other files that were read."""

    def __init__(self, file: str, top: JsonObject, options: Options) -> None:
        self._folder, self._top, self._options = posixpath.dirname(file), top, options
        self._files: dict[str, JsonValue | None] = {}
        self._spent = 0
        self._made: dict[str, tuple[JsonValue | None, int]] = {}
        self.holes: dict[str, Hole] = {}
        self.sources: dict[str, Source] = {}

    def opened(self, value: JsonValue | None, depth: int = 0) -> JsonValue | None:
        """The value with what its variables stand for; one that is not known is a mark in a text."""
        self._spent += 1
        if depth > _DEPTH or self._spent > _MOST:
            return value
        match value:
            case JsonObject(members, span):
                held = [(one, self.opened(one.value, depth + 1)) for one in members]
                return JsonObject(
                    tuple([JsonMember(one.key, one.key_span, new) for one, new in held if new is not None]), span
                )
            case JsonArray(items, span):
                some = [self.opened(item, depth + 1) for item in items]
                return JsonArray(tuple([one for one in some if one is not None]), span)
            case JsonString(text, span) if "${" in text:
                return self._text(text, span, depth)
            case _:
                return value

    def _text(self, text: str, span: Span, depth: int) -> JsonValue:
        while (found := _VARIABLE.search(text)) is not None:
            words = found[1].strip()
            value = self._value(words, span, depth)
            if value is None:
                before, _, after = text.partition(found[0])
                kept = _kept(words)
                text = before + (kept or self._mark(words, span)) + after
                continue
            if found[0] == text.strip():
                return value
            text = text.replace(found[0], _scalar(value) or self._mark(words, span), 1)
            self._spent += len(text) // _COST
        return JsonString(text.replace(_DOLLAR, "${"), span)

    def _value(self, words: str, span: Span, depth: int) -> JsonValue | None:
        """What a variable stands for, worked out once; None where that is not known, where it leads back to itself, and where all of them make too much."""
        if words not in self._made:
            self._made[words] = None, 0
            before = self._spent
            value = self._found(words, span, depth)
            self._made[words] = value, self._spent - before
        else:
            self._spent += self._made[words][1]
        return self._made[words][0] if self._spent <= _MOST else None

    def _found(self, words: str, span: Span, depth: int) -> JsonValue | None:
        first, *others = [part.strip() for part in words.split(",")]
        names = (words, first, _AWS.get(words, ("",))[0])
        bound = next((self._options.values[name] for name in names if name in self._options.values), None)
        if bound is not None:
            return JsonString(bound, span)
        source, _, address = first.partition(":")
        found: JsonValue | None = None
        if source == "self":
            found = at(self._top, address)
        elif (call := _CALL.fullmatch(first)) is not None:
            name = call[1].strip()
            if not name.endswith(_DATA):
                return None
            found = at(self.file(name), call[2] or "")
        else:
            return None
        if found is None and others and (source == "self" or self.file(call[1].strip() if call else "") is not None):
            other = ", ".join(others)
            if other[:1] in "'\"" and other[-1:] == other[:1] and len(other) > 1:
                return JsonString(other[1:-1], span)
            return None
        return None if found is None else self.opened(found, depth + 4)

    def file(self, name: str) -> JsonValue | None:
        """The content of another file of the project."""
        path = posixpath.normpath(posixpath.join(self._folder, name))
        if path not in self._files:
            self._files[path] = None
            text = None if path.startswith(("../", "/")) else self._options.read(path)
            if text is not None:
                self.sources[path] = Source(path, text)
                try:
                    read = documents(self.sources[path], Diagnostics())
                    self._files[path] = read[0].value() if read else None
                except Unreadable:
                    pass
        return self._files[path]

    def _mark(self, words: str, span: Span) -> str:
        name, kind, like = _AWS.get(words, (words, "string", ""))
        self.holes.setdefault(name, Hole(name, kind, span))
        return mark(name, like)


#: stands for `${` of a policy variable until all others are filled
_DOLLAR: Final = "\ue005"


def _kept(words: str) -> str:
    """A variable that the request fills, as it stays in the text; empty for any other."""
    return f"{_DOLLAR}{words}}}" if words.startswith("aws:") and words not in _AWS else ""


def _scalar(value: JsonValue) -> str:
    match value:
        case JsonString(text):
            return text
        case JsonNumber(text):
            return text
        case JsonBool(flag):
            return str(flag).lower()
        case JsonNull():
            return ""
        case _:
            return ""
