"""Comparing the documents of two sides, each in the way of its kind, as one report."""

from __future__ import annotations

from policyc.analysis.compare import Difference, Version, compare
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.switches import BY_NAME, DEFAULT, Switches
from policyc.report.changes import ADDED, CHANGED, OPEN, REMOVED, SAME, Changes, Compared, Entry
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, is_policy
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.switches import iam_switches, wan_switches
from policyc.text import Source
from policyc.workspace.native_json import CORE_NETWORK, shape_of
from policyc.workspace.sides import Piece, Side, pairs

_NOTHING = '{"Version":"2012-10-17","Statement":[]}'


def compare_sides(old: Side, new: Side, single: bool, diagnostics: Diagnostics) -> Changes | None:
    """Everything that differs between two sides; None after reporting a document that cannot be read. Raises
    `policyc.analysis.compare.Disagreement`."""
    out: list[Compared] = []
    for name, before, after in pairs(old, new, single):
        found = _compared(name, before, after, old, new, diagnostics)
        if found is not None:
            out.append(found)
    if diagnostics.has_errors:
        return None
    return Changes(old.name, new.name, tuple(out))


def _compared(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    kinds = {piece.kind for piece in (before, after) if piece is not None}
    if before is not None and after is not None and _alike(before, after) and old.switches == new.switches:
        return Compared(name, after.kind or "document", SAME)
    if kinds == {"cedar"}:
        return Compared(name, "cedar", OPEN, open=("Cedar text is compared as text only, and the texts differ",))
    trees = [None if piece is None else parse_json(piece.source, diagnostics) for piece in (before, after)]
    if any(piece is not None and tree is None for piece, tree in zip((before, after), trees, strict=True)):
        return None
    shapes = {shape_of(tree) for tree in trees if tree is not None} | kinds
    if CORE_NETWORK in shapes:
        return _networks(name, before, after, new, diagnostics)
    sides = [
        _version(piece, tree, side, diagnostics)
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
    one = found[0][1] if before is not None else _empty(kind)
    two = found[-1][1] if after is not None else _empty(kind)
    doubts = _doubts(one) + _doubts(two)
    if doubts:
        return Compared(name, kind.name, OPEN, open=tuple(dict.fromkeys(doubts)))
    result = compare(one, two)
    entries = tuple(_entry(item) for item in result.differences)
    state = (
        ADDED if before is None else REMOVED if after is None else CHANGED if entries else OPEN if result.open else SAME
    )
    return Compared(name, kind.name, state, entries, (), result.open)


def _alike(before: Piece, after: Piece) -> bool:
    return before.source.text == after.source.text and before.kind == after.kind


def _version(
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


def _doubts(version: Version) -> list[str]:
    """What a document holds that the analysis has no meaning for."""
    document = version.document
    out = [
        f"`{label.label}` holds a template that nobody rendered"
        for label, statement in zip(version.policy.statements, document.statements, strict=True)
        if statement.holes
    ]
    turned = sorted(name for name in BY_NAME if document.switches.choice(name) != DEFAULT.choice(name))
    return out + [f"the switch `{name}` is turned, and only its default is proven for" for name in turned]


def _empty(kind: DocumentKind, switches: Switches = DEFAULT) -> Version:
    """A document that says nothing, in place of one that is not there."""
    tree = parse_json(Source("nothing", _NOTHING), Diagnostics())
    assert tree is not None
    document = compile_document(tree, kind.engine, Diagnostics(), name="nothing", switches=switches, stored=True)
    assert document is not None
    return Version(read_policy(tree, kind, "nothing", switches), document)


def _entry(item: Difference) -> Entry:
    witness, region = item.witness, item.region
    request = [("who", witness.who or "anonymous"), ("action", witness.action), ("resource", witness.resource)]
    request += [(key, ", ".join(values)) for key, values in witness.context.items()]
    return Entry(
        item.change.value,
        item.by.label if item.by is not None else "",
        item.other.label if item.other is not None else "",
        region.who,
        region.what,
        region.where,
        region.conditions,
        item.because,
        tuple(request),
        item.old.value,
        item.new.value,
    )


def _networks(
    name: str, before: Piece | None, after: Piece | None, side: Side, diagnostics: Diagnostics
) -> Compared | None:
    """Two core network policies, by the exact comparison of their target."""
    from policyc.targets.cloud_wan.check import check_document
    from policyc.targets.cloud_wan.compare import compare as compare_networks

    if before is None or after is None:
        return Compared(
            name,
            CORE_NETWORK,
            ADDED if before is None else REMOVED,
            sentences=(f"the network is {'new' if before is None else 'gone'}",),
        )
    networks = [check_document(piece.source, diagnostics) for piece in (before, after)]
    one, two = networks
    if one is None or two is None or diagnostics.has_errors:
        return None
    found = compare_networks(one, two, None, wan_switches(side.switches))
    sentences = tuple(change.sentence() for change in found.changes)
    return Compared(name, CORE_NETWORK, CHANGED if sentences else SAME, (), sentences)


def versions(side: Side, diagnostics: Diagnostics) -> list[tuple[str, Version, tuple[str, ...]]] | None:
    """Every IAM document of a side by name, with what of it is not understood; None after reporting one that cannot be read."""
    out: list[tuple[str, Version, tuple[str, ...]]] = []
    for name, piece in side.pieces.items():
        tree = None if piece.kind == "cedar" else parse_json(piece.source, diagnostics)
        if tree is None or CORE_NETWORK in (piece.kind, shape_of(tree)):
            continue
        found = _version(piece, tree, side, diagnostics)
        if found is not None:
            out.append((name, found[1], tuple(_doubts(found[1]))))
    return None if diagnostics.has_errors else out
