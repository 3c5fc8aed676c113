"""Routing policies on one route: which rules match, what they change, whether the route survives.

Source: Cloud WAN reference, sections 1.8 and 3.10: policies by number, rules by number, everything allowed that no rule
drops, `allow` and `drop` end the evaluation for all policies of the resource.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice, pairwise, permutations, product
from typing import Final

from policyc.engines.wan.paths import DYNAMIC, UNSTATED_ASN, Path
from policyc.engines.wan.prefixes import Prefix, parse_prefix, shorten
from policyc.ir.network import AsnRange, RouteAction, RouteMatch, RouteRule, RoutingPolicy
from policyc.record import record, replace

#: Contents of the prefix lists by alias.
PrefixLists = Mapping[str, Sequence[Prefix]]

COMMUNITY_ACTIONS: Final = frozenset({"add-community", "remove-community"})
ATTRIBUTE_ACTIONS: Final = COMMUNITY_ACTIONS | {
    "prepend-asn-list",
    "remove-asn-list",
    "replace-asn-list",
    "set-med",
    "set-local-preference",
}


class PrefixList:
    """The blocks of one prefix list, looked up by the lengths that occur."""

    __slots__ = ("_blocks", "_lengths")

    def __init__(self, blocks: Iterable[Prefix]) -> None:
        self._blocks = frozenset(blocks)
        self._lengths = sorted({(block.family, block.length) for block in self._blocks})

    def __contains__(self, prefix: Prefix) -> bool:
        return prefix in self._blocks

    def covers(self, prefix: Prefix) -> bool:
        """Whether an entry is the prefix or wider."""
        return any(
            shorten(prefix, length) in self._blocks
            for family, length in self._lengths
            if family == prefix.family and length <= prefix.length
        )


@record
class Surroundings:
    """What a match needs besides the route: prefix lists, the ranges from which edges take ASNs that nobody pinned, and whether a
    prefix list's entry stands for longer prefixes too (the switch `prefix-list-entries`)."""

    lists: Mapping[str, PrefixList]
    unpinned: tuple[AsnRange, ...] = ()
    entries: str = "undecided"


@record
class Outcome:
    """What becomes of one route: dropped (`path` None), kept, or withdrawn in favour of an aggregate (then `prefix` is that one)."""

    prefix: Prefix
    path: Path | None


def apply_policies(
    policies: Sequence[RoutingPolicy], path: Path, prefix: Prefix, around: Surroundings, without: Container[str] = ()
) -> Path | None:
    """The route after all policies of one association, None when dropped; for associations that cannot summarize.

    Actions of `without` do nothing (VPC attachments take allow and drop only). What cannot be known becomes a doubt of the path,
    which then counts as kept.
    """
    return transform(policies, path, prefix, around, without).path


def transform(
    policies: Sequence[RoutingPolicy], path: Path, prefix: Prefix, around: Surroundings, without: Container[str] = ()
) -> Outcome:
    """The route after all policies of one association. A summary turns the route into its aggregate, which starts with plain
    attributes and is judged by the rules after the summary (reference, section 3.10).

    Policies of one number have no order: where it matters, what becomes of the route is not known.
    """
    ordered = sorted(policies, key=lambda item: item.number.value)
    equal = next((one for one, other in pairwise(ordered) if one.number.value == other.number.value), None)
    if equal is None:
        return _in_order(ordered, path, prefix, around, without)
    orders = list(islice(_orders(ordered), _MOST_ORDERS + 1))
    found = [_in_order(order, path, prefix, around, without) for order in orders]
    if len(orders) <= _MOST_ORDERS and all(outcome == found[0] for outcome in found):
        return found[0]
    names = " and ".join(f"`{item.name}`" for item in ordered if item.number.value == equal.number.value)
    return Outcome(prefix, path.doubting(f"{names} have one number, and their order decides what becomes of the route"))


#: orders of policies that are tried; a resource takes five policies, which have 120
_MOST_ORDERS: Final = 120


def _orders(ordered: Sequence[RoutingPolicy]) -> Iterator[list[RoutingPolicy]]:
    """Every order of policies by number."""
    alike = [tuple(some) for _, some in groupby(ordered, key=lambda item: item.number.value)]
    for choice in product(*map(permutations, alike)):
        yield [item for some in choice for item in some]


def _in_order(
    policies: Sequence[RoutingPolicy], path: Path, prefix: Prefix, around: Surroundings, without: Container[str]
) -> Outcome:
    for policy in policies:
        for rule in sorted(policy.rules, key=lambda item: item.number.value):
            matched = rule_matches(rule, path, prefix, around)
            if matched is None:
                name = f"rule {rule.number.value} of `{policy.name}`"
                return Outcome(prefix, path.doubting(f"whether {name} matches the route cannot be known"))
            if not matched:
                continue
            if rule.action.type == "drop":
                return Outcome(prefix, None)
            if rule.action.type == "allow":
                return Outcome(prefix, path)
            if rule.action.type == "summarize":
                aggregate = _block(rule.action.value)
                if aggregate is not None:
                    prefix, path = aggregate, _aggregated(path)
            elif rule.action.type not in without:
                path = _changed(path, rule.action)
    return Outcome(prefix, path)


