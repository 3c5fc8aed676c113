"""Why a statement matched or did not: the tests of the normal form against what a request states.

The decision is always Cedar's; this only names the tests behind it. A test that meets a value of another type than documented has no
answer: then an allow does not apply, and a deny does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from policyc.engines.cedar.decide import StatementResult
from policyc.engines.cedar.outcome_sets import (
    FAILS,
    FALSE,
    OPEN,
    TRUE,
    Truths,
    both,
    either,
    holds,
    holds_or_fails,
    known,
)
from policyc.engines.trace import Reason, StatementTrace
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Op, Policy, RawExpression, RawTest, Statement
from policyc.ir.decide import atom_holds
from policyc.model.values import Scalar
from policyc.record import record
from policyc.targets.cedar_documents.expression import written_path
from policyc.targets.cedar_documents.facts import Fact, find_fact
from policyc.targets.cedar_documents.needs import WORDS, look, misfit


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
    settles = holds_or_fails if statement.effect == "deny" else holds
    return StatementTrace(
        policy=policy.name,
        index=statement.index,
        label=statement.label,
        effect=statement.effect,
        matched=settles(result.truths),
        reasons=tuple(_reasons(statement.when, stated, statement.effect == "deny")),
        span=statement.span,
    )


def nearest(traces: tuple[StatementTrace, ...]) -> StatementTrace | None:
    """The allow that came closest without matching: an undecided one first, then the one with the fewest misses."""
    open_allows = [trace for trace in traces if trace.effect in ("allow", "permit") and trace.matched is not True]
    return min(open_allows, key=lambda trace: (trace.matched is False, len(trace.misses), trace.index), default=None)


def truth(cond: Cond, stated: Stated) -> Truths:
    """What a condition comes to; `limits` bounds the depth."""
    match cond:
        case Always():
            return TRUE
        case Never():
            return FALSE
        case Atom():
            return _atom_truth(cond, stated)
        case All(items):
            whole = TRUE
            for item in items:
                whole = both(whole, truth(item, stated))
            return whole
        case AnyOf(items):
            whole = FALSE
            for item in items:
                whole = either(whole, truth(item, stated))
            return whole
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _atom_truth(atom: Atom, stated: Stated) -> Truths:
    if atom.attribute.name in stated.doubtful:
        return OPEN
    if atom.attribute.name in stated.unknown:
        return known(not atom.negated) if atom.op is Op.EXISTS else OPEN
    if stated.facts and misfit(atom, stated.facts, stated.context) is not None:
        return FAILS
    if atom.op is Op.EXISTS and (fact := find_fact(stated.facts, atom.attribute.name)) is not None:
        # an empty list is there; the name of a group is, even where the context cannot hold the group beside others that nobody stated
        there = bool(stated.values.get(atom.attribute.name)) or look(stated.context, fact.path)[0]
        return known(there is not atom.negated)
    try:
        return known(atom_holds(atom, stated.values.get(atom.attribute.name, ())))
    except ValueError:  # text that is no address, which no address equals
        return known(atom.negated)


def _reasons(cond: Cond, stated: Stated, denies: bool) -> list[Reason]:
    """A reason for each test; of a disjunction only the sides that share its truth. `denies` tells what a test without an answer does."""
    match cond:
        case Always():
            return []
        case Never():
            return [Reason("condition", False, "the condition", "is never true", (), ())]
        case Atom():
            return [_reason(cond, stated, denies)]
        case All(items):
            return [reason for item in items for reason in _reasons(item, stated, denies)]
        case AnyOf(items):
            whole = truth(cond, stated)
            telling = [item for item in items if truth(item, stated) == whole]
            telling = telling or [item for item in items if truth(item, stated) != FALSE]
            return [reason for item in telling for reason in _reasons(item, stated, denies)]
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _reason(atom: Atom, stated: Stated, denies: bool) -> Reason:
    found = _atom_truth(atom, stated)
    if found == FAILS and (wrong := misfit(atom, stated.facts, stated.context)) is not None:
        need, seen = wrong
        return Reason(
            part="condition",
            matched=denies,
            subject=written_path(need.path),
            operator="documented as",
            expected=(WORDS[need.kind],),
            actual=(seen,),
            span=atom.span,
        )
    name = atom.attribute.name
    values = () if name in stated.unknown else stated.values.get(name, ())
    return Reason(
        part="condition",
        matched=holds(found),
        subject=_subject(atom),
        operator=_operator(atom),
        expected=tuple(_text(value.value) for value in atom.values),
        actual=tuple(_text(value) for value in values) or _empty(name, stated),
        span=atom.span,
    )


def _empty(name: str, stated: Stated) -> tuple[str, ...] | None:
    """What is shown where there is no value: a list without any, or nothing."""
    fact = find_fact(stated.facts, name)
    return ("[]",) if fact is not None and look(stated.context, fact.path)[1] in ([], {}) else None


def _subject(atom: Atom) -> str:
    native = atom.attribute.native
    return f"context{native}" if native.startswith("[") else f"context.{native}"


def _operator(atom: Atom) -> str:
    words = [word for word in (atom.quantifier, str(atom.op)) if word]
    if atom.negated:
        return "!=" if words == ["=="] else "not " + " ".join(words)
    return " ".join(words)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
