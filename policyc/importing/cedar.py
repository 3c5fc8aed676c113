"""Cedar texts of Verified Access and Client VPN as policies of the language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType

from policyc.diagnostics import Diagnostics
from policyc.importing.conditions import NoWords
from policyc.importing.drafts import Given, Whole
from policyc.importing.names import Names
from policyc.importing.settle import Plan
from policyc.importing.statements import statement_node
from policyc.importing.tree import NOWHERE, ident, listed, reference, text, word
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.types import SetOf
from policyc.model.values import Resource, Value
from policyc.syntax import cedar_nodes, nodes
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.base import Document, Rooted
from policyc.targets.cedar_documents import raising
from policyc.targets.client_vpn import TARGET as CLIENT_VPN
from policyc.targets.client_vpn import raising as client_vpn
from policyc.targets.verified_access import raising as verified_access
from policyc.text import Span

CEDAR = "cedar"


def import_text(
    given: Given, stem: str, bare: str, trust: Mapping[str, str], plan: Plan, diagnostics: Diagnostics
) -> None:
    """Add the policy of a text to what is to be written, and what it is on; what cannot be said is reported at its place. `bare` names
    that, where the name of the policy has something behind it."""
    group, endpoint = (bare if bare != stem else f"{stem}_{kind}" for kind in ("group", "endpoint"))
    found = Diagnostics()
    document = parse_cedar(given.source, found)
    if document is None:
        diagnostics.extend(found)
        return
    service: ModuleType = verified_access
    if _is_of_client_vpn(document, trust):
        service, on = client_vpn, client_vpn.endpoint_of(given.source, document, endpoint, found)
    else:
        on = verified_access.group_of(given.source, document, group, trust, found)
    if given.attached and not service.is_carrier(given.attached):
        message = f"`{given.attached}` does not carry documents like this one"
        found.error("malformed-arn", message, given.source.span(0, 0), f"write it like `{service.EXAMPLE}`")
    if on is None or found.has_errors:
        diagnostics.extend(found)
        return
    carried: raising.Carried = service.carried(on)
    policy, canonical = raising.policies(given.source, document, on, carried)
    for statement in policy.statements:
        for part in raising.raw_parts(statement.when):
            message = "the language has no words for this condition"
            diagnostics.error("not-importable", message, part.span or statement.span, "keep the text as it is")
    if diagnostics.has_errors:
        return
    names = plan.names
    names.taken |= {entry for entry, _ in _entries(on, "trust")} if service is verified_access else set()
    name, start = names.free(stem), given.source.span(0, 0)
    at = names.resource(on.name, on.type, f"{given.source.file}#{on.name}", "", **_fields(on, given.attached))
    try:
        statements = [_statement(policy, index, names) for index in range(len(policy.statements))]
    except NoWords as nothing:
        message = "the language has no words for a condition of this text"
        diagnostics.error("not-importable", message, nothing.span or start, "keep the text as it is")
        return
    target = ident(carried.target)
    node = nodes.Policy(ident(name), target, word(at), tuple(statements), NOWHERE, policy.doc)

    def differs(program: Program, documents: Sequence[Document]) -> tuple[bool, Span | None]:
        if canonical:
            return all(item.text != given.source.text for item in documents if item.owner == name), start
        again = next(item for item in program.policies if item.name == name)
        return raising.statement_that_differs(raising.read(document, on, carried), again, carried)

    stricter = () if canonical else tuple(raising.stricter(policy, carried))
    plan.wholes.append(Whole(given, CEDAR, node, start, differs, stricter=stricter))


def _is_of_client_vpn(document: cedar_nodes.Document, trust: Mapping[str, str]) -> bool:
    """Whether data stands in a text under names that only Client VPN has, and that nobody declared as a trust provider."""
    roots = {path[0] for path, _ in raising.tested(document)} - set(trust)
    return isinstance(CLIENT_VPN, Rooted) and bool(CLIENT_VPN.roots & roots)


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


def _fields(on: Resource, attached: str) -> dict[str, nodes.Expr]:
    """The fields of what a text is on; its id is the end of its ARN."""
    out: dict[str, nodes.Expr] = {"id": text(attached.rpartition("/")[2])} if attached else {}
    for field, value in on.fields:
        if isinstance(value.type, SetOf):
            items = value.data if isinstance(value.data, tuple) else ()
            out[field] = listed(word(str(item.data)) for item in items if isinstance(item, Value))
            continue
        pairs = (nodes.Entry(reference(key), _entry(field, item), NOWHERE) for key, item in _entries(on, field))
        out[field] = nodes.Record(tuple(pairs), NOWHERE)
    return out


def _entry(field: str, value: Value) -> nodes.Expr:
    return text(str(value.data)) if field == "references" else word(str(value.data))
