"""Comparing a chain of S3 Object Lambda through every hop: access point, function, supporting access point, bucket, execution role, and the caller's
own policies at each."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.analysis.solver import BUDGET
from policyc.analysis.ways.changes import Answers, HopDifference, compare_ways
from policyc.analysis.ways.storage import ways_to_compare
from policyc.analysis.ways.storage_hops import Hops
from policyc.holes import shown
from policyc.ir.authz import Always, Statement
from policyc.report.changes import CHANGED, OPEN, SAME, Compared, Entry
from policyc.workspace.claims.proving import engine_says
from policyc.workspace.claims.spoken import Fields, in_words
from policyc.workspace.compare.witness_tests import chain_test
from policyc.workspace.sides.chains import Chain
from policyc.workspace.sides.pieces import OLAP
from policyc.workspace.sides.side import Side

#: what is compared of the resources of a chain beside their policies
_SETTINGS = ("actions", "block_public_access", "vpc", "kms_key", "function_source")


def compare_chain(name: str, old: Side, new: Side, tests: bool = False) -> Compared:
    """A chain that both sides have, with all documents that its requests meet."""
    sides = (old.chains[name], new.chains[name])
    hops = [Hops(side.program, side.documents, side.resource) for side in sides]
    wirings = zip(*(item.wiring() for item in hops), strict=True)
    moved = tuple(f"it leads through {new} in place of {old}" for old, new in wirings if old != new)
    if not moved and len({tuple(_said(item)) for item in hops}) == 1 and old.switches == new.switches:
        return Compared(name, OLAP, SAME)
    asked = Statement("allow", "asked", None, None, (), None, Always())
    (one, other), scope = ways_to_compare(hops, asked, BUDGET)

    def confirm(fields: Fields) -> Answers | str:
        outcomes = []
        for side in sides:
            outcome, problem = engine_says(side.program, side.documents, side.scope, side.resource, fields)
            if outcome is None:
                return problem
            outcomes.append(outcome)
        return Answers(fields, *outcomes)

    found = compare_ways(one, other, scope, confirm)
    entries = tuple(_entry(item, at, sides[1], tests) for at, item in enumerate(found.differences, 1))
    state = CHANGED if entries or moved else OPEN if found.open else SAME
    return Compared(name, OLAP, state, entries, moved, found.open)


def _said(hops: Hops) -> Iterator[object]:
    """What decides at the hops: documents and settings."""
    for held in (hops.own, hops.carried, *hops.limits.values()):
        for name, items in held.items():
            carriers = [item.document.attached_to for item in items]
            callers = [carrier if carrier.startswith("arn:") else "" for carrier in carriers]
            yield name, *((item.document.text, carrier) for item, carrier in zip(items, callers, strict=True))
    for hop in hops.hops:
        for field in _SETTINGS:
            yield hop.name, field, hop.resource.get(field)


def _entry(item: HopDifference, at: int, chain: Chain, tests: bool) -> Entry:
    region = item.region
    request = in_words(chain.scope, item.request)
    return Entry(
        item.change.value,
        item.by,
        item.other,
        tuple(map(shown, region.who)),
        tuple(map(shown, region.what)),
        tuple(map(shown, region.where)),
        tuple(map(shown, region.conditions)),
        tuple(map(shown, item.because)),
        request,
        item.old,
        item.new,
        test=chain_test(chain.resource.name, f"{item.change} {at}", request, item.decision) if tests else "",
    )
