"""Questions to cedarpy: policies and requests that it takes, and each answer's parts.

The scope of a Verified Access policy is open, so the request's principal, action and resource are fixed stand-ins and everything lies in
the context. Whoever asks about a text that tests those three must not take the answer for one of the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from policyc.engines.cedar.predicates import Path
from policyc.packages import MissingPackage
from policyc.regex import regex

_CALLER = {
    "principal": {"type": "Caller", "id": "caller"},
    "action": {"type": "Action", "id": "request"},
    "resource": {"type": "Application", "id": "application"},
}
_ESCAPES = frozenset({"__entity", "__extn", "__expr"})
_DEEPEST = 50
_LONG = 2**63
_FAILED = regex(r"while evaluating policy `policy([0-9]+)`: (.*)", re.DOTALL)
_GAVE_UP = "recursion limit reached"

Told: TypeAlias = tuple[Literal["allow", "deny"], frozenset[int], Mapping[int, str]]


class CedarError(Exception):
    """Cedar could not be asked: bad policy text, or a result that contradicts itself. A fault, not a decision."""


class UnusableContext(CedarError):
    """The context holds something that Cedar has no value for; `path` says where and `why` what."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"context attribute `{'.'.join(path)}` {why}")
        self.path = path
        self.why = why


class NotOpen(CedarError):
    """What is called unknown is stated, or lies below a value; `path` is the unknown attribute and `why` says which."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"`{'.'.join(path)}` {why}")
        self.path = path
        self.why = why


@lru_cache(maxsize=512)
def policy_set(text: str) -> Any:
    """Cedar's own handle on a text; kept for the next call. Raises CedarError on text that is none, MissingPackage without Cedar."""
    try:
        import cedarpy
    except ImportError:
        raise MissingPackage("cedarpy") from None
    try:
        return cedarpy.PolicySet.from_str(text)
    except (ValueError, RecursionError) as error:
        raise CedarError(f"Cedar cannot read the policy: {error}") from error


def authorize(handle: Any, data: Mapping[str, object]) -> Told:
    """The decision on a context, the statements that brought it about, and the message of each that could not be evaluated."""
    return authorize_each(handle, [data])[0]


def authorize_each(handle: Any, contexts: Sequence[Mapping[str, object]]) -> list[Told]:
    """The same for each of several contexts, in one question to Cedar."""
    import cedarpy

    requests = [{**_CALLER, "context": dict(data)} for data in contexts]
    return [_told(result) for result in cedarpy.is_authorized_batch(requests, handle, _stand_ins())]


def _told(result: Any) -> Told:
    errors = {}
    for text in result.diagnostics.errors:
        found = _FAILED.search(text)
        if found is None:
            raise CedarError(f"Cedar cannot use the request: {text}")
        if _GAVE_UP in found[2]:
            raise CedarError(f"statement {int(found[1]) + 1} nests deeper than Cedar evaluates")
        errors[int(found[1])] = found[2]
    told = str(result.decision.value)
    if told == "NoDecision":
        raise CedarError("Cedar gives no decision for this request")
    reasons = frozenset(int(name.removeprefix("policy")) for name in result.diagnostics.reasons)
    return ("allow" if told == "Allow" else "deny"), reasons, errors


@lru_cache(maxsize=1)
def _stand_ins() -> Any:
    """The request's three entities, without attributes or parents."""
    import json

    import cedarpy

    listed = [{"uid": uid, "attrs": {}, "parents": []} for uid in _CALLER.values()]
    return cedarpy.Entities.from_json_str(json.dumps(listed))


def permits(tests: Sequence[str]) -> str:
    """A text with one permit for each test."""
    return "\n".join(f"permit (principal, action, resource) when {{ {test} }};" for test in tests)


# --- the context ----------------------------------------------------------------------------------------------------


def sanitise(context: Mapping[str, object]) -> dict[str, Any]:
    """A copy that Cedar can take. Raises UnusableContext on what it has no value for: null, fractions, whole numbers past 64
    bits, the keys that its JSON form reads as escapes, text that is not Unicode, too much nesting."""
    return {_key(key, ()): _plain(value, (key,)) for key, value in context.items()}


def _plain(value: object, path: Path) -> object:
    if len(path) > _DEEPEST:
        raise UnusableContext(path[:3], f"is nested deeper than {_DEEPEST}")
    match value:
        case bool():
            return value
        case int():
            if not -_LONG <= value < _LONG:
                raise UnusableContext(path, "is a number of more than 64 bits")
            return value
        case str():
            return _text(value, path)
        case Mapping():
            return {_key(key, path): _plain(item, (*path, str(key))) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item, (*path, "[]")) for item in value]
        case None:
            raise UnusableContext(path, "is null, which Cedar does not have")
        case float() | Decimal() if _is_whole(value):
            if not -_LONG <= value < _LONG:
                raise UnusableContext(path, "is a number of more than 64 bits")
            raise UnusableContext(
                path, "is written with an exponent or a point, and Cedar takes whole numbers in plain digits"
            )
        case float() | Decimal():
            raise UnusableContext(path, "is a fraction, which Cedar does not have")
        case _:
            raise UnusableContext(path, "is neither text, a whole number, true or false, a list nor a record")


def _is_whole(value: float | Decimal) -> bool:
    """Whether a number in another form than plain digits is a whole one."""
    if isinstance(value, float):
        return value.is_integer()
    return value.is_finite() and value == value.to_integral_value()


def _key(key: object, path: Path) -> str:
    if not isinstance(key, str):
        raise UnusableContext(path, "has a key that is not text")
    if key in _ESCAPES:
        raise UnusableContext((*path, key), "is a key that Cedar reads as an escape")
    return _text(key, (*path, key))


def _text(value: str, path: Path) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise UnusableContext(path, "is not Unicode text")
    return value
