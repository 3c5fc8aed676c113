"""What changes when one core network policy replaces another: where attachments go, and who reaches whom.

With an inventory, attachments that are alike in both networks are asked once for all. Without one, each association rule gives an
attachment that just meets it, and one attachment stands in each segment at each edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policyc.engines.wan.associate import Association, Associator, Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.matrix import segment_matrix
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import Answer, Target, reach
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import AttachCondition, AttachmentType, AttachRule, CoreNetwork
from policyc.targets.cloud_wan.graph import cell_text
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.probes import probe
from policyc.targets.cloud_wan.questions import situate

#: kinds of attachments (place and edge) that are asked one by one; beyond that segments are compared as wholes
_MOST_KINDS = 120
_FIRST = 241 << 24


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is `before` and will be `after`. `subject` is whom it is about, in words."""

    kind: str
    subject: str
    before: str
    after: str

    def sentence(self) -> str:
        return f"{self.subject}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`assumed` tells that no inventory was given."""

    associations: tuple[Change, ...]
    reach: tuple[Change, ...]
    assumed: bool

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.associations + self.reach


def compare(
    old: CoreNetwork, new: CoreNetwork, inventory: Inventory | None, switches: Switches = DEFAULT
) -> Comparison:
    """Every change of association and of reachability between two networks."""
    if inventory is None:
        witnesses = _witnesses(old, new)
        placed = tuple(dict.fromkeys(_moved(old, new, witnesses, switches)))
        return Comparison(placed, tuple(_by_segment(probe(old, switches), probe(new, switches))), True)
    known = Inventory(tuple(_with_prefixes(inventory.attachments)), inventory.lists)
    moved = tuple(_moved(old, new, known.attachments, switches))
    return Comparison(moved, tuple(_by_kind(situate(old, known, switches), situate(new, known, switches))), False)


# --- associations -----------------------------------------------------------------------------------------------


def _moved(
    old: CoreNetwork, new: CoreNetwork, attachments: Sequence[Attachment], switches: Switches
) -> Iterator[Change]:
    before, after = Associator(old, switches), Associator(new, switches)
    for item in attachments:
        one, other = _standing(before(item)), _standing(after(item))
        if one != other:
            yield Change("association", item.name, one, other)


def _standing(found: Association) -> str:
    """Where an attachment is, in words; the deciding rule is no part of it."""
    kind = "group" if found.is_group else "segment"
    match found.standing:
        case Standing.SEGMENT | Standing.GROUP:
            return f"{kind} {found.place}"
        case Standing.PENDING:
            return f"waits for acceptance to {kind} {found.place}"
        case Standing.UNASSOCIATED:
            return "nowhere"
        case Standing.UNDECIDED:
            return "not known"


def _witnesses(old: CoreNetwork, new: CoreNetwork) -> list[Attachment]:
    """For every rule of either network attachments that just meet its conditions, and one that meets none."""
    region = (new.locations or old.locations or ("us-east-1",))[0]
    plain = Attachment("any other attachment", "vpc", (region,), "000000000000", "vpc-0")
    found = {plain: None}
    for network in (old, new):
        for rule in network.attach_rules:
            for conditions in _alternatives(rule):
                witness = _witness(plain, conditions)
                if witness is not None:
                    found[witness] = None
    return list(found)


def _alternatives(rule: AttachRule) -> list[tuple[AttachCondition, ...]]:
    return [(item,) for item in rule.conditions] if rule.logic == "or" else [rule.conditions]


def _witness(plain: Attachment, conditions: Sequence[AttachCondition]) -> Attachment | None:
    """An attachment that meets all conditions, named after them; None when they ask for what this does not make up."""
    item = plain
    tags = dict(plain.tags)
    for condition in conditions:
        value = "" if condition.value is None else condition.value.text
        if condition.operator == "not-equals":
            value = f"not-{value}"
        match condition.type:
            case "tag-exists" | "tag-name" | "tag-value":
                tags[condition.key.text if condition.key is not None else ""] = value or "x"
            case "account-id":
                item = replace(item, account=value.ljust(12, "0")[:12])
            case "region":
                item = replace(item, regions=(value,))
            case "resource-id":
                item = replace(item, resource_id=value)
            case "attachment-type":
                kind = _kind(value)
                if kind is None:
                    return None
                item = replace(item, type=kind)
            case "any":
                pass
    name = "an attachment with " + " and ".join(condition.sentence().replace("`", "") for condition in conditions)
    return replace(item, name=name, tags=tuple(tags.items()))


