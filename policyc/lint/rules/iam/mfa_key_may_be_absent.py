"""A test for multi-factor authentication forgets the callers who lack its key.

## What it does
Finds a deny that asks whether `aws:MultiFactorAuthPresent` is `false`, and an allow that asks with `BoolIfExists` whether it is `true`, or with `Bool` whether it is `false`. A policy of which
another deny stops the callers without the key is left alone.

## Why is this bad
Requests that are signed with the long-term keys of a user lack the key. `Bool` does not hold for them, so such a deny spares them; `BoolIfExists`
does, so such an allow lets them in. Both let exactly those through who used no second factor.

## Example
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*"},
  {"Effect": "Deny",
   "Action": "ec2:TerminateInstances",
   "Resource": "arn:aws:ec2:us-east-1:111122223333:instance/*",
   "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
]}
```

## Use instead
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*"},
  {"Effect": "Deny",
   "Action": "ec2:TerminateInstances",
   "Resource": "arn:aws:ec2:us-east-1:111122223333:instance/*",
   "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Severity
from policyc.ir.authz import Atom, Cond, Constant, Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("aws:multifactorauthpresent",)

_KEY: Final = "aws:multifactorauthpresent"


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        if any(_stops_absent(statement.when) for statement in policy.statements if statement.effect == "deny"):
            continue
        for statement in policy.statements:
            for test in _tests(statement.when):
                if not _is_false(test):
                    continue
                if statement.effect == "deny" and not test.negated:
                    lint.report(
                        test.span,
                        f"requests signed with long-term keys lack `{key_of(test)}`, and this deny spares them",
                        _help(test, "BoolIfExists", "!= true"),
                    )
                elif statement.effect == "allow" and test.negated:
                    lint.report(
                        test.span,
                        f"requests signed with long-term keys lack `{key_of(test)}`, and this allow lets them in",
                        _help(test, "Bool", "== true"),
                    )
                elif statement.effect == "allow":
                    lint.report(
                        test.span,
                        f"this allow is for sessions without a second factor: `{key_of(test)}` is `false` in no other",
                        "write `true`" if test.spelling is not None else f"write `{test.attribute.name} == true`",
                    )


def _is_false(test: Atom) -> bool:
    """Whether the test compares with `false`; `BoolIfExists` with `true` is read as its negation."""
    values = [value.value for value in test.values if isinstance(value, Constant)]
    return test.op is Op.EQ and values == [False]


def _tests(when: Cond) -> Iterator[Atom]:
    return (test for test in atoms(when) if test.attribute.native.lower() == _KEY)


def _stops_absent(when: Cond) -> bool:
    """Whether a test of the key in a deny holds where the key is absent."""
    return any(test.negated for test in _tests(when))


def _help(test: Atom, operator: str, comparison: str) -> str:
    return f"write `{operator}`" if test.spelling is not None else f"write `{test.attribute.name} {comparison}`"
