"""A function lets CloudFront invoke it for every distribution.

## What it does
Finds an allow for `cloudfront.amazonaws.com` in the policy of a function that tests neither `aws:SourceArn` nor
`aws:SourceAccount`. It is a note: the call that CloudFront makes through an Object Lambda access point is not documented to carry
these keys at the function, so the open form is the only one that is sure to work.

## Why is this bad
A distribution of any account can make CloudFront invoke the function.

## Example
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize"}
]}
```

## Use instead
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize",
   "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7"}}}
]}
```

## Source
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("function", "allow", "by:service")

_CLOUDFRONT = "cloudfront.amazonaws.com"
_SOURCES = ("aws:sourcearn", "aws:sourceaccount")


def check(lint: Lint) -> None:
    for _, statement in lint.statements("function"):
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        if any(test.attribute.native.lower() in _SOURCES for test in tests(statement.when)):
            continue
        for item in who.principals:
            if item.kind == "service" and item.args[0] == _CLOUDFRONT:
                lint.report(
                    item.span or who.span,
                    f"`{item.args[0]}` may invoke the function for a distribution of anybody",
                    "add a condition on `aws:SourceArn`, and try that the distribution still gets its answers",
                )
