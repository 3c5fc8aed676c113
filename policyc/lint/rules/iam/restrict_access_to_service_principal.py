"""An allow for an AWS service does not say for whose resources.

## What it does
Finds an allow for a service principal, or for everybody on condition of `aws:SourceArn` or `aws:SourceAccount`, which services alone carry, without a test of `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID`,
`aws:SourceOrgPaths`, `aws:CalledVia` or (for Alexa) `lambda:EventSourceToken`, or at a key of its encryption context, that fixes an account, an organization or a name; `IfExists`, `*` and
`arn:aws:s3:::*` fix none. So does the ARN of a bucket by itself, which holds no account: a test of `aws:SourceAccount` goes with it. CloudFront on a function is a note of its own
(any-distribution-invokes), and so is Object Lambda (never-calls-the-function).

## Why is this bad
The service acts for everyone's resources, those of other accounts included: anybody can make it act here. The name of a bucket that was deleted is free for everybody.

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
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Statement
from policyc.lint.callers import facts_of
from policyc.lint.doors import is_for_services, names_a_source, source_of_no_account
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import is_document, key_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", ("by:service", "by:anyone"))
FOLLOWS = ("invalid-service-principal-format",)
YIELDS_TO = ("source-of-another-service",)

#: services that say by a token of their own for whom they call
_WITH_TOKENS = ("alexa-appkit.amazon.com", "alexa-connectedhome.amazon.com")
#: what the policy of a function has rules of its own for
_TOLD = {"function": ("cloudfront.amazonaws.com", "s3-object-lambda.amazonaws.com")}


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("object-lambda", "access-point", "bucket", "function", "resource", "key"):
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        if statement.resources is None and kind_of(policy) != "resource" and not is_document(policy):
            continue  # a policy on a whole chain says more than one document
        if names_a_source(statement.when):
            _check_account(lint, statement)
            continue
        for item in who.principals:
            if item.kind == "anyone" and is_for_services(statement.when):
                lint.report(
                    item.span or who.span,
                    "services may act here for anyone's resources",
                    "name an account in the condition on `aws:SourceArn`, or test `aws:SourceAccount`",
                )
            elif (
                item.kind == "service"
                and item.args[0] not in _TOLD.get(kind_of(policy), ())
                and not never_holds(statement.when, facts_of(item))  # that it cannot act at all is told by itself
            ):
                lint.report(
                    item.span or who.span,
                    f"`{item.args[0]}` may act here for anyone's resources",
                    "add a condition on `lambda:EventSourceToken`, with the id of your skill"
                    if item.args[0] in _WITH_TOKENS
                    else "add a condition on `aws:SourceArn` or `aws:SourceAccount`",
                )


def _check_account(lint: Lint, statement: Statement) -> None:
    test = source_of_no_account(statement.when)
    callers = statement.who.principals if statement.who is not None else ()
    services = {"service", "anyone"} if is_for_services(statement.when) else {"service"}
    if test is not None and any(one.kind in services for one in callers):
        lint.report(
            test.span,
            f"the ARN in this test of `{key_of(test)}` holds no account, so whoever takes the name over once it is free is let in",
            "test `aws:SourceAccount` too",
        )