def _kind(value: str) -> AttachmentType | None:
    from policyc.ir.network import ATTACHMENT_TYPES

    return next((kind for kind in ATTACHMENT_TYPES if kind == value), None)


# --- reachability -----------------------------------------------------------------------------------------------


def _by_segment(old: Tables, new: Tables) -> Iterator[Change]:
    before, after = segment_matrix(old), segment_matrix(new)
    for pair in dict.fromkeys([*before.cells, *after.cells]):
        here, there = pair
        texts = []
        for matrix in (before, after):
            gone = [name for name in pair if name not in matrix.names]
            texts.append(f"no segment {gone[0]}" if gone else _words(cell_text(matrix.cells[pair])))
        if texts[0] != texts[1]:
            yield Change("reach", f"{here} to {there}", *texts)


def _words(text: str) -> str:
    return {"yes": "reachable", "-": "blocked", "?": "not known", "some": "reachable between some edges"}.get(
        text, f"inspected {text}" if text.startswith("via") else text
    )


def _with_prefixes(attachments: Sequence[Attachment]) -> Iterator[Attachment]:
    """AWS's list has no prefixes: an attachment without any gets one that nobody else has, to be asked about."""
    for at, item in enumerate(attachments):
        yield item if item.routes else replace(item, routes=(Announced(Prefix(4, _FIRST + (at << 8), 24)),))


def _by_kind(old: Tables, new: Tables) -> Iterator[Change]:
    kinds = _kinds(old, new)
    if len(kinds) > _MOST_KINDS:
        yield from _by_segment(old, new)
        return
    for here, senders in kinds.items():
        for there, receivers in kinds.items():
            pair = _pair(senders, receivers)
            if pair is None:
                continue
            texts = [
                _verdict(reach(tables, pair[0].name, Target(pair[1].prefixes, pair[1].name))) for tables in (old, new)
            ]
            if texts[0] != texts[1]:
                yield Change("reach", f"{_named(here, senders)} to {_named(there, receivers)}", *texts)


def _kinds(old: Tables, new: Tables) -> dict[tuple[str, ...], list[Attachment]]:
    """Attachments that are in the same place in both networks, and at the same edges."""
    out: dict[tuple[str, ...], list[Attachment]] = {}
    for item in new.core.attachments:
        places = [_standing(tables.core.associations[item.name]) for tables in (old, new)]
        place = places[0] if places[0] == places[1] else f"{places[0]}, then {places[1]}"
        label = (item.label, item.type) if item.label or item.type != "vpc" else ("", "")
        out.setdefault((place, *label, *item.regions), []).append(item)
    return out


def _pair(senders: Sequence[Attachment], receivers: Sequence[Attachment]) -> tuple[Attachment, Attachment] | None:
    """One of each, not the same one."""
    for there in receivers:
        if there is not senders[0]:
            return senders[0], there
    return (senders[1], receivers[0]) if len(senders) > 1 else None


def _named(kind: tuple[str, ...], members: Sequence[Attachment]) -> str:
    if len(members) == 1:
        return members[0].name
    where = f" at {', '.join(kind[3:])}" if kind[3:] else ""
    return f"{len(members)} in {kind[0]}{where} ({members[0].name}, …)"


def _verdict(answer: Answer) -> str:
    text = answer.verdict.value if answer.verdict.value != "undecided" else "not known"
    return text + (f", inspected by {', '.join(answer.groups)}" if answer.groups else "")


def comparison_data(found: Comparison) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "format_version": 1,
        "kind": "comparison",
        "assumed": found.assumed,
        "associations": [_change_data(item) for item in found.associations],
        "reach": [_change_data(item) for item in found.reach],
    }


def _change_data(item: Change) -> dict[str, str]:
    return {"subject": item.subject, "before": item.before, "after": item.after}
