"""What a statement says, as a key: equal keys mean the same requests, whatever the labels and places in the document."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from policyc.ir.authz import All, AnyOf, Atom, Cond, Policy, RawTest, Statement
from policyc.per_object import PerObject


def _content(statement: Statement) -> tuple[Hashable, Hashable]:
    who, can, found = statement.who, statement.can, statement.resources
    callers = (
        None
        if who is None
        else (who.negated, who.by_level, *[(item.kind, item.args, item.name) for item in who.principals])
    )
    actions = None if can is None else (can.negated, *[verb.action for verb in can.verbs])
    where = None if found is None else (found.negated, *[glob.tokens for glob in found.patterns])
    return (statement.effect, callers, actions, _condition(statement.when), statement.on, statement.path), where


#: everything that a statement says but its resources, and these
content_of: Final = PerObject(_content, most=8192)


def _contents(policy: Policy) -> frozenset[Hashable]:
    return frozenset(map(content_of, policy.statements))


#: everything that the statements of a policy say
contents_of: Final = PerObject(_contents, most=256)


def _condition(cond: Cond) -> Hashable:
    match cond:
        case All(items):
            return frozenset([_condition(item) for item in items])
        case AnyOf(items):
            return tuple([_condition(item) for item in items])
        case Atom() | RawTest():
            return (test_content(cond), cond.negated)
        case _:
            return cond


def test_content(test: Atom | RawTest) -> Hashable:
    """What a test asks, but for a negation: equal ones hold of the same requests."""
    attribute = test.attribute
    if isinstance(test, RawTest):
        return (test.operator, attribute.native, attribute.name, *[glob.tokens for glob in test.values])
    values = [(item.value.__class__, item.value, item.group) for item in test.values]
    return (test.op.value, attribute.native, attribute.name, test.quantifier, *values)
