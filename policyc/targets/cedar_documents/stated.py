"""What a request states of the attributes that a policy of the language tests, and what its conditions come to on that.

A test that meets a value of another type than documented has no answer: then an allow does not apply, and a deny does.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final

from policyc.engines.cedar import outcome_sets
from policyc.engines.cedar.decide import StatementResult
from policyc.engines.trace import StatementTrace
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Op, Policy, RawExpression, RawTest, Statement
from policyc.ir.decide import atom_holds
from policyc.model.types import Named
from policyc.model.values import Scalar
from policyc.record import record, replace
from policyc.syntax.cedar_nodes import NOWHERE, And, Compare, Expr, Like, Lit, Not, Or, attribute_at, literal
from policyc.targets.cedar_documents.condition import cedar_pattern
from policyc.targets.cedar_documents.explain import Asked, reasons
from policyc.targets.cedar_documents.expression import address, conjoin, disjoin, equals, guard, of_set, within
from policyc.targets.cedar_documents.facts import Fact, find_fact, split_name
from policyc.targets.cedar_documents.needs import look, misfit

_IP: Final = Named("ip")
#: tests that take one literal each in Cedar, so that several make alternatives
_ONE_BY_ONE: Final = frozenset({Op.LIKE, Op.IN_CIDR, Op.LT, Op.LE, Op.GT, Op.GE})


@record
class Stated:
    """What is known of a request: values by attribute name (absent ones left out or empty), the names of attributes that exist
    with a value nobody stated (`unknown`), and of those that may or may not exist (`doubtful`). `context` is the same as Cedar gets
    it, and `facts` tell where in it an attribute lies."""

    values: Mapping[str, tuple[Scalar, ...]]
    unknown: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    context: Mapping[str, Any] = MappingProxyType({})
    facts: Mapping[str, Fact] = MappingProxyType({})


def trace_statement(policy: Policy, statement: Statement, result: StatementResult, stated: Stated) -> StatementTrace:
    """One statement's part in the answer, with a reason for each test that mattered; `result` is what Cedar says of it on its own."""
    settle = outcome_sets.holds_or_fails if statement.effect == "deny" else outcome_sets.holds
    tests: dict[Expr, Atom] = {}
    condition = spoken(statement.when, stated.facts, tests)
    asked = Asked(stated.context, lambda node: _truths(node, tests, stated), settle)
    return StatementTrace(
        policy=policy.name,
        index=statement.index,
        label=statement.label,
        effect=statement.effect,
        matched=settle(result.truths),
        reasons=tuple(reasons(condition, asked)),
        span=statement.span,
    )


# --- what conditions come to ----------------------------------------------------------------------------------------


def truth(cond: Cond, stated: Stated) -> outcome_sets.Truths:
    """What a condition comes to; `limits` bounds the depth."""
    match cond:
        case Always():
            return outcome_sets.TRUE
        case Never():
            return outcome_sets.FALSE
        case Atom():
            return _atom_truth(cond, stated)
        case All(items):
            whole = outcome_sets.TRUE
            for item in items:
                whole = outcome_sets.both(whole, truth(item, stated))
            return whole
        case AnyOf(items):
            whole = outcome_sets.FALSE
            for item in items:
                whole = outcome_sets.either(whole, truth(item, stated))
            return whole
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _atom_truth(atom: Atom, stated: Stated) -> outcome_sets.Truths:
    if atom.attribute.name in stated.doubtful:
        return outcome_sets.OPEN
    if atom.attribute.name in stated.unknown:
        return outcome_sets.known(not atom.negated) if atom.op is Op.EXISTS else outcome_sets.OPEN
    if stated.facts and misfit(atom, stated.facts, stated.context) is not None:
        return outcome_sets.FAILS
    if atom.op is Op.EXISTS and (fact := find_fact(stated.facts, atom.attribute.name)) is not None:
        # an empty list is there; the name of a group is, even where the context cannot hold the group beside others that nobody stated
        there = bool(stated.values.get(atom.attribute.name)) or look(stated.context, fact.path)[0]
        return outcome_sets.known(there is not atom.negated)
    try:
        return outcome_sets.known(atom_holds(atom, stated.values.get(atom.attribute.name, ())))
    except ValueError:  # text that is no address, which no address equals
        return outcome_sets.known(atom.negated)


