"""What is wrong or doubtful about a core network with the attachments that it has: checks that need an inventory.

Source: Cloud WAN reference, section 6 rows 22, 29, 31, 32, 39 to 41, 47, 48, 51 to 54 and 56 to 58.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core
from policyc.engines.wan.paths import STATIC, unsettled
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork, CreateRoute, RoutingPolicy, SendTo, SendVia
from policyc.targets.cloud_wan.announcement_checks import check_announcements, joined_to
from policyc.targets.cloud_wan.inventory_quotas import check_quotas
from policyc.targets.cloud_wan.inventory_tags import Spelling
from policyc.targets.cloud_wan.speech import speech
from policyc.text import Span

_ATTRIBUTES = (
    "prepend-asn-list",
    "remove-asn-list",
    "replace-asn-list",
    "add-community",
    "remove-community",
    "set-med",
    "set-local-preference",
    "summarize",
)
_COMMUNITIES = ("add-community", "remove-community")
_DIRECT, _TRANSIT = "direct-connect-gateway", "transit-gateway-route-table"
#: findings of one rule that are written out
_MOST = 20


def check_inventory(tables: Tables, diagnostics: Diagnostics) -> None:
    """Add every finding about the attachments of a network."""
    core = tables.core
    for check in (
        _check_places,
        _check_groups,
        _check_insertion,
        _check_isolation,
        _check_routes,
        _check_labels,
        _check_lists,
        _check_asns,
    ):
        check(core, diagnostics)
    _check_overlaps(tables, diagnostics)
    _check_ties(tables, diagnostics)
    check_announcements(tables, diagnostics)
    check_quotas(tables, diagnostics)


def _check_places(core: Core, diagnostics: Diagnostics) -> None:
    """Row 22: an attachment that is available and in no segment carries nothing, and no error says so."""
    spelling = Spelling(core.network)
    for found in core.associations.values():
        slip = spelling.slip(found.attachment)
        if slip and found.standing is not Standing.UNASSOCIATED:
            diagnostics.warning(
                "attachment-tag-case",
                f"`{found.attachment.name}`: {slip}",
                found.attachment.span,
                "write the tag as the rules do, or add a rule for this spelling",
            )
        if found.standing is Standing.UNASSOCIATED and found.attachment.state in (None, "available", "updating"):
            diagnostics.warning(
                "attachment-nowhere",
                f"`{found.attachment.name}` is in no segment: {found.sentence}",
                found.attachment.span,
                f"{slip}: keys and values are compared letter by letter"
                if slip
                else "add a rule that matches it, or correct its tags",
            )


def _check_groups(core: Core, diagnostics: Diagnostics) -> None:
    """Row 32: one attachment of a function group in a Region."""
    for group in core.network.groups:
        for edge in core.network.locations:
            members = core.group_members(group.name.text, edge)
            if len(members) > 1:
                diagnostics.error(
                    "group-twice-in-region",
                    f"function group `{group.name}` has {len(members)} attachments in {edge}",
                    core.associations[members[1]].attachment.span,
                    f"keep one of `{members[0]}`, `{members[1]}` in the group",
                )


def _check_insertion(core: Core, diagnostics: Diagnostics) -> None:
    """Rows 29 and 31: traffic to a group without an attachment is lost; an override to such an edge is not defined."""
    for action in core.network.actions:
        if not isinstance(action, SendVia | SendTo) or not action.groups:
            continue
        group = action.groups[0]
        present = core.group_edges(group.text)
        if not present:
            diagnostics.warning(
                "group-without-attachment",
                f"traffic of `{action.segment}` goes to group `{group}`, which has no attachment",
                group.span or action.span,
                "attach an appliance to the group: until then the traffic is lost",
            )
            continue
        place = group.span or action.span
        if isinstance(action, SendTo):
            _check_exit(core, action, present, place, diagnostics)
        elif action.mode == "dual-hop":
            _check_both_hops(core, action, present, place, diagnostics)
        else:
            _check_one_hop(core, action, present, place, diagnostics)
        for override in action.overrides:
            if override.use.text not in present:
                diagnostics.warning(
                    "override-without-attachment",
                    f"an override prefers {override.use}, where group `{group}` has no attachment",
                    override.use.span or action.span,
                    "name an edge that has one: what happens otherwise is not published",
                )


def _check_exit(
    core: Core, action: SendTo, present: Sequence[str], place: Span | None, diagnostics: Diagnostics
) -> None:
    """Which edge takes what leaves at an edge without an attachment of the group, where there are several."""
    covered = {word.text for item in action.overrides for edges in item.edge_sets for word in edges}
    unknown = [e for e in core.edges_of(action.segment.text) if e not in present and e not in covered]
    if unknown and len(present) > 1:
        diagnostics.warning(
            "exit-region-unknown",
            f"which edge takes the traffic of `{action.segment}` from {', '.join(unknown)} is not published",
            place,
            f"add an override such as {speech(core.network).override(unknown[:1], present[0])}",
        )


def _check_both_hops(
    core: Core, action: SendVia, present: Sequence[str], place: Span | None, diagnostics: Diagnostics
) -> None:
    concerned = (action.segment.text, *core.network.redirected(action))
    edges = dict.fromkeys(edge for name in concerned for edge in core.edges_of(name))
    missing = [edge for edge in edges if edge not in present]
    if missing:
        diagnostics.warning(
            "group-without-attachment",
            f"dual-hop of `{action.segment}` needs group `{action.groups[0]}` in {', '.join(missing)}",
            place,
            "attach an appliance there: until then the traffic of that edge is lost",
        )


def _check_one_hop(
    core: Core, action: SendVia, present: Sequence[str], place: Span | None, diagnostics: Diagnostics
) -> None:
    unsaid = _unsaid_flows(core, action, present)
    if unsaid:
        shown = ", ".join(
            f"between {one} and {other}" if one != other else f"within {one}" for one, other in unsaid[:2]
        )
        more = f" and {len(unsaid) - 2} more" if len(unsaid) > 2 else ""
        edges = list(dict.fromkeys(unsaid[0]))
        use = next((edge for edge in edges if edge in present), present[0])
        diagnostics.warning(
            "inspection-edge-unknown",
            f"which edge inspects traffic of `{action.segment}` {shown}{more} is not published",
            place,
            f"add an override such as {speech(core.network).override(edges, use)}",
        )


def _unsaid_flows(core: Core, action: SendVia, present: Sequence[str]) -> list[tuple[str, str]]:
    """The flows between attachments for which the service chooses one of several edges by its own list (reference, section 3.9), as
    pairs of edges."""
    sets = [{word.text for word in edges} for override in action.overrides for edges in override.edge_sets]
    out: dict[tuple[str, str], None] = {}
    for one in _peopled(core, action.segment.text):
        for name in core.network.redirected(action):
            for other in _peopled(core, name):
                pair = {one, other}
                at = pair.intersection(present)
                # A set of one edge is about flows within it; one with more about each two of them.
                covered = any(pair == item if len(pair) == 1 else pair <= item for item in sets)
                known = len(at) == 1 or (not at and len(present) == 1)
                if not covered and not known:
                    out[min(pair), max(pair)] = None
    return list(out)


def _peopled(core: Core, segment: str) -> list[str]:
    """The edges at which a segment has attachments."""
    return list(dict.fromkeys(edge for item in core.members(segment) for edge in item.regions))


def _check_isolation(core: Core, diagnostics: Diagnostics) -> None:
    """Row 39: isolation is one-sided for transit gateway route tables."""
    for segment in core.network.segments:
        if segment.isolated:
            for item in core.members(segment.name.text):
                if item.type == _TRANSIT:
                    diagnostics.warning(
                        "transit-in-isolated-segment",
                        f"`{item.name}` is a transit gateway in isolated segment `{segment.name}`",
                        item.span or segment.span,
                        "its routes enter the segment although it isolates: use a segment of its own",
                    )


def _check_routes(core: Core, diagnostics: Diagnostics) -> None:
    """Rows 40 and 41: what a static route leads to."""
    for action in core.network.actions:
        if not isinstance(action, CreateRoute) or action.blackhole:
            continue
        taken: dict[str, str] = {}
        for word in action.destinations:
            found = core.by_id(word.text)
            span = word.span or action.span
            if found is None:
                diagnostics.warning(
                    "route-to-unknown",
                    f"no attachment given has the id `{word}`",
                    span,
                    "add it to the inventory, or correct the id",
                )
                continue
            item = found.attachment
            if item.type in (_DIRECT, _TRANSIT):
                diagnostics.error(
                    "route-to-gateway",
                    f"a static route leads to `{item.name}`, a {item.type}",
                    span,
                    "let it announce the prefix: such attachments take no static route",
                )
            first = taken.setdefault(item.regions[0], item.name)
            if first != item.name:
                diagnostics.error(
                    "route-destinations",
                    f"`{first}` and `{item.name}` are both in {item.regions[0]}",
                    span,
                    "list one attachment per Region",
                )
        missing = [edge for edge in core.edges_of(action.segment.text) if edge not in taken and taken]
        if missing and len(taken) > 1:
            diagnostics.warning(
                "route-exit-is-random",
                f"edges {', '.join(missing)} have no destination of their own for {action.cidrs[0]}",
                action.span,
                "list an attachment for each edge: the others pick one of the listed at random",
            )


# --- routing policies -------------------------------------------------------------------------------------------


def _check_labels(core: Core, diagnostics: Diagnostics) -> None:
    """Rows 47, 48 and 51 to 53: what labels bring to which kind of attachment."""
    known = {word.text for rule in core.network.label_rules for word in rule.labels}
    seen: set[tuple[str, str, str]] = set()
    for found in core.associations.values():
        item = found.attachment
        if not item.label:
            continue
        if item.label not in known:
            diagnostics.warning(
                "label-without-rule",
                f"`{item.name}` has label `{item.label}`, which no rule names",
                item.span,
                did_you_mean(
                    item.label, known, f"add a rule under {speech(core.network).label_rules}, or remove the label"
                ),
            )
            continue
        for rule, message, help, span in _label_findings(core, item):
            if (rule, item.type, message) not in seen:
                seen.add((rule, item.type, message))
                diagnostics.warning(rule, message, span, help)


def _label_findings(core: Core, item: Attachment) -> Iterator[tuple[str, str, str, Span | None]]:
    """(rule, message, help, span)"""
    policies: dict[str, RoutingPolicy] = {}
    for edge in item.regions:
        for direction in ("inbound", "outbound"):
            policies |= {policy.name.text: policy for policy in core.label_policies(item, edge, direction)}
    for policy in policies.values():
        actions = [rule.action for rule in policy.rules]
        span = policy.name.span or policy.span
        if item.type == "vpc" and (policy.direction == "outbound" or any(a.type in _ATTRIBUTES for a in actions)):
            message = f"`{policy.name}` does on VPC attachments (label `{item.label}`) less than it says"
            yield (
                "policy-on-vpc",
                message,
                "VPCs take inbound `allow` and `drop` only: use it on other attachments",
                span,
            )
        speaks = any(a.type in _COMMUNITIES for a in actions) or any(
            match.type == "community-in-list" for rule in policy.rules for match in rule.matches
        )
        if speaks and item.type in (_DIRECT, _TRANSIT):
            message = (
                f"`{policy.name}` is about communities, and {item.type} attachments (label `{item.label}`) carry none"
            )
            yield "communities-on-gateway", message, "use it on VPN and Connect attachments", span
    if item.type == _DIRECT:
        yield from _direct_findings(core, item)


def _direct_findings(core: Core, item: Attachment) -> Iterator[tuple[str, str, str, Span | None]]:
    rules = [rule for rule in core.network.label_rules if item.label in (word.text for word in rule.labels)]
    for rule in rules:
        policies = core.policies(rule.policies, "outbound")
        if (
            not rule.edges
            and len(item.regions) > 1
            and any(r.action.type == "summarize" for p in policies for r in p.rules)
        ):
            message = f"every edge announces the aggregate to Direct Connect gateways with label `{item.label}`"
            yield "aggregate-from-every-edge", message, f"limit the rule with {speech(core.network).edges}", rule.span
    limited = [rule for rule in rules if rule.edges]
    if limited and len(limited) == len(rules):
        covered = {word.text for rule in limited for word in rule.edges}
        missing = [edge for edge in item.regions if edge not in covered]
        if missing:
            message = (
                f"no rule for label `{item.label}` covers {', '.join(missing)}, where `{item.name}` is attached too"
            )
            yield (
                "label-misses-an-edge",
                message,
                "add the edge to a rule: there the routes pass unfiltered",
                limited[0].span,
            )


def _check_lists(core: Core, diagnostics: Diagnostics) -> None:
    """Row 54: a prefix list is associated under its alias before a policy names it."""
    for policy in core.network.routing_policies:
        for rule in policy.rules:
            for match in rule.matches:
                if match.type == "prefix-in-prefix-list" and core.lists and str(match.value) not in core.lists:
                    diagnostics.error(
                        "prefix-list-unknown",
                        f"no prefix list given has the alias `{match.value}`",
                        match.span or rule.span,
                        did_you_mean(
                            str(match.value),
                            core.lists,
                            "associate the list (it has to be in us-west-2), then name its alias",
                        ),
                    )


def _check_asns(core: Core, diagnostics: Diagnostics) -> None:
    """Row 57: an ASN of the far side that is an edge's own is never accepted by that edge."""
    edges = {edge.asn.value: edge.location.text for edge in core.network.configuration.edges if edge.asn is not None}
    for item in core.attachments:
        for asn in dict.fromkeys(asn for route in item.routes for asn in route.as_path or ()):
            if asn in edges:
                diagnostics.error(
                    "asn-of-an-edge",
                    f"`{item.name}` announces ASN {asn}, which is that of edge {edges[asn]}",
                    item.span,
                    "give the far side another ASN: the edge refuses routes with its own",
                )
            elif any(asn in held for held in core.network.configuration.asn_ranges):
                diagnostics.warning(
                    "asn-of-an-edge",
                    f"`{item.name}` announces ASN {asn}, which is in the ranges of the core network",
                    item.span,
                    "give the far side an ASN outside the ranges: an edge may be given this one",
                )


