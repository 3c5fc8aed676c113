"""What stands below `context`: kinds of values, and the record that documented attributes make.

`Member.required` means that every request has the attribute; anything else needs a `has` before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from policyc.model.types import Named, Type, shapes
from policyc.model.vocabulary import Attribute
from policyc.per_object import PerObject
from policyc.record import record, replace

_BASES = {"int": "long", "bool": "bool"}
#: what a port can be (logs show -1 where there is none), and seconds since 1970 up to the year 9999
_PORTS = (-1, 65_535)
_EPOCH = (0, 253_402_300_799)


@record
class Kind:
    """`name` is `string`, `long`, `bool`, `set`, `record`, `entity`, `ip`, another extension type, or `unknown`.

    A record that is `open` may hold more than its members; one that is `keyed` by group ids holds a record for each.
    """

    name: str
    item: Kind | None = None
    members: Mapping[str, Member] = MappingProxyType({})
    open: bool = False
    keyed: bool = False

    @property
    def words(self) -> str:
        """The kind as people say it."""
        return _WORDS.get(self.name, self.name)


@record
class Member:
    """An attribute of a record; `values`, `range` and `form` (a pattern) bound its value; an `address` is the text of one IP
    address; `text_too` marks one that is a number in one source and text in another. `usual` bounds a number whose range nobody
    documents: seconds since 1970, a port. `sampled` marks a claim whose kind AWS's samples show and nobody promises. A `device` provider
    sends all that is documented of it, for some requests. `type`, `shape`, `says` and `unit` are those of a vocabulary."""

    kind: Kind
    required: bool = False
    values: tuple[str, ...] = ()
    range: tuple[int, int] | None = None
    form: str = ""
    text_too: bool = False
    note: str = ""
    address: bool = False
    usual: tuple[int, int] | None = None
    sampled: bool = False
    device: bool = False
    type: Type | None = None
    shape: str = ""
    says: str = ""
    unit: str = ""

    @property
    def told(self) -> Kind:
        """The kind that its values certainly have: unknown for a claim that only samples show."""
        return UNKNOWN if self.sampled else self.kind


_WORDS = {
    "string": "text",
    "long": "a number",
    "bool": "true or false",
    "set": "a list",
    "record": "a record",
    "entity": "an entity",
    "ip": "an address",
    "unknown": "not known",
}
STRING, LONG, BOOL, UNKNOWN, ENTITY, IP = (Kind(name) for name in ("string", "long", "bool", "unknown", "entity", "ip"))


def is_group_id(text: str) -> bool:
    """Whether a text has the form of an Identity Center group id."""
    return re.fullmatch(shapes()["idc_group_id"].pattern, text) is not None


def record_of(
    attributes: Mapping[str, Mapping[str, Any]], member: Callable[[Mapping[str, Any]], Member], open: bool
) -> Kind:
    """A record from dotted paths, inner records made on the way."""
    inner: dict[str, dict[str, Mapping[str, Any]]] = {}
    members: dict[str, Member] = {}
    for path, entry in attributes.items():
        first, _, rest = path.partition(".")
        if rest:
            inner.setdefault(first, {})[rest] = entry
        else:
            members[first] = member(entry)
    for name, entries in inner.items():
        kind = record_of(entries, member, open)
        members[name] = Member(kind, always(kind), sampled=open)
    return Kind("record", members=members, open=open)


def as_sampled(kind: Kind) -> Kind:
    """The kind with every claim as AWS's samples show it; the same object where it holds no such claim."""
    members = {name: _member_as_sampled(member) for name, member in kind.members.items()}
    same = all(member is kind.members[name] for name, member in members.items())
    return kind if same else replace(kind, members=members)


def _sampled(member: Member) -> Member:
    kind = as_sampled(member.kind)
    return member if kind is member.kind and not member.sampled else replace(member, kind=kind, sampled=False)


_member_as_sampled = PerObject(_sampled, 4096)


def always(record: Kind) -> bool:
    """Whether every request has a record, as it has something in it."""
    return any(member.required for member in record.members.values())


def trust_member(entry: Mapping[str, Any], *, sampled: bool) -> Member:
    """What an entry of the trust data tells of an attribute."""
    kind = Kind(_BASES.get(entry["type"], "string"))
    if entry.get("form") == "set":
        kind = Kind("set", kind)
    elif entry.get("form") == "record":
        group = Kind("record", members={"group_name": Member(STRING)})
        kind = Kind("record", group, keyed=True)
    low, high = entry.get("minimum"), entry.get("maximum")
    return Member(
        kind,
        entry.get("presence") == "always",
        tuple(entry.get("values", ())),
        None if low is None or high is None else (low, high),
        note=entry.get("note", ""),
        usual=_EPOCH if entry.get("unit") == "epoch seconds" else None,
        sampled=sampled,
        unit=entry.get("unit", ""),
        shape=entry.get("shape", ""),
        says=entry.get("says", ""),
    )


def member_of(attribute: Attribute, *, required: bool, text_too: bool = False) -> Member:
    """What the vocabulary tells of an attribute."""
    name = attribute.type.name if isinstance(attribute.type, Named) else ""
    shape = shapes().get(name)
    base = shape.base if shape is not None else _base(attribute.type)
    form = shape.pattern if shape is not None and shape.pattern and attribute.name.endswith("method") else ""
    kind = Kind(_BASES.get(base, "string"))
    return Member(
        Kind("set", kind) if attribute.many else kind,
        required,
        attribute.values,
        None if attribute.minimum is None or attribute.maximum is None else (attribute.minimum, attribute.maximum),
        form,
        text_too,
        attribute.note,
        shape is not None and shape.check == "ip",
        _PORTS if shape is not None and shape.name == "port" else None,
        type=attribute.type,
        shape=attribute.shape,
        says=attribute.says,
    )


def _base(kind: Type) -> str:
    return kind.name if isinstance(kind, Named) else ""
