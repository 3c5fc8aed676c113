"""A function allows Object Lambda, which never calls it.

## What it does
Finds an allow for `s3-object-lambda.amazonaws.com` in the policy of a function.

## Why is this bad
Object Lambda invokes the function as the client who asked, never as itself. The statement is dead, and the clients still lack the permission.

## Example
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "s3-object-lambda.amazonaws.com"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize"}
]}
```

## Use instead
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/viewer"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize"}
]}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("function", "allow", "by:service")

_OBJECT_LAMBDA = "s3-object-lambda.amazonaws.com"


def check(lint: Lint) -> None:
    for _, statement in lint.statements("function"):
        who = statement.who
        if who is None or statement.effect != "allow" or who.negated:
            continue
        for item in who.principals:
            if item.kind == "service" and item.args[0] == _OBJECT_LAMBDA:
                lint.report(
                    item.span or who.span,
                    f"`{item.args[0]}` never calls the function: Object Lambda calls it as the client",
                    "allow the clients, or `cloudfront.amazonaws.com`",
                )
