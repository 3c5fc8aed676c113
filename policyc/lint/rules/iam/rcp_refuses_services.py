"""A resource control policy turns away callers that its author did not think of.

## What it does
Finds denies of resource control policies that ask for the caller's organization and would turn away the services of AWS, which are in none; and denies that ask for what services pass on
(`aws:SourceAccount`, `aws:SourceOrgID`, …) and would turn away everybody else, whose requests lack it.

## Why is this bad
A test with a negation holds where its key is absent. Logs are no longer delivered, events no longer sent; or nobody reads the bucket any more.

## Example
```json as=rcp
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
   "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
]}
```

## Use instead
```json as=rcp
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
   "Condition": {
     "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
     "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import may_be_met
from policyc.ir.authz import Atom, Can, Cond, RawTest, Statement
from policyc.ir.conditions import tests
from policyc.lint.callers import facts_of
from policyc.lint.covering import can_covers
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute, Verb

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("rcp", "deny", ("aws:principalorg*", "aws:source*"))

_SERVICE: Final = Principal("service", ("logs.amazonaws.com",))
_ROLE: Final = Principal("role", ("111122223333", "app"))
_OF_CALLERS: Final = ("aws:principalorgid", "aws:principalorgpaths")
_OF_SERVICES: Final = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_ROLES: Final = Can((Verb("sts:AssumeRole", "sts:AssumeRole"),))


def check(lint: Lint) -> None:
    for _, statement in lint.statements("rcp"):
        if statement.effect != "deny":
            continue
        found = _negated(statement.when, _OF_CALLERS)
        if (
            found is not None
            and _asked_by_services(statement)
            and may_be_met([(statement.when, True)], facts_of(_SERVICE))
        ):
            lint.report(
                found.span,
                f"services of AWS lack `{key_of(found)}`, and this deny turns them away",
                'add `"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}`',
            )
        found = _negated(statement.when, _OF_SERVICES)
        if found is not None and may_be_met([(statement.when, True)], _of_role):
            lint.report(
                found.span,
                f"requests that no service makes lack `{key_of(found)}`, and this deny turns them away",
                f'add `"Null": {{"{key_of(found)}": "false"}}`',
            )


def _of_role(attribute: Attribute) -> tuple[Scalar, ...] | None:
    """What is known of a request that a role makes by itself."""
    return () if attribute.native.lower() in _OF_SERVICES else facts_of(_ROLE)(attribute)


def _negated(when: Cond, keys: tuple[str, ...]) -> Atom | RawTest | None:
    """The first test of one of the keys that holds where the key is absent."""
    for test in tests(when):
        operator = test.spelling.operator if test.spelling is not None else ""
        if test.attribute.native.lower() in keys and "Not" in operator:
            return test
    return None


def _asked_by_services(statement: Statement) -> bool:
    """Whether services ask for one of the actions; of STS they ask for roles alone."""
    verbs = statement.can.verbs if statement.can is not None else ()
    others = any(not verb.action.lower().startswith("sts:") for verb in verbs)
    return not verbs or others or can_covers(statement.can, _ROLES)
