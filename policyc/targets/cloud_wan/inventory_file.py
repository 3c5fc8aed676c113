"""Files that say what is attached: the output of `aws networkmanager list-attachments`, our own shape, or both together.

AWS's entries have `AttachmentId`, `AttachmentType`, `EdgeLocation`, `Tags`, … and no prefixes; ours have the fields of `inventory`,
which AWS's entries may carry too (`cidrs`, `routes`, `label`, `name`). A later entry with a known name or id adds its fields, so a
second file can hold the prefixes. The shape is `schemas/cloud_wan/attachments.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.prefixes import Prefix
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_json,
)
from policyc.targets.cloud_wan.fields import kind_of, whole_number
from policyc.targets.cloud_wan.inventory import Given, is_prefix_list, read_attachment, read_prefix_list
from policyc.text import Source, Span

#: our field for each of AWS's that matters; the others are the service's own records
_AWS_FIELDS: Final = {
    "AttachmentType": "type", "EdgeLocation": "region", "EdgeLocations": "regions", "OwnerAccountId": "account",
    "State": "state", "RoutingPolicyLabel": "label",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inventory:
    """Attachments with distinct names, and prefix lists by alias."""

    attachments: tuple[Attachment, ...] = ()
    lists: Mapping[str, tuple[Prefix, ...]] = field(default_factory=dict)


def read_inventory(sources: Sequence[Source], diagnostics: Diagnostics) -> Inventory | None:
    """One inventory from several files, or None after findings."""
    found = Diagnostics()
    reader = _Reader(found)
    for source in sources:
        value = parse_json(source, found)
        if value is not None:
            reader.file(value)
    inventory = None if found.has_errors else reader.finish()
    diagnostics.extend(found)
    return None if found.has_errors else inventory


@dataclass(slots=True)
class _Reader:
    """`entries` by name; `names` finds an entry by its name or id."""

    diagnostics: Diagnostics
    entries: dict[str, dict[str, Given]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[Prefix, ...]] = field(default_factory=dict)

    def refuse(self, message: str, span: Span, help: str) -> None:
        self.diagnostics.error("inventory-shape", message, span, help)

    def file(self, value: JsonValue) -> None:
        match value:
            case JsonArray():
                self.items(value)
            case JsonObject():
                known = False
                for member in value:
                    if member.key in ("Attachments", "attachments"):
                        known = True
                        self.container(member.value)
                    elif member.key == "prefix_lists":
                        known = True
                        self.prefix_lists(member.value)
                    elif member.key == "NextToken" and isinstance(member.value, JsonString):
                        self.diagnostics.warning(
                            "inventory-incomplete", "this is one page of several: `NextToken` is set", member.key_span,
                            "let the AWS CLI page by itself, without `--max-items`",
                        )  # fmt: skip
                    elif member.key not in ("NextToken", "$schema"):
                        self.refuse(
                            f"an inventory has no key `{member.key[:60]}`", member.key_span,
                            "keys are `Attachments` (or `attachments`) and `prefix_lists`",
                        )  # fmt: skip
                        known = True
                if not known:
                    self.refuse(
                        "there is no attachment in this file", value.span, "give `Attachments` as AWS lists them"
                    )
            case _:
                self.refuse(
                    f"an inventory is an object, not {kind_of(value)}", value.span, 'write `{"Attachments": […]}`'
                )

    def container(self, value: JsonValue) -> None:
        if isinstance(value, JsonArray):
            self.items(value)
        elif isinstance(value, JsonObject):
            for member in value:
                if isinstance(member.value, JsonObject):
                    self.entry(member.value, member.key)
                else:
                    self.refuse(f"`{member.key[:60]}` is {kind_of(member.value)}", member.value.span, "write a record")
        else:
            self.refuse(f"attachments are {kind_of(value)}", value.span, "list them in brackets, or by name in braces")

    def items(self, value: JsonArray) -> None:
        for item in value.items:
            if isinstance(item, JsonObject):
                self.entry(item, "")
            else:
                self.refuse(f"an attachment is an object, not {kind_of(item)}", item.span, "write `{ … }`")

    def entry(self, value: JsonObject, name: str) -> None:
        fields: dict[str, Given] = {}
        for member in value:
            if isinstance(member.value, JsonNull):
                continue
            if member.key[:1].isupper():
                self.aws_field(member.key, member.value, fields)
            elif member.key == "name":
                name = name or (member.value.value if isinstance(member.value, JsonString) else "")
            else:
                given = self.plain(member.value)
                if given is not None:
                    fields[member.key] = given
        if fields.get("regions") is not None:
            fields.pop("region", None)
        identity = fields.get("id")
        text = identity.value if identity is not None and isinstance(identity.value, str) else ""
        name = name or text
        if not name:
            self.refuse("an attachment has neither `name` nor `AttachmentId`", value.span, "name it")
            return
        self.merge(name, text, fields, value.span)

    def merge(self, name: str, identity: str, fields: Mapping[str, Given], span: Span) -> None:
        known = self.names.get(name) or (self.names.get(identity) if identity else None)
        if known is None:
            self.entries[name], self.spans[name] = dict(fields), span
            self.names[name] = name
            if identity:
                self.names.setdefault(identity, name)
            return
        for key, value in fields.items():
            if key in self.entries[known] and self.entries[known][key].value != value.value and key != "id":
                self.refuse(f"`{known}` has two values for `{key}`", value.span or span, "keep one")
            self.entries[known][key] = value

    def aws_field(self, key: str, value: JsonValue, fields: dict[str, Given]) -> None:
        text = value.value if isinstance(value, JsonString) else ""
        if key in _AWS_FIELDS:
            given = self.plain(value)
            if given is not None and given.value not in ("", ()):
                small = key == "AttachmentType" and isinstance(given.value, str)
                fields[_AWS_FIELDS[key]] = Given(str(given.value).lower(), given.span) if small else given
        elif key == "AttachmentId":
            fields["id"] = Given(text, value.span)
        elif key == "ResourceArn" and text:
            fields["resource_id"] = Given(text.rpartition("/")[2], value.span)
        elif key == "SegmentName" and text:
            fields["current"] = Given(f"segment {text}", value.span)
        elif key == "NetworkFunctionGroupName" and text:
            fields["current"] = Given(f"group {text}", value.span)
        elif key == "Tags":
            self.aws_tags(value, fields)

    def aws_tags(self, value: JsonValue, fields: dict[str, Given]) -> None:
        tags: dict[str, Given] = {}
        for item in value.items if isinstance(value, JsonArray) else ():
            key = item.get("Key") if isinstance(item, JsonObject) else None
            content = item.get("Value") if isinstance(item, JsonObject) else None
            if isinstance(key, JsonString) and isinstance(content, JsonString):
                tags[key.value] = Given(content.value, content.span)
            else:
                self.refuse("a tag has no `Key` and `Value`", item.span, 'write `{"Key": "…", "Value": "…"}`')
        if not isinstance(value, JsonArray):
            self.refuse(f"`Tags` is {kind_of(value)}", value.span, "list the tags in brackets")
        fields["tags"] = Given(tags, value.span)

    def plain(self, value: JsonValue) -> Given | None:
        """JSON as fields; a number that is not whole is refused."""
        match value:
            case JsonString(text, span):
                return Given(text, span)
            case JsonBool(flag, span):
                return Given(flag, span)
            case JsonNumber():
                number = whole_number(value)
                if number is None:
                    self.refuse("numbers of an attachment are whole", value.span, "write a whole number")
                    return None
                return Given(number, value.span)
            case JsonArray(items, span):
                inner = [self.plain(item) for item in items]
                return Given(tuple(item for item in inner if item is not None), span)
            case JsonObject():
                found = {member.key: self.plain(member.value) for member in value}
                return Given({key: item for key, item in found.items() if item is not None}, value.span)
            case JsonNull():
                self.refuse("`null` stands for nothing here", value.span, "leave the field out")
                return None

    def prefix_lists(self, value: JsonValue) -> None:
        if not isinstance(value, JsonObject):
            self.refuse(f"`prefix_lists` is {kind_of(value)}", value.span, 'write `{"alias": ["10.0.0.0/8"]}`')
            return
        for member in value:
            given = self.plain(member.value)
            if given is not None:
                listed = read_prefix_list(member.key, {"cidrs": given}, member.key_span, self.diagnostics)
                if listed is not None:
                    self.lists[listed.alias] = listed.prefixes

    def titles(self) -> dict[str, str]:
        """The tag `Name` in place of an id, where it is the only one of its kind."""
        found: dict[str, list[str]] = {}
        for name, fields in self.entries.items():
            tags = fields.get("tags")
            title = tags.value.get("Name") if tags is not None and isinstance(tags.value, Mapping) else None
            identity = fields.get("id")
            if title is not None and isinstance(title.value, str) and identity is not None and identity.value == name:
                found.setdefault(title.value, []).append(name)
        return {
            names[0]: title for title, names in found.items() if title and len(names) == 1 and title not in self.names
        }

    def finish(self) -> Inventory:
        attachments: list[Attachment] = []
        titles = self.titles()
        for name, fields in self.entries.items():
            if is_prefix_list(fields):
                listed = read_prefix_list(name, fields, self.spans[name], self.diagnostics)
                if listed is not None:
                    self.lists[listed.alias] = listed.prefixes
                continue
            attachment = read_attachment(titles.get(name, name), fields, self.spans[name], self.diagnostics)
            if attachment is not None:
                attachments.append(attachment)
        return Inventory(tuple(attachments), self.lists)
