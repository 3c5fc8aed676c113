"""Every document of a side as the analysis takes it, and those that are looked at together as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policyc.analysis.compare import Version
from policyc.diagnostics import Diagnostics
from policyc.holes import names_in
from policyc.record import replace
from policyc.targets.iam_documents.kinds import KINDS
from policyc.workspace.documents.completions import filled_by_name, values_by_name
from policyc.workspace.documents.native_json import CORE_NETWORK, shape_of
from policyc.workspace.sides.hosted_ways import whole_version
from policyc.workspace.sides.pieces import HOST, caller_of, obstacles, requests_to, unread, who_carries
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import LATTICE, NOTHING, bounded, doubts_of, on_the_way, stated, version_of


def versions(
    side: Side, diagnostics: Diagnostics, named: Iterable[str] = ()
) -> list[tuple[str, Version, tuple[str, ...]]] | None:
    """Every IAM document of a side by name, with what of it is not understood: for one of several, also why it cannot be read; those that requests to a service
    meet which was pulled are one; services that host files describe are told beside their documents, and `named` are texts that tell things apart besides. None after reporting a single one that cannot be read."""
    out: list[tuple[str, Version, tuple[str, ...]]] = []
    inside = told_with_others(side)
    for name, way in side.ways.items():
        held = on_the_way((side,), name, diagnostics) if way.was_pulled and way.type == LATTICE else None
        if held is not None:
            *beside, own = (item for item in held[0] if item.asks or item is held[0][-1])
            doubts = dict.fromkeys(text for version in held[0] for text in doubts_of(version))
            within = requests_to("auth-policy", way.arn)
            out.append((name, replace(own, beside=tuple(beside), within=within), tuple(doubts)))
        whole = whole_version(side, name, named) if way.type == LATTICE and not way.arn else None
        if whole is not None:
            out.append((name, whole[0], whole[1].open))
    for name, piece in side.pieces.items():
        if name in inside:
            continue
        if piece.kind == HOST:
            out.append((name, stated(KINDS["auth-policy"], NOTHING), (f"{piece.source.file} cannot be read",)))
            continue
        faults = Diagnostics()
        tree = None if piece.kind == "cedar" else piece.tree(faults)
        if tree is not None and CORE_NETWORK in (piece.kind, shape_of(tree)):
            continue
        found = None if tree is None else version_of(piece, tree, side, faults)
        if faults.has_errors and len(side.pieces) > 1:
            kind = KINDS[piece.kind if piece.kind in KINDS else "auth-policy"]
            out.append((name, stated(kind, NOTHING), (unread(faults),)))
        else:
            diagnostics.extend(faults)
        if found is not None and tree is not None:
            kind, version = found
            version = replace(version, carrier=caller_of(piece.carrier), whose=who_carries(kind.name, piece.carrier))
            version = bounded(version, piece, side)
            out.append((name, version, tuple(doubts_of(version) + obstacles(tree))))
    return None if diagnostics.has_errors else out


def told_with_others(side: Side) -> set[str]:
    """The documents that are looked at together with others: those of the gates of what was pulled, and of endpoints that stand beside their group, to
    which others may belong as well."""
    gates = [way.gates if way.was_pulled else way.gates[1:] for way in side.ways.values() if way.is_found]
    return {gate for held in gates for gate in held if gate}


def with_values(side: Side, name: str) -> tuple[Version, Mapping[str, str]] | None:
    """A document inside a host file with a value for everything that the file leaves open, and those values by name; None for a document
    without such places, and for one that no values make a policy."""
    if name in side.ways:
        whole = whole_version(side, name, filled=True)
        return None if whole is None or not whole[1].some else (whole[0], whole[1].some)
    piece = side.pieces.get(name)
    names = list(names_in(piece.source.text)) if piece is not None and piece.kind != HOST else []
    tree = piece.tree(Diagnostics()) if piece is not None and names else None
    if piece is None or tree is None:
        return None
    values = values_by_name([tree])
    found = version_of(piece, filled_by_name(tree, values), side, Diagnostics())
    return None if found is None else (found[1], values)
