"""A `NotPrincipal` of a deny does not exempt whom it names.

## What it does
Finds a deny with `NotPrincipal` that names a user without its account, a session without its role and its account, or a role without a
session of it: IAM looks at the account first, then at the role or user, then at the session, and denies the caller where one of them is not
listed.

## Why is this bad
Who was meant to be let off is denied. Roles have sessions whose names nobody knows beforehand, so that a role can hardly be let off in this
way; and whoever has a permissions boundary never is.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/audit"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*"},
  {"Effect": "Deny",
   "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/audit"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/private/*"}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/audit"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*"},
  {"Effect": "Deny",
   "Principal": "*",
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/private/*",
   "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/audit"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.iam.principals import principal_arn
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document
from policyc.model.values import Principal
from policyc.regex import regex

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("deny",)

_ARN: Final = regex(r"arn:[^:]+:(?:iam|sts)::([0-9]{12}):(user|role|assumed-role|federated-user)/(.+)")
_HELP: Final = 'deny `"*"` with `ArnNotEquals` on `aws:PrincipalArn` in place of it'
_NAMED: Final = ("account", "user", "role", "session", "federated_user")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        who = statement.who
        if statement.effect != "deny" or who is None or not who.negated:
            continue
        # callers that the language has words for are left out by a condition
        whole = is_document(policy) or all(item.kind == "native" for item in who.principals)
        texts = [_text(item) for item in who.principals] if whole else []
        for item, text in zip(who.principals, texts):
            lacking = _lacking(text, texts)
            if lacking:
                message = f"`NotPrincipal` does not let `{text}` off without {lacking}"
                lint.report(item.span or who.span, message, _HELP)


def _text(item: Principal) -> str:
    """A principal below `AWS` as a document names it; empty for others."""
    if item.kind == "native":
        return item.args[1] if item.args[0] == "AWS" else ""
    return principal_arn(item, "aws") if item.kind in _NAMED else ""


def _lacking(text: str, listed: Collection[str]) -> str:
    """What has to be listed beside a principal, in words; empty when it is."""
    found = _ARN.fullmatch(text)
    if found is None:
        return ""
    account, kind, name = found.groups()
    if not any(other == account or other.endswith(f":iam::{account}:root") for other in listed):
        return f"its account `{account}`"
    if kind == "role":
        tail = f":sts::{account}:assumed-role/{name.rpartition('/')[2]}/"
        return "" if any(tail in other for other in listed) else "the session that asks"
    if kind == "assumed-role":
        role, head = name.partition("/")[0], f":iam::{account}:role/"
        of_role = (other for other in listed if head in other and other.rpartition("/")[2] == role)
        return "" if any(of_role) else f"its role `{role}`"
    return ""
