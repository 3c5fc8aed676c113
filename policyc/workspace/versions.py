"""Documents as the analysis takes them: as the IR has them and as the deciding engine does; one by one, and all those of the way to a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.analysis.compare import Perhaps, Version
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.switches import BY_NAME, DEFAULT
from policyc.holes import has_hole, names_in, shown
from policyc.record import replace
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, is_policy
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.switches import iam_switches
from policyc.text import Source
from policyc.workspace.bounds import at_level, control_in_words, limit_in_words
from policyc.workspace.completions import filled_by_name, values_by_name
from policyc.workspace.native_json import CORE_NETWORK, shape_of
from policyc.workspace.pieces import (
    BOUNDARY,
    CONTROLS,
    FIRST_LEVEL,
    HOST,
    IDENTITY,
    Own,
    Piece,
    Way,
    caller_of,
    is_carrier,
    requests_to,
    unread,
    who_carries,
)
from policyc.workspace.placed import obstacle
from policyc.workspace.sides import Side

LATTICE: Final = "lattice.service"
_EVERYTHING: Final = '{"Version":"2012-10-17","Statement":[{"Sid":"AuthNone","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
_NO_LIMIT: Final = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"NoLimit","Effect":"Allow","Action":"*","Resource":"*"}]}'
)
NOTHING: Final = '{"Version":"2012-10-17","Statement":[]}'


def version_of(
    piece: Piece, tree: JsonValue, side: Side, diagnostics: Diagnostics
) -> tuple[DocumentKind, Version] | None:
    if not (piece.kind in KINDS or is_policy(tree)):
        diagnostics.error(
            "unknown-document",
            f"`{piece.source.file}` is no document that policyc knows",
            tree.span.at_start(),
            'an IAM document has a "Statement", a Cloud WAN policy a "core-network-configuration"; `--as KIND` says what it is',
        )
        return None
    kind = KINDS[piece.kind] if piece.kind in KINDS else guess_kind(tree)
    switches = iam_switches(side.switches)
    found = Diagnostics()
    document = compile_document(tree, kind.engine, found, name=piece.source.file, switches=switches, stored=True)
    if document is None:
        diagnostics.extend(found)
        return None
    return kind, Version(read_policy(tree, kind, piece.source.file, switches), document)


def doubts_of(version: Version) -> list[str]:
    """What a document holds that the analysis has no meaning for."""
    document = version.document
    out = [
        f"`{label.label}` holds a template that nobody rendered"
        for label, statement in zip(version.policy.statements, document.statements, strict=True)
        if any("‹" not in hole.text for hole in statement.holes)
    ]
    turned = sorted(name for name in BY_NAME if document.switches.choice(name) != DEFAULT.choice(name))
    return out + [f"the switch `{name}` is turned, and only its default is proven for" for name in turned]


def stated(kind: DocumentKind, text: str) -> Version:
    """A document in place of one that is not there."""
    tree = parse_json(Source("no policy", text), Diagnostics())
    assert tree is not None
    document = compile_document(tree, kind.engine, Diagnostics(), name="no policy", stored=True)
    assert document is not None
    return Version(read_policy(tree, kind, "no policy"), document)


def stand_in(gate: str | None) -> Version:
    """What a gate without a document says: everything where it asks nobody (an empty name), else nothing."""
    return replace(stated(KINDS["auth-policy"], NOTHING if gate is None else _EVERYTHING), asks=gate is None)


def obstacles(tree: JsonValue) -> list[str]:
    """What leaves nothing to be read of a document inside a host file."""
    found = obstacle(tree)
    version = tree.get("Version") if isinstance(tree, JsonObject) else None
    if isinstance(version, JsonString) and has_hole(version.value):
        return [f"`Version` is {shown(version.value)}"]
    return [] if found is None else [found[0]]


def versions(side: Side, diagnostics: Diagnostics) -> list[tuple[str, Version, tuple[str, ...]]] | None:
    """Every IAM document of a side by name, with what of it is not understood: for one of several, also why it cannot be read; those that requests to a service
    meet which was pulled are one. None after reporting a single one that cannot be read."""
    out: list[tuple[str, Version, tuple[str, ...]]] = []
    inside = told_with_others(side)
    for name, way in side.ways.items():
        held = on_the_way((side,), name, diagnostics) if way.was_pulled and way.type == LATTICE else None
        if held is not None:
            *beside, own = (item for item in held[0] if item.asks or item is held[0][-1])
            doubts = dict.fromkeys(text for version in held[0] for text in doubts_of(version))
            within = requests_to("auth-policy", way.arn)
            out.append((name, replace(own, beside=tuple(beside), within=within), tuple(doubts)))
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


def bounded(version: Version, piece: Piece, side: Side) -> Version:
    """A document of a host file with what bounds its requests there."""
    boundary = boundary_of(piece, side)
    beside = version.beside if boundary is None else (*version.beside, boundary)
    return replace(version, beside=beside, perhaps=tuple(perhaps_of(piece, side)))


def boundary_of(piece: Piece, side: Side, or_none: bool = False) -> Version | None:
    """The boundary of all who carry a document; None for one that cannot be read, and where there is none: with `or_none` one that lets everything pass."""
    if piece.bounds:
        return _bounding(piece.bounds, BOUNDARY, side)
    return replace(stated(KINDS[BOUNDARY], _NO_LIMIT), asks=False) if or_none else None


def perhaps_of(piece: Piece, side: Side) -> Iterator[Perhaps]:
    """What may refuse requests that a document of a host file allows, as far as the file tells."""
    if piece.limit:
        yield Perhaps(limit_in_words(piece.limit), None)
    if piece.bounds and boundary_of(piece, side) is None:
        yield Perhaps(f"the permissions boundary `{piece.bounds.name}`, which cannot be read,", None)
    for control in piece.controls:
        words = control_in_words(control.kind, control.name, control.hangs)
        yield Perhaps(words, _bounding(control, control.kind, side))


def _bounding(piece: Piece, kind: str, side: Side) -> Version | None:
    """A document that bounds others; None for one that cannot be read as a whole."""
    tree = piece.tree(Diagnostics())
    if tree is None or obstacles(tree):
        return None
    tree = at_level(tree, kind) if kind in CONTROLS else tree
    found = version_of(replace(piece, kind=kind), tree, side, Diagnostics())
    return None if found is None or doubts_of(found[1]) else found[1]


def told_with_others(side: Side) -> set[str]:
    """The documents that are looked at together with others: those of the gates of what was pulled, and of endpoints that stand beside their group, to
    which others may belong as well."""
    gates = [way.gates if way.was_pulled else way.gates[1:] for way in side.ways.values() if way.is_found]
    return {gate for held in gates for gate in held if gate}


def with_values(side: Side, name: str) -> tuple[Version, Mapping[str, str]] | None:
    """A document inside a host file with a value for everything that the file leaves open, and those values by name; None for a document
    without such places, and for one that no values make a policy."""
    piece = side.pieces.get(name)
    names = list(names_in(piece.source.text)) if piece is not None and piece.kind != HOST else []
    tree = piece.tree(Diagnostics()) if piece is not None and names else None
    if piece is None or tree is None:
        return None
    values = values_by_name([tree])
    found = version_of(piece, filled_by_name(tree, values), side, Diagnostics())
    return None if found is None else (found[1], values)


# --- all documents of a way ---------------------------------------------------------------------------------------


def on_the_way(sides: Sequence[Side], name: str, diagnostics: Diagnostics) -> list[list[Version]] | None:
    """The documents that a request to a service of VPC Lattice meets on each side, all of which have to allow, each at the place of its counterparts: what
    the callers carry and what bounds them, where every side knows it, and those of the gates. None after reporting one that cannot be read."""
    ways = [side.ways[name] for side in sides]
    asked = any(gate != "" for way in ways for gate in way.gates)
    keys = sorted({key for way in ways for key in way.own if _is_known(key, sides, ways)}) if asked else []
    out: list[list[Version]] = []
    for side, way in zip(sides, ways, strict=True):
        held = [_of_callers(key, way.own.get(key) or (), side, diagnostics) for key in keys]
        held += [_read(side.pieces[gate], side, diagnostics) if gate else stand_in(gate) for gate in way.gates]
        found = [item for item in held if item is not None]
        if len(found) < len(held):
            return None
        out.append(found)
    return out


def _is_known(key: Own, sides: Sequence[Side], ways: Sequence[Way]) -> bool:
    """Whether all sides know what a caller carries, or what bounds it: one of whom nothing is known is bound by nobody knows what."""
    _, carrier = key
    base = (IDENTITY if is_carrier(carrier) else FIRST_LEVEL, carrier)
    held = [way.own.get(key, ()) for way in ways]
    return all(way.own.get(base) is not None for way in ways) and all(
        names is not None and _of_one_version([side.pieces[name] for name in names])
        for side, names in zip(sides, held, strict=True)
    )


def _of_one_version(pieces: Sequence[Piece]) -> bool:
    """Whether documents can be put together: their `Version` says what `${…}` means in all of them."""
    trees = [piece.tree(Diagnostics()) for piece in pieces] if len(pieces) > 1 else []
    found = [tree.get("Version") if isinstance(tree, JsonObject) else None for tree in trees]
    return len({None if one is None else str(one.plain()) for one in found}) < 2


def carried(carrier: str, names: Sequence[str], side: Side, diagnostics: Diagnostics) -> Version | None:
    """All identity policies of a role, user or group as one; None where they cannot be put together, or one cannot be read."""
    if not _of_one_version([side.pieces[name] for name in names]):
        return None
    found = _of_callers((IDENTITY, carrier), names, side, diagnostics)
    return None if found is None or doubts_of(found) else replace(found, carrier=caller_of(carrier))


def _of_callers(key: Own, names: Sequence[str], side: Side, diagnostics: Diagnostics) -> Version | None:
    """What one caller carries, or what bounds one or those of an account: several documents are one with the statements of all."""
    gate, carrier = key
    kind = KINDS[gate.partition(" ")[0]]
    if not names:
        found = stated(kind, NOTHING if gate == IDENTITY else _NO_LIMIT)
        return replace(found, carrier=carrier, asks=gate == IDENTITY)
    trees = [side.pieces[name].tree(diagnostics) for name in names]
    read = [tree for tree in trees if isinstance(tree, JsonObject)]
    if len(read) < len(names):
        return None
    first = side.pieces[names[0]]
    made = version_of(replace(first, kind=kind.name), read[0] if len(read) == 1 else _joined(read), side, diagnostics)
    return None if made is None else replace(made[1], carrier=carrier)


def _joined(trees: Sequence[JsonObject]) -> JsonObject:
    """One document with the statements of several of one version."""
    members = [member for member in trees[0].members if member.key != "Statement"]
    place = trees[0].span
    items: list[JsonValue] = []
    for tree in trees:
        found = tree.get("Statement")
        items += found.items if isinstance(found, JsonArray) else () if found is None else (found,)
    return JsonObject((*members, JsonMember("Statement", place, JsonArray(tuple(items), place))), place)


def _read(piece: Piece, side: Side, diagnostics: Diagnostics) -> Version | None:
    tree = piece.tree(diagnostics)
    found = None if tree is None else version_of(piece, tree, side, diagnostics)
    return None if found is None else found[1]
