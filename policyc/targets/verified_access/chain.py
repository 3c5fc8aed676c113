"""What becomes of one request to an endpoint: the group's policy and the endpoint's, both of which have to allow it.

Two policy sets, never one: an allow of the endpoint must not stand in for the group's.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies-policy-eval.html; open questions are the
switches of `schemas/verified_access/vocabulary.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.cedar.decide import About, Answer, UnusableContext, decide, parse_policies
from policyc.engines.trace import Decision, GateTrace, Outcome, StatementTrace, Verdict
from policyc.ir.authz import Policy
from policyc.ir.conditions import atoms
from policyc.ir.program import Program
from policyc.model.values import Resource, Scalar
from policyc.targets.base import Document, Request
from policyc.targets.switches import choice
from policyc.targets.verified_access.context import Context, Values, build_context, check_groups
from policyc.targets.verified_access.documented import of_facts
from policyc.targets.verified_access.emit import write_apart
from policyc.targets.verified_access.explain import nearest, trace_statement
from policyc.targets.verified_access.fold import SWITCH, moved_denies
from policyc.targets.verified_access.gates import EndpointAlone, Judged, decided_by, no_policy, outcome_of, summary
from policyc.targets.verified_access.scope import ENDPOINT, Fact, facts, find_fact, group_of, other_protocol

TARGET = "verified_access"
_PATH = "http_request.path"
_HOST = "http_request.hostname"


def simulate(
    program: Program,
    documents: Sequence[Document],
    request: Request,
    diagnostics: Diagnostics,
    endpoint_alone: EndpointAlone = "deny",
) -> Outcome | None:
    """The answer for a request to an endpoint, decided by Cedar on the emitted documents.

    The part of each statement in it comes from the statement on its own, because a deny may stand inside the permits.
    An attribute that every request has and this one does not state is unknown; any other unstated one is absent.
    `endpoint_alone` chooses what AWS leaves open: the outcome when only the endpoint has a policy and it allows.
    """
    endpoint = request.resource
    group = group_of(endpoint, program.resources)
    if endpoint.type != ENDPOINT or group is None:
        diagnostics.error(
            "request-to-group",
            f"`{endpoint.name}` is no endpoint, and a request goes to one",
            request.span,
            f"declare a `{ENDPOINT}` in the group and address it",
        )
        return None
    known = facts(endpoint, program.resources)
    if not _askable(request, known, diagnostics):
        return None
    values = {**_told_by(endpoint, known), **request.values}
    try:
        first = _gate(program, documents, group, "group", values, request.empty, known)
        second = _gate(program, documents, endpoint, "endpoint", values, request.empty, known)
    except UnusableContext as error:
        diagnostics.error(
            "unusable-request",
            f"the value of `{'.'.join(error.path)}` {error.why}",
            request.span,
            "state another value",
        )
        return None
    judged = (
        first or no_policy(group.name, "group", second, endpoint_alone),
        second or no_policy(endpoint.name, "endpoint", first, endpoint_alone),
    )
    return outcome_of(judged, "" if endpoint.text("protocol") == "tcp" else "HTTP 403")


def _told_by(endpoint: Resource, known: Mapping[str, Fact]) -> dict[str, tuple[Scalar, ...]]:
    """What the endpoint itself says of every request to it: users open its domain, so that is the request's host name."""
    domain = endpoint.text("domain")
    return {_HOST: (domain,)} if domain and _HOST in known else {}


def _askable(request: Request, known: Mapping[str, Fact], diagnostics: Diagnostics) -> bool:
    before = len(diagnostics)
    for word, value in (("who", request.who), ("can", request.can), ("path", request.path)):
        if value is not None:
            diagnostics.error(
                "clause-not-allowed",
                f"a request to an endpoint has no `{word}`",
                request.span,
                "state attributes such as `idc.user.email.address`, `http_request.http_method`, `http_request.path`",
            )
    if request.unknown:
        diagnostics.error(
            "clause-not-allowed",
            "a request to an endpoint cannot say that nothing is known of an attribute",
            request.span,
            "leave the attribute out: what every request has is then unknown, and the answer names it; or ask the Cedar files",
        )
    for name, values in request.values.items():
        fact = find_fact(known, name)
        if fact is None:
            diagnostics.error(
                "unknown-attribute",
                f"a request to `{request.resource.name}` has no `{name}`",
                request.span,
                other_protocol(known, name)
                or did_you_mean(name, known, "the group's `trust` and the endpoint's `protocol` say what it has"),
            )
        elif len(values) > 1 and fact.form == "scalar":
            diagnostics.error("type-mismatch", f"`{name}` has one value, not a list", request.span, "drop the others")
        else:
            _check_values(name, values, fact, request, diagnostics)
    check_groups(request, known, diagnostics)
    return len(diagnostics) == before


