"""An attribute of trust or request data: its words in the language, where Cedar's `context` has it, and how it is held there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from policyc.model.types import parse_type
from policyc.model.vocabulary import Attribute, Presence
from policyc.record import record, replace
from policyc.regex import regex
from policyc.syntax.cedar_literals import is_identifier, quoted

#: How Cedar holds an attribute: one value, a set, or a record keyed by the value (Identity Center groups).
Form = Literal["scalar", "set", "record"]

#: The step of a keyed attribute's path that a key takes the place of.
KEY = "[]"

_KEY = regex(r'(?:^|\.)(?P<name>[^.\["]+)|\["(?P<key>[^"]+)"\]')
_IDENTIFIER = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@record
class Fact:
    """An attribute and how Cedar stores it: `path` below `context`, `form`, the kind of group that its values name (empty
    for none), the range of a score, whether sources disagree between number and text (`text_too`), and whether nobody promises the kind
    of its value (`any_kind`): then a test is one of values of the literals' kinds."""

    attribute: Attribute
    path: tuple[str, ...]
    form: Form = "scalar"
    group: str = ""
    minimum: int | None = None
    maximum: int | None = None
    text_too: bool = False
    any_kind: bool = False

    def with_key(self, key: str) -> Fact:
        """The fact for one key of a keyed attribute: the key takes its step of the path."""
        path = tuple(key if step == KEY else step for step in self.path)
        return replace(self, attribute=self.attribute.with_key(key), path=path)


def find_fact(known: Mapping[str, Fact], name: str) -> Fact | None:
    """The fact by an attribute's name; `idc.groups["<id>"].group_name` gives that of `idc.groups[].group_name` with the key."""
    found = known.get(name)
    if found is not None or '["' not in name:
        return found
    for family, fact in known.items():
        head, _, tail = family.partition(KEY)
        before, after = f'{head}["', f'"]{tail}'
        key = name[len(before) : len(name) - len(after)]
        if fact.attribute.keyed and key and name == before + key + after:
            return fact.with_key(key)
    return None


def fact_of(known: Mapping[str, Fact], attribute: Attribute) -> Fact:
    """The fact of an attribute that `limits.check_policy` has passed. Raises KeyError on any other (a bug)."""
    found = find_fact(known, attribute.name)
    if found is None:
        raise KeyError(attribute.name)
    return found


def split_name(text: str) -> tuple[str, ...] | None:
    """The steps of `okta.address.country` or `okta["cognito:groups"]`; None when a step holds a quote or is empty."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        match = _KEY.match(text, at)
        if match is None:
            return None
        steps.append(match["name"] if match["name"] is not None else match["key"])
        at = match.end()
    return tuple(steps) or None


def cedar_path(path: tuple[str, ...]) -> str:
    """The path as Cedar writes it below `context`: `idc.user.email`, `okta["cognito:groups"]`."""
    out = ""
    for step in path:
        if is_identifier(step):
            out += f".{step}" if out else step
        else:
            out += f"[{quoted(step)}]"
    return out


def language_name(steps: tuple[str, ...]) -> str:
    """The steps of an attribute as the language writes them: the other way round than `split_name`."""
    out = steps[0]
    for step in steps[1:]:
        out += f".{step}" if _IDENTIFIER.fullmatch(step) else f'["{step}"]'
    return out


def read_fact(name: str, path: tuple[str, ...], entry: Mapping[str, Any]) -> Fact:
    """The fact of an entry of the trust data (`type`, `doc`, `source`; `form`, `group`, `key`, `shape`, the ends of a number)."""
    presence: Presence = entry.get("presence", "optional")
    key_type = entry.get("key", "")
    native = cedar_path(path)
    attribute = Attribute(
        name=name,
        native=native.replace(f"[{quoted(KEY)}]", KEY) if key_type else native,
        type=parse_type(entry["type"]),
        many=entry.get("many", False),
        presence=presence,
        values=tuple(entry.get("values", ())),
        doc=entry["doc"],
        source=entry["source"],
        note=entry.get("note", ""),
        keyed=bool(key_type),
        key_type=key_type,
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        constructor=entry.get("group", ""),
        unit=entry.get("unit", ""),
        shape=entry.get("shape", ""),
        says=entry.get("says", ""),
    )
    return Fact(
        attribute, path, entry.get("form", "scalar"), entry.get("group", ""), entry.get("minimum"), entry.get("maximum")
    )
