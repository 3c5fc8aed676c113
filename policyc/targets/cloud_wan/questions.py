"""What the command line asks of a core network, as functions over plain data: no files, no printing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.prefixes import parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, build_tables, reach, reach_back
from policyc.engines.wan.round_trip import RoundTrip
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork, CreateRoute
from policyc.record import record, replace
from policyc.targets.cloud_wan.inventory import FIELDS, Given, given, read_attachment
from policyc.targets.cloud_wan.inventory_file import Inventory, last_part
from policyc.targets.cloud_wan.steps import read_target
from policyc.targets.cloud_wan.unstated_prefixes import silent_attachments, unstated_text, weigh_unstated

_LISTS = {"cidr": "cidrs", "cidrs": "cidrs", "regions": "regions"}


@record
class PathAnswer(RoundTrip):
    """Both directions of one path; `remarks` say how the two ways differ where both arrive."""

    remarks: tuple[str, ...] = ()


def attachment_from_flag(text: str, position: int, diagnostics: Diagnostics) -> Attachment | None:
    """`name=dev1,type=vpc,region=us-east-1,account=…,tag.segment=production,cidr=10.1.0.0/16,accepted=true`.

    `cidr` may stand several times; without `name` the attachment is called `attachment1`, … by `position` (from 1).
    """
    name = f"attachment{position}"
    fields: dict[str, Given] = {}
    tags: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        key = key.strip()
        if not equals or not key:
            diagnostics.error(
                "attachment-flag", f"`{part}` is not `key=value`", None, "write `type=vpc,region=us-east-1`"
            )
            return None
        if key == "name":
            name = value
        elif key.startswith("tag.") and len(key) > 4:
            tags[key[4:]] = value
        elif key in _LISTS:
            lists.setdefault(_LISTS[key], []).append(value)
        elif key == "accepted" and value in ("true", "false"):
            fields[key] = Given(value == "true")
        elif key in FIELDS and key not in ("tags", "routes", "accepted"):
            fields[key] = Given(value)
        else:
            known = [*(field for field in FIELDS if field not in ("tags", "routes")), "name", "cidr", "tag.KEY"]
            diagnostics.error(
                "attachment-flag",
                f"unknown key `{key}`",
                None,
                did_you_mean(key, known, "keys are " + ", ".join(known)),
            )
            return None
    if tags:
        fields["tags"] = given(tags)
    fields.update({key: given(values) for key, values in lists.items()})
    return read_attachment(name, fields, None, diagnostics)


def situate(
    network: CoreNetwork, inventory: Inventory, switches: Switches = DEFAULT, like: Tables | None = None
) -> Tables:
    """Every route table of a network with an inventory in place. What is the same in the tables `like` these is taken from there."""
    tables = build_tables(build_core(network, tuple(_announcing(network, inventory)), switches, inventory.lists), like)
    silent = silent_attachments(tables)
    if silent:
        tables.notes.append(unstated_text(silent, len(tables.core.associations)))
    return tables


def _announcing(network: CoreNetwork, inventory: Inventory) -> Iterator[Attachment]:
    """The attachments without what route tables of the service told of them and the network's own static routes explain."""
    statics = {
        (word.text, prefix)
        for action in network.actions
        if isinstance(action, CreateRoute)
        for prefix in (parse_prefix(item.text) for item in action.cidrs)
        for word in action.destinations
    }
    explained = {(name, prefix) for name, prefix in inventory.listed if (name, prefix) in statics}
    for item in inventory.attachments:
        if any((item.id, prefix) in explained for prefix in item.prefixes):
            item = replace(item, routes=tuple(r for r in item.routes if (item.id, r.prefix) not in explained))
        yield item


def check_names(attachments: Sequence[Attachment], diagnostics: Diagnostics) -> bool:
    """Whether no two attachments have one name; reported otherwise."""
    seen: set[str] = set()
    for item in attachments:
        if item.name in seen:
            diagnostics.error(
                "duplicate-name", f"two attachments are called `{item.name}`", item.span, "give each its own name"
            )
            return False
        seen.add(item.name)
    return True


def find_attachment(attachments: Sequence[Attachment], text: str, diagnostics: Diagnostics) -> Attachment | None:
    """The attachment that people mean: by name, by id, by the tag `Name`, by resource id, or by the ARN of either, when only one has it.

    None after a finding.
    """
    found = next((item for item in attachments if text in (item.name, item.id)), None)
    if found is not None:
        return found
    tail = last_part(text)
    several = [item for item in attachments if text == item.tag("Name") or tail in (item.id, item.resource_id)]
    if len(several) == 1:
        return several[0]
    if several:
        diagnostics.error(
            "unknown-attachment",
            f"{len(several)} attachments go by `{text}`",
            None,
            "name one of " + ", ".join(f"`{item.name}`" for item in several[:5]),
        )
        return None
    names = [item.name for item in attachments]
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    diagnostics.error(
        "unknown-attachment",
        f"no attachment is named `{text}`",
        None,
        did_you_mean(text, names, f"attachments are {shown}" if names else "give some with `--attachments`"),
    )
    return None


def ask_path(tables: Tables, source: str, to: str, diagnostics: Diagnostics) -> PathAnswer | None:
    """Whether attachment `source` reaches `to` (an attachment, an address or a prefix), and back; None after a finding."""
    attachments = tuple(tables.core.attachments)
    start = find_attachment(attachments, source, diagnostics)
    if start is None:
        return None
    end = None if parse_prefix(to) is not None else find_attachment(attachments, to, diagnostics)
    target = Target(end.prefixes, end.name) if end is not None else None
    if target is None and parse_prefix(to) is not None:
        target = read_target(to, None, diagnostics)
    if target is None:
        return None
    if end is not None and not end.prefixes:
        diagnostics.error(
            "attachment-field",
            f"`{end.name}` has no `cidrs`, so no path leads to it",
            end.span,
            f'name an address, or add a file: `{{"attachments": {{"{end.id or end.name}": {{"cidrs": ["10.1.0.0/16"]}}}}}}`',
        )
        return None
    forward = weigh_unstated(tables, start.name, target, reach(tables, start.name, target))
    back = reach_back(tables, start.name, forward)
    return PathAnswer(forward, back, tuple(_remarks(tables, forward, back)))


def _remarks(tables: Tables, forward: Answer, back: Answer | None) -> Iterator[str]:
    """How the way back differs from the way there, where both are certain. Where an appliance lets traffic out of the core network
    (`send-to`), the way back begins at that appliance, which inspects it too."""
    if back is None or forward.verdict is not Verdict.REACHABLE or back.verdict is not Verdict.REACHABLE:
        return
    ends = [tables.core.associations[walk.delivered_to] for walk in forward.walks]
    exits = [item.place for item in ends if item.is_group and item.place in forward.groups]
    groups = tuple(dict.fromkeys((*exits, *back.groups))) if len(exits) == len(ends) else back.groups
    if forward.groups != groups[::-1] and set(forward.groups) != set(groups):
        there, here = (", ".join(f"`{name}`" for name in way) or "nothing" for way in (forward.groups, groups))
        yield f"asymmetric inspection: {there} inspects the way there, {here} the way back"
    ways, returns = (
        {frozenset((*(hop.edge for hop in walk.hops), walk.edge)) for walk in way.walks} for way in (forward, back)
    )
    inspected = {walk.through[:-1] for walk in forward.walks}, {walk.through[:-1][::-1] for walk in back.walks}
    if set(forward.groups) == set(groups) and inspected[0] != inspected[1]:
        yield "asymmetric inspection: other appliances of the same group see the way back"
    elif ways != returns:
        yield "the way back passes other edges"