def _check_values(
    name: str, values: tuple[Scalar, ...], fact: Fact, request: Request, diagnostics: Diagnostics
) -> None:
    """Report a stated value that the documentation rules out, as the same value in a policy is reported."""
    span = request.spans.get(name, request.span)
    for value in values:
        if isinstance(value, str) and fact.attribute.values and value not in fact.attribute.values:
            listed = ", ".join(f"`{word}`" for word in fact.attribute.values)
            diagnostics.error(
                "impossible-value",
                f"`{name}` is never `{value}`",
                span,
                did_you_mean(value, fact.attribute.values, f"it is one of {listed}"),
            )
        elif isinstance(value, int) and not _in_range(value, fact):
            diagnostics.error(
                "impossible-value",
                f"`{name}` is never `{value}`",
                span,
                f"it goes from {fact.minimum} to {fact.maximum}",
            )


def _in_range(value: int, fact: Fact) -> bool:
    return (fact.minimum is None or fact.minimum <= value) and (fact.maximum is None or value <= fact.maximum)


# --- gates ------------------------------------------------------------------------------------------------------


def _gate(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    kind: str,
    values: Values,
    empty: frozenset[str],
    known: Mapping[str, Fact],
) -> Judged | None:
    """The verdict of the policy on a resource, None when it has none."""
    policy = next((policy for policy in program.policies_on(resource) if policy.target == TARGET), None)
    if policy is None:
        return None
    text = next(
        document.text
        for document in documents
        if document.attached_to == resource.id and document.path.startswith(f"{TARGET}/")
    )
    tests = [atom for statement in policy.statements for atom in atoms(statement.when)]
    context = build_context(values, known, tests, empty)
    about = of_facts(known)
    answer = decide(parse_policies(text), context.data, context.unknown, about=about)
    lone = _apart(policy, group_of(resource, program.resources) or resource)
    apart = decide(parse_policies(lone), context.data, context.unknown, about=about) if lone else answer
    traces = tuple(
        trace_statement(policy, statement, result, context.stated)
        for statement, result in zip(policy.statements, apart.statements, strict=True)
    )
    verdict = _verdict(answer, traces)
    trusted = choice(program.switches, SWITCH) == "trusted"
    switches: tuple[str, ...] = ("path-slash",) if _slash_matters(text, policy, context, answer, about) else ()
    switches += ("erroring-forbid",) if "unsure" in answer.ends else ()
    gate = GateTrace(
        name=policy.name,
        kind=kind,
        verdict=verdict,
        summary=summary(verdict, _unanswered(apart, traces, trusted), ("allow", "deny")),
        decided_by=decided_by(verdict, traces),
        nearest=nearest(traces) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None,
        statements=traces,
        switches=switches,
    )
    return Judged(gate, tuple(context.unknown[path] for path in answer.missing))


@lru_cache(maxsize=512)
def _apart(policy: Policy, group: Resource) -> str:
    """The text in which every statement stands for itself: it tells what each says, the deployed one what becomes of the request.

    Empty where the deployed text has every statement of its own anyway.
    """
    known = facts(policy.on, {group.id: group})
    return write_apart(policy, known) if moved_denies(policy, known) else ""


def _verdict(answer: Answer, traces: tuple[StatementTrace, ...]) -> Verdict:
    """What the deployed text decides; a refusal is an explicit one where a deny matches, or meets a test without an answer."""
    match answer.decision:
        case Decision.ALLOW:
            # only where kinds are trusted a deny is left that Cedar may skip, which AWS's page tells otherwise
            return Verdict.UNDECIDED if "unsure" in answer.ends else Verdict.ALLOW
        case Decision.UNDECIDED:
            return Verdict.UNDECIDED
        case Decision.DENY:
            denied = any(trace.matched and trace.effect == "deny" for trace in traces)
            return Verdict.EXPLICIT_DENY if denied else Verdict.IMPLICIT_DENY


def _unanswered(apart: Answer, traces: tuple[StatementTrace, ...], trusted: bool) -> str:
    """Words on the statements that meet a value of another kind than documented; empty for none."""
    failed = [traces[result.index] for result in apart.failed]
    denies = ", ".join(f"`{trace.label}`" for trace in failed if trace.effect == "deny")
    allows = ", ".join(f"`{trace.label}`" for trace in failed if trace.effect == "allow")
    then = "so Cedar skips it" if trusted else "so it denies"
    words = [f"{denies} cannot be answered on these values, {then}"] if denies else []
    words += [f"{allows} cannot be answered on these values, so it does not allow"] if allows else []
    return "; ".join(words)


def _slash_matters(text: str, policy: Policy, context: Context, answer: Answer, about: About) -> bool:
    """Whether the answer would differ if Verified Access wrote the request's path with (or without) its leading slash."""
    path = context.stated.values.get(_PATH, ())
    reads = any(atom.attribute.name == _PATH for statement in policy.statements for atom in atoms(statement.when))
    if not path or not reads:
        return False
    written = str(path[0])
    other = written[1:] if written.startswith("/") else f"/{written}"
    request = {**context.data, "http_request": {**context.data["http_request"], "path": other}}
    return decide(parse_policies(text), request, context.unknown, about=about).decision is not answer.decision
