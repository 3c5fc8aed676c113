"""Who reaches whom in a core network, for any attachments that its rules admit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.analysis.networks import GIVEN, Paths
from policyc.analysis.solver import BUDGET
from policyc.diagnostics import Diagnostics
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.wan.switches import Switches
from policyc.ir.network import CoreNetwork
from policyc.ir.program import BoundNetwork, Program
from policyc.record import replace
from policyc.report.who import May, Reach
from policyc.targets.registry import network as network_target
from policyc.targets.registry import network_of
from policyc.targets.switches import wan_switches
from policyc.workspace.documents.native_json import CORE_NETWORK
from policyc.workspace.sides.pieces import Piece

#: edges at which attachments are tried where all edges are alike
_EDGES = 2


def who_reaches(program: Program, bound: BoundNetwork, diagnostics: Diagnostics, budget: int = BUDGET) -> Reach | None:
    """Which segments and function groups of a network reach which, for any attachments that the rules admit; None after reporting."""
    lowered = network_target(bound.node.target.text).lower(bound, diagnostics)
    if lowered is None:
        return None
    return _reach_of(bound.name, lowered, wan_switches(program.switches), budget)


def who_in_network(
    name: str, piece: Piece, switches: Mapping[str, str], diagnostics: Diagnostics, budget: int = BUDGET
) -> Reach | None:
    """The same of a core network policy in JSON; None after reporting."""
    tree = piece.tree(diagnostics)
    network = None if tree is None else network_of(CORE_NETWORK).check_text(piece.source, diagnostics, tree)
    return None if network is None else _reach_of(name, network, wan_switches(switches), budget)


def _reach_of(name: str, network: CoreNetwork, switches: Switches, budget: int) -> Reach:
    paths = Paths(network, switches, budget)
    some = Paths(network, switches, budget, _EDGES)
    segments = [item.name.text for item in network.segments]
    classes: list[May] = []
    left: list[str] = []
    try:
        for source in segments:
            for to in segments:
                _pair(paths, some, source, to, classes, left)
    except TooLarge:
        left.append("the budget of steps ran out")
    return Reach(name, "core network", tuple(_merged(classes)), not left, tuple(dict.fromkeys(left)), GIVEN)


def _merged(classes: Sequence[May]) -> list[May]:
    """Destinations of one segment that it reaches under the same conditions, as one class."""
    held: dict[tuple[object, ...], May] = {}
    for item in classes:
        key = (item.who, item.conditions)
        held[key] = replace(held[key], where=(*held[key].where, *item.where)) if key in held else item
    return list(held.values())


def _pair(paths: Paths, some: Paths, source: str, to: str, classes: list[May], left: list[str]) -> None:
    """What one segment gets from another."""
    empty = paths.empty((source, to))
    if empty:
        left.append(empty)
        return
    if not paths.may_connect(source, to):
        return
    # where nothing is sent through a function group, two edges show what happens at all
    found = [] if paths.ways(source, to) else list(some.paths(source, to))
    found = found or list(paths.paths(source, to))
    ways = [item for item in found if item.certain]
    left.extend(f"`{source}` to `{to}`: {item.sentence}" for item in found if not item.certain and not ways)
    if not found:
        left.extend(f"`{source}` to `{to}`: {text}" for text in paths.doubts(source, to))
    if not ways:
        return
    conditions: list[str] = []
    for word, place, types in (
        ("from", source, {kind for item in ways for kind in item.sending_types}),
        ("to", to, {kind for item in ways for kind in item.receiving_types}),
    ):
        if types < {item.type for item in paths.admitted(place)}:
            conditions.append(f"{word} attachments of type {', '.join(sorted(types))}")
    groups = ", ".join(dict.fromkeys(name for item in ways for name in item.groups))
    if groups and all(item.groups for item in found):
        conditions.append(f"inspected by {groups}")
    elif groups:
        conditions.append(f"some paths inspected by {groups}, others by nothing")
    one, other = ways[0].sending, ways[0].receiving
    request = tuple(
        (word, f"{item.type} in {item.regions[0]} of {item.account}" + _tags(item.tags))
        for word, item in (("from", one), ("to", other))
    )
    may = May(
        (f"attachments of {source}",),
        ("reach",),
        (f"attachments of {to}",),
        tuple(conditions),
        (),
        (),
        (),
        request,
        "reachable",
    )
    classes.append(may)


def _tags(tags: Sequence[tuple[str, str]]) -> str:
    return "".join(f", tag {key}={value}" for key, value in tags)
