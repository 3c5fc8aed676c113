"""How long the commands about a large core network take: 5,000 attachments, 40 segments and function groups, 20 edges.

Run: `python tests/bench/wan_commands.py [FOLDER]`; the generated files stay in FOLDER where one is named. Each command runs once in a process of
its own; figures are CPU seconds of it, and for `routes` the seconds until the first row comes out. A command that takes `LIMIT` CPU
seconds is ended there and counts as missed.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policyc.engines.wan.attachments import Attachment
from policyc.ir import network as ir
from policyc.targets.cloud_wan.emit import write_document
from tests.bench.wan import GROUPS, world

SEGMENTS, EDGES, ATTACHMENTS = 40 - len(GROUPS), 20, 5000
#: CPU seconds after which a command is given up
LIMIT = 60
#: command, CPU seconds that it is to stay under
COMMANDS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("build --diff", ("build", "--diff", "old.json", "--network", "new.json", "--attachments", "inv.json"), 5),
    (
        "build --diff, isolated",
        ("build", "--diff", "old.json", "--network", "isolated.json", "--attachments", "inv.json"),
        5,
    ),
    (
        "build --diff, shared",
        ("build", "--diff", "old.json", "--network", "shared.json", "--attachments", "inv.json"),
        5,
    ),
    (
        "build --diff, no edge",
        ("build", "--diff", "old.json", "--network", "smaller.json", "--attachments", "inv.json"),
        5,
    ),
    (
        "build --diff, all shared",
        ("build", "--diff", "old.json", "--network", "open.json", "--attachments", "inv.json"),
        5,
    ),
    ("simulate", ("simulate", "old.json", "--attachments", "inv.json", "--from", "a1", "--to", "a2"), 2),
    ("routes --format json", ("routes", "old.json", "--attachments", "inv.json", "--format", "json"), 5),
    ("graph", ("graph", "old.json", "--attachments", "inv.json"), 5),
)


def write_world(folder: Path, attachments: int = ATTACHMENTS) -> None:
    """`old.json`, `new.json` (one blackhole more), `isolated.json` (a segment isolated), `shared.json` (one shared with all), `smaller.json` (an edge less),
    `open.json` (all shared with all) and `inv.json`."""
    network, attached = world(SEGMENTS, EDGES, attachments)
    hole = ir.CreateRoute(ir.Word("s9"), (ir.Word("10.9.0.0/16"),), (ir.Word("blackhole"),))
    changed = replace(network, actions=(*network.actions, hole))
    apart = replace(
        network,
        segments=tuple(replace(one, isolate=True) if one.name.text == "s3" else one for one in network.segments),
    )
    share = replace(network, actions=(*network.actions, ir.Share(ir.Word("s3"), ir.SegmentSet(True))))
    every = tuple(ir.Share(one.name, ir.SegmentSet(True)) for one in network.segments)
    worlds = {"old": network, "new": changed, "isolated": apart, "shared": share, "smaller": without_edge(network)}
    for name, item in {**worlds, "open": replace(network, actions=(*network.actions, *every))}.items():
        (folder / f"{name}.json").write_text(write_document(item)[0], encoding="utf-8")
    inventory = {"attachments": {item.name: entry(item) for item in attached}}
    (folder / "inv.json").write_text(json.dumps(inventory), encoding="utf-8")


def without_edge(network: ir.CoreNetwork) -> ir.CoreNetwork:
    """The network without its last edge, and without what speaks of it."""
    last, settings = network.locations[-1], network.configuration
    actions = tuple(
        replace(item, overrides=tuple(one for one in item.overrides if last not in repr(one)))
        if isinstance(item, ir.SendVia | ir.SendTo)
        else item
        for item in network.actions
    )
    edges = tuple(edge for edge in settings.edges if edge.location.text != last)
    return replace(network, configuration=replace(settings, edges=edges), actions=actions)


def entry(item: Attachment) -> dict[str, Any]:
    """An attachment in policyc's own shape."""
    out: dict[str, Any] = {"type": item.type, "tags": dict(item.tags), "state": "available", "id": item.id}
    out |= {"regions": list(item.regions)} if len(item.regions) > 1 else {"region": item.regions[0]}
    out |= {"account": item.account} if item.account else {}
    out |= {"label": item.label} if item.label else {}
    if item.type == "vpc":
        return out | {"cidrs": [str(prefix) for prefix in item.prefixes]}
    return out | {"routes": list(routes(item))}


def routes(item: Attachment) -> Iterator[dict[str, Any]]:
    for route in item.routes:
        yield {
            "prefix": str(route.prefix),
            "as_path": list(route.as_path or ()),
            "med": route.med,
            "communities": sorted(route.communities),
        }


def measure(folder: Path, command: tuple[str, ...]) -> tuple[float, float]:
    """CPU seconds of a command, and seconds until its first row."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, first = time.monotonic(), 0.0
    run = subprocess.Popen(
        [sys.executable, "-m", "policyc", *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 1)),
    )
    assert run.stdout is not None
    seen = b""
    while chunk := run.stdout.read1(1 << 16):
        seen = (seen + chunk)[-200_000:]
        if not first and b'"next_hops"' in seen:
            first = time.monotonic() - started
    if run.wait() not in (0, 1, 10, 11, -signal.SIGXCPU, -signal.SIGKILL):
        sys.exit(f"{' '.join(command)} ended with {run.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, first


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(arguments[0] if arguments else made)
        folder.mkdir(exist_ok=True)
        write_world(folder)
        for name, command, most in COMMANDS:
            took, first = measure(folder, command)
            more = f"first row after {first:.2f} s" if first else ""
            print(f"{name:24} {took:7.2f} s  aim < {most:g}: {took / most:4.1f} of it  {more}".rstrip(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
