"""Which statements may cover another one, found by what they begin with, so that a document of thousands is not compared pair by pair.

A clause of the covering statement must take in what the clause of the covered one names, so its patterns begin with a part of that
pattern's plain beginning, and one of its callers stands for that caller; where its condition asks for one of some texts, that of the
covered one asks for one of them too. Statements lie in buckets by these; those whose clause takes in things that it does not name (left
out, negated, with a hole) lie in the bucket of all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from heapq import merge
from operator import mul
from typing import Final, TypeAlias

from policyc.diagnostics import Diagnostic, Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.engines.proofs.globs import beginning
from policyc.ir.authz import All, Atom, Cond, Op, Statement
from policyc.ir.conditions import tests
from policyc.ir.pattern import is_plain, plain_text
from policyc.lint.covering import OF_ACCOUNTS, action_pattern, is_open
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.told import is_told
from policyc.model.types import STRING, Named, SetOf, shapes
from policyc.model.values import Principal

#: Pairs of statements that one rule compares in one policy, a second or two of work; statements that list much count for more.
MOST_PAIRS: Final = 100_000
#: Pairs of listed items that are compared in the time of one pair of statements.
_ITEMS: Final = 4
#: Fewer statements than this are sooner compared than sorted.
FEW: Final = 8

#: The beginnings of patterns; None for a clause that takes in more than it names.
_Beginnings: TypeAlias = "list[str] | None"


class Coverers:
    """Statements, by what they may cover: each by itself, or `together` with others."""

    def __init__(self, statements: Sequence[Statement], together: bool = False) -> None:
        self._statements = statements
        self._clauses = (
            [] if len(statements) < FEW else [_Patterns(statements, of) for of in (_resources, _verbs, _paths)]
        )
        self._callers = None if len(statements) < FEW else _Callers(statements)
        self._conditions = None if len(statements) < FEW or together else _Conditions(statements)
        self._sizes = list(map(_sizes, statements))
        self._left = MOST_PAIRS
        self._stopped: Statement | None = None

    def of(self, narrow: Statement) -> Iterator[Statement]:
        """Those that may cover a statement, itself among them, in their order; none that does is left out, unless the work has grown
        too large (`tell`)."""
        # what names paths is about requests of HTTP alone, whatever its verbs are (`told.covers`)
        clauses = [clause for clause in self._clauses if narrow.path is None or clause.by is not _verbs]
        ways = [clause.of(narrow) for clause in (*clauses, self._callers, self._conditions) if clause is not None]
        found = min((way for way in ways if way is not None), key=lambda way: sum(map(len, way)), default=None)
        last = -1
        own = _sizes(narrow)
        for place in range(len(self._statements)) if found is None else merge(*found):
            if place == last:
                continue
            if self._left <= 0:
                self._stopped = self._stopped or narrow
                return
            last = place
            self._left -= max(1, sum(map(mul, own, self._sizes[place])) // _ITEMS)
            yield self._statements[place]

    def tell(self, lint: Lint) -> None:
        """Say at the statement where it happened that the rule stopped comparing."""
        if self._stopped is not None:
            lint.found.append(
                Diagnostic(
                    "too-many-pairs",
                    f"`{lint.rule}` has compared as many of the policy's statements as it does, and compares no more from here on",
                    label_of(self._stopped),
                    "split the policy, or merge statements that differ in one value",
                    Severity.INFO,
                )
            )


def _sizes(statement: Statement) -> tuple[int, ...]:
    """How much each part of a statement lists."""
    who, can, resources, path = statement.who, statement.can, statement.resources, statement.path
    return (
        0 if who is None else len(who.principals),
        0 if can is None else len(can.verbs),
        0 if resources is None else len(resources.patterns),
        0 if path is None else len(path.patterns),
        sum(len(test.values) for test in tests(statement.when)),
    )


class _Patterns:
    """Statements by the beginnings of the patterns of one clause."""

    def __init__(self, statements: Sequence[Statement], of: Callable[[Statement], _Beginnings]) -> None:
        self.by = of
        self._all: list[int] = []
        self._buckets: dict[str, list[int]] = {}
        for place, statement in enumerate(statements):
            begins = of(statement)
            if begins is None:
                self._all.append(place)
            else:
                for begin in set(begins):
                    self._buckets.setdefault(begin, []).append(place)
        self._lengths = sorted(set(map(len, self._buckets)))

    def of(self, narrow: Statement) -> list[list[int]] | None:
        """Buckets with every statement whose clause may take in that of `narrow`; None where all may."""
        begins = self.by(narrow)
        if begins is not None and not begins:
            return None
        first = (
            "" if begins is None else begins[0]
        )  # what takes in more than it names is covered by its like, and by `*`
        starts = (first[:length] for length in self._lengths if length <= len(first))
        return [self._all, *(found for start in starts if (found := self._buckets.get(start)) is not None)]


def _resources(statement: Statement) -> _Beginnings:
    clause = statement.resources
    if clause is None or clause.negated or any(item.pattern is None for item in clause.patterns):
        return None
    return [beginning(item.pattern) for item in clause.patterns if item.pattern is not None]


def _verbs(statement: Statement) -> _Beginnings:
    clause = statement.can
    if clause is None or clause.negated or not clause.verbs:
        return None
    return [beginning(action_pattern(verb)) for verb in clause.verbs]


def _paths(statement: Statement) -> _Beginnings:
    clause = statement.path
    return None if clause is None or clause.negated else [beginning(text) for text in clause.patterns]


class _Callers:
    """Statements by the callers that they name."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._all: list[int] = []
        self._buckets: dict[Hashable, list[int]] = {}
        for place, statement in enumerate(statements):
            who = statement.who
            if who is None or who.negated or any(map(is_open, who.principals)):
                self._all.append(place)
            else:
                for key in {key for principal in who.principals for key in _names(principal)}:
                    self._buckets.setdefault(key, []).append(place)

    def of(self, narrow: Statement) -> list[list[int]] | None:
        who = narrow.who
        if who is None or who.negated or who.by_level:
            principal = Principal("anyone", ())
        elif not who.principals or is_open(who.principals[0]):
            return None
        else:
            principal = who.principals[0]
        return [self._all, *(self._buckets[key] for key in _named_by(principal) if key in self._buckets)]


