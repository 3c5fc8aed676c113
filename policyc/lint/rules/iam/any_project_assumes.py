"""A trust policy takes the tokens of many repositories, projects or namespaces.

## What it does
Finds patterns of an identity provider's `sub` that leave open which repository (GitHub), project (GitLab, CircleCI), workspace (HCP Terraform) or
namespace (Kubernetes) a token is for, and policies for a cluster of EKS that test its audience alone. A test of another claim that says it, such as `repository_id`, is enough; patterns that leave open even whose
the repository is are told as `open-to-every-account`.

## Why is this bad
Whoever may create a repository in the organization, or a namespace in the cluster, assumes the role, and so does every one that is there already.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                 "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                                  "token.actions.githubusercontent.com:sub": "repo:acme/shop:ref:refs/heads/main"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.providers import cluster_without_subject, open_subjects
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("trust", "allow", "test")


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        if statement.effect != "allow":
            continue
        for principal in statement.who.principals if statement.who is not None and not statement.who.negated else ():
            if host := cluster_without_subject(principal, statement.when):
                lint.report(
                    principal.span,
                    f"`{statement.label}` lets every service account of the cluster assume the role",
                    f"test `{host}:sub`, such as `system:serviceaccount:shop:api`",
                )
        for found in open_subjects(statement.when):
            if not found.one_project:
                lint.report(
                    found.span,
                    f"`{statement.label}` lets every {found.who} assume the role",
                    f"write out which one, such as `{found.example}`",
                )
