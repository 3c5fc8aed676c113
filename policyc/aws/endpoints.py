"""Verified Access in meaning: what becomes of the requests to each endpoint, which its group's policy and its own have to allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from policyc.aws.live import Live
from policyc.aws.meaning import settled
from policyc.aws.meant import MeantSide
from policyc.aws.pairs import Pair
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.report.changes import CHANGED, SAME, Compared
from policyc.text import Source
from policyc.workspace.compare.cedar import compare_alone, compare_endpoint
from policyc.workspace.sides.pieces import Piece, Way
from policyc.workspace.sides.side import Side

ENDPOINT: Final = "verified_access.endpoint"


@record
class Access:
    """What the texts come to: `documents` by title, `endpoints` those that requests go to, by name; `alone` are the documents of which it is told at
    the endpoints what they change, each as a text by itself, by title."""

    documents: Mapping[str, Compared]
    endpoints: Mapping[str, Compared]
    alone: Mapping[str, Compared]
    notes: tuple[str, ...]


@record
class Texts:
    """The texts of both sides: `held` by the ARN of what carries them."""

    side: MeantSide
    held: Mapping[str, Pair]
    live: Live

    def of(self, arn: str, aws: bool) -> Piece | None:
        """The text of a group or endpoint on one side, with what the source declares of its attributes."""
        pair = self.held.get(arn)
        text = None if pair is None else pair.stored.text if aws else pair.meant.text
        if pair is None or text is None:
            return None
        return Piece(pair.title, "cedar", Source(pair.title, settled("cedar", text)), pair.meant.facts)

    def both(self, arns: Sequence[str], ways: Mapping[str, tuple[str | None, str | None]]) -> tuple[Side, Side]:
        """The source and AWS, with these texts; `ways` are the ARNs of group and endpoint by the endpoint's name."""
        trust: Mapping[str, str] = next(
            (held for arn in arns if (held := self.live.resources[arn]["facts"].get("trust"))), {}
        )
        root = Path(self.side.root) if self.side.root else None
        sides = []
        for name, aws in (("the source", False), ("AWS", True)):
            found = [piece for arn in arns if (piece := self.of(arn, aws)) is not None]
            pieces = {piece.name: piece for piece in found}
            gates = {
                label: Way(ENDPOINT, label, tuple(self._gate(arn, aws) for arn in both), ("group", label))
                for label, both in ways.items()
            }
            sources = {piece.source.file: piece.source for piece in found}
            sides.append(Side(name, pieces, self.side.switches, sources, gates, trust, root=root))
        return sides[0], sides[1]

    def _gate(self, arn: str | None, aws: bool) -> str | None:
        piece = None if arn is None else self.of(arn, aws)
        return None if piece is None else piece.name


def compared(
    side: MeantSide, pairs: Sequence[Pair], live: Live, diagnostics: Diagnostics, to_source: bool = False
) -> Access | None:
    """The texts of groups and endpoints. Where those of both are known requests are compared at the endpoint, else a text by itself. None after
    reporting a text that cannot be read."""
    texts = Texts(side, {pair.arn: pair for pair in pairs}, live)
    of: dict[str, Compared] = {}
    ways = _ways(texts)
    notes: list[str] = []
    if to_source:  # no step moves an endpoint, so that its texts are written by themselves
        moves = {arn: said for arn, group in ways.items() if (said := _moved(texts, arn, group))}
        ways = {arn: group for arn, group in ways.items() if arn not in moves}
        notes += [f"`{texts.held[arn].title}`: {said}" for arn, said in moves.items()]
    for arn, group in ways.items():
        name = _label(arn, live)
        if _same(texts, group) and _same(texts, arn):
            of[arn] = Compared(name, ENDPOINT, SAME)
            continue
        one, other = texts.both([part for part in (group, arn) if part is not None], {name: (group, arn)})
        found = compare_endpoint(name, *((other, one) if to_source else (one, other)), diagnostics)
        if found is None:
            return None
        of[arn] = found
    documents: dict[str, Compared] = {}
    told: dict[str, Compared] = {}
    for arn, pair in texts.held.items():
        alone = _alone(texts, arn, to_source, diagnostics)
        if alone is None:
            return None
        documents[pair.title] = alone
        met = _met_at(arn, live)
        if alone.state != SAME and met and all(other in ways for other in met):
            documents[pair.title] = Compared(pair.title, "cedar", SAME)
            # what is written is the whole of a group and its endpoints, or nothing
            shared = _beside(met, live) if to_source else met
            if all(other in of and of[other].state == SAME for other in shared) and not (
                to_source and _is_off(texts, shared)
            ):
                notes.append(
                    f"`{pair.title}` is another text on AWS, and every request to an endpoint is answered alike"
                )
            else:
                told[pair.title] = alone
    for arn, group in ways.items():
        moved = _moved(texts, arn, group)
        if moved:
            title = texts.held[arn].title
            documents[title] = replace(documents[title], state=CHANGED, sentences=(moved,))
    return Access(documents, {item.name: item for item in of.values()}, told, tuple(notes))


