"""A condition wants a public address and a VPC endpoint of one request.

## What it does
Finds statements that want a value of `aws:SourceIp` and, beside it, one of `aws:SourceVpc`, `aws:SourceVpce` or `aws:VpcSourceIp`.

## Why is this bad
A request that comes by way of a VPC endpoint carries the last three and no `aws:SourceIp`; every other request carries `aws:SourceIp` alone. No
request passes both tests: an allow lets nobody in, and a deny guards nothing. Where either is enough, an allow takes two statements.

## Example
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}}
]}
```

## Use instead
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
  {"Effect": "Allow",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.authz import All, Atom, RawTest
from policyc.lint.doors import wants_value
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import key_of

SEVERITY = Severity.WARNING
SCOPE = "document"

_PUBLIC = "aws:sourceip"
_PRIVATE = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn")
NEEDS = (_PUBLIC, _PRIVATE)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        when = statement.when
        if not isinstance(when, All) or kind_of(policy) == "auth-policy":
            continue  # the keys of VPC Lattice have a rule of their own
        wanted = [item for item in when.items if isinstance(item, Atom | RawTest) and wants_value(item)]
        keys = {item.attribute.native.lower(): item for item in wanted}
        public = keys.get(_PUBLIC)
        private = next((keys[key] for key in _PRIVATE if key in keys), None)
        if public is not None and private is not None:
            lint.report(
                private.span,
                f"a request with `{key_of(private)}` has no `{key_of(public)}`, so none passes both tests",
                "write a statement for each of them, or drop one",
                (Label(public.span, "the request comes from a public address"),) if public.span is not None else (),
            )
