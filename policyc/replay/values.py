"""Which values of the statements in force recorded requests met: callers, resources and values of conditions that a statement lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import Hit
from policyc.engines.iam.operators import Family
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.values import Unknown, Values
from policyc.replay.recorded import Recorded, is_time
from policyc.simulation.request_text import parse_caller
from policyc.targets.iam_documents.gates import engine_caller
from policyc.targets.lattice.words import METHOD_KEY, NETWORK_KEY, PATH_KEY, SERVICE_KEY

#: a statement's label, what the value stands in, and the value
Value: TypeAlias = tuple[str, str, str]
_MOST_KNOWN: Final = 100_000


class Met:
    """The values of some documents, and the last time that a record met each (empty for one without a time)."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)
        self.statements = [(s, d) for d in self.documents for s in d.statements]
        self.last: dict[Value, str] = {}
        self.known: dict[Recorded, tuple[Value, ...]] = {}

    def see(self, item: Recorded) -> None:
        """A record that was asked about."""
        time = item.time if is_time(item.time) else ""
        alike = Recorded(item.kind, item.who, item.can, item.where, item.path, item.network, item.keys, "", "", "")
        found = self.known.get(alike)
        if found is None:
            if len(self.known) > _MOST_KNOWN:
                self.known.clear()
            found = self.known[alike] = tuple(self._met(item))
        for value in found:
            self.last[value] = max(self.last.get(value, ""), time)

    def listed(self) -> Iterator[Value]:
        """Every value, in the order of the documents; the only value of a part says no more than its statement."""
        for statement, _ in self.statements:
            for part, values in _parts(statement):
                if len(values) > 1:
                    yield from ((statement.label, part, value) for value in values)

    def _met(self, item: Recorded) -> Iterator[Value]:
        principal = parse_caller(item.who)
        try:
            caller = None if principal is None else engine_caller(principal)
            # a session names its role without the path
            caller = caller and with_role_path(caller, self.documents)
        except ValueError:
            caller = None
        told = {METHOD_KEY: item.can, PATH_KEY: item.path, SERVICE_KEY: item.where, NETWORK_KEY: item.network}
        held = {key.lower(): (value,) for key, value in (*told.items(), *item.keys) if value}

        def get(key: str) -> Values:
            return held[key] if key in held else caller.keys().get(key, Unknown.ANY) if caller else Unknown.ANY

        for statement, document in self.statements:
            switches = document.switches
            if statement.principals is not None:
                yield from ((statement.label, "principal", t) for t in statement.principals.texts if _names(t, caller))
            if statement.resources is not None:
                for pattern in statement.resources.patterns:
                    if pattern.hit(item.where + item.path, get, switches) is Hit.YES:
                        yield statement.label, "resource", pattern.text
            for atom in _listing(statement):
                for value in atom.values:
                    alone = Atom(atom.operator, atom.key, atom.spelled, (value,), atom.span, atom.needs)
                    if alone.decide(get, switches):
                        yield statement.label, atom.spelled, value.text


def _parts(statement: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    if statement.principals is not None:
        yield "principal", statement.principals.texts
    if statement.resources is not None:
        yield "resource", tuple(pattern.text for pattern in statement.resources.patterns)
    for atom in _listing(statement):
        yield atom.spelled, tuple(value.text for value in atom.values)


def _listing(statement: Statement) -> Iterator[Atom]:
    """The conditions that list what a key may be."""
    return (
        atom for atom in statement.conditions if not atom.operator.negated and atom.operator.family is not Family.NULL
    )


def _names(text: str, caller: Caller | None) -> bool:
    return caller is not None and any(name in (text, f"aws:{text}") for name in caller.identity)
