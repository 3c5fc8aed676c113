"""`policyc graph`: policies as a picture: who is admitted where and which gate refuses, who gets in by claims, and core networks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.compiled import open_compiled
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.networks import (
    LARGEST,
    Opened,
    describe_sources,
    network_inside,
    open_inventory,
    open_network,
    tell_silent,
)
from policyc.cli.parser import WrongUse
from policyc.cli.prove_blocks import is_file
from policyc.cli.refuse import nothing_found, refuse_request
from policyc.cli.trust import add_trust
from policyc.cli.who import reach_by_documents
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.record import replace
from policyc.workspace.project import POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policyc.ir.program import Program
    from policyc.model.values import Resource
    from policyc.report.overview import Overview
    from policyc.report.who import Reach
    from policyc.targets.base import Document
    from policyc.targets.cloud_wan.chart import NetworkChart
    from policyc.workspace.compile import Compiled

SHARED = ("root", "config", "exclude", "param", "format", "output")
REPORT = ""
FORMATS = ("matrix", "svg", "html", "mermaid", "dot", "json")

DESCRIPTION = """Draw policies. Of a service, a bucket or an access point: which callers get which verbs, which gate on the way refuses
the others, and what each gate says to each caller. Of a service network: all its services. Of an endpoint of Verified Access or Client VPN: who
gets in by which claims. Of a core network: segments and function groups by edge, shares, service insertion, static routes, and who reaches whom;
without an inventory one made-up attachment stands in each segment and function group at each edge. Without a name: everything that is declared.
Of documents: who may do what by each of them."""

EPILOG = """examples:
  policyc graph                                       everything that is declared, as text
  policyc graph --format html --output access.html    the same as one page
  policyc graph inventory --format svg > access.svg   callers, verbs and gates of a service
  policyc graph core --attachments attachments.json --format mermaid
  policyc graph core.json --format svg > core.svg
  policyc graph stack.yaml --format svg > who.svg     by the documents in a template

