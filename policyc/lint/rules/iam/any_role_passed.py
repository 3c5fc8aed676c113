"""A policy lets its callers hand any role to any service, or create a role of any service.

## What it does
Finds allows of `iam:PassRole` on every role (`*`, `role/*`, `NotResource`) that do not say which service may get it, and of `iam:CreateServiceLinkedRole` on everything that do not say
for which service. An allow of everything (`"Action": "*"`) is left alone: it says so itself.

## Why is this bad
Whoever may pass a role to a service that runs his code (a function, an instance, a job) has all rights of that role. With every role of the account to choose from,
that is an administrator.

## Example
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["lambda:CreateFunction", "iam:PassRole"], "Resource": "*"}
]}
```

## Use instead
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"},
  {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/functions/*",
   "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.ir.authz import Can, Resources, Statement
from policyc.ir.conditions import tests
from policyc.lint.covering import can_covers
from policyc.lint.rule import Lint
from policyc.model.vocabulary import Verb
from policyc.regex import regex
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", ("identity",))

#: every role, of one account or of all
_EVERY: Final = regex(r"\*+|arn:[^:]*:iam::[^:]*:(\*+|role/\*+)")
#: action -> what it gives away, the keys that narrow it, what to test
_GIVES: Final = {
    "iam:PassRole": (
        "lets its callers hand any role to any service",
        ("iam:passedtoservice", "iam:associatedresourcearn", "iam:resourcetag/", "aws:resourcetag/"),
        "name the roles, and test `iam:PassedToService`",
    ),
    "iam:CreateServiceLinkedRole": (
        "lets its callers create the role of any service",
        ("iam:awsservicename",),
        "test `iam:AWSServiceName`",
    ),
}


def check(lint: Lint) -> None:
    for _, statement in lint.statements("identity"):
        if statement.effect != "allow" or not _on_every_role(statement.resources):
            continue
        for action, (what, keys, help) in _GIVES.items():
            given = can_covers(statement.can, Can((Verb(action, action),))) and not _says_all(statement.can)
            if given and not any(test.attribute.native.lower().startswith(keys) for test in tests(statement.when)):
                lint.report(_place(statement, action), f"`{statement.label}` {what}", help)
                break


def _on_every_role(resources: Resources | None) -> bool:
    if resources is None or resources.negated:
        return resources is not None and bool(resources.patterns)
    return any(_EVERY.fullmatch(item.text) for item in resources.patterns)


def _says_all(can: Can | None) -> bool:
    return can is None or (not can.negated and any(verb.action == "*" for verb in can.verbs))


def _place(statement: Statement, action: str) -> Span | None:
    """The action that gives it away; the whole list where it is what the list leaves out."""
    can = statement.can
    verbs = can.verbs if can is not None and not can.negated else ()
    named = (verb.span for verb in verbs if can_covers(Can((verb,)), Can((Verb(action, action),))))
    return next(named, can.span if can is not None else statement.span)
