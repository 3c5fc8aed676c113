"""What changes when one core network policy replaces another: the configuration, where attachments go, and who reaches whom.

With an inventory, attachments that are alike in both networks are asked once for all (see `classes`): the answer is that of asking
every pair. Without one, each association rule gives an attachment that just meets it, and one attachment stands in each segment
at each edge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policyc.engines.wan.associate import Association, Associator, Standing
from policyc.engines.wan.attachments import MOVING_STATES, Attachment
from policyc.engines.wan.matrix import Cell, Flow, segment_matrix
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import Target, reach
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables, uncollected
from policyc.ir.network import AttachCondition, AttachmentType, CoreNetwork, SendVia, ToTag
from policyc.record import record, replace
from policyc.targets.cloud_wan.beginners import Marks, numbers
from policyc.targets.cloud_wan.changed_ways import Watch, changed_ways, unwatched, verdict_of, where_inspected
from policyc.targets.cloud_wan.classes import Class, senders
from policyc.targets.cloud_wan.configuration_diff import ConfigurationChange, changed_configuration
from policyc.targets.cloud_wan.differences import Differences
from policyc.targets.cloud_wan.external_prefixes import block_text, changed_outside
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.probes import probe
from policyc.targets.cloud_wan.questions import situate
from policyc.targets.cloud_wan.unstated_prefixes import with_own_prefixes

#: attachments that are named one by one
_FEW = 3


@record
class Change:
    """Something that is `before` and will be `after`. `subject` is whom it is about, in words; of reachability `between` names the places at both
    ends, where they are known, and `ways` counts the ways from one attachment to another (or to a block)."""

    kind: str
    subject: str
    before: str
    after: str
    between: tuple[str, str] = ("", "")
    ways: int = 1

    def sentence(self) -> str:
        return f"{self.subject}: {self.before} -> {self.after}"


@record
class Comparison:
    """`assumed` tells that no inventory was given."""

    configuration: tuple[ConfigurationChange, ...]
    associations: tuple[Change, ...]
    reach: tuple[Change, ...]
    assumed: bool

    @property
    def changes(self) -> tuple[ConfigurationChange | Change, ...]:
        return (*self.configuration, *self.associations, *self.reach)

    @property
    def edges(self) -> tuple[str, ...]:
        """The edges that are certain to be updated."""
        return tuple(dict.fromkeys(edge for change in self.configuration for edge in change.edges or ()))


def compare(
    old: CoreNetwork,
    new: CoreNetwork,
    inventory: Inventory | None,
    switches: Switches = DEFAULT,
    watch: Watch = unwatched,
) -> Comparison:
    """Every change of association and of reachability between two networks."""
    if inventory is None:
        decide = Associator(old, switches), Associator(new, switches)
        moved_alike = (_moved((decide[0](item), decide[1](item)) for item in some) for some in _witnesses(old, new))
        placed = tuple(dict.fromkeys(change for changes in moved_alike for change in _apart(changes)))
        before, after = probe(old, switches), probe(new, switches)
        changed = tuple(changed_configuration(old, new, None, ()))
        return Comparison(changed, placed, (*_by_segment(before, after), *_outside_by_segment(before, after)), True)
    known = Inventory(tuple(_in_place(old, with_own_prefixes(inventory.attachments), switches)), inventory.lists)
    watch("networks put together", 0, 2)
    before = situate(old, known, switches)
    watch("networks put together", 1, 2)
    after = situate(new, known, switches, before)
    watch("networks put together", 2, 2)
    moved = _moved_between(before, after)
    names = {change.subject for change in moved}
    regions = [region for item in known.attachments if item.name in names for region in item.regions]
    changed = tuple(changed_configuration(old, new, known.attachments, regions))
    return Comparison(changed, moved, _reachability(before, after, watch), False)


def compare_tables(before: Tables, after: Tables) -> Comparison:
    """What differs between two sets of tables with attachments of the same names."""
    return Comparison((), _moved_between(before, after), _reachability(before, after), False)


# --- associations -----------------------------------------------------------------------------------------------


def _in_place(old: CoreNetwork, attachments: Iterable[Attachment], switches: Switches) -> Iterator[Attachment]:
    """The attachments, of which those that carry traffic today without a stated state are available: what asks for acceptance from
    now on asks it of newcomers (reference, section 4: the flag updates no edge)."""
    associate = Associator(old, switches)
    for item in attachments:
        there = item.state is None and associate(item).working
        yield replace(item, state="available") if there else item


def _moved_between(before: Tables, after: Tables) -> tuple[Change, ...]:
    found = after.core.associations
    return tuple(_moved((one, found[name]) for name, one in before.core.associations.items()))


def _moved(pairs: Iterable[tuple[Association, Association]]) -> Iterator[Change]:
    """What changes for attachments, before and after."""
    for before, after in pairs:
        one, other = _standing(before), _standing(after)
        if one != other:
            yield Change("association", before.attachment.name, one, other)


def _standing(found: Association) -> str:
    """Where an attachment is, in words; the deciding rule is no part of it."""
    kind = "group" if found.is_group else "segment"
    match found.standing:
        case Standing.SEGMENT | Standing.GROUP:
            moving = found.attachment.state in MOVING_STATES
            return f"{kind} {found.place}" + (" until its tag change is accepted" if moving else "")
        case Standing.PENDING:
            return f"waits for acceptance to {kind} {found.place}"
        case Standing.UNASSOCIATED:
            return "nowhere"
        case Standing.UNDECIDED:
            return "not known"


def _apart(changes: Iterable[Change]) -> Iterable[Change]:
    """The changes of which each is another one than those before it, whoever they are about."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        found.setdefault((change.before, change.after), change)
    return found.values()


