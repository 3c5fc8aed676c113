"""An allow lets callers of every account in.

## What it does
Finds an allow for `"*"` that nothing narrows, in the policies of keys, functions, Object Lambda access points, repositories, secrets and other
resources, and in the trust policies of roles: what such an allow lets in is everybody with an account of AWS. Where requests without a signature
pass too, `anonymous-admitted` says so. Tests that a
caller of another account or organization fails narrow one, and so do tests of where a request comes from and of the resource that a
service makes it for. By way of which service it comes (`aws:CalledVia`) tells nothing of who uses the service; Object Lambda alone asks a policy of the account first.
An external id, a tag, a second factor and a role's name do not: anybody can have these in an account of their own. Nor does a trust
policy that names an identity provider without a test of its claims: of providers that everybody can use (GitHub, GitLab, Terraform Cloud, Buildkite, Google, Cognito)
one that tells their users apart, such as `sub` or `repository_id` and not `ref` or `environment`, `repo:acme/shop:*` and not `repo:acme*`.

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

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Severity
from policyc.ir.authz import Policy, Statement
from policyc.lint.callers import open_to_strangers, open_to_the_world
from policyc.lint.doors import delegates, is_shared_by_ram, takes_unsigned
from policyc.lint.places import caller_of
from policyc.lint.providers import open_provider
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import is_document

SEVERITY = Severity.WARNING
SCOPE = "document"

_OPENS: Final = {
    "key": "opens the key to callers of every account",
    "trust": "lets callers of every account assume the role",
    "function": "lets callers of every account call the function",
    "object-lambda": "lets callers of every account in",
    "bucket": "lets callers of every account in",
    "access-point": "lets callers of every account in",
    "resource": "lets callers of every account in",
}
NEEDS = ("allow", ("trust", *_OPENS))


def check(lint: Lint) -> None:
    for _, statement in lint.statements("trust"):
        _check_providers(lint, statement)
    for policy in lint.policies(*_OPENS):
        for statement in _open(policy):
            key = "aws:PrincipalOrgID" if is_document(policy) else "aws.PrincipalOrgID"
            lint.report(
                caller_of(statement),
                f"`{statement.label}` {_opens(kind_of(policy), statement)}",
                f"name the callers, or test `{key}`",
            )


def _opens(kind: str, statement: Statement) -> str:
    """What an open allow gives. The policies of layers, which nobody calls, have the form of a function's."""
    verbs = statement.can.verbs if statement.can is not None and not statement.can.negated else ()
    if kind == "function" and verbs and all(verb.action.lower().startswith("lambda:getlayer") for verb in verbs):
        return "lets callers of every account read the layer"
    return _OPENS[kind]


def _open(policy: Policy) -> Iterator[Statement]:
    """The statements that let everybody with an account in, and nobody else, which other rules tell."""
    unsigned: set[int] = set()
    if kind_of(policy) in ("bucket", "access-point", "resource"):
        unsigned = {id(one) for _, one in open_to_the_world([policy]) if takes_unsigned(one)}
    for _, statement in open_to_strangers([policy]):
        shared = is_shared_by_ram(statement) or (kind_of(policy) == "bucket" and delegates(statement.when))
        if id(statement) not in unsigned and not shared:
            yield statement


def _check_providers(lint: Lint, statement: Statement) -> None:
    who = statement.who
    if statement.effect != "allow" or who is None or who.negated:
        return
    for principal in who.principals:
        found = open_provider(principal, statement.when)
        if found is None or found.refused:  # `shared-provider-without-claim`
            continue
        of = f" whose `{found.claim}` is like `{found.owner}`" if found.owner else ""
        lint.report(
            principal.span,
            f"`{statement.label}` lets every user of `{found.host}`{of} assume the role",
            f"test {found.key}"
            + (" with its owner written out, such as `repo:acme/shop:ref:refs/heads/main`" if of else ""),
        )
