"""What stands around a document of a host file on both sides of a comparison: what it is attached to, and what bounds those who carry it."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.analysis.compare import Version
from policyc.holes import shown
from policyc.record import record, replace
from policyc.report.changes import CHANGED, SAME, Compared
from policyc.workspace.documents.bounds import accounts_in
from policyc.workspace.sides.pieces import Piece, caller_of
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import boundary_of, controlling, perhaps_of


@record
class Bounds:
    """What bounds a document's requests on both sides, where both are of host files: of others nothing is known."""

    before: Piece | None
    after: Piece | None
    old: Side
    new: Side

    @property
    def _sides(self) -> list[tuple[Piece, Side]]:
        """The sides that have the document; none where one of them is no host file."""
        held = [(piece, side) for piece, side in ((self.before, self.old), (self.after, self.new)) if piece is not None]
        return held if all(piece.item is not None for piece, _ in held) else []

    @property
    def _said(self) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
        """What is known of the boundary on each side: its text, and what stands for one that cannot be read; and of control policies of accounts."""
        found = []
        for piece, side in self._sides:
            unread = piece.bounds and boundary_of(piece, side) is None
            text = piece.bounds.source.text if piece.bounds else ""
            limit = piece.limit or (f"`{piece.bounds.name}`" if piece.bounds and unread else "")
            held = sorted((one.hangs, one.source.text) for one in piece.controls if accounts_in(one.hangs))
            found.append((text, limit, tuple(held)))
        return found

    @property
    def alike(self) -> bool:
        return len(set(self._said)) < 2

    @property
    def open(self) -> tuple[str, ...]:
        """Why the sides cannot be compared: a boundary that is not known, and is another one."""
        said = self._said
        if len({item[:2] for item in said}) < 2 or not any(limit for _, limit, _ in said):
            return ()
        one, other = (
            shown(limit) or (f"`{piece.bounds.name}`" if piece.bounds else "none")
            for (_, limit, _), (piece, _) in zip(said, self._sides, strict=True)
        )
        return (f"the permissions boundary of those who carry it is {one} on one side and {other} on the other",)

    def versions(self) -> tuple[list[Version], list[Version]]:
        """The boundaries and control policies to compare with on both sides: one that lets everything pass where there is none, none where neither has one."""
        if not self._sides:
            return [], []
        limits = controlling([piece.controls for piece, _ in self._sides], [side for _, side in self._sides])
        if any(piece.bounds for piece, _ in self._sides):
            found = [boundary_of(piece, side, or_none=True) for piece, side in self._sides]
            carriers = {caller_of(piece.carrier) for piece, _ in self._sides}
            carrier = carriers.pop() if len(carriers) == 1 else ""
            known = [replace(item, carrier=carrier) for item in found if item is not None]
            limits = (
                [[item, *row] for item, row in zip(known, limits, strict=True)] if len(known) == len(found) else limits
            )
        return limits[0], limits[-1]

    def perhaps(self) -> Iterator[str]:
        """What is not taken off the classes of a document, since it is not known whether it refuses them."""
        return (item.what for piece, side in self._sides for item in perhaps_of(piece, side))


def _there(before: str, after: str) -> Iterator[str]:
    """Whether a document is there under another condition of its host."""
    if before != after:
        one, other = (said.partition(" ")[0] for said in (before, after))
        if one == other:
            yield f"the condition `{one}`, under which it is there, is another one"
        else:
            told = (f"where `{name}` holds" if name else "always" for name in (other, one))
            yield f"it is there {' in place of '.join(told)}"


def defaults(before: Piece | None, after: Piece | None) -> Iterator[str]:
    """The parameters that both sides of a document of a host file have, and whose values are others where nobody gives any."""
    items = [piece.item.document for piece in (before, after) if piece is not None and piece.item is not None]
    for name in sorted(items[0].holes.keys() & items[1].holes.keys()) if len(items) == 2 else ():
        one, other = (item.holes[name] for item in items)
        if one.assumed != other.assumed and not (one.sensitive or other.sensitive):
            told = (f"`{hole.assumed}`" if hole.assumed is not None else "none" for hole in (other, one))
            yield f"the default of ‹{name}› is {' in place of '.join(told)}"


def moved(found: Compared, before: Piece | None, after: Piece | None) -> Compared:
    """A comparison with what else its document is attached to: other requests meet it."""
    if before is None or after is None:
        return found
    items = [piece.item.document for piece in (before, after) if piece.item is not None]
    hosts = len(items) == 2 and items[0].type == items[1].type
    sentences: list[str] = []
    places = [piece.hangs if hosts or not items else piece.place for piece in (before, after)]
    places = places if hosts or all(places) else [piece.place for piece in (before, after)]
    if places[0] != places[1] and (hosts or all(places)):
        one, other = (shown(place) or "nothing that its file names" for place in places)
        sentences.append(f"it is attached to {other} in place of {one}")
    elif hosts and before.kind != "auth-policy" and before.on != after.on and before.on and after.on:
        sentences.append(f"what carries it is called `{shown(after.on)}` in place of `{shown(before.on)}`")
    sentences += _there(*(item.facts.get("there", "") for item in items)) if hosts else ()
    if not sentences:
        return found
    state = CHANGED if found.state == SAME else found.state
    return replace(found, state=state, sentences=(*found.sentences, *sentences))
