"""Every document of the source with what AWS has in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import count
from typing import Any

from policyc.aws.live import Live, Stored, called
from policyc.aws.meaning import alike
from policyc.aws.meant import NOT_READ, Meant, MeantSide, misplaced, placed, target_of
from policyc.record import record
from policyc.workspace.documents.pulled import OF_ORGANIZATION


@record
class Pair:
    """A document of the source and what AWS has in its place. `arn` is empty where no resource was found; `open` says why nothing is known, `alone`
    that no counterpart was looked for, `repeats` which document says the same of the same place."""

    meant: Meant
    arn: str
    stored: Stored
    open: str = ""
    alone: bool = False
    repeats: str = ""

    @property
    def title(self) -> str:
        """How reports call it."""
        return self.meant.label


def pairs(side: MeantSide, live: Live) -> list[Pair]:
    """Every document of the source with its counterpart."""
    whole = [_pair(item, live) for item in side.documents if not item.is_part]
    parts = [_pair(item, live) for item in side.documents if item.is_part]
    found = [*whole, *_completed(parts)]
    known = {pair.stored.name for pair in found if pair.stored.name}
    return _said_once([_settled(pair, known) for pair in found])


def _completed(parts: Sequence[Pair]) -> Iterator[Pair]:
    """Statements of policies that may have others from elsewhere, those of one policy together: it shall be what AWS has, and say what they say."""
    of: dict[str, list[Pair]] = {}
    for pair in parts:
        if pair.open or not pair.arn:
            yield pair
        else:
            of.setdefault(pair.arn, []).append(pair)
    for first, *rest in of.values():
        policy = json.loads(first.stored.text or first.meant.text)
        held = policy["Statement"] if first.stored.text else []
        statements = list(held) if isinstance(held, list) else [held]
        taken = {one.get("Sid") for one in statements}
        for pair in (first, *rest):
            sid = next(one for one in _sids(pair.meant.name) if one not in taken)
            taken.add(sid)
            statements += [{**one, "Sid": sid} for one in json.loads(pair.meant.text)["Statement"]]
        label = f"{first.title} and {len(rest)} more of its function" if rest else first.title
        text = json.dumps({**policy, "Statement": statements})
        yield replace(first, meant=replace(first.meant, label=label, text=text))


def _sids(name: str) -> Iterator[str]:
    """What a statement may be called that its host calls `name`."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
    return (f"{kept}_{number}" if number else kept for number in count())


def _settled(pair: Pair, known: Set[str]) -> Pair:
    """Where every policy that it may be is another document's counterpart, it is none of them."""
    others = pair.stored.others
    return replace(pair, stored=Stored(None), open="") if others and known >= set(others) else pair


def _said_once(found: Sequence[Pair]) -> list[Pair]:
    """Of documents in one place the first says it for all that mean the same; where they do not, nobody knows which one is meant."""
    at: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in found:
        if pair.arn and not pair.open and pair.meant.kind not in OF_ORGANIZATION:
            at.setdefault((pair.arn, pair.meant.role, pair.stored.name or pair.meant.name), []).append(pair)
    again: dict[str, Pair] = {}
    for (arn, *_), (first, *rest) in at.items():
        if all(alike(pair.meant.kind, first.meant.text, pair.meant.text) for pair in rest):
            again |= {pair.title: replace(pair, repeats=first.title) for pair in rest}
        else:
            titles = ", ".join(f"`{pair.title}`" for pair in (first, *rest))
            why = f"the source has several texts of `{arn}` ({titles}); name the paths that are meant"
            again |= {pair.title: replace(pair, open=why) for pair in (first, *rest)}
    return [again.get(pair.title, pair) for pair in found]


def _pair(item: Meant, live: Live) -> Pair:
    nothing = Stored(None)
    if item.kind in NOT_READ:  # the kind of a resource that is read is its own by now
        return Pair(item, "", nothing, NOT_READ[item.kind], True)
    if item.kind in OF_ORGANIZATION:
        return _control(item, live)
    if item.resource and misplaced(placed(item)):
        return Pair(item, "", nothing, f"a {item.kind} document has no place on `{item.resource}`")
    if item.resource:
        found = live.find(item.resource)
    elif item.type:
        found = _known_as(live, item) if item.known_as else _going_by(live, item.type, (item.name, *item.also))
    else:
        return Pair(item, "", nothing, f"nothing says which resource carries it; give `--map {item.name}=ARN`", True)
    if len(found) > 1:  # resources of other types may be called alike
        fits = [arn for arn in found if not misplaced(placed(replace(item, resource=arn)), live.resources[arn]["type"])]
        found = fits or found
    if len(found) > 1:
        return Pair(item, "", nothing, f"{len(found)} resources have its name; give `--map`")
    if not found:
        why = live.not_listed(target_of(item)) or live.not_asked(item.resource, target_of(item))
        if why:
            return Pair(item, "", nothing, f"whether `{item.resource or item.name}` is there is not known ({why})")
        if not item.resource:
            of, _, sort = item.type.partition(".")
            what = f"{sort} of Verified Access" if of == "verified_access" else sort.replace("_", " ")
            own = "its `id`, or " if of == "verified_access" else ""
            name = item.known_as or item.name
            return Pair(item, "", nothing, f"no {what} goes by the name `{name}`; give {own}`--map`")
        return Pair(item, "", nothing)
    item = placed(replace(item, resource=found[0]))
    if misplaced(item, live.resources[found[0]]["type"]):
        return Pair(item, "", nothing, f"a {item.kind} document has no place on `{found[0]}`")
    policy = item.policy if item.role == "identity" else ""
    stored = live.stored(found[0], item.role, item.name, policy)
    if stored.why:
        return Pair(item, found[0], stored, f"what AWS has is not known: {stored.why}")
    return Pair(item, found[0], stored)


def _control(item: Meant, live: Live) -> Pair:
    """A control policy, by its id; what an account is under, level by level, is the organization's to arrange."""
    if not item.resource:
        why = f"nothing says which policy of the organization it is; give `--map {item.name}=ID`"
        return Pair(item, "", Stored(None), why, True)
    found = live.control(item.resource)
    if found is None:
        why = live.not_listed("organization")
        return Pair(item, "", Stored(None), f"whether `{item.resource}` is there is not known ({why})" if why else "")
    account, stored = found
    return Pair(replace(item, role=item.kind), account, stored)


def counterpart(item: Meant, live: Live) -> tuple[str, str]:
    """The account and the ARN of what AWS has in a document's place, empty where there is none or nobody knows."""
    arn = _pair(item, live).arn
    return live.account_of(arn), arn


def _known_as(live: Live, item: Meant) -> list[str]:
    """The resources that people know by the tag, domain or description of a document's."""
    return [
        arn for arn, one in live.resources.items() if one["type"] == item.type and item.known_as in _names(arn, one)
    ]


def _going_by(live: Live, type: str, names: Sequence[str]) -> list[str]:
    """The resources of a type that go by one of these names: by id, `Name` tag, domain or description, written in the letters of the language."""
    wanted = {called(name) for name in names if name}
    return [
        arn
        for arn, item in live.resources.items()
        if item["type"] == type and wanted & {called(str(name)) for name in _names(arn, item)}
    ]


def _names(arn: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    facts = item["facts"]
    return (arn.rpartition("/")[2], str(item["name"]), str(facts.get("domain") or ""))
