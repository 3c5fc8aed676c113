"""A trust policy names a shared identity provider without a test of the claim that IAM asks for.

## What it does
Finds an allow for an identity provider of OpenID Connect that many organizations share (GitHub Actions, GitLab, HCP Terraform, Buildkite, Pulumi, Vercel, Cognito and
others that AWS lists) none of whose claims tell whose token it is, in the trust policy of a role.

## Why is this bad
IAM refuses to create such a role and to change its trust policy. One that is older lets every user of the provider assume the role.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}
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
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.providers import open_provider
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("allow", ("trust",))


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        for principal in who.principals:
            found = open_provider(principal, statement.when)
            if found is not None and found.refused:
                lint.report(
                    principal.span,
                    f"`{statement.label}` does not test {found.key}, without which IAM saves no trust policy for this provider",
                    f"test {found.key}, so that not every user of the provider may assume the role",
                )
