"""`aws_iam_policy_document`: its blocks as the JSON that the provider makes of them.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document; how documents are merged is held
against the provider in `tests/carriers/terraform`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.carriers.terraform.bodies import Inner, blocks_of, refuse_others
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.texts import parsed
from policyc.carriers.terraform.values import (
    Bool,
    Entry,
    Failed,
    Fields,
    Items,
    Json,
    Number,
    Text,
    Unknown,
    Value,
    as_text,
    described,
    marked,
    plain_text,
)
from policyc.text import Span

_VERSION: Final = "2012-10-17"
#: argument -> element; the texts of the latter four have `&{…}` for policy variables
_LISTS: Final = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
_BEFORE: Final = ("source_json", "source_policy_documents")
_AFTER: Final = ("override_policy_documents", "override_json")
_KNOWN: Final = frozenset({"version", "policy_id", "statement", *_BEFORE, *_AFTER})
_KNOWN_IN_STATEMENTS: Final = frozenset(
    {"sid", "effect", "principals", "not_principals", "condition", *(name for name, _ in _LISTS)}
)


def iam_document(whole: Inner, work: Work) -> Value:
    """The document of a data source. Raises Failed."""
    refuse_others(whole, _KNOWN, work)
    own = _own(whole, work)
    merged = Fields((), whole.place)
    before = list(_named(whole, _BEFORE, work))
    for at, document in enumerate([*before, own, *_named(whole, _AFTER, work)]):
        merged = _merged(merged, document, whole.place, at >= len(before))
        work.weighed(merged, whole.place)
    return merged


def _own(whole: Inner, work: Work) -> Fields:
    version = whole.argument("version", work)
    entries = [
        Entry("Version", whole.place, plain_text(_VERSION, whole.place))
        if version is None
        else Entry("Version", version[0].name_span, version[1])
    ]
    policy_id = whole.argument("policy_id", work)
    if policy_id is not None:
        entries.append(Entry("Id", policy_id[0].name_span, policy_id[1]))
    statements = tuple(_statement(inner, work) for inner in blocks_of(whole.body, "statement", whole.scope, work))
    entries.append(Entry("Statement", whole.place, Items(statements, whole.place)))
    return Fields(tuple(entries), whole.place)


def _statement(inner: Inner, work: Work) -> Value:
    entries: list[Entry] = []
    refuse_others(inner, _KNOWN_IN_STATEMENTS, work)
    sid, effect = inner.argument("sid", work), inner.argument("effect", work)
    if sid is not None and not (isinstance(sid[1], Text) and sid[1].value == ""):
        entries.append(Entry("Sid", sid[0].name_span, sid[1]))
    entries.append(
        Entry("Effect", inner.place, plain_text("Allow", inner.place))
        if effect is None
        else Entry("Effect", effect[0].name_span, effect[1])
    )
    for argument, element in _LISTS:
        found = inner.argument(argument, work)
        if found is not None:
            value = _collapsed(found[1], element.endswith("Resource"))
            if value is not None:
                entries.append(Entry(element, found[0].name_span, value))
    for block, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principal = _principals(list(blocks_of(inner.body, block, inner.scope, work)), work)
        if principal is not None:
            entries.append(Entry(element, principal.span, principal))
    conditions = _conditions(list(blocks_of(inner.body, "condition", inner.scope, work)), work)
    if conditions is not None:
        entries.append(Entry("Condition", conditions.span, conditions))
    return Fields(tuple(entries), inner.place)


def _collapsed(value: Value, variables: bool) -> Value | None:
    """A list as the document has it: no list for one text, nothing for an empty one."""
    if not isinstance(value, Items):
        return value
    found = tuple(_variables(item) if variables else item for item in value.values)
    if not found:
        return None
    return found[0] if len(found) == 1 and not value.open else Items(found, value.span, value.open)


def _variables(value: Value) -> Value:
    """An element, which is a text whatever it is written as, with `${…}` for `&{…}`. It keeps the places of its parts, since no length changes."""
    if isinstance(value, Number | Bool):
        return as_text(value)
    if isinstance(value, Unknown) and value.kind in ("number", "bool"):
        return Unknown(value.name, value.span, "string", value.like, value.sensitive)
    if isinstance(value, Text) and "&{" in value.value:
        return Text(value.value.replace("&{", "${"), (), value.span)
    return value


def _principals(blocks: list[Inner], work: Work) -> Value | None:
    types: dict[str, tuple[Span, list[Value]]] = {}
    for inner in blocks:
        type, identifiers = inner.argument("type", work), inner.argument("identifiers", work)
        if type is None or identifiers is None:
            raise Failed("a block of principals lacks `type` or `identifiers`", inner.place)
        name = marked(as_text(type[1]))
        given = identifiers[1].values if isinstance(identifiers[1], Items) else (identifiers[1],)
        types.setdefault(name, (type[0].value.span, []))[1].extend(_variables(item) for item in given)
    if not types:
        return None
    everyone = types.get("*")
    if everyone is not None and [marked(as_text(item)) for item in everyone[1]] == ["*"] and len(types) == 1:
        return plain_text("*", everyone[1][0].span)
    whole = blocks[0].place
    entries = []
    for name, (span, items) in types.items():
        value = items[0] if len(items) == 1 else Items(tuple(items), span)
        entries.append(Entry(name, span, value))
    return Fields(tuple(entries), whole)


def _conditions(blocks: list[Inner], work: Work) -> Value | None:
    tests: dict[str, tuple[Span, dict[str, tuple[Span, list[Value]]]]] = {}
    for inner in blocks:
        test, variable, values = (inner.argument(name, work) for name in ("test", "variable", "values"))
        if test is None or variable is None or values is None:
            raise Failed("a condition lacks `test`, `variable` or `values`", inner.place)
        given = values[1].values if isinstance(values[1], Items) else (values[1],)
        keys = tests.setdefault(marked(as_text(test[1])), (test[0].value.span, {}))[1]
        name = marked(as_text(variable[1]))
        keys.setdefault(name, (variable[0].value.span, []))[1].extend(_variables(item) for item in given)
    if not tests:
        return None
    entries = []
    for name, (span, keys) in tests.items():
        inner_entries = [
            Entry(key, place, items[0] if len(items) == 1 else Items(tuple(items), place))
            for key, (place, items) in keys.items()
        ]
        entries.append(Entry(name, span, Fields(tuple(inner_entries), span)))
    return Fields(tuple(entries), blocks[0].place)


# several documents


def _named(whole: Inner, names: tuple[str, ...], work: Work) -> Iterator[Value]:
    """The documents that arguments name, each as its object."""
    for name in names:
        found = whole.argument(name, work)
        if found is None:
            continue
        for item in found[1].values if isinstance(found[1], Items) else (found[1],):
            yield _object(item, found[0].value.span)


def _object(value: Value, span: Span) -> Value:
    match value:
        case Json(inner):
            return inner
        case Text(""):
            return Fields((), span)
        case Text():
            return parsed(value)
        case _:
            return value


def _merged(first: Fields, second: Value, span: Span, replaces: bool) -> Fields:
    """Two documents as one: the second's version when it is later, its id, its statements; one of a Sid that the first has stands in its place."""
    if not isinstance(second, Fields):
        if not isinstance(second, Unknown):
            raise Failed("a document to be merged is no object", second.span)
        return _with_statements(first, [*_statements(first), _open(second)], span)
    entries = {entry.key: entry for entry in first.entries if entry.key != "Statement"}
    for entry in second.entries:
        if entry.key == "Id" or (entry.key == "Version" and _later(entry.value, first.get("Version"))):
            entries[entry.key] = entry
    statements = list(_statements(first))
    # of several with one Sid in one document, which the provider refuses, none is left out
    there = {sid: at for at, statement in reversed([*enumerate(statements)]) if (sid := _sid(statement))}
    for statement in map(_named_or_not, _statements(second)):
        same = there.pop(_sid(statement), None) if replaces else None
        if same is None:
            statements.append(statement)
        else:
            statements[same] = statement
    return _with_statements(Fields(tuple(entries.values()), span), statements, span)


def _open(document: Unknown) -> Value:
    """The statements of a document that is not known."""
    return Unknown(f"{described(document)} statements", document.span, "list")


def _with_statements(document: Fields, statements: list[Value], span: Span) -> Fields:
    kept = tuple(entry for entry in document.entries if entry.key != "Statement")
    return Fields((*kept, Entry("Statement", span, Items(tuple(statements), span))), span)


def _statements(document: Fields) -> tuple[Value, ...]:
    found = document.get("Statement")
    if found is None:
        return ()
    return found.values if isinstance(found, Items) else (found,)


def _sid(statement: Value) -> str:
    found = statement.get("Sid") if isinstance(statement, Fields) else None
    return found.value if isinstance(found, Text) else ""


def _named_or_not(statement: Value) -> Value:
    """A statement without an empty Sid."""
    if not isinstance(statement, Fields) or statement.get("Sid") is None or _sid(statement):
        return statement
    if not isinstance(statement.get("Sid"), Text):
        return statement
    return Fields(tuple(entry for entry in statement.entries if entry.key != "Sid"), statement.span)


def _later(version: Value, other: Value | None) -> bool:
    if other is None or not isinstance(other, Text) or not isinstance(version, Text):
        return True
    return version.value > other.value