def _witnesses(old: CoreNetwork, new: CoreNetwork) -> Iterator[tuple[Attachment, ...]]:
    """One that meets no rule, and for every rule of either network attachments that just meet its conditions, with another one beside it where a
    condition leaves open how a text ends; for a rule that goes by a tag with the name of each segment in it."""
    region = (new.locations or old.locations or ("us-east-1",))[0]
    plain = Attachment("any other attachment", "vpc", (region,), "000000000000", "vpc-0")
    yield (plain,)
    for network in (old, new):
        for rule in network.attach_rules:
            tag = rule.action.key.text if isinstance(rule.action, ToTag) else ""
            for conditions in rule.alternatives:
                witness = _witness(plain, conditions)
                if witness is not None:
                    yield (witness, *filter(None, [_witness(plain, conditions, inside=True)]))
                for segment in (*old.segments, *new.segments) if tag else ():
                    yield tuple(_tagged(witness or plain, conditions, tag, segment.name.text))


def _tagged(met: Attachment, conditions: Sequence[AttachCondition], tag: str, segment: str) -> Iterator[Attachment]:
    """An attachment that meets conditions and names a segment in its tag; nothing where a condition may ask the tag for something else."""
    asked = [item for item in conditions if item.key is not None and item.key.text == tag]
    if all(item.type in ("tag-exists", "tag-name") for item in asked):
        others = [item for item in conditions if item.type != "any" and item not in asked]
        name = _named([f"tag {tag} is {segment}", *(item.sentence().replace("`", "") for item in others)])
        yield replace(met, name=name, tags=tuple({**dict(met.tags), tag: segment}.items()))


def _witness(plain: Attachment, conditions: Sequence[AttachCondition], inside: bool = False) -> Attachment | None:
    """An attachment that meets all conditions, named after them; None when they ask for what this does not make up, or for nothing. Texts of which a
    condition wants only the beginning, or a part, are longer where they are to be `inside`."""
    if all(condition.type == "any" for condition in conditions):
        return None
    item = plain
    tags = dict(plain.tags)
    told = [condition.sentence().replace("`", "") for condition in conditions if condition.type != "any"]
    for condition in conditions:
        value = "" if condition.value is None else condition.value.text
        longer = {"begins-with": f"{value}-x", "contains": f"x-{value}-x"}.get(condition.operator or "")
        if inside and longer and condition.type in ("tag-value", "resource-id"):
            told[told.index(condition.sentence().replace("`", ""))] += f" ({longer})"
            value = longer
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
    return replace(item, name=_named(told), tags=tuple(tags.items()))


