"""A document as masks: the AND over its columns says which statements may and which surely do match a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from policyc.engines.iam.caller import Caller
from policyc.engines.iam.columns import ActionColumn, GrantMasks, KeyColumn, Masks, PrincipalColumn, ResourceColumn
from policyc.engines.iam.switches import Switches, turned_switches

if TYPE_CHECKING:
    from policyc.engines.iam.request import Request
    from policyc.engines.iam.statement import Statement


#: the switches that bear on how resources and principals match
OF_RESOURCES = ("resource-star-colon", "substituted-wildcards")
OF_PRINCIPALS = ("star-matches-services", "star-bypasses-boundary")


_WORKED_OUT = frozenset(
    {"deny", "allow", "alive", "actions", "resources", "principals", "columns", "single", "joint", "whole"}
)


class MaskIndex:
    """The masks of one document."""

    __slots__ = (
        "actions",
        "alive",
        "allow",
        "columns",
        "deny",
        "joint",
        "principals",
        "questions",
        "resources",
        "single",
        "statements",
        "switches",
        "turned_by",
        "whole",
    )

    deny: int
    allow: int
    alive: int
    whole: int
    actions: ActionColumn
    resources: ResourceColumn
    principals: PrincipalColumn | None
    columns: Sequence[KeyColumn]
    single: tuple[tuple[str, dict[Any, Masks], KeyColumn], ...]
    joint: tuple[KeyColumn, ...]

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.statements, self.switches = statements, switches
        self.turned_by: dict[tuple[str, str], MaskIndex] = {}
        self.questions: frozenset[str] | None = None

    def __getattr__(self, name: str) -> Any:
        """What is worked out when the first request comes: `check` reads many documents and asks them nothing."""
        if name not in _WORKED_OUT:
            raise AttributeError(name)
        statements, switches = self.statements, self.switches
        self.deny = sum([1 << s.index for s in statements if s.deny])
        self.allow = sum([1 << s.index for s in statements if not s.deny])
        self.alive = sum([1 << s.index for s in statements if not s.inert])
        self.whole = ~sum([1 << s.index for s in statements if s.holes])
        self.actions = ActionColumn(statements)
        self.resources = ResourceColumn(statements, switches)
        has_principals = any(s.principals is not None for s in statements)
        self.principals = PrincipalColumn(statements, switches) if has_principals else None
        self._set_columns(_key_columns(statements, switches))
        return getattr(self, name)

    def _set_columns(self, columns: Sequence[KeyColumn]) -> None:
        self.columns = columns
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
        must = can & pair[1] & self.whole
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

    def misses(self, asked: Request, bounded: bool) -> tuple[int, ...]:
        """For each of who, what and where the statements that do not surely match there."""
        action, get, column = asked.folded_action, asked.get, self.resources
        known = self.actions.memo.get(action)
        what = self.actions.miss(action) if known is None else known
        key: Any = (asked.resource, *map(get, column.needs)) if column.needs else asked.resource
        _, where = column.memo.get(key) or column.miss(key, asked.resource, get)
        if self.principals is None:
            return ~what, ~where
        named = self.principals.memo.get((asked.caller.identity, bounded))
        _, who = named or self.principals.miss(asked.caller, bounded, -1)
        return ~who, ~what, ~where

    def missed_entries(self, asked: Request) -> list[int]:
        """For each key and operator the statements whose entry of `Condition` does not surely hold."""
        return [mask for column in self.columns for mask in column.missed(asked.get)]

    def turned(self, name: str, choice: str) -> MaskIndex:
        """The masks with one switch turned; what the switch does not bear on is shared."""
        found = self.turned_by.get((name, choice))
        if found is None:
            found = self.turned_by[name, choice] = self._turn(name, choice)
        return found

    def _turn(self, name: str, choice: str) -> MaskIndex:
        switches = turned_switches(self.switches, name, choice)
        made = MaskIndex.__new__(MaskIndex)
        made.statements, made.switches, made.turned_by, made.questions = self.statements, switches, {}, self.questions
        made.deny, made.allow, made.alive, made.actions = self.deny, self.allow, self.alive, self.actions
        made.whole = self.whole
        made.resources = self.resources.turned(switches) if name in OF_RESOURCES else self.resources
        turns = self.principals is not None and name in OF_PRINCIPALS
        made.principals = PrincipalColumn(self.statements, switches) if turns else self.principals
        made._set_columns([column.turned(switches) if name in column.questions else column for column in self.columns])
        return made

    def open_questions(self) -> frozenset[str]:
        """The switches that could bear on the document at all; the others need no second look when explaining."""
        if self.questions is None:
            names = {"star-matches-services", "star-bypasses-boundary"} if self.principals is not None else set()
            if any(statement.resources is not None for statement in self.statements):
                names.add("resource-star-colon")
            if self.resources.needs:
                names.add("substituted-wildcards")
            self.questions = frozenset(names).union(*(column.questions for column in self.columns))
        return self.questions

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
