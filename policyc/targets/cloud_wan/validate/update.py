"""What the service refuses when one policy replaces another: ASNs and inside CIDRs that are in use, edges with attachments.

Source: Cloud WAN reference, sections 1.2 and 4; section 6 rows 12 to 14.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Attachment
from policyc.ir.network import AsnRange, CoreNetwork, Edge


def check_update(
    old: CoreNetwork, new: CoreNetwork, attachments: Iterable[Attachment] | None, diagnostics: Diagnostics
) -> None:
    """Findings about `new` as the successor of `old`, which is live. `attachments` are None when nobody says what is attached."""
    _check_ranges(old, new, diagnostics)
    now = {edge.location.text: edge for edge in new.configuration.edges}
    for edge in old.configuration.edges:
        successor = now.get(edge.location.text)
        where = f"edge `{edge.location}`"
        if successor is None:
            _check_removed(edge.location.text, new, attachments, diagnostics)
            continue
        if edge.asn is not None and successor.asn is not None and edge.asn.value != successor.asn.value:
            diagnostics.error(
                "edge-asn-changed",
                f"{where} changes its ASN from {edge.asn.value} to {successor.asn.value}",
                successor.asn.span or successor.span,
                f"keep {edge.asn.value}: the ASN of an edge cannot be changed",
            )
        if edge.asn is None and successor.asn is not None:
            diagnostics.warning(
                "edge-asn-changed",
                f"{where} is given ASN {successor.asn.value}, and the service chose one before",
                successor.asn.span or successor.span,
                "compare with the ASN that the edge has: it cannot be changed",
            )
        if edge.asn is not None and not any(edge.asn.value in item for item in new.configuration.asn_ranges):
            ranges = new.configuration.asn_ranges
            diagnostics.error(
                "asn-range-shrunk",
                f"ASN {edge.asn.value} of {where} leaves the ranges",
                (ranges[0].span if ranges else None) or new.configuration.span,
                "keep the ASNs that are in use in the ranges (the service answers INVALID_ASN_UPDATE)",
            )
        lost = [word.text for word in edge.inside_cidrs if word.text not in {w.text for w in successor.inside_cidrs}]
        if lost:
            diagnostics.error(
                "edge-inside-cidr-removed",
                f"{where} loses its inside CIDR `{lost[0]}`",
                successor.span,
                "keep it: inside CIDRs of an edge cannot be removed",
            )


def _check_ranges(old: CoreNetwork, new: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Edges without an ASN of their own have one of the old ranges, each its own, and all of these have to stay."""
    stay = {edge.location.text for edge in new.configuration.edges}
    chosen = [edge for edge in old.configuration.edges if edge.asn is None and edge.location.text in stay]
    before, after = (_asns(network.configuration.asn_ranges) for network in (old, new))
    kept = sum(max(0, min(high, end) - max(low, start)) for low, high in before for start, end in after)
    pinned = {edge.asn.value for edge in old.configuration.edges if edge.asn is not None}
    kept -= sum(
        any(low <= asn < high for low, high in before) and any(low <= asn < high for low, high in after)
        for asn in pinned
    )
    ranges = new.configuration.asn_ranges
    span = (ranges[0].span if ranges else None) or new.configuration.span
    if kept < len(chosen):
        diagnostics.error(
            "asn-range-shrunk",
            f"the new ranges keep {kept} of the old ASNs, and these edges have one each: {_shown(chosen)}",
            span,
            "keep the ASNs that are in use in the ranges (the service answers INVALID_ASN_UPDATE)",
        )
    elif chosen and any(not _within(low, high, after) for low, high in before):
        diagnostics.warning(
            "asn-range-shrunk",
            "the ranges lose ASNs, and which of them the service gave to edges is not known here",
            span,
            "look up the ASNs of the edges: those in use cannot be removed (the service answers INVALID_ASN_UPDATE)",
        )


def _shown(edges: list[Edge]) -> str:
    return ", ".join(f"`{edge.location}`" for edge in edges[:3]) + (", …" if len(edges) > 3 else "")


def _asns(ranges: Iterable[AsnRange]) -> list[tuple[int, int]]:
    """The union of right-open ranges as right-open ranges that do not touch, in order."""
    out: list[tuple[int, int]] = []
    for low, high in sorted((item.low, item.high) for item in ranges if item.low < item.high):
        if out and low <= out[-1][1]:
            out[-1] = out[-1][0], max(high, out[-1][1])
        else:
            out.append((low, high))
    return out


def _within(low: int, high: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= low and high <= end for start, end in ranges)


def _check_removed(
    edge: str, new: CoreNetwork, attachments: Iterable[Attachment] | None, diagnostics: Diagnostics
) -> None:
    held = [item.name for item in attachments or () if edge in item.regions]
    span = new.configuration.span or new.span
    if held:
        shown = ", ".join(f"`{name}`" for name in held[:3]) + (f" and {len(held) - 3} more" if len(held) > 3 else "")
        diagnostics.error(
            "edge-removed-in-use",
            f"edge `{edge}` is removed while {shown} are attached there",
            span,
            "delete the attachments first (the service answers ORPHANED_ATTACHMENT)",
        )
    elif attachments is None:
        diagnostics.warning(
            "edge-removed-in-use",
            f"edge `{edge}` is removed",
            span,
            "make sure that nothing is attached there: the service refuses otherwise (ORPHANED_ATTACHMENT)",
        )
