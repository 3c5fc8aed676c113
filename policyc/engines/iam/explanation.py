"""Explaining: every statement against a request, part by part, and the whole way of a request.

Slower than deciding and on a path of its own, statement by statement; both must agree.
Source: IAM evaluation reference, sections 3, 10 and 15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from policyc.engines.iam.caller import UNOWNED, Grant
from policyc.engines.iam.columns import grant_masks, narrowed_mask
from policyc.engines.iam.decision import (
    Documents,
    Gate,
    Policies,
    Settlement,
    Weight,
    combine,
    gate_levels,
    is_cross_account,
    join_levels,
    settle,
)
from policyc.engines.iam.document import Document
from policyc.engines.iam.masks import open_questions
from policyc.engines.iam.reasons import CORE, matched, reasons_for, statement_matches
from policyc.engines.iam.request import Request
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.switches import DEFAULT
from policyc.engines.trace import Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict

_TITLES = {
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
    documents = [document for level in levels for document in level]
    verdict = slow_weight(levels, asked, bounded).verdict
    statements = tuple(trace for document in documents for trace in _traces(document, asked, bounded))
    decided_by = _decided_by(verdict, statements)
    near = _nearest(statements) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None
    switches = _switches_that_matter(levels, asked, bounded, verdict, (*decided_by, *((near,) if near else ())))
    summary = _summary(verdict, decided_by, near, statements, asked)
    return GateTrace(name, str(kind), verdict, summary, decided_by, near, statements, switches)


def slow_weight(
    levels: Sequence[Sequence[Document]], asked: Request, bounded: bool, override: tuple[str, str] | None = None
) -> Weight:
    """The weight of a gate, statement by statement, with one switch turned by `override` if given."""
    return join_levels([_level_weight(level, asked, bounded, override) for level in levels])


def _level_weight(level: Iterable[Document], asked: Request, bounded: bool, override: tuple[str, str] | None) -> Weight:
    answers: dict[bool, list[bool | None]] = {True: [], False: []}
    can = must = Grant.NONE
    for document in level:
        switches = document.switches.choosing(*override) if override else document.switches
        narrowed = narrowed_mask(document.statements)
        for statement in document.statements:
            answer = statement_matches(statement, asked, bounded, switches)
            answers[statement.deny].append(answer)
            if answer is False or statement.deny or statement.principals is None:
                continue
            parts = [(1 << statement.index, statement.principals)]
            perhaps, surely = grant_masks(parts, asked.caller, narrowed, switches)
            can = max((can, *(grant for grant, mask in perhaps if mask)))
            must = max((must, *(grant for grant, mask in surely if mask and answer)))
    denies, allows = answers[True], answers[False]
    return Weight(
        any(answer is not False for answer in denies),
        True in denies,
        any(answer is not False for answer in allows),
        True in allows,
        can,
        must,
    )


def _traces(document: Document, asked: Request, bounded: bool) -> Iterable[StatementTrace]:
    for statement in document.statements:
        yield trace_statement(statement, document, asked, bounded)


def trace_statement(statement: Statement, document: Document, asked: Request, bounded: bool = False) -> StatementTrace:
    """One statement against a request."""
    reasons = reasons_for(statement, asked, bounded, document.switches)
    return StatementTrace(
        document.name, statement.index, statement.label, statement.effect, matched(reasons), reasons, statement.span
    )


def _decided_by(verdict: Verdict, statements: Iterable[StatementTrace]) -> tuple[StatementTrace, ...]:
    effect = {Verdict.ALLOW: "Allow", Verdict.EXPLICIT_DENY: "Deny"}.get(verdict)
    return tuple(trace for trace in statements if trace.matched and trace.effect == effect)


def _nearest(statements: Iterable[StatementTrace]) -> StatementTrace | None:
    """The allow with the fewest parts against it, those of who, what and where weighing most."""

    def distance(trace: StatementTrace) -> tuple[int, int]:
        misses = trace.misses
        return sum(reason.part in CORE for reason in misses), len(misses)

    return min((t for t in statements if t.effect == "Allow" and t.matched is not True), key=distance, default=None)


def _switches_that_matter(
    levels: Sequence[Sequence[Document]],
    asked: Request,
    bounded: bool,
    verdict: Verdict,
    near: Iterable[StatementTrace],
) -> tuple[str, ...]:
    names = dict.fromkeys(
        name
        for name, choice in _other_choices(levels)
        if slow_weight(levels, asked, bounded, (name, choice)).verdict is not verdict
    )
    shown = {(trace.policy, trace.index) for trace in near}
    for document in (document for level in levels for document in level):
        for statement in document.statements:
            if statement.switches and (document.name, statement.index) in shown:
                names.update(dict.fromkeys(statement.switches))
    return tuple(sorted(names))


def _other_choices(levels: Sequence[Sequence[Document]]) -> list[tuple[str, str]]:
    """Each other choice of each switch that could bear on the documents."""
    documents = [document for level in levels for document in level]
    base = documents[0].switches if documents else DEFAULT
    bearing = frozenset().union(*(open_questions(document.statements) for document in documents))
    return [(name, other.choice(name)) for name, other in base.alternatives("deciding") if name in bearing]


def _summary(
    verdict: Verdict,
    decided_by: Sequence[StatementTrace],
    near: StatementTrace | None,
    statements: Sequence[StatementTrace],
    asked: Request,
) -> str:
    if decided_by:
        verb = "denies" if verdict is Verdict.EXPLICIT_DENY else "allows"
        return f"`{decided_by[0].label}` {verb}"
    if verdict is Verdict.UNDECIDED:
        return f"depends on {', '.join(f'`{key}`' for key in missing_keys(statements)) or 'what is not known'}"
    if near is not None and near.misses:
        return f"no statement allows `{asked.action}`; nearest is `{near.label}`: {near.misses[0].sentence()}"
    return f"no statement allows `{asked.action}`"


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
    traces = {gate: _gate(held, asked, _TITLES[gate], gate.value, bounded) for gate, held in levels.items()}
    weights = {gate: slow_weight(held, asked, bounded) for gate, held in levels.items()}
    best = settle(policies, asked, weights, hopeful=True)
    worst = settle(policies, asked, weights, hopeful=False)
    decision = combine(best, worst)
    order = [gate for gate in Gate if gate in traces]
    open_statements = [trace for gate in order for trace in traces[gate].statements]
    return Outcome(
        decision,
        tuple(_shown(traces[gate], gate, weights, decision) for gate in order),
        _TITLES[worst.gate] if worst.gate is not None and decision is Decision.DENY else None,
        _error(best, asked) if decision is Decision.DENY else "",
        missing_keys(open_statements) if decision is Decision.UNDECIDED else (),
        tuple(_notes(policies, asked, levels, weights, decision)),
    )


def _shown(trace: GateTrace, gate: Gate, weights: Mapping[Gate, Weight], decision: Decision) -> GateTrace:
    """The gate as people should see it: what did not stand in the way is not shown as a refusal."""
    if gate is Gate.RCP and trace.verdict is Verdict.IMPLICIT_DENY:  # the full-access policy of AWS allows
        open_deny = weights[gate].deny_can
        verdict = Verdict.UNDECIDED if open_deny else Verdict.ALLOW
        keys = ", ".join(f"`{key}`" for key in missing_keys(trace.statements))
        summary = f"depends on {keys}" if open_deny else "no statement denies"
        return replace(trace, verdict=verdict, summary=summary, nearest=None)
    skipped = decision is Decision.ALLOW and trace.verdict is Verdict.IMPLICIT_DENY
    if skipped:
        other = Gate.IDENTITY if gate is Gate.RESOURCE else Gate.RESOURCE
        summary = f"{trace.summary}; not needed, the {_TITLES[other]} decides"
        return replace(trace, verdict=Verdict.SKIPPED, summary=summary)
    return trace


def _error(settled: Settlement, asked: Request) -> str:
    if settled.gate is None:
        return ""
    if settled.explicit:
        return f"access denied: an explicit deny in a {_TITLES[settled.gate]}".replace("a identity", "an identity")
    return f"access denied: no {_TITLES[settled.gate]} allows `{asked.action}`"


def _notes(
    policies: Policies,
    asked: Request,
    levels: Mapping[Gate, Sequence[Sequence[Document]]],
    weights: Mapping[Gate, Weight],
    decision: Decision,
) -> Iterable[str]:
    if not (policies.owner or asked.resource_account) and asked.caller.account:
        yield "the resource's account is not given; taken as the caller's own"
    elif is_cross_account(policies, asked) and asked.caller.kind not in UNOWNED:
        yield "across accounts both the resource policy and the caller's own policies must allow"
    bounded = policies.boundary is not None
    turned = []
    for name, choice in _other_choices([level for held in levels.values() for level in held]):
        other = {gate: slow_weight(held, asked, bounded, (name, choice)) for gate, held in levels.items()}
        run = partial(settle, policies, asked, other)
        if combine(run(hopeful=True), run(hopeful=False)) is not decision:
            turned.append(name)
    for name in dict.fromkeys(turned):
        yield f"switch `{name}` decided this"
