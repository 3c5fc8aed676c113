"""One statement of a raw document with the places of its parts; what the checks of this folder look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document
from policyc.engines.iam.statement import Statement
from policyc.holes import has_hole, of_one_thing, widened
from policyc.record import record
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue
from policyc.syntax.json_tree import strings_in
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.text import Span


@record
class ConditionKey:
    """One key below an operator, as written; `alone` is the place of the operator where it holds no other key."""

    operator: str
    key: str
    span: Span
    value: JsonValue
    alone: Span | None = None


@record
class RawStatement:
    """A statement as the engine compiled it, with the words of the tree it came from: holes as the patterns of what they may be, nothing for an
    element that is left out or written as its `Not` form. `named_…` are those that are written, to be meant or to be left out;
    `written` has the texts with holes by their place."""

    kind: DocumentKind
    compiled: Statement
    actions: tuple[JsonString, ...]
    resources: tuple[JsonString, ...]
    named_actions: tuple[JsonString, ...]
    named_resources: tuple[JsonString, ...]
    condition_keys: tuple[ConditionKey, ...]
    principal: JsonValue | None
    written: Mapping[Span, str] = MappingProxyType({})

    def said(self, item: JsonString) -> str:
        """A text for people: as it is written, with its holes."""
        return self.written.get(item.span, item.value)

    @property
    def things(self) -> tuple[JsonString, ...]:
        """The resources, where each hole that is the ARN of one thing is that of one."""
        if not self.written:
            return self.resources
        return tuple([JsonString(of_one_thing(self.said(item)), item.span) for item in self.resources])

    @property
    def allows(self) -> bool:
        return not self.compiled.deny

    def mistake(self, diagnostics: Diagnostics, rule: str, message: str, span: Span, help: str) -> None:
        """A word that no request has: an error, but in documents of IAM, which stores such words, a warning."""
        report = diagnostics.warning if self.kind.engine.keeps_unknown_words else diagnostics.error
        report(rule, message, span, help)

    def principals(self, type_: str) -> tuple[JsonString, ...]:
        """The principals of one type, such as `AWS`, that are meant or left out."""
        return strings_in(self.principal.get(type_)) if isinstance(self.principal, JsonObject) else ()


def statements_of(document: Document, tree: JsonValue, kind: DocumentKind) -> list[RawStatement]:
    """The statements of a compiled document in order."""
    found = tree.get("Statement") if isinstance(tree, JsonObject) else None
    items = found.items if isinstance(found, JsonArray) else (found,)
    pairs = ((statement, items[statement.index]) for statement in document.statements)
    return [_statement(kind, statement, item) for statement, item in pairs if isinstance(item, JsonObject)]


def _statement(kind: DocumentKind, compiled: Statement, tree: JsonObject) -> RawStatement:
    values = {member.key: member.value for member in tree.members}
    actions, resources = _texts(values.get("Action")), _texts(values.get("Resource"))
    named = actions or _texts(values.get("NotAction"))
    return RawStatement(
        kind,
        compiled,
        actions,
        resources,
        named,
        resources or _texts(values.get("NotResource")),
        tuple(_keys(values.get("Condition"))),
        values.get("Principal") or values.get("NotPrincipal"),
        {
            item.span: item.value
            for name in ("Action", "NotAction", "Resource", "NotResource")
            for item in strings_in(values.get(name))
            if has_hole(item.value)
        },
    )


def _texts(value: JsonValue | None) -> tuple[JsonString, ...]:
    found = strings_in(value)
    if any(has_hole(item.value) for item in found):
        return tuple([JsonString(widened(item.value), item.span) for item in found])
    return found


def _keys(block: JsonValue | None) -> Iterator[ConditionKey]:
    """Every condition key in the order of the text."""
    for operator in block.members if isinstance(block, JsonObject) else ():
        entries = operator.value.members if isinstance(operator.value, JsonObject) else ()
        for entry in entries:
            alone = operator.key_span if len(entries) == 1 else None
            yield ConditionKey(operator.key, entry.key, entry.key_span, entry.value, alone)