def aggregates(policies: Iterable[RoutingPolicy]) -> frozenset[Prefix | None]:
    """What policies summarize routes to; None for a block that cannot be read."""
    rules = (rule for policy in policies for rule in policy.rules)
    return frozenset(_block(rule.action.value) for rule in rules if rule.action.type == "summarize")


def _aggregated(path: Path) -> Path:
    """The one route that stands for all that were summarized: MED 100, no preference, an empty AS path, no communities."""
    return Path(path.source, DYNAMIC, via=path.via, doubts=path.doubts, owner=path.owner)


class Sieve:
    """What policies ask of a prefix: to prefixes that give the same answers, and have the same path, they do the same."""

    __slots__ = ("_around", "_blind", "_known", "_matches", "_rules", "summarizes")

    def __init__(self, policies: Iterable[RoutingPolicy], around: Surroundings) -> None:
        self._around = around
        self._known: dict[Prefix, tuple[bool | None, ...]] = {}
        self._rules = tuple(rule for policy in policies for rule in policy.rules)
        self._matches = tuple(
            dict.fromkeys(match for rule in self._rules for match in rule.matches if _of_prefix(match))
        )
        # A rule that may match by attributes alone may match every prefix.
        self._blind = any(
            (any if rule.logic == "or" else all)([not _of_prefix(match) for match in rule.matches])
            for rule in self._rules
        )
        #: whether anything is ever turned into an aggregate
        self.summarizes = any(rule.action.type == "summarize" for rule in self._rules)

    def answers(self, prefix: Prefix) -> tuple[bool | None, ...]:
        """What a prefix answers."""
        found = self._known.get(prefix)
        if found is None:
            around = self._around
            found = self._known[prefix] = tuple([_prefix_matches(match, prefix, around) for match in self._matches])
        return found

    def passes(self, prefix: Prefix) -> bool:
        """Whether no rule can match the prefix, whatever its path."""
        return not self._blind and not any(_may_match(rule, prefix, self._around) for rule in self._rules)


def _of_prefix(match: RouteMatch) -> bool:
    return match.type.startswith("prefix-")


def _may_match(rule: RouteRule, prefix: Prefix, around: Surroundings) -> bool:
    results = [
        _prefix_matches(match, prefix, around) is not False if _of_prefix(match) else True for match in rule.matches
    ]
    return any(results) if rule.logic == "or" else all(results) and bool(results)


def rule_matches(rule: RouteRule, path: Path, prefix: Prefix, around: Surroundings) -> bool | None:
    results = [_matches(match, path, prefix, around) for match in rule.matches]
    if rule.logic == "or":
        return True if True in results else None if None in results else False
    return False if False in results or not results else None if None in results else True


def _matches(match: RouteMatch, path: Path, prefix: Prefix, around: Surroundings) -> bool | None:
    match match.type:
        case "asn-in-as-path":
            return _asn_in_path(int(match.value), path, around)
        case "community-in-list":
            return match.value in path.communities
        case "med-equals":
            return path.med == match.value
        case "prefix-equals" | "prefix-in-cidr" | "prefix-in-prefix-list":
            return _prefix_matches(match, prefix, around)


def _prefix_matches(match: RouteMatch, prefix: Prefix, around: Surroundings) -> bool | None:
    if match.type == "prefix-in-prefix-list":
        return _in_list(around.lists.get(str(match.value)), prefix, around.entries)
    block = _block(match.value)
    if match.type == "prefix-equals":
        return block == prefix
    return block is not None and block != prefix and block.covers(prefix)


@lru_cache(maxsize=4096)
def _block(text: object) -> Prefix | None:
    """`parse_prefix` for the few blocks that policies name."""
    return parse_prefix(str(text))


def _in_list(listed: PrefixList | None, prefix: Prefix, reading: str) -> bool | None:
    """Whether an entry is the prefix, or covers it where entries stand for longer prefixes too."""
    if listed is None:
        return None
    if prefix in listed:
        return True
    if reading == "exact" or not listed.covers(prefix):
        return False
    return True if reading == "longer" else None


def _asn_in_path(asn: int, path: Path, around: Surroundings) -> bool | None:
    if asn in path.as_path:
        return True
    if UNSTATED_ASN in path.as_path:
        return None
    symbolic = any(number < UNSTATED_ASN for number in path.as_path)
    return None if symbolic and any(asn in item for item in around.unpinned) else False


def _changed(path: Path, action: RouteAction) -> Path:
    match action.type, action.value:
        case "prepend-asn-list", tuple(asns):
            return replace(path, as_path=(*asns, *path.as_path))
        case "remove-asn-list", tuple(asns):
            return replace(path, as_path=tuple(item for item in path.as_path if item not in asns))
        case "replace-asn-list", tuple(asns):
            # What stands in the place is not published; the length of the path stays, and that is what choices look at.
            return replace(path, as_path=tuple(UNSTATED_ASN if item in asns else item for item in path.as_path))
        case "add-community", str(community):
            return replace(path, communities=path.communities | {community})
        case "remove-community", str(community):
            return replace(path, communities=path.communities - {community})
        case "set-med", int(value):
            return replace(path, med=value)
        case "set-local-preference", int(value):
            return replace(path, preference=value)
        case _:
            raise AssertionError(action)
