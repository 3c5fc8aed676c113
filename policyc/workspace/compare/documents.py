"""Comparing one document of two sides, in the way of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.analysis.compare import Version, compare
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.report.changes import ADDED, CHANGED, OPEN, REMOVED, SAME, TEXT, Compared
from policyc.syntax.json_text import JsonValue
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.targets.registry import network_of
from policyc.workspace.compare.bounds import Bounds
from policyc.workspace.compare.entries import entry_of, open_names, own_differences, with_values
from policyc.workspace.documents.completions import filled_by_name, values_by_name
from policyc.workspace.documents.native_json import CORE_NETWORK, shape_of
from policyc.workspace.sides.pieces import (
    BOUNDARY,
    HOST,
    IDENTITY,
    Piece,
    caller_of,
    obstacles,
    requests_to,
    who_carries,
)
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import NOTHING, doubts_of, stand_in, stated, version_of


def compare_document(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    """One document, in the way of its kind; None after reporting that it cannot be read."""
    kinds = {piece.kind for piece in (before, after) if piece is not None}
    if kinds == {BOUNDARY, IDENTITY} and before is not None and after is not None:
        before, after = (replace(piece, kind=IDENTITY) for piece in (before, after))  # what bounds nobody any more
    alike = before is not None and after is not None and is_alike(before, after)
    bounds = Bounds(before, after, old, new)
    if HOST in kinds:
        return _unread_file(name, [piece for piece in (after, before) if piece is not None], alike)
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
    found = _read(name, ((before, trees[0], old), (after, trees[1], new)), diagnostics)
    if found is None:
        return None
    kind, one, two = found
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
    known = tuple(entry_of(item) for item in own_differences(result.differences, bounding))
    names = open_names(before, after) if result.open else []
    values = values_by_name([tree for tree in trees if tree is not None]) if names else {}
    filled = _filled_sides((before, after), (old, new), values, bounding) if names else None
    entries, left, whatever = with_values(
        result, known, names, ([*bounding[0], one], [*bounding[1], two]), filled, values, within, bounding
    )
    if callers := who_carries(kind.name, carrier):
        entries = tuple(item if item.who else replace(item, who=(callers,)) for item in entries)
    state = ADDED if before is None else REMOVED if after is None else CHANGED if entries else OPEN if left else SAME
    return Compared(name, kind.name, state, entries, (), left, result.rests, whatever)


def _unread_file(name: str, pieces: Sequence[Piece], alike: bool) -> Compared:
    """A file with documents that cannot be read. The same text is nothing that changes, where no other file bears on what it says."""
    if alike and all(piece.alone for piece in pieces):
        return Compared(name, HOST, TEXT)
    file = next(piece.source.file for piece in pieces if piece.kind == HOST)
    why = f"{file} cannot be read, {'though the text is the same' if alike else 'and the texts differ'}"
    return Compared(name, HOST, OPEN, open=(why,))


def _read(
    name: str, held: Sequence[tuple[Piece | None, JsonValue | None, Side]], diagnostics: Diagnostics
) -> tuple[DocumentKind, Version, Version] | None:
    """The kind of a document of IAM, and what it says on both sides: nothing where it is not there. None after reporting one that cannot be read, or that is
    of two kinds."""
    found = [
        None if piece is None or tree is None else version_of(piece, tree, side, diagnostics)
        for piece, tree, side in held
    ]
    read = [item for item in found if item is not None]
    if len(read) < sum(piece is not None for piece, *_ in held):
        return None
    kind = read[0][0]
    if any(other[0] is not kind for other in read):
        titles = " and ".join(f"`{other[0].name}`" for other in read)
        message = f"`{name}` is {titles} on the two sides"
        diagnostics.error("different-kinds", message, None, "say what both are with `--as`")
        return None
    one, two = (stated(kind, NOTHING) if item is None else item[1] for item in found)
    return kind, one, two


def _is_read(piece: Piece, side: Side, diagnostics: Diagnostics) -> bool:
    """Whether a document can be read, whatever its host leaves open; reports why it cannot."""
    if piece.kind == "cedar":
        from policyc.workspace.compare.cedar import read_text, some_values, with_values

        return read_text(with_values(piece, some_values([piece])), diagnostics) is not None
    tree = piece.tree(diagnostics)
    if tree is None or obstacles(tree):
        return tree is not None
    if CORE_NETWORK in (piece.kind, shape_of(tree)):
        return bool(open_names(piece)) or network_of(CORE_NETWORK).check_text(piece.source, diagnostics) is not None
    return version_of(piece, tree, side, diagnostics) is not None


def is_alike(before: Piece, after: Piece) -> bool:
    """Whether two documents are one text, and of one kind."""
    return before.source.text == after.source.text and before.kind == after.kind


def _cedar(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    from policyc.workspace.compare.cedar import compare_alone, over_values, with_values

    def compared(values: Mapping[str, str], found: Diagnostics) -> Compared | None:
        one, two = (None if piece is None else with_values(piece, values) for piece in (before, after))
        return compare_alone(name, one, two, old, new, found)

    return over_values([piece for piece in (before, after) if piece is not None], compared, diagnostics)


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
    holes = open_names(before, after)
    if holes:
        why = tuple(f"it hangs on ‹{hole}›, which is not known" for hole in holes)
        return Compared(name, CORE_NETWORK, OPEN, open=why)
    target = network_of(CORE_NETWORK)
    one, two = (target.check_text(piece.source, diagnostics, piece.tree(diagnostics)) for piece in (before, after))
    if one is None or two is None or diagnostics.has_errors:
        return None
    sentences = tuple(target.changes(one, two, side.switches))
    return Compared(name, CORE_NETWORK, CHANGED if sentences else SAME, (), sentences)


def _filled_sides(
    pieces: tuple[Piece | None, Piece | None],
    sides: tuple[Side, Side],
    values: Mapping[str, str],
    bounding: tuple[Sequence[Version], Sequence[Version]],
) -> list[list[Version]] | None:
    """Both sides where what host files leave open has some `values`; None where the service would refuse a document with such values. For a document
    that is not there stands one that says nothing."""
    found = [
        stand_in(None) if piece is None else _filled(piece, values, side)
        for piece, side in zip(pieces, sides, strict=True)
    ]
    versions = [[*row, one] for row, one in zip(bounding, found, strict=True) if one is not None]
    return None if len(versions) < len(found) else versions


def _filled(piece: Piece, values: Mapping[str, str], side: Side) -> Version | None:
    """A document with values for what its host leaves open."""
    tree = piece.tree(Diagnostics())
    found = None if tree is None else version_of(piece, filled_by_name(tree, values), side, Diagnostics())
    return None if found is None else found[1]