def _truths(node: Expr, tests: Mapping[Expr, Atom], stated: Stated) -> outcome_sets.Truths:
    """What a condition that `spoken` made comes to."""
    match node:
        case Lit(value):
            return outcome_sets.known(bool(value))
        case Not(of):
            return outcome_sets.opposite(_truths(of, tests, stated))
        case And(items):
            whole = outcome_sets.TRUE
            for item in items:
                whole = outcome_sets.both(whole, _truths(item, tests, stated))
            return whole
        case Or(items):
            whole = outcome_sets.FALSE
            for item in items:
                whole = outcome_sets.either(whole, _truths(item, tests, stated))
            return whole
        case _:
            return _atom_truth(tests[node], stated)


# --- conditions as Cedar says them ----------------------------------------------------------------------------------


def spoken(cond: Cond, facts: Mapping[str, Fact], tests: dict[Expr, Atom]) -> Expr:
    """A condition as the tests of Cedar that it stands for, without the guards that lowering puts before them; `tests` gets the atom, not
    negated, behind each."""
    match cond:
        case Always() | Never():
            return Lit(isinstance(cond, Always))
        case All(items):
            return conjoin([spoken(item, facts, tests) for item in items])
        case AnyOf(items):
            return disjoin([spoken(item, facts, tests) for item in items])
        case Atom():
            fact = find_fact(facts, cond.attribute.name)
            plain = replace(cond, negated=False)
            atoms = _apart(plain, fact)
            found = [_test(atom, fact) for atom in atoms]
            tests.update(zip(found, atoms, strict=True))
            whole = disjoin(found)
            return Not(whole, whole.span) if cond.negated else whole
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _apart(atom: Atom, fact: Fact | None) -> list[Atom]:
    """A test as alternatives of which Cedar says each in one test: an IPv6 address has many spellings, and is read as an address."""
    alone = atom.values
    if atom.op is Op.EQ and atom.attribute.type == _IP:
        alone = tuple(value for value in atom.values if ":" in str(value.value))
    elif atom.op not in _ONE_BY_ONE and (fact is None or fact.form != "record"):
        alone = ()
    together = tuple(value for value in atom.values if value not in alone)
    groups = [together] if together or not alone else []
    return [replace(atom, values=values) for values in (*groups, *((value,) for value in alone))]


def _test(atom: Atom, fact: Fact | None) -> Expr:
    """One test of an attribute; of several literals only where one test of Cedar takes them."""
    native = atom.attribute.native
    path = fact.path if fact is not None else split_name(native) or (native,)
    span = atom.span or NOWHERE
    values = [value.value for value in atom.values]
    literals = [value if isinstance(value, str | int) else str(value) for value in values]
    match atom.op:
        case Op.EXISTS:
            return guard(path, span)
        case Op.LIKE:
            return Like(attribute_at(path, span), cedar_pattern(str(values[0])), span, span)
        case Op.IN_CIDR:
            return address(path, str(values[0]), span, inside=True)
        case Op.LT | Op.LE | Op.GT | Op.GE:
            return Compare(atom.op.value, attribute_at(path, span), literal(literals[0], span), span)
        case Op.EQ if fact is not None and fact.form == "record":
            return guard((*path, str(values[0])), span)
        case Op.EQ if atom.quantifier == "any":
            return of_set(path, "contains" if len(values) == 1 else "containsAny", literals, span)
        case Op.EQ if atom.quantifier == "all":
            return within(path, literals, span)
        case Op.EQ if atom.attribute.type == _IP and ":" in str(values[0]):
            return address(path, str(ip_address(str(values[0]))), span, inside=False)
        case Op.EQ:
            return equals(path, literals, span)
