"""Types: a few structural ones in code, the named ids as data in `schemas/core/types.json`."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from policyc.data import read_json
from policyc.record import record


@record
class Named:
    """A scalar type by name: `string`, `int`, `decimal`, `bool`, `datetime`, `ip`, `cidr`, `arn`, `account` … or one of
    the object types `principal`, `group`, `resource`, `place`, `record`."""

    name: str

    def __str__(self) -> str:
        return self.name


@record
class SetOf:
    """Any number of values of one type."""

    item: Type

    def __str__(self) -> str:
        return f"set[{self.item}]"


@record
class EnumOf:
    """One of a closed list of words."""

    members: tuple[str, ...]

    def __str__(self) -> str:
        return "enum { " + ", ".join(self.members) + " }"


Type: TypeAlias = Named | SetOf | EnumOf

STRING = Named("string")
INT = Named("int")
DECIMAL = Named("decimal")
BOOL = Named("bool")
PRINCIPAL = Named("principal")
GROUP = Named("group")
RESOURCE = Named("resource")
PLACE = Named("place")
RECORD = Named("record")

#: Types whose values are objects of the language; they have no literal and no comparison.
OBJECT_TYPES = frozenset({"principal", "group", "resource", "place", "record"})


@record
class Shape:
    """What the text of a named type looks like. `base` is `string` or `int`; `pattern` a full-match regular expression;
    `check` names a built-in check (`ip`, `cidr`, `datetime`, `arn`, `decimal`) where a pattern is not enough;
    `values` closes the list of words."""

    name: str
    base: str
    doc: str
    example: str
    source: str
    pattern: str
    check: str
    values: tuple[str, ...]
    minimum: int | None
    maximum: int | None


@cache
def shapes() -> dict[str, Shape]:
    """Every named scalar type of the language by name."""
    out = {}
    for name, entry in read_json("schemas/core/types.json")["types"].items():
        out[name] = Shape(
            name=name,
            base=entry["base"],
            doc=entry["doc"],
            example=str(entry["example"]),
            source=entry.get("source", ""),
            pattern=entry.get("pattern", ""),
            check=entry.get("check", ""),
            values=tuple(entry.get("values", ())),
            minimum=entry.get("minimum"),
            maximum=entry.get("maximum"),
        )
    return out


def parse_type(text: str) -> Type:
    """A type from vocabulary data: `vpc_id`, `set[string]`, `enum: a b c`. Raises ValueError on anything else."""
    if text.startswith("enum:"):
        return EnumOf(tuple(text[5:].split()))
    if text.startswith("set[") and text.endswith("]"):
        return SetOf(parse_type(text[4:-1]))
    if text in OBJECT_TYPES or text in shapes():
        return Named(text)
    raise ValueError(f"unknown type {text!r}")
