"""A test of `aws:SecureTransport` is the wrong way round.

## What it does
Finds denies of requests whose `aws:SecureTransport` is `true`, and allows of those whose is `false`. Silent where the statement tests the version of TLS as well, which only requests over TLS have.

## Why is this bad
The key is `true` for requests over TLS. Such a deny turns away everybody who encrypts, and such an allow lets in only those who do not.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, write_instead
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms, tests
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("aws:securetransport",)
#: what requests have that come over TLS, and no others
_OF_TLS = frozenset({"s3:tlsversion"})
YIELDS_TO = ("condition-never-holds",)


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        deny = statement.effect == "deny"
        every = list(tests(statement.when))
        if any(test.attribute.native.lower() in _OF_TLS for test in every):
            continue
        for test in atoms(statement.when):
            if test.attribute.native.lower() != "aws:securetransport" or test.op is not Op.EQ or len(test.values) != 1:
                continue
            if (test.values[0].value is not test.negated) is deny:
                met = "every request over TLS" if len(every) == 1 else "requests over TLS, and none without"
                says = f"turns away {met}" if deny else "lets in only what comes without TLS"
                word = str(not deny).lower()
                lint.report(
                    test.span,
                    f"`{statement.label}` {says}: `{key_of(test)}` is `true` for requests over TLS",
                    write_instead(str(deny).lower(), word),
                )
