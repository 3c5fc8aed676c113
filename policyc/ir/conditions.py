"""Conditions as values: joined without constants, and walked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, RawTest


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
    out = list(dict.fromkeys(out))
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


def atoms(cond: Cond) -> Iterator[Atom]:
    """Every typed test of a condition, left to right."""
    return (test for test in tests(cond) if isinstance(test, Atom))


def tests(cond: Cond) -> Iterator[Atom | RawTest]:
    """Every test of a condition, typed and raw, left to right."""
    work = [cond]
    while work:
        node = work.pop()
        match node:
            case Atom() | RawTest():
                yield node
            case All(items) | AnyOf(items):
                work.extend(reversed(items))
            case Always() | Never():
                pass
            case _:
                assert_never(node)
