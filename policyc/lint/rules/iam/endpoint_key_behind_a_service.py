"""A condition asks for the network of a caller who came by way of a service.

## What it does
Finds statements that want `aws:CalledVia` or `aws:ViaAWSService` and, beside it, `aws:SourceVpc`, `aws:SourceVpce` or
`aws:VpcSourceIp`.

## Why is this bad
These three say by which endpoint a request came to AWS. The requests that a service makes on a caller's behalf do not carry them, so that
no request passes both tests.

## Example
```json as=access-point
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/viewer"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/photos/object/*",
   "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}, "StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}}
]}
```

## Use instead
```json as=access-point
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/viewer"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/photos/object/*",
   "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.authz import All, Atom, RawTest
from policyc.lint.doors import wants_value
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of

SEVERITY = Severity.WARNING
SCOPE = "document"

_VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
_SERVED = "aws:viaawsservice"
_LOST = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn")
NEEDS = ((*_VIA, _SERVED), _LOST)


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        when = statement.when
        items = when.items if isinstance(when, All) else (when,)
        wanted = [item for item in items if isinstance(item, Atom | RawTest) and wants_value(item)]
        via = next((item for item in wanted if _key(item) in _VIA or (_key(item) == _SERVED and _is_true(item))), None)
        for item in wanted:
            if via is not None and _key(item) in _LOST:
                lint.report(
                    item.span,
                    f"requests that pass `{key_of(via)}` do not carry `{key_of(item)}`, so this test never holds",
                    "drop one of the two tests",
                    (Label(via.span, "the request comes by way of a service"),) if via.span is not None else (),
                )


def _key(test: Atom | RawTest) -> str:
    return test.attribute.native.lower()


def _is_true(test: Atom | RawTest) -> bool:
    return isinstance(test, Atom) and [value.value for value in test.values] == [True]