def _named(told: Sequence[str]) -> str:
    return f"an attachment whose {' and '.join(told)}"


def _kind(value: str) -> AttachmentType | None:
    from policyc.ir.network import ATTACHMENT_TYPES

    return next((kind for kind in ATTACHMENT_TYPES if kind == value), None)


# --- reachability -----------------------------------------------------------------------------------------------


def _by_segment(old: Tables, new: Tables) -> Iterator[Change]:
    before, after = segment_matrix(old), segment_matrix(new)
    altered = _altered(old.core.network, new.core.network)
    for pair in dict.fromkeys([*before.cells, *after.cells]):
        here, there = pair
        texts = []
        for matrix in (before, after):
            gone = [name for name in pair if name not in matrix.names]
            texts.append(f"no segment {gone[0]}" if gone else _words(matrix.cells[pair]))
        if texts[0] != texts[1]:
            yield Change("reach", f"{here} to {there}", texts[0], texts[1])
        elif frozenset(pair) in altered and any(matrix.cells[pair].groups for matrix in (before, after)):
            yield from _by_edges(old, new, here, there)


def _altered(old: CoreNetwork, new: CoreNetwork) -> set[frozenset[str]]:
    """The pairs of segments whose `send-via` is not the same in both networks."""
    before, after = ([item for item in network.actions if isinstance(item, SendVia)] for network in (old, new))
    differ = [(old, item) for item in before if item not in after] + [
        (new, item) for item in after if item not in before
    ]
    return {frozenset((item.segment.text, name)) for network, item in differ for name in network.redirected(item)}


def _by_edges(old: Tables, new: Tables, here: str, there: str) -> Iterator[Change]:
    """The edges between which traffic of two segments is inspected elsewhere."""
    sending, receiving = (_made_up(old, new, name) for name in (here, there))
    found: dict[tuple[str, ...], list[str]] = {}
    for one in sending:
        for other in receiving:
            if one is not other:
                target = Target(other.prefixes, other.name)
                answers = [reach(tables, one.name, target) for tables in (old, new)]
                texts = tuple(verdict_of(answer) + where_inspected(answer) for answer in answers)
                if texts[0] != texts[1]:
                    found.setdefault(texts, []).append(f"{one.regions[0]} to {other.regions[0]}")
    for texts, edges in found.items():
        shown = ", ".join(edges[:_FEW]) + (f" and {len(edges) - _FEW} more" if len(edges) > _FEW else "")
        yield Change("reach", f"{here} to {there}, {shown}", texts[0], texts[1])


def _made_up(old: Tables, new: Tables, segment: str) -> list[Attachment]:
    """The attachments that stand for a segment, edge by edge, where both networks have them."""
    placed = [new.core.associations[item.name] for item in new.core.attachments if item.name in old.core.associations]
    return [item.attachment for item in placed if item.place == segment and not item.is_group]


def _words(cell: Cell) -> str:
    if cell.flow is Flow.PARTLY and len({flow for _, flow in cell.families}) > 1:
        return ", ".join(f"IPv{family} {_flow_words(cell, flow)}" for family, flow in cell.families)
    return _flow_words(cell, cell.flow)


def _flow_words(cell: Cell, flow: Flow) -> str:
    match flow:
        case Flow.DIRECT:
            return "reachable" if not cell.groups else f"reachable, partly inspected via {'+'.join(cell.groups)}"
        case Flow.INSPECTED:
            return f"inspected via {'+'.join(cell.groups)}"
        case Flow.BLOCKED:
            return "blocked"
        case Flow.PARTLY:
            return "reachable in part"
        case Flow.UNDECIDED:
            return "not known"
        case Flow.EMPTY:
            return "empty"


