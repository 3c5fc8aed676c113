"""An e-mail address grants access without being verified.

## What it does
Finds an `allow` that a user with an unverified address can pass by that address, when neither another test nor a `deny`
nor the group's policy asks for verification.

## Why is this bad
With many identity providers a user can enter any address, the chief accountant's included, until it is verified.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*@example.com" }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*@example.com" and idc.user.email.verified == true }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam-add-pol.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.conditions import branches, may_be_met
from policyc.ir.authz import Atom, Op, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.lint.admission import ways_in
from policyc.lint.emails import is_address, provider, with_flag
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "test")
FOLLOWS = ("cedar-unknown-root",)


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            if statement.effect == "allow":
                for atom in _trusted(lint, policy, statement):
                    lint.report(
                        atom.span,
                        f"`{statement.label}` trusts an address that nobody may have verified",
                        f"add `{_flag(atom)} == true`"
                        if may_be_met([(statement.when, True)], with_flag(provider(atom.attribute), True))
                        else f"write `{_flag(atom)} == true` in place of the test that lets in nobody else",
                    )


def _compares(atom: Atom) -> bool:
    """Whether a test asks for some address; one that every address passes trusts none."""
    anything = atom.op is Op.LIKE and any(not str(value.value).strip("*") for value in atom.values)
    return not atom.negated and atom.op is not Op.EXISTS and not anything


def _flag(atom: Atom) -> str:
    name = atom.attribute.name
    return name.removesuffix("address") + "verified" if name.endswith(".address") else name + "_verified"


def _trusted(lint: Lint, policy: Policy, statement: Statement) -> list[Atom]:
    """The tests of addresses that let a user with an unverified one pass all gates."""
    own = [atom for atom in atoms(statement.when) if is_address(atom.attribute) and _compares(atom)]
    found: list[Atom] = []
    for name in dict.fromkeys(provider(atom.attribute) for atom in own):
        for goals in ways_in(lint, policy, statement):
            try:
                for held in branches(goals, with_flag(name, False)):
                    found.extend(a for a in own if a in held and a not in found and provider(a.attribute) == name)
            except TooLarge:
                break
    return found