# --- prefixes ---------------------------------------------------------------------------------------------------


def _check_overlaps(tables: Tables, diagnostics: Diagnostics) -> None:
    """Row 56: VPCs with common addresses in one routing domain."""
    core = tables.core
    told: set[tuple[str, str]] = set()
    for segment in core.network.segments:
        name = segment.name.text
        domain = [name, *(other for other in joined_to(core, name) if other != name)]
        found = [
            (route.prefix, item.name)
            for other in domain
            for item in core.members(other)
            if item.type == "vpc"
            for route in item.routes
        ]
        inspected = name in joined_to(core, name)
        apart = {item.name for item in core.members(name)} if segment.isolated and not inspected else set()
        for one, other, prefix in _overlapping(found):
            pair = (min(one, other), max(one, other))
            if pair not in told and not (one in apart and other in apart):
                told.add(pair)
                if len(told) <= _MOST:
                    places = {core.associations[item].place for item in pair}
                    meeting = places.pop() if len(places) == 1 else name
                    diagnostics.warning(
                        "overlapping-addresses",
                        f"`{one}` and `{other}` overlap at {prefix} and meet in segment `{meeting}`",
                        core.associations[other].attachment.span,
                        "give one of them other addresses: one will not be reached",
                    )


def _overlapping(found: Sequence[tuple[Prefix, str]]) -> Iterator[tuple[str, str, Prefix]]:
    """Pairs of owners with common addresses: in order of address a prefix lies in those that are still open."""
    open_: list[tuple[Prefix, str]] = []
    for prefix, owner in sorted(found):
        while open_ and not open_[-1][0].covers(prefix):
            open_.pop()
        yield from ((other, owner, prefix) for _, other in open_[-3:] if other != owner)
        open_.append((prefix, owner))


