"""What attachments announce, read from `aws networkmanager list-core-network-routing-information`.

The service lists the routes of a segment at an edge before routing policies. Rows that lead to an attachment at that edge are what it
announced; those that lead to other edges are left alone. Source: Cloud WAN reference, sections 3.5, 3.10 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.record import record
from policyc.syntax.json_text import JsonArray, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.targets.cloud_wan.inventory import Given
from policyc.text import Span


@record
class Rows:
    """The routes of one attachment as the field `routes`; `bare` are those without an AS path, as VPCs and static routes have."""

    given: Given
    bare: tuple[Prefix, ...]
    span: Span


def read_rows(rows: Iterable[JsonObject], diagnostics: Diagnostics) -> dict[str, Rows]:
    """The routes by attachment id. Segments that share list a route once more: equal rows count once, and rows that differ are refused."""
    found: dict[str, dict[str, dict[str, Given]]] = {}
    spans: dict[str, Span] = {}
    for row in rows:
        hop = row.get("NextHop")
        identity = hop.get("CoreNetworkAttachmentId") if isinstance(hop, JsonObject) else None
        prefix = row.get("Prefix")
        if not isinstance(identity, JsonString) or not isinstance(prefix, JsonString) or not identity.value:
            continue
        route = _route(row, prefix)
        known = found.setdefault(identity.value, {}).setdefault(prefix.value, route)
        spans.setdefault(identity.value, identity.span)
        if _plain(known) != _plain(route):
            diagnostics.error(
                "inventory-shape",
                f"`{prefix.value[:60]}` of `{identity.value[:60]}` has other attributes in another row",
                row.span,
                "keep the rows of the segment and edge that the attachment is in",
            )
    return {
        name: Rows(
            Given(tuple(Given(route, spans[name]) for route in routes.values()), spans[name]),
            tuple(_bare(routes)),
            spans[name],
        )
        for name, routes in found.items()
    }


def _route(row: JsonObject, prefix: JsonString) -> dict[str, Given]:
    out = {"prefix": Given(prefix.value, prefix.span)}
    path, med, communities = row.get("AsPath"), row.get("Med"), row.get("Communities")
    if isinstance(path, JsonArray) and path.items:
        out["as_path"] = Given(tuple(_number(item) for item in path.items), path.span)
    if isinstance(med, JsonString | JsonNumber) and _text(med):
        out["med"] = _number(med)
    if isinstance(communities, JsonArray) and communities.items:
        out["communities"] = Given(tuple(Given(_text(item), item.span) for item in communities.items), communities.span)
    return out


def _number(value: JsonValue) -> Given:
    """Numbers come as text; what is no number stays text, which the reader of attachments refuses."""
    text = _text(value)
    return Given(int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else text, value.span)


def _text(value: JsonValue) -> str:
    return value.value if isinstance(value, JsonString) else value.text if isinstance(value, JsonNumber) else ""


def _plain(route: dict[str, Given]) -> dict[str, object]:
    return {key: item.value for key, item in route.items()}


def _bare(routes: dict[str, dict[str, Given]]) -> Iterable[Prefix]:
    for text, route in routes.items():
        prefix = parse_prefix(text)
        if prefix is not None and "as_path" not in route:
            yield prefix
