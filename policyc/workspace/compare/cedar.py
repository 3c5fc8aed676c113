"""Comparing Cedar texts of two sides: one by itself, or the texts of a group and an endpoint together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from policyc.analysis.cedar import CedarDifference, Gate, compare_cedar
from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError
from policyc.engines.cedar.decide import About, Documented, Path, parse_policies
from policyc.engines.trace import Verdict
from policyc.holes import filled
from policyc.model.files import read_inside
from policyc.record import record, replace
from policyc.report.changes import ADDED, CHANGED, OPEN, REMOVED, SAME, Compared, Entry
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.cedar_text import parse_cedar
from policyc.syntax.json_tree import JsonString
from policyc.targets.cedar_documents.documented import of_facts
from policyc.targets.cedar_documents.facts import Fact, cedar_path
from policyc.targets.cedar_documents.text.documented import of_context
from policyc.targets.cedar_documents.text.supported import check_supported
from policyc.targets.switches import choice
from policyc.targets.verified_access.read.claims import Declared, declarations
from policyc.targets.verified_access.read.context import context_kind
from policyc.targets.verified_access.scope import ENDPOINT
from policyc.text import Source, Span
from policyc.workspace.compare.entries import hanging, named_again, open_names
from policyc.workspace.documents.completions import values_by_name
from policyc.workspace.sides.pieces import Piece, Way
from policyc.workspace.sides.side import Side


@record
class Text:
    """One text that was read."""

    piece: Piece
    document: Document


def compare_alone(
    name: str, before: Piece | None, after: Piece | None, old: Side, new: Side, diagnostics: Diagnostics
) -> Compared | None:
    """Two versions of one text; None after reporting one that cannot be read."""
    read = [None if piece is None else read_text(piece, diagnostics) for piece in (before, after)]
    if any(item is None and piece is not None for item, piece in zip(read, (before, after), strict=True)):
        return None
    state = ADDED if before is None else REMOVED if after is None else ""
    first, second = ([] if item is None else [item] for item in read)
    gates = [Gate(name, None if item is None else parse_policies(item.piece.source.text)) for item in read]
    return _compared(name, "cedar", state, ([gates[0]], [gates[1]]), (first, second), (old, new), diagnostics)


def over_values(
    pieces: Sequence[Piece],
    compared: Callable[[Mapping[str, str], Diagnostics], Compared | None],
    diagnostics: Diagnostics,
) -> Compared | None:
    """What `compared` finds in texts of which host files leave parts open: what is the same whatever these are, else the classes that show with some values,
    the same on both sides; for others nothing is claimed."""
    names = open_names(*pieces)
    if not names:
        return compared({}, diagnostics)
    whole = compared({}, Diagnostics())
    if whole is not None and whole.state == SAME:
        return whole
    values = some_values(pieces)
    found = compared(values, Diagnostics())
    if found is None:
        return compared({}, diagnostics)
    state = CHANGED if found.entries else OPEN
    entries = tuple(named_again(item, values) for item in found.entries)
    return replace(
        found,
        state=found.state if found.state in (ADDED, REMOVED) else state,
        entries=entries,
        open=(hanging(entries, names),),
    )


def some_values(pieces: Sequence[Piece]) -> Mapping[str, str]:
    """A value for everything that host files leave open in texts."""
    return values_by_name([JsonString(piece.source.text, Span(piece.source.file, 0, 0)) for piece in pieces])


def with_values(piece: Piece, values: Mapping[str, str]) -> Piece:
    """A text with values for what its host leaves open."""
    if not values:
        return piece
    return replace(piece, source=Source(piece.source.file, filled(piece.source.text, values)), item=None)


def texts_at(way: Way, side: Side) -> list[Piece]:
    """The texts of an endpoint and its group."""
    return [side.piece(path) for path in way.gates if path]


def compare_endpoint(name: str, old: Side, new: Side, diagnostics: Diagnostics, tests: bool = False) -> Compared | None:
    """An endpoint: the group's text and its own, both of which have to allow."""
    pieces = [piece for side in (old, new) for piece in texts_at(side.ways[name], side)]
    return over_values(pieces, lambda values, found: _at_endpoint(name, old, new, found, tests, values), diagnostics)


def _at_endpoint(
    name: str, old: Side, new: Side, diagnostics: Diagnostics, tests: bool, values: Mapping[str, str]
) -> Compared | None:
    gates: list[list[Gate]] = []
    texts: list[list[Text]] = []
    for side in (old, new):
        try:
            found = gates_at(side.ways[name], side, diagnostics, values)
        except CedarError as error:
            return Compared(name, ENDPOINT, OPEN, open=(str(error),))
        if found is None:
            return None
        gates.append(found[0])
        texts.append(found[1])
    read_ones = (texts[0], texts[1])
    return _compared(name, ENDPOINT, "", (gates[0], gates[1]), read_ones, (old, new), diagnostics, tests)


