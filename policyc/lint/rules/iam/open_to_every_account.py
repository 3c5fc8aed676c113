"""An allow lets callers of every account in.

## What it does
Finds an allow for `"*"` that nothing narrows, in the policies of keys, functions, Object Lambda access points and in the trust
policies of roles. Requests to these are always signed, so what such an allow lets in is everybody with an account of AWS. Tests that a
caller of another account or organization fails narrow one, and so do tests of where a request comes from and of the resource that a
service makes it for. An external id, a tag, a second factor and a role's name do not: anybody can have these in an account of their own. Nor does a trust
policy that names an identity provider which everybody can use (GitHub, GitLab, Terraform Cloud, Google, Cognito) without a test of its
`sub`, `aud` or a claim like them.

## Why is this bad
Anybody can open an account. Whoever knows the ARN uses the key, assumes the role, calls the function.

## Example
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
]}
```

## Use instead
```json as=trust
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
   "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.ir.authz import All, Atom, Cond, Op, RawTest, Statement
from policyc.lint.callers import open_to_strangers
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import is_document

SEVERITY = Severity.WARNING

_OPENS: Final = {
    "key": "opens the key to callers of every account",
    "trust": "lets callers of every account assume the role",
    "function": "lets callers of every account call the function",
    "object-lambda": "lets callers of every account in",
}
NEEDS = ("allow", ("trust", *_OPENS))
#: keys whose test says where a request comes from, or for whom a service makes it; those of the caller fail for everyone unknown
_NARROWING: Final = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:sourceowner",
        "aws:calledvia",
    }
)


#: identity providers that everybody can be a user of, by the host that their keys begin with
_SHARED: Final = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "cognito-identity.amazonaws.com",
    "bitbucket.org",
)
#: claims that the provider sets for all of its users alike
_COMMON: Final = (":aud",)


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        _check_providers(lint, statement)
    for policy in lint.policies(*_OPENS):
        for _, statement in open_to_strangers([policy]):
            if not _is_narrowed(statement.when):
                key = "aws:PrincipalOrgID" if is_document(policy) else "aws.PrincipalOrgID"
                lint.report(
                    caller_of(statement),
                    f"`{statement.label}` {_OPENS[kind_of(policy)]}",
                    f"name the callers, or test `{key}`",
                )


def _check_providers(lint: Lint, statement: Statement) -> None:
    who = statement.who
    if statement.effect != "allow" or who is None or who.negated:
        return
    items = statement.when.items if isinstance(statement.when, All) else (statement.when,)
    keys = {item.attribute.native.lower() for item in items if isinstance(item, Atom | RawTest) and _is_positive(item)}
    for principal in who.principals:
        text = principal.args[-1] if principal.kind == "native" and principal.args[0] == "Federated" else ""
        host = next((one for one in _SHARED if text.partition("oidc-provider/")[2] == one or text == one), "")
        if host and not any(
            key.startswith(f"{host}:") and not (host in _SHARED[:3] and key.endswith(_COMMON)) for key in keys
        ):
            lint.report(
                principal.span,
                f"`{statement.label}` lets every user of `{host}` assume the role",
                f"test `{host}:{'sub' if host in _SHARED[:3] else 'aud'}`",
            )


def _is_narrowed(cond: Cond) -> bool:
    items = cond.items if isinstance(cond, All) else (cond,)
    return any(
        isinstance(item, Atom | RawTest) and item.attribute.native.lower() in _NARROWING and _is_positive(item)
        for item in items
    )


def _is_positive(test: Atom | RawTest) -> bool:
    """Whether the test fails for a request that lacks the key or has another value."""
    if test.negated:
        return False
    if isinstance(test, Atom):
        return test.op is not Op.EXISTS
    return not any(word in test.operator for word in ("Not", "IfExists", "ForAllValues:", "Null"))
