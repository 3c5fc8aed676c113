"""A document of an Object Lambda chain lets a caller in whom a document behind it refuses.

## What it does
Looks at the documents of one chain that are checked together (`policyc check olap.json function.json ap.json bucket.json role.json`). A
service such as CloudFront, and a caller of another account, has to be let in by every one of them; what the access point's policy allows
counts only where the bucket allows it too, by a grant or by delegation to the access point. A test of `s3:DataAccessPointAccount` is held
against the access point's own ARN.

## Why is this bad
A request has to pass every hop. It is let in at the front and refused behind it.

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
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/viewer"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize"}
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
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize"}
]}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.authz import Statement
from policyc.lint.chains import FRONT, HOPS, Chain, call_at, chains_of, lets_through, outsiders
from policyc.lint.rule import Lint
from policyc.lint.speech import caller
from policyc.model.values import Principal

SEVERITY = Severity.WARNING
SCOPE = "set"
NEEDS = (FRONT,)

_POINT = "access-point"
_BUCKET = "bucket"


def check(lint: Lint) -> None:
    for chain in chains_of(lint):
        _check_chain(lint, chain)


def _check_chain(lint: Lint, chain: Chain) -> None:
    for statement, principal in outsiders(chain):
        for hop in chain.behind:
            if (
                hop != _BUCKET or _POINT not in chain.behind
            ):  # what the access point lets in is held against the bucket below
                _check_hop(lint, chain, hop, statement, principal)
    if _POINT in chain.behind and _BUCKET in chain.behind:
        for statement in chain.behind[_POINT].statements:
            who = statement.who
            for principal in who.principals if who is not None and not who.negated else ():
                if statement.effect == "allow":
                    _check_hop(lint, chain, _BUCKET, statement, principal)


def _check_hop(lint: Lint, chain: Chain, hop: str, statement: Statement, principal: Principal) -> None:
    """Report a hop that refuses."""
    if lets_through(chain, hop, call_at(hop, statement, principal)):
        return
    policy = chain.behind[hop]
    grant = "delegate to the access point there" if hop == _BUCKET else f"allow it in `{policy.name}` as well"
    lint.report(
        principal.span,
        f"`{statement.label}` lets `{caller(principal)}` in, and the {HOPS[hop]} behind it refuses: nothing in `{policy.name}` lets it in",
        grant,
        (Label(policy.name_span or policy.span, "the policy behind it"),),
    )
