"""How a user gets in at Verified Access: by a statement, past every deny, and past the group's policy."""

from __future__ import annotations

from policyc.engines.proofs.conditions import Goal
from policyc.ir.authz import Policy, Statement
from policyc.lint.rule import Lint
from policyc.model.values import Resource


def ways_in(lint: Lint, policy: Policy, statement: Statement) -> list[list[Goal]]:
    """What has to be met to get in by this statement: itself, no deny, and one `allow` of the group where there is a policy."""
    goals: list[Goal] = [(statement.when, True), *_denies(policy)]
    on = policy.on
    group = lint.program.resource(on.link("group")) if isinstance(on, Resource) else None
    above = lint.program.policies_on(group) if group is not None else ()
    if not above:
        return [goals]
    denies = [goal for item in above for goal in _denies(item)]
    return [
        [*goals, (item.when, True), *denies] for other in above for item in other.statements if item.effect == "allow"
    ]


def _denies(policy: Policy) -> list[Goal]:
    return [(item.when, False) for item in policy.statements if item.effect == "deny"]
