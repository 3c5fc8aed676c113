"""Routing policies on one route: which rules match, what they change, whether the route survives.

Source: Cloud WAN reference, sections 1.8 and 3.10: policies by number, rules by number, everything allowed that no rule
drops, `allow` and `drop` end the evaluation for all policies of the resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from policyc.engines.wan.paths import DYNAMIC, UNSTATED_ASN, Path
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import AsnRange, RouteAction, RouteMatch, RouteRule, RoutingPolicy

#: Contents of the prefix lists by alias.
PrefixLists = Mapping[str, Sequence[Prefix]]

ATTRIBUTE_ACTIONS = (
    "prepend-asn-list", "remove-asn-list", "replace-asn-list", "add-community", "remove-community", "set-med",
    "set-local-preference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a match needs besides the route: prefix lists, and the ranges from which edges take ASNs that nobody pinned."""

    lists: PrefixLists
    unpinned: tuple[AsnRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one route: dropped (`path` None), kept, or withdrawn in favour of an aggregate (then `prefix` is that one)."""

    prefix: Prefix
    path: Path | None


def apply_policies(
    policies: Sequence[RoutingPolicy], path: Path, prefix: Prefix, around: Surroundings, *, attributes: bool = True
) -> Path | None:
    """The route after all policies of one association, None when dropped; for associations that cannot summarize.

    `attributes` False leaves attributes alone (VPC attachments take allow and drop only). What cannot be known becomes a
    doubt of the path, which then counts as kept.
    """
    return transform(policies, path, prefix, around, attributes=attributes).path


def transform(
    policies: Sequence[RoutingPolicy], path: Path, prefix: Prefix, around: Surroundings, *, attributes: bool = True
) -> Outcome:
    """The route after all policies of one association. A summary turns the route into its aggregate, which starts with plain
    attributes and is judged by the rules after the summary (reference, section 3.10)."""
    for policy in sorted(policies, key=lambda item: item.number.value):
        for rule in sorted(policy.rules, key=lambda item: item.number.value):
            matched = rule_matches(rule, path, prefix, around)
            if matched is None:
                name = f"rule {rule.number.value} of `{policy.name}`"
                return Outcome(prefix, path.doubting(f"whether {name} matches {prefix} cannot be known"))
            if not matched:
                continue
            if rule.action.type == "drop":
                return Outcome(prefix, None)
            if rule.action.type == "allow":
                return Outcome(prefix, path)
            if rule.action.type == "summarize":
                aggregate = parse_prefix(str(rule.action.value))
                if aggregate is not None:
                    prefix, path = aggregate, _aggregated(path)
            elif attributes:
                path = _changed(path, rule.action)
    return Outcome(prefix, path)


def _aggregated(path: Path) -> Path:
    """The one route that stands for all that were summarized: MED 100, no preference, an empty AS path, no communities."""
    return Path(path.source, DYNAMIC, via=path.via, doubts=path.doubts, owner=path.owner)


def looks_at_prefixes(policies: Sequence[RoutingPolicy]) -> bool:
    """Whether what the policies do depends on more than a route's attributes."""
    return any(
        rule.action.type == "summarize" or any(match.type.startswith("prefix-") for match in rule.matches)
        for policy in policies
        for rule in policy.rules
    )


def rule_matches(rule: RouteRule, path: Path, prefix: Prefix, around: Surroundings) -> bool | None:
    results = [_matches(match, path, prefix, around) for match in rule.matches]
    if rule.logic == "or":
        return True if True in results else None if None in results else False
    return False if False in results or not results else None if None in results else True


def _matches(match: RouteMatch, path: Path, prefix: Prefix, around: Surroundings) -> bool | None:
    match match.type:
        case "prefix-equals":
            return parse_prefix(str(match.value)) == prefix
        case "prefix-in-cidr":
            block = parse_prefix(str(match.value))
            return block is not None and block != prefix and block.covers(prefix)
        case "prefix-in-prefix-list":
            return _in_list(around.lists.get(str(match.value)), prefix)
        case "asn-in-as-path":
            return _asn_in_path(int(match.value), path, around)
        case "community-in-list":
            return match.value in path.communities
        case "med-equals":
            return path.med == match.value


def _in_list(entries: Sequence[Prefix] | None, prefix: Prefix) -> bool | None:
    """An entry counts when it is the prefix; whether a wider entry counts too is not published."""
    if entries is None:
        return None
    if prefix in entries:
        return True
    return None if any(entry.covers(prefix) for entry in entries) else False


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
