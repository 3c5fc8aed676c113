"""What two core networks make of addresses that no attachment has: those behind static routes, blackholes, summaries and `send-to`.

Tables cut the addresses into blocks, each with one longest prefix everywhere, so that one address of a block answers for all of it.
Addresses of attachments are left out: questions about the attachments answer for those.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from policyc.engines.wan.prefixes import WIDTH, Prefix, parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.targets.cloud_wan.classes import Class
from policyc.targets.cloud_wan.differences import Differences


def changed_outside(
    old: Tables, new: Tables, sent: Sequence[Class], differences: Differences | None = None
) -> Iterator[tuple[Class, Prefix, str, str]]:
    """(senders, block, before, after) wherever the answer for the addresses of a block that nobody has changes."""
    differences = differences or Differences(old, new)
    for block, address in outside_blocks(old, new):
        for sending in differences.suspects(sent, (address,)):
            name = sending[0].name
            before, after = (_verdict(reach(tables, name, Target((address,)))) for tables in (old, new))
            if before != after:
                yield sending, block, before, after


def outside_blocks(old: Tables, new: Tables) -> list[tuple[Prefix, Prefix]]:
    """Every prefix of either network with one of its addresses that neither a longer prefix nor an attachment has; prefixes without
    such an address are left out."""
    own = {
        prefix for tables in (old, new) for item in tables.core.attachments for prefix in item.prefixes if prefix.length
    }
    cuts = {prefix for tables in (old, new) for prefix in (*tables.known(), *_summaries(tables))}
    known = sorted(own | cuts)
    out: list[tuple[Prefix, Prefix]] = []
    open_: list[Prefix] = []
    for at, prefix in enumerate(known):
        while open_ and not open_[-1].covers(prefix):
            open_.pop()
        if prefix in own or any(item in own for item in open_):
            open_.append(prefix)
            continue
        open_.append(prefix)
        free = _free(known, at)
        if free is not None:
            out.append((prefix, Prefix(prefix.family, free, WIDTH[prefix.family])))
    return out


def _summaries(tables: Tables) -> Iterator[Prefix]:
    """Aggregates cut what far sides hear, and stand in no table."""
    for policy in tables.core.network.routing_policies:
        for rule in policy.rules:
            if rule.action.type == "summarize":
                found = parse_prefix(str(rule.action.value))
                if found is not None:
                    yield found


def _free(known: Sequence[Prefix], at: int) -> int | None:
    """The first address of the prefix at a place of an ordered list that no longer prefix of the list has."""
    whole = known[at]
    free, after = whole.bits, at + 1
    while after < len(known) and whole.covers(known[after]):
        if known[after].bits > free:
            return free
        free = max(free, known[after].last + 1)
        after = max(after + 1, bisect_left(known, Prefix(whole.family, free, 0)))
    return free if free <= whole.last else None


def _verdict(answer: Answer) -> str:
    match answer.verdict:
        case Verdict.UNDECIDED:
            return "not known"
        case Verdict.BLOCKED:
            return "blocked"
        case Verdict.PARTLY:
            return "partly reachable"
        case Verdict.REACHABLE:
            by = " or ".join(dict.fromkeys(walk.delivered_to for walk in answer.walks))
            return f"reachable by {by}" + (f", inspected by {', '.join(answer.groups)}" if answer.groups else "")


def block_text(blocks: Iterable[Prefix]) -> str:
    """A few blocks by their prefix, more by their number and the first."""
    found = sorted(blocks)
    shown = ", ".join(map(str, found)) if len(found) <= 3 else f"{len(found)} prefixes ({found[0]}, …)"
    return f"{shown} outside the attachments"
