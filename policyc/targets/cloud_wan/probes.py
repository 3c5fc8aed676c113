"""A core network without an inventory: one made-up VPC in each segment, and one appliance of each function group, at every edge.

What they reach is what attachments of those segments would reach. Their prefixes are from 240.0.0.0/4, which no network uses
(RFC 1112, section 4), so that no route of a policy names them by accident; a default route covers them.
"""

from __future__ import annotations

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import place_core
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import build_tables
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork

_FIRST = 240 << 24


def probe(network: CoreNetwork, switches: Switches = DEFAULT) -> Tables:
    """Every route table with one attachment per segment and group at each edge."""
    placed: list[Association] = []
    for segment in network.segments:
        for edge in network.edges_of(segment):
            placed.append(_place(len(placed), segment.name.text, edge, is_group=False))
    for group in network.groups:
        for edge in network.locations:
            placed.append(_place(len(placed), group.name.text, edge, is_group=True))
    return build_tables(place_core(network, placed, switches))


def _place(index: int, place: str, edge: str, *, is_group: bool) -> Association:
    prefix = Prefix(4, _FIRST + (index << 8), 24)
    kind = "appliance of" if is_group else "attachment in"
    attachment = Attachment(f"{kind} {place} at {edge}", "vpc", (edge,), routes=(Announced(prefix),))
    standing = Standing.GROUP if is_group else Standing.SEGMENT
    return Association(attachment, standing, place, is_group, None, "it stands for all that are there")
