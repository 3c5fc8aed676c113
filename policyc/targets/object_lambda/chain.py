"""What if: one request followed from hop to hop until someone refuses or the caller has its answer.

Object Lambda access point, function, supporting access point, bucket, answer. Requests that go straight to the supporting
access point, the bucket or the function are judged too. Where AWS is silent the default is the reading of the Object Lambda
reference, named in `switches` or `notes`. A key (SSE-KMS) is asked where its policy is given. Source: the same, sections 2, 9 and 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Kind, Policies, explain_request
from policyc.engines.iam.request import Request as Asked
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.program import Program
from policyc.model.values import Principal
from policyc.model.vocabulary import load_vocabulary
from policyc.record import replace
from policyc.targets.base import Document, Request
from policyc.targets.object_lambda import context as contexts
from policyc.targets.object_lambda import resources
from policyc.targets.object_lambda.context import Context
from policyc.targets.object_lambda.documents import (
    BUCKET_POLICY,
    FUNCTION_POLICY,
    OLAP_POLICY,
    ROLE_POLICY,
    policies_on,
    role_carrier,
)
from policyc.targets.object_lambda.keys import key_gate
from policyc.targets.object_lambda.operations import (
    ANSWER,
    INVOKE,
    OLAP,
    Operation,
    ambiguous,
    is_transformed,
    operation,
)
from policyc.targets.object_lambda.recorder import HopRecorder
from policyc.targets.object_lambda.resources import Chain, account, arn, chain_of, execution_role
from policyc.targets.object_lambda.storage import Storage, read_originals, unless_public

ACCESS_DENIED: Final = "403 AccessDenied"
NOT_INVOKED: Final = "403 LambdaPermissionError"
NOT_INVOKED_DIRECTLY: Final = "403 AccessDeniedException"
NO_ANSWER: Final = "500 LambdaResponseNotReceived"
FUNCTION_SOURCE: Final = "function_source"
_FUNCTION_REFUSED: Final = "the function gets 403 AccessDenied from its presigned URL; what it answers then, if anything, is what the caller sees"


def simulate(
    program: Program, documents: Sequence[Document], asked: Request, diagnostics: Diagnostics
) -> Outcome | None:
    """The answer for one request to a resource of this target; None after a diagnostic that it cannot be asked."""
    if asked.can is None:
        diagnostics.error(
            "request-without-verb",
            "the request does not say what the caller wants to do",
            asked.span,
            "add `can`, such as `can: GetObject`",
        )
        return None
    if asked.who is None:
        return Outcome(Decision.UNDECIDED, (), missing=("who",))
    if not contexts.fits(asked, asked.who, diagnostics):
        return None
    hops = HopRecorder(program, documents, asked, asked.who)
    call = _call(asked, asked.can)
    match asked.resource.type:
        case resources.OLAP:
            return _through_olap(hops, call, diagnostics)
        case resources.ACCESS_POINT:
            return _to_access_point(hops, call)
        case resources.BUCKET:
            return _to_bucket(hops, call)
        case resources.FUNCTION:
            return _to_function(hops)
        case other:
            raise ValueError(f"no request goes to a {other}")


def _call(asked: Request, verb: str) -> Operation:
    verbs = load_vocabulary("object_lambda").resource_types[asked.resource.type].verbs
    permission = verbs[verb].action.partition(":")[2]
    version = any(asked.values.get(name) for name in ("olap.version_id", "s3.version_id"))
    return operation(verb, permission, version)


# --- through the chain ------------------------------------------------------------------------------------------


def _through_olap(hops: HopRecorder, call: Operation, diagnostics: Diagnostics) -> Outcome | None:
    chain = chain_of(hops.asked.resource, hops.program)
    if chain is None:
        raise ValueError(f"{hops.asked.resource.id} is not complete, and requests go to checked programs only")
    if ambiguous(call.call, chain.transformed):
        diagnostics.error(
            "ambiguous-operation",
            f"`{call.call}` may be ListObjects or ListObjectsV2, and `{chain.olap.name}` transforms only one of them",
            hops.asked.span,
            "say which of the two calls it is",
        )
        return None
    transformed = is_transformed(call, chain.transformed)
    first = contexts.first(hops.asked, hops.who, call.versioned)
    if not _first_hop(hops, chain, call, first) or call.permission == ANSWER:
        return hops.outcome()
    behind = contexts.onward(first, chain, hops.who)
    if not _function_hop(hops, chain, call, behind, transformed):
        return hops.outcome()
    seen = contexts.at_supporting(behind, hops.asked, chain, transformed, call.versioned)
    storage = Storage(chain.access_point, chain.bucket, behind_olap=True)
    if not read_originals(hops, storage, call, seen, NO_ANSWER if transformed else ACCESS_DENIED):
        if transformed:
            hops.notes.append(_FUNCTION_REFUSED)
        return hops.outcome()
    if transformed:
        _answer_hop(hops, chain, call)
    return hops.outcome()


def _first_hop(hops: HopRecorder, chain: Chain, call: Operation, context: Context) -> bool:
    """Hop 1: the Object Lambda access point, which takes signed requests over HTTPS only."""
    policies = [policy.name for policy in policies_on(chain.olap, hops.program)]
    name = f"{' and '.join(policies)} on {chain.olap.name}" if policies else chain.olap.name
    refusal = ""
    if hops.who.kind == "anonymous":
        refusal = "an Object Lambda access point serves no unsigned request"
    elif context.values.get("aws:securetransport") == ("false",):
        refusal = "an Object Lambda access point serves HTTPS only"
    if refusal:
        return hops.add(GateTrace(name, OLAP_POLICY.role, Verdict.IMPLICIT_DENY, refusal), ACCESS_DENIED)
    own = hops.attached(chain.olap.id, OLAP_POLICY.role)
    asked = hops.request(f"{OLAP}:{call.permission}", arn(chain.olap), context)
    found = hops.flow(own, asked, account(chain.olap), name, OLAP_POLICY.role)
    # all four settings of Block Public Access are on at an Object Lambda access point and cannot be edited
    return hops.add(unless_public(found, chain.olap, own, asked, at_bucket=False), ACCESS_DENIED)


def _function_hop(hops: HopRecorder, chain: Chain, call: Operation, behind: Context, transformed: bool) -> bool:
    """Hop 2: the function runs with the caller's permission, for transformed calls only."""
    name, kind = chain.function.name, FUNCTION_POLICY.role
    if not transformed:
        summary = f"{call.call} is not transformed, so the function does not run"
        return hops.add(GateTrace(name, kind, Verdict.SKIPPED, summary), "")
    context = contexts.with_function_source(behind, chain, hops.who)
    asked = hops.request(INVOKE, arn(chain.function), context)
    found = hops.flow(hops.attached(chain.function.id, kind), asked, account(chain.function), name, kind)
    if context is not behind:
        found = replace(found, switches=(*found.switches, FUNCTION_SOURCE))
    return hops.add(found, NOT_INVOKED)


