"""Files that say what is attached: what `aws networkmanager` prints about attachments, our own shape, or both together.

AWS's entries have `AttachmentId`, `AttachmentType`, `EdgeLocation`, `Tags`, … and no prefixes; ours have the fields of `inventory`,
which AWS's entries may carry too (`cidrs`, `routes`, `label`, `name`). An entry without type and Region adds its fields to one that any
file lists, by name, tag `Name`, id or id of the resource. The shape is `schemas/cloud_wan/attachments.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.prefixes import Prefix
from policyc.ir.network import ATTACHMENT_TYPES
from policyc.record import field, record, replace
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_json_values,
)
from policyc.targets.cloud_wan.fields import kind_of, whole_number
from policyc.targets.cloud_wan.inventory import Given, is_prefix_list, read_attachment, read_prefix_list
from policyc.targets.cloud_wan.routing_information import read_rows
from policyc.text import Source, Span

#: our field for each of AWS's that matters; the others are the service's own records
_AWS_FIELDS: Final = {
    "AttachmentType": "type",
    "EdgeLocation": "region",
    "EdgeLocations": "regions",
    "OwnerAccountId": "account",
    "State": "state",
    "RoutingPolicyLabel": "label",
}
_LISTS: Final = ("Attachments", "attachments")
#: what the commands about one attachment print: an attachment within an object of its kind
_WRAPPERS: Final = (
    "VpcAttachment",
    "ConnectAttachment",
    "SiteToSiteVpnAttachment",
    "TransitGatewayRouteTableAttachment",
    "DirectConnectGatewayAttachment",
)
_LABELS: Final = "AttachmentRoutingPolicyAssociations"
_ROWS: Final = "CoreNetworkRoutingInformation"
_KEYS: Final = (*_LISTS, "prefix_lists", "Attachment", *_WRAPPERS, _LABELS, _ROWS)


@record
class Inventory:
    """Attachments with distinct names, and prefix lists by alias. `listed` are (attachment id, prefix) that route tables of the service
    tell of VPCs: a static route looks the same there."""

    attachments: tuple[Attachment, ...] = ()
    lists: Mapping[str, tuple[Prefix, ...]] = field(default_factory=dict)
    listed: frozenset[tuple[str, Prefix]] = frozenset()


def read_inventory(sources: Sequence[Source], diagnostics: Diagnostics) -> Inventory | None:
    """One inventory from several files, or None after findings. A file may hold several JSON values one after another."""
    found = Diagnostics()
    reader = _Reader(found)
    for source in sources:
        for value in parse_json_values(source, found) or ():
            reader.page(value)
    inventory = None if found.has_errors else reader.finish()
    diagnostics.extend(found)
    return None if found.has_errors else inventory


@record(frozen=False)
class _Entry:
    """What is known of one attachment, or of something that adds to one."""

    name: str
    id: str
    fields: dict[str, Given]
    span: Span

    @property
    def adds(self) -> bool:
        """Whether it only adds to what is listed elsewhere."""
        return not {"type", "region", "regions"} & self.fields.keys()

    @property
    def title(self) -> str:
        tags = self.fields.get("tags")
        found = tags.value.get("Name") if tags is not None and isinstance(tags.value, Mapping) else None
        return found.value if found is not None and isinstance(found.value, str) else ""

    @property
    def resource(self) -> str:
        found = self.fields.get("resource_id")
        return found.value if found is not None and isinstance(found.value, str) else ""


@record(frozen=False)
class _Reader:
    """`entries` by name; `names` finds an entry by its name or id; `added` waits until all is listed; `left_out` are ids of entries
    that were skipped; `tokens` are where the last page of each of AWS's lists says that another one follows."""

    diagnostics: Diagnostics
    entries: dict[str, _Entry] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    added: list[_Entry] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    lists: dict[str, tuple[Prefix, ...]] = field(default_factory=dict)
    listed: set[tuple[str, Prefix]] = field(default_factory=set)
    tokens: dict[str, Span] = field(default_factory=dict)

    def refuse(self, message: str, span: Span, help: str) -> None:
        self.diagnostics.error("inventory-shape", message, span, help)

    # --- pages ------------------------------------------------------------------------------------------------

    def page(self, value: JsonValue) -> None:
        """One value of a file: a page of AWS's, our own object, a single attachment, or a list of any of these."""
        match value:
            case JsonArray():
                for item in value.items:
                    if isinstance(item, JsonObject):
                        self.object(item)
                    else:
                        self.refuse(f"an attachment is an object, not {kind_of(item)}", item.span, "write `{ … }`")
            case JsonObject() if value.members:
                self.object(value)
            case JsonObject():
                self.refuse("there is no attachment in this file", value.span, "give `Attachments` as AWS lists them")
            case _:
                self.refuse(
                    f"an inventory is an object, not {kind_of(value)}", value.span, 'write `{"Attachments": […]}`'
                )

    def object(self, value: JsonObject) -> None:
        keys = {member.key for member in value}
        if keys & {"AttachmentId", "name", "type"}:
            self.entry(value, "")
            return
        listed = [key for key in ("Attachments", _LABELS, _ROWS) if key in keys]
        for key in listed:
            self.tokens.pop(key, None)
        for member in value:
            if member.key in _LISTS:
                self.container(member.value)
            elif member.key == "prefix_lists":
                self.prefix_lists(member.value)
            elif member.key == "Attachment" or member.key in _WRAPPERS:
                self.wrapped(member.key, member.value)
            elif member.key == _LABELS:
                self.labels(member.value)
            elif member.key == _ROWS:
                self.rows(member.value)
            elif member.key == "NextToken":
                if isinstance(member.value, JsonString):
                    self.tokens.update(dict.fromkeys(listed or ("attachments",), member.key_span))
            elif member.key != "$schema":
                self.refuse(
                    f"an inventory has no key `{member.key[:60]}`",
                    member.key_span,
                    did_you_mean(member.key, _KEYS, "keys are `Attachments` (or `attachments`) and `prefix_lists`"),
                )
        if not keys - {"NextToken", "$schema"}:
            self.refuse("there is no attachment in this file", value.span, "give `Attachments` as AWS lists them")

    def container(self, value: JsonValue) -> None:
        if isinstance(value, JsonArray):
            for item in value.items:
                if isinstance(item, JsonObject):
                    self.entry(item, "")
                else:
                    self.refuse(f"an attachment is an object, not {kind_of(item)}", item.span, "write `{ … }`")
        elif isinstance(value, JsonObject):
            for member in value:
                if isinstance(member.value, JsonObject):
                    self.entry(member.value, member.key, member.key_span)
                else:
                    self.refuse(f"`{member.key[:60]}` is {kind_of(member.value)}", member.value.span, "write a record")
        else:
            self.refuse(f"attachments are {kind_of(value)}", value.span, "list them in brackets, or by name in braces")

    def wrapped(self, key: str, value: JsonValue) -> None:
        inner = value if key == "Attachment" else value.get("Attachment") if isinstance(value, JsonObject) else None
        if isinstance(inner, JsonObject):
            self.entry(inner, "")
        else:
            self.refuse(f"`{key}` holds no attachment", value.span, 'write `{"Attachment": {…}}`')

    def labels(self, value: JsonValue) -> None:
        """`list-attachment-routing-policy-associations`: the label of each attachment."""
        for item in self.objects(value):
            identity, label = item.get("AttachmentId"), item.get("RoutingPolicyLabel")
            if isinstance(identity, JsonString) and isinstance(label, JsonString):
                self.added.append(_Entry(identity.value, "", {"label": Given(label.value, label.span)}, identity.span))

    def rows(self, value: JsonValue) -> None:
        """`list-core-network-routing-information`: what attachments announce, by the rows that lead to them."""
        for identity, routes in read_rows(self.objects(value), self.diagnostics).items():
            self.added.append(_Entry(identity, "", {"routes": routes.given}, routes.span))
            self.listed |= {(identity, prefix) for prefix in routes.bare}

    def objects(self, value: JsonValue) -> Iterator[JsonObject]:
        for item in value.items if isinstance(value, JsonArray) else ():
            if isinstance(item, JsonObject):
                yield item
            else:
                self.refuse(f"an entry is an object, not {kind_of(item)}", item.span, "write `{ … }`")
        if not isinstance(value, JsonArray):
            self.refuse(f"a list is wanted, not {kind_of(value)}", value.span, "give the list as AWS prints it")

    # --- entries ----------------------------------------------------------------------------------------------

    def entry(self, value: JsonObject, name: str, name_span: Span | None = None) -> None:
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
        elif value.get("AttachmentType") is not None and not self.usable(name, fields, value.span):
            self.left_out |= {name, text} - {""}
        else:
            found = _Entry(name, text, fields, value.span)
            self.merge(replace(found, span=name_span) if found.adds and name_span is not None else found)

    def usable(self, name: str, fields: Mapping[str, Given], span: Span) -> bool:
        """Whether one of AWS's entries can be placed; one that cannot is told of and left out."""
        kind = str(fields["type"].value) if "type" in fields else ""
        why = ""
        if kind.replace("_", "-") not in ATTACHMENT_TYPES:
            why = f"policyc does not know its type `{kind[:40].upper()}`"
        elif not {"region", "regions"} & fields.keys():
            why = "it has no edge location"
        if why:
            self.diagnostics.warning(
                "inventory-entry-skipped",
                f"`{name[:80]}` is left out: {why}",
                span,
                "nothing is said about it; all others are read",
            )
        return not why

    def merge(self, entry: _Entry) -> None:
        known = self.names.get(entry.name) or (self.names.get(entry.id) if entry.id else None)
        if known is not None:
            self.extend(self.entries[known], entry)
        elif entry.adds:
            self.added.append(entry)
        else:
            self.entries[entry.name] = entry
            self.names[entry.name] = entry.name
            if entry.id:
                self.names.setdefault(entry.id, entry.name)

    def extend(self, known: _Entry, entry: _Entry) -> None:
        for key, value in entry.fields.items():
            if key in known.fields and known.fields[key].value != value.value and key != "id":
                self.refuse(f"`{known.name}` has two values for `{key}`", value.span or entry.span, "keep one")
            known.fields[key] = value

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
            fields["resource_id"] = Given(last_part(text), value.span)
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
            case JsonString():
                return Given(value.value, value.span)
            case JsonNumber():
                number = whole_number(value)
                if number is None:
                    self.refuse("numbers of an attachment are whole", value.span, "write a whole number")
                    return None
                return Given(number, value.span)
            case JsonArray():
                inner = [self.plain(item) for item in value.items]
                return Given(tuple([item for item in inner if item is not None]), value.span)
            case JsonObject():
                found = [(member.key, self.plain(member.value)) for member in value.members]
                return Given({key: item for key, item in found if item is not None}, value.span)
            case JsonBool():
                return Given(value.value, value.span)
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

    # --- all together -----------------------------------------------------------------------------------------

    def join(self) -> None:
        """Put what only adds to where it belongs."""
        places: dict[str, list[_Entry]] = {}
        for entry in self.entries.values():
            for text in {entry.name, entry.id, entry.title, entry.resource} - {""}:
                places.setdefault(text, []).append(entry)
        for entry in self.added:
            text = last_part(entry.name)
            exact = self.names.get(text)
            found = places.get(text, ()) if exact is None else (self.entries[exact],)
            if len(found) == 1:
                self.extend(found[0], entry)
            elif found:
                self.diagnostics.error(
                    "inventory-unknown-name",
                    f"{len(found)} attachments go by `{text[:80]}`",
                    entry.span,
                    "name one by its id: " + ", ".join(f"`{item.id or item.name}`" for item in found[:3]),
                )
            elif not self.left_out & {text, entry.id}:
                self.diagnostics.error(
                    "inventory-unknown-name",
                    f"no attachment is listed as `{text[:80]}`, and this gives no type and no Region",
                    entry.span,
                    did_you_mean(text, places, "correct the name, or give `type` and `region`"),
                )

    def titles(self) -> dict[str, str]:
        """The tag `Name` in place of an id, where it is the only one of its kind."""
        found: dict[str, list[str]] = {}
        for name, entry in self.entries.items():
            if entry.title and entry.id == name:
                found.setdefault(entry.title, []).append(name)
        return {names[0]: title for title, names in found.items() if len(names) == 1 and title not in self.names}

    def finish(self) -> Inventory:
        self.join()
        for token in self.tokens.values():
            self.diagnostics.warning(
                "inventory-incomplete",
                "this is one page of several: `NextToken` is set",
                token,
                "let the AWS CLI page by itself, without `--max-items`, or give the next pages too",
            )
        attachments: list[Attachment] = []
        titles = self.titles()
        for name, entry in self.entries.items():
            if is_prefix_list(entry.fields):
                listed = read_prefix_list(name, entry.fields, entry.span, self.diagnostics)
                if listed is not None:
                    self.lists[listed.alias] = listed.prefixes
                continue
            attachment = read_attachment(titles.get(name, name), entry.fields, entry.span, self.diagnostics)
            if attachment is not None:
                silent = not {"cidrs", "routes"} & entry.fields.keys()
                attachments.append(replace(attachment, silent=True) if silent else attachment)
        return Inventory(tuple(attachments), self.lists, frozenset(self.listed))


def last_part(text: str) -> str:
    """The id at the end of an ARN; any other text as it is."""
    return text.rpartition("/")[2] if text.startswith("arn:") else text
