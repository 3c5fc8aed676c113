"""Route tables as AWS has them (`GetNetworkRoutes`, the `routes.json` of a pull) beside those that are computed: row by row, where they differ.

What is compared of a row is where it leads: an attachment by its id, another edge, a function group, nowhere. Rows of the type `SYSTEM` are AWS's own.
An attachment of which nobody said what it announces, or a row of which AWS does not publish the choice, is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policyc.engines.wan.core import NextHop, TableName
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.rows import Row
from policyc.engines.wan.tables import Tables
from policyc.record import record
from policyc.targets.cloud_wan.unstated_prefixes import silent_attachments

#: member of a table's identifier -> the kind of table, and the member that names it
_KINDS: Final = {
    "CoreNetworkSegmentEdge": ("segment", "SegmentName"),
    "CoreNetworkNetworkFunctionGroup": ("group", "NetworkFunctionGroupName"),
}
_OF_AWS: Final = "SYSTEM"


class NoRoutes(ValueError):
    """A text that holds no route tables of AWS; it says why."""


@record
class Beside:
    """What a comparison came to: `tables` and `routes` that were compared, where they differ in a sentence each, and what could not be compared."""

    tables: int
    routes: int
    differ: tuple[str, ...]
    open: tuple[str, ...]


def compare_routes(tables: Tables, data: Any) -> Beside:
    """The tables of AWS beside those that are computed. Raises NoRoutes."""
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise NoRoutes("it is no list of route tables")
    names = _names(tables)
    quiet = bool(silent_attachments(tables))
    differ, left = list[str](), list[str]()
    compared = count = 0
    for item in data:
        name, edge = _place(item)
        where = f"{name} at {edge}"
        held = item.get("routes", item.get("NetworkRoutes"))
        if held is None:
            left.append(f"{where}: AWS's table could not be read")
            continue
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            raise NoRoutes(f"the routes of {where} are no list of objects")
        compared += 1
        there = {prefix: one for one in held if one.get("Type") != _OF_AWS and (prefix := _prefix(one)) is not None}
        rows = tables.table(name, edge).rows if edge in tables.edges_of(name) else {}
        count += len(there)
        for prefix in sorted({*there, *rows}):
            differ += _differing(where, prefix, there.get(prefix), rows.get(prefix), names, quiet)
    return Beside(compared, count, tuple(differ), tuple(left))


def _place(item: Mapping[str, Any]) -> tuple[TableName, str]:
    held = item.get("RouteTableIdentifier")
    for member, (kind, named) in _KINDS.items():
        found = held.get(member) if isinstance(held, dict) else None
        if isinstance(found, dict) and isinstance(found.get(named), str) and isinstance(found.get("EdgeLocation"), str):
            return TableName(kind, found[named]), found["EdgeLocation"]  # type: ignore[arg-type]
    raise NoRoutes("a table of it names no segment or function group with an edge (`RouteTableIdentifier`)")


def _names(tables: Tables) -> dict[str, str]:
    """The name of each attachment by its id."""
    return {item.id: item.name for item in tables.core.attachments if item.id}


def _prefix(route: Mapping[str, Any]) -> Prefix | None:
    text = route.get("DestinationCidrBlock")
    return parse_prefix(text) if isinstance(text, str) else None


def _differing(
    where: str, prefix: Prefix, there: Mapping[str, Any] | None, row: Row | None, names: Mapping[str, str], quiet: bool
) -> Iterator[str]:
    if there is None and row is not None:
        if not row.doubts:
            yield f"{where}: {prefix} is computed ({_said(row)}), and AWS has no such route"
    elif row is None and there is not None:
        if not quiet:
            yield f"{where}: AWS has {prefix} ({_told(there, names)}), and none is computed"
    elif there is not None and row is not None and not row.doubts and not _fits(there, row, names):
        yield f"{where}: {prefix} leads to {_told(there, names)} on AWS, and to {_said(row)} as computed"


def _fits(there: Mapping[str, Any], row: Row, names: Mapping[str, str]) -> bool:
    hops = [option.hop for option in row.options]
    if there.get("State") == "BLACKHOLE" or any(hop.kind == "blackhole" for hop in hops):
        return there.get("State") == "BLACKHOLE" and any(hop.kind == "blackhole" for hop in hops)
    told = _destinations(there)
    # what AWS does not tell of a route is no difference
    return not told or any(_is(one, hop, names) for one in told for hop in hops)


def _destinations(there: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    held = there.get("Destinations")
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def _is(one: Mapping[str, Any], hop: NextHop, names: Mapping[str, str]) -> bool:
    """Whether a destination of AWS's and a next hop may be the same: by the edge where it leads to another one, else by what is attached."""
    match hop.kind:
        case "attachment":
            id = one.get("CoreNetworkAttachmentId")
            return id is None or names.get(str(id)) == hop.name
        case "edge" | "group":
            group = one.get("NetworkFunctionGroupName")
            return one.get("EdgeLocation") in (None, hop.edge) and (hop.kind == "edge" or group in (None, hop.name))
        case _:
            return True


def _said(row: Row) -> str:
    return " or ".join(dict.fromkeys(str(option.hop) for option in row.options))


def _told(there: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if there.get("State") == "BLACKHOLE":
        return "blackhole"
    told = []
    for one in _destinations(there):
        id, edge = one.get("CoreNetworkAttachmentId"), one.get("EdgeLocation")
        told.append(
            f"attachment `{names.get(str(id), id)}`"
            if id
            else f"group `{one['NetworkFunctionGroupName']}`"
            if one.get("NetworkFunctionGroupName")
            else f"the edge {edge}"
        )
    return " or ".join(dict.fromkeys(told)) or "a destination that it does not tell"
