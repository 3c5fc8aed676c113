"""A caller may read originals past the Object Lambda access point in front of them.

## What it does
Finds `identity` statements that allow reading from a bucket or access point which an Object Lambda access point stands in
front of, without asking that the request comes by way of Object Lambda.

## Why is this bad
The caller takes the direct way and gets what the function was meant to change or remove.

## Example
```policy
use "shop.policy" { photo_ap, order_fn }

policy order_reads for identity on order_fn {
  allow "photos" { can GetObject  on photo_ap }
}
```

## Use instead
```policy
use "shop.policy" { photo_ap, order_fn }

policy order_reads for identity on order_fn {
  allow "photos" { can GetObject  on photo_ap  when any aws.CalledVia == "s3-object-lambda.amazonaws.com" }
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import may_be_met
from policyc.ir.authz import Can
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.transformed import ACCESS_POINT, access_points
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute

SEVERITY = Severity.WARNING
SCOPE = "set"
NEEDS = ("identity", "allow", ACCESS_POINT)

_READING = ("s3:getobject", "s3:getobjectversion")


def check(lint: Lint) -> None:
    behind = _behind(lint)
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "identity" else ():
            bare = [item for item in statement.on if item.id in behind]
            if statement.effect != "allow" or not bare or not _reads(statement.can):
                continue
            if may_be_met([(statement.when, True)], _direct):
                lint.report(
                    label_of(statement),
                    f"`{statement.label}` reads `{bare[0].name}` without the function of `{behind[bare[0].id]}`",
                    'add `when any aws.CalledVia == "s3-object-lambda.amazonaws.com"`',
                )


def _behind(lint: Lint) -> dict[str, str]:
    """The access points and buckets behind Object Lambda access points, by id, with the name of what stands in front."""
    out: dict[str, str] = {}
    for resource in access_points(lint):
        supporting = lint.program.resource(resource.link("supporting"))
        bucket = lint.program.resource(supporting.link("bucket")) if supporting is not None else None
        out |= {item.id: resource.name for item in (supporting, bucket) if item is not None}
    return out


def _reads(can: Can | None) -> bool:
    if can is None or not can.verbs:
        return True
    named = any(verb.action.lower() in _READING for verb in can.verbs)
    return named is not can.negated


def _direct(attribute: Attribute) -> tuple[Scalar, ...] | None:
    """What is known of a request that no service makes on the caller's behalf."""
    return () if attribute.native.lower().startswith("aws:calledvia") else None
