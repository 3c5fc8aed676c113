"""Documents as the analysis takes them: as the IR has them and as the deciding engine does; one by one, and all those of the way to a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from policyc.analysis.compare import Perhaps, Version
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.reader import VERSIONS
from policyc.engines.iam.switches import BY_NAME, DEFAULT
from policyc.holes import filled
from policyc.record import replace
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.iam_documents.escape import literal_text
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, is_policy
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.switches import iam_switches
from policyc.text import Source
from policyc.workspace.documents.bounds import FULL, accounts_in, at_level, control_in_words, limit_in_words, owner_of
from policyc.workspace.documents.completions import filled_by_name
from policyc.workspace.sides.pieces import (
    BOUNDARY,
    CONTROLS,
    FIRST_LEVEL,
    IDENTITY,
    Own,
    Piece,
    Way,
    caller_of,
    obstacles,
)
from policyc.workspace.sides.side import Side

LATTICE: Final = "lattice.service"
_EVERYTHING: Final = '{"Version":"2012-10-17","Statement":[{"Sid":"AuthNone","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
_NO_LIMIT: Final = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"NoLimit","Effect":"Allow","Action":"*","Resource":"*"}]}'
)
_NEWEST, _OLDER = VERSIONS
_ORDER: Final = {_NEWEST: 1, _OLDER: 2}
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


def bounded(version: Version, piece: Piece, side: Side) -> Version:
    """A document of a host file with what bounds its requests there."""
    boundary = boundary_of(piece, side)
    beside = [] if boundary is None else [replace(boundary, carrier=version.carrier)]
    (limits,) = controlling([piece.controls], [side])
    return replace(version, beside=(*version.beside, *beside, *limits), perhaps=tuple(perhaps_of(piece, side)))


def boundary_of(piece: Piece, side: Side, or_none: bool = False) -> Version | None:
    """The boundary of all who carry a document; None for one that cannot be read, and where there is none: with `or_none` one that lets everything pass."""
    if piece.bounds:
        return _bounding(piece.bounds, BOUNDARY, side)
    return _no_limit(BOUNDARY) if or_none else None


def perhaps_of(piece: Piece, side: Side) -> Iterator[Perhaps]:
    """What may refuse requests that a document of a host file allows, as far as the file tells."""
    if piece.limit:
        yield Perhaps(limit_in_words(piece.limit), None)
    if piece.bounds and boundary_of(piece, side) is None:
        yield Perhaps(f"the permissions boundary `{piece.bounds.name}`, which cannot be read,", None)
    owner = owner_of(piece.tree(Diagnostics()), piece.on) if any(one.kind == "rcp" for one in piece.controls) else ""
    for control in piece.controls:
        yield from perhaps_by(control, side, owner)


def controlling(controls: Sequence[Sequence[Piece]], sides: Sequence[Side]) -> list[list[Version]]:
    """What the control policies of each side are for certain: those of accounts that they name bear on callers of these, all of an account together. Each at the place of its
    counterparts."""
    found: list[dict[str, Version]] = []
    for pieces, side in zip(controls, sides, strict=True):
        of: dict[str, list[Piece]] = {}
        for piece in pieces:
            for account in accounts_in(piece.hangs) if piece.kind == "scp" and _bounding(piece, "scp", side) else ():
                of.setdefault(account, []).append(piece)
        made = {account: _of_account(account, held, side) for account, held in of.items()}
        found.append({account: version for account, version in made.items() if version is not None})
    accounts = sorted({account for one in found for account in one})
    return [
        [one.get(account) or _of_account(account, (), sides[0]) or _no_limit("scp") for account in accounts]
        for one in found
    ]


def _of_account(account: str, pieces: Sequence[Piece], side: Side) -> Version | None:
    """The service control policies that are attached to an account, beside the one that AWS attaches; without any, one that lets everything pass."""
    root = f"arn:aws:iam::{account}:root"
    if not pieces:
        return replace(_no_limit("scp"), carrier=root)
    trees = [tree for piece in pieces if isinstance(tree := piece.tree(Diagnostics()), JsonObject)]
    found = version_of(pieces[0], at_level(_joined(trees), "scp", beside=True), side, Diagnostics())
    return None if found is None else replace(found[1], carrier=root)


def _no_limit(kind: str) -> Version:
    return replace(stated(KINDS[kind], _NO_LIMIT), asks=False)


def perhaps_by(control: Piece, side: Side, owner: str = "") -> Iterator[Perhaps]:
    """What of a control policy is not known to bear on requests: the whole where something else than accounts is named, and whether `FullAWSAccess` stands beside it.
    One of resources bears on none of an `owner` beside whose account others are named alone."""
    targets = accounts_in(control.hangs)
    if owner and control.kind == "rcp" and owner not in targets and len(targets) == len(control.hangs.split(", ")):
        return
    words = control_in_words(control.kind, control.name, control.hangs, owner if control.kind == "rcp" else "")
    accounts = targets if control.kind == "scp" else ()
    version, tree = _bounding(control, control.kind, side), control.tree(Diagnostics())
    if version is None or tree is None or len(accounts) < len(control.hangs.split(", ")):
        yield Perhaps(words, version)
    elif at_level(tree, control.kind) is tree:
        told = f"`{control.name}` by itself (whether `{FULL}` stands beside it is not known)"
        yield from (Perhaps(told, replace(version, carrier=f"arn:aws:iam::{one}:root")) for one in accounts)


def left_over(version: Version, piece: Piece, side: Side) -> Version:
    """A control policy with the one of AWS that stands beside it where it allows nothing itself: what is allowed then is what it leaves over."""
    kind = version.policy.kind
    tree = piece.tree(Diagnostics()) if kind in CONTROLS else None
    full = None if tree is None else at_level(tree, kind)
    if full is None or full is tree:
        return version
    found = version_of(replace(piece, kind=kind), full, side, Diagnostics())
    return version if found is None else replace(version, policy=found[1].policy, document=found[1].document)


def _bounding(piece: Piece, kind: str, side: Side) -> Version | None:
    """A document that bounds others; None for one that cannot be read as a whole."""
    tree = piece.tree(Diagnostics())
    if tree is None or obstacles(tree):
        return None
    tree = at_level(tree, kind) if kind in CONTROLS else tree
    found = version_of(replace(piece, kind=kind), tree, side, Diagnostics())
    return None if found is None or doubts_of(found[1]) else found[1]


# --- all documents of a way ---------------------------------------------------------------------------------------


def on_the_way(
    sides: Sequence[Side], name: str, diagnostics: Diagnostics, values: Mapping[str, str] = MappingProxyType({})
) -> list[list[Version]] | None:
    """The documents that a request to a service of VPC Lattice meets on each side, all of which have to allow, each at the place of its counterparts: what
    the callers carry and what bounds them, where every side knows it, and those of the gates. `values` fill what host files leave open. None after reporting one that cannot be read."""
    ways = [side.ways[name] for side in sides]
    keys = known_of_callers(sides, ways)
    out: list[list[Version]] = []
    for side, way in zip(sides, ways, strict=True):
        held = [_of_callers(key, way.own.get(key) or (), side, diagnostics, values) for key in keys]
        held += [_read(side.piece(gate), side, diagnostics, values) if gate else stand_in(gate) for gate in way.gates]
        found = [item for item in held if item is not None]
        if len(found) < len(held):
            return None
        out.append(found)
    return out


def known_of_callers(sides: Sequence[Side], ways: Sequence[Way]) -> list[Own]:
    """The documents of callers that every side knows, where any gate asks who calls."""
    if all(gate == "" for way in ways for gate in way.gates):
        return []
    return sorted({key for way in ways for key in way.own if _is_known(key, ways)})


def _is_known(key: Own, ways: Sequence[Way]) -> bool:
    """Whether all sides know what a caller carries, or what bounds it: one of whom nothing is known is bound by nobody knows what."""
    _, carrier = key
    base = (FIRST_LEVEL if carrier.endswith(":root") else IDENTITY, carrier)
    return all(way.own.get(base) is not None and way.own.get(key, ()) is not None for way in ways)


def carried(
    carrier: str, names: Sequence[str], side: Side, values: Mapping[str, str] = MappingProxyType({})
) -> Version | None:
    """All identity policies of a role, user or group as one, with `values` for what host files leave open; None where one cannot be read."""
    found = _of_callers((IDENTITY, carrier), names, side, Diagnostics(), values)
    return None if found is None or doubts_of(found) else replace(found, carrier=caller_of(carrier))


def _of_callers(
    key: Own,
    names: Sequence[str],
    side: Side,
    diagnostics: Diagnostics,
    values: Mapping[str, str] = MappingProxyType({}),
) -> Version | None:
    """What one caller carries, or what bounds one or those of an account: several documents are one with the statements of all."""
    gate, carrier = key[0], filled(key[1], values)
    kind = KINDS[gate.partition(" ")[0]]
    if not names:
        found = stated(kind, NOTHING if gate == IDENTITY else _NO_LIMIT)
        return replace(found, carrier=carrier, asks=gate == IDENTITY)
    trees = [_tree(side.piece(name), diagnostics, values) for name in names]
    read = [tree for tree in trees if isinstance(tree, JsonObject)]
    if len(read) < len(names):
        return None
    first = side.piece(names[0])
    made = version_of(replace(first, kind=kind.name), read[0] if len(read) == 1 else _joined(read), side, diagnostics)
    return None if made is None else replace(made[1], carrier=carrier)


def _joined(trees: Sequence[JsonObject]) -> JsonObject:
    """One document with the statements of several. What `${…}` means hangs on the `Version` of each, so that older ones are said in the words of the newest."""
    told = [_told_version(tree) for tree in trees]
    # a version that is none is refused by whoever reads the whole
    first = min(zip(told, trees, strict=True), key=lambda one: _ORDER.get(one[0], 0))[1]
    members = [member for member in first.members if member.key != "Statement"]
    place = first.span
    items: list[JsonValue] = []
    for version, tree in zip(told, trees, strict=True):
        found = tree.get("Statement")
        if found is not None and version == _OLDER and _NEWEST in told:
            found = _literal(found)
        items += found.items if isinstance(found, JsonArray) else () if found is None else (found,)
    return JsonObject((*members, JsonMember("Statement", place, JsonArray(tuple(items), place))), place)


def _told_version(tree: JsonObject) -> str:
    found = tree.get("Version")
    return _OLDER if found is None else str(found.plain())


def _literal(tree: JsonValue) -> JsonValue:
    """What a text without policy variables says, for a version that has them."""
    match tree:
        case JsonObject(members, span):
            made = (JsonMember(one.key, one.key_span, _literal(one.value)) for one in members)
            return JsonObject(tuple(made), span)
        case JsonArray(items, span):
            return JsonArray(tuple(map(_literal, items)), span)
        case JsonString(text, span):
            return JsonString(literal_text(text), span)
    return tree


def _tree(piece: Piece, diagnostics: Diagnostics, values: Mapping[str, str]) -> JsonValue | None:
    """The tree of a document, with values for what its host leaves open."""
    tree = piece.tree(diagnostics)
    return tree if tree is None or not values else filled_by_name(tree, values)


def _read(piece: Piece, side: Side, diagnostics: Diagnostics, values: Mapping[str, str]) -> Version | None:
    tree = _tree(piece, diagnostics, values)
    found = None if tree is None else version_of(piece, tree, side, diagnostics)
    return None if found is None else found[1]
