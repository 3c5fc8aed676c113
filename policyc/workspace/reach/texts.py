"""Who may do what by a document that names no callers: a Cedar text, in terms of claims, or a core network, in terms of attachments."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.analysis.cedar import CedarDifference, Gate, cover_cedar
from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError
from policyc.engines.cedar.decide import parse_policies
from policyc.holes import filled, names_in, unfilled
from policyc.record import replace
from policyc.report.who import May, Reach
from policyc.syntax.json_tree import JsonString
from policyc.text import Source, Span
from policyc.workspace.compare.cedar import Text, context_rows, documented_by, gates_at, read_text
from policyc.workspace.documents.completions import values_by_name
from policyc.workspace.reach.paths import who_in_network
from policyc.workspace.sides.pieces import ENDPOINT, Piece, Way
from policyc.workspace.sides.side import Side

_TOLD = "values of attributes are of the kinds that the trust providers of the text document"


def who_in_text(name: str, piece: Piece, side: Side, diagnostics: Diagnostics) -> Reach | None:
    """The cover of one such document; None after reporting what cannot be read. Raises `policyc.analysis.compare.Disagreement`."""
    is_cedar = piece.kind == "cedar"
    holes = names_in(piece.source.text)
    if holes:
        why = tuple(f"it hangs on ‹{hole}›, which is not known" for hole in holes)
        classes = _with_values(name, piece, side) if is_cedar else ()
        return Reach(name, "cedar" if is_cedar else "core network", classes, False, why, (_TOLD,) if classes else ())
    if is_cedar:
        return _cedar(name, piece, side, diagnostics)
    return who_in_network(name, piece, side.switches, diagnostics)


def _with_values(name: str, piece: Piece, side: Side) -> tuple[May, ...]:
    """The classes of a Cedar text for some values of what its host leaves open: each names the places that are open, and its request the values."""
    values = values_by_name([JsonString(piece.source.text, Span(piece.source.file, 0, 0))])
    text = Source(piece.source.file, filled(piece.source.text, values))
    found = _cedar(name, replace(piece, source=text, item=None), side, Diagnostics())
    given = tuple((f"‹{hole}›", value) for hole, value in values.items())

    def opened(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(unfilled(text, values) for text in texts)

    return tuple(
        replace(item, conditions=opened(item.conditions), unless=opened(item.unless), request=(*item.request, *given))
        for item in (() if found is None else found.classes)
    )


def who_at_endpoint(name: str, way: Way, side: Side, diagnostics: Diagnostics) -> Reach | None:
    """The cover of an endpoint of Verified Access through its group; None after reporting a text that cannot be read."""
    try:
        read = gates_at(way, side, diagnostics)
    except CedarError as error:
        return Reach(name, ENDPOINT, (), False, (str(error),))
    return None if read is None else _covered(name, ENDPOINT, *read, side, diagnostics)


def _cedar(name: str, piece: Piece, side: Side, diagnostics: Diagnostics) -> Reach | None:
    text = read_text(piece, diagnostics)
    if text is None:
        return None
    try:
        gate = Gate(name, parse_policies(piece.source.text))
    except CedarError as error:
        return Reach(name, "cedar", (), False, (str(error),))
    return _covered(name, "cedar", [gate], [text], side, diagnostics)


def _covered(
    name: str, kind: str, gates: Sequence[Gate], texts: Sequence[Text], side: Side, diagnostics: Diagnostics
) -> Reach | None:
    about = documented_by(texts, side, diagnostics)
    if diagnostics.has_errors:
        return None
    try:
        found = cover_cedar(gates, about)
    except CedarError as error:
        return Reach(name, kind, (), False, (str(error),))
    classes = tuple(
        _may(item, unless, len(gates) > 1) for item, unless in zip(found.differences, found.unless, strict=True)
    )
    return Reach(name, kind, classes, not found.open, found.open, (_TOLD,))


def _may(item: CedarDifference, unless: tuple[str, ...], several: bool) -> May:
    request = tuple(context_rows(item.context)) or (("context", "{}"),)
    by = tuple(f"`{part.label}`{f' of `{part.gate}`' if several else ''}" for part in item.parts)
    conditions = tuple(dict.fromkeys(text for part in item.parts for text in part.conditions))
    return May((), (), (), conditions, unless, (), by, request, item.new.value)
