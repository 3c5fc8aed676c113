"""Tags of attachments that are nearly what the association rules ask for: keys and values are compared letter by letter.

Source: Cloud WAN reference, section 3.2.
"""

from __future__ import annotations

from policyc.engines.wan.attachments import Attachment
from policyc.ir.network import AttachCondition, CoreNetwork, ToTag


class Spelling:
    """The keys and values that the rules of a network ask for, by their small letters."""

    def __init__(self, network: CoreNetwork) -> None:
        self._keys: dict[str, set[str]] = {}
        self._values: dict[str, dict[str, set[str]]] = {}
        for rule in network.attach_rules:
            for condition in rule.conditions:
                if condition.key is not None:
                    self._ask(condition.key.text, _value(condition))
            if isinstance(rule.action, ToTag):
                self._ask(rule.action.key.text, "")
                for segment in network.segments:
                    self._ask(rule.action.key.text, segment.name.text)

    def _ask(self, key: str, value: str) -> None:
        self._keys.setdefault(key.lower(), set()).add(key)
        if value:
            self._values.setdefault(key, {}).setdefault(value.lower(), set()).add(value)

    def slip(self, attachment: Attachment) -> str:
        """What a tag of an attachment should be, in words; empty where each is asked for as it is, or is none of the rules' at all."""
        there = {key for key, _ in attachment.tags}
        for key, value in attachment.tags:
            keys = self._keys.get(key.lower(), set())
            if keys and key not in keys and not keys & there:
                return f"tag `{key}` is another tag than `{min(keys)}`, which the rules ask for"
            wanted = self._values.get(key, {}).get(value.lower(), set())
            if wanted and value not in wanted:
                return f"`{value}` of tag `{key}` is another value than `{min(wanted)}`, which the rules ask for"
        return ""


def _value(condition: AttachCondition) -> str:
    return condition.value.text if condition.operator == "equals" and condition.value is not None else ""
