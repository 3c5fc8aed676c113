"""`policyc graph`: a core network as a picture: segments by edge, shares, service insertion, and who reaches whom."""

from __future__ import annotations

import argparse
import json

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.networks import describe_network, open_inventory, open_network, tell_silent
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics

SHARED = ("root", "config", "param", "format", "output")
REPORT = ""
FORMATS = ("matrix", "svg", "mermaid", "dot", "json")

DESCRIPTION = """Draw a core network: segments and function groups by edge, shares, service insertion and static
routes, and a matrix of who reaches whom. Without an inventory one made-up attachment stands in each
segment and function group at each edge."""

EPILOG = """examples:
  policyc graph core                                  the matrix, as text
  policyc graph core.json --format svg > core.svg
  policyc graph core --attachments attachments.json --format mermaid

exit status: 0 done, 1 the network has errors, 2 wrong use, 3 internal error, 4 no policy file found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    describe_network(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.targets.cloud_wan.graph import draw_graph, graph_data
    from policyc.targets.cloud_wan.probes import probe
    from policyc.targets.cloud_wan.questions import check_names, situate

    opened = open_network(args.network, args, console)
    if isinstance(opened, int):
        return opened
    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    if not check_names(inventory.attachments, diagnostics):
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    assumed = not args.inventories
    tables = probe(opened.network, opened.switches) if assumed else situate(opened.network, inventory, opened.switches)
    tell_silent(tables, args, console)
    graph = draw_graph(tables, assumed=assumed)
    if args.format == "json":
        console.write(json.dumps(graph_data(graph), indent=1) + "\n")
    elif args.format == "svg":
        from policyc.targets.cloud_wan.graph_svg import svg_text

        console.write(svg_text(graph))
    else:
        from policyc.targets.cloud_wan import graph_text

        if args.format == "matrix":
            console.write(graph_text.matrix_text(graph, console.options().width))
        else:
            write = {"mermaid": graph_text.mermaid_text, "dot": graph_text.dot_text}
            console.write(write[args.format](graph))
    return exits.CLEAN