def _reachability(old: Tables, new: Tables, watch: Watch = unwatched) -> tuple[Change, ...]:
    """The changes between attachments, then those towards addresses that no attachment has."""
    with uncollected():
        differences, sent = Differences(old, new), senders(old, new)
        return (*_by_class(old, new, sent, differences, watch), *_outside(old, new, sent, differences))


def _by_class(old: Tables, new: Tables, sent: Sequence[Class], differences: Differences, watch: Watch) -> list[Change]:
    """The changes of all pairs, told together for attachments of one place that change alike, in the order of the inventory.
    Attachments are numbers here."""
    crowd = _Crowd(old, new)
    #: by what changes and the place of the receivers: the senders with those of them whose way changes so
    found: dict[tuple[str, str, str], list[tuple[Marks, list[int]]]] = {}
    for sending, receiving, before, after in changed_ways(old, new, sent, differences, watch):
        by_place: dict[str, list[int]] = {}
        for item in receiving:
            by_place.setdefault(crowd.places[item.name], []).append(crowd.order[item.name])
        for place, items in by_place.items():
            found.setdefault((before, after, place), []).append((sending, items))
    lines: dict[tuple[str, str, str, tuple[int, ...]], list[int]] = {}
    for (before, after, there), ways in found.items():
        for marks, reaching in _by_receivers(ways):
            for at in numbers(marks):
                senders, here = crowd.numbers(sent[at]), crowd.places[sent[at][0].name]
                # An attachment is not asked for the way to itself: among many it counts as one of those that it reaches.
                own = senders if len(senders) == 1 and len(reaching) > 1 and here == there else ()
                reached = reaching if not own else tuple(sorted({*reaching, *own}))
                lines.setdefault((here, before, after, reached), []).extend(senders)
    told = sorted((sorted(group), reached, before, after) for (_, before, after, reached), group in lines.items())
    told.sort(key=lambda line: (line[0][0], line[1][0], line[2:]))
    return [
        Change(
            "reach",
            f"{crowd.named(crowd.items(group))} to {crowd.named(crowd.items(reached))}",
            before,
            after,
            (crowd.place(group[0]), crowd.place(reached[0])),
            len(group) * len(reached) - len(set(group) & set(reached)),
        )
        for group, reached, before, after in told
    ]


def _by_receivers(ways: Iterable[tuple[Marks, Sequence[int]]]) -> list[tuple[Marks, tuple[int, ...]]]:
    """Senders with all that they have ways to, which are told by some senders and some receivers each; senders with the same ones are together."""
    receivers: dict[Marks, list[int]] = {}
    for marks, items in ways:
        receivers.setdefault(marks, []).extend(items)
    found: list[tuple[Marks, list[int]]] = []
    for marks, items in receivers.items():
        parted: list[tuple[Marks, list[int]]] = []
        for others, theirs in found:
            both = others & marks
            if both:
                parted.append((both, [*theirs, *items]))
            if others != both:
                parted.append((others ^ both, theirs))
            marks ^= both
        if marks:
            parted.append((marks, items))
        found = parted
    return [(marks, tuple(sorted(items))) for marks, items in found]


def _outside(old: Tables, new: Tables, sent: Sequence[Class], differences: Differences) -> list[Change]:
    """The changes for addresses that no attachment has, told together for senders of one place and blocks that change alike."""
    crowd = _Crowd(old, new)
    found: dict[tuple[str, str, str, tuple[Prefix, ...]], list[Attachment]] = {}
    for sending, texts, blocks in _blocks_of(old, new, sent, differences):
        found.setdefault((crowd.places[sending[0].name], *texts, blocks), []).extend(sending)
    told = [(crowd.ordered(group), key) for key, group in found.items()]
    told.sort(key=lambda line: (crowd.order[line[0][0].name], line[1]))
    return [
        Change(
            "reach",
            f"{crowd.named(group)} to {block_text(blocks)}",
            before,
            after,
            (place, "addresses that no attachment has"),
            len(group) * len(blocks),
        )
        for group, (place, before, after, blocks) in told
    ]


