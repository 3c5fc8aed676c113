"""A policy reads a claim that the sample of what the provider sends does not have.

## What it does
Holds the names that policies read against the samples of `claims_from`, and Cedar text against those of `--claims` and
`// policyc: claims NAME=FILE`. A claim that the group's `claims` declare is taken to be sent.

## Why is this bad
An identity provider that sends `group_membership` where the policy reads `groups` locks everybody out: the test is false for
every user, and nothing says so.

## Example
```policy
resource okta_staff: verified_access.group { trust: { okta: oidc }, claims_from: { okta: "okta-claims.json" } }

policy okta_policy for verified_access on okta_staff {
  allow "ops" { when any okta.groups in [oidc_group("ops")] }
}
```

## Use instead
```policy
resource okta_staff: verified_access.group { trust: { okta: oidc }, claims_from: { okta: "okta-claims.json" } }

policy okta_policy for verified_access on okta_staff {
  allow "ops" { when any okta.group_membership in [oidc_group("ops")] }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.authz import Atom, Policy
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.syntax.json_text import JsonObject, parse_json
from policyc.targets.cedar_documents.claims import entries
from policyc.targets.cedar_documents.facts import language_name, split_name
from policyc.targets.verified_access.hints import is_declared
from policyc.targets.verified_access.scope import group_of
from policyc.targets.verified_access.slips import lacking

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)


def check(lint: Lint) -> None:
    for policy, atom, steps in _reads(lint):
        group = group_of(policy.on, lint.program.resources) if isinstance(policy.on, Resource) else None
        sample = None if group is None else _samples(lint, group).get(steps[0])
        if group is None or sample is None or is_declared(group, steps):
            continue
        for count in range(1, len(steps)):
            inner = sample.get(steps[count])
            if inner is None:
                holder, claim = language_name(steps[:count]), language_name(steps[: count + 1])
                slip = lacking(claim, holder, steps[count], [member.key for member in sample.members])
                lint.report(atom.span, slip.message, slip.help)
            if not isinstance(inner, JsonObject):
                break
            sample = inner


def _reads(lint: Lint) -> Iterator[tuple[Policy, Atom, tuple[str, ...]]]:
    """The attributes that policies of Verified Access test, each once a statement, with the steps of its name."""
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in {atom.attribute.name: atom for atom in reversed(list(atoms(statement.when)))}.values():
                steps = split_name(atom.attribute.name)
                if steps is not None and len(steps) > 1:
                    yield policy, atom, steps


def _samples(lint: Lint, group: Resource) -> Mapping[str, JsonObject]:
    """The samples of a group by the names of its providers."""
    known: dict[str, Mapping[str, JsonObject]] = lint.once("samples of claims", lambda _: {})
    if group.id not in known:
        found: dict[str, JsonObject] = {}
        for name, value in entries(group, "claims_from"):
            source = lint.program.sources.get(str(value.data))
            tree = None if source is None else parse_json(source, Diagnostics())
            if isinstance(tree, JsonObject):
                found[name] = tree
        known[group.id] = found
    return known[group.id]
