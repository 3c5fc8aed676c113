"""Conditions as values: joined without constants, and walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, RawExpression, RawTest
from policyc.record import replace


def conjunction(items: list[Cond]) -> Cond:
    """All of them, flattened and without constants."""
    out: list[Cond] = []
    for item in items:
        if isinstance(item, Never):
            return Never()
        if isinstance(item, All):
            out.extend(item.items)
        elif not isinstance(item, Always):
            out.append(item)
    out = out if len(out) < 2 else list(dict.fromkeys(out))
    if not out:
        return Always()
    return out[0] if len(out) == 1 else All(tuple(out))


def disjunction(items: list[Cond]) -> Cond:
    """Any of them, flattened and without constants."""
    out: list[Cond] = []
    for item in items:
        if isinstance(item, Always):
            return Always()
        if isinstance(item, AnyOf):
            out.extend(item.items)
        elif not isinstance(item, Never):
            out.append(item)
    out = list(dict.fromkeys(out))
    if not out:
        return Never()
    return out[0] if len(out) == 1 else AnyOf(tuple(out))


def complement(cond: Cond) -> Cond:
    """The condition that holds exactly where this one does not."""
    match cond:
        case Always():
            return Never()
        case Never():
            return Always()
        case Atom() | RawTest() | RawExpression():
            return replace(cond, negated=not cond.negated)
        case All(items):
            return disjunction([complement(item) for item in items])
        case AnyOf(items):
            return conjunction([complement(item) for item in items])
        case _:
            assert_never(cond)


def rebuilt(cond: Cond, leaf: Callable[[Cond], Cond]) -> Cond:
    """The condition with every leaf as `leaf` gives it. Works on an explicit stack, so that depth does not matter."""
    done: list[Cond] = []
    work: list[tuple[Cond, bool]] = [(cond, False)]
    while work:
        node, ready = work.pop()
        match node:
            case All(items) | AnyOf(items) if not ready:
                work.append((node, True))
                work.extend((item, False) for item in reversed(items))
            case All(items) | AnyOf(items):
                parts = done[len(done) - len(items) :]
                del done[len(done) - len(items) :]
                done.append(conjunction(parts) if isinstance(node, All) else disjunction(parts))
            case _:
                done.append(leaf(node))
    return done[0]


def atoms(cond: Cond) -> Iterator[Atom]:
    """Every typed test of a condition, left to right."""
    return (test for test in tests(cond) if isinstance(test, Atom))


def worded_atoms(cond: Cond) -> Iterator[Atom]:
    """The typed tests that a policy of the language states in words, not in a raw form."""
    return (atom for atom in atoms(cond) if atom.spelling is None)


def tests(cond: Cond) -> Iterator[Atom | RawTest]:
    """Every test of one attribute in a condition, typed and raw, left to right."""
    work = [cond]
    while work:
        node = work.pop()
        match node:
            case Atom() | RawTest():
                yield node
            case All(items) | AnyOf(items):
                work.extend(reversed(items))
            case Always() | Never() | RawExpression():
                pass
            case _:
                assert_never(node)
