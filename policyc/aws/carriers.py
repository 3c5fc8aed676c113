"""Identity policies in meaning: what a role, user or group may do is decided by all that it carries, whichever of them says what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyc.aws.live import Live, named
from policyc.aws.pairs import Pair
from policyc.record import record, replace
from policyc.report.changes import SAME, Compared
from policyc.text import Source
from policyc.workspace.compare.callers import compare_caller
from policyc.workspace.sides.pieces import IDENTITY, Piece, is_carrier
from policyc.workspace.sides.side import Side


@record
class Sets:
    """What the policies come to: `documents` by title, `callers` of which several documents change, by ARN; `alone` are those documents, each as a text by
    itself."""

    documents: Mapping[str, Compared]
    callers: Mapping[str, Compared]
    alone: Mapping[str, Compared]
    notes: tuple[str, ...]


def compared(
    found: Sequence[Pair], live: Live, held: Mapping[str, Compared], switches: Mapping[str, str], to_source: bool
) -> Sets:
    """The policies of each caller together, where one of them by itself (as `held` has it) is not the same. First with everything that it carries on AWS: that is the whole answer. Where that
    is something else, those that the source has with their counterparts, since what the source lacks may be somebody else's."""
    documents: dict[str, Compared] = {}
    callers: dict[str, Compared] = {}
    alone: dict[str, Compared] = {}
    notes: list[str] = []
    of: dict[str, list[Pair]] = {}
    for pair in found:
        if pair.meant.role == IDENTITY and is_carrier(pair.arn):
            of.setdefault(pair.arn, []).append(pair)
    for arn, mine in of.items():
        other = [pair for pair in mine if held[pair.title].state != SAME]
        whole = None
        for stored in _stored(arn, mine, live) if other else ():
            sides = [
                _side("the source", {pair.title: pair.meant.text for pair in mine}, switches),
                _side("AWS", stored, switches),
            ]
            whole = compare_caller(arn, *(reversed(sides) if to_source else sides))
            if whole is not None and whole.state == SAME:
                break
        if whole is not None and whole.state == SAME:
            documents |= {pair.title: Compared(pair.title, IDENTITY, SAME) for pair in other}
            names = ", ".join(f"`{pair.title}`" for pair in other)
            notes.append(f"the policies of `{arn}` are other texts on AWS ({names}), and together they allow the same")
            continue
        notes += _lacked(arn, mine, live)
        if whole is None or whole.open or len(mine) == 1 or any(pair.open for pair in mine):
            continue  # each by itself
        if len(other) == 1:
            item = held[other[0].title]
            documents[item.name] = replace(item, entries=whole.entries)
            continue
        callers[arn] = whole
        alone |= {pair.title: held[pair.title] for pair in other}
        documents |= {pair.title: Compared(pair.title, IDENTITY, SAME) for pair in other}
    return Sets(documents, callers, alone, tuple(notes))


def _stored(arn: str, mine: Sequence[Pair], live: Live) -> Iterator[Mapping[str, str]]:
    """What AWS has of a caller's policies, by name: all that it carries, then the counterparts alone."""
    item = live.resources[arn]
    if not item["unread"].get(IDENTITY):
        yield {path: live.texts[path] for path in item["facts"].get("identity") or ()}
    if len(mine) > 1 and not any(pair.open for pair in mine):
        yield {pair.title: pair.stored.text for pair in mine if pair.stored.text is not None}


def _side(name: str, texts: Mapping[str, str], switches: Mapping[str, str]) -> Side:
    pieces = {title: Piece(title, IDENTITY, Source(title, text)) for title, text in texts.items()}
    return Side(name, pieces, switches, {title: piece.source for title, piece in pieces.items()})


def _lacked(arn: str, mine: Sequence[Pair], live: Live) -> Iterator[str]:
    """What a caller carries on AWS beside the policies of the source."""
    paths = set(live.resources[arn]["facts"].get("identity") or ()) - {pair.stored.name for pair in mine}
    if paths and not any(pair.open for pair in mine):
        names = sorted(f"`{named(live.revisions.get(path, {}))}`" for path in paths)
        yield f"not in the source: {', '.join(names)}, which `{arn}` carries on AWS"
