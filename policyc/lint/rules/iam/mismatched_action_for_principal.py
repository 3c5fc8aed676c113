"""A trust policy lets a principal assume the role by an action that such principals never use.

## What it does
Finds statements of role trust policies whose actions go with none of the kinds of principals that they name: accounts, users, roles and services ask
`sts:AssumeRole`, SAML providers `sts:AssumeRoleWithSAML`, all other identity providers `sts:AssumeRoleWithWebIdentity`. IAM Roles Anywhere asks `sts:TagSession` and `sts:SetSourceIdentity` beside `sts:AssumeRole`, EKS Pod Identity `sts:TagSession`.

## Why is this bad
No request has both, so nobody assumes the role.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"},
   "Action": "sts:AssumeRole",
   "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"},
   "Action": "sts:AssumeRoleWithSAML",
   "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.holes import has_hole
from policyc.ir.authz import Can, Policy, Statement
from policyc.lint.covering import can_covers
from policyc.lint.rule import Lint
from policyc.model.values import Principal
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("trust",)

_PLAIN: Final = "sts:AssumeRole"
_WEB: Final = "sts:AssumeRoleWithWebIdentity"
_SAML: Final = "sts:AssumeRoleWithSAML"
#: what is asked beside an action above, whoever asks
_BESIDE: Final = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
#: services that ask more than one action in every request -> what they ask beside the plain one
_ASK_MORE: Final = {
    "rolesanywhere.amazonaws.com": ("sts:TagSession", "sts:SetSourceIdentity"),
    "pods.eks.amazonaws.com": ("sts:TagSession",),
}


def check(lint: Lint) -> None:
    for policy in lint.policies("trust"):
        for service, needed in _ASK_MORE.items():
            _check_service(lint, policy, service, needed)
    for _, statement in lint.statements("trust"):
        who = statement.who
        if who is None or who.negated or not who.principals or statement.can is None or statement.can.negated:
            continue
        wanted = {action for item in who.principals for action in _asked(item)}
        named = {
            name for name in (_PLAIN, _WEB, _SAML, *_BESIDE) if can_covers(statement.can, Can((Verb(name, name),)))
        }
        if named and not named & {*wanted, *_BESIDE}:
            names = " or ".join(f"`{name}`" for name in sorted(wanted))
            span = next((verb.span for verb in statement.can.verbs if verb.span is not None), None)
            first = who.principals[0].args[-1] if who.principals[0].args else "*"
            alone = len(wanted) == len(statement.can.verbs) == 1
            help = write_instead(statement.can.verbs[0].action, *wanted) if alone else f"write {names}"
            lint.report(span or who.span, f"`{first}` never asks this of the role, but {names}", help)
        elif named and not named & {*_BESIDE}:
            for item in who.principals:
                asked = _asked(item)
                if item.args and not named & {*asked}:
                    names = " or ".join(f"`{name}`" for name in asked)
                    help = f"allow it {names} in a statement of its own"
                    lint.report(item.span, f"`{item.args[-1]}` never asks this of the role, but {names}", help)


def _check_service(lint: Lint, policy: Policy, service: str, needed: tuple[str, ...]) -> None:
    """Report what a service is not let do that it does in every request."""
    theirs = [one for one in policy.statements if one.effect == "allow" and _is_for(one, service)]
    if not any(can_covers(one.can, Can((Verb(_PLAIN, _PLAIN),))) for one in theirs):
        return
    lacking = [n for n in needed if not any(can_covers(one.can, Can((Verb(n, n),))) for one in theirs)]
    if lacking:
        names = " and ".join(f"`{name}`" for name in lacking)
        lint.report(theirs[0].who.span if theirs[0].who else None, f"`{service}` asks {names} too", f"add {names}")


def _is_for(statement: Statement, service: str) -> bool:
    who = statement.who
    return who is not None and not who.negated and any(service in item.args for item in who.principals)


def _asked(item: Principal) -> tuple[str, ...]:
    """How a principal assumes a role; several ways where it is not known what it is."""
    if item.kind != "native" or item.args[0] != "Federated":
        return (_PLAIN,)
    if ":saml-provider/" in item.args[1]:
        return (_SAML,)
    return (_WEB, _SAML) if has_hole(item.args[1]) and ":oidc-provider/" not in item.args[1] else (_WEB,)
