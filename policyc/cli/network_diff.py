"""`policyc build --diff OLD.json`: what changes in the configuration, for attachments and paths when a network replaces the one that is live."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
    from policyc.engines.wan.tables import Tables
    from policyc.targets.cloud_wan.compare import Change, Comparison
    from policyc.targets.cloud_wan.configuration_diff import ConfigurationChange


#: formats that draw
PICTURES: Final = ("svg", "html")
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
    from policyc.targets.cloud_wan.probes import probe
    from policyc.targets.cloud_wan.questions import check_names, situate
    from policyc.targets.cloud_wan.validate.update import check_update

    for name, option in args.given.items():
        if name not in _READ:
            raise WrongUse(f"`{option}` means nothing to `--diff`, which writes no documents", "drop it")
    if args.format not in ("human", "json", *PICTURES):
        raise WrongUse(f"`--diff` has no format `{args.format}`", "use `human`, `json`, `svg` or `html`")
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
        if args.format in PICTURES:
            known = inventory if args.inventories else None
            before, after = (
                probe(one.network, new.switches) if known is None else situate(one.network, known, new.switches)
                for one in (old, new)
            )
            draw(args.format, found, before, after, (Path(args.diff).name, new.network.name), console)
        else:
            write_comparison(found, console)
    return exits.FINDINGS if found.changes or diagnostics.has_errors else exits.CLEAN


def draw(
    format: str, found: Comparison, before: Tables, after: Tables, names: tuple[str, str], console: Console
) -> None:
    """A comparison as a picture, or as a page with the picture and the words of a terminal."""
    from policyc.engines.wan.matrix import segment_matrix
    from policyc.targets.cloud_wan.changes_svg import changes_picture

    picture = changes_picture(found, segment_matrix(before), segment_matrix(after), *names)
    write_picture(
        format, f"policyc: {names[0]} to {names[1]}", picture, "\n".join(comparison_lines(found, 110)), console
    )


def write_picture(format: str, title: str, picture: str, words: str, console: Console) -> None:
    """The picture alone (`svg`), or a page that needs nothing else (`html`)."""
    from policyc.report.page import picture_page

    console.write(picture if format == "svg" else picture_page(title, picture, words))


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
    console.write("\n".join(comparison_lines(found, options.width, options.color, supposed=supposed)) + "\n")


#: changes that somebody reads one by one; of more each kind is told with how much it is
_READABLE: Final = 100
#: kinds of change with more than one pair of places, how many of each, and attachments that are named
_KINDS, _PAIRS, _SAMPLES = 15, 4, 3


def _summed_up(changes: Sequence[Change]) -> list[str]:
    """Many changes by what becomes of what, the most first: all such kinds are told, and of the first ones between which places that is, with samples."""
    kinds: dict[tuple[str, str], dict[tuple[str, str], list[Change]]] = {}
    for change in changes:
        kinds.setdefault((change.before, change.after), {}).setdefault(change.between, []).append(change)

    def ways(found: Iterable[Change]) -> int:
        return sum(change.ways for change in found)

    sizes = {texts: sum(map(ways, pairs.values())) for texts, pairs in kinds.items()}
    lines = [f"  {sum(sizes.values()):,} ways from an attachment to another, or to a block, change:"]
    for at, texts in enumerate(sorted(kinds, key=sizes.__getitem__, reverse=True)):
        pairs = sorted(kinds[texts].items(), key=lambda item: ways(item[1]), reverse=True)
        lines.append(f"  {' -> '.join(texts)}: {sizes[texts]:,} ways between {plural(len(pairs), 'pair')} of places")
        shown = pairs[: _PAIRS if at < _KINDS else 1]
        for (here, there), some in shown:
            lines.append(f"      {here} to {there}: {ways(some):,}, as {some[0].subject}")
        if len(pairs) > len(shown):
            lines.append(f"      and {plural(len(pairs) - len(shown), 'pair')} of places more")
    return [*lines, f"  `--format json` lists all {len(changes):,}"]


def _moves_summed_up(changes: Sequence[Change]) -> list[str]:
    """Many attachments that go elsewhere, by where they were and will be."""
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        found.setdefault((change.before, change.after), []).append(change.subject)
    return [
        f"  {before} -> {after}: {plural(len(names), 'attachment')}, as {', '.join(names[:_SAMPLES])}"
        for (before, after), names in sorted(found.items(), key=lambda item: -len(item[1]))
    ]


def comparison_lines(found: Comparison, width: int, color: bool = False, *, supposed: bool = False) -> list[str]:
    lines: list[str] = []
    sections: tuple[tuple[str, Sequence[ConfigurationChange | Change]], ...] = (
        ("configuration", found.configuration),
        ("associations", found.associations),
        ("reachability", found.reach),
    )
    for title, changes in sections[1:] if supposed else sections:
        head = f"{title}: {plural(len(changes), 'change')}" if changes else f"{title}: no change"
        lines.append(paint(head, "strong", color))
        told: Iterable[str] = (f"  {change.sentence()}" for change in changes)
        if len(changes) > _READABLE and title != "configuration":
            told = _moves_summed_up(found.associations) if title == "associations" else _summed_up(found.reach)
        for line in told:
            lines += wrap(line, width, " " * (len(line) - len(line.lstrip()) + 4))
    if found.assumed:
        lines += wrap(
            "no inventory given: each rule is asked for an attachment that just meets it, and one attachment stands in each "
            "segment and group at each edge; `--attachments` asks for real ones",
            width,
        )
    return lines
