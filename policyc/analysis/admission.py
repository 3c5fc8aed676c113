"""Attachments that the rules of a core network put into a place. Source: Cloud WAN reference, section 3.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policyc.engines.proofs.budget import Steps
from policyc.engines.wan.associate import associate
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.switches import Switches
from policyc.ir.network import AttachCondition, AttachmentType, AttachRule, CoreNetwork, ToGroup, ToSegment
from policyc.record import replace

_ACCOUNTS: Final = ("111122223333", "999988887777")
#: attachments of one type at one edge that are tried for one rule
_MOST_TRIES: Final = 200


def find_admitted(
    network: CoreNetwork, switches: Switches, place: str, kind: AttachmentType, edge: str, steps: Steps
) -> Attachment | None:
    """An attachment of a type at an edge that the rules put into a place; None where none was found. Raises TooLarge."""
    for rule in sorted(network.attach_rules, key=lambda item: item.number.value):
        waiting = list(_drafts(rule, place, kind, edge))
        seen = dict.fromkeys(waiting)
        # One that another rule takes is given other values for what that rule looks at.
        for draft in waiting:
            steps.take()
            found = associate(network, draft, switches)
            if found.working and found.place == place:
                return draft
            for other in _others(network, draft, () if found.rule is None else found.rule.conditions):
                if other not in seen and len(seen) < _MOST_TRIES:
                    seen[other] = None
                    waiting.append(other)
    return None


def _drafts(rule: AttachRule, place: str, kind: AttachmentType, edge: str) -> Iterator[Attachment]:
    """Attachments that a rule may put into a place."""
    action = rule.action
    tags: dict[str, str] = {}
    match action:
        case ToSegment(segment=word):
            if word.text != place:
                return
        case ToGroup(group=word):
            if word.text != place:
                return
        case _:
            tags = {action.key.text: place}
    sets = [(item,) for item in rule.conditions] if rule.logic == "or" else [rule.conditions]
    for conditions in sets:
        for account in _ACCOUNTS:
            draft = _draft(conditions, dict(tags), account, kind, edge)
            if draft is not None:
                yield draft


def _draft(
    conditions: Sequence[AttachCondition], tags: dict[str, str], account: str, kind: AttachmentType, edge: str
) -> Attachment | None:
    """An attachment that meets conditions; None where its type or its edge cannot."""
    resource: str | None = None
    for condition in sorted(conditions, key=lambda item: item.operator != "equals"):
        wanted = "" if condition.value is None else condition.value.text
        other = condition.operator == "not-equals"
        match condition.type:
            case "tag-exists" | "tag-name":
                tags.setdefault("" if condition.key is None else condition.key.text, "x")
            case "tag-value":
                key = "" if condition.key is None else condition.key.text
                if other:
                    tags.setdefault(key, f"{wanted}-x")
                elif condition.operator == "equals" or wanted not in tags.get(key, ""):
                    tags[key] = wanted
            case "account-id":
                if condition.operator == "equals":
                    account = wanted
                elif not other:
                    account = wanted.ljust(12, "0")[:12]
            case "resource-id":
                resource = f"{wanted}x" if other else wanted
            case "region" if condition.operator == "equals" and wanted != edge:
                return None
            case "attachment-type" if condition.operator == "equals" and wanted != kind:
                return None
            case _:
                pass
    return Attachment("draft", kind, (edge,), account, resource, tuple(tags.items()), state="available")


def _others(network: CoreNetwork, draft: Attachment, looked_at: Iterable[AttachCondition]) -> Iterator[Attachment]:
    """The attachment with other values for what conditions look at: those that the rules name, and one that none does."""
    for condition in looked_at:
        match condition.type:
            case "tag-exists" | "tag-name" | "tag-value":
                key = "" if condition.key is None else condition.key.text
                rest = {name: value for name, value in draft.tags if name != key}
                yield replace(draft, tags=tuple(rest.items()))
                for value in (*_longer(_named(network, condition)), "other"):
                    yield replace(draft, tags=tuple({**rest, key: value}.items()))
            case "account-id":
                for value in _named(network, condition):
                    yield from (replace(draft, account=value.ljust(12, digit)[:12]) for digit in "09")
                yield from (replace(draft, account=value) for value in _ACCOUNTS)
            case "resource-id":
                for value in (*_longer(_named(network, condition)), "other"):
                    yield replace(draft, resource_id=value)
            case "region" | "attachment-type" | "any":
                pass  # they are given


def _named(network: CoreNetwork, like: AttachCondition) -> Iterator[str]:
    """The values that rules want of what one condition looks at."""
    for rule in network.attach_rules:
        for condition in rule.conditions:
            same = condition.type == like.type or condition.key is not None
            if same and condition.key == like.key and condition.value is not None:
                yield condition.value.text


def _longer(values: Iterable[str]) -> Iterator[str]:
    """Values, and one that begins with each."""
    return (text for value in values for text in (value, f"{value}-x"))
