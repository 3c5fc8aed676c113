"""Who may do what by a document that names no callers: a Cedar text, in terms of claims, or a core network, in terms of attachments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from policyc.analysis.cedar import CedarDifference, Gate, cover_cedar
from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError
from policyc.engines.cedar.decide import parse_policies
from policyc.holes import unfilled
from policyc.record import replace
from policyc.report.who import May, Reach
from policyc.workspace.compare.cedar import (
    Text,
    context_rows,
    documented_by,
    gates_at,
    read_text,
    some_values,
    texts_at,
    with_values,
)
from policyc.workspace.compare.entries import open_names
from policyc.workspace.reach.paths import who_in_network
from policyc.workspace.sides.pieces import ENDPOINT, Piece, Way
from policyc.workspace.sides.side import Side

_TOLD = "values of attributes are of the kinds that the trust providers of the text document"


def who_in_text(name: str, piece: Piece, side: Side, diagnostics: Diagnostics) -> Reach | None:
    """The cover of one such document; None after reporting what cannot be read. Raises `policyc.analysis.compare.Disagreement`."""
    if piece.kind == "cedar":
        return _over_values(
            [piece], lambda values, found: _cedar(name, with_values(piece, values), side, found), diagnostics
        )
    if holes := open_names(piece):
        return Reach(name, "core network", (), False, tuple(map(_hanging, holes)))
    return who_in_network(name, piece, side.switches, diagnostics)


def who_at_endpoint(name: str, way: Way, side: Side, diagnostics: Diagnostics) -> Reach | None:
    """The cover of an endpoint of Verified Access through its group; None after reporting a text that cannot be read."""

    def asked(values: Mapping[str, str], found: Diagnostics) -> Reach | None:
        try:
            read = gates_at(way, side, found, values)
        except CedarError as error:
            return Reach(name, ENDPOINT, (), False, (str(error),))
        return None if read is None else _covered(name, ENDPOINT, *read, side, found)

    return _over_values(texts_at(way, side), asked, diagnostics)


def _over_values(
    pieces: Sequence[Piece], asked: Callable[[Mapping[str, str], Diagnostics], Reach | None], diagnostics: Diagnostics
) -> Reach | None:
    """The cover of texts; for some values of what their hosts leave open where they do: its classes name the places that are open, and its requests the values."""
    holes = open_names(*pieces)
    values = some_values(pieces) if holes else {}
    found = asked(values, diagnostics)
    if found is None or not holes:
        return found
    given = tuple((f"‹{hole}›", value) for hole, value in values.items())

    def opened(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(unfilled(text, values) for text in texts)

    classes = tuple(
        replace(item, conditions=opened(item.conditions), unless=opened(item.unless), request=(*item.request, *given))
        for item in found.classes
    )
    return replace(found, classes=classes, complete=False, open=tuple(map(_hanging, holes)))


def _hanging(hole: str) -> str:
    return f"it hangs on ‹{hole}›, which is not known"


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
