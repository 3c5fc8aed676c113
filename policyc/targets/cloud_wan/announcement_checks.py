"""What far sides announce against the blocks of VPCs: a part of one takes its traffic, a wider prefix or a default route takes what nobody
announces. Source: Cloud WAN reference, section 3.11 (the longest prefix wins) and last section."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.tables import Tables
from policyc.ir.network import SendVia
from policyc.record import record

#: findings of one rule that are written out
_MOST = 20
_WHO = {
    "site-to-site-vpn": "VPN",
    "connect": "Connect peer",
    "transit-gateway-route-table": "transit gateway",
    "direct-connect-gateway": "Direct Connect gateway",
}


def check_announcements(tables: Tables, diagnostics: Diagnostics) -> None:
    """The three dangerous kinds of announcements from outside, where a VPC hears them."""
    core = tables.core
    counts: dict[str, int] = {}
    blocks: dict[str, _Blocks] = {}
    for segment in core.network.segments:
        name = segment.name.text
        for item in core.members(name):
            # A function group's appliances and VPCs have addresses of their own; the others speak for a network behind them.
            routes = [route.prefix for route in item.routes if item.type != "vpc" and route.prefix in tables.own[name]]
            if not routes:
                continue
            heard = blocks.get(name)
            if heard is None:
                heard = blocks[name] = _Blocks.heard_from(tables, name)
            for rule, message, help in _findings(item, routes, heard):
                counts[rule] = counts.get(rule, 0) + 1
                if counts[rule] <= _MOST:
                    severity = Severity.WARNING if rule == "more-specific-from-outside" else Severity.INFO
                    diagnostics.add(Diagnostic(rule, message, item.span, help, severity))


def _findings(item: Attachment, routes: Sequence[Prefix], heard: _Blocks) -> Iterator[tuple[str, str, str]]:
    """(rule, message, help)"""
    who = _WHO[item.type]
    for prefix in sorted(routes):
        if not prefix.length:
            message = f"{who} `{item.name}` announces {prefix}, and takes all that nobody else announces"
            yield (
                "default-from-outside",
                message,
                "filter it with an inbound routing policy, unless it is meant as the way out",
            )
            continue
        taken = heard.around(prefix)
        if taken is not None:
            edges = heard.taken_at(prefix, item)
            block, vpc = taken
            part = "the block itself" if block == prefix else f"a part of {block}"
            where = f" at {', '.join(edges)}" if block == prefix else ""
            message = f"{who} `{item.name}` announces {prefix}, {part} of VPC `{vpc}`, and takes its traffic{where}"
            help = "drop what lies in the blocks of VPCs with an inbound routing policy on its label"
            if edges:
                yield "more-specific-from-outside", message, help
            elif block == prefix and prefix.length and heard.meets(item):
                message = f"{who} `{item.name}` announces {prefix}, the block itself of VPC `{vpc}`, whose own route is the better one"
                yield (
                    "wider-from-outside",
                    message,
                    "announce only what is behind it, or it takes over when the VPC goes",
                )
            continue
        within = heard.within(prefix)
        if within:
            more = f" and {len(within) - 1} more" if len(within) > 1 else ""
            message = (
                f"{who} `{item.name}` announces {prefix}, which covers {within[0][0]} of VPC `{within[0][1]}`{more}, and takes what"
                " nobody announces there"
            )
            yield (
                "wider-from-outside",
                message,
                "announce only what is behind it, or drop it with an inbound routing policy",
            )


@record
class _Blocks:
    """The blocks of the VPCs that hear the routes of a segment, in order; `names` are the segments where those get to."""

    tables: Tables
    names: Sequence[str]
    ordered: Sequence[tuple[Prefix, str]]
    owners: dict[Prefix, str]

    @classmethod
    def heard_from(cls, tables: Tables, segment: str) -> _Blocks:
        """Of VPCs that are where the routes of a segment get to."""
        core = tables.core
        names = [
            other.name.text
            for other in core.network.segments
            if other.name.text == segment or segment in joined_to(core, other.name.text)
        ]
        found = [
            (prefix, item.name)
            for name in names
            for item in core.members(name)
            if item.type == "vpc"
            for prefix in item.prefixes
            if prefix.length
        ]
        return cls(tables, names, sorted(found), dict(reversed(found)))

    def taken_at(self, prefix: Prefix, item: Attachment) -> list[str]:
        """The edges of an attachment at which somebody else's packets to the prefix may go to it: a VPC's own route may be the better one,
        and a routing policy may keep the announcement out. No other edge sends there what its own edge does not."""
        core = self.tables.core
        heard = [name for name in self.names if any(other is not item for other in core.members(name))]
        return [edge for edge in item.regions if any(self._leads(name, edge, prefix, item) for name in heard)]

    def meets(self, item: Attachment) -> bool:
        """Whether somebody else is where the routes of an attachment get to."""
        return any(other is not item for name in self.names for other in self.tables.core.members(name))

    def _leads(self, name: str, edge: str, prefix: Prefix, item: Attachment) -> bool:
        table = TableName("segment", name)
        row = self.tables.table(table, edge).lookup(prefix) if edge in self.tables.edges_of(table) else None
        return row is not None and any(
            option.hop.name == item.name if option.hop.kind == "attachment" else option.hop.kind in ("group", "segment")
            for option in row.options
        )

    def around(self, prefix: Prefix) -> tuple[Prefix, str] | None:
        """The narrowest block that holds a prefix."""
        for length in range(prefix.length, 0, -1):
            wider = shorten(prefix, length)
            if wider in self.owners:
                return wider, self.owners[wider]
        return None

    def within(self, prefix: Prefix) -> list[tuple[Prefix, str]]:
        """The blocks that lie in a prefix."""
        at = bisect_right(self.ordered, (prefix, ""))
        out = []
        while at < len(self.ordered) and prefix.covers(self.ordered[at][0]):
            out.append(self.ordered[at])
            at += 1
        return out


def joined_to(core: Core, segment: str) -> Iterator[str]:
    """The segments whose addresses a segment has routes to, by a share or by inspection."""
    yield from (other for other in core.shared_with(segment) if core.admits(segment, other))
    for action in core.network.actions:
        if isinstance(action, SendVia):
            others = core.network.redirected(action)
            if action.segment.text == segment:
                yield from others
            elif segment in others:
                yield action.segment.text
