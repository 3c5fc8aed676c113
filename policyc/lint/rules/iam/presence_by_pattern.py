"""A pattern that every value fits only asks whether a key is there.

## What it does
Finds `StringLike`, `ArnLike` and `ArnEquals` with `*` in documents, which hold for every request that has the key, and `StringNotLike`, `ArnNotLike` and `ArnNotEquals`, with and
without `IfExists`, which hold for every request that lacks it. With `IfExists` or `ForAllValues` before it, the positive one holds for all requests: that is told as
condition-always-holds.

## Why is this bad
It reads as if the value counted. For most keys the presence proves little: `aws:SourceVpc` is there whoever the network belongs to. Where presence is
what is meant, `Null` says so.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringLike": {"aws:SourceVpce": "*"}}}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import exists, key_of, lacks

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("test", "wildcard")
YIELDS_TO = ("condition-always-holds", "condition-never-holds")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when):
            spelling = test.spelling
            if spelling is None or not any(word in spelling.operator for word in ("Like", "Arn")):
                continue  # `ArnEquals` is `ArnLike`
            if not any(value.text and not value.text.strip("*") for value in spelling.values):
                continue
            absent = "Not" in spelling.operator
            if not absent and spelling.operator.startswith("ForAllValues:") | spelling.operator.endswith("IfExists"):
                continue  # passes without the key too
            state = "lacks" if absent else "has"
            asked = lacks(policy, test.attribute) if absent else exists(policy, test.attribute)
            lint.report(
                test.span,
                f"`{spelling.operator}` with `*` holds for every request that {state} `{key_of(test)}`",
                f"write the values that are meant, or `{asked}`",
            )
