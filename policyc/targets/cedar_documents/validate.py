"""Cedar's own strict validator over each emitted policy, with a schema made from the attributes that it may use.

The deployed text is parsed as it is. The validator gets another spelling: it refuses `ip(…)` over an attribute and a comparison of one
attribute with both a number and text, so what is read under a second type is read from a stand-in there; a stand-in is required in the
schema, because the guard is on the attribute (reference: verified-access, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import TypeAlias

from policyc.ir.authz import Op, Policy
from policyc.ir.conditions import atoms
from policyc.model.types import Named, shapes
from policyc.packages import MissingPackage
from policyc.record import replace
from policyc.syntax.cedar_literals import quoted
from policyc.syntax.cedar_nodes import Call, Compare, Expr, Get, Lit, Method, SetOf, Statement, path_of, rewritten
from policyc.syntax.cedar_printer import statement_text
from policyc.targets.cedar_documents.expression import Path
from policyc.targets.cedar_documents.facts import Fact, fact_of

#: A record type of the schema: attribute (with `?` when optional) -> Cedar type.
Record: TypeAlias = "dict[str, str | Record]"

_TYPES = {"int": "Long", "bool": "Bool"}


def context_schema(policy: Policy, facts: Mapping[str, Fact]) -> str:
    """A Cedar schema in which every attribute that the policy tests is optional and has its documented type."""
    context: Record = {}
    for statement in policy.statements:
        for atom in atoms(statement.when):
            fact = fact_of(facts, atom.attribute)
            if fact.form == "record":
                for value in atom.values:
                    _put(context, (*fact.path, str(value.value)), {})
                if not atom.values:
                    _put(context, fact.path, {})
                continue
            _put(context, fact.path, _type(fact))
            if fact.attribute.type == Named("ip") and atom.op is not Op.EXISTS:
                _put(context, stand_in(fact.path), "ipaddr", required=True)
            if fact.text_too:
                _put(context, stand_in(fact.path), "String", required=True)
    return (
        "entity Caller;\nentity Application;\n"
        "action request appliesTo {\n  principal: [Caller],\n  resource: [Application],\n"
        f"  context: {_write(context)},\n}};\n"
    )


@cache
def missing() -> MissingPackage | None:
    """What keeps Cedar from judging a text, None when nothing does."""
    return None if find_spec("cedarpy") is not None else MissingPackage("cedarpy")


def faults(text: str, checked: str, schema: str) -> Iterable[str]:
    """What Cedar finds wrong: the deployed `text` has to parse, the `checked` spelling to pass strict validation."""
    import cedarpy

    try:
        cedarpy.PolicySet.from_str(text)
        result = cedarpy.validate_policies(checked, cedarpy.Schema.from_str(schema))
    except ValueError as error:
        return [str(error)]
    return [] if result.validation_passed else [f"{error.policy_id}: {error.error}" for error in result.errors]


def checked_text(statements: Iterable[Statement], policy: Policy, facts: Mapping[str, Fact]) -> str:
    """The statements of a policy in the spelling for the validator."""
    tested = {
        fact.path: fact
        for item in policy.statements
        for atom in atoms(item.when)
        for fact in [fact_of(facts, atom.attribute)]
    }
    return "\n".join(statement_text(_checked(statement, tested)) for statement in statements)


def _checked(statement: Statement, tested: Mapping[Path, Fact]) -> Statement:

    def change(node: Expr) -> Expr | None:
        match node:
            case Call("ip", (Get() as read,)):
                return _stand_in(read)
            case Compare("==", Get() as read, Lit(str())) if _two_formed(read, tested):
                return replace(node, left=_stand_in(read))
            case Method(SetOf((Lit(str()), *_)), "contains", _, (Get() as read,)) if _two_formed(read, tested):
                return replace(node, args=(_stand_in(read),))
            case _:
                return None

    return replace(
        statement, clauses=tuple(replace(clause, body=rewritten(clause.body, change)) for clause in statement.clauses)
    )


def _two_formed(read: Get, tested: Mapping[Path, Fact]) -> bool:
    fact = tested.get(path_of(read) or ())
    return fact is not None and fact.text_too


def _stand_in(read: Get) -> Get:
    return replace(read, name=_second(read.name))


def stand_in(path: Path) -> Path:
    """The attribute that stands in for `path` under a second type."""
    return (*path[:-1], _second(path[-1]))


def _second(name: str) -> str:
    return f"{name} (second type)"


def _put(record: Record, path: Path, kind: str | Record, *, required: bool = False) -> None:
    for step in path[:-1]:
        inner = record.setdefault(f"{quoted(step)}?", {})
        if not isinstance(inner, dict):
            raise ValueError(f"{path} lies below a value")
        record = inner
    record.setdefault(quoted(path[-1]) + ("" if required else "?"), kind)


def _type(fact: Fact) -> str:
    kind = fact.attribute.type
    base = shapes()[kind.name].base if isinstance(kind, Named) and kind.name in shapes() else "string"
    item = _TYPES.get(base, "String")
    return f"Set<{item}>" if fact.form == "set" else item


def _write(kind: str | Record) -> str:
    if isinstance(kind, str):
        return kind
    return "{" + ", ".join(f"{name}: {_write(inner)}" for name, inner in kind.items()) + "}"
