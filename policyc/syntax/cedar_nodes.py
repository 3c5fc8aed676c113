"""The tree of a Cedar text: statements with their scope and conditions, every part with its place.

Chains of `&&` and `||` are one node each, whatever their length, so a tree is no deeper than its parentheses and member
accesses, which the parser bounds. Source of the language: https://docs.cedarpolicy.com/policies/syntax-grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from policyc.record import record
from policyc.text import Span


@record
class Lit:
    """A string, a whole number, `true` or `false`."""

    value: str | int | bool
    span: Span


@record
class Var:
    """`principal`, `action`, `resource` or `context`."""

    name: str
    span: Span


@record
class Entity:
    """`Type::"id"`."""

    type: str
    id: str
    span: Span


@record
class Slot:
    """`?principal` or `?resource` of a template."""

    name: str
    span: Span


@record
class SetOf:
    items: tuple[Expr, ...]
    span: Span


@record
class RecordOf:
    pairs: tuple[tuple[str, Expr], ...]
    span: Span


@record
class Get:
    """`of.name` or `of["name"]`; `name_span` covers the name alone, with its quotes."""

    of: Expr
    name: str
    name_span: Span
    span: Span


@record
class Has:
    """`of has a.b.c`: one name, or several for the nested form."""

    of: Expr
    names: tuple[str, ...]
    name_span: Span
    span: Span


@record
class Like:
    """`of like "pattern"`; in `pattern` None stands for `*`, any run of characters, and a text for itself."""

    of: Expr
    pattern: tuple[str | None, ...]
    pattern_span: Span
    span: Span


@record
class Is:
    """`of is Type`, `of is Type in inside`."""

    of: Expr
    type: str
    inside: Expr | None
    span: Span


@record
class Compare:
    """`operator` is `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@record
class Arith:
    """`operator` is `+`, `-` or `*`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@record
class Not:
    of: Expr
    span: Span


@record
class Neg:
    of: Expr
    span: Span


@record
class And:
    """Two or more operands of `&&`, from left to right."""

    items: tuple[Expr, ...]
    span: Span


@record
class Or:
    """Two or more operands of `||`, from left to right."""

    items: tuple[Expr, ...]
    span: Span


@record
class If:
    test: Expr
    then: Expr
    otherwise: Expr
    span: Span


@record
class Call:
    """`ip("…")` and the other constructors of extension types."""

    function: str
    args: tuple[Expr, ...]
    span: Span


@record
class Method:
    """`of.contains(x)` and the like."""

    of: Expr
    name: str
    name_span: Span
    args: tuple[Expr, ...]
    span: Span


Expr: TypeAlias = (
    Lit
    | Var
    | Entity
    | Slot
    | SetOf
    | RecordOf
    | Get
    | Has
    | Like
    | Is
    | Compare
    | Arith
    | Not
    | Neg
    | And
    | Or
    | If
    | Call
    | Method
)


@record
class ScopePart:
    """One of the three parts between the parentheses; `constrained` unless it is the bare variable."""

    name: str
    constrained: bool
    span: Span


@record
class Annotation:
    """`@key("value")`; the value is empty when there is none."""

    key: str
    value: str
    span: Span


@record
class Clause:
    """`when { body }` or `unless { body }`."""

    kind: Literal["when", "unless"]
    body: Expr
    span: Span


@record
class Statement:
    """One policy; `comment` is the text of the `//` lines right before it."""

    effect: Literal["permit", "forbid"]
    effect_span: Span
    annotations: tuple[Annotation, ...]
    scope: tuple[ScopePart, ...]
    clauses: tuple[Clause, ...]
    comment: str
    span: Span


@record
class Comment:
    """One `//` comment; `text` is what stands behind the slashes, trimmed."""

    text: str
    span: Span


@record
class Document:
    """`trailing_commas` are the places of commas behind the last value of a list, which Cedar takes since 4.4."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    trailing_commas: tuple[Span, ...] = ()


def children(node: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, from left to right."""
    match node:
        case Lit() | Var() | Entity() | Slot():
            return ()
        case SetOf(items) | And(items) | Or(items):
            return items
        case RecordOf(pairs):
            return tuple(item for _, item in pairs)
        case Get(of) | Has(of) | Like(of) | Not(of) | Neg(of):
            return (of,)
        case Is(of, _, inside):
            return (of,) if inside is None else (of, inside)
        case Compare(_, left, right) | Arith(_, left, right):
            return (left, right)
        case If(test, then, otherwise):
            return (test, then, otherwise)
        case Call(_, args):
            return args
        case Method(of, _, _, args):
            return (of, *args)


def walk(node: Expr) -> list[Expr]:
    """The node and everything in it, parents first, in the order of the text."""
    out: list[Expr] = []
    work = [node]
    while work:
        current = work.pop()
        out.append(current)
        work.extend(reversed(children(current)))
    return out


def replaced(node: Expr, others: Mapping[int, Expr]) -> Expr:
    """The expression with some of its conditions exchanged, by the identity of the old ones. The parser bounds the depth."""
    if id(node) in others:
        return others[id(node)]
    match node:
        case And(items, span):
            return And(tuple(replaced(item, others) for item in items), span)
        case Or(items, span):
            return Or(tuple(replaced(item, others) for item in items), span)
        case Not(of, span):
            return Not(replaced(of, others), span)
        case If(test, then, otherwise, span):
            return If(replaced(test, others), replaced(then, others), replaced(otherwise, others), span)
        case _:
            return node


def path_of(node: Expr) -> tuple[str, ...] | None:
    """The steps of an attribute below `context`; empty for `context` itself, None for anything else."""
    steps: list[str] = []
    while isinstance(node, Get):
        steps.append(node.name)
        node = node.of
    return tuple(reversed(steps)) if isinstance(node, Var) and node.name == "context" else None
