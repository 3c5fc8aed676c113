"""A trust policy tests a claim of an identity provider that it does not name.

## What it does
Finds tests of claims in role trust policies whose provider is none of the statement's principals: the key of another cluster, a host that is
misspelt in one of the two places, `SAML:aud` for a provider of OpenID Connect, a claim asked of an account or a service.

## Why is this bad
A request carries the claims of the provider that made its token, and no other, so the test never holds, and its negation always does.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"oidc.eks.us-west-2.amazonaws.com/id/FF1B2C3D4E5F60718293A4B5C6D7E8F9:sub": "system:serviceaccount:shop:api"}}}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9"},
   "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"oidc.eks.us-west-2.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9:sub": "system:serviceaccount:shop:api"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.holes import has_hole
from policyc.ir.conditions import tests
from policyc.lint.providers import provider_of
from policyc.lint.rule import Lint
from policyc.model.values import Principal
from policyc.targets.iam_documents import services

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("trust", "test")
FOLLOWS = ("invalid-federated-principal",)

_SAML: Final = "saml"


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        who = statement.who
        if who is None or who.negated or any(map(_is_open, who.principals)):
            continue
        named = {prefix.lower(): prefix for prefix in map(_prefix, who.principals) if prefix}
        for test in tests(statement.when):
            key = test.attribute.native
            prefix, _, claim = key.partition(":")
            if not (prefix.lower() == _SAML or "." in prefix) or has_hole(key) or services.claims(prefix) is None:
                continue
            if prefix.lower() not in named:
                told = list(named.values())
                help = f"write `{told[0]}:{claim}`" if len(told) == 1 and told[0] != _SAML else ""
                lint.report(
                    test.span,
                    f"no principal of this statement is `{prefix}`, so no request that it is about carries `{key}`",
                    help or "test a claim of the provider that the statement names, or name this one",
                )


def _is_open(principal: Principal) -> bool:
    """Whether a principal may be any, so that nothing is known of its tokens."""
    return principal.kind == "anyone" or any(map(has_hole, principal.args)) or "*" in "".join(principal.args)


def _prefix(principal: Principal) -> str:
    """What the keys of a principal's claims begin with; empty where it has none."""
    if principal.kind == "native" and ":saml-provider/" in principal.args[-1]:
        return _SAML
    return provider_of(principal)
