"""Who may do what by a document that names no callers: a Cedar text, in terms of claims, or a core network, in terms of attachments."""

from __future__ import annotations

from policyc.analysis.cedar import CedarDifference, Gate, cover_cedar
from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError
from policyc.engines.cedar.decide import parse_policies
from policyc.holes import names_in
from policyc.report.who import May, Reach
from policyc.workspace.comparing_cedar import context_rows, documented_by, read_text
from policyc.workspace.pieces import Piece
from policyc.workspace.reaching_paths import who_in_network
from policyc.workspace.sides import Side

_TOLD = "values of attributes are of the kinds that the trust providers of the text document"


def who_in_text(name: str, piece: Piece, side: Side, diagnostics: Diagnostics) -> Reach | None:
    """The cover of one such document; None after reporting what cannot be read. Raises `policyc.analysis.compare.Disagreement`."""
    is_cedar = piece.kind == "cedar"
    holes = names_in(piece.source.text)
    if holes:
        why = tuple(f"it hangs on ‹{hole}›, which is not known" for hole in holes)
        return Reach(name, "cedar" if is_cedar else "core network", (), False, why)
    if is_cedar:
        return _cedar(name, piece, side, diagnostics)
    return who_in_network(name, piece.source, side.switches, diagnostics)


def _cedar(name: str, piece: Piece, side: Side, diagnostics: Diagnostics) -> Reach | None:
    text = read_text(piece, diagnostics)
    about = None if text is None else documented_by([text], side, diagnostics)
    if about is None or diagnostics.has_errors:
        return None
    try:
        found = cover_cedar(Gate(name, parse_policies(piece.source.text)), about)
    except CedarError as error:
        return Reach(name, "cedar", (), False, (str(error),))
    classes = tuple(_may(item, unless) for item, unless in zip(found.differences, found.unless, strict=True))
    return Reach(name, "cedar", classes, not found.open, found.open, (_TOLD,))


def _may(item: CedarDifference, unless: tuple[str, ...]) -> May:
    request = tuple(context_rows(item.context)) or (("context", "{}"),)
    return May((), (), (), item.conditions, unless, (), (f"`{item.by}`",), request, item.new.value)
