"""Explaining: every statement against a request, part by part, and the whole way of a request.

The verdict comes from the masks, as when deciding; reasons are made for the statements that somebody looks at.
Source: IAM evaluation reference, sections 3, 10 and 15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from policyc.engines.iam.caller import UNOWNED, CallerKind
from policyc.engines.iam.decision import (
    Documents,
    Gate,
    Policies,
    Settlement,
    Weight,
    combine,
    gate_levels,
    is_cross_account,
    settle,
    verdict_of,
    weigh_levels,
    weights_of,
)
from policyc.engines.iam.document import Document
from policyc.engines.iam.masks import MaskIndex
from policyc.engines.iam.reasons import reasons_for
from policyc.engines.iam.request import Request
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.switches import TABLE
from policyc.engines.trace import Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict, changed, late

TITLES = {
    Gate.RCP: "resource control policy",
    Gate.SCP: "service control policy",
    Gate.RESOURCE: "resource policy",
    Gate.IDENTITY: "identity policy",
    Gate.BOUNDARY: "permissions boundary",
    Gate.SESSION: "session policy",
    Gate.ENDPOINT: "endpoint policy",
}


def explain(
    documents: Documents, asked: Request, *, name: str = "", kind: str = "", bounded: bool = False
) -> GateTrace:
    """The record behind `decide`: every statement with the reason for each part, and the allow that came closest.

    `name` and `kind` name the gate; they default to the first document's name and kind. `switches` of the answer are
    those whose other choice would change the verdict, and those that shaped how a statement near it was read.
    """
    held = (documents,) if isinstance(documents, Document) else tuple(documents)
    first = held[0] if held else None
    return _gate(
        (held,), asked, name or (first.name if first else kind), kind or (first.kind if first else ""), bounded
    )


def _gate(levels: Sequence[Sequence[Document]], asked: Request, name: str, kind: str, bounded: bool) -> GateTrace:
    verdict = verdict_of(levels, asked, bounded)
    record = _Record(levels, asked, bounded, verdict)
    return late(GateTrace, record.field, name=name, kind=str(kind), verdict=verdict, wants=())


class _Record:
    """What a gate can tell beyond its verdict, each part made when it is asked for."""

    def __init__(self, levels: Sequence[Sequence[Document]], asked: Request, bounded: bool, verdict: Verdict) -> None:
        self.levels, self.asked, self.bounded, self.verdict = levels, asked, bounded, verdict

    def field(self, name: str) -> Any:
        """A field of the gate's `GateTrace`."""
        match name:
            case "decided_by":
                return self.decided_by
            case "nearest":
                return self.nearest
            case "statements":
                return tuple(self.traces(lambda _index, _can, _must: -1))
            case "switches":
                return self.switches()
            case "summary":
                return self.summary()
            case _:
                raise AttributeError(name)

    def traces(self, chosen: Callable[[MaskIndex, int, int], int]) -> Iterable[StatementTrace]:
        """The traces of the statements that `chosen` picks from the masks of each document."""
        for document in self.documents():
            can, must = document.masks.masks(self.asked, self.bounded)
            wanted = chosen(document.masks, can, must)
            for statement in document.statements:
                bit = 1 << statement.index
                if wanted & bit:
                    matched = bool(must & bit) or (None if can & bit else False)
                    yield _trace(statement, document, self.asked, self.bounded, matched)

    def documents(self) -> Iterable[Document]:
        return (document for level in self.levels for document in level)

    @cached_property
    def decided_by(self) -> tuple[StatementTrace, ...]:
        match self.verdict:
            case Verdict.ALLOW:
                return tuple(self.traces(lambda index, _can, must: must & index.allow))
            case Verdict.EXPLICIT_DENY:
                return tuple(self.traces(lambda index, _can, must: must & index.deny))
            case _:
                return ()

    @cached_property
    def nearest(self) -> StatementTrace | None:
        """The allow with the fewest parts against it, those of who, what and where weighing most."""
        if self.verdict not in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED):
            return None
        best: tuple[int, int] | None = None
        found: tuple[Document, int, bool | None] | None = None
        for document in self.documents():
            index = document.masks
            can, must = index.masks(self.asked, self.bounded)
            core, closest = _fewest(index.misses(self.asked, self.bounded), index.allow & ~must)
            others, closest = _fewest([~index.alive, *index.missed_entries(self.asked)], closest)
            if closest and (best is None or (core, others) < best):
                best = core, others
                first = closest & -closest
                found = document, first.bit_length() - 1, None if can & first else False
        if found is None:
            return None
        return _trace(found[0].statements[found[1]], found[0], self.asked, self.bounded, found[2])

    def switches(self) -> tuple[str, ...]:
        """Those whose other choice would change the verdict, and those that shaped how a statement that is shown was read."""
        asked, bounded = self.asked, self.bounded
        names = {
            name
            for name, choice in other_choices(self.documents(), asked)
            if weigh_levels(self.levels, asked, bounded, False, (name, choice)).verdict is not self.verdict
        }
        near = self.nearest
        shown = {(trace.policy, trace.index) for trace in (*self.decided_by, *((near,) if near else ()))}
        for document in self.documents():
            for statement in document.statements:
                if statement.switches and (document.name, statement.index) in shown:
                    names.update(statement.switches)
        return tuple(sorted(names))

    def summary(self) -> str:
        match self.verdict:
            case Verdict.UNDECIDED:
                open_ones = self.traces(lambda _index, can, must: can & ~must)
                keys = ", ".join(f"`{key}`" for key in missing_keys(open_ones))
                return f"depends on {keys or 'what is not known'}"
            case Verdict.ALLOW | Verdict.EXPLICIT_DENY:
                verb = "denies" if self.verdict is Verdict.EXPLICIT_DENY else "allows"
                return f"`{self.decided_by[0].label}` {verb}"
            case _:
                near = self.nearest
                told = f"no statement allows `{self.asked.action}`"
                if near is None or not near.misses:
                    return told
                return f"{told}; nearest is `{near.label}`"