def _same(texts: Texts, arn: str | None) -> bool:
    if arn is None:
        return True
    one, other = texts.of(arn, False), texts.of(arn, True)
    return (None if one is None else one.source.text) == (None if other is None else other.source.text)


def _alone(texts: Texts, arn: str, to_source: bool, diagnostics: Diagnostics) -> Compared | None:
    title = texts.held[arn].title
    if _same(texts, arn):
        return Compared(title, "cedar", SAME)
    sides = texts.both([arn], {})
    pieces = (texts.of(arn, False), texts.of(arn, True))
    if to_source:
        return compare_alone(title, pieces[1], pieces[0], sides[1], sides[0], diagnostics)
    return compare_alone(title, *pieces, *sides, diagnostics)


def _ways(texts: Texts) -> dict[str, str | None]:
    """The endpoints of which both sides know every text on the way, with their groups; an endpoint of which nothing is in the source is not
    among them."""
    found: dict[str, str | None] = {}
    for arn, item in texts.live.resources.items():
        if item["type"] != ENDPOINT:
            continue
        groups = texts.live.find(str(item["facts"].get("group") or ""))
        group = groups[0] if len(groups) == 1 else None
        if (
            group is not None
            and (arn in texts.held or group in texts.held)
            and _known(texts, arn)
            and _known(texts, group)
        ):
            found[arn] = group
    return found


def _known(texts: Texts, arn: str) -> bool:
    """Whether the source has the text of a place, or AWS has none there for certain."""
    item = texts.live.resources[arn]
    return arn in texts.held or not (item["policies"] or item["unread"])


def _met_at(arn: str, live: Live) -> list[str]:
    """The endpoints whose requests meet the text of a place."""
    if live.resources[arn]["type"] == ENDPOINT:
        return [arn]
    id = arn.rpartition("/")[2]
    return [
        one for one, item in live.resources.items() if item["type"] == ENDPOINT and item["facts"].get("group") == id
    ]


def _beside(endpoints: Sequence[str], live: Live) -> list[str]:
    """All endpoints of the groups of some."""
    groups = {live.resources[arn]["facts"].get("group") for arn in endpoints}
    return [
        arn for arn, item in live.resources.items() if item["type"] == ENDPOINT and item["facts"].get("group") in groups
    ]


def _is_off(texts: Texts, endpoints: Sequence[str]) -> bool:
    """Whether a policy of the source that requests to these endpoints meet is not enabled on AWS."""
    met = {
        *endpoints,
        *(arn for one in endpoints for arn in texts.live.find(texts.live.resources[one]["facts"]["group"])),
    }
    return any(arn in texts.held and texts.live.resources[arn]["facts"].get("enabled") is False for arn in met)


def _label(arn: str, live: Live) -> str:
    """What an endpoint is called, where nothing else is."""
    name = live.resources[arn]["name"]
    return str(name) if sum(item["name"] == name for item in live.resources.values()) == 1 else arn


def _moved(texts: Texts, arn: str, group: str | None) -> str:
    """What is to be said of an endpoint that the source has in another group."""
    own, up = texts.held.get(arn), None if group is None else texts.held.get(group)
    for gates in texts.side.endpoints:
        if own is not None and gates[1] == own.title and gates[0] is not None and (up is None or gates[0] != up.title):
            return f"on AWS it is in the group `{group}`, and `{gates[0]}` is not that one's policy"
    return ""
