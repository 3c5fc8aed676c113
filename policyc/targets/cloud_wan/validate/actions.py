"""Shares, static routes, filters of segments and routing policies on edge pairs."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics, Label, dropped
from policyc.ir.network import (
    BLACKHOLE,
    AssociatePolicies,
    CoreNetwork,
    CreateRoute,
    LabelRule,
    Segment,
    SendTo,
    SendVia,
    Share,
    Word,
)
from policyc.regex import regex
from policyc.targets.cloud_wan.validate.addressing import check_cidrs, check_unicast
from policyc.targets.cloud_wan.validate.names import check_listed_once
from policyc.text import Span

MAX_POLICIES = 5
_ATTACHMENT = regex(r"attachment-[0-9a-f]{17}")


def check_actions(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Reference, sections 1.3 and 1.5; section 6 rows 7, 8, 9, 41 and 55."""
    for segment in network.segments:
        _check_filters(segment, diagnostics)
        for names in (segment.deny_filter, segment.allow_filter):
            _check_other(segment.name, names, "has a filter that names itself", diagnostics)
            check_listed_once("segment", names, diagnostics)
        check_listed_once("edge location", segment.edges, diagnostics)
    for action in network.actions:
        match action:
            case Share():
                if not action.with_segments.every:
                    _check_other(action.segment, action.with_segments.names, "is shared with itself", diagnostics)
                else:
                    _check_left_out(action.segment, action.with_segments.names, diagnostics)
                check_listed_once("segment", action.with_segments.names, diagnostics)
                check_policy_list(action.policies, "share", action.span, diagnostics)
            case CreateRoute():
                check_cidrs(action.cidrs, diagnostics)
                if not action.blackhole:
                    check_unicast(action.cidrs, "no attachment is sent what goes to", diagnostics)
                _check_destinations(action, network, diagnostics)
            case AssociatePolicies():
                check_policy_list(action.policies, "edge pair", action.span, diagnostics)
                _check_pair(action, network, diagnostics)
            case SendVia() | SendTo():
                check_listed_once("segment", () if action.sent_to is None else action.sent_to.names, diagnostics)
                for edges in (edges for override in action.overrides for edges in override.edge_sets):
                    check_listed_once("edge location", edges, diagnostics)
                _check_sets_once(action, diagnostics)
    _check_joint_policies(network, diagnostics)
    _check_overrides(network, diagnostics)
    _check_pairs_once(network, diagnostics)
    _check_labels_once(network, diagnostics)
    for rule in network.label_rules:
        check_listed_once("edge location", rule.edges, diagnostics)
        check_listed_once("label", rule.labels, diagnostics, alone=False)
        check_policy_list(rule.policies, "attachment", rule.span, diagnostics)


