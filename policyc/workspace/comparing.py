"""Comparing the documents of two sides, each in the way of its kind, as one report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from policyc.analysis.compare import Change, Difference, Version, compare
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Grant
from policyc.engines.proofs.texts import Pattern, whole
from policyc.engines.trace import Verdict
from policyc.holes import filled, names_in, shown, unfilled
from policyc.ir.pattern import Plain, Wild, escape_pattern, pattern_tokens
from policyc.record import replace
from policyc.report.changes import ADDED, CHANGED, OPEN, REMOVED, SAME, Changes, Compared, Entry
from policyc.syntax.json_text import JsonString
from policyc.targets.registry import network_of
from policyc.text import Source, Span
from policyc.workspace.absent import not_known, one_sided
from policyc.workspace.comparing_bounds import Bounds, moved
from policyc.workspace.completions import filled_by_name, values_by_name
from policyc.workspace.hosted_ways import hosted, not_known_of_callers, perhaps_on, said_on
from policyc.workspace.native_json import CORE_NETWORK, shape_of
from policyc.workspace.pieces import (
    BOUNDARY,
    CONTROLS,
    ENDPOINT,
    HOST,
    IDENTITY,
    OLAP,
    Piece,
    caller_of,
    obstacles,
    requests_to,
    unread,
    who_carries,
)
from policyc.workspace.sides import Side, pairs
from policyc.workspace.versions import NOTHING, carried, doubts_of, on_the_way, stand_in, stated, version_of

#: what an allow of a resource's policy asks beside it, by how it names the caller
_GRANTS = {
    Grant.NONE: "implicit deny",
    Grant.DELEGATION: "allow if the caller's own policies do",
    Grant.LIMITED: "allow within the caller's limits",
    Grant.STAR: "allow",
    Grant.DIRECT: "allow",
}

#: a document with what came of it, and its form on both sides
_Pair: TypeAlias = tuple[Compared, Piece | None, Piece | None]


def compare_sides(
    old: Side, new: Side, single: bool, diagnostics: Diagnostics, alone: bool = False, tests: bool = False
) -> Changes | None:
    """Everything that differs between two sides; None after reporting a document that cannot be read. Documents that one request meets on
    its way to a declared resource are compared together, or with `alone` each by itself. Raises
    `policyc.analysis.compare.Disagreement`. `tests` asks for the requests as test blocks."""
    out: list[Compared] = []
    together: set[str] = set()
    notes: list[str] = []
    unlike = "" if alone else one_sided(old.locks, new.locks)
    for name in sorted(set(old.ways) & set(new.ways)) if not alone else ():
        types = {old.ways[name].type, new.ways[name].type}
        if len(types) > 1:
            continue
        if unlike and all(side.ways[name].was_pulled for side in (old, new)) and types != {ENDPOINT}:
            out.append(Compared(name, types.pop(), OPEN, open=(unlike,)))  # its documents are compared each by itself
            continue
        if types == {ENDPOINT}:
            from policyc.workspace.comparing_cedar import compare_endpoint

            way = compare_endpoint(name, old, new, diagnostics, tests)
        elif not (old.ways[name].arn and new.ways[name].arn):
            way = _open_way(name, old, new)
        else:
            way = _way(name, old, new, diagnostics, tests)
        if way is None:
            continue
        out.append(way)
        gates = [side.ways[name].gates for side in (old, new)]
        if old.ways[name].controls or new.ways[name].controls:
            perhaps = [item.what for side in (old, new) for item in perhaps_on(side, name)] if way.entries else []
            notes += [
                f"what {text} refuses is not taken off the changes of `{name}`" for text in dict.fromkeys(perhaps)
            ]
        if not old.ways[
            name
        ].arn:  # others may stand behind the same network or group, so that its policy is compared as well
            gates = [held[1:] for held in gates]
            gate = "group" if types == {ENDPOINT} else "network"
            notes.append(
                f"`{name}` is compared behind its {gate} as the file has it; `--document` compares each policy by itself"
            )
        together |= {gate for held in gates for gate in held if gate}
    for name in sorted(set(old.chains) & set(new.chains)) if not alone else ():
        from policyc.workspace.comparing_chains import compare_chain

        if unlike and all(side.chains[name].was_found for side in (old, new)):
            out.append(Compared(name, OLAP, OPEN, open=(unlike,)))
            continue
        out.append(compare_chain(name, old, new, tests))
        chains = [side.chains[name] for side in (old, new)]
        if [item.text for item in chains[0].documents] != [item.text for item in chains[1].documents]:
            given = dict.fromkeys(text for chain in chains for text in chain.given)
            notes += [f"of the chain `{name}` it is taken as given: {text}" for text in given]
        together |= old.chains[name].own | new.chains[name].own
    rest = [pair for pair in pairs(old, new, single) if pair[0] not in together]
    several = len(rest) + len(out) > 1
    told: list[_Pair] = []
    for name, before, after in rest:
        here, side = (before, new) if after is None else (after, old)
        why = not_known(side.locks, here) if here is not None and (before is None or after is None) else ""
        if why:
            out.append(
                Compared(
                    name, here.kind if here else "", OPEN, open=(f"whether it is on both sides is not known ({why})",)
                )
            )
            continue
        faults = Diagnostics()
        found = _compared(name, before, after, old, new, faults)
        if faults.has_errors and several:  # one keeps nobody from the others
            found = _unread(name, before, after, faults)
        else:
            diagnostics.extend(faults)
        if found is not None:
            told.append((moved(found, before, after), before, after))
    sets = () if alone else tuple(_of_callers(told, old, new))
    for found, before, after in told:
        whole = next((item for item, names in sets if found.name in names), None)
        if whole is None:
            out.append(found)
            notes += Bounds(before, after, old, new).notes(found.name) if found.entries else ()
    for item, names in sets:
        out.append(item)
        listed = ", ".join(f"`{name}`" for name in names)
        notes.append(
            f"the policies of `{item.name}` are compared together ({listed}); `--document` compares each by itself"
        )
    if diagnostics.has_errors:
        return None
    return Changes(old.name, new.name, tuple(out), tuple(notes))


def _of_callers(found: Sequence[_Pair], old: Side, new: Side) -> Iterator[tuple[Compared, Sequence[str]]]:
    """The policies of callers of which several are another text: all of a caller together, with the names of those."""
    of: dict[str, list[_Pair]] = {}
    for pair in found:
        pieces = [piece for piece in pair[1:] if piece is not None]
        carriers = {piece.carrier for piece in pieces}
        if len(carriers) == 1 and "" not in carriers and all(piece.kind == IDENTITY for piece in pieces):
            of.setdefault(carriers.pop(), []).append(pair)
    for carrier, mine in of.items():
        changed = [item.name for item, *_ in mine if item.state != SAME]
        bounds = [Bounds(before, after, old, new) for _, before, after in mine]
        whole = all(piece.is_whole for _, *pieces in mine for piece in pieces if piece is not None)
        if (
            len(changed) < 2
            or any(item.sentences for item, *_ in mine)
            or not whole
            or not all(one.alike for one in bounds)
        ):
            continue
        one, other = (
            replace(side, pieces={piece.name: piece for _, *pieces in mine if (piece := pieces[at]) is not None})
            for at, side in enumerate((old, new))
        )
        together = compare_caller(carrier, one, other, bounds[0].versions())
        if together is not None and together.state != OPEN:
            yield together, changed


def compare_caller(
    carrier: str, old: Side, new: Side, beside: tuple[Sequence[Version], Sequence[Version]] = ((), ())
) -> Compared | None:
    """The identity policies that one role, user or group carries, all of a side together: which of them says what makes no difference. `beside` bounds
    them. None where they cannot be put together."""
    before, after = (carried(carrier, list(side.pieces), side) for side in (old, new))
    if before is None or after is None:
        return None
    result = compare([*beside[0], before], [*beside[1], after])
    entries, left = tuple(map(_entry, _own(result.differences, beside))), result.open
    pieces = [*old.pieces.values(), *new.pieces.values()]
    names = _open_names(*pieces)
    if left and names:
        values = values_by_name([tree for piece in pieces if (tree := piece.tree(Diagnostics())) is not None])
        one, other = (carried(carrier, list(side.pieces), side, values) for side in (old, new))
        if one is not None and other is not None:
            found = compare([*beside[0], one], [*beside[1], other])
            entries += _besides(entries, _own(found.differences, beside), values)
        left = (_hanging(entries, names),)
    callers = (who_carries(IDENTITY, carrier),)
    entries = tuple(item if item.who else replace(item, who=callers) for item in entries)
    state = CHANGED if entries else OPEN if left else SAME
    return Compared(shown(carrier), IDENTITY, state, entries, (), left)


def _compared(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    kinds = {piece.kind for piece in (before, after) if piece is not None}
    if kinds == {BOUNDARY, IDENTITY} and before is not None and after is not None:
        before, after = (replace(piece, kind=IDENTITY) for piece in (before, after))  # what bounds nobody any more
    alike = before is not None and after is not None and _alike(before, after)
    bounds = Bounds(before, after, old, new)
    if HOST in kinds:
        names = [piece.source.file for piece in (after, before) if piece is not None and piece.kind == HOST]
        why = f"{names[0]} cannot be read, {'though the text is the same' if alike else 'and the texts differ'}"
        return Compared(name, HOST, OPEN, open=(why,))
    if alike and old.switches == new.switches and bounds.alike:
        assert after is not None
        return Compared(name, after.kind or "document", SAME) if _is_read(after, new, diagnostics) else None
    if bounds.open:
        return Compared(name, "identity", OPEN, open=bounds.open)
    if "cedar" in kinds:
        return _cedar(name, before, after, old, new, diagnostics)
    trees = [None if piece is None else piece.tree(diagnostics) for piece in (before, after)]
    if any(piece is not None and tree is None for piece, tree in zip((before, after), trees, strict=True)):
        return None
    shapes = {shape_of(tree) for tree in trees if tree is not None} | kinds
    if CORE_NETWORK in shapes:
        return _networks(name, before, after, new, diagnostics)
    stops = [text for tree in trees if tree is not None for text in obstacles(tree)]
    if stops:
        kinds_named = next((piece.kind for piece in (after, before) if piece is not None), "")
        return Compared(name, kinds_named, OPEN, open=tuple(dict.fromkeys(stops)))
    sides = [
        version_of(piece, tree, side, diagnostics)
        for piece, tree, side in ((before, trees[0], old), (after, trees[1], new))
        if piece is not None and tree is not None
    ]
    found = [item for item in sides if item is not None]
    if len(found) < len(sides):
        return None
    kind = found[0][0]
    if any(other[0] is not kind for other in found):
        titles = " and ".join(f"`{other[0].name}`" for other in found)
        diagnostics.error(
            "different-kinds", f"`{name}` is {titles} on the two sides", None, "say what both are with `--as`"
        )
        return None
    one = found[0][1] if before is not None else stated(kind, NOTHING)
    two = found[-1][1] if after is not None else stated(kind, NOTHING)
    doubts = doubts_of(one) + doubts_of(two)
    if doubts:
        return Compared(name, kind.name, OPEN, open=tuple(dict.fromkeys(doubts)))
    carriers = {piece.carrier for piece in (before, after) if piece is not None}
    carrier = carriers.pop() if len(carriers) == 1 else ""
    one, two = (replace(version, carrier=caller_of(carrier)) for version in (one, two))
    places = {piece.on for piece in (before, after) if piece is not None}
    within = requests_to(kind.name, places.pop()) if len(places) == 1 else ()
    bounding = bounds.versions()
    result = compare([*bounding[0], one], [*bounding[1], two], within=within)
    entries, left = tuple(_entry(item) for item in _own(result.differences, bounding)), result.open
    names = _open_names(before, after)
    if left and names:
        values = values_by_name([tree for tree in trees if tree is not None])
        entries += _with_values(entries, (before, after), (old, new), values, within, bounding)
        left = (_hanging(entries, names),)
    if callers := who_carries(kind.name, carrier):
        entries = tuple(item if item.who else replace(item, who=(callers,)) for item in entries)
    state = ADDED if before is None else REMOVED if after is None else CHANGED if entries else OPEN if left else SAME
    return Compared(name, kind.name, state, entries, (), left)


def _is_read(piece: Piece, side: Side, diagnostics: Diagnostics) -> bool:
    """Whether a document can be read, whatever its host leaves open; reports why it cannot."""
    if piece.kind == "cedar":
        from policyc.workspace.comparing_cedar import read_text

        return read_text(_with_text(piece, values_by_name([_as_tree(piece)])), diagnostics) is not None
    tree = piece.tree(diagnostics)
    if tree is None or obstacles(tree):
        return tree is not None
    if CORE_NETWORK in (piece.kind, shape_of(tree)):
        return bool(_open_names(piece)) or network_of(CORE_NETWORK).check_text(piece.source, diagnostics) is not None
    return version_of(piece, tree, side, diagnostics) is not None


def _unread(name: str, before: Piece | None, after: Piece | None, faults: Diagnostics) -> Compared:
    """A document among others that cannot be read, with the reason."""
    kind = next((piece.kind for piece in (after, before) if piece is not None and piece.kind), "document")
    return Compared(name, kind, OPEN, open=(unread(faults),))


def _open_names(*pieces: Piece | None) -> list[str]:
    """The names of what host files leave open in documents."""
    found = (name for piece in pieces if piece is not None for name in names_in(piece.source.text))
    return list(dict.fromkeys(found))


def _hanging(entries: Sequence[Entry], names: Sequence[str]) -> str:
    listed = ", ".join(f"‹{one}›" for one in names)
    return f"{'what else changes' if entries else 'what changes'} hangs on {listed}"


def _with_values(
    known: Sequence[Entry],
    pieces: tuple[Piece | None, Piece | None],
    sides: tuple[Side, Side],
    values: Mapping[str, str],
    within: Sequence[Pattern],
    bounding: tuple[Sequence[Version], Sequence[Version]],
) -> tuple[Entry, ...]:
    """Classes that show when what host files leave open has some `values`, the same on both sides; those that are `known` left out. For a document
    that is not there stands one that says nothing."""
    found = [
        stand_in(None) if piece is None else _filled(piece, values, side)
        for piece, side in zip(pieces, sides, strict=True)
    ]
    versions = [[*row, one] for row, one in zip(bounding, found, strict=True) if one is not None]
    if len(versions) < len(found):
        return ()  # the service would refuse a document with such values
    return _besides(known, _own(compare(versions[0], versions[1], within=within).differences, bounding), values)


def _own(differences: Iterable[Difference], beside: Sequence[Sequence[Version]]) -> Iterator[Difference]:
    """The differences but for requests of which a control policy `beside` refuses explicitly what was refused before: its own comparison says that."""
    controls = {
        id(item) for row in beside for one in row if one.policy.kind in CONTROLS for item in one.policy.statements
    }
    for item in differences:
        if item.change not in (Change.BLOCKED, Change.UNBLOCKED) or id(item.by) not in controls:
            yield item


def _besides(known: Sequence[Entry], differences: Iterable[Difference], values: Mapping[str, str]) -> tuple[Entry, ...]:
    """The classes that some values make, but for those that are known."""
    told = {(item.change, item.by, item.other) for item in known}
    found = (_named_again(_entry(item), values) for item in differences)
    return tuple(item for item in found if (item.change, item.by, item.other) not in told)


def _filled(piece: Piece, values: Mapping[str, str], side: Side) -> Version | None:
    """A document with values for what its host leaves open."""
    tree = piece.tree(Diagnostics())
    found = None if tree is None else version_of(piece, filled_by_name(tree, values), side, Diagnostics())
    return None if found is None else found[1]


def _named_again(entry: Entry, values: Mapping[str, str]) -> Entry:
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


def _cedar(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    from policyc.workspace.comparing_cedar import compare_alone

    names = _open_names(before, after)
    if not names:
        return compare_alone(name, before, after, old, new, diagnostics)
    whole = compare_alone(name, before, after, old, new, Diagnostics())
    if whole is not None and whole.state == SAME:
        return whole  # whatever is open
    # what the text is for some values, the same on both sides; for others nothing is claimed
    values = values_by_name([_as_tree(piece) for piece in (before, after) if piece is not None])
    one, two = (None if piece is None else _with_text(piece, values) for piece in (before, after))
    found = compare_alone(name, one, two, old, new, Diagnostics())
    entries = () if found is None else found.entries
    state = ADDED if before is None else REMOVED if after is None else CHANGED if entries else OPEN
    entries = tuple(_named_again(item, values) for item in entries)
    return Compared(name, "cedar", state, entries, (), (_hanging(entries, names),))


def _as_tree(piece: Piece) -> JsonString:
    return JsonString(piece.source.text, Span(piece.source.file, 0, 0))


def _with_text(piece: Piece, values: Mapping[str, str]) -> Piece:
    """A text with values for what its host leaves open."""
    return replace(piece, source=Source(piece.source.file, filled(piece.source.text, values)), item=None)


def _alike(before: Piece, after: Piece) -> bool:
    return before.source.text == after.source.text and before.kind == after.kind


def _way(name: str, old: Side, new: Side, diagnostics: Diagnostics, tests: bool) -> Compared | None:
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
    entries = tuple(_entry(item) for item in result.differences)
    if tests and ways[1].words is not None:
        from policyc.analysis.conditions import uses_of
        from policyc.workspace.witness_tests import service_test

        keys = uses_of([version.policy for version in (*before, *after)])
        entries = tuple(
            replace(
                entry,
                test=service_test(name, f"{entry.change} {at}", ways[1], item.witness, item.new is Verdict.ALLOW, keys),
            )
            for at, (entry, item) in enumerate(zip(entries, result.differences, strict=True), 1)
        )
    state = CHANGED if entries else OPEN if result.open else SAME
    return Compared(name, "lattice.service", state, entries, (), result.open)


def _open_way(name: str, old: Side, new: Side) -> Compared | None:
    """A service that a host file describes, with all that it says of requests to it. None where each document is to be compared by itself."""
    if said_on(old, name) == said_on(new, name):
        return None
    sides = (old, new)
    found = hosted(sides, name)
    if found is None or found.open:
        return None
    result = compare(found.versions[0], found.versions[1], within=found.within)
    entries = tuple(_named_again(_entry(item), found.taken) for item in _own(result.differences, found.versions))
    left, names = result.open, [hole for hole in found.holes if hole not in found.taken]
    if left and names:
        some = hosted(sides, name, values=found.some)
        if some is not None and not some.open:
            others = compare(some.versions[0], some.versions[1], within=some.within).differences
            entries += _besides(entries, _own(others, some.versions), found.some)
        left = (_hanging(entries, names),)
    left = (*left, *not_known_of_callers(sides, name))
    state = CHANGED if entries else OPEN if left else SAME
    return Compared(name, new.ways[name].type, state, entries, (), left)


def _entry(item: Difference) -> Entry:
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
        tuple(map(shown, item.because)),
        tuple(request),
        item.old.value if item.grants is None else _GRANTS[item.grants[0]],
        item.new.value if item.grants is None else _GRANTS[item.grants[1]],
    )


def _networks(
    name: str, before: Piece | None, after: Piece | None, side: Side, diagnostics: Diagnostics
) -> Compared | None:
    """Two core network policies, by the exact comparison of their target."""
    if before is None or after is None:
        return Compared(
            name,
            CORE_NETWORK,
            ADDED if before is None else REMOVED,
            sentences=(f"the network is {'new' if before is None else 'gone'}",),
        )
    holes = _open_names(before, after)
    if holes:
        why = tuple(f"it hangs on ‹{hole}›, which is not known" for hole in holes)
        return Compared(name, CORE_NETWORK, OPEN, open=why)
    target = network_of(CORE_NETWORK)
    one, two = (target.check_text(piece.source, diagnostics, piece.tree(diagnostics)) for piece in (before, after))
    if one is None or two is None or diagnostics.has_errors:
        return None
    sentences = tuple(target.changes(one, two, side.switches))
    return Compared(name, CORE_NETWORK, CHANGED if sentences else SAME, (), sentences)
