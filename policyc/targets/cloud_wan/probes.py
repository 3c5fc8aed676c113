"""A core network without an inventory: one made-up VPC in each segment, and one appliance of each function group, at every edge.

What they reach is what attachments of those segments would reach. Their prefixes are private ones (RFC 1918, RFC 6598), as those of VPCs
are, so that a blackhole or a filter for a whole private range means them too; from a part of it that the policy does not name by
itself, so that no narrower route means them by accident.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import place_core
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import build_tables
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork, CreateRoute

#: where private addresses are taken from, in order of preference: ends of ranges, which people give out last
_PRIVATE: Final = (
    "10.240.0.0/12",
    "10.208.0.0/12",
    "10.176.0.0/12",
    "172.16.0.0/12",
    "100.64.0.0/10",
    "192.168.0.0/16",
)
#: no network uses it (RFC 1112, section 4)
_UNUSED: Final = Prefix(4, 240 << 24, 4)


def probe(network: CoreNetwork, switches: Switches = DEFAULT) -> Tables:
    """Every route table with one attachment per segment and group at each edge."""
    places = [(segment.name.text, edge, False) for segment in network.segments for edge in network.edges_of(segment)]
    places += [(group.name.text, edge, True) for group in network.groups for edge in network.locations]
    block = probe_block(network, len(places))
    return build_tables(place_core(network, [_place(block, at, *where) for at, where in enumerate(places)], switches))


def probe_block(network: CoreNetwork, count: int) -> Prefix:
    """A block with room for `count` prefixes of /24 that the policy names as a part of wider ones at most."""
    named = set(named_prefixes(network))
    for text in _PRIVATE:
        block = parse_prefix(text)
        assert block is not None
        if count <= 1 << 24 - block.length and not any(block.covers(item) for item in named):
            return block
    return _UNUSED


def named_prefixes(network: CoreNetwork) -> Iterator[Prefix]:
    """The prefixes of static routes and routing policies."""
    texts = [word.text for action in network.actions if isinstance(action, CreateRoute) for word in action.cidrs]
    for policy in network.routing_policies:
        for rule in policy.rules:
            values = (*(match.value for match in rule.matches), rule.action.value)
            texts += [value for value in values if isinstance(value, str)]
    found = (parse_prefix(text) for text in texts)
    return (prefix for prefix in found if prefix is not None)


def _place(block: Prefix, index: int, place: str, edge: str, is_group: bool) -> Association:
    prefix = Prefix(4, block.bits + (index << 8), 24)
    kind = "appliance of" if is_group else "attachment in"
    attachment = Attachment(f"{kind} {place} at {edge}", "vpc", (edge,), routes=(Announced(prefix),))
    standing = Standing.GROUP if is_group else Standing.SEGMENT
    return Association(attachment, standing, place, is_group, None, "it stands for all that are there")
