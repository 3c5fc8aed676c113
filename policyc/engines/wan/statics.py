"""Static routes: what `create-route` puts into one segment. Source: Cloud WAN reference, section 3.8."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.engines.wan.core import Core, NextHop, Origin
from policyc.engines.wan.origins import Origins
from policyc.engines.wan.paths import STATIC, Path
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import BLACKHOLE, CreateRoute


def add_statics(core: Core, segment: str, found: Origins) -> None:
    """The routes of `create-route` as origins."""
    edges = core.edges_of(segment)
    for action in core.network.actions:
        if not isinstance(action, CreateRoute) or action.segment.text != segment:
            continue
        for word in action.cidrs:
            prefix = parse_prefix(word.text)
            if prefix is None:
                continue
            for destination in action.destinations:
                if destination.text == BLACKHOLE:
                    for edge in edges:
                        path = Path(found.next_source(prefix), STATIC, pinned=True)
                        found.add(prefix, Origin(edge, NextHop("blackhole"), "static blackhole"), path)
                else:
                    _add_static(core, destination.text, prefix, edges, found)


def _add_static(core: Core, attachment_id: str, prefix: Prefix, edges: Sequence[str], found: Origins) -> None:
    association = core.by_id(attachment_id)
    if association is None:
        found.doubt(prefix, f"the static route leads to `{attachment_id}`, which is not among the attachments given")
        return
    attachment = association.attachment
    if attachment.type in ("direct-connect-gateway", "transit-gateway-route-table"):
        found.doubt(prefix, f"`{attachment.name}` is a {attachment.type}, which takes no static route")
        return
    if not association.working:
        found.doubt(
            prefix, f"the static route leads to `{attachment.name}`, which carries no traffic: {association.sentence}"
        )
        return
    at = [edge for edge in attachment.regions if edge in edges]
    if not at:
        found.doubt(prefix, f"the static route leads to `{attachment.name}`, at an edge that the segment does not have")
    for edge in at:
        path = Path(found.next_source(prefix), STATIC)
        hop = NextHop("attachment", attachment.name, edge)
        found.add(prefix, Origin(edge, hop, f"static route to `{attachment.name}`", attachment.name), path)
