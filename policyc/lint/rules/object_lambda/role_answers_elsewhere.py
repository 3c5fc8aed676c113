"""The role of a chain may not answer for its Object Lambda access point.

## What it does
Looks at the documents of one chain that are checked together: whether an `Allow` of `s3-object-lambda:WriteGetObjectResponse` in the
role's policy takes in the access point that the policy in front is about.

## Why is this bad
The function cannot hand its answer over, and each transformed GET fails with status 500.

## Example
```json as=object-lambda
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3-object-lambda:Get*",
   "Resource": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/resized",
   "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7"}}}
]}
```
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3-object-lambda:WriteGetObjectResponse",
   "Resource": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/resize"}
]}
```

## Use instead
```json as=object-lambda
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3-object-lambda:Get*",
   "Resource": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/resized",
   "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7"}}}
]}
```
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3-object-lambda:WriteGetObjectResponse",
   "Resource": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/resized"}
]}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.authz import Can, Statement
from policyc.lint.chains import FRONT, Chain, chains_of
from policyc.lint.covering import cans_may_meet, resources_may_meet
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "set"
NEEDS = (FRONT,)

_ANSWER = Can((Verb("answer", "s3-object-lambda:WriteGetObjectResponse"),))


def check(lint: Lint) -> None:
    for chain in chains_of(lint):
        _check_chain(lint, chain)


def _check_chain(lint: Lint, chain: Chain) -> None:
    if chain.role is None or not chain.arns:
        return
    answers = [item for item in chain.role.statements if item.effect == "allow" and cans_may_meet(item.can, _ANSWER)]
    fronts = [item for item in chain.front.statements if item.resources is not None]
    if not answers or any(_meet(answer, front) for answer in answers for front in fronts):
        return
    first = answers[0].resources
    lint.report(
        first.span if first is not None else label_of(answers[0]),
        f"`{answers[0].label}` lets nobody answer for `{chain.arns[0]}`",
        f"write `{chain.arns[0]}` there",
        (Label(chain.front.name_span or chain.front.span, "the policy of the access point"),),
    )


def _meet(answer: Statement, front: Statement) -> bool:
    return resources_may_meet(answer.resources, front.resources)
