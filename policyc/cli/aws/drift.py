"""`policyc aws drift`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.aws.sides import Opened, open_sides
from policyc.cli.console import Console
from policyc.cli.progress import Progress
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.report.changes import NOT_COMPARED
from policyc.report.registry import renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policyc.report.changes import Changes, Compared


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.drift import compared

    diagnostics = Diagnostics()
    with Progress(console) as progress:
        opened = open_sides(args, console, diagnostics, progress)
    if isinstance(opened, int):
        return opened
    both = compared(opened.side, opened.pairs, opened.live, diagnostics)
    if both is None:
        return refuse_request(diagnostics, opened.side.sources, args.format, console)
    found = both.changes
    if args.who_changed:
        found = _with_history(found, both.alone, opened)
    if args.allow_uncompared:
        found = _without_uncompared(found)
    console.write(renderer("changes", args.format)(found, console.options()))
    if found.differs:
        return exits.FINDINGS
    return exits.CLEAN if found.settled else exits.UNDECIDED


def _without_uncompared(found: Changes) -> Changes:
    """What was not compared as notes: somebody said that it need not be."""
    left = [item for item in found.documents if item.state == NOT_COMPARED]
    notes = (f"not compared: `{item.name}`: {'; '.join(item.open)}" for item in left)
    kept = tuple(item for item in found.documents if item not in left)
    return replace(found, documents=kept, notes=(*found.notes, *notes))


def _with_history(found: Changes, alone: Mapping[str, Compared], opened: Opened) -> Changes:
    """The comparison with who changed what differs, the texts `alone` included that are told where they decide."""
    from policyc.aws.history import Changed, Trail

    differing = {
        item.name for item in (*found.documents, *alone.values()) if item.entries or item.sentences or item.open
    }
    trails: dict[str, Trail] = {}
    notes = list(found.notes)
    for pair in opened.pairs:
        if pair.title not in differing or not pair.arn:
            continue
        ask = opened.asker_of(pair.arn)
        if ask is None:
            notes.append(f"`{pair.title}`: who changed it is not known: nobody asks in its account")
            continue
        trail = trails.setdefault(ask.account, Trail(ask))
        regions = opened.regions_of(ask.account) or (ask.sessions.region,)
        change = trail.last_change(pair.arn, pair.meant.role, pair.stored.revision, regions)
        notes.append(f"`{pair.title}`: {change.sentence if isinstance(change, Changed) else change}")
    return replace(found, notes=tuple(notes))
