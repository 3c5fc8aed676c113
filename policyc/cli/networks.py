"""What every command about core networks needs: the network (declared, or a JSON document), what is attached, and the switches."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policyc.cli import exits
from policyc.cli.compiled import add_paths, open_compiled
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, open_project
from policyc.cli.refuse import nothing_found, refuse_request
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.holes import names_in
from policyc.record import record
from policyc.report.registry import render
from policyc.text import Source
from policyc.workspace.documents.native_json import CORE_NETWORK
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.documents.natives import NAMED, format_of
from policyc.workspace.places import file_and_part, parts_named
from policyc.workspace.project import POLICY

if TYPE_CHECKING:
    from policyc.engines.wan.switches import Switches
    from policyc.engines.wan.tables import Tables
    from policyc.ir.network import CoreNetwork
    from policyc.syntax.json_text import JsonValue
    from policyc.targets.cloud_wan.inventory_file import Inventory

#: the longest network document that is read, in bytes
LARGEST: Final = 64 * 1024 * 1024


@record
class Opened:
    """A network that was read without an error. `sources` hold its text."""

    network: CoreNetwork
    sources: Mapping[str, Source]
    switches: Switches


def describe_network(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command about one network."""
    parser.add_argument(
        "network",
        nargs="?",
        metavar="NETWORK",
        help="a declared network, the file that declares it, a core network policy as JSON, or a template or manifest with one (`FILE#NAME`)",
    )
    describe_sources(parser)


def describe_sources(parser: argparse.ArgumentParser) -> None:
    """The options that say where networks and what is attached stand."""
    add_paths(parser)
    describe_inventory(parser)


def describe_inventory(parser: argparse._ActionsContainer) -> None:
    """The options that say what is attached."""
    parser.add_argument(
        "--attachments",
        dest="inventories",
        action="append",
        default=[],
        metavar="FILE",
        help="what is attached: JSON as `aws networkmanager list-attachments` prints it, or policyc's own (`-` for standard"
        " input); several files add up",
    )


def open_network(name: str | None, args: argparse.Namespace, console: Console) -> Opened | int:
    """The network that a command line names, or the exit status after saying why there is none."""
    if name is not None and _is_document(name):
        return read_network(name, args, console)
    if name is not None and name.endswith(POLICY):  # the network that a file declares
        args.paths, name = [name], None
    return _declared(name, args, console)


def _is_document(name: str) -> bool:
    return name == "-" or file_and_part(name)[0].endswith(NAMED)


def network_inside(name: str, args: argparse.Namespace) -> str | None:
    """`FILE#NAME` of the core network that a host file holds, where that is all it holds, or all that the name means there."""
    from policyc.workspace.documents.listing import list_documents

    file, part = file_and_part(name)
    if not file.endswith(NAMED) or os.path.isdir(file):  # noqa: PTH112 - a name may be too long to be one
        return None
    found = Diagnostics()
    project = open_project(args, [file], found, ())
    entries = [] if found.has_errors else list_documents(project, settings_of(project.config), found)
    kinds = {entry.name: entry.kind for entry in entries}
    meant = parts_named(kinds, part) if part else list(kinds)
    return f"{file}#{meant[0]}" if len(meant) == 1 and kinds[meant[0]] == CORE_NETWORK and meant[0] else None


def read_network(name: str, args: argparse.Namespace, console: Console) -> Opened | int:
    """The network of one JSON document, or of a template or manifest around it (`FILE#NAME`). Findings that do not stop the question are left to `check`."""
    from policyc.targets.cloud_wan.check import check_document
    from policyc.targets.switches import wan_switches

    diagnostics = Diagnostics()
    project = open_project(args, (), diagnostics)
    file, part = file_and_part(name)
    source = read_input(file, "a network document", args, largest=LARGEST)
    tree = None
    if not diagnostics.has_errors and (part or format_of(Path(file), source, settings_of(project.config))):
        found = _in_host(file, part, args, console)
        if isinstance(found, int):
            return found
        source, tree = found
    network = None if diagnostics.has_errors else check_document(source, diagnostics, tree)
    sources = {**project.sources, source.file: source}
    if network is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console, exits.FINDINGS)
    return Opened(network, sources, wan_switches(project.config.switches))


