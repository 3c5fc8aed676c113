"""The hops that end at the originals: a standard access point and the bucket behind it, through the chain or directly.

Access point and bucket must both let a request through. Source: Object Lambda reference, sections 2, 2.1 and 6;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policyc.engines.iam import CallerKind, Policies, explain
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.request import Request as Asked
from policyc.engines.trace import GateTrace, Verdict
from policyc.model.values import Resource
from policyc.record import record, replace
from policyc.targets.iam_documents.limits import TITLES
from policyc.targets.iam_documents.public import UNKNOWN, public_statement, still_served
from policyc.targets.object_lambda.context import Context
from policyc.targets.object_lambda.documents import BUCKET_POLICY, SUPPORTING_POLICY
from policyc.targets.object_lambda.gates import join, with_open_key
from policyc.targets.object_lambda.keys import key_gate
from policyc.targets.object_lambda.operations import Operation
from policyc.targets.object_lambda.recorder import HopRecorder
from policyc.targets.object_lambda.resources import account, arn
from policyc.targets.switches import choice

#: whether an identity policy that names only the access point lets a request through a bucket that does not delegate
IDENTITY_ON_ACCESS_POINT: Final = "identity-policy-on-access-point-alone"


@record
class Storage:
    """An access point with its bucket; `behind_olap` when the request came through an Object Lambda access point."""

    access_point: Resource
    bucket: Resource
    behind_olap: bool


def read_originals(hops: HopRecorder, storage: Storage, call: Operation, context: Context, error: str) -> bool:
    """Hops 3 and 4; `error` is what the caller sees when one of them refuses."""
    access_point = storage.access_point
    kind = SUPPORTING_POLICY.role if storage.behind_olap else "access_point"
    target, key = hops.object_arn(arn(access_point), "/object/", call)
    asked = hops.request(f"s3:{call.permission}", target, context)
    own = hops.attached(access_point.id, SUPPORTING_POLICY.role)
    found = hops.flow(own, asked, account(access_point), access_point.name, kind, key)
    found = _network_origin(storage, context, found)
    found = unless_public(found, access_point, own, asked, at_bucket=False)
    if not hops.add(found, error):
        return False
    by_identity = found.verdict is Verdict.ALLOW and explain(own, asked).verdict is not Verdict.ALLOW
    bucket = unless_public(
        _bucket(hops, storage.bucket, call, context, by_identity),
        storage.bucket,
        hops.attached(storage.bucket.id, BUCKET_POLICY.role),
        asked,
        at_bucket=True,
    )
    if not hops.add(bucket, error):
        return False
    key_found = key_gate(hops, storage.bucket, call, context)
    return key_found is None or hops.add(key_found, error)


def unless_public(
    found: GateTrace, resource: Resource, own: Iterable[Compiled], asked: Asked, *, at_bucket: bool
) -> GateTrace:
    """The gate, refused by Block Public Access where the resource's policy is public and the caller a stranger."""
    block = resource.text("block_public_access")
    if found.verdict not in (Verdict.ALLOW, Verdict.UNDECIDED) or block == "off":
        return found
    statement = public_statement(own, at_bucket)
    if statement is None or still_served(asked.caller, account(resource)):
        return found
    if block == UNKNOWN:
        summary = f"`{statement.label}` makes the policy public, and whether Block Public Access is on is not known"
        wants = (f"Block Public Access of `{resource.name}`",)
        return replace(found, verdict=Verdict.UNDECIDED, summary=summary, decided_by=(), nearest=None, wants=wants)
    summary = f"`{statement.label}` makes the policy public, and Block Public Access then serves only `{resource.name}`'s own account"
    return replace(found, verdict=Verdict.IMPLICIT_DENY, summary=summary, decided_by=(), nearest=None)


def _network_origin(storage: Storage, context: Context, found: GateTrace) -> GateTrace:
    """An access point with a VPC origin takes requests from its VPC only; through Object Lambda nobody says."""
    vpc = storage.access_point.text("vpc")
    if not vpc or found.verdict not in (Verdict.ALLOW, Verdict.UNDECIDED):
        return found
    if storage.behind_olap:
        summary = "how an access point with a VPC origin takes requests from Object Lambda is not documented"
        return replace(found, verdict=Verdict.UNDECIDED, summary=summary, decided_by=())
    if context.values.get("aws:sourcevpc") == (vpc,):
        return found
    summary = f"`{storage.access_point.name}` takes requests from `{vpc}` only"
    return replace(found, verdict=Verdict.IMPLICIT_DENY, summary=summary, decided_by=())