def _blocks_of(
    old: Tables, new: Tables, sent: Sequence[Class], differences: Differences
) -> Iterator[tuple[Class, tuple[str, str], tuple[Prefix, ...]]]:
    """Each class of senders with every (before, after) and the blocks that change so."""
    found: dict[Class, dict[tuple[str, str], list[Prefix]]] = {}
    for sending, block, before, after in changed_outside(old, new, sent, differences):
        found.setdefault(sending, {}).setdefault((before, after), []).append(block)
    for sending, changes in found.items():
        for texts, blocks in changes.items():
            yield sending, texts, tuple(blocks)


def _outside_by_segment(old: Tables, new: Tables) -> Iterator[Change]:
    """The same without an inventory: by segment, with the edges where not all of them change."""
    kept = [
        item for item in new.core.attachments if item.name in old.core.associations and not _is_appliance(new, item)
    ]
    count = Counter(new.core.associations[item.name].place for item in kept)
    found: dict[tuple[str, str, str, tuple[Prefix, ...]], list[str]] = {}
    for sending, texts, blocks in _blocks_of(old, new, [(item,) for item in kept], Differences(old, new)):
        item = sending[0]
        found.setdefault((new.core.associations[item.name].place, *texts, blocks), []).extend(item.regions)
    for (place, before, after, blocks), edges in found.items():
        where = "" if len(edges) == count[place] else f" at {', '.join(edges)}"
        yield Change("reach", f"{place}{where} to {block_text(blocks)}", before, after)


def _is_appliance(tables: Tables, item: Attachment) -> bool:
    return tables.core.associations[item.name].is_group


class _Crowd:
    """The attachments of a comparison by place, for names that people read. `places` says where each is, before and
    after, `order` numbers them, `count` how many there are in a place and in a place at some edges."""

    def __init__(self, old: Tables, new: Tables) -> None:
        self._items = tuple(new.core.attachments)
        self.places: dict[str, str] = {}
        self.order = {item.name: at for at, item in enumerate(new.core.attachments)}
        self.count: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for item in new.core.attachments:
            before, after = (_standing(tables.core.associations[item.name]) for tables in (old, new))
            place = self.places[item.name] = before if before == after else f"{before}, then {after}"
            self.count[place, ()] += 1
            self.count[place, item.regions] += 1

    def numbers(self, items: Iterable[Attachment]) -> list[int]:
        return [self.order[item.name] for item in items]

    def place(self, number: int) -> str:
        return self.places[self._items[number].name]

    def items(self, numbers: Iterable[int]) -> list[Attachment]:
        return [self._items[at] for at in numbers]

    def ordered(self, items: Iterable[Attachment]) -> list[Attachment]:
        return sorted(items, key=lambda item: self.order[item.name])

    def named(self, items: Sequence[Attachment]) -> str:
        """A few by their names, more of one place by their number and the first of them."""
        if len(items) <= _FEW:
            return ", ".join(item.name for item in items)
        place = self.places[items[0].name]
        regions = items[0].regions if len({item.regions for item in items}) == 1 else ()
        total = self.count[place, regions]
        number = str(total) if total == len(items) else f"{len(items)} of {total}"
        where = f" at {', '.join(regions)}" if regions else ""
        kind = f"in {place}" if place.startswith(("segment ", "group ")) else f"({place})"
        return f"{number} {kind}{where} ({items[0].name}, …)"


def comparison_data(found: Comparison) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "format_version": 1,
        "kind": "comparison",
        "assumed": found.assumed,
        "configuration": [
            {
                "subject": item.subject,
                "before": item.before,
                "after": item.after,
                "edges": None if item.edges is None else list(item.edges),
            }
            for item in found.configuration
        ],
        "edges": list(found.edges),
        "associations": [_change_data(item) for item in found.associations],
        "reach": [_change_data(item) for item in found.reach],
    }


def _change_data(item: Change) -> dict[str, str]:
    return {"subject": item.subject, "before": item.before, "after": item.after}
