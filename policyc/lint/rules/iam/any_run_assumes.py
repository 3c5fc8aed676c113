"""A trust policy takes every token of a repository, project or namespace.

## What it does
Finds patterns of an identity provider's `sub` that name the repository (GitHub), project (GitLab, HCP Terraform) or namespace (Kubernetes) and leave open
all the rest: branches, tags and pull requests, environments, workspaces, service accounts. A test of another claim that says it, such as `ref`
or `environment`, is enough.

## Why is this bad
A branch that nobody has reviewed assumes the role like the one that is protected: whoever may push, or start a pod in the namespace, has what the role may do.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                 "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                                  "token.actions.githubusercontent.com:sub": "repo:acme/shop:environment:production"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.providers import open_subjects
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("trust", "allow", "test")


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        for found in open_subjects(statement.when) if statement.effect == "allow" else ():
            if found.one_project:
                lint.report(
                    found.span,
                    f"`{statement.label}` lets every {found.who} assume the role",
                    f"write out which one, such as `{found.example}`",
                )
