"""Everybody whom the trust providers know gets in, or every device that they report.

## What it does
Finds an `allow` without a condition, or with one that always holds, on a group, when no `deny` narrows it and an endpoint of
the group (or a group without declared endpoints) has no policy of its own that asks for more. A condition that only asks whether data of
a user's provider is there (`exists okta.email`) holds for everybody who has logged in.

## Why is this bad
Verified Access then only asks for a login. Whoever has an account with the identity provider reaches the application.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "everybody" { }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance" { when finance in idc.groups }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies-policy-eval.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import Goal, always_holds, may_be_met
from policyc.ir.authz import AnyOf, Atom, Cond, Op, Statement
from policyc.ir.conditions import atoms, disjunction
from policyc.lint.emails import provider
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.record import record
from policyc.targets.cedar_documents.facts import split_name
from policyc.targets.verified_access.scope import devices as devices_of
from policyc.targets.verified_access.scope import group_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "verified_access.group")
#: how many statements are taken together
_MOST_TOGETHER: Final = 30
FOLLOWS = (
    "cedar-always-true",
    "cedar-group-name",
    "value-never-matches",
    "odd-method",
    "cedar-type-mismatch",
    "cedar-unknown-attribute",
    "cedar-unknown-root",
    "cedar-unlike-kinds",
)


@record
class Wide:
    """An `allow` that takes in everybody, or where `device` names a provider, every device that this one reports."""

    statement: Statement
    device: str = ""


def check(lint: Lint) -> None:
    for group in lint.program.resources.values():
        if group.type != "verified_access.group":
            continue
        wide = _wide(lint, group)
        endpoints = [item for item in lint.program.resources.values() if item.link("group") == group.id]
        ways = {item.name: _wide(lint, item) for item in endpoints}
        if wide is None:
            continue
        bare = [item.name for item in endpoints if not lint.program.policies_on(item) or ways[item.name] is not None]
        names = bare if endpoints else [group.name]
        # what an endpoint asks of devices comes on top of what the group asks
        asked = {name: wide if wide.device else ways.get(name) or wide for name in names}
        for one in dict.fromkeys(asked.values(), None):
            _report(lint, one if one.device else wide, [name for name, other in asked.items() if other == one])


def _report(lint: Lint, wide: Wide, names: Sequence[str]) -> None:
    reached = ", ".join(f"`{name}`" for name in names)
    statement = wide.statement
    if wide.device:
        message = (
            f"`{statement.label}` lets every device that `{wide.device}` reports reach {reached}, whatever it reports"
        )
        help = "test what the provider says of the device, such as its risk or score"
    else:
        message = f"`{statement.label}` lets everybody who can log in reach {reached}"
        help = "add a condition on groups, e-mail or device"
    lint.report(condition_of(statement.when, statement), message, help)


def _wide(lint: Lint, resource: Resource) -> Wide | None:
    """The `allow` of a resource's policy that takes in everybody, or the last of several that do together; None when a `deny` could
    narrow it."""
    for policy in lint.program.policies_on(resource):
        group = group_of(resource, lint.program.resources)
        devices = frozenset() if group is None else devices_of(group)
        allows = [item for item in policy.statements if item.effect == "allow"]
        if len(allows) < len(policy.statements):
            return None
        found = [(item, device) for item in allows if (device := _takes_in(item.when, devices)) is not None]
        if found:
            return Wide(*min(found, key=lambda pair: bool(pair[1])))
        if 1 < len(allows) <= _MOST_TOGETHER and always_holds(disjunction([item.when for item in allows])):
            return Wide(allows[-1])
    return None


def _takes_in(when: Cond, devices: frozenset[str]) -> str | None:
    """Empty when everybody meets the condition who has all the trust data that some alternative of it speaks of; where that is a device's,
    the provider of this; None when more is asked."""
    if always_holds(when):
        return ""
    found = {_roots(part, when) for part in (when, *(when.items if isinstance(when, AnyOf) else ()))} - {None}
    ways = [roots & devices for roots in found if roots is not None]
    return None if not ways else "" if not all(ways) else min(min(way) for way in ways)


def _roots(part: Cond, when: Cond) -> frozenset[str] | None:
    """The roots of the data that `part` asks for, where whoever has all their data that `when` speaks of meets it; None else."""
    asked = [atom for atom in atoms(part) if _asks_for_presence(atom)]
    roots = frozenset(provider(atom.attribute) for atom in asked)
    spoken = {atom.attribute: Atom(atom.attribute, Op.EXISTS, ()) for atom in atoms(when)}
    there: list[Goal] = [(atom, True) for attribute, atom in spoken.items() if provider(attribute) in roots]
    there += [(atom, True) for atom in asked]
    return roots if asked and not may_be_met([(when, False), *there]) else None


def _asks_for_presence(atom: Atom) -> bool:
    """Whether a test asks for data to be there that everybody has, or not to be empty. What lies in a record of claims is not: `groups has "…"` is asked of members."""
    steps = split_name(atom.attribute.native) or ()
    if len(steps) > 2 and steps[1] != "user":
        return False
    empty = atom.op is Op.EQ and atom.negated and [value.value for value in atom.values] == [""]
    return empty or (atom.op is Op.EXISTS and not atom.negated)
