"""Why a statement matched or did not: the tests of the normal form against what a request states.

The decision is always Cedar's; this only names the tests behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

from policyc.engines.cedar import StatementResult
from policyc.engines.trace import Reason, StatementTrace
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Op, Policy, Statement
from policyc.ir.decide import atom_holds
from policyc.model.values import Scalar
from policyc.record import record


@record
class Stated:
    """What is known of a request: values by attribute name (absent ones left out or empty), the names of attributes that exist
    with a value nobody stated (`unknown`), and of those that may or may not exist (`doubtful`)."""

    values: Mapping[str, tuple[Scalar, ...]]
    unknown: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


def trace_statement(policy: Policy, statement: Statement, result: StatementResult, stated: Stated) -> StatementTrace:
    """One statement's part in the answer, with a reason for each test that mattered.

    A statement that Cedar could not evaluate has not matched, yet whether it should have is not known: its `matched` is None.
    """
    return StatementTrace(
        policy=policy.name,
        index=statement.index,
        label=statement.label,
        effect=statement.effect,
        matched=None if result.error else result.matched,
        reasons=tuple(_reasons(statement.when, stated)),
        span=statement.span,
    )


def nearest(traces: tuple[StatementTrace, ...]) -> StatementTrace | None:
    """The allow that came closest without matching: an undecided one first, then the one with the fewest misses."""
    open_allows = [trace for trace in traces if trace.effect in ("allow", "permit") and trace.matched is not True]
    return min(open_allows, key=lambda trace: (trace.matched is False, len(trace.misses), trace.index), default=None)


def truth(cond: Cond, stated: Stated) -> bool | None:
    """Three-valued truth of a condition; None when it hangs on a value that is unknown or cannot be read.

    `limits` bounds the depth.
    """
    match cond:
        case Always():
            return True
        case Never():
            return False
        case Atom():
            return _atom_truth(cond, stated)
        case All(items):
            truths = [truth(item, stated) for item in items]
            return False if False in truths else None if None in truths else True
        case AnyOf(items):
            truths = [truth(item, stated) for item in items]
            return True if True in truths else None if None in truths else False


def _atom_truth(atom: Atom, stated: Stated) -> bool | None:
    if atom.attribute.name in stated.doubtful:
        return None
    if atom.attribute.name in stated.unknown:
        return (not atom.negated) if atom.op is Op.EXISTS else None
    try:
        return atom_holds(atom, stated.values.get(atom.attribute.name, ()))
    except ValueError:  # a value that is none of the attribute's type, such as a list of addresses
        return None


def _reasons(cond: Cond, stated: Stated) -> list[Reason]:
    """A reason for each test; of a disjunction only the sides that share its truth."""
    match cond:
        case Always():
            return []
        case Never():
            return [Reason("condition", False, "the condition", "is never true", (), ())]
        case Atom():
            return [_reason(cond, stated)]
        case All(items):
            return [reason for item in items for reason in _reasons(item, stated)]
        case AnyOf(items):
            whole = truth(cond, stated)
            return [reason for item in items if truth(item, stated) is whole for reason in _reasons(item, stated)]


def _reason(atom: Atom, stated: Stated) -> Reason:
    name = atom.attribute.name
    values = () if name in stated.unknown else stated.values.get(name, ())
    return Reason(
        part="condition",
        matched=_atom_truth(atom, stated),
        subject=_subject(atom),
        operator=_operator(atom),
        expected=tuple(_text(value.value) for value in atom.values),
        actual=tuple(_text(value) for value in values) or None,
        span=atom.span,
    )


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