def gates_at(
    way: Way, side: Side, diagnostics: Diagnostics, values: Mapping[str, str] = MappingProxyType({})
) -> tuple[list[Gate], list[Text]] | None:
    """The gates of an endpoint with their texts, with `values` for what is open in these; None after reporting a text that cannot be read. Raises CedarError."""
    held: list[Gate] = []
    mine: list[Text] = []
    for place, path in enumerate(way.gates):
        read = None if path is None else read_text(with_values(side.piece(path), values), diagnostics)
        if read is None and path is not None:
            return None
        if read is not None:
            mine.append(read)
        text = None if read is None else parse_policies(read.piece.source.text)
        held.append(Gate(path or way.names[place], text, _without(way, place, side)))
    return held, mine


def _without(way: Way, place: int, side: Side) -> bool:
    """Whether a request passes where there is no policy: at an endpoint in a group with one, and at a group where the switch says so."""
    group, endpoint = way.gates
    if place == 1:
        return group is not None
    return endpoint is not None and choice(side.switches, "endpoint-policy-alone") == "allow"


def _compared(
    name: str,
    kind: str,
    state: str,
    gates: tuple[list[Gate], list[Gate]],
    texts: tuple[list[Text], list[Text]],
    sides: tuple[Side, Side],
    diagnostics: Diagnostics,
    tests: bool = False,
) -> Compared | None:
    told = [documented_by(mine, side, diagnostics) for mine, side in zip(texts, sides, strict=True) if mine]
    if diagnostics.has_errors:
        return None
    try:
        found = compare_cedar(*gates, _agreed(told))
    except CedarError as error:
        return Compared(name, kind, OPEN, open=(str(error),))
    entries = tuple(_entry(item) for item in found.differences)
    if tests and any(text.piece.facts is not None for text in texts[1]):
        from policyc.workspace.compare.witness_tests import endpoint_test

        facts = {key: fact for text in texts[1] for key, fact in (text.piece.facts or {}).items()}
        entries = tuple(
            replace(
                entry, test=endpoint_test(name, f"{entry.change} {at}", facts, item.context, item.new is Verdict.ALLOW)
            )
            for at, (entry, item) in enumerate(zip(entries, found.differences, strict=True), 1)
        )
    return Compared(
        name, kind, state or (CHANGED if entries else OPEN if found.open else SAME), entries, (), found.open
    )


def read_text(piece: Piece, diagnostics: Diagnostics) -> Text | None:
    """A text with its statements; None after reporting what Verified Access does not take."""
    found = Diagnostics()
    document = parse_cedar(piece.source, found)
    if document is None or not check_supported(piece.source, document, found):
        diagnostics.extend(piece.told(found))
        return None
    return Text(piece, document)


def documented_by(texts: Sequence[Text], side: Side, diagnostics: Diagnostics) -> About:
    """What is documented of the attributes: by the resource that carries a text, else by what is known around the text, its comments and `--trust`."""
    facts: dict[str, Fact] = {}
    for text in texts:
        facts |= text.piece.facts or {}
    if facts:
        return of_facts(facts)

    declared = declared_by(texts, side, diagnostics)
    return of_context(context_kind(declared.trust, claims=declared.claims))


def declared_by(texts: Sequence[Text], side: Side, diagnostics: Diagnostics) -> Declared:
    """The trust providers of texts, and the claims that samples of them show; mistakes are reported."""

    def open_file(name: str, span: Span, found: Diagnostics) -> Source | None:
        return None if side.root is None else read_inside(side.root, name, span, found)

    documents = [text.document for text in texts]
    trust = {name: type for text in texts for name, type in text.piece.trust.items()} | dict(side.trust)
    return declarations(documents, trust, side.samples, open_file, diagnostics)


def _agreed(told: Sequence[About]) -> About:
    """What both versions are told of an attribute; nothing where they are told different things."""

    def about(path: Path) -> Documented | None:
        found = [one(path) for one in told]
        return found[0] if found and all(item == found[0] for item in found) else None

    return about


def _entry(item: CedarDifference) -> Entry:
    request = tuple(context_rows(item.context)) or (("context", "{}"),)
    return Entry(
        item.change.value,
        item.by,
        item.other,
        (),
        (),
        (),
        item.conditions,
        item.because,
        request,
        item.old.value,
        item.new.value,
        by_context=True,
    )


def context_rows(data: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[str, str]]:
    """The attributes of a context as people write them, one to a row."""
    for key, value in data.items():
        path = (*above, key)
        if isinstance(value, dict) and value:
            yield from context_rows(value, path)
        else:
            shown = cedar_path(path)
            yield f"context{'' if shown.startswith('[') else '.'}{shown}", json.dumps(value, ensure_ascii=False)
