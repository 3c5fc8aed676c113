"""`policyc routes`: every route table of a core network, per segment, function group and edge; and what far sides hear."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.networks import Opened, describe_network, inventory_source, open_inventory, open_network, tell_silent
from policyc.cli.parser import WrongUse
from policyc.cli.refuse import refuse_request, report
from policyc.diagnostics import Diagnostics, Severity, did_you_mean
from policyc.report.screen import paint, plural, wrap

if TYPE_CHECKING:
    from policyc.engines.wan.core import TableName
    from policyc.engines.wan.tables import Tables

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = ""
FORMATS = ("human", "json", "csv")

DESCRIPTION = """Compute the route tables of a core network for what is attached: one table per segment and per
function group at each edge, every row with its next hop, why it is there and its BGP attributes.
Where AWS does not publish the choice, all possible next hops stand with `or` between them."""

EPILOG = """examples:
  policyc routes core --attachments attachments.json
  policyc routes core.json --attachments attachments.json --segment production --edge us-east-1
  aws networkmanager list-attachments | policyc routes core.json --attachments - --attachments cidrs.json
  policyc routes core --attachments a.json --candidates         what was not chosen too, and by which step it lost
  policyc routes core --attachments a.json --advertised vpn1    what the far side of a VPN hears
  policyc routes core --attachments a.json --check              overlaps, ties, attachments in no segment, …
  policyc routes live/…/core.json --attachments live/…/attachments.json --beside live/…/routes.json
  policyc routes core --attachments a.json --format csv > routes.csv

exit status: 0 done, 1 the network has errors (or, with --check, findings, with --beside, differences), 2 wrong use, 3 internal error, 4 no policy file found,
11 with --beside: a table of AWS was not readable."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    describe_network(parser)
    parser.add_argument(
        "--segment", action="append", default=[], metavar="NAME", help="only this segment or function group"
    )
    parser.add_argument("--edge", action="append", default=[], metavar="REGION", help="only this edge")
    parser.add_argument(
        "--candidates",
        action="store_true",
        help="every candidate for each row: origin, attributes, class, next hop, which one is chosen, and why the others are not",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="in place of tables: what is wrong or doubtful about the network with these attachments; exit 1 when anything is",
    )
    parser.add_argument(
        "--beside",
        metavar="FILE",
        help="in place of tables: where the route tables of AWS (the `routes.json` that `aws pull` wrote) are others than these; exit 1 where they are",
    )
    parser.add_argument(
        "--advertised", metavar="NAME", help="in place of tables: the routes that the far side of this attachment hears"
    )


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.targets.cloud_wan.questions import check_names, situate

    given = {"--check": args.check, "--advertised": args.advertised is not None, "--beside": args.beside is not None}
    others = [name for name, is_there in given.items() if is_there]
    if args.candidates and others:
        raise WrongUse(
            f"`--candidates` is about tables, and `{others[0]}` stands in their place", "give one of the two"
        )
    if len(others) > 1:
        raise WrongUse(f"`{others[0]}` and `{others[1]}` both stand in place of the tables", "give one of the two")
    opened = open_network(args.network, args, console)
    if isinstance(opened, int):
        return opened
    doubts = Diagnostics()
    inventory = open_inventory(args, console, doubts if args.check else None)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    if not check_names(inventory.attachments, diagnostics):
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    tables = situate(opened.network, inventory, opened.switches)
    if not inventory.attachments:
        console.remark(f"no attachments are given, so only static routes are there; {_how_to_tell(args.network)}")
    if args.check:
        return _check(args, console, tables, opened, doubts)
    tell_silent(tables, args, console)
    if args.beside is not None:
        return _beside(args, console, tables)
    if args.advertised is not None:
        return _advertised(args, console, tables)
    _write(args, tables, console)
    return exits.CLEAN


def _how_to_tell(network: str | None) -> str:
    """What tells of the attachments: the files that `aws pull` wrote beside the policy, where it did."""
    beside = [Path(network or "").with_name(name) for name in ("attachments.json", "prefixes.json")]
    held = [path.as_posix() for path in beside if network and path.is_file()]
    return f"`{' '.join(f'--attachments {name}' for name in held or ['FILE'])}` tells of them"


