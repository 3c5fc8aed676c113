"""Folded values: what expressions without attributes come to at compile time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from policyc.model.types import DECIMAL, Type
from policyc.record import field, light, record
from policyc.text import Span

if TYPE_CHECKING:
    from decimal import Decimal

Scalar: TypeAlias = "str | int | Decimal | bool"

#: the account of what a document is attached to where nobody says whose it is
NOBODYS_ACCOUNT: Final = "000000000000"


@light
class Principal:
    """A caller, or a pattern of callers. `kind` is a constructor of `schemas/core/principals.json` (`role`, `user`, `service`,
    `anyone`, `cloudfront` …); `args` its arguments in order, as text.

    `role("111122223333", "batch/*")` has kind `role` and args `("111122223333", "batch/*")`. `name` is how its author calls it.
    What a native document names beyond these has kind `native` and the type and text as written: `("AWS", "AROA…")`.
    """

    kind: str
    args: tuple[str, ...]
    name: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)

    @property
    def account(self) -> str:
        """The account id of kinds that have one as their first argument, else empty."""
        return self.args[0] if self.args and len(self.args[0]) == 12 and self.args[0].isdigit() else ""

    @property
    def is_raw(self) -> bool:
        """Whether it stands as a document has it, such as `raw("AWS", "*")`, which is `anyone` in other words."""
        return self.kind == "native" or (self.kind == "anyone" and self.name == "*")

    @property
    def is_placeholder(self) -> bool:
        """Whether it is made up because nothing says who it is."""
        return self.account == NOBODYS_ACCOUNT

    @property
    def is_pattern(self) -> bool:
        """Whether the name part holds a wildcard."""
        return any("*" in arg or "?" in arg for arg in self.args[1:])


@record
class Group:
    """A directory group: `kind` is the constructor (`idc_group`, `oidc_group`), `id` its argument."""

    kind: str
    id: str
    name: str = field(default="", compare=False)


@record
class Place:
    """`shop/us-west-2`."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The ARN partition that the Region belongs to."""
        return partition_of(self.region)


_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)


PARTITIONS: Final = ("aws", *(partition for _, partition in _PARTITIONS))


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The ARN partition that a Region belongs to."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


@record
class Resource:
    """A declared resource with its fields folded. `id` is unique in the project: `file#name`.

    A field that names another resource holds that resource's `id` in a `ResourceLink`.
    """

    name: str
    type: str
    fields: tuple[tuple[str, Value], ...]
    file: str
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        return f"{self.file}#{self.name}"

    def get(self, name: str) -> Value | None:
        for key, value in self.fields:
            if key == name:
                return value
        return None

    def text(self, name: str) -> str:
        """The field as text, empty when absent."""
        value = self.get(name)
        return "" if value is None else str(value.data)

    def link(self, name: str) -> str | None:
        """The id of the resource that a field names, or None when absent."""
        value = self.get(name)
        return value.data.id if value is not None and isinstance(value.data, ResourceLink) else None

    def words(self, name: str) -> tuple[str, ...]:
        """The items of a field that is a set, as texts; none when absent."""
        value = self.get(name)
        items = value.data if value is not None and isinstance(value.data, tuple) else ()
        return tuple(str(item.data) for item in items if isinstance(item, Value))

    @property
    def place(self) -> Place | None:
        value = self.get("at")
        return value.data if value is not None and isinstance(value.data, Place) else None


@record
class ResourceLink:
    """A reference to a resource by its project-wide id."""

    id: str
    name: str = field(default="", compare=False)


@light
class Value:
    """A typed compile-time value with the span it was written at (the use, not the declaration).

    `data` is a scalar, a tuple of values (`set[T]`), a tuple of (key, value) pairs (`record`), or an object.
    A word of an enum is its text.
    """

    type: Type
    data: Scalar | tuple[Value, ...] | tuple[tuple[str, Value], ...] | Principal | Group | Place | ResourceLink
    span: Span = field(compare=False)


def scalar_of(value: Value) -> Scalar:
    """What a value of a scalar type holds."""
    data = value.data
    assert not isinstance(data, tuple | Principal | Group | Place | ResourceLink)
    return data


def decimal_value(number: str | int, span: Span) -> Value:
    """A decimal number, from how it is written."""
    from decimal import Decimal

    return Value(DECIMAL, Decimal(number), span)


def plain_text(value: Scalar) -> str:
    """A scalar as a document or a command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
