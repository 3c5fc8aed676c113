"""An allow of a bucket, access point or other resource lets requests without a signature in.

## What it does
Finds an allow for `"*"` whose condition an unsigned request can pass, when no deny turns it away: in bucket, access point
and other resource policies whose service takes such requests, and of functions whose URL asks for no signature
(`lambda:FunctionUrlAuthType` `NONE`); the calls that manage resources are always signed. A bucket that delegates to access points (a fixed `s3:DataAccessPointAccount` or
`s3:DataAccessPointArn`) is left alone: that is what AWS recommends, and it is not public. So is a statement that takes requests only
from fixed addresses, VPCs or VPC endpoints.

## Why is this bad
`"*"` takes in everyone, with or without credentials. Whoever knows the name reads or writes.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": "*",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*"}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": "*",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
]}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Can, Statement
from policyc.lint.callers import open_to_strangers, open_to_the_world
from policyc.lint.covering import can_covers
from policyc.lint.doors import delegates, takes_unsigned
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint, kind_of
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "open", ("function", "bucket", "access-point", "resource"))

_BY_URL = "lambda:InvokeFunctionUrl"


def check(lint: Lint) -> None:
    for policy in lint.policies("function"):
        signed = [id(statement) for _, statement in open_to_strangers([policy])]  # these are open-to-every-account
        for _, statement in open_to_the_world([policy]):
            if id(statement) not in signed and _calls_by_url(statement):
                lint.report(
                    caller_of(statement),
                    f"`{statement.label}` lets unsigned requests in: nobody checks who calls a function URL of type `NONE`",
                    "ask for `AWS_IAM` and name the callers, or say with a comment that the function is public",
                )
    for policy in lint.policies("bucket", "access-point", "resource"):
        for _, statement in open_to_the_world([policy]):
            if (kind_of(policy) == "bucket" and delegates(statement.when)) or not takes_unsigned(statement):
                continue
            lint.report(
                caller_of(statement),
                f"`{statement.label}` lets unsigned requests in",
                "name the callers, or test `aws:PrincipalOrgID`",
            )


def _calls_by_url(statement: Statement) -> bool:
    """Whether an action of the statement is a call of the function's URL, the one request to Lambda that may come without a signature."""
    return can_covers(statement.can, Can((Verb(_BY_URL, _BY_URL),)))