def _answer_hop(hops: HopRecorder, chain: Chain, call: Operation) -> None:
    """Hop 5: the function hands its answer to a GET over as its execution role."""
    name, kind = f"{chain.function.name} role", ROLE_POLICY.role
    if not call.answers_through_service:
        summary = f"the function answers {call.call} by itself, without a further permission"
        hops.add(GateTrace(name, kind, Verdict.SKIPPED, summary), "")
        return
    role = execution_role(chain.function)
    held = hops.attached(role_carrier(chain.function), kind, Kind.IDENTITY)
    if role is not None:
        held += hops.identity(role)
    carrier = role or Principal("role", (account(chain.function), "execution-role"))
    if not held:
        hops.add(hops.open_identity(GateTrace(name, kind, Verdict.UNDECIDED, ""), carrier), NO_ANSWER)
        return
    asked = Asked.of(f"{OLAP}:{ANSWER}", arn(chain.olap), hops.caller(carrier), {}, ("*",))
    outcome = explain_request(Policies(identity=held, owner=account(chain.olap)), asked)
    hops.add(hops.noted(outcome, name, kind), NO_ANSWER)


# --- direct requests --------------------------------------------------------------------------------------------


def _to_access_point(hops: HopRecorder, call: Operation) -> Outcome:
    access_point = hops.asked.resource
    bucket = hops.program.resource(access_point.link("bucket"))
    if bucket is None:
        raise ValueError(f"{access_point.id} has no bucket, and requests go to checked programs only")
    context = contexts.at_access_point(contexts.direct(hops.asked, hops.who, call.versioned), access_point, bucket)
    read_originals(hops, Storage(access_point, bucket, behind_olap=False), call, context, ACCESS_DENIED)
    return hops.outcome()


def _to_bucket(hops: HopRecorder, call: Operation) -> Outcome:
    bucket = hops.asked.resource
    target, key = hops.object_arn(arn(bucket), "/", call)
    asked = hops.request(f"s3:{call.permission}", target, contexts.direct(hops.asked, hops.who, call.versioned))
    own = hops.attached(bucket.id, BUCKET_POLICY.role)
    context = contexts.direct(hops.asked, hops.who, call.versioned)
    found = hops.flow(own, asked, account(bucket), bucket.name, BUCKET_POLICY.role, key)
    if hops.add(unless_public(found, bucket, own, asked, at_bucket=True), ACCESS_DENIED):
        key_found = key_gate(hops, bucket, call, context)
        if key_found is not None:
            hops.add(key_found, ACCESS_DENIED)
    return hops.outcome()


def _to_function(hops: HopRecorder) -> Outcome:
    function, kind = hops.asked.resource, FUNCTION_POLICY.role
    asked = hops.request(INVOKE, arn(function), contexts.direct(hops.asked, hops.who, False))
    own = hops.attached(function.id, kind)
    hops.add(hops.flow(own, asked, account(function), function.name, kind), NOT_INVOKED_DIRECTLY)
    return hops.outcome()
