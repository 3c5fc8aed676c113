"""A document as masks: the AND over its columns says which statements may and which surely do match a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.columns import ActionColumn, GrantMasks, KeyColumn, Masks, PrincipalColumn, ResourceColumn
from policyc.engines.iam.operators import Family, Qualifier
from policyc.engines.iam.switches import Switches

if TYPE_CHECKING:
    from policyc.engines.iam.request import Request
    from policyc.engines.iam.statement import Statement


class MaskIndex:
    """The masks of one document."""

    __slots__ = ("actions", "alive", "allow", "deny", "joint", "principals", "resources", "single")

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.deny = sum([1 << s.index for s in statements if s.deny])
        self.allow = sum([1 << s.index for s in statements if not s.deny])
        self.alive = sum([1 << s.index for s in statements if not s.inert])
        self.actions = ActionColumn(statements)
        self.resources = ResourceColumn(statements, switches)
        has_principals = any(s.principals is not None for s in statements)
        self.principals = PrincipalColumn(statements, switches) if has_principals else None
        columns = _key_columns(statements, switches)
        self.single = tuple([(column.keys[0], column.memo, column) for column in columns if len(column.keys) == 1])
        self.joint = tuple([column for column in columns if len(column.keys) > 1])

    def masks(self, asked: Request, bounded: bool = False) -> Masks:
        """The statements that may match and those that surely do."""
        action, resource, get = asked.folded_action, asked.resource, asked.get
        can = self.actions.memo.get(action)
        if can is None:
            can = self.actions.miss(action)
        can &= self.alive
        if not can:
            return 0, 0
        column = self.resources
        key: Any = (resource, *map(get, column.needs)) if column.needs else resource
        pair = column.memo.get(key)
        if pair is None:
            pair = column.miss(key, resource, get)
        must = can & pair[1]
        can &= pair[0]
        if self.principals is not None and can:
            pair = self.principals.memo.get((asked.caller.identity, bounded))
            if pair is None:
                pair = self.principals.miss(asked.caller, bounded, can)
            can &= pair[0]
            must &= pair[1]
        if not can:
            return 0, 0
        for name, memo, single in self.single:
            value = get(name)
            pair = memo.get(value)
            if pair is None:
                pair = single.miss(value, get, can)
            can &= pair[0]
            must &= pair[1]
            if not can:
                return 0, 0
        for joint in self.joint:
            key = tuple(map(get, joint.keys))
            pair = joint.memo.get(key)
            if pair is None:
                pair = joint.miss(key, get, can)
            can &= pair[0]
            must &= pair[1]
        return can, must

    def grants(self, caller: Caller) -> tuple[GrantMasks, GrantMasks]:
        """The allow statements by how they may and how they surely name the caller; empty for documents without principals."""
        return self.principals.grants_for(caller) if self.principals is not None else ((), ())


def _key_columns(statements: Iterable[Statement], switches: Switches) -> list[KeyColumn]:
    """The entries of all statements by the keys they depend on."""
    columns: dict[tuple[str, ...], KeyColumn] = {}
    for statement in statements:
        bit = 1 << statement.index
        for atom in statement.conditions:
            keys = atom.keys if atom.needs else (atom.key,)
            column = columns.get(keys)
            if column is None:
                column = columns[keys] = KeyColumn(keys, switches)
            column.atoms.append((atom, bit))
    return list(columns.values())


def open_questions(statements: Iterable[Statement]) -> frozenset[str]:
    """The switches that could bear on a document at all; the others need no second look when explaining."""
    names = {"many-values-without-prefix", "star-matches-services", "star-bypasses-boundary"}
    for statement in statements:
        if statement.resources is not None:
            names.add("resource-star-colon")
            if any(pattern.needs for pattern in statement.resources.patterns):
                names.add("substituted-wildcards")
        for atom in statement.conditions:
            names.update(_questions_of(atom))
    return frozenset(names)


def _questions_of(atom: Atom) -> Iterable[str]:
    operator = atom.operator
    if not atom.values:
        yield from ("empty-values", "empty-values-negated")
    if atom.needs:
        yield "substituted-wildcards"
    if operator.negated:
        yield "unparsable-negated"
    if operator.qualifier is Qualifier.ANY:
        yield from ("any-value-negated-absent", "any-value-if-exists-absent")
    if operator.qualifier is Qualifier.ALL:
        yield from ("blank-set-absent", "all-values-not-like-absent")
    match operator.family:
        case Family.IP:
            yield "bare-ipv6"
        case Family.ARN:
            yield "short-arn-pattern"
        case Family.DATE:
            yield "date-without-zone"
        case _:
            return
