"""Cedar texts of Verified Access and Client VPN as policies of the language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from policyc.targets.cedar_documents.text.asking import read_paths
from policyc.targets.client_vpn import TARGET as CLIENT_VPN
from policyc.targets.client_vpn import raising as client_vpn
from policyc.targets.verified_access import raising as verified_access
from policyc.text import Span

CEDAR = "cedar"
#: above a group whose policy is not among what is imported
_ELSEWHERE = "policyc: ignore[group-without-policy] its policy stands elsewhere"


@dataclass(slots=True)
class _Text:
    """One text on its way: `on` is the group or the Client VPN endpoint that it reads data of."""

    given: Given
    stem: str
    document: cedar_nodes.Document
    service: ModuleType
    on: Resource


def import_texts(
    given: Sequence[tuple[Given, str, str]], trust: Mapping[str, str], plan: Plan, diagnostics: Diagnostics
) -> None:
    """Add the policies of texts to what is to be written, and what they are on; what cannot be said is reported at its place. With each text
    stand the name of its policy and the name of what that is on, which is the same where nothing stands behind it."""
    found = [_read(item, stem, bare, trust, diagnostics) for item, stem, bare in given]
    texts = [item for item in found if item is not None]
    if diagnostics.has_errors:
        return
    # an endpoint's text is about the data of its group, which has one declaration
    shared: dict[str, list[_Text]] = {}
    for item in texts:
        shared.setdefault(item.given.group or _key(item.given), []).append(item)
    for key, of_one in shared.items():
        of_one.sort(key=lambda item: _key(item.given) != key)  # the group's own text first
        on = verified_access.joined([item.on for item in of_one]) if len(of_one) > 1 else of_one[0].on
        for item in of_one:
            item.on = on
            _write(item, key, plan, diagnostics)


def _key(given: Given) -> str:
    """What tells what carries a text from all others."""
    return given.attached or given.own or f"{given.source.file}#"


def _read(given: Given, stem: str, bare: str, stated: Mapping[str, str], diagnostics: Diagnostics) -> _Text | None:
    group, endpoint = (bare if bare != stem else f"{stem}_{kind}" for kind in ("group", "endpoint"))
    found = Diagnostics()
    document, trust = parse_cedar(given.source, found), {**given.trust, **stated}
    if document is None:
        diagnostics.extend(found)
        return None
    service: ModuleType = verified_access
    if _is_of_client_vpn(document, trust):
        service, on = client_vpn, client_vpn.endpoint_of(given.source, document, endpoint, found)
    else:
        on = verified_access.group_of(given.source, document, group, trust, found)
    of_endpoint = service is verified_access and bool(given.group)
    if given.attached and not of_endpoint and not service.is_carrier(given.attached):
        message = f"`{given.attached}` does not carry documents like this one"
        found.error("malformed-arn", message, given.source.span(0, 0), f"write it like `{service.EXAMPLE}`")
    diagnostics.extend(found)
    return None if on is None or found.has_errors else _Text(given, stem, document, service, on)


def _write(item: _Text, key: str, plan: Plan, diagnostics: Diagnostics) -> None:
    """Add one policy; `key` tells the group that its data is of (`_key`)."""
    given, document, on, names = item.given, item.document, item.on, plan.names
    of_endpoint = bool(given.group)
    carried: raising.Carried = verified_access.carried(on, "endpoint") if of_endpoint else item.service.carried(on)
    policy, canonical = raising.policies(given.source, document, on, carried)
    for statement in policy.statements:
        for part in raising.raw_parts(statement.when):
            message = "the language has no words for this condition"
            diagnostics.error("not-importable", message, part.span or statement.span, "keep the text as it is")
    if diagnostics.has_errors:
        return
    names.taken |= {entry for entry, _ in _entries(on, "trust")} if item.service is verified_access else set()
    name, start = names.free(item.stem), given.source.span(0, 0)
    # a group's own text comes first, so that its group is declared by now
    elsewhere = _ELSEWHERE if of_endpoint else ""
    at = names.resource(on.name, on.type, key, elsewhere, **_place(key, names), **_own(on))
    if of_endpoint:
        fields = {
            **_place(given.attached, names),
            "group": word(at),
            "protocol": word(given.protocol or _spoken(document)),
        }
        at = names.resource(f"{item.stem}_endpoint", verified_access.ENDPOINT, _key(given), "", **fields)
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


def _spoken(document: cedar_nodes.Document) -> str:
    """What an endpoint speaks whose text reads that."""
    roots = {path[0] for path in read_paths([document]) if path}
    return "tcp" if "tcp_flow" in roots and "http_request" not in roots else "https"


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


def _place(arn: str, names: Names) -> dict[str, nodes.Expr]:
    """What the ARN of a carrier says of it: its id, its account and Region; nothing for other keys."""
    if not arn.startswith("arn:"):
        return {}
    _, _, _, region, account, last = arn.split(":", 5)
    at = nodes.At(names.value("account", account), nodes.Region(region, NOWHERE), NOWHERE)
    return {"id": text(last.partition("/")[2]), "at": at}


def _own(on: Resource) -> dict[str, nodes.Expr]:
    """The fields of what a text is on that the text tells."""
    out: dict[str, nodes.Expr] = {}
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
