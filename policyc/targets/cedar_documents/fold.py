"""Where each statement of a policy is written: a deny that could fail becomes a condition of every permit.

Cedar skips a `forbid` whose evaluation fails, so a value of another type than documented would open the door. Inside a permit
the same failure keeps the door shut: `permit when P && !(D)` applies only where P is true and D is false, neither of them failing.
Source: https://docs.cedarpolicy.com/auth/authorization.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Expr
from policyc.targets.cedar_documents.condition import Known, established, lower_alternatives, lower_condition, may_fail
from policyc.targets.cedar_documents.expression import chain, opposite
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.needs import Need, needs


@record
class Unless:
    """A deny inside a permit: what has to hold for the deny not to apply."""

    deny: Statement
    condition: Expr


#: Up to this many copies of denies stand in permits of their own; beyond, allows share a permit where that changes no decision.
FEW_COPIES: Final = 16
#: How deep Cedar may nest the condition of a shared permit, and how many allows share one.
_DEEPEST: Final = 200
_MOST_ALTERNATIVES: Final = 100

#: The switch on what stands in trust data: `trusted` leaves every deny a `forbid`.
SWITCH: Final = "unexpected-kinds"


def moved_denies(policy: Policy, facts: Mapping[str, Fact], *, trusted: bool = False) -> tuple[Statement, ...]:
    """The denies that are written into every permit, in order of source; none where nothing is permitted anyway, or where values are
    `trusted` to be of the documented kinds."""
    if trusted or all(statement.effect == "deny" for statement in policy.statements):
        return ()
    return tuple(item for item in policy.statements if item.effect == "deny" and may_fail(item.when, facts))


def exceptions(
    allows: Sequence[Statement], moved: tuple[Statement, ...], facts: Mapping[str, Fact]
) -> tuple[Unless, ...]:
    """The moved denies as conditions of one permit, which has asked for some attributes already; `allows` are the one or several that
    share it."""
    known: Known = frozenset()
    if moved and len(allows) == 1:
        known = established(allows[0].when, facts)
    elif moved and allows:
        known = lower_alternatives([item.when for item in allows], facts)[2]
    return tuple(Unless(deny, opposite(lower_condition(deny.when, facts, known))) for deny in moved)


def longest_chain(allow: Statement, unless: Sequence[Unless], facts: Mapping[str, Fact]) -> int:
    """How deep Cedar nests the condition of a permit with all that is written into it."""
    own = lower_condition(allow.when, facts)
    parts = own.items if isinstance(own, And) else (own,)
    return chain(And((*parts, *(item.condition for item in unless))))


# --- permits that several allows share ------------------------------------------------------------------------------


def shared_permits(
    policy: Policy, moved: tuple[Statement, ...], facts: Mapping[str, Fact]
) -> tuple[tuple[Statement, ...], ...]:
    """The allows of a policy by the permits that they are written into, in order of source by their first one.

    In `permit when (A || B) && !(D)` a failure of A takes B down. So B comes behind A only where B is never true when A fails: B's being
    true has to need all that A needs.
    """
    allows = [item for item in policy.statements if item.effect == "allow"]
    if len(moved) * len(allows) < FEW_COPIES:
        return tuple((item,) for item in allows)
    groups: list[list[Statement]] = []
    asked: list[set[Need]] = []
    wanted = {item.index: _all_needs(item.when, facts) for item in allows}
    depth = {item.index: chain(lower_condition(item.when, facts)) for item in allows}
    room = _DEEPEST - len(moved) - max(chain(item.condition) for item in exceptions([], moved, facts))
    for allow in sorted(allows, key=lambda item: (len(wanted[item.index]), item.index)):
        met = _met(allow.when, facts)
        for group, needed in zip(groups, asked, strict=True):
            fits = len(group) + max(depth[item.index] for item in (*group, allow)) <= room
            alone = any(isinstance(item.when, Always) for item in (group[0], allow))
            if needed <= met and fits and not alone and len(group) < _MOST_ALTERNATIVES:
                group.append(allow)
                needed |= wanted[allow.index]
                break
        else:
            groups.append([allow])
            asked.append(set(wanted[allow.index]))
    return tuple(tuple(group) for group in sorted(groups, key=lambda group: min(item.index for item in group)))


def _all_needs(cond: Cond, facts: Mapping[str, Fact]) -> frozenset[Need]:
    """What values have to be for the condition to have an answer at all."""
    return frozenset(need for atom in atoms(cond) for need in needs(atom, facts))


def _met(cond: Cond, facts: Mapping[str, Fact]) -> frozenset[Need]:
    """What values surely are where the condition is true."""
    match cond:
        case Atom(negated=False):
            return frozenset(needs(cond, facts))
        case All(items):
            return frozenset().union(*(_met(item, facts) for item in items))
        case AnyOf(items):
            return frozenset.intersection(*(_met(item, facts) for item in items))
        case _:
            return frozenset()