exit status: 0 done, 1 the policies or the network have errors, 2 wrong use, 3 internal error, 4 nothing to draw, 11
not everything is settled."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a declared resource or network, the file that declares a network, or a file or folder with documents",
    )
    describe_sources(parser)
    add_trust(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    args.kind = None
    inside = None
    if args.name is not None and not args.inventories and _is_documents(args.name, args):
        inside = network_inside(args.name, args)
        if inside is None:
            reaches = reach_by_documents(args, console, args.name)
            return reaches if isinstance(reaches, int) else _draw(_by_documents(reaches), args, console)
        args.name = inside
    if (
        inside
        or args.inventories
        or (args.name is not None and (args.name == "-" or args.name.endswith((".json", POLICY))))
    ):
        opened = open_network(args.name, args, console)
        if isinstance(opened, int):
            return opened
        graph = _network(opened, args, console)
        return graph if isinstance(graph, int) else _draw(_by_networks((graph,)), args, console)
    found = _declared(args, console)
    return found if isinstance(found, int) else _draw(found, args, console)


def _is_documents(name: str, args: argparse.Namespace) -> bool:
    """Whether a word names documents that are no core network."""
    if name == "-" or name.endswith(POLICY) or not is_file(name):
        return False
    return not name.endswith(".json") or '"Statement"' in read_input(name, "a document", args, largest=LARGEST).text


def _by_documents(reaches: list[Reach]) -> Overview:
    from policyc.report.overview import Overview

    return Overview(reaches=tuple(reaches))


def _by_networks(graphs: tuple[NetworkChart, ...]) -> Overview:
    from policyc.report.overview import Overview

    return Overview(charts=graphs)


def _network(opened: Opened, args: argparse.Namespace, console: Console) -> NetworkChart | int:
    from policyc.targets.cloud_wan.chart import NetworkChart
    from policyc.targets.cloud_wan.graph import draw_graph
    from policyc.targets.cloud_wan.probes import probe
    from policyc.targets.cloud_wan.questions import check_names, situate
    from policyc.targets.cloud_wan.unstated_prefixes import silent_attachments, with_own_prefixes

    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    if not check_names(inventory.attachments, diagnostics):
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    assumed = not args.inventories
    tables = probe(opened.network, opened.switches) if assumed else situate(opened.network, inventory, opened.switches)
    tell_silent(tables, args, console)
    supposed = not assumed and bool(silent_attachments(tables))
    if supposed:
        stood = replace(inventory, attachments=tuple(with_own_prefixes(inventory.attachments)))
        tables = situate(opened.network, stood, opened.switches)
    return NetworkChart(draw_graph(tables, assumed=assumed, supposed=supposed))


def _declared(args: argparse.Namespace, console: Console) -> Overview | int:
    """What a project declares, or what of it is named."""
    from policyc.analysis.ways import TYPES
    from policyc.report.overview import Overview
    from policyc.targets.cloud_wan.documents import checked_networks
    from policyc.targets.switches import wan_switches
    from policyc.workspace.reach.admitting import admissions
    from policyc.workspace.reach.whole import who_may

    declared = open_compiled(args, args.paths, console)
    if isinstance(declared, int):
        return declared
    project, compiled = declared
    program = compiled.program
    if not program.modules:
        return nothing_found(console)
    networks = [
        Opened(lowered.network, program.sources, wan_switches(project.config.switches))
        for bound, lowered in checked_networks(program, Diagnostics())
        if project.asks_about(bound.file) and args.name in (None, lowered.network.name)
    ]
    resources = [item for item in _below(program, args.name) if args.name is not None or project.asks_about(item.file)]
    asked = [item for item in resources if item.type in TYPES]
    passed = {item.link(field) for item in program.resources.values() if item.type in TYPES for field, _ in item.fields}
    loose = {item.id for item in resources if item.type not in TYPES} - passed
    alone = [item for item in compiled.all_documents if item.attached_to in loose]
    if args.name is not None and not networks and not asked and not alone:
        raise _unknown(args.name, program)
    graphs: list[NetworkChart] = []
    for opened in networks:
        graph = _network(opened, args, console)
        if isinstance(graph, int):
            return graph
        graphs.append(graph)
    tables = admissions(program, compiled.all_documents, asked)
    told = {item.on for item in tables}
    reaches = [who_may(program, compiled.all_documents, item) for item in asked if item.name not in told]
    carried = _carried(compiled, alone, args, console)
    if isinstance(carried, int):
        return carried
    return Overview(tuple(tables), (*(item for item in reaches if item is not None), *carried), tuple(graphs))


def _carried(
    compiled: Compiled, documents: Sequence[Document], args: argparse.Namespace, console: Console
) -> list[Reach] | int:
    """Who may do what by each of the documents of resources that no request goes to or through."""
    from policyc.workspace.reach.sides import who_in_side
    from policyc.workspace.sides.each_version import versions
    from policyc.workspace.sides.side import Side, pieces_of

    program = compiled.program
    pieces = pieces_of(compiled, documents)
    side = Side("", pieces, program.switches, program.sources)
    diagnostics = Diagnostics()
    found = who_in_side(side, versions(side, diagnostics) or (), pieces, (), None, diagnostics)[0]
    return refuse_request(diagnostics, side.sources, args.format, console) if diagnostics.has_errors else found


def _below(program: Program, name: str | None) -> list[Resource]:
    """The resources that a name stands for: itself, and what is declared to belong to it."""
    every = list(program.resources.values())
    if name is None:
        return every
    ids = {item.id for item in every if item.name == name}
    return [item for item in every if item.id in ids or ids & {item.link(field) for field, _ in item.fields}]


def _unknown(name: str, program: Program) -> WrongUse:
    """Why there is no picture of what is called so: nothing is, or it stands in pictures of others only."""
    declared = next((item for item in program.resources.values() if item.name == name), None)
    if declared is not None:
        message = f"no picture starts at `{name}`, a `{declared.type}`"
        return WrongUse(message, "name a resource that requests go to, or nothing for all of them")
    names = [bound.name for bound in program.networks] + [item.name for item in program.resources.values()]
    return WrongUse(
        f"nothing that is named `{name}` can be drawn", did_you_mean(name, names, "name a declared resource or network")
    )


def _draw(found: Overview, args: argparse.Namespace, console: Console) -> int:
    from policyc.report import overview

    if not found:
        console.error("nothing to draw: no resource that requests go to, no document and no network is declared\n")
        return exits.NOTHING
    if args.format in ("mermaid", "dot") and found.pieces != 1:
        raise WrongUse(f"`{args.format}` draws one network, or resources whose requests have verbs", "name one")
    options = console.options()
    match args.format:
        case "svg":
            console.write(overview.as_svg(found))
        case "html":
            console.write(overview.as_page(found, options))
        case "json":
            console.write(overview.as_json(found, options))
        case "mermaid":
            console.write(overview.as_mermaid(found))
        case "dot":
            console.write(overview.as_dot(found))
        case _:
            console.write(overview.as_text(found, options))
    return exits.CLEAN if found.settled else exits.UNDECIDED