def _bucket(hops: HopRecorder, bucket: Resource, call: Operation, context: Context, by_identity: bool) -> GateTrace:
    """Hop 4: the bucket's own policy, by delegation; inside its account also the caller's policy on the bucket.

    The caller's denies on the bucket count, though AWS does not say whether they bear on requests to an access point:
    the other reading would let more through. `by_identity` tells that only an identity policy opened the access point.
    """
    target, key = hops.object_arn(arn(bucket), "/", call)
    asked = hops.request(f"s3:{call.permission}", target, context)
    own, identity = hops.attached(bucket.id, BUCKET_POLICY.role), hops.identity()
    by_bucket = with_open_key(explain(own, asked, name=bucket.name, kind=BUCKET_POLICY.role), own, asked, key)
    by_caller = with_open_key(explain(identity, asked, name="identity", kind="identity"), identity, asked, key)
    inside = asked.caller.account == account(bucket)
    bears = identity and (inside or by_caller.verdict is not Verdict.ALLOW)
    both = (by_bucket, by_caller) if bears else (by_bucket,)
    limits = _limits(hops, asked)
    both = (*both, *(limit for limit in limits if limit.verdict is Verdict.EXPLICIT_DENY))
    alone = choice(hops.program.switches, IDENTITY_ON_ACCESS_POINT)
    verdict, summary, switches = _settle(by_bucket, by_caller, inside, by_identity, limits, _ALONE[alone])
    found = join(both, verdict, bucket.name, BUCKET_POLICY.role, summary)
    if verdict is Verdict.IMPLICIT_DENY and inside and hops.identity_unknown:
        return hops.open_identity(found)
    if verdict is Verdict.UNDECIDED:
        hops.missing.extend(_open_keys(both))
    return replace(found, switches=switches) if switches else found


#: what the switch makes of it
_ALONE: Final = {"undecided": Verdict.UNDECIDED, "allow": Verdict.ALLOW, "deny": Verdict.IMPLICIT_DENY}
_NOT_DOCUMENTED: Final = (
    "the bucket does not delegate; whether an identity policy on the access point is enough is not documented"
)


def _limits(hops: HopRecorder, asked: Asked) -> tuple[GateTrace, ...]:
    """What bounds the caller, asked for the bucket. Its denies count; that it allows was settled at the access point."""
    levels = hops.bound(Policies(), asked)
    held = [("scp", level) for level in levels.scps] + [("rcp", level) for level in levels.rcps]
    if asked.caller.kind is CallerKind.SERVICE:
        held = [item for item in held if item[0] == "rcp"]
    else:
        held += [(name, found) for name, found in (("boundary", levels.boundary), ("session", levels.session)) if found]
    return tuple(explain(documents, asked, name=TITLES[name], kind=name) for name, documents in held)


def _settle(
    by_bucket: GateTrace,
    by_caller: GateTrace,
    inside: bool,
    by_identity: bool,
    limits: tuple[GateTrace, ...],
    alone: Verdict,
) -> tuple[Verdict, str, tuple[str, ...]]:
    """The verdict, the summary, and the switch that chose it."""
    for one in (by_bucket, by_caller, *limits):
        if one.verdict is Verdict.EXPLICIT_DENY:
            return Verdict.EXPLICIT_DENY, one.summary, ()
    for one in (by_bucket, by_caller, *limits):
        if any(trace.effect == "Deny" and trace.matched is None for trace in one.statements):
            return Verdict.UNDECIDED, one.summary, ()
    allowing = [by_bucket, by_caller] if inside else [by_bucket]
    for wanted in (Verdict.ALLOW, Verdict.UNDECIDED):
        for one in allowing:
            if one.verdict is wanted:
                return wanted, one.summary, ()
    if inside and by_identity:
        return alone, _NOT_DOCUMENTED, (IDENTITY_ON_ACCESS_POINT,)
    return Verdict.IMPLICIT_DENY, f"the bucket does not delegate: {by_bucket.summary}", ()


def _open_keys(gates: tuple[GateTrace, ...]) -> list[str]:
    return [
        reason.subject
        for one in gates
        for trace in one.statements
        if trace.matched is None
        for reason in trace.reasons
        if reason.matched is None
    ]
