"""The role of a chain may not answer for its Object Lambda access point.

## What it does
Looks at the documents of one chain that are checked together: whether an `Allow` of `s3-object-lambda:WriteGetObjectResponse` in the
role's policy takes in the access point that the policy in front is about. In a template that has the execution role with all of its
policies, whether one of them allows it at all.

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
from policyc.lint.transformed import ACCESS_POINT, access_points
from policyc.model.values import Resource
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "set"
NEEDS = ((FRONT, ACCESS_POINT),)

_ANSWER = Can((Verb("answer", "s3-object-lambda:WriteGetObjectResponse"),))


def check(lint: Lint) -> None:
    for chain in chains_of(lint):
        _check_chain(lint, chain)
    for point in access_points(lint):
        _check_role(lint, point)


def _check_role(lint: Lint, point: Resource) -> None:
    """Where a template has the role of the function with all that it carries."""
    function = lint.program.resource(point.link("function") or "")
    held = None if function is None else function.get("answering")
    if function is None or held is None:
        return
    named = [name for name in str(held.data).split(", ") if name]
    policies = [policy for policy in lint.program.policies if policy.name in named]
    allows = (item for policy in policies for item in policy.statements if item.effect == "allow")
    if {policy.name for policy in policies} == {*named} and not any(
        cans_may_meet(item.can, _ANSWER) for item in allows
    ):
        lint.report(
            point.span,
            f"`{function.name}` may not answer GET requests: its role allows no `{_ANSWER.verbs[0].action}`",
            "allow it in a policy of the role, for this access point",
        )


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