def _in_host(file: str, part: str, args: argparse.Namespace, console: Console) -> tuple[Source, JsonValue] | int:
    """The network that a host file holds, with its places there; the exit status after saying why there is none. Raises WrongUse."""
    from policyc.workspace.sides.side import read_side

    diagnostics = Diagnostics()
    path = Path(os.path.realpath(file))
    side = read_side(file, path, here(args), diagnostics, "", dict(args.param), args.config)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, side.sources, args.format, console)
    known = {name.rpartition("#")[2]: piece for name, piece in side.pieces.items() if piece.kind == CORE_NETWORK}
    chosen = known if not part else {called: known[called] for called in parts_named(known, part)}
    if len(chosen) != 1:
        written = ", ".join(f"`{file}#{called}`" for called in known)
        how = f"holds no core network `{part}`" if known and part else f"holds {len(known) or 'no'} core networks"
        raise WrongUse(f"`{file}` {how}", f"say which: {written}" if known else "name a file that holds one")
    ((called, piece),) = chosen.items()
    if names := names_in(piece.source.text):
        raise WrongUse(
            f"`{called}` hangs on ‹{names[0]}›, which is not known",
            f"take it out with `policyc import {file} --bind NAME=VALUE`, and ask that",
        )
    tree = piece.tree(diagnostics)
    if tree is None:
        return refuse_request(diagnostics, side.sources, args.format, console, exits.FINDINGS)
    return next(source for source in side.sources.values() if source.file == tree.span.file), tree


def _declared(name: str | None, args: argparse.Namespace, console: Console) -> Opened | int:
    from policyc.targets.cloud_wan.documents import checked_networks
    from policyc.targets.switches import wan_switches

    opened = open_compiled(args, args.paths, console)
    if isinstance(opened, int):
        return opened
    project, compiled = opened
    diagnostics = Diagnostics()
    if not compiled.program.modules:
        return nothing_found(console)
    found = [
        lowered.network
        for bound, lowered in checked_networks(compiled.program, diagnostics)
        if project.asks_about(bound.file)
    ]
    names = [network.name for network in found]
    if name is None and len(found) == 1:
        name = names[0]
    if name is None:
        raise WrongUse("no network given", f"name one of {_listed(names)}" if names else "declare one with `network`")
    chosen = [network for network in found if network.name == name]
    if not chosen:
        raise WrongUse(
            f"no network is named `{name}`",
            did_you_mean(name, names, f"networks are {_listed(names)}; a document ends in `.json`"),
        )
    if len(chosen) > 1:
        raise WrongUse(f"{len(chosen)} files declare a network `{name}`", "name the file with `--in`")
    return Opened(chosen[0], {**project.sources, **compiled.program.sources}, wan_switches(project.config.switches))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def open_inventory(args: argparse.Namespace, console: Console, doubts: Diagnostics | None = None) -> Inventory | int:
    """What `--attachments` says, all files together; the exit status after findings. What is doubtful about the files goes into
    `doubts`, and without it to standard error."""
    from policyc.targets.cloud_wan.inventory_file import Inventory, read_inventory

    if not args.inventories:
        return Inventory()
    sources = [inventory_source(name, args) for name in args.inventories]
    texts = {source.file: source for source in sources}
    diagnostics = Diagnostics()
    found = read_inventory(sources, diagnostics)
    if found is None:
        return refuse_request(diagnostics, texts, args.format, console, exits.WRONG_USE)
    if doubts is not None:
        doubts.extend(diagnostics)
    elif diagnostics:
        console.error(render("human", diagnostics.sorted(), texts, console.error_options()))
    return found


def tell_silent(tables: Tables, args: argparse.Namespace, console: Console) -> None:
    """Warn of attachments of which nobody says what they announce: AWS's own list has no prefixes."""
    from policyc.targets.cloud_wan.unstated_prefixes import warn_unstated

    diagnostics = Diagnostics()
    warn_unstated(tables, diagnostics)
    if diagnostics and args.inventories:
        console.error(render("human", diagnostics.sorted(), {}, console.error_options()))


def inventory_source(name: str, args: argparse.Namespace) -> Source:
    """A file of attachments, `-` for standard input. Raises WrongUse."""
    return read_input(name, "a list of attachments", args, "--attachments", LARGEST)
