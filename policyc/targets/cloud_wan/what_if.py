"""Suppositions about a core network: attachments that go, come, or have another tag, and edges that go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.wan.associate import Associator, Standing
from policyc.engines.wan.attachments import WORKING_STATES, Attachment
from policyc.ir.network import AssociatePolicies, CoreNetwork, EdgeOverride, SegmentAction, SendTo, SendVia, Word
from policyc.record import field, record, replace
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.questions import attachment_from_flag, find_attachment

#: the state of an attachment that is not there
_GONE = "deleting"


@record
class Supposed:
    """What is supposed, as people write it: names of attachments and edges, `ATTACHMENT.KEY=VALUE`, and attachments as `--attachment`."""

    without: Sequence[str] = ()
    without_edges: Sequence[str] = ()
    tags: Sequence[str] = ()
    added: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.without or self.without_edges or self.tags or self.added)


@record
class World:
    """A network with what is attached to it. Two worlds of one supposition have attachments of the same names: one that is not there is about
    to be deleted, and `absent` names it."""

    network: CoreNetwork
    inventory: Inventory
    absent: frozenset[str] = field(default=frozenset())


def suppose(
    network: CoreNetwork, inventory: Inventory, supposed: Supposed, diagnostics: Diagnostics
) -> tuple[World, World] | None:
    """The world of today and the supposed one; None after findings."""
    known = inventory.attachments
    after = {item.name: item for item in known}
    gone = [find_attachment(known, name, diagnostics) for name in supposed.without]
    for text in supposed.tags:
        _tag(known, after, text, diagnostics)
    for item in known:
        if after[item.name] is not item:
            after[item.name] = _moved(network, item, after[item.name])
    added = [attachment_from_flag(text, len(known) + at, diagnostics) for at, text in enumerate(supposed.added, 1)]
    for edge in supposed.without_edges:
        if edge not in network.locations:
            shown = ", ".join(f"`{one}`" for one in network.locations)
            help = did_you_mean(edge, network.locations, f"edges are {shown}")
            diagnostics.error("unknown-edge", f"the core network has no edge in `{edge[:40]}`", None, help)
    new = [item for item in added if item is not None]
    for item in new:
        if item.name in after:
            help = "give it another `name=`, or change a tag with `--tag`"
            diagnostics.error("duplicate-name", f"there is an attachment `{item.name}` already", None, help)
    if diagnostics.has_errors:
        return None
    missing = {item.name for item in gone if item is not None}
    today = (*known, *(replace(item, state=_GONE) for item in new))
    then = (*(replace(item, state=_GONE) if item.name in missing else item for item in after.values()), *new)
    return (
        World(network, replace(inventory, attachments=today), frozenset(item.name for item in new)),
        World(without_edges(network, supposed.without_edges), replace(inventory, attachments=then), frozenset(missing)),
    )


def _tag(known: Sequence[Attachment], after: dict[str, Attachment], text: str, diagnostics: Diagnostics) -> None:
    """`ATTACHMENT.KEY=VALUE`: a name may hold points, so that the longest name that there is counts."""
    subject, equals, value = text.partition("=")
    names = [item.name for item in known if subject.startswith(f"{item.name}.")]
    name = max(names, key=len, default=subject.partition(".")[0])
    key = subject[len(name) + 1 :]
    if not equals or not key:
        help = "write `ATTACHMENT.KEY=VALUE`, such as `payments.segment=production`"
        diagnostics.error("attachment-flag", f"`{text[:60]}` sets no tag of an attachment", None, help)
        return
    item = find_attachment(known, name, diagnostics)
    if item is not None:
        kept = tuple(pair for pair in after[item.name].tags if pair[0] != key)
        after[item.name] = replace(after[item.name], tags=(*kept, (key, value)))


def _moved(network: CoreNetwork, item: Attachment, tagged: Attachment) -> Attachment:
    """An attachment with other tags. Where its new place wants acceptance that is a proposal: until somebody accepts it, the attachment
    stays where it is (reference, section 3.2, item 7)."""
    if item.state is not None and item.state not in WORKING_STATES:
        return tagged
    associate = Associator(network)
    before, asked = associate(item), associate(replace(tagged, state=None))
    if asked.standing is not Standing.PENDING or (before.place, before.is_group) == (asked.place, asked.is_group):
        return tagged
    if not before.working:
        return replace(tagged, state=None)
    return replace(tagged, state="pending_tag_acceptance", current=(before.place, before.is_group))


def without_edges(network: CoreNetwork, gone: Iterable[str]) -> CoreNetwork:
    """The network without some edge locations: segments that were only there, and what names them, go too."""
    away = frozenset(gone)
    if not away:
        return network
    segments = tuple(
        replace(item, edges=_left(item.edges, away))
        for item in network.segments
        if not item.edges or _left(item.edges, away)
    )
    edges = tuple(edge for edge in network.configuration.edges if edge.location.text not in away)
    return replace(
        network,
        configuration=replace(network.configuration, edges=edges),
        segments=segments,
        actions=tuple(_reduced(action, away) for action in network.actions if not _names(action, away)),
        label_rules=tuple(
            replace(rule, edges=_left(rule.edges, away))
            for rule in network.label_rules
            if not rule.edges or _left(rule.edges, away)
        ),
    )


def _left(words: tuple[Word, ...], away: frozenset[str]) -> tuple[Word, ...]:
    return tuple(word for word in words if word.text not in away)


def _names(action: SegmentAction, away: frozenset[str]) -> bool:
    return isinstance(action, AssociatePolicies) and not away.isdisjoint((action.location.text, action.peer.text))


def _reduced(action: SegmentAction, away: frozenset[str]) -> SegmentAction:
    if not isinstance(action, SendVia | SendTo):
        return action
    overrides: list[EdgeOverride] = []
    for item in action.overrides:
        sets = tuple(left for edges in item.edge_sets if (left := _left(edges, away)) == edges or len(left) > 1)
        if sets and item.use.text not in away:
            overrides.append(replace(item, edge_sets=sets))
    return replace(action, overrides=tuple(overrides))
