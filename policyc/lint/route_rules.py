"""What one rule of a routing policy leaves for the rules after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import RouteMatch, RouteRule

#: matches that together hold for every route, in this order for IPv4 and IPv6
_ALL: Final = (
    ("prefix-equals", "0.0.0.0/0"),
    ("prefix-in-cidr", "0.0.0.0/0"),
    ("prefix-equals", "::/0"),
    ("prefix-in-cidr", "::/0"),
)
#: actions after which a test of another kind of attribute may come out otherwise
_CHANGES: Final = {
    "summarize": (
        "prefix-equals",
        "prefix-in-cidr",
        "prefix-in-prefix-list",
        "asn-in-as-path",
        "community-in-list",
        "med-equals",
    ),
    "prepend-asn-list": ("asn-in-as-path",),
    "remove-asn-list": ("asn-in-as-path",),
    "replace-asn-list": ("asn-in-as-path",),
    "add-community": ("community-in-list",),
    "remove-community": ("community-in-list",),
    "set-med": ("med-equals",),
}


#: actions on one community, of which the last one counts
_COMMUNITIES: Final = ("add-community", "remove-community")


def ended_by(rules: Sequence[RouteRule], at: int) -> RouteRule | None:
    """The last of the rules before place `at` that together are proven to end the evaluation of every route which the rule there
    matches; None when some route may get there. `rules` are in the order of their numbers. A summary withdraws what it stands for."""
    rule = rules[at]
    before = [(index, item) for index, item in enumerate(rules[:at]) if item.matches]
    ends = [pair for pair in before if pair[1].action.terminal or _withdraws(pair[1], rule)]
    if not ends or not rule.matches:
        return None
    alternatives = [(match,) for match in rule.matches] if rule.logic == "or" else [rule.matches]
    deciding: list[tuple[int, RouteRule]] = []
    for alternative in alternatives:
        found = next((pair for pair in ends if _takes(pair[1], alternative, rules[pair[0] + 1 : at])), None)
        found = found or _everything(ends, rules[:at])
        if found is None:
            return None
        deciding.append(found)
    return max(deciding, key=lambda pair: pair[0])[1]


def undone_by(rules: Sequence[RouteRule], at: int) -> RouteRule | None:
    """The first later rule that is proven to set what rule `at` sets, or to take back what it does to a community, on every route which
    that matches; None when some route may keep what it got. `rules` are in the order of their numbers."""
    rule = rules[at]
    if not rule.matches:
        return None
    alternatives = [(match,) for match in rule.matches] if rule.logic == "or" else [rule.matches]
    for place in range(at + 1, len(rules)):
        later = rules[place]
        told_apart = any(match.type in _CHANGES.get(rule.action.type, ()) for match in later.matches)
        if told_apart or later.action.terminal or later.action.type == "summarize":
            return None  # it matters what the rule set, or some routes go no further
        if _same_thing(rule, later) and all(_takes(later, one, rules[at:place]) for one in alternatives):
            return later
    return None


def _same_thing(one: RouteRule, other: RouteRule) -> bool:
    if one.action.type in _COMMUNITIES:
        return other.action.type in _COMMUNITIES and one.action.value == other.action.value
    return one.action.type in ("set-med", "set-local-preference") and one.action.type == other.action.type


def _withdraws(summary: RouteRule, rule: RouteRule) -> bool:
    """Whether a rule announces a summary that the later `rule` does not match: it has no AS path and no communities, and MED 100."""
    aggregate = parse_prefix(str(summary.action.value)) if summary.action.type == "summarize" else None
    met = all if rule.logic == "and" else any
    return aggregate is not None and not met(_may_meet(match, aggregate) for match in rule.matches)


def _may_meet(test: RouteMatch, aggregate: Prefix) -> bool:
    block = parse_prefix(str(test.value))
    match test.type:
        case "prefix-equals":
            return block is None or block == aggregate
        case "prefix-in-cidr":
            return block is None or (block != aggregate and block.covers(aggregate))
        case "asn-in-as-path" | "community-in-list":
            return False
        case _:
            return True


def _takes(end: RouteRule, given: Sequence[RouteMatch], between: Sequence[RouteRule]) -> bool:
    """Whether a route that meets all of `given` was one that `end` matches."""
    stable = [item for item in given if not any(item.type in _CHANGES.get(one.action.type, ()) for one in between)]
    wanted = any if end.logic == "or" else all
    return wanted(any(_implies(item, need) for item in stable) for need in end.matches)


def _implies(given: RouteMatch, need: RouteMatch) -> bool:
    if (given.type, given.value) == (need.type, need.value):
        return True
    here, there = parse_prefix(str(given.value)), parse_prefix(str(need.value))
    if here is None or there is None or given.type not in ("prefix-equals", "prefix-in-cidr"):
        return False
    if need.type == "prefix-equals":
        return given.type == "prefix-equals" and here == there
    # The block itself is no part of `prefix-in-cidr`.
    return need.type == "prefix-in-cidr" and there.covers(here) and (given.type == "prefix-in-cidr" or here != there)


def _everything(ends: Sequence[tuple[int, RouteRule]], before: Sequence[RouteRule]) -> tuple[int, RouteRule] | None:
    """The rule that completes what holds for every route, where nothing makes new ones."""
    if any(rule.action.type == "summarize" for rule in before):
        return None
    seen: set[tuple[str, str]] = set()
    for at, end in ends:
        if end.logic == "or" or len(end.matches) == 1:
            seen |= {(match.type, str(match.value)) for match in end.matches}
        if seen.issuperset(_ALL):
            return at, end
    return None


def exclude(one: RouteMatch, other: RouteMatch) -> bool:
    """Whether no route meets both matches."""
    types = {one.type, other.type}
    if types == {"med-equals"}:
        return one.value != other.value
    first, second = parse_prefix(str(one.value)), parse_prefix(str(other.value))
    if first is None or second is None or not types <= {"prefix-equals", "prefix-in-cidr"}:
        return False
    if types == {"prefix-equals"}:
        return first != second
    if types == {"prefix-in-cidr"}:
        return not first.overlaps(second)
    block, exact = (first, second) if one.type == "prefix-in-cidr" else (second, first)
    return block == exact or not block.covers(exact)