def _fewest(misses: Iterable[int], among: int) -> tuple[int, int]:
    """In how few of the masks a statement of `among` can be, and which statements are in no more."""
    by_count = [among]
    for missed in misses:
        by_count.append(0)
        for count in range(len(by_count) - 1, 0, -1):
            by_count[count] = (by_count[count] & ~missed) | (by_count[count - 1] & missed)
        by_count[0] &= ~missed
    return next(((count, mask) for count, mask in enumerate(by_count) if mask), (0, 0))


def trace_statement(statement: Statement, document: Document, asked: Request, bounded: bool = False) -> StatementTrace:
    """One statement against a request."""
    can, must = document.masks.masks(asked, bounded)
    bit = 1 << statement.index
    return _trace(statement, document, asked, bounded, bool(must & bit) or (None if can & bit else False))


def _trace(
    statement: Statement, document: Document, asked: Request, bounded: bool, matched: bool | None
) -> StatementTrace:
    return late(
        StatementTrace,
        lambda _name: reasons_for(statement, asked, bounded, document.switches),
        policy=document.name,
        index=statement.index,
        label=statement.label,
        effect=statement.effect,
        matched=matched,
        span=statement.span,
    )


def other_choices(documents: Iterable[Document], asked: Request) -> list[tuple[str, str]]:
    """Each other choice of each switch that could bear on what the documents say to a request."""
    held = tuple(documents)
    if not held:
        return []
    base = held[0].switches
    bearing = frozenset().union(*(document.masks.open_questions() for document in held))
    if asked.caller.kind is not CallerKind.SERVICE:
        bearing -= {"star-matches-services"}
    if not any(isinstance(values, tuple) and len(values) > 1 for values in asked.values.values()):
        bearing -= {"many-values-without-prefix"}
    return [
        (switch.name, choice)
        for switch in TABLE
        if switch.when == "deciding" and switch.name in bearing
        for choice in switch.choices
        if choice != base.choice(switch.name)
    ]


def missing_keys(statements: Iterable[StatementTrace]) -> tuple[str, ...]:
    """The keys that would have to be known, from the statements that may or may not match."""
    open_ones = (trace for trace in statements if trace.matched is None)
    return tuple(dict.fromkeys(reason.subject for trace in open_ones for reason in _open(trace)))


