"""Differences of documents as a report tells them: their parts as texts, with the names of what host files leave open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyc.analysis.compare import Change, Difference, Version, compare, covers
from policyc.analysis.compare import Compared as Result
from policyc.engines.iam.caller import Grant
from policyc.engines.proofs.texts import Pattern
from policyc.holes import names_in, shown, unfilled
from policyc.record import replace
from policyc.report.changes import Entry
from policyc.workspace.sides.pieces import CONTROLS, Piece

#: what an allow of a resource's policy asks beside it, by how it names the caller
_GRANTS = {
    Grant.NONE: "implicit deny",
    Grant.DELEGATION: "allow if the caller's own policies do",
    Grant.LIMITED: "allow within the caller's limits",
    Grant.STAR: "allow",
    Grant.DIRECT: "allow",
}


def entry_of(item: Difference) -> Entry:
    witness, region = item.witness, item.region
    request = [("who", witness.who or "anonymous"), ("action", witness.action), ("resource", witness.resource)]
    request += [(key, ", ".join(values)) for key, values in witness.context.items()]
    return Entry(
        item.change.value,
        item.by.label if item.by is not None else "",
        item.other.label if item.other is not None else "",
        tuple(map(shown, region.who)),
        tuple(map(shown, region.what)),
        tuple(map(shown, region.where)),
        tuple(map(shown, region.conditions)),
        (*map(shown, item.because), *(f"the example hangs on the switch `{name}`" for name in item.switches)),
        tuple(request),
        item.old.value if item.grants is None else _GRANTS[item.grants[0]],
        item.new.value if item.grants is None else _GRANTS[item.grants[1]],
    )


def own_differences(differences: Iterable[Difference], beside: Sequence[Sequence[Version]]) -> Iterator[Difference]:
    """The differences but for requests of which a control policy `beside` refuses explicitly what was refused before: its own comparison says that."""
    controls = {
        id(item) for row in beside for one in row if one.policy.kind in CONTROLS for item in one.policy.statements
    }
    for item in differences:
        if item.change not in (Change.BLOCKED, Change.UNBLOCKED) or id(item.by) not in controls:
            yield item


def besides(known: Sequence[Entry], differences: Iterable[Difference], values: Mapping[str, str]) -> tuple[Entry, ...]:
    """The classes that some values make, but for those that are known."""
    told = {(item.change, item.by, item.other) for item in known}
    found = (named_again(entry_of(item), values) for item in differences)
    return tuple(item for item in found if (item.change, item.by, item.other) not in told)


def named_again(entry: Entry, values: Mapping[str, str]) -> Entry:
    """A class with open places by their names, and the values that its request is for."""

    def open_again(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(unfilled(text, values) for text in texts)

    return replace(
        entry,
        who=open_again(entry.who),
        what=open_again(entry.what),
        where=open_again(entry.where),
        conditions=open_again(entry.conditions),
        because=open_again(entry.because),
        request=(*entry.request, *((f"‹{name}›", value) for name, value in values.items())),
    )


def open_names(*pieces: Piece | None) -> list[str]:
    """The names of what host files leave open in documents."""
    found = (name for piece in pieces if piece is not None for name in names_in(piece.source.text))
    return list(dict.fromkeys(found))


def with_values(
    result: Result,
    entries: tuple[Entry, ...],
    names: Sequence[str],
    sides: tuple[Sequence[Version], Sequence[Version]],
    filled: Sequence[Sequence[Version]] | None,
    values: Mapping[str, str],
    within: Sequence[Pattern] = (),
    beside: Sequence[Sequence[Version]] = (),
) -> tuple[tuple[Entry, ...], tuple[str, ...], tuple[str, ...]]:
    """The classes of two `sides` that leave `names` open, with those besides that show where both are `filled` with `values`, what keeps these from being
    all of them, and where nothing does what they are all of them for, whatever it is."""
    if not result.open or not names:
        return entries, result.open, ()
    if filled is not None:
        others = compare(filled[0], filled[1], within=within).differences
        more = besides(entries, own_differences(others, beside), values)
        if more and not result.differences and covers(others, filled, sides[0], sides[1], within):
            return more, (), tuple(names)
        entries += more
    return entries, (hanging(entries, names),), ()


def hanging(entries: Sequence[Entry], names: Sequence[str]) -> str:
    listed = ", ".join(f"‹{one}›" for one in names)
    return f"{'what else changes' if entries else 'what changes'} hangs on {listed}"
