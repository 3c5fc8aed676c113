"""The tree of a Terraform configuration, the same for HCL and its JSON form: bodies of attributes and blocks, and expressions.

Every node has its place; nothing is worked out yet. Language: https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policyc.carriers.embedded import Piece
from policyc.record import record
from policyc.text import Span


@record
class Number:
    """A number as it is written."""

    text: str
    span: Span


@record
class Bool:
    value: bool
    span: Span


@record
class Null:
    span: Span


@record
class Run:
    """Literal text of a template with escapes resolved. `pieces` say where its parts stand, offsets from its own start."""

    value: str
    pieces: tuple[Piece, ...]


@record
class IfPart:
    """`%{ if test }…%{ else }…%{ endif }` in a template."""

    test: Expression
    then: tuple[Part, ...]
    otherwise: tuple[Part, ...]
    span: Span


@record
class ForPart:
    """`%{ for key, value in items }…%{ endfor }` in a template."""

    key: str
    value: str
    items: Expression
    body: tuple[Part, ...]
    span: Span


@record
class Template:
    """A text with interpolations: `"…"`, a heredoc, or a template file."""

    parts: tuple[Part, ...]
    span: Span


@record
class ListOf:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span


@record
class Pair:
    key: Expression
    value: Expression


@record
class MapOf:
    """`{ a = b }`; a bare word as a key is a `Template`."""

    pairs: tuple[Pair, ...]
    span: Span


@record
class Call:
    """`name(args)`; `spread` says that the last argument ends in `...`."""

    name: str
    args: tuple[Expression, ...]
    spread: bool
    span: Span


@record
class Name:
    """The word that a reference begins with: `var`, `local`, a resource type, an iterator."""

    word: str
    span: Span


@record
class Attribute:
    """`of.word`."""

    of: Expression
    word: str
    span: Span


@record
class Index:
    """`of[key]`."""

    of: Expression
    key: Expression
    span: Span


@record
class Splat:
    """`of[*].…` (`of.*.…` when not `full`): `each` is asked of every element, which it calls by the name `*`."""

    of: Expression
    each: Expression
    span: Span


@record
class Unary:
    operator: str
    operand: Expression
    span: Span


@record
class Binary:
    operator: str
    left: Expression
    right: Expression
    span: Span


@record
class Conditional:
    test: Expression
    then: Expression
    otherwise: Expression
    span: Span


@record
class ForList:
    """`[for key, value in items : each if test]`; `key` is empty when one name is given."""

    key: str
    value: str
    items: Expression
    each: Expression
    test: Expression | None
    span: Span


@record
class ForMap:
    """`{for key, value in items : name => each if test}`; `grouped` says that each ends in `...`."""

    key: str
    value: str
    items: Expression
    name: Expression
    each: Expression
    grouped: bool
    test: Expression | None
    span: Span


@record
class Fault:
    """What could not be read as an expression."""

    reason: str
    span: Span


Expression = (
    Number
    | Bool
    | Null
    | Template
    | ListOf
    | MapOf
    | Call
    | Name
    | Attribute
    | Index
    | Splat
    | Unary
    | Binary
    | Conditional
    | ForList
    | ForMap
    | Fault
)
Part = Run | IfPart | ForPart | Expression


@record
class Argument:
    """`name = value` in a body."""

    name: str
    name_span: Span
    value: Expression


@record
class Body:
    """What stands between the braces of a block, or in a whole file. `damaged` says that a syntax fault stands in it."""

    arguments: Mapping[str, Argument] = MappingProxyType({})
    blocks: tuple[Block, ...] = ()
    damaged: bool = False

    def expression(self, name: str) -> Expression | None:
        found = self.arguments.get(name)
        return None if found is None else found.value

    def of_type(self, type: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.type == type)


@record
class Block:
    """`type "label" … { body }`; `span` covers all of it, `head` its first words."""

    type: str
    labels: tuple[str, ...]
    body: Body
    head: Span
    span: Span
