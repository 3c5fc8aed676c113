"""`policyc build --diff OLD.json`: what changes in the configuration, for attachments and paths when a network replaces the one that is live."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.networks import open_inventory, open_network, read_network
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics
from policyc.report.registry import render
from policyc.report.screen import paint, plural, wrap

if TYPE_CHECKING:
    from policyc.targets.cloud_wan.compare import Change, Comparison
    from policyc.targets.cloud_wan.configuration_diff import ConfigurationChange


#: the options that a comparison reads
_READ = frozenset(
    {"diff", "network", "inventories", "root", "config", "param", "exclude", "format", "color", "quiet", "debug"}
)


def describe(parser: argparse.ArgumentParser) -> None:
    """The options of a comparison."""
    from policyc.cli.networks import describe_inventory

    group = parser.add_argument_group("compare a core network", "nothing is written then")
    group.add_argument(
        "--diff",
        metavar="OLD.json",
        help="list what changes against this core network policy, with the edges that are updated; exit 1 when anything does",
    )
    group.add_argument(
        "--network",
        metavar="NAME",
        help="the network to compare (default: the one of the file's name, or the only one)",
    )
    describe_inventory(group)


def run(args: argparse.Namespace, console: Console) -> int:
    """Answer `--diff`."""
    from policyc.targets.cloud_wan.compare import compare, comparison_data
    from policyc.targets.cloud_wan.questions import check_names
    from policyc.targets.cloud_wan.validate.update import check_update

    for name, option in args.given.items():
        if name not in _READ:
            raise WrongUse(f"`{option}` means nothing to `--diff`, which writes no documents", "drop it")
    if args.format not in ("human", "json"):
        raise WrongUse(f"`--diff` has no format `{args.format}`", "use `human` or `json`")
    old = read_network(args.diff, args, console)
    if isinstance(old, int):
        return old
    new = open_network(args.network or _only(args), args, console)
    if isinstance(new, int):
        return new
    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    if not check_names(inventory.attachments, diagnostics):
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    attached = inventory.attachments if args.inventories else None
    check_update(old.network, new.network, attached, diagnostics)
    with Progress(console) as progress:
        found = compare(old.network, new.network, inventory if args.inventories else None, new.switches, progress)
    if args.format == "json":
        from policyc.report.data import finding_data

        sources = {**old.sources, **new.sources}
        data = comparison_data(found) | {"findings": [finding_data(item, sources) for item in diagnostics.sorted()]}
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        if diagnostics:
            console.error(render("human", diagnostics.sorted(), new.sources, console.error_options()))
        write_comparison(found, console)
    return exits.FINDINGS if found.changes or diagnostics.has_errors else exits.CLEAN


def _only(args: argparse.Namespace) -> str | None:
    """The network that the old file is called after, if there is such a one; else whichever is the only one."""
    from policyc.cli.project import open_project
    from policyc.workspace.compile import compile_project

    project = open_project(args, args.paths, Diagnostics())
    names = [network.name for network in compile_project(project).program.networks]
    stem = Path(args.diff).stem
    return stem if stem in names and len(names) > 1 else None


def write_comparison(found: Comparison, console: Console, *, supposed: bool = False) -> None:
    """For people: each section with its changes. What is only `supposed` configures nothing, and has no such section."""
    options = console.options()
    lines: list[str] = []
    sections: tuple[tuple[str, Sequence[ConfigurationChange | Change]], ...] = (
        ("configuration", found.configuration),
        ("associations", found.associations),
        ("reachability", found.reach),
    )
    for title, changes in sections[1:] if supposed else sections:
        head = f"{title}: {plural(len(changes), 'change')}" if changes else f"{title}: no change"
        lines.append(paint(head, "strong", options.color))
        for change in changes:
            lines += wrap(f"  {change.sentence()}", options.width, "      ")
    if found.assumed:
        lines += wrap(
            "no inventory given: each rule is asked for an attachment that just meets it, and one attachment stands in each "
            "segment and group at each edge; `--attachments` asks for real ones",
            options.width,
        )
    console.write("\n".join(lines) + "\n")
