"""From the tree of a scenario to its cases: one request and one expectation each, matrices written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.record import field, record
from policyc.simulation.documents.question import Who
from policyc.simulation.references import PlainText
from policyc.syntax import nodes
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

_TEXTS: Final = ("resource", "can", "path", "action", "resource_arn")
DECISIONS: Final = ("allow", "deny", "undecided")

Values = tuple[PlainText, tuple[PlainText, ...] | None]
"""A key with its values; None for a key that is stated to be absent."""


@record
class Fields:
    """What a request states, before any of it is understood."""

    who: Who | None = None
    texts: dict[str, PlainText] = field(default_factory=dict)
    attributes: dict[str, Values] = field(default_factory=dict)
    context: dict[str, Values] = field(default_factory=dict)
    unknown: tuple[PlainText, ...] = ()

    def over(self, other: Fields) -> Fields:
        """These fields, and those of `other` where these say nothing."""
        return Fields(
            self.who or other.who,
            {**other.texts, **self.texts},
            {**other.attributes, **self.attributes},
            {**other.context, **self.context},
            self.unknown or other.unknown,
        )


@record
class Case:
    """One request with its expectation. `error` is a part of what the caller has to see, empty for anything."""

    label: str
    span: Span
    fields: Fields
    expect: nodes.ExpectDecision
    error: str = ""


def read_cases(tree: JsonObject, kind: str, diagnostics: Diagnostics) -> list[Case]:
    """Every case in the order of the file. `kind` is `project`, `iam` or `chain` and says what the names in a matrix are."""
    defaults = read_fields(tree.get("defaults"))
    cases: list[Case] = []
    for number, item in enumerate(_objects(tree.get("requests")), 1):
        expect = item.get("expect")
        assert expect is not None
        cases.append(_case(_name(item, f"request {number}"), item.span, read_fields(item).over(defaults), expect))
    for number, item in enumerate(_objects(tree.get("matrix")), 1):
        cases += _matrix(item, _name(item, f"matrix {number}"), kind, defaults, diagnostics)
    if not cases and not diagnostics.has_errors:
        diagnostics.error(
            "scenario-without-case", "the scenario asks nothing", tree.span.at_start(), "add `requests`, or a `matrix`"
        )
    return cases


def _case(label: str, span: Span, fields: Fields, expect: JsonValue) -> Case:
    if isinstance(expect, JsonObject):
        decision, by, at = (expect.get(name) for name in ("decision", "by", "at"))
        error = expect.get("error")
        assert isinstance(decision, JsonString)
        node = _expectation(decision, by, at, expect.span)
        return Case(label, span, fields, node, error.value if isinstance(error, JsonString) else "")
    assert isinstance(expect, JsonString)
    return Case(label, span, fields, _expectation(expect, None, None, expect.span))


def _expectation(decision: JsonString, by: JsonValue | None, at: JsonValue | None, span: Span) -> nodes.ExpectDecision:
    word = next(item for item in ("allow", "deny", "undecided") if item == decision.value)
    label: nodes.Str | str | None = None
    if isinstance(by, JsonString):
        label = "default" if by.value == "default" else nodes.Str(by.value, by.span)
    gate = nodes.Ref((nodes.Field(at.value, at.span),), at.span) if isinstance(at, JsonString) else None
    return nodes.ExpectDecision(word, label, gate, span)  # type: ignore[arg-type]


# --- fields -----------------------------------------------------------------------------------------------------


def read_fields(value: JsonValue | None) -> Fields:
    """The fields of a request, of `defaults` or of `with`."""
    if not isinstance(value, JsonObject):
        return Fields()
    texts = {
        name: PlainText(found.value, found.span)
        for name in _TEXTS
        for found in [value.get(name)]
        if isinstance(found, JsonString)
    }
    unknown = value.get("unknown")
    return Fields(
        read_who(value.get("who")),
        texts,
        _values(value.get("attributes")),
        _values(value.get("context")),
        tuple(PlainText(item.value, item.span) for item in _items(unknown) if isinstance(item, JsonString)),
    )


def read_who(value: JsonValue | None) -> Who | None:
    """The caller, as a text or as an object."""
    match value:
        case JsonString(text, span):
            return Who(PlainText(text, span))
        case JsonObject():
            name, tags, org, paths = (value.get(key) for key in ("name", "tags", "org", "org_paths"))
            account = value.get("source_account")
            assert isinstance(name, JsonString)
            held = tags.members if isinstance(tags, JsonObject) else ()
            return Who(
                PlainText(name.value, name.span),
                tuple((item.key, item.value.value) for item in held if isinstance(item.value, JsonString)),
                org.value if isinstance(org, JsonString) else "",
                tuple(item.value for item in _items(paths) if isinstance(item, JsonString)),
                account.value if isinstance(account, JsonString) else "",
            )
        case _:
            return None


def _values(value: JsonValue | None) -> dict[str, Values]:
    members: tuple[JsonMember, ...] = value.members if isinstance(value, JsonObject) else ()
    return {item.key: (PlainText(item.key, item.key_span), _texts(item.value)) for item in members}


def _texts(value: JsonValue) -> tuple[PlainText, ...] | None:
    match value:
        case JsonNull():
            return None
        case JsonArray(items):
            return tuple(text for item in items for text in _texts(item) or ())
        case JsonString(text, span) | JsonNumber(text, span):
            return (PlainText(text, span),)
        case JsonBool(flag, span):
            return (PlainText("true" if flag else "false", span),)
        case _:
            return ()


def _items(value: JsonValue | None) -> tuple[JsonValue, ...]:
    return value.items if isinstance(value, JsonArray) else ()


def _objects(value: JsonValue | None) -> Iterator[JsonObject]:
    yield from (item for item in _items(value) if isinstance(item, JsonObject))


def _name(item: JsonObject, otherwise: str) -> str:
    name = item.get("name")
    return name.value if isinstance(name, JsonString) else otherwise


# --- matrices ---------------------------------------------------------------------------------------------------

_PLACES: Final = {"project": ("resource", "can"), "iam": ("resource_arn", "action"), "chain": ("path", "can")}


def _matrix(item: JsonObject, name: str, kind: str, defaults: Fields, diagnostics: Diagnostics) -> list[Case]:
    principals, expected = item.get("principals"), item.get("expected")
    assert isinstance(principals, JsonObject) and expected is not None
    shared = read_fields(item.get("with")).over(defaults)
    resources = [text for text in _items(item.get("resources")) if isinstance(text, JsonString)]
    actions = [text for text in _items(item.get("actions")) if isinstance(text, JsonString)]
    _check_names(
        expected,
        [[member.key for member in principals.members], [r.value for r in resources], [a.value for a in actions]],
        diagnostics,
    )
    where, what = _PLACES[kind]
    cases = []
    for member in principals.members:
        for resource in resources:
            for action in actions:
                label = f"{name}: {member.key}, {resource.value}, {action.value}"
                found = _cell(expected, (member.key, resource.value, action.value))
                if found is None:
                    diagnostics.error(
                        "cell-without-expectation",
                        f"nothing is expected of `{member.key}`, `{resource.value}`, `{action.value}`",
                        expected.span.at_start(),
                        'add it, or a `"*"` for all others',
                    )
                    continue
                texts = {where: PlainText(resource.value, resource.span), what: PlainText(action.value, action.span)}
                fields = Fields(read_who(member.value), texts).over(shared)
                cases.append(_case(label, found.span, fields, found))
    return cases


def _cell(expected: JsonValue, names: tuple[str, ...]) -> JsonString | None:
    """The expectation of one cell; a word at a higher level stands for everything below it."""
    value: JsonValue | None = expected
    for name in names:
        if isinstance(value, JsonString):
            break
        if not isinstance(value, JsonObject):
            return None
        found = value.get(name)
        value = value.get("*") if found is None else found
    return value if isinstance(value, JsonString) and value.value in DECISIONS else None


def _check_names(expected: JsonValue, known: list[list[str]], diagnostics: Diagnostics) -> None:
    """Report names in the table that are none of the matrix, and words that are no decision."""
    work: list[tuple[JsonValue, int]] = [(expected, 0)]
    while work:
        value, level = work.pop()
        if isinstance(value, JsonObject) and level < len(known):
            for member in value.members:
                if member.key != "*" and member.key not in known[level]:
                    diagnostics.error(
                        "malformed-scenario",
                        f"the matrix has no `{member.key}`",
                        member.key_span,
                        did_you_mean(
                            member.key,
                            known[level],
                            "write one of " + ", ".join(f"`{name}`" for name in known[level][:8]),
                        ),
                    )
                work.append((member.value, level + 1))
        elif not isinstance(value, JsonString) or value.value not in DECISIONS:
            diagnostics.error(
                "malformed-scenario",
                "an expectation is `allow`, `deny` or `undecided`",
                value.span,
                "write one of the three words",
            )
