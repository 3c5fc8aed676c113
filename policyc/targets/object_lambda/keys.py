"""The key behind a bucket (SSE-KMS): whoever reads an object has to be allowed to decrypt it.

S3 calls KMS as the caller. The key policy must allow, by itself or by naming the account, which leaves it to the caller's own
policies. Source: Object Lambda reference, sections 2 and 7; IAM evaluation reference, section 11 (KMS);
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from __future__ import annotations

from typing import Final

from policyc.engines.iam import Policies, decide_request, explain_request
from policyc.engines.trace import Decision, GateTrace, Verdict
from policyc.model.values import Resource
from policyc.targets.object_lambda.context import Context
from policyc.targets.object_lambda.gates import allows_everything
from policyc.targets.object_lambda.operations import Operation
from policyc.targets.object_lambda.recorder import HopRecorder

ROLE: Final = "key"
_USES: Final = {"GetObject": "kms:Decrypt", "PutObject": "kms:GenerateDataKey"}
_ACCOUNT_FIELD: Final = 4


def key_gate(hops: HopRecorder, bucket: Resource, call: Operation, context: Context) -> GateTrace | None:
    """The gate of the key; None when the bucket has none of the customer's, or the call touches no content."""
    key, action = bucket.text("kms_key"), _USES.get(call.call)
    if not key or action is None:
        return None
    name = key.rpartition("/")[2]
    own = hops.attached(bucket.id, ROLE)
    if not own:
        summary = f"the policy of key `{name}` is not given, so what it allows is not known"
        hops.missing.append(f"the policy of key {name}")
        return GateTrace(name, ROLE, Verdict.UNDECIDED, summary)
    asked = hops.request(action, key, _context(context, bucket))
    owner = key.split(":")[_ACCOUNT_FIELD]
    policies = hops.bound(Policies(hops.identity(), own, owner=owner, resource_must_allow=True), asked)
    outcome = explain_request(policies, asked)
    if outcome.decision is not Decision.ALLOW and hops.identity_unknown:
        hopeful = Policies((allows_everything(),), own, owner=owner, resource_must_allow=True)
        if decide_request(hopeful, asked) is not Decision.DENY:
            return hops.open_identity(hops.noted(outcome, name, ROLE))
    return hops.noted(outcome, name, ROLE)


def _context(context: Context, bucket: Resource) -> Context:
    """What KMS sees: no key of S3, the service that calls, and an encryption context of which nothing is said."""
    values = {key: value for key, value in context.values.items() if not key.startswith("s3:")}
    region = bucket.place.region if bucket.place is not None else ""
    values |= {"kms:viaservice": (f"s3.{region}.amazonaws.com",), "aws:viaawsservice": ("true",)}
    values.pop("aws:resourceaccount", None)
    unknown = {key for key in context.unknown if not key.startswith("s3:")}
    unknown |= {"aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "kms:encryptioncontext:aws:s3:arn"}
    held = {key: value for key, value in values.items() if key not in unknown}
    return Context(held, frozenset(unknown), (*context.lacking, "s3:"))
