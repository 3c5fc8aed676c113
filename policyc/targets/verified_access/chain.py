"""What becomes of one request to an endpoint: the group's policy and the endpoint's, both of which have to allow it.

Two policy sets, never one: an allow of the endpoint must not stand in for the group's.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies-policy-eval.html; open questions are the
switches of `schemas/verified_access/vocabulary.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.cedar import Answer, Path, UnusableContext, decide, parse_policies
from policyc.engines.trace import Decision, GateTrace, Outcome, StatementTrace, Verdict
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource, Scalar
from policyc.targets.base import Document, Request
from policyc.targets.verified_access.explain import Stated, nearest, trace_statement
from policyc.targets.verified_access.limits import atoms
from policyc.targets.verified_access.scope import ENDPOINT, Fact, facts, group_of

TARGET = "verified_access"
_PATH = "http_request.path"

EndpointAlone = Literal["deny", "allow"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate with the attributes that an undecided verdict hangs on, by language name."""

    gate: GateTrace
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The Cedar context of a request, the paths that exist with an unknown value, and the same by language name."""

    data: Mapping[str, Any]
    unknown: Mapping[Path, str]
    stated: Stated


def simulate(
    program: Program,
    documents: Sequence[Document],
    request: Request,
    diagnostics: Diagnostics,
    endpoint_alone: EndpointAlone = "deny",
) -> Outcome | None:
    """The answer for a request to an endpoint, decided by Cedar on the emitted documents.

    An attribute that every request has and this one does not state is unknown; any other unstated one is absent.
    `endpoint_alone` chooses what AWS leaves open: the outcome when only the endpoint has a policy and it allows.
    """
    endpoint = request.resource
    group = group_of(endpoint, program.resources)
    if endpoint.type != ENDPOINT or group is None:
        diagnostics.error(
            "request-to-group", f"`{endpoint.name}` is no endpoint, and a request goes to one", request.span,
            f"declare a `{ENDPOINT}` in the group and address it",
        )  # fmt: skip
        return None
    known = facts(endpoint, program.resources)
    if not _askable(request, known, diagnostics):
        return None
    context = build_context(request.values, known)
    try:
        first = _gate(program, documents, group, "group", context)
        second = _gate(program, documents, endpoint, "endpoint", context)
    except UnusableContext as error:
        diagnostics.error(
            "unusable-request",
            f"the value of `{'.'.join(error.path)}` {error.why}",
            request.span,
            "state another value",
        )
        return None
    judged = (
        first or Judged(_no_policy(group, "group", second, endpoint_alone)),
        second or Judged(_no_policy(endpoint, "endpoint", first, endpoint_alone)),
    )
    return _outcome(judged, "" if endpoint.text("protocol") == "tcp" else "HTTP 403")


def build_context(values: Mapping[str, tuple[Scalar, ...]], known: Mapping[str, Fact]) -> Context:
    """The context that states `values`; an attribute of presence `always` that they leave out becomes unknown."""
    data: dict[str, Any] = {}
    unknown: dict[Path, str] = {}
    for name, fact in known.items():
        if name not in values:
            if fact.attribute.presence == "always":
                unknown[fact.path] = name
        elif values[name]:
            place = data
            for step in fact.path[:-1]:
                place = place.setdefault(step, {})
            place[fact.path[-1]] = _native(values[name], fact)
    return Context(data, unknown, Stated(values, frozenset(unknown.values())))


def _native(values: tuple[Scalar, ...], fact: Fact) -> object:
    match fact.form:
        case "record":
            return {str(value): {} for value in values}
        case "set":
            return list(values)
        case "scalar":
            return values[0]


def _askable(request: Request, known: Mapping[str, Fact], diagnostics: Diagnostics) -> bool:
    before = len(diagnostics)
    for word, value in (("who", request.who), ("can", request.can), ("path", request.path)):
        if value is not None:
            diagnostics.error(
                "clause-not-allowed", f"a request to an endpoint has no `{word}`", request.span,
                "state attributes such as `idc.user.email.address`, `http_request.http_method`, `http_request.path`",
            )  # fmt: skip
    for name, values in request.values.items():
        fact = known.get(name)
        if fact is None:
            diagnostics.error(
                "unknown-attribute", f"a request to `{request.resource.name}` has no `{name}`", request.span,
                did_you_mean(name, known, "the group's `trust` and the endpoint's `protocol` say what it has"),
            )  # fmt: skip
        elif len(values) > 1 and fact.form == "scalar":
            diagnostics.error("type-mismatch", f"`{name}` has one value, not a list", request.span, "drop the others")
    return len(diagnostics) == before


# --- gates ------------------------------------------------------------------------------------------------------


def _gate(
    program: Program, documents: Sequence[Document], resource: Resource, kind: str, context: Context
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
    answer = decide(parse_policies(text), context.data, context.unknown)
    traces = tuple(
        trace_statement(policy, statement, result, context.stated)
        for statement, result in zip(policy.statements, answer.statements, strict=True)
    )
    verdict, switches = _verdict(answer)
    if _slash_matters(text, policy, context, answer):
        switches = (*switches, "path-slash")
    gate = GateTrace(
        name=policy.name,
        kind=kind,
        verdict=verdict,
        summary=_summary(verdict, answer, traces),
        decided_by=_decided_by(verdict, traces),
        nearest=nearest(traces) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None,
        statements=traces,
        switches=switches,
    )
    return Judged(gate, tuple(context.unknown[path] for path in answer.missing))


def _verdict(answer: Answer) -> tuple[Verdict, tuple[str, ...]]:
    """The gate's verdict. A forbid that fails leaves it open where it would have mattered: Cedar skips it, AWS's page says that
    the policy denies then."""
    if any(result.matched and result.effect == "forbid" for result in answer.statements):
        return Verdict.EXPLICIT_DENY, ()
    if answer.decision is Decision.DENY:
        return Verdict.IMPLICIT_DENY, ()
    if any(result.effect == "forbid" for result in answer.failed):
        return Verdict.UNDECIDED, ("erroring-forbid",)
    return (Verdict.ALLOW if answer.decision is Decision.ALLOW else Verdict.UNDECIDED), ()


def _decided_by(verdict: Verdict, traces: tuple[StatementTrace, ...]) -> tuple[StatementTrace, ...]:
    effect = {Verdict.ALLOW: "allow", Verdict.EXPLICIT_DENY: "deny"}.get(verdict)
    return tuple(trace for trace in traces if trace.matched and trace.effect == effect)


def _summary(verdict: Verdict, answer: Answer, traces: tuple[StatementTrace, ...]) -> str:
    failed = [f"`{traces[result.index].label}`" for result in answer.failed]
    skipped = f"; Cedar cannot evaluate {', '.join(failed)} on these values" if failed else ""
    match verdict:
        case Verdict.ALLOW:
            return "an allow matches and no deny does" + skipped
        case Verdict.EXPLICIT_DENY:
            return "a deny matches" + skipped
        case Verdict.IMPLICIT_DENY:
            return "no allow matches" + skipped
        case _:
            return "the answer hangs on what the request does not state" if not failed else skipped.removeprefix("; ")


def _slash_matters(text: str, policy: Policy, context: Context, answer: Answer) -> bool:
    """Whether the answer would differ if Verified Access wrote the request's path with (or without) its leading slash."""
    path = context.stated.values.get(_PATH, ())
    reads = any(atom.attribute.name == _PATH for statement in policy.statements for atom in atoms(statement.when))
    if not path or not reads:
        return False
    written = str(path[0])
    other = written[1:] if written.startswith("/") else f"/{written}"
    request = {**context.data, "http_request": {**context.data["http_request"], "path": other}}
    return decide(parse_policies(text), request, context.unknown).decision is not answer.decision


