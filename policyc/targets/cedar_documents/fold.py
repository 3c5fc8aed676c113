"""Where each statement of a policy is written: a deny that could fail becomes a condition of every permit.

Cedar skips a `forbid` whose evaluation fails, so a value of another type than documented would open the door. Inside a permit
the same failure keeps the door shut: `permit when P && !(D)` applies only where P is true and D is false, neither of them failing.
Source: https://docs.cedarpolicy.com/auth/authorization.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.ir.authz import Policy, Statement
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Expr
from policyc.targets.cedar_documents.condition import established, lower_condition, may_fail
from policyc.targets.cedar_documents.expression import chain, opposite
from policyc.targets.cedar_documents.facts import Fact


@record
class Unless:
    """A deny inside a permit: what has to hold for the deny not to apply."""

    deny: Statement
    condition: Expr


#: The switch on what stands in trust data: `trusted` leaves every deny a `forbid`.
SWITCH: Final = "unexpected-kinds"


def moved_denies(policy: Policy, facts: Mapping[str, Fact], *, trusted: bool = False) -> tuple[Statement, ...]:
    """The denies that are written into every permit, in order of source; none where nothing is permitted anyway, or where values are
    `trusted` to be of the documented kinds."""
    if trusted or all(statement.effect == "deny" for statement in policy.statements):
        return ()
    return tuple(item for item in policy.statements if item.effect == "deny" and may_fail(item.when, facts))


def exceptions(allow: Statement, moved: tuple[Statement, ...], facts: Mapping[str, Fact]) -> tuple[Unless, ...]:
    """The moved denies as conditions of one permit, which has asked for some attributes already."""
    known = established(allow.when, facts) if moved else frozenset()
    return tuple(Unless(deny, opposite(lower_condition(deny.when, facts, known))) for deny in moved)


def longest_chain(allow: Statement, unless: Sequence[Unless], facts: Mapping[str, Fact]) -> int:
    """How deep Cedar nests the condition of a permit with all that is written into it."""
    own = lower_condition(allow.when, facts)
    parts = own.items if isinstance(own, And) else (own,)
    return chain(And((*parts, *(item.condition for item in unless))))