def _open(trace: StatementTrace) -> tuple[Reason, ...]:
    return tuple(reason for reason in trace.reasons if reason.matched is None)


def explain_request(policies: Policies, asked: Request) -> Outcome:
    """The record behind `decide_request`: each gate that the request meets in order, and which one settled it."""
    levels = gate_levels(policies, asked.caller)
    bounded = policies.boundary is not None
    traces = {gate: _gate(held, asked, TITLES[gate], gate.value, bounded) for gate, held in levels.items()}
    weights = weights_of(policies, asked)
    best = settle(policies, asked, weights, hopeful=True)
    worst = settle(policies, asked, weights, hopeful=False)
    decision = combine(best, worst)
    order = [gate for gate in Gate if gate in traces]

    def make(name: str) -> tuple[str, ...]:
        if name == "notes":
            return tuple(_notes(policies, asked, levels, decision))
        statements = [trace for gate in order for trace in traces[gate].statements]
        return missing_keys(statements) if decision is Decision.UNDECIDED else ()

    return late(
        Outcome,
        make,
        decision=decision,
        gates=tuple(_shown(traces[gate], gate, weights, decision) for gate in order),
        deciding=TITLES[_deciding(worst, weights)],
        error=_error(best, asked) if decision is Decision.DENY else "",
        assumed=(),
    )


def _deciding(worst: Settlement, weights: Mapping[Gate, Weight]) -> Gate:
    """The gate that settled it: the one that refuses, or would with what is not known at its worst; for an allow the caller's own
    policy, unless the resource's alone decided."""
    if worst.gate is not None:
        return worst.gate
    own = weights.get(Gate.IDENTITY)
    alone = weights[Gate.RESOURCE].allow_must and (own is None or not own.allow_must)
    return Gate.RESOURCE if alone else Gate.IDENTITY


def _shown(trace: GateTrace, gate: Gate, weights: Mapping[Gate, Weight], decision: Decision) -> GateTrace:
    """The gate as people should see it: what did not stand in the way is not shown as a refusal."""
    if gate is Gate.RCP and trace.verdict is Verdict.IMPLICIT_DENY:  # the full-access policy of AWS allows
        if not weights[gate].deny_can:
            return changed(trace, verdict=Verdict.ALLOW, summary="no statement denies", nearest=None)
        keys = ", ".join(f"`{key}`" for key in missing_keys(trace.statements))
        return changed(trace, verdict=Verdict.UNDECIDED, summary=f"depends on {keys}", nearest=None)
    if decision is not Decision.ALLOW or trace.verdict is not Verdict.IMPLICIT_DENY:
        return trace

    def make(name: str) -> Any:
        if name != "summary":
            return getattr(trace, name)
        other = Gate.IDENTITY if gate is Gate.RESOURCE else Gate.RESOURCE
        return f"{trace.summary}; not needed, the {TITLES[other]} decides"

    return late(GateTrace, make, name=trace.name, kind=trace.kind, verdict=Verdict.SKIPPED, wants=())


def _error(settled: Settlement, asked: Request) -> str:
    if settled.gate is None:
        return ""
    if settled.explicit:
        return f"access denied: an explicit deny in a {TITLES[settled.gate]}".replace("a identity", "an identity")
    return f"access denied: no {TITLES[settled.gate]} allows `{asked.action}`"


def _notes(
    policies: Policies, asked: Request, levels: Mapping[Gate, Sequence[Sequence[Document]]], decision: Decision
) -> Iterable[str]:
    if not (policies.owner or asked.resource_account) and asked.caller.account:
        yield "the resource's account is not given; taken as the caller's own"
    elif is_cross_account(policies, asked) and asked.caller.kind not in UNOWNED:
        yield "across accounts both the resource policy and the caller's own policies must allow"
    bounded = policies.boundary is not None
    turned = []
    documents = [document for held in levels.values() for level in held for document in level]
    for choice in other_choices(documents, asked):
        other = {gate: weigh_levels(held, asked, bounded, turned=choice) for gate, held in levels.items()}
        run = partial(settle, policies, asked, other)
        if combine(run(hopeful=True), run(hopeful=False)) is not decision:
            turned.append(choice[0])
    for name in dict.fromkeys(turned):
        yield f"switch `{name}` decided this"
