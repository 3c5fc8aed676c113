"""A policy of an Object Lambda chain that a caller needs is not among the documents.

## What it does
Looks at the documents of one chain that are checked together, and at the callers who need the policy of every hop: services such as
CloudFront, and callers of another account.

## Why is this bad
It may be in place all the same. Without it nothing is said of that hop, where every request of these callers is refused by default.

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
```json as=access-point
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3:*",
   "Resource": ["arn:aws:s3:us-east-1:111122223333:accesspoint/photos", "arn:aws:s3:us-east-1:111122223333:accesspoint/photos/object/*"],
   "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}}
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
```json as=access-point
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3:*",
   "Resource": ["arn:aws:s3:us-east-1:111122223333:accesspoint/photos", "arn:aws:s3:us-east-1:111122223333:accesspoint/photos/object/*"],
   "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}}
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
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "*"},
   "Action": "*",
   "Resource": ["arn:aws:s3:::acme-photos", "arn:aws:s3:::acme-photos/*"],
   "Condition": {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}}
]}
```

## Source
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.chains import FRONT, HOPS, Chain, chains_of, outsiders
from policyc.lint.rule import Lint
from policyc.lint.speech import caller

SEVERITY = Severity.INFO
SCOPE = "set"
NEEDS = (FRONT,)


def check(lint: Lint) -> None:
    for chain in chains_of(lint):
        _check_chain(lint, chain)


def _check_chain(lint: Lint, chain: Chain) -> None:
    first = next(outsiders(chain), None)
    if first is None:
        return
    missing = [title for kind, title in HOPS.items() if kind not in chain.behind]
    if missing:
        _, principal = first
        listed = " and ".join(f"the {title}" for title in missing)
        lint.report(
            principal.span,
            f"`{caller(principal)}` needs a policy of {listed} that lets it in, and none is among these documents",
            "check it together with the others",
        )
