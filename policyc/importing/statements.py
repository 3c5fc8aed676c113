"""Statements, resources and callers of the IR as nodes of the language."""

from __future__ import annotations

from policyc.importing.conditions import NoWords, expression
from policyc.importing.names import Names
from policyc.importing.tree import NOWHERE, call, clause, text, when, word
from policyc.ir.authz import All, Always, Can, Statement, Who
from policyc.ir.raw_forms import RAW
from policyc.model.types import EnumOf
from policyc.model.values import Place, Principal, Resource, ResourceLink, Value
from policyc.model.vocabulary import ResourceType
from policyc.syntax import nodes


def statement_node(statement: Statement, label: str, names: Names, resource_names: dict[str, str]) -> nodes.Statement:
    """An `allow` or `deny`; `resource_names` are the names of declared resources by their id. Raises NoWords."""
    clauses: list[nodes.ListClause | nodes.Condition] = []
    if statement.who is not None:
        clauses.append(_who(statement.who, names))
    if statement.can is not None:
        clauses.append(_can(statement.can))
    if statement.on:
        clauses.append(clause("on", (word(resource_names[item.id]) for item in statement.on)))
    if statement.resources is not None:
        raw = (call(RAW, text(glob.text)) for glob in statement.resources.patterns)
        clauses.append(clause("on", raw, statement.resources.negated))
    if statement.path is not None:
        clauses.append(clause("path", map(text, statement.path.patterns), statement.path.negated))
    if not isinstance(statement.when, Always):
        items = statement.when.items if isinstance(statement.when, All) else (statement.when,)
        clauses += [when(expression(item, names)) for item in items]
    if any(isinstance(item, nodes.ListClause) and not item.items for item in clauses):
        raise NoWords
    return nodes.Statement(statement.effect, text(label), tuple(clauses), NOWHERE, statement.doc)


def _who(who: Who, names: Names) -> nodes.ListClause:
    return clause("who", (caller_node(item, names) for item in who.principals), who.negated)


def caller_node(item: Principal, names: Names) -> nodes.Expr:
    """A caller: a declared name, a word of the language, or a raw principal."""
    return call(RAW, *map(text, item.args)) if item.kind == "native" else names.principal(item)


def _can(can: Can) -> nodes.ListClause:
    # an action of a document that is none has its text for a name
    items = (call(RAW, text(v.action)) if v.glob or v.name == v.action else word(v.name) for v in can.verbs)
    return clause("can", items, can.negated)


def declare_resource(resource: Resource, kind: ResourceType, names: Names, others: dict[str, str], doc: str) -> str:
    """Declare a resource and return its name; `others` are the names of those that it may link to, by id."""
    fields = {
        name: _field(value, kind, name, names, others)
        for name, value in resource.fields
        if kind.fields[name].default != str(value.data)
    }
    return names.resource(resource.name, resource.type, resource.id, doc, **fields)


def _field(value: Value, kind: ResourceType, name: str, names: Names, others: dict[str, str]) -> nodes.Expr:
    match value.data:
        case Place(account, region):
            return nodes.At(names.value("account", account), nodes.Region(region, NOWHERE), NOWHERE)
        case ResourceLink(id=link):
            return word(others[link])
        case _:
            return word(str(value.data)) if isinstance(kind.fields[name].type, EnumOf) else text(str(value.data))
