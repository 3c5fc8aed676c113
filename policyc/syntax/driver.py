"""TOKENS -> VALUES: the LALR loop over the shipped table.

lark makes the table and stays the judge of it (a test compares the two on many texts); at run time this loop alone is
needed, which starts faster than lark does and lets recovery see the whole state. No recursion: the depth of the text
is the depth of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from policyc.syntax.lexer import Tokens
from policyc.syntax.table import END, Table

MAX_NESTING = 64
OPENERS = frozenset({"(", "[", "{", "not"})
# Keywords that begin something: taken for a name they may be a sign that what stands before them is not finished.
SUSPECTS = frozenset(
    {
        "who",
        "can",
        "on",
        "path",
        "when",
        "unless",
        "where",
        "allow",
        "deny",
        "module",
        "use",
        "let",
        "param",
        "principal",
        "group",
        "predicate",
        "resource",
        "policy",
        "network",
        "test",
        "prove",
    }
)


class Repair(Protocol):
    """What the driver calls when a token does not fit; each gives the index of the token to go on with, or None to
    stop. It may change the stacks and the tokens from that index on."""

    def mend(self, driver: Driver, index: int) -> int | None: ...

    def too_deep(self, driver: Driver, index: int) -> int | None: ...

    def misread(self, driver: Driver, index: int) -> bool:
        """Whether the keyword, for which the grammar has no place here, is no name either; changes nothing."""
        ...


class Driver:
    """One parse. The three stacks run in parallel: state after a symbol, the symbol's value (a token's index, or what
    its building function gave), and the index of its first token."""

    __slots__ = ("actions", "build", "builders", "firsts", "gotos", "repair", "rules", "states", "tokens", "values")

    def __init__(
        self, table: Table, tokens: Tokens, builders: Sequence[Callable[..., Any] | None], build: Any, repair: Repair
    ) -> None:
        self.actions = table.actions
        self.gotos = table.gotos
        self.rules = table.rules
        self.tokens = tokens
        self.builders = builders
        self.build = build
        self.repair = repair
        self.states: list[int] = [0]
        self.values: list[Any] = [None]
        self.firsts: list[int] = [0]

    def run(self) -> Any:
        """The value of the start symbol, or None when repair gave up."""
        tokens, actions, gotos, build = self.tokens, self.actions, self.gotos, self.build
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        states, values, firsts = self.states, self.values, self.firsts
        rules = [(origin, length, builder) for (origin, length, _), builder in zip(self.rules, self.builders)]
        index: int | None = 0
        while index is not None:
            kind = kinds[index]
            row = actions[states[-1]]
            if kind not in row:
                if kind in SUSPECTS and self.repair.misread(self, index):
                    index = self.repair.mend(self, index)
                    continue
                kind = as_name(kind)
            action = row.get(kind)
            while action is not None and action < 0:
                origin, length, builder = rules[-1 - action]
                if builder is None:
                    # A lone symbol passes its value on: only the state changes.
                    state = gotos[states[-2]][origin]
                    states[-1] = state
                elif length:
                    first = firsts[-length]
                    value = builder(build, starts[first], ends[index - 1], *values[-length:])
                    del states[-length:], values[-length:], firsts[-length:]
                    state = gotos[states[-1]][origin]
                    states.append(state)
                    values.append(value)
                    firsts.append(first)
                else:
                    at = starts[index]
                    state = gotos[states[-1]][origin]
                    states.append(state)
                    values.append(builder(build, at, at))
                    firsts.append(index)
                action = actions[state].get(kind)
            if action is None:
                self._settle(index)
                index = self.repair.mend(self, index)
                continue
            if kind == END:
                return values[-1]
            states.append(action)
            values.append(index)
            firsts.append(index)
            if len(states) > MAX_NESTING and kind in OPENERS and self._depth() > MAX_NESTING:
                index = self.repair.too_deep(self, index)
                continue
            index += 1
        return None

    def _settle(self, index: int) -> None:
        """Before an error is looked at: finish what is complete whatever follows (a state with one way out)."""
        while True:
            ways = set(self.actions[self.states[-1]].values())
            if len(ways) != 1 or min(ways) >= 0:
                return
            self._reduce(-1 - ways.pop(), index)

    def _reduce(self, rule: int, index: int) -> None:
        origin, length, _ = self.rules[rule]
        builder = self.builders[rule]
        starts, ends = self.tokens.starts, self.tokens.ends
        cut = len(self.states) - length
        first = self.firsts[cut] if length else index
        end = ends[index - 1] if length else starts[index]
        arguments = self.values[cut:]
        value = builder(self.build, starts[first], end, *arguments) if builder else arguments[0]
        del self.states[cut:], self.values[cut:], self.firsts[cut:]
        self.states.append(self.gotos[self.states[-1]][origin])
        self.values.append(value)
        self.firsts.append(first)

    def open_brackets(self) -> int:
        """How many brackets are open."""
        kinds = self.tokens.kinds
        return sum(1 for value in self.values if isinstance(value, int) and kinds[value] in OPENERS - {"not"})

    def _depth(self) -> int:
        """How many brackets and `not`s are open."""
        kinds = self.tokens.kinds
        return sum(1 for value in self.values if isinstance(value, int) and kinds[value] in OPENERS)


def as_name(kind: str) -> str:
    """What a token counts as where the grammar has no place for its own kind: a keyword is a name, a rule number a number."""
    if kind == "RULE":
        return "INT"
    return "NAME" if kind.isidentifier() and kind[0].islower() else kind


def first_on_line(text: str, tokens: Tokens, index: int) -> bool:
    """Whether a token is the first of its line."""
    return index == 0 or "\n" in text[tokens.ends[index - 1] : tokens.starts[index]]


def advance(table: Table, states: list[int], kind: str) -> bool:
    """Move a stack of states over one token as the parse would, without building; False when the token does not fit."""
    row = table.actions[states[-1]]
    if kind not in row:
        kind = as_name(kind)
    action = row.get(kind)
    while action is not None and action < 0:
        origin, length, _ = table.rules[-1 - action]
        if length:
            del states[-length:]
        state = table.gotos[states[-1]][origin]
        states.append(state)
        action = table.actions[state].get(kind)
    if action is None:
        return False
    states.append(action)
    return True


def survives(table: Table, states: list[int], kinds: Sequence[str], limit: int) -> int:
    """How many of the tokens fit one after the other, at most `limit`; the end of the file counts as all."""
    stack = list(states)
    for count, kind in enumerate(kinds):
        if count == limit:
            break
        if not advance(table, stack, kind):
            return count
        if kind == END:
            return limit
    return limit