def _names(principal: Principal) -> Iterable[Hashable]:
    """Under what a caller is found who stands for others."""
    yield (principal.kind, principal.args)
    if principal.kind in ("role", "user", "federated_user"):
        account, name = principal.args[0], principal.args[1]
        yield ("named", principal.kind, account, plain_text(name) if is_plain(name) else None)
    elif principal.kind == "service" and principal.args[0].startswith("cloudfront."):
        yield ("cloudfront",)


def _named_by(principal: Principal) -> Iterable[Hashable]:
    """Under what those are found who may stand for a caller."""
    kind, args = principal.kind, principal.args
    keys: dict[Hashable, None] = {(kind, args): None, ("anyone", ()): None}
    if kind not in ("anyone", "anonymous"):
        keys[("authenticated", ())] = None
    if kind in OF_ACCOUNTS:
        keys[("account", args[:1])] = None
    if kind in ("role", "user", "federated_user"):
        keys |= {("named", kind, args[0], None): None}
        keys |= {("named", kind, args[0], plain_text(args[1])): None} if is_plain(args[1]) else {}
    elif kind == "session":
        keys |= {("named", "role", args[0], None): None, ("named", "role", args[0], args[1]): None}
    elif kind == "cloudfront":
        keys[("cloudfront",)] = None
    return keys


class _Conditions:
    """Statements by the texts of which their conditions ask for one.

    Where a condition that can hold says nothing of a key but that it equals some texts, and implies that it is one of `values`, then one
    of those texts is among `values`: any other text that nobody names could stand in the key's place. Not so for keys of which callers and
    places tell.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._all: list[int] = []
        self._keys: dict[str, list[int]] = {}
        self._buckets: dict[tuple[str, Hashable], list[int]] = {}
        for place, statement in enumerate(statements):
            when = statement.when
            asked = next(filter(_is_one_of, when.items if isinstance(when, All) else (when,)), None)
            if not isinstance(asked, Atom) or is_told(asked.attribute):
                self._all.append(place)
                continue
            key = asked.attribute.native.lower()
            self._keys.setdefault(key, []).append(place)
            for value in {item.value for item in asked.values}:
                self._buckets.setdefault((key, value), []).append(place)

    def of(self, narrow: Statement) -> list[list[int]] | None:
        if not self._keys or never_holds(narrow.when):
            return None
        found: dict[str, dict[Hashable, None] | None] = {}
        for test in tests(narrow.when):
            key = test.attribute.native.lower()
            if key not in self._keys or (isinstance(test, Atom) and test.op is Op.EXISTS and not test.negated):
                continue
            if not _is_one_of(test):
                found[key] = None
            elif (values := found.setdefault(key, {})) is not None:
                values |= dict.fromkeys(item.value for item in test.values)  # type: ignore[union-attr]
        out = [self._all]
        for key, wanted in found.items():
            if wanted is None:
                out.append(self._keys[key])
            else:
                out += [self._buckets[key, value] for value in wanted if (key, value) in self._buckets]
        return out


def _is_one_of(cond: Cond) -> bool:
    """Whether a condition is a test that a key, of which there are more texts than anybody can list, equals one of some."""
    if (
        not isinstance(cond, Atom)
        or cond.op is not Op.EQ
        or cond.negated
        or cond.quantifier == "all"
        or cond.attribute.values
    ):
        return False
    kind = cond.attribute.type.item if isinstance(cond.attribute.type, SetOf) else cond.attribute.type
    if not isinstance(kind, Named) or not all(isinstance(item.value, str) and not item.group for item in cond.values):
        return False
    shape = shapes().get(kind.name)
    return kind == STRING if shape is None else shape.base == "string" and not shape.check and not shape.values