def _check_overrides(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Sets of edges between which, or at which, nothing is sent, since no segment of the action is there."""
    for action in network.actions:
        if not isinstance(action, SendVia | SendTo):
            continue
        names = (action.segment.text, *(network.redirected(action) if isinstance(action, SendVia) else ()))
        segments = [item for item in map(network.segment, names) if item is not None]
        there = {edge for item in segments for edge in network.edges_of(item)}
        for edges in (edges for override in action.overrides for edges in override.edge_sets):
            idle = [word for word in edges if word.text not in there]
            wanted = min(len(edges), 2) if isinstance(action, SendVia) else 1
            if segments and len(edges) - len(idle) < wanted and all(word.text in network.locations for word in idle):
                diagnostics.warning(
                    "override-outside-segments",
                    f"nothing is sent {'between these edges' if len(edges) > 1 else 'from there'}: "
                    f"no segment of this action is at `{idle[0]}`",
                    idle[0].span or action.span,
                    "name edges of the segments, or extend them",
                )


def _check_sets_once(action: SendVia | SendTo, diagnostics: Diagnostics) -> None:
    """A set of edges all of whose flows another set sends to the same edge."""
    seen: list[tuple[set[str], str]] = []
    for override in action.overrides:
        for edges in override.edge_sets:
            names, use = {word.text for word in edges}, override.use.text
            if any(where == use and names <= other and (names == other or len(names) > 1) for other, where in seen):
                diagnostics.warning(
                    "listed-twice",
                    f"the flows of {' and '.join(f'`{name}`' for name in sorted(names))} go to `{use}` already",
                    edges[0].span or action.span,
                    "keep the wider set alone, or name another edge",
                )
            seen.append((names, use))


def _check_pairs_once(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Whether the service takes a policy twice on one edge pair is not published; it adds nothing."""
    seen: set[tuple[str, ...]] = set()
    for action in (item for item in network.actions if isinstance(item, AssociatePolicies)):
        for word in action.policies:
            bound = (action.segment.text, action.location.text, action.peer.text, word.text)
            if bound in seen:
                diagnostics.warning(
                    "listed-twice",
                    f"routing policy `{word}` stands on this edge pair of `{action.segment}` already",
                    word.span or action.span,
                    "keep it once, or name the pair that is meant",
                )
            seen.add(bound)


def _check_labels_once(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Rules for one label may each have edges of their own. Which of two that meet at one edge counts is not published: samples of AWS honour
    both, and the words of others say that the first one that matches decides (reference, section 1.7)."""
    seen: dict[str, list[LabelRule]] = {}
    for rule in network.label_rules:
        here = {word.text for word in rule.edges}
        for label in dict.fromkeys(rule.labels):
            before = seen.setdefault(label.text, [])
            other = next(
                (one for one in before if not here or not one.edges or here & {w.text for w in one.edges}), None
            )
            before.append(rule)
            if other is not None:
                diagnostics.warning(
                    "label-of-two-rules",
                    f"rules {other.number.value} and {rule.number.value} are both for label `{label.text[:80]}`: whether both count is not published",
                    label.span or rule.span,
                    "list the routing policies in one rule, or give each rule edges of its own",
                    () if other.span is None else (Label(other.span, "the other rule"),),
                )


def _check_filters(segment: Segment, diagnostics: Diagnostics) -> None:
    if segment.deny_filter and segment.allow_filter:
        first = segment.deny_filter[0].span
        labels = () if first is None else (Label(first, "the other filter"),)
        diagnostics.error(
            "both-filters",
            f"segment `{segment.name}` has an allow filter and a deny filter",
            segment.allow_filter[0].span or segment.span,
            "keep one of the two",
            labels,
        )


def _check_other(segment: Word, names: tuple[Word, ...], what: str, diagnostics: Diagnostics) -> None:
    """A share, or a filter of a share, is about two segments. What the service says of one with itself is not published."""
    for name in names:
        if name.text == segment.text:
            diagnostics.warning(
                "segment-names-itself",
                f"segment `{segment}` {what}",
                name.span or segment.span,
                "name another segment: attachments of one segment meet anyway, unless it isolates them",
                fix=dropped(name.span, safe=False),
            )


def _check_left_out(segment: Word, names: tuple[Word, ...], diagnostics: Diagnostics) -> None:
    """A share never joins a segment with itself, so there is nothing to except."""
    for name in names:
        if name.text == segment.text:
            diagnostics.warning(
                "segment-names-itself",
                f"segment `{segment}` is left out of its own share, where it never is",
                name.span or segment.span,
                "leave it away, or name the segment that is meant",
                fix=dropped(name.span, safe=False),
            )


def check_policy_list(policies: tuple[Word, ...], kind: str, span: Span | None, diagnostics: Diagnostics) -> None:
    """At most five routing policies per association, none of them twice."""
    if len(policies) > MAX_POLICIES:
        diagnostics.error(
            "network-quota",
            f"{len(policies)} routing policies on one {kind}, where {MAX_POLICIES} is the most",
            policies[MAX_POLICIES].span or span,
            "join the rules of some into one policy",
        )
    seen: set[str] = set()
    for policy in policies:
        if policy.text in seen:
            diagnostics.error(
                "network-duplicate",
                f"routing policy `{policy}` is listed twice",
                policy.span or span,
                "keep it once",
                fix=dropped(policy.span),
            )
        seen.add(policy.text)


def _check_joint_policies(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Several actions may bind policies to one share, edge pair or label. That these count together is not published."""
    bound: dict[tuple[str, ...], dict[str, Word]] = {}
    for what, policies in _bindings(network):
        known = bound.setdefault(what, {})
        before = len(known)
        known.update({policy.text: policy for policy in policies if policy.text not in known})
        if before and before <= MAX_POLICIES < len(known) and len(policies) <= MAX_POLICIES:
            shown = f"{what[0]} " + " and ".join(f"`{name[:80]}`" for name in what[1:])
            diagnostics.warning(
                "network-quota",
                f"{len(known)} routing policies on {shown} in all, where {MAX_POLICIES} may be the most",
                policies[-1].span,
                "join the rules of some into one policy",
            )


def _bindings(network: CoreNetwork) -> Iterator[tuple[tuple[str, ...], tuple[Word, ...]]]:
    """What each list of routing policies is bound to, pair by pair and label by label."""
    for action in network.actions:
        match action:
            case Share():
                for other in network.members(action.with_segments, without=action.segment.text):
                    yield ("the share of", *sorted((action.segment.text, other))), action.policies
            case AssociatePolicies():
                where = (action.location.text, action.peer.text)
                yield (f"segment `{action.segment}` between", *sorted(where)), action.policies
            case _:
                pass
    for rule in network.label_rules:
        # Rules with `edges` may share a label and yet never meet on an attachment.
        for label in () if rule.edges else rule.labels:
            yield ("label", label.text), rule.policies


def _check_destinations(action: CreateRoute, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    if action.blackhole and len(action.destinations) > 1:
        hole = next(word for word in action.destinations if word.text == BLACKHOLE)
        diagnostics.error(
            "blackhole-alone",
            "`blackhole` stands beside other destinations",
            hole.span or action.span,
            "use `blackhole` alone, or attachments only (the service answers MAXIMUM_ITEMS_EXCEEDED)",
        )
    seen: set[str] = set()
    for word in action.destinations:
        if word.text != BLACKHOLE and _ATTACHMENT.fullmatch(word.text) is None:
            diagnostics.error(
                "attachment-id",
                f"`{word.text[:80]}` is no attachment id",
                word.span or action.span,
                "write `attachment-` and 17 characters of 0-9 and a-f, or `blackhole` (the service answers INVALID_STRING and CONSTANT_VIOLATION)",
            )
        if word.text in seen:
            diagnostics.error(
                "network-duplicate",
                f"destination `{word}` is listed twice",
                word.span or action.span,
                "keep it once",
                fix=dropped(word.span),
            )
        seen.add(word.text)
    if not action.blackhole and len(seen) > len(network.locations):
        diagnostics.error(
            "route-destinations",
            f"{len(seen)} destinations for {len(network.locations)} edges: at most one attachment per Region",
            action.span,
            "list one attachment for each Region",
        )


def _check_pair(action: AssociatePolicies, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    segment = network.segment(action.segment.text)
    for word in (action.location, action.peer):
        if segment is not None and word.text in network.locations and word.text not in network.edges_of(segment):
            diagnostics.warning(
                "edge-pair-outside-segment",
                f"segment `{segment.name}` is not at `{word}`, so nothing passes this pair of edges",
                word.span or action.span,
                "name two edges of the segment, or extend the segment",
            )
    if action.location.text == action.peer.text:
        diagnostics.error(
            "edge-pair",
            f"the edge pair is `{action.location}` twice",
            action.peer.span or action.span,
            "name two different edge locations",
        )
