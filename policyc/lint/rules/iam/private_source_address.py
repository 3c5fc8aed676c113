"""A test of `aws:SourceIp` names private addresses only.

## What it does
Finds tests of `aws:SourceIp` whose addresses all lie in networks that the internet does not route (`10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` and the like). VPC Lattice
is left alone: its guide names the key and does not say what it holds.

## Why is this bad
The key holds the address from which a request reaches the public endpoint of a service. Requests through a VPC endpoint lack it; their private
address is in `aws:VpcSourceIp`. So an allow like this lets nobody in, and a deny with `NotIpAddress` turns everybody away.

## Example
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
]}
```

## Use instead
```json as=identity
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from policyc.diagnostics import Advice, Severity
from policyc.ir.authz import Atom, Glob, RawTest
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import key_of
from policyc.regex import regex
from policyc.targets.iam_documents.kinds import KINDS

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("aws:sourceip",)

_IP: Final = regex("(?i)sourceip$")
_PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        if kind_of(policy) not in KINDS or kind_of(policy) == "auth-policy":
            continue
        for test in tests(statement.when):
            if test.attribute.native.lower() != "aws:sourceip" or not isinstance(test, Atom | RawTest):
                continue
            texts = [value.text if isinstance(value, Glob) else str(value.value) for value in test.values]
            better = _IP.sub("VpcSourceIp", key_of(test))
            if texts and all(map(_is_private, texts)):
                lint.report(
                    test.span,
                    f"`{key_of(test)}` holds public addresses, and these are private",
                    Advice(f"test `{better}`", key_of(test), better),
                )


def _is_private(text: str) -> bool:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return False
    return any(found.version == one.version and found.subnet_of(one) for one in _PRIVATE)  # type: ignore[arg-type]
