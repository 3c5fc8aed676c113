"""A trust policy tests the subject of a token for less than a subject is.

## What it does
Finds values of `sub` that end with the name of the repository (GitHub) or project (GitLab), such as `repo:acme/shop`, and no wildcard behind it.

## Why is this bad
A token's subject goes on behind the name: `:ref:refs/heads/main`, `:environment:production`, `:pull_request`. Nobody assumes the role, unless the
repository is set to leave the rest out.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/shop"}}}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:ref:refs/heads/main"}}}
]}
```

## Source
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.providers import short_subjects
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("trust", "test")


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        for text, example, span in short_subjects(statement.when):
            lint.report(
                span,
                f"the subject of a token does not end with `{text}`: the branch, tag or environment follows",
                f"write it out, such as `{example}`",
            )
