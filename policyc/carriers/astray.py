"""Policies in a resource whose type has policies, at none of the places that hold them (a misspelt key, as a rule): nobody reads them, and that is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policyc.carriers.embedded import Unreadable
from policyc.carriers.signs import POLICY
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Span

_SIGN: Final = regex(POLICY.pattern.decode())
#: how a text that is a document begins: JSON, or Cedar
_STARTS: Final = ("{", "permit", "forbid", "@", "//")
_NETWORK: Final = "core-network-configuration"


def policy_astray(
    name: str, type_: str, body: JsonValue, held: Iterable[JsonValue], places: Iterable[str]
) -> Unreadable | None:
    """The first policy in a body that is part of no value that is `held` for a document; `places` are the paths of those."""
    read = {id(one) for value in held for one in _policies_in(value)}
    found = next((one for one in _policies_in(body) if id(one) not in read), None)
    return None if found is None else elsewhere(name, type_, found.span, places)


def first_policy(body: JsonValue) -> Span | None:
    """Where the first policy in a body stands."""
    return next((one.span for one in _policies_in(body)), None)


def elsewhere(name: str, type_: str, at: Span, places: Iterable[str]) -> Unreadable:
    named = " or ".join(dict.fromkeys(f"`{place}`" for place in places))
    return Unreadable(name, type_, at, f"policies of this type stand at {named}")


def _policies_in(value: JsonValue) -> Iterator[JsonValue]:
    """The statements and core network policies in a value, and the texts that are policies."""
    match value:
        case JsonString(text):
            if text.lstrip().startswith(_STARTS) and _SIGN.search(text) is not None:
                yield value
        case JsonObject(members):
            if isinstance(value.get("Effect"), JsonString) or value.get(_NETWORK) is not None:
                yield value
            for member in members:
                yield from _policies_in(member.value)
        case JsonArray(items):
            for item in items:
                yield from _policies_in(item)
        case _:
            pass