def _check(args: argparse.Namespace, console: Console, tables: Tables, opened: Opened, diagnostics: Diagnostics) -> int:
    """What is wrong or doubtful, after `diagnostics` of the files of attachments."""
    from policyc.targets.cloud_wan.inventory_checks import check_inventory
    from policyc.targets.cloud_wan.unstated_prefixes import warn_unstated

    if args.format == "csv":
        raise WrongUse("`--check` has no CSV form", "use `--format human` or `json`")
    check_inventory(tables, diagnostics)
    warn_unstated(tables, diagnostics)
    texts = {
        **opened.sources,
        **{
            source.file: source for source in (inventory_source(name, args) for name in args.inventories if name != "-")
        },
    }
    report(diagnostics.sorted(), texts, console, args.format)
    serious = any(item.severity is not Severity.INFO for item in diagnostics)
    if args.format == "human" and not serious:
        console.write(f"{plural(len(tables.core.associations), 'attachment')}: no findings\n")
    return exits.FINDINGS if serious else exits.CLEAN


def _beside(args: argparse.Namespace, console: Console, tables: Tables) -> int:
    """The tables of AWS beside those that are computed."""
    from policyc.cli.inputs import read_input
    from policyc.cli.networks import LARGEST
    from policyc.targets.cloud_wan.aws_routes import NoRoutes, compare_routes

    if args.format == "csv":
        raise WrongUse("`--beside` has no CSV form", "use `--format human` or `json`")
    source = read_input(args.beside, "route tables of AWS", args, "--beside", LARGEST)
    try:
        found = compare_routes(tables, json.loads(source.text))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, NoRoutes) else "it is no JSON"
        raise WrongUse(
            f"`{args.beside}` holds no route tables of AWS: {why}", "give the `routes.json` that `aws pull` wrote"
        ) from None
    if args.format == "json":
        data = {
            "format_version": 1,
            "tables": found.tables,
            "routes": found.routes,
            "differ": found.differ,
            "not_compared": found.open,
        }
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        for line in (*found.differ, *(f"not compared: {text}" for text in found.open)):
            console.write("\n".join(wrap(line, console.options().width, "  ")) + "\n")
        differ = (
            f"{plural(len(found.differ), 'route')} that {'differs' if len(found.differ) == 1 else 'differ'}"
            if found.differ
            else "no route differs"
        )
        console.write(f"{plural(found.routes, 'route')} of AWS in {plural(found.tables, 'table')}: {differ}\n")
    if found.differ:
        return exits.FINDINGS
    return exits.UNDECIDED if found.open or not found.tables else exits.CLEAN


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


def _write(args: argparse.Namespace, tables: Tables, console: Console) -> None:
    """The tables, or with `--candidates` every candidate for each row."""
    from policyc.cli.route_files import csv_parts, json_parts, send, text_parts
    from policyc.engines.wan.tables import uncollected

    places = _places(args, tables)
    with uncollected():
        match args.format:
            case "json":
                clean = console.cleaner()
                send(json_parts(tables, places, _head(args, tables), args.candidates, clean), console, cleaned=True)
            case "csv":
                send(csv_parts(tables, places, args.candidates), console)
            case _:
                send(text_parts(tables, places, console, args.candidates), console)


def _head(args: argparse.Namespace, tables: Tables) -> dict[str, Any]:
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, association_data

    attachments = [association_data(item) for item in tables.core.associations.values()]
    for item in attachments:
        del item["rules"]
    kind = "candidates" if args.candidates else "routes"
    return {"format_version": FORMAT_VERSION, "kind": kind, "attachments": attachments}


# --- what a far side hears --------------------------------------------------------------------------------------


def _advertised(args: argparse.Namespace, console: Console, tables: Tables) -> int:
    from policyc.cli.route_files import columns
    from policyc.engines.wan.outbound import told_to
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, attribute_text, heard_data
    from policyc.targets.cloud_wan.questions import find_attachment

    diagnostics = Diagnostics()
    found = find_attachment(tuple(tables.core.attachments), args.advertised, diagnostics)
    if found is None:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    if args.format == "csv":
        raise WrongUse("`--advertised` has no CSV form", "use `--format human` or `json`")
    association = tables.core.associations[found.name]
    heard = told_to(tables, association)
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
        refused = f"refused: {item.refused}" if item.refused else ""
        parts = [part for part in (told, replaces, refused, doubts) if part]
        rows.append((str(item.prefix), f"from {item.edge}", "; ".join(parts)))
    lines += list(columns(rows, options.width)) if rows else wrap(f"  nothing ({reason})", options.width, "  ")
    console.write("\n".join(lines) + "\n")
    return exits.CLEAN
