"""The route tables of a core network about recorded flows: may this packet arrive, and which way does it go?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from functools import lru_cache

from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, heard_by, reach
from policyc.engines.wan.tables import Tables
from policyc.replay.askers.said import Keys, Said, by_itself
from policyc.replay.kinds.flow_logs import SOURCE
from policyc.replay.recorded import Recorded
from policyc.targets.cloud_wan.unstated_prefixes import weigh_unstated

_address = lru_cache(1 << 16)(parse_prefix)
_DECISIONS = {Verdict.REACHABLE: "allow", Verdict.BLOCKED: "deny"}


class OfNetwork:
    """The tables of one network with what is attached to it.

    Addresses that lie in the same blocks of every table and attachment go the same way, so each such class is asked about once for each
    attachment that packets come from.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.by_id: dict[str, Attachment] = {}
        for item in tables.core.attachments:
            for name in (item.name, item.id, (item.resource_id or "").rpartition("/")[2]):
                if name:
                    self.by_id.setdefault(name, item)
        self.edges = _edges(tables)
        self.kept: dict[tuple[str, int, int], Said] = {}

    def reads(self, key: str) -> bool:
        return key == SOURCE

    def side(self) -> None:
        """No record of VPC Lattice meets these."""

    def caller(self, item: Recorded) -> str:
        """The class of the address: all that attachments can tell of it."""
        source = _address(item.who)
        return item.who if source is None else f"{source.family} {bisect_right(self.edges[source.family], source.bits)}"

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        return by_itself(item, told)

    def place(self, item: Recorded) -> Hashable:
        target = _address(item.where)
        return item.where if target is None else (target.family, bisect_right(self.edges[target.family], target.bits))

    def quotes(self, kind: str) -> bool:
        return False

    def answer(self, item: Recorded) -> Said | str:
        source, target = _address(item.who), _address(item.where)
        if source is None or target is None:
            return "an address of it is none"
        start = self._start(item, source)
        if start is None:
            return "no attachment that is given has the address that the packet comes from"
        if any(own.length and own.covers(target) for own in start.prefixes):
            return "it stays with one attachment, so it never meets the core network"
        place = bisect_right(self.edges[target.family], target.bits)
        key = (start.name, target.family, place)
        found = self.kept.get(key)
        if found is None:
            wanted = Target((target,))
            found = self.kept[key] = _said(
                weigh_unstated(self.tables, start.name, wanted, reach(self.tables, start.name, wanted))
            )
        return found

    def _start(self, item: Recorded, source: Prefix) -> Attachment | None:
        """Where the packet comes from: what the record says, else the one attachment that has the address."""
        named = next((self.by_id.get(value) for key, value in item.keys if key == SOURCE), None)
        if named is not None:
            return named
        owners = self.tables.core.owners(source)
        return owners[0].attachment if len(owners) == 1 else None


def _edges(tables: Tables) -> dict[int, list[int]]:
    """By IP version the addresses where some block begins or has just ended, in order."""
    found: dict[int, set[int]] = {4: set(), 6: set()}
    for prefix in _blocks(tables):
        found[prefix.family] |= {prefix.first, prefix.last + 1}
    return {family: sorted(edges) for family, edges in found.items()}


def _blocks(tables: Tables) -> Iterable[Prefix]:
    yield from tables.known()
    for item in tables.core.associations.values():
        yield from item.attachment.prefixes
        if (told := heard_by(tables, item)) is not None:
            yield from told.prefixes()


def _said(answer: Answer) -> Said:
    decision = _DECISIONS.get(answer.verdict, "undecided")
    first = answer.walks[0] if answer.walks else None
    hop = first.hops[-1] if first is not None and first.hops else None
    by = f"{hop.table} at {hop.edge}: {hop.prefix} -> {hop.to}" if hop is not None else answer.reason
    if decision == "undecided":
        return Said(decision, "", f"not known: {answer.reason}", (answer.reason,))
    ways = sorted({" -> ".join((*walk.through, walk.delivered_to or walk.end)) for walk in answer.walks})
    # no sentence, which would name the address: the answer is one for many
    return Said(
        decision, by, "" if decision == "allow" or by == answer.reason else answer.reason, (), " or ".join(ways)
    )
