"""An allow for an AWS service does not say for whose resources.

## What it does
Finds an allow for a service principal without a test of `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID`,
`aws:SourceOrgPaths` or `aws:CalledVia`, or at a key of its encryption context, that fixes an account, an organization or a name; `IfExists`, `*` and
`arn:aws:s3:::*` fix none. CloudFront on a function is a note of its own
(any-distribution-invokes), and so is Object Lambda (never-calls-the-function).

## Why is this bad
The service acts for everyone's resources, those of other accounts included: anybody can make it act here.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*"}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.doors import names_a_source
from policyc.lint.rule import Lint, kind_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "by:service")
FOLLOWS = ("invalid-service-principal-format",)

#: what the policy of a function has rules of its own for
_TOLD = {"function": ("cloudfront.amazonaws.com", "s3-object-lambda.amazonaws.com")}


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("object-lambda", "access-point", "bucket", "function", "resource", "key"):
        who = statement.who
        if statement.resources is None or statement.effect != "allow" or who is None or who.negated:
            continue  # a policy on a whole chain says more than one document
        if names_a_source(statement.when):
            continue
        for item in who.principals:
            if item.kind == "service" and item.args[0] not in _TOLD.get(kind_of(policy), ()):
                lint.report(
                    item.span or who.span,
                    f"`{item.args[0]}` may act here for anyone's resources",
                    "add a condition on `aws:SourceArn` or `aws:SourceAccount`",
                )
