"""`policyc simulate NETWORK --who-reaches X` and `--inspected`: questions about all attachments of a place at once."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.networks import Opened, tell_silent
from policyc.cli.parser import WrongUse
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.report.screen import paint, wrap

if TYPE_CHECKING:
    from policyc.engines.wan.attachments import Attachment
    from policyc.engines.wan.tables import Tables
    from policyc.targets.cloud_wan.classes import Class
    from policyc.targets.cloud_wan.crowds import Crossing
    from policyc.targets.cloud_wan.inventory_file import Inventory
    from policyc.targets.cloud_wan.what_if import Supposed

#: attachments that a line names
_FEW = 5


def run(args: argparse.Namespace, console: Console, opened: Opened, inventory: Inventory, supposed: Supposed) -> int:
    from policyc.targets.cloud_wan.crowds import crossings
    from policyc.targets.cloud_wan.questions import check_names, situate
    from policyc.targets.cloud_wan.what_if import suppose

    diagnostics = Diagnostics()
    named = check_names(inventory.attachments, diagnostics)
    worlds = suppose(opened.network, inventory, supposed, diagnostics) if named else None
    if worlds is None:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    _, world = worlds
    tables = situate(world.network, world.inventory, opened.switches)
    more = " as supposed" if supposed else ""
    tell_silent(tables, args, console)
    if args.who_reaches is not None:
        if args.path_from is not None or args.inspected:
            raise WrongUse("`--who-reaches` names its own end", "leave `--from`, `--to` and `--inspected` out")
        there = _crowd(tables, args.who_reaches)
        everybody = [item.attachment for item in tables.core.associations.values()]
        found = list(crossings(tables, everybody, there))
        return _write(args, console, found, f"who reaches {args.who_reaches}{more}", "nobody", exits.CLEAN)
    here, there = _crowd(tables, args.path_from), _crowd(tables, args.path_to)
    found = [item for item in crossings(tables, here, there) if item.uninspected]
    status = exits.CLEAN if not found else exits.DENY if any(item.arrives for item in found) else exits.UNDECIDED
    title = f"uninspected from {args.path_from} to {args.path_to}{more}"
    return _write(args, console, found, title, "nothing: everything that arrives is inspected", status)


def _crowd(tables: Tables, name: str) -> Sequence[Attachment]:
    """The attachments that a name stands for. Raises WrongUse for a name that there is not."""
    from policyc.targets.cloud_wan.crowds import crowd_names, find_crowd

    found = find_crowd(tables, name)
    if found is None:
        names = crowd_names(tables)
        raise WrongUse(
            f"nothing is named `{name}`", did_you_mean(name, names, "name a segment, a function group or an attachment")
        )
    return found


def _write(
    args: argparse.Namespace, console: Console, found: Sequence[Crossing], title: str, nothing: str, status: int
) -> int:
    if args.format == "json":
        data = {"format_version": 1, "kind": "crossings", "title": title, "crossings": [_data(item) for item in found]}
        console.write(json.dumps(data, indent=2) + "\n")
        return status
    options = console.options()
    lines = [paint(title, "strong", options.color)]
    for sending, receiving, text in _together(found):
        lines += wrap(f"  {_named(sending)} to {_named(receiving)}: {text}", options.width, "      ")
    if not found:
        lines += wrap(f"  {nothing}", options.width, "      ")
    console.write("\n".join(lines) + "\n")
    return status


def _together(found: Sequence[Crossing]) -> Iterator[tuple[list[Attachment], list[Attachment], str]]:
    """The crossings of one verdict by receivers, those with the same senders together."""
    towards: dict[tuple[str, Class], list[Attachment]] = {}
    for item in found:
        towards.setdefault((_verdict(item), item.receiving), []).extend(item.sending)
    lines: dict[tuple[str, tuple[str, ...]], tuple[list[Attachment], list[Attachment]]] = {}
    for (text, receiving), sending in towards.items():
        names = tuple(one.name for one in sending)
        lines.setdefault((text, names), (sending, []))[1].extend(receiving)
    return ((sending, receiving, text) for (text, _), (sending, receiving) in lines.items())


def _verdict(item: Crossing) -> str:
    from policyc.engines.wan.reach import Verdict

    unknown = item.answer.verdict is Verdict.UNDECIDED
    verdict = "not known" if unknown else item.answer.verdict.value
    by = f", inspected by {', '.join(item.answer.groups)}" if item.answer.groups else ""
    return f"{verdict}{by} ({item.answer.sentence})" if unknown else verdict + by


def _named(items: Sequence[Attachment]) -> str:
    shown = ", ".join(item.name for item in items[:_FEW])
    return shown if len(items) <= _FEW else f"{shown} and {len(items) - _FEW} more"


def _data(item: Crossing) -> dict[str, Any]:
    return {
        "from": [one.name for one in item.sending],
        "to": [one.name for one in item.receiving],
        "verdict": item.answer.verdict.value,
        "inspected_by": list(item.answer.groups),
        "sentence": item.answer.sentence,
    }
