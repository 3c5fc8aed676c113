"""Inline tests."""

from __future__ import annotations

from typing import Any, Literal

from policyc.syntax.build_context import Build
from policyc.syntax.nodes import (
    AttachmentEntry,
    ExpectAttachment,
    ExpectDecision,
    ExpectNobody,
    ExpectPath,
    Expr,
    Ident,
    InlineTest,
    Int,
    OnStep,
    PathStep,
    Record,
    Ref,
    RequestStep,
    Step,
    Str,
)

# An expectation is built before its `expect` is known to belong to it, so `build_expect_step` gives it the whole span.


def build_test(
    b: Build, start: int, end: int, _test: int, label: Str, _open: int, steps: list[Step], _close: int
) -> InlineTest:
    return InlineTest(label, tuple(steps), b.span(start, end), b.doc(start))


def build_request_step(b: Build, start: int, end: int, _request: int, resource: Ref, fields: Record) -> RequestStep:
    return RequestStep(resource, fields, b.span(start, end))


def build_attachment(b: Build, start: int, end: int, _word: int, name: Ident, fields: Record) -> AttachmentEntry:
    return AttachmentEntry(name, fields, b.span(start, end))


def build_on_step(
    b: Build, start: int, end: int, _on: int, network: Ref, _open: int, entries: list[AttachmentEntry], _close: int
) -> OnStep:
    return OnStep(network, tuple(entries), b.span(start, end))


def build_path_step(
    b: Build, start: int, end: int, _path: int, _from: int, source: Ident, _to: int, to: Expr
) -> PathStep:
    return PathStep(source, to, b.span(start, end))


def build_expect_step(b: Build, start: int, end: int, _expect: int, expectation: Any) -> Step:
    span = b.span(start, end)
    match expectation:
        case ExpectDecision():
            return ExpectDecision(expectation.decision, expectation.by, expectation.at, span)
        case ExpectAttachment():
            return ExpectAttachment(expectation.attachment, expectation.state, expectation.name, expectation.rule, span)
        case ExpectPath():
            return ExpectPath(expectation.state, expectation.name, span)
        case ExpectNobody():
            return ExpectNobody(expectation.source, expectation.to, span)
    raise AssertionError(expectation)


def build_expect_decision(b: Build, start: int, end: int, decision: Any) -> ExpectDecision:
    return ExpectDecision(decision, None, None, b.span(start, end))


def build_expect_by(b: Build, start: int, end: int, decision: Any, _by: int, reason: Any) -> ExpectDecision:
    return ExpectDecision(decision, reason, None, b.span(start, end))


def build_expect_at(b: Build, start: int, end: int, decision: Any, _at: int, at: Ref) -> ExpectDecision:
    return ExpectDecision(decision, None, at, b.span(start, end))


def build_expect_by_at(
    b: Build, start: int, end: int, decision: Any, _by: int, reason: Any, _at: int, at: Ref
) -> ExpectDecision:
    return ExpectDecision(decision, reason, at, b.span(start, end))


def build_by_rule(_b: Build, _start: int, _end: int, _by: int, _rule: int, number: Int) -> Int:
    return number


def build_expect_in(
    b: Build, start: int, end: int, attachment: Ident, _in: int, place: Any, name: Ident, rule: Int | None
) -> ExpectAttachment:
    return ExpectAttachment(attachment, place, name, rule, b.span(start, end))


def build_expect_state(
    b: Build, start: int, end: int, attachment: Ident, _word: int, rule: Int | None
) -> ExpectAttachment:
    return ExpectAttachment(attachment, "unassociated", None, rule, b.span(start, end))


def build_expect_pending(
    b: Build, start: int, end: int, attachment: Ident, _pending: int, _acceptance: int, rule: Int | None
) -> ExpectAttachment:
    return ExpectAttachment(attachment, "pending", None, rule, b.span(start, end))


def build_expect_path(b: Build, start: int, end: int, word: int) -> ExpectPath:
    states: dict[str, Literal["reachable", "blocked", "inspected"]]
    states = {"reachable": "reachable", "blocked": "blocked", "inspected": "inspected"}
    return ExpectPath(states[b.word(word)], None, b.span(start, end))


def build_expect_inspected_by(b: Build, start: int, end: int, _inspected: int, _by: int, name: Ident) -> ExpectPath:
    return ExpectPath("inspected", name, b.span(start, end))


def build_expect_not_inspected(b: Build, start: int, end: int, _not: int, _inspected: int) -> ExpectPath:
    return ExpectPath("not inspected", None, b.span(start, end))


def build_expect_next_hop(b: Build, start: int, end: int, _next: int, _hop: int, name: Ident) -> ExpectPath:
    return ExpectPath("next hop", name, b.span(start, end))


def build_expect_nobody(
    b: Build, start: int, end: int, _no: int, _attachment: int, _of: int, source: Ident, _reaches: int, to: Ident
) -> ExpectNobody:
    return ExpectNobody(source, to, b.span(start, end))
