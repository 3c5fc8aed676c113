"""One statement of a raw document with the places of its parts; what the checks of this folder look at."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document
from policyc.engines.iam.statement import Statement
from policyc.holes import has_hole, widened
from policyc.record import field, record
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.text import Span


@record
class ConditionKey:
    """One key below an operator, as written."""

    operator: str
    key: str
    span: Span
    value: JsonValue


@record
class RawStatement:
    """A statement as the engine compiled it, with the tree it came from."""

    kind: DocumentKind
    compiled: Statement
    tree: JsonObject
    read: dict[str, tuple[JsonString, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def allows(self) -> bool:
        return not self.compiled.deny

    def mistake(self, diagnostics: Diagnostics, rule: str, message: str, span: Span, help: str) -> None:
        """A word that no request has: an error, but in documents of IAM, which stores such words, a warning."""
        report = diagnostics.warning if self.kind.engine.keeps_unknown_words else diagnostics.error
        report(rule, message, span, help)

    def texts(self, element: str) -> tuple[JsonString, ...]:
        """The strings of an element such as `Action`, holes as the patterns of what they may be; nothing when it is left out or written as its `Not`
        form."""
        found = self.read.get(element)
        if found is None:
            found = strings(self.tree.get(element))
            if any(has_hole(item.value) for item in found):
                found = tuple(JsonString(widened(item.value), item.span) for item in found)
            self.read[element] = found
        return found

    @property
    def actions(self) -> tuple[JsonString, ...]:
        return self.texts("Action")

    @property
    def resources(self) -> tuple[JsonString, ...]:
        return self.texts("Resource")

    @property
    def named_actions(self) -> tuple[JsonString, ...]:
        """The actions that are written, to be meant or to be left out."""
        return self.actions or self.texts("NotAction")

    @property
    def named_resources(self) -> tuple[JsonString, ...]:
        """The resources that are written, to be meant or to be left out."""
        return self.resources or self.texts("NotResource")

    def condition_keys(self) -> Iterator[ConditionKey]:
        """Every condition key in the order of the text."""
        block = self.tree.get("Condition")
        for operator in block.members if isinstance(block, JsonObject) else ():
            for entry in operator.value.members if isinstance(operator.value, JsonObject) else ():
                yield ConditionKey(operator.key, entry.key, entry.key_span, entry.value)

    def principals(self, type_: str) -> tuple[JsonString, ...]:
        """The principals of one type, such as `Service`."""
        found = self.tree.get("Principal")
        return strings(found.get(type_)) if isinstance(found, JsonObject) else ()


def statements_of(document: Document, tree: JsonValue, kind: DocumentKind) -> list[RawStatement]:
    """The statements of a compiled document in order."""
    found = tree.get("Statement") if isinstance(tree, JsonObject) else None
    items = found.items if isinstance(found, JsonArray) else (found,)
    return [
        RawStatement(kind, statement, items[statement.index])  # type: ignore[arg-type]
        for statement in document.statements
        if isinstance(items[statement.index], JsonObject)
    ]


def strings(value: JsonValue | None) -> tuple[JsonString, ...]:
    items = value.items if isinstance(value, JsonArray) else (value,)
    return tuple(item for item in items if isinstance(item, JsonString))
