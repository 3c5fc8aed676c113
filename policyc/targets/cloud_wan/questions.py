"""What the command line asks of a core network, as functions over plain data: no files, no printing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.wan.associate import Association, associate
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.reach import Answer, Target, build_tables, reach, reach_back
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.inventory import FIELDS, Given, given, read_attachment
from policyc.targets.cloud_wan.steps import read_target

_LISTS = {"cidr": "cidrs", "cidrs": "cidrs", "regions": "regions"}


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """Both directions of one path; `back` is None when nothing comes back (nothing was delivered to one attachment)."""

    forward: Answer
    back: Answer | None


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


def ask_attachment(network: CoreNetwork, attachment: Attachment, switches: Switches = DEFAULT) -> Association:
    """Where one attachment goes, by which rule, and whether it waits for acceptance."""
    return associate(network, attachment, switches)


def ask_path(
    network: CoreNetwork, attachments: Sequence[Attachment], source: str, to: str, diagnostics: Diagnostics,
    switches: Switches = DEFAULT,
) -> PathAnswer | None:  # fmt: skip
    """Whether attachment `source` reaches `to` (an attachment's name, an address or a prefix), and back.

    None after a finding: an unknown name, or a name given twice.
    """
    by_name = {item.name: item for item in attachments}
    if len(by_name) < len(attachments):
        diagnostics.error("duplicate-name", "two attachments have the same name", None, "give each its own `name=…`")
        return None
    if source not in by_name:
        diagnostics.error(
            "unknown-attachment", f"no attachment is named `{source}`", None,
            did_you_mean(source, by_name, "attachments are " + (", ".join(sorted(by_name)) or "none")),
        )  # fmt: skip
        return None
    target = Target(by_name[to].prefixes, to) if to in by_name else read_target(to, None, diagnostics)
    if target is None:
        return None
    tables = build_tables(build_core(network, attachments, switches))
    forward = reach(tables, source, target)
    return PathAnswer(forward, reach_back(tables, source, forward))
