"""The syntax tree below declarations: names, values, conditions, types. Everybody but `network_nodes` takes them from `policyc.syntax.nodes`.

Expressions are loose on purpose: `model` decides what a `Ref` names and which literal fits which type, so that its messages can be kind.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from policyc.record import field, record
from policyc.text import Span


@record
class Ident:
    """A declared or referenced simple name."""

    text: str
    span: Span = field(compare=False)


# --- expressions ------------------------------------------------------------------------------------------------


@record
class Str:
    """A string literal; `value` is unescaped (`\\"`, `\\\\`, `\\n`, `\\t`, `\\u{…}`).

    Inside a pattern (`like`, `path`) the escape `\\*` stays two characters: backslash, star.
    """

    value: str
    span: Span = field(compare=False)


@record
class Int:
    value: int
    span: Span = field(compare=False)


@record
class Decimal:
    """A number with a fraction, as written (`1.50`)."""

    text: str
    span: Span = field(compare=False)


@record
class Bool:
    value: bool
    span: Span = field(compare=False)


@record
class Region:
    """A Region name such as `us-east-1` (no quotes)."""

    text: str
    span: Span = field(compare=False)


@record
class Field:
    """`.name` in a reference, or its first word."""

    name: str
    span: Span = field(compare=False)


@record
class Key:
    """`["text"]` in a reference."""

    text: str
    span: Span = field(compare=False)


@record
class Ref:
    """`shop`, `aws.PrincipalOrgID`, `key["aws:X"]`, `header["x-team"]`, a bare word such as `GET` or `vpc`.

    The first part is always a `Field`.
    """

    parts: tuple[Field | Key, ...]
    span: Span = field(compare=False)

    @property
    def text(self) -> str:
        """The reference as people write it."""
        first = self.parts[0]
        out = first.name if isinstance(first, Field) else f'["{first.text}"]'
        for part in self.parts[1:]:
            out += f".{part.name}" if isinstance(part, Field) else f'["{part.text}"]'
        return out

    @property
    def simple(self) -> str | None:
        """The name when the reference is one bare word."""
        first = self.parts[0]
        return first.name if len(self.parts) == 1 and isinstance(first, Field) else None


@record
class At:
    """`shop/us-west-2`: an account and a Region."""

    account: Expr
    region: Expr
    span: Span = field(compare=False)


@record
class Range:
    """`64512..64555`."""

    low: Int
    high: Int
    span: Span = field(compare=False)


@record
class ListOf:
    """`[a, b]`."""

    items: tuple[Expr, ...]
    span: Span = field(compare=False)


@record
class Entry:
    """`key: value` in a record; the key is a dotted reference such as `source.vpc` or `header["x"]`."""

    key: Ref
    value: Expr
    span: Span = field(compare=False)


@record
class Record:
    """`{ a: 1, b.c: [2] }`."""

    entries: tuple[Entry, ...]
    span: Span = field(compare=False)


@record
class Call:
    """`role(shop, "batch/*")`, `is_read(method)`."""

    function: Ref
    args: tuple[Expr, ...]
    span: Span = field(compare=False)


CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like"]


@record
class Compare:
    """A comparison; not chained (`a < b < c` is a syntax error)."""

    op: CompareOp
    left: Expr
    right: Expr
    span: Span = field(compare=False)


@record
class Quantified:
    """`any x in [..]`, `all x like "..."`: over the values of a multi-valued `subject`."""

    quantifier: Literal["any", "all"]
    op: CompareOp
    subject: Expr
    right: Expr
    span: Span = field(compare=False)


@record
class Exists:
    subject: Expr
    span: Span = field(compare=False)


@record
class Not:
    operand: Expr
    span: Span = field(compare=False)


@record
class And:
    """Two or more operands; a chain `a and b and c` is one node. A nested `And` means the author wrote parentheses."""

    operands: tuple[Expr, ...]
    span: Span = field(compare=False)


@record
class Or:
    operands: tuple[Expr, ...]
    span: Span = field(compare=False)


Expr: TypeAlias = (
    Str
    | Int
    | Decimal
    | Bool
    | Region
    | Ref
    | At
    | Range
    | ListOf
    | Record
    | Call
    | Compare
    | Quantified
    | Exists
    | Not
    | And
    | Or
)

# --- types ------------------------------------------------------------------------------------------------------


@record
class NamedType:
    """`account`, `org_id`, `string` …"""

    name: str
    span: Span = field(compare=False)


@record
class SetType:
    """`set[T]`."""

    item: TypeExpr
    span: Span = field(compare=False)


@record
class EnumType:
    """`enum { dev, prod }`."""

    members: tuple[Ident, ...]
    span: Span = field(compare=False)


TypeExpr: TypeAlias = NamedType | SetType | EnumType
