"""A negated test lets in users who lack what it is about.

## What it does
Finds an `allow` with a negated test of trust data (`!=`, `not in`, `not …`) that a user without the attribute passes, past every `deny`
and the group's policy. So does a test that holds for those whom a provider knows nothing of, beside one of its data: `not exists jamf.risk or jamf.risk == "LOW"`.

## Why is this bad
A comparison with an absent attribute is false, so its negation is true: `jamf.risk != "HIGH"` also holds for a laptop that no provider
has ever seen, and `okta.email != ""` for users without an address.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "healthy" { when jamf.risk != "HIGH" and idc.user.email.verified == true }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "healthy" { when exists jamf.risk and jamf.risk != "HIGH" and idc.user.email.verified == true }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-third-party-trust.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.conditions import Facts, branches
from policyc.ir.authz import All, AnyOf, Atom, Cond, Op, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.lint.admission import ways_in
from policyc.lint.rule import Lint
from policyc.lint.speech import before
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute
from policyc.targets.verified_access.scope import REQUEST_ROOTS

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "test")
YIELDS_TO = ("condition-always-holds",)
#: steps for all questions about one statement
_MOST_STEPS: Final = 1_000


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in _passed(lint, policy, statement) if statement.effect == "allow" else ():
                name = atom.attribute.name
                lint.report(
                    atom.span,
                    f"users without `{name}` pass this test, so `{statement.label}` lets them in",
                    f"add `{before(policy, atom.attribute)}` before it",
                )
            steps = Steps(_MOST_STEPS)
            for atom in _left_out(statement) if statement.effect == "allow" else ():
                if _is_sent(atom) and _lets_in(lint, policy, statement, atom, steps):
                    lint.report(
                        atom.span,
                        f"users without `{atom.attribute.name}` pass as well, so whoever leaves it out escapes the test beside this",
                        "ask for it and for the test, joined by `and`",
                    )


def _left_out(statement: Statement) -> Iterator[Atom]:
    """Tests for the absence of what another alternative asks something of."""
    work: list[Cond] = [statement.when]
    while work:
        node = work.pop()
        if isinstance(node, All | AnyOf):
            work.extend(node.items)
        if not isinstance(node, AnyOf):
            continue
        asked = [item.attribute.native for item in atoms(node) if item.op is not Op.EXISTS and not item.negated]
        for item in node.items:
            if not isinstance(item, Atom) or item.op is not Op.EXISTS or not item.negated:
                continue
            if any(f"{name}.".startswith(f"{item.attribute.native}.") for name in asked):
                yield item


def _passed(lint: Lint, policy: Policy, statement: Statement) -> Iterator[Atom]:
    """The negated tests that let somebody in who lacks their attribute, each attribute once."""
    told: set[str] = set()
    steps = Steps(_MOST_STEPS)
    for atom in atoms(statement.when):
        attribute = atom.attribute
        if (
            atom.negated
            and atom.op is not Op.EXISTS
            and _is_sent(atom)
            and attribute.name not in told
            and _lets_in(lint, policy, statement, atom, steps)
        ):
            told.add(attribute.name)
            yield atom


def _is_sent(atom: Atom) -> bool:
    """Whether a test is of data that a trust provider may leave out."""
    return atom.attribute.presence != "always" and atom.attribute.native.partition(".")[0] not in REQUEST_ROOTS


def _lets_in(lint: Lint, policy: Policy, statement: Statement, atom: Atom, steps: Steps) -> bool:
    lacking = _without(atom.attribute)
    for goals in ways_in(lint, policy, statement):
        try:
            if any(atom in held for held in branches(goals, lacking, steps)):
                return True
        except TooLarge:
            continue
    return False


def _without(missing: Attribute) -> Facts:
    """What is known of a user who lacks one attribute."""

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        return () if attribute.native == missing.native else None

    return facts
