"""Comparing a service of VPC Lattice with all documents that its requests meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.analysis.compare import compare
from policyc.diagnostics import Diagnostics
from policyc.engines.proofs.texts import whole
from policyc.engines.trace import Verdict
from policyc.holes import shown
from policyc.ir.pattern import Plain, Wild, escape_pattern, pattern_tokens
from policyc.record import replace
from policyc.report.changes import CHANGED, OPEN, SAME, Compared
from policyc.workspace.compare.entries import entry_of, named_again, own_differences, with_values
from policyc.workspace.sides.hosted_ways import hosted, not_known_of_callers, said_on
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import doubts_of, on_the_way


def compare_declared(name: str, old: Side, new: Side, diagnostics: Diagnostics, tests: bool) -> Compared | None:
    """A declared resource, with all documents on the way to it; None where one cannot be read."""
    found = on_the_way((old, new), name, diagnostics)
    if found is None:
        return None
    before, after = found
    doubts = [text for version in (*before, *after) for text in doubts_of(version)]
    ways = (old.ways[name], new.ways[name])
    if ways[0].arn != ways[1].arn:
        doubts.append(f"the service is `{ways[0].arn}` on one side and `{ways[1].arn}` on the other")
    if doubts:
        return Compared(name, "lattice.service", OPEN, open=tuple(dict.fromkeys(doubts)))
    tokens = pattern_tokens(escape_pattern(ways[0].arn))
    result = compare(before, after, within=(whole(tokens), whole((*tokens, Plain("/"), Wild.RUN))))
    entries = tuple(entry_of(item) for item in result.differences)
    if tests and ways[1].words is not None:
        from policyc.analysis.conditions import uses_of
        from policyc.workspace.compare.witness_tests import service_test

        keys = uses_of([version.policy for version in (*before, *after)])
        entries = tuple(
            replace(
                entry,
                test=service_test(name, f"{entry.change} {at}", ways[1], item.witness, item.new is Verdict.ALLOW, keys),
            )
            for at, (entry, item) in enumerate(zip(entries, result.differences, strict=True), 1)
        )
    state = CHANGED if entries else OPEN if result.open else SAME
    return Compared(name, "lattice.service", state, entries, (), result.open, result.rests)


def compare_hosted(name: str, old: Side, new: Side) -> Compared | None:
    """A service that a host file describes, with all that it says of requests to it. None where each document is to be compared by itself."""
    if said_on(old, name) == said_on(new, name):
        return None
    sides = (old, new)
    found = hosted(sides, name)
    if found is None or found.open:
        return None
    result = compare(found.versions[0], found.versions[1], within=found.within)
    entries = tuple(
        named_again(entry_of(item), found.taken) for item in own_differences(result.differences, found.versions)
    )
    names = [hole for hole in found.holes if hole not in found.taken] if result.open else []
    some = hosted(sides, name, values=found.some) if names else None
    filled = None if some is None or some.open else some.versions
    within = found.within if some is None else some.within
    sides_open = found.versions[0], found.versions[1]
    entries, left, whatever = with_values(result, entries, names, sides_open, filled, found.some, within, filled or ())
    left = (*left, *not_known_of_callers(sides, name))
    called = tuple(_called_otherwise(old.ways[name].callers, new.ways[name].callers))
    state = CHANGED if entries or called else OPEN if left else SAME
    return Compared(name, new.ways[name].type, state, entries, called, left, result.rests, whatever)


def _called_otherwise(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """The callers of a host file that others are from now on, under the same name there."""
    for host in sorted(old.keys() & new.keys()):
        if old[host] != new[host]:
            one, other = (end if end.rpartition("/")[2] else f"{end}…" for end in (shown(old[host]), shown(new[host])))
            yield f"the caller ‹{host}› is `{other}` in place of `{one}`"
