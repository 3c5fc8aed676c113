"""Quotas that depend on what is attached. Source: Cloud WAN reference, section 2.

https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-quotas.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.outbound import told_to
from policyc.engines.wan.tables import Tables
from policyc.text import Span

MOST_ATTACHMENTS: Final = 5_000
MOST_PER_VPC: Final = 5
MOST_PER_GATEWAY: Final = 1
MOST_DIRECT: Final = 40
MOST_ROUTES: Final = 10_000
MOST_ROUTES_IN: Final = 1_000
MOST_ROUTES_OUT: Final = 5_000
MOST_LISTS: Final = 100
MOST_LIST_ENTRIES: Final = 200


_TOLD: Final = ("site-to-site-vpn", "connect", "direct-connect-gateway")


def check_quotas(tables: Tables, diagnostics: Diagnostics) -> None:
    """Everything of which there is more than the service takes without being asked."""
    for what, count, most, span in _counts(tables):
        if count > most:
            diagnostics.warning(
                "inventory-quota",
                f"{what}: {count:,}, where {most:,} is the most",
                span,
                "ask AWS to raise the quota where that is possible, or spread them",
            )


def _counts(tables: Tables) -> Iterator[tuple[str, int, int, Span | None]]:
    core = tables.core
    attachments = list(core.attachments)
    yield "attachments", len(attachments), MOST_ATTACHMENTS, None
    direct = [item for item in attachments if item.type == "direct-connect-gateway"]
    yield "Direct Connect gateway attachments", len(direct), MOST_DIRECT, direct[-1].span if direct else None
    gateways = Counter(item.resource_id for item in direct if item.resource_id)
    for resource, count in gateways.items():
        yield f"attachments of Direct Connect gateway `{resource}`", count, MOST_PER_GATEWAY, None
    vpcs = Counter(item.resource_id for item in attachments if item.type == "vpc" and item.resource_id)
    for resource, count in vpcs.items():
        yield f"attachments of `{resource}`", count, MOST_PER_VPC, None
    crowded = {name for name in tables.domains.names if _crowded(tables, name)}
    for item in attachments:
        if item.type in ("site-to-site-vpn", "connect"):
            yield f"routes that `{item.name}` announces", len(item.routes), MOST_ROUTES_IN, item.span
        if item.type in _TOLD and core.associations[item.name].place in crowded:
            told = {heard.prefix for heard in told_to(tables, core.associations[item.name])}
            yield f"routes that `{item.name}` is told", len(told), MOST_ROUTES_OUT, item.span
    yield "prefix lists", len(core.lists), MOST_LISTS, None
    for alias, entries in core.lists.items():
        yield f"entries of prefix list `{alias}`", len(entries), MOST_LIST_ENTRIES, None
    routes = sum(1 for name in tables.domains.names for _ in tables.domains.prefixes(name))
    yield "routes of all segments", routes, MOST_ROUTES, None


def _crowded(tables: Tables, segment: str) -> bool:
    """Whether a segment has more routes than an attachment may be told."""
    return next(islice(tables.domains.prefixes(segment), MOST_ROUTES_OUT, None), None) is not None
