"""`policyc routes`: every route table of a core network, per segment, function group and edge; and what far sides hear."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.compile import report
from policyc.cli.console import Console
from policyc.cli.networks import describe_network, inventory_source, open_inventory, open_network, say
from policyc.cli.parser import WrongUse
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.report.screen import cells, clean, paint, wrap
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.engines.wan.core import TableName
    from policyc.engines.wan.tables import Tables

FORMATS = ("human", "json", "csv")

DESCRIPTION = """Compute the route tables of a core network for what is attached: one table per segment and per
function group at each edge, every row with its next hop, why it is there and its BGP attributes.
Where AWS does not publish the choice, all possible next hops stand with `or` between them."""

EPILOG = """examples:
  policyc routes core --attachments attachments.json
  policyc routes core.json --attachments attachments.json --segment production --edge us-east-1
  aws networkmanager list-attachments | policyc routes core.json --attachments - --attachments cidrs.json
  policyc routes core --attachments a.json --advertised vpn1    what the far side of a VPN hears
  policyc routes core --attachments a.json --check              overlaps, ties, attachments in no segment, …
  policyc routes core --attachments a.json --format csv > routes.csv

exit status: 0 done, 1 the network has errors (or, with --check, findings), 2 wrong use, 3 internal error, 4 no policy file found."""

_COLUMNS = ("table", "name", "edge", "prefix", "next_hop", "next_hop_name", "next_hop_edge", "certain", "as_path", "med",
            "local_preference", "communities", "why")  # fmt: skip


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    describe_network(parser)
    parser.add_argument(
        "--segment", action="append", default=[], metavar="NAME", help="only this segment or function group"
    )
    parser.add_argument("--edge", action="append", default=[], metavar="REGION", help="only this edge")
    parser.add_argument(
        "--check", action="store_true",
        help="in place of tables: what is wrong or doubtful about the network with these attachments; exit 1 when anything is",
    )  # fmt: skip
    parser.add_argument(
        "--advertised", metavar="NAME", help="in place of tables: the routes that the far side of this attachment hears"
    )


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.targets.cloud_wan.questions import check_names, situate

    opened = open_network(args.network, args, console)
    if isinstance(opened, int):
        return opened
    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    if not check_names(inventory.attachments, diagnostics):
        return say(diagnostics, {}, args, console, exits.WRONG_USE)
    tables = situate(opened.network, inventory, opened.switches)
    if args.check:
        return _check(args, console, tables, opened.sources)
    if args.advertised is not None:
        return _advertised(args, console, tables)
    places = _places(args, tables)
    match args.format:
        case "json":
            _write_json(tables, places, console)
        case "csv":
            console.write(_csv(tables, places))
        case _:
            _write_tables(tables, places, console)
    return exits.CLEAN


def _check(args: argparse.Namespace, console: Console, tables: Tables, sources: Mapping[str, Source]) -> int:
    from policyc.targets.cloud_wan.live import check_inventory

    if args.format == "csv":
        raise WrongUse("`--check` has no CSV form", "use `--format human` or `json`")
    diagnostics = Diagnostics()
    check_inventory(tables, diagnostics)
    texts = {
        **sources,
        **{source.file: source for source in map(inventory_source, args.inventories) if source.file != "<stdin>"},
    }
    report(diagnostics.sorted(), texts, console, args.format)
    return exits.FINDINGS if diagnostics else exits.CLEAN


def _places(args: argparse.Namespace, tables: Tables) -> list[tuple[TableName, str]]:
    """The tables that are asked for. Raises WrongUse for a name that there is not."""
    names = tables.names()
    _check_known("segment or function group with a table", args.segment, [name.name for name in names])
    _check_known("edge location", args.edge, list(tables.core.network.locations))
    return [
        (name, edge)
        for name in names
        for edge in tables.edges_of(name)
        if (not args.segment or name.name in args.segment) and (not args.edge or edge in args.edge)
    ]


def _check_known(noun: str, asked: Sequence[str], known: Sequence[str]) -> None:
    for name in asked:
        if name not in known:
            listed = ", ".join(f"`{one}`" for one in known) or "none"
            raise WrongUse(f"no {noun} is named `{name}`", did_you_mean(name, known, f"there are {listed}"))


def _write_json(tables: Tables, places: Sequence[tuple[TableName, str]], console: Console) -> None:
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, association_data, table_data

    attachments = [association_data(item) for item in tables.core.associations.values()]
    for item in attachments:
        del item["rules"]
    known: dict[int, dict[str, Any]] = {}
    data = {
        "format_version": FORMAT_VERSION,
        "kind": "routes",
        "attachments": attachments,
        "tables": [table_data(tables, name, edge, known) for name, edge in places],
        "notes": tables.notes,
    }
    console.write(json.dumps(data, indent=1) + "\n")


def _csv(tables: Tables, places: Sequence[tuple[TableName, str]]) -> str:
    from policyc.targets.cloud_wan.answers import table_data

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    known: dict[int, dict[str, Any]] = {}
    for name, edge in places:
        table = table_data(tables, name, edge, known)
        for route in table["routes"]:
            certain = len(route["next_hops"]) == 1 and not route["doubts"]
            for hop in route["next_hops"] or [{}]:
                writer.writerow(_csv_row(table, route, hop, certain))
    return out.getvalue()


def _csv_row(table: dict[str, Any], route: dict[str, Any], hop: dict[str, Any], certain: bool) -> list[Any]:
    attributes = hop.get("attributes") or {}
    path = " ".join("?" if asn is None else str(asn) for asn in attributes.get("as_path", ()))
    why = "; ".join([*([hop["why"]] if hop else []), *route["doubts"]])
    row = [
        table["kind"], table["name"], table["edge"], route["prefix"], hop.get("kind", ""), hop.get("name") or "",
        hop.get("edge") or "", "yes" if certain else "no", path, attributes.get("med", ""),
        attributes.get("local_preference", ""), " ".join(attributes.get("communities", ())), why,
    ]  # fmt: skip
    # A cell that begins like a formula would run in a spreadsheet.
    return ["'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell for cell in row]


def _write_tables(tables: Tables, places: Sequence[tuple[TableName, str]], console: Console) -> None:
    from policyc.targets.cloud_wan.answers import row_cells

    options = console.options()
    for at, (name, edge) in enumerate(places):
        rows = tables.table(name, edge).rows
        lines = [paint(f"{name} at {edge}", "strong", options.color)]
        found = [tuple(map(clean, row_cells(rows[prefix]))) for prefix in sorted(rows)]
        lines += _columns(found, options.width) if found else ["  no routes"]
        console.write(("\n" if at else "") + "\n".join(lines) + "\n")
    for text in tables.notes:
        console.write("\n" + "\n".join(wrap(f"note: {text}", options.width, "  ")) + "\n")


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """Prefix and next hop in columns; the reason goes to a line of its own where it does not fit."""
    first = max(cells(row[0]) for row in rows)
    second = min(max(cells(row[1]) for row in rows), max(width - first - 30, 20))
    for prefix, hop, why in rows:
        start = f"  {prefix}{' ' * (first - cells(prefix))}  {hop}"
        if cells(hop) <= second and cells(start) + second - cells(hop) + 2 + cells(why) <= width:
            yield f"{start}{' ' * (second - cells(hop))}  {why}".rstrip()
        else:
            yield from wrap(start, width, "      ")
            yield from wrap(f"      {why}", width, "      ")


# --- what a far side hears --------------------------------------------------------------------------------------


def _advertised(args: argparse.Namespace, console: Console, tables: Tables) -> int:
    from policyc.engines.wan.outbound import heard_by
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, attribute_text, heard_data
    from policyc.targets.cloud_wan.questions import find_attachment

    diagnostics = Diagnostics()
    found = find_attachment(tuple(tables.core.attachments), args.advertised, diagnostics)
    if found is None:
        return say(diagnostics, {}, args, console, exits.WRONG_USE)
    if args.format == "csv":
        raise WrongUse("`--advertised` has no CSV form", "use `--format human` or `json`")
    association = tables.core.associations[found.name]
    heard = heard_by(tables, association)
    if args.format == "json":
        data = {
            "format_version": FORMAT_VERSION,
            "kind": "advertised",
            "attachment": found.name,
            "routes": [heard_data(h) for h in heard],
        }
        console.write(json.dumps(data, indent=1) + "\n")
        return exits.CLEAN
    options = console.options()
    reason = "a VPC hears nothing by BGP: its route tables are its own" if found.type == "vpc" else association.sentence
    lines = [paint(f"what {found.name} hears", "strong", options.color)]
    rows = []
    for item in heard:
        told = " or ".join(dict.fromkeys(attribute_text(path) for path in item.paths))
        replaces = f"stands for {', '.join(map(str, item.replaces))}" if item.replaces else ""
        doubts = "; ".join(f"not certain: {doubt}" for doubt in item.doubts)
        rows.append(
            (str(item.prefix), f"from {item.edge}", "; ".join(part for part in (told, replaces, doubts) if part))
        )
    lines += list(_columns(rows, options.width)) if rows else wrap(f"  nothing ({reason})", options.width, "  ")
    console.write("\n".join(lines) + "\n")
    return exits.CLEAN