def _check_ties(tables: Tables, diagnostics: Diagnostics) -> None:
    """Row 58: equally good paths of different attachments."""
    count = 0
    for name, domain in tables.domains.every():
        shared = {prefix: domain.visible[prefix] for prefix in tables.domains.several if prefix in domain.visible}
        for prefix, entry in {**tables.domains.taken_several(name), **shared, **domain.mixed}.items():
            if any(path.kind == STATIC for choice in entry.choices.values() for path in choice.best):
                continue
            for edge, choice in entry.choices.items():
                owners = {entry.origins[path.source].attachment for path in choice.best}
                if len(choice.best) > 1 and len(owners) > 1:
                    count += 1
                    if count <= _MOST:
                        shown = ", ".join(f"`{owner}`" for owner in sorted(owners))
                        text = f"segment `{name}` at {edge} has equally good routes to {prefix} by {shown}"
                        help_ = "make one better, by a longer AS path or MED on the other"
                        if unsettled(choice.best):
                            text = f"segment `{name}` at {edge} has routes to {prefix} by {shown}, and one of them has a local preference"
                            help_ = (
                                "AWS does not say how it ranks here: take it away, or choose `local-preference-rank`"
                            )
                        diagnostics.warning("equal-paths", text, _segment_span(tables.core.network, name), help_)
                    break


def _segment_span(network: CoreNetwork, name: str) -> Span | None:
    segment = network.segment(name)
    return None if segment is None else segment.name.span
