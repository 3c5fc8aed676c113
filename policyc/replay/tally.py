"""What policies say to recorded requests, counted: each distinct request is asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from policyc.engines.trace import Decision, Outcome, StatementTrace, Verdict
from policyc.record import record
from policyc.replay.reading import Place
from policyc.report.outcome import deciding_gate
from policyc.targets.lattice.access_log import NoRequest, Recorded, read_record, session_free

#: places of records that a class keeps
_MOST_PLACES: Final = 3
#: distinct requests whose answers are kept
_MOST_KEPT: Final = 200_000
#: ids of records, to count one that was delivered twice once
_MOST_IDS: Final = 5_000_000

#: answers a recorded request; None when it cannot be asked, with the reason
Ask = Callable[[Recorded], "Outcome | str"]


@record
class Said:
    """What the policies say to one request: the decision, the statement and gate that decide, the condition that was missed, and for an
    undecided request what the record does not tell."""

    decision: str
    by: str
    missed: str
    unknown: tuple[str, ...]


@dataclass(slots=True)
class Class:
    """Records that are alike: the same kind of change for the same caller, method and service, decided in the same way."""

    recorded: str
    old: str
    new: str
    who: str
    can: str
    service: str
    by: str
    missed: str
    count: int = 0
    first: str = ""
    last: str = ""
    paths: Counter[str] = field(default_factory=Counter)
    places: list[Place] = field(default_factory=list)

    def add(self, item: Recorded, place: Place) -> None:
        self.count += 1
        if item.time:
            self.first = min(self.first or item.time, item.time)
            self.last = max(self.last, item.time)
        if len(self.paths) < 1_000 or item.path in self.paths:
            self.paths[item.path] += 1
        if len(self.places) < _MOST_PLACES:
            self.places.append(place)


@dataclass(slots=True)
class Tally:
    """The count of a replay. `reproduced`, `contradicted` and `open` are about the policies that were in force (`old`); `pairs` counts
    (recorded, old, new) decisions; `skipped` counts records that no policy decided, by reason."""

    records: int = 0
    duplicates: int = 0
    asked: int = 0
    reproduced: int = 0
    contradicted: int = 0
    open: int = 0
    pairs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    changes: dict[tuple[str, ...], Class] = field(default_factory=dict)
    against: dict[tuple[str, ...], Class] = field(default_factory=dict)

    def changed(self) -> list[Class]:
        """The classes whose decision differs between old and new, the largest first."""
        return _ordered(self.changes)

    def against_the_log(self) -> list[Class]:
        """The classes where the policies in force say something else than the log, the largest first."""
        return _ordered(self.against)


def _ordered(classes: dict[tuple[str, ...], Class]) -> list[Class]:
    return sorted(classes.values(), key=lambda item: (-item.count, item.who, item.can, item.service, item.by))


def replay(
    records: Iterable[tuple[dict[str, Any], Place]],
    ask_old: Ask,
    ask_new: Ask | None,
    is_read: Callable[[str], bool] = lambda key: True,
    watch: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Ask the policies in force, and where there are some the new ones, about every recorded request.

    `is_read` says of a condition key whether some policy may read it: what nobody reads does not tell requests apart. `watch` sees the count
    as it grows.
    """
    tally = Tally()
    old, new = _Kept(ask_old), None if ask_new is None else _Kept(ask_new)
    seen: set[str] = set()
    for data, place in records:
        tally.records += 1
        watch(tally)
        try:
            item = read_record(data)
        except NoRequest as error:
            _skip(tally, str(error), place)
            continue
        if item.id:
            if item.id in seen:
                tally.duplicates += 1
                continue
            if len(seen) < _MOST_IDS:
                seen.add(item.id)
        said = old.answer(item, is_read)
        if isinstance(said, str):
            _skip(tally, said, place)
            continue
        then = said if new is None else new.answer(item, is_read)
        if isinstance(then, str):
            _skip(tally, then, place)
            continue
        _count(tally, item, said, then, place)
    return tally


def _skip(tally: Tally, reason: str, place: Place) -> None:
    tally.skipped[reason] += 1
    tally.examples.setdefault(reason, str(place))


def _count(tally: Tally, item: Recorded, old: Said, new: Said, place: Place) -> None:
    tally.asked += 1
    if old.decision == "undecided":
        tally.open += 1
    elif old.decision == item.verdict:
        tally.reproduced += 1
    else:
        tally.contradicted += 1
    tally.pairs[item.verdict, old.decision, new.decision] += 1
    if new.decision == "undecided":
        tally.missing.update(new.unknown)
    if old.decision not in ("undecided", item.verdict):
        _file(tally.against, item, old, old, place)
    if old.decision != new.decision:
        _file(tally.changes, item, old, new, place)


def _file(classes: dict[tuple[str, ...], Class], item: Recorded, old: Said, new: Said, place: Place) -> None:
    """Add a record to its class; `new` is what is told of it."""
    who = session_free(item.who)
    key = (item.verdict, old.decision, new.decision, who, item.can, item.service, new.by, new.missed)
    found = classes.get(key)
    if found is None:
        found = classes[key] = Class(*key)
    found.add(item, place)


class _Kept:
    """Answers by what tells requests apart."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.kept: dict[tuple[object, ...], Said | str] = {}

    def answer(self, item: Recorded, is_read: Callable[[str], bool]) -> Said | str:
        told = tuple(pair for pair in item.keys if is_read(pair[0]))
        key = (item.who, item.can, item.path, item.service, item.network, told, item.denied == "")
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            outcome = self.ask(item)
            found = outcome if isinstance(outcome, str) else _said(outcome, item)
            self.kept[key] = found
        return found


def _said(outcome: Outcome, item: Recorded) -> Said:
    """The answer in short. A request that went through had a caller whose own policies let it: where only those are open, that is known."""
    decision = outcome.decision
    waiting = [gate for gate in outcome.gates if gate.verdict is Verdict.UNDECIDED]
    if decision is Decision.UNDECIDED and not item.denied and waiting and all(g.kind == "identity" for g in waiting):
        decided = next((gate for gate in reversed(outcome.gates) if gate.decided_by), None)
        by = f"`{decided.decided_by[0].label}` at {decided.title}" if decided is not None else "the auth types"
        return Said("allow", by, "", ())
    gate = deciding_gate(outcome)
    if decision is Decision.UNDECIDED:
        return Said(decision.value, "", f"not known: {', '.join(outcome.missing[:3])}", tuple(outcome.missing))
    by, missed = "", ""
    if gate is not None:
        # the gate of a caller bears the name of its session
        where = "the caller's own policies" if gate.kind == "identity" else gate.title
        by = f"`{gate.decided_by[0].label}` at {where}" if gate.decided_by else f"nothing at {where}"
        if decision is Decision.DENY and not gate.decided_by and gate.nearest is not None:
            missed = _missed(gate.nearest)
    return Said(decision.value, by, missed, ())


def _missed(nearest: StatementTrace) -> str:
    """What the nearest statement wants; the value that was there differs from record to record."""
    for reason in nearest.misses:
        wants = ", ".join(f"`{value}`" for value in reason.expected[:2])
        more = f" or {len(reason.expected) - 2} more" if len(reason.expected) > 2 else ""
        return f"`{nearest.label}` missed: {reason.subject} {reason.operator} {wants}{more}".rstrip()
    return ""
