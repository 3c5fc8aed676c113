"""Cedar texts of Verified Access as policies of the language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostics
from policyc.importing.conditions import NoWords
from policyc.importing.drafts import Given, Whole
from policyc.importing.names import Names
from policyc.importing.settle import Plan
from policyc.importing.statements import statement_node
from policyc.importing.tree import NOWHERE, ident, reference, text, word
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource, Value
from policyc.syntax import nodes
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.base import Document
from policyc.targets.verified_access import raising
from policyc.text import Span

CEDAR = "cedar"


def import_text(
    given: Given, stem: str, group: str, trust: Mapping[str, str], plan: Plan, diagnostics: Diagnostics
) -> None:
    """Add the policy of a text to what is to be written, and the group that it is on; what cannot be said is reported at its place."""
    found = Diagnostics()
    if given.attached and not raising.is_carrier(given.attached):
        message = f"`{given.attached}` does not carry documents like this one"
        diagnostics.error("malformed-arn", message, given.source.span(0, 0), f"write it like `{raising.EXAMPLE}`")
    document = parse_cedar(given.source, found)
    on = None if document is None else raising.group_of(given.source, document, group, trust, found)
    if document is None or on is None:
        diagnostics.extend(found)
        return
    policy, canonical = raising.policies(given.source, document, on)
    for statement in policy.statements:
        for part in raising.raw_parts(statement.when):
            message = "the language has no words for this condition"
            diagnostics.error("not-importable", message, part.span or statement.span, "keep the text as it is")
    if diagnostics.has_errors:
        return
    names = plan.names
    names.taken |= {entry for entry, _ in _entries(on, "trust")}
    name, start = names.free(stem), given.source.span(0, 0)
    at = names.resource(group, on.type, f"{given.source.file}#{group}", "", **_fields(on, given.attached))
    try:
        statements = [_statement(policy, index, names) for index in range(len(policy.statements))]
    except NoWords as nothing:
        message = "the language has no words for a condition of this text"
        diagnostics.error("not-importable", message, nothing.span or start, "keep the text as it is")
        return
    target = ident("verified_access")
    node = nodes.Policy(ident(name), target, word(at), tuple(statements), NOWHERE, policy.doc)

    def differs(program: Program, documents: Sequence[Document]) -> tuple[bool, Span | None]:
        if canonical:
            return all(item.text != given.source.text for item in documents if item.owner == name), start
        again = next(item for item in program.policies if item.name == name)
        return raising.statement_that_differs(raising.read(given.source, document, on), again)

    stricter = () if canonical else tuple(raising.stricter(policy))
    plan.wholes.append(Whole(given, CEDAR, node, start, differs, stricter=stricter))


def _statement(policy: Policy, index: int, names: Names) -> nodes.Statement:
    statement = policy.statements[index]
    labels = Counter(item.label for item in policy.statements)
    label = statement.label if labels[statement.label] == 1 else f"policy {index + 1}"
    node = statement_node(statement, label, names, {})
    if node.clauses:
        return node
    return nodes.Statement(
        node.effect, node.label, (nodes.Condition("when", nodes.Bool(True, NOWHERE), NOWHERE),), NOWHERE, node.doc
    )


def _entries(group: Resource, field: str) -> tuple[tuple[str, Value], ...]:
    value = group.get(field)
    return value.data if value is not None and isinstance(value.data, tuple) else ()  # type: ignore[return-value]


def _fields(group: Resource, attached: str) -> dict[str, nodes.Expr]:
    """The fields of the group: its id is the end of its ARN."""
    out: dict[str, nodes.Expr] = {"id": text(attached.rpartition("/")[2])} if attached else {}
    for field in ("trust", "references", "claims"):
        entries = _entries(group, field)
        if entries:
            pairs = (
                nodes.Entry(
                    reference(key), text(str(value.data)) if field == "references" else word(str(value.data)), NOWHERE
                )
                for key, value in entries
            )
            out[field] = nodes.Record(tuple(pairs), NOWHERE)
    return out