def _no_policy(resource: Resource, kind: str, other: Judged | None, endpoint_alone: EndpointAlone) -> GateTrace:
    """A group or an endpoint without policy. Documented: neither has one, every request is blocked; only the group has one, it
    decides alone. Only the endpoint has one: not documented."""
    if other is None:
        summary = "neither the group nor the endpoint has a policy, and then every request is blocked"
        return GateTrace(resource.name, kind, Verdict.IMPLICIT_DENY, summary)
    if kind == "endpoint":
        return GateTrace(resource.name, kind, Verdict.SKIPPED, "the endpoint has no policy; the group's decides alone")
    if other.gate.verdict.decision is Decision.DENY:
        return GateTrace(
            resource.name, kind, Verdict.SKIPPED, "the group has no policy; the endpoint's denies by itself"
        )
    verdict = Verdict.SKIPPED if endpoint_alone == "allow" else Verdict.IMPLICIT_DENY
    summary = "the group has no policy, and AWS does not document what happens when only the endpoint has one"
    return GateTrace(resource.name, kind, verdict, summary, switches=("endpoint-policy-alone",))


def _outcome(judged: Sequence[Judged], refusal: str) -> Outcome:
    """Both gates together: a deny of either settles it, then a doubt of either."""
    gates = tuple(item.gate for item in judged)
    denying = [gate for gate in gates if gate.verdict.decision is Decision.DENY]
    if denying:
        # what AWS leaves open at a gate that does not refuse cannot change a refusal by the other
        gates = tuple(gate if gate in denying else replace(gate, switches=()) for gate in gates)
        return Outcome(Decision.DENY, gates, denying[0].name, refusal)
    doubtful = [item for item in judged if item.gate.verdict is Verdict.UNDECIDED]
    if doubtful:
        missing = tuple(dict.fromkeys(name for item in doubtful for name in item.missing))
        return Outcome(Decision.UNDECIDED, gates, doubtful[0].gate.name, missing=missing)
    return Outcome(Decision.ALLOW, gates)
