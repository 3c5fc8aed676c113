"""The smallest document that we find that answers every request as another one does: statements that repeat others go, and those that differ
in one list are one.

Every way to write it is only a proposal; it counts when `compare` proves that nothing changes. Statements are JSON objects of a document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from policyc.analysis.compare import Version, compare
from policyc.analysis.cover import may_meet
from policyc.analysis.formula import Lit
from policyc.analysis.question import Space
from policyc.ir.authz import Can, Resources, Statement
from policyc.record import record, replace

#: one statement of a document as JSON
Body: TypeAlias = dict[str, Any]
#: makes a version of statements; None where the service would not take them
Read: TypeAlias = Callable[[Sequence[Body]], "Version | None"]
#: the lists of which two statements may differ in one
_LISTS: Final = ("Principal", "Action", "Resource")
#: statements past which nothing is tried
_MOST: Final = 400


@record
class Part:
    """One statement of the smaller document, and the places of those of the first one that it stands for."""

    body: Body
    of: tuple[int, ...]


def minimize(statements: Sequence[Body], read: Read) -> tuple[Part, ...]:
    """The smallest proven document; the statements themselves where nothing smaller is."""
    first = tuple(Part(item, (at,)) for at, item in enumerate(statements))
    whole = read(statements)
    if whole is None or len(statements) > _MOST:
        return first

    def proven(parts: Sequence[Part]) -> bool:
        made = read([item.body for item in parts])
        return made is not None and compare([whole], [made]).same

    best = first
    for propose in (_merged, _paired, _without_repeats, _merged_without, _paired_without, _without_items):
        parts = propose(best if propose is _without_items else first, read)
        if _size(parts) < _size(best) and proven(parts):
            best = parts
    return best


def _size(parts: Sequence[Part]) -> int:
    return len(json.dumps([item.body for item in parts], ensure_ascii=False, separators=(",", ":")).encode())


# --- proposals ----------------------------------------------------------------------------------------------------


def _merged(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    """Statements that differ in exactly one list are one, list by list and over and over."""
    held = list(parts)
    again = True
    while again:
        again = False
        for name in _LISTS:
            groups: dict[str, Part] = {}
            for at, part in enumerate(held):
                key = _frame(part.body, name) or str(at)
                known = groups.get(key)
                groups[key] = part if known is None else _both(known, part, name)
            if len(groups) < len(held):
                held, again = list(groups.values()), True
    return tuple(held)


def _paired(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    """The same pair by pair, each statement with the first later one that it can be joined with."""
    held = list(parts)
    at = 0
    while at < len(held):
        for other in range(at + 1, len(held)):
            one, two = held[at].body, held[other].body
            name = next((item for item in _LISTS if (key := _frame(one, item)) and key == _frame(two, item)), None)
            if name is not None:
                held[at] = _both(held[at], held.pop(other), name)
                break
        else:
            at += 1
    return tuple(held)


def _without_repeats(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    """The statements without those that match nothing which others of the same effect do not match, and without allows that denies
    take back."""
    version = read([item.body for item in parts])
    if version is None:
        return tuple(parts)
    statements = version.policy.statements
    left = dict(enumerate(statements))
    with _asking(version) as space:
        for at in reversed(range(len(statements))):
            mine = statements[at]
            others = [
                -space.statement(item)
                for other, item in left.items()
                if other != at and item.effect in (mine.effect, "deny")
            ]
            if not may_meet(space, [space.statement(mine), *others]):
                del left[at]
    return tuple(parts[at] for at in left)


def _merged_without(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    return _without_repeats(_merged(parts, read), read)


def _paired_without(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    return _without_repeats(_paired(parts, read), read)


def _without_items(parts: Sequence[Part], read: Read) -> tuple[Part, ...]:
    """The statements without actions and resources that others of the same list take in."""
    version = read([item.body for item in parts])
    if version is None:
        return tuple(parts)
    out: list[Part] = []
    with _asking(version) as space:
        for part, statement in zip(parts, version.policy.statements, strict=True):
            body = dict(part.body)
            for name, lits in _items(space, statement):
                listed = body.get(name)
                if not isinstance(listed, list) or len(listed) != len(lits):
                    continue
                kept = list(range(len(lits)))
                for at in reversed(range(len(lits))):
                    others = [lits[other] for other in kept if other != at]
                    if others and not may_meet(space, [lits[at], *(-lit for lit in others)]):
                        kept.remove(at)
                if len(kept) < len(listed):
                    body[name] = listed[kept[0]] if len(kept) == 1 else [listed[at] for at in kept]
            out.append(Part(body, part.of))
    return tuple(out)


def _items(space: Space, statement: Statement) -> Iterator[tuple[str, list[Lit]]]:
    can, places, deny = statement.can, statement.resources, statement.effect == "deny"
    if isinstance(can, Can) and not can.negated:
        yield "Action", [space.action(verb.action) for verb in can.verbs]
    if isinstance(places, Resources) and not places.negated:
        yield "Resource", [space.where(replace(places, patterns=(glob,)), deny) for glob in places.patterns]


# --- asking -------------------------------------------------------------------------------------------------------


@contextmanager
def _asking(version: Version) -> Iterator[Space]:
    """The requests that a document is asked about."""
    space = Space([version.policy])
    try:
        yield space
    finally:
        space.solver.close()


# --- joining ------------------------------------------------------------------------------------------------------


def _frame(body: Body, but: str) -> str:
    """Everything that a statement says but its label and one list; empty where it has no such list."""
    if but not in body:
        return ""
    rest = {name: _unordered(value) for name, value in body.items() if name not in ("Sid", but)}
    whole = body[but] if but == "Principal" and not isinstance(body[but], dict) else None
    return json.dumps([rest, whole], sort_keys=True)


def _unordered(value: Any) -> Any:
    """A value in which the order of lists does not matter, nor whether one value is a list."""
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    return sorted({json.dumps(item) for item in (value if isinstance(value, list) else [value])})


def _both(one: Part, other: Part, name: str) -> Part:
    first, second = one.body[name], other.body[name]
    if isinstance(first, dict) and isinstance(second, dict):
        value: Any = {key: _union(first.get(key, []), second.get(key, [])) for key in dict.fromkeys([*first, *second])}
    else:
        value = _union(first, second)
    return Part({**one.body, name: value}, one.of + other.of)


def _union(first: Any, second: Any) -> Any:
    listed = [item for held in (first, second) for item in (held if isinstance(held, list) else [held])]
    once = list(dict.fromkeys(listed))
    return once[0] if len(once) == 1 else once
