"""`aws:iam:getPolicyDocument` of Pulumi: statements in its own words, as the document that it writes.

Source: https://www.pulumi.com/registry/packages/aws/api-docs/iam/getpolicydocument/
"""

from __future__ import annotations

from typing import Final

from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Span

FUNCTIONS: Final = ("aws:iam:getPolicyDocument", "aws:iam/getPolicyDocument:getPolicyDocument")
_VERSION: Final = "2012-10-17"
_LISTS: Final = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}
_CALLERS: Final = {"principals": "Principal", "notPrincipals": "NotPrincipal"}
_STATEMENT: Final = frozenset({"sid", "effect", "conditions", *_LISTS, *_CALLERS})
_DOCUMENT: Final = frozenset({"version", "policyId", "statements"})


def document(arguments: JsonValue | None) -> JsonObject | None:
    """The document; None for arguments that lead to others, or that are not known."""
    statements = arguments.get("statements") if isinstance(arguments, JsonObject) else None
    if not isinstance(arguments, JsonObject) or not isinstance(statements, JsonArray):
        return None
    if not _DOCUMENT.issuperset(member.key for member in arguments.members):
        return None
    made = [_statement(item) for item in statements.items]
    if None in made:
        return None
    version = arguments.get("version") or JsonString(_VERSION, arguments.span)
    listed = JsonArray(tuple(item for item in made if item is not None), statements.span)
    return _object(arguments.span, {"Version": version, "Statement": listed})


def _statement(value: JsonValue) -> JsonObject | None:
    if not isinstance(value, JsonObject) or not _STATEMENT.issuperset(member.key for member in value.members):
        return None
    out: dict[str, JsonValue] = {}
    sid = value.get("sid")
    if sid is not None:
        out["Sid"] = sid
    out["Effect"] = value.get("effect") or JsonString("Allow", value.span)
    for name, element in _CALLERS.items():
        held = value.get(name)
        if held is not None:
            callers = _callers(held)
            if callers is None:
                return None
            out[element] = callers
    for name, element in _LISTS.items():
        held = value.get(name)
        if held is not None:
            out[element] = _escaped(held)
    held = value.get("conditions")
    if held is not None:
        conditions = _conditions(held)
        if conditions is None:
            return None
        out["Condition"] = conditions
    return _object(value.span, out)


def _callers(value: JsonValue) -> JsonValue | None:
    found: dict[str, list[JsonValue]] = {}
    for item in value.items if isinstance(value, JsonArray) else ():
        type_ = item.get("type") if isinstance(item, JsonObject) else None
        names = item.get("identifiers") if isinstance(item, JsonObject) else None
        if not isinstance(type_, JsonString) or not isinstance(names, JsonArray):
            return None
        found.setdefault(type_.value, []).extend(names.items)
    if list(found) == ["*"]:
        return JsonString("*", value.span)
    if not found or "*" in found:
        return None
    return _object(value.span, {name: JsonArray(tuple(names), value.span) for name, names in found.items()})


def _conditions(value: JsonValue) -> JsonObject | None:
    found: dict[str, dict[str, list[JsonValue]]] = {}
    for item in value.items if isinstance(value, JsonArray) else ():
        parts = [item.get(name) for name in ("test", "variable", "values")] if isinstance(item, JsonObject) else []
        match parts:
            case [JsonString(test), JsonString(variable), JsonArray(values)]:
                found.setdefault(test, {}).setdefault(variable, []).extend(map(_escaped, values))
            case _:
                return None
    tests = {
        test: _object(
            value.span, {key: JsonArray(tuple(values), _around(values, value.span)) for key, values in keys.items()}
        )
        for test, keys in found.items()
    }
    return _object(value.span, dict(tests)) if tests else None


def _escaped(value: JsonValue) -> JsonValue:
    """`&{…}` is how a policy variable is written in arguments."""
    match value:
        case JsonString(text, span):
            return JsonString(text.replace("&{", "${"), span)
        case JsonArray(items, span):
            return JsonArray(tuple(map(_escaped, items)), span)
        case _:
            return value


def _around(values: list[JsonValue], otherwise: Span) -> Span:
    return values[0].span if values else otherwise


def _object(span: Span, members: dict[str, JsonValue]) -> JsonObject:
    return JsonObject(tuple(JsonMember(key, held.span.at_start(), held) for key, held in members.items()), span)
