"""The tree of Cedar: statements with their scope and conditions, every part with its place.

Hand-written text is read into it, compiled policies are lowered into it. Two parts are equal when they say the same, wherever they
stand: places take no part in equality. In what lowering makes, a place is that of the source, where there is one.
Chains of `&&` and `||` are one node each, whatever their length, so a tree is no deeper than its parentheses and member
accesses, which the parser bounds. Source of the language: https://docs.cedarpolicy.com/policies/syntax-grammar.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from policyc.record import field, record, replace
from policyc.text import Span

#: The place of a part that was made and not read.
NOWHERE: Final = Span("", 0, 0)


@record
class Lit:
    """A string, a whole number, `true` or `false`."""

    value: str | int | bool
    span: Span = field(default=NOWHERE, compare=False)

    def __eq__(self, other: object) -> bool:
        """`1` and `true` are different literals, which Python calls equal."""
        return isinstance(other, Lit) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@record
class Var:
    """`principal`, `action`, `resource` or `context`."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class Entity:
    """`Type::"id"`."""

    type: str
    id: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class Slot:
    """`?principal` or `?resource` of a template."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class SetOf:
    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class RecordOf:
    pairs: tuple[tuple[str, Expr], ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Get:
    """`of.name` or `of["name"]`; `name_span` covers the name alone, with its quotes."""

    of: Expr
    name: str
    name_span: Span = field(default=NOWHERE, compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@record
class Has:
    """`of has a.b.c`: one name, or several for the nested form."""

    of: Expr
    names: tuple[str, ...]
    name_span: Span = field(default=NOWHERE, compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@record
class Like:
    """`of like "pattern"`; in `pattern` None stands for `*`, any run of characters, and a text for itself."""

    of: Expr
    pattern: tuple[str | None, ...]
    pattern_span: Span = field(default=NOWHERE, compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@record
class Is:
    """`of is Type`, `of is Type in inside`."""

    of: Expr
    type: str
    inside: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@record
class Compare:
    """`operator` is `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`."""

    operator: str
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class Arith:
    """`operator` is `+`, `-` or `*`."""

    operator: str
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class Not:
    of: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class Neg:
    of: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class And:
    """Two or more operands of `&&`, from left to right."""

    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Or:
    """Two or more operands of `||`, from left to right."""

    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class If:
    test: Expr
    then: Expr
    otherwise: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class Call:
    """`ip("…")` and the other constructors of extension types."""

    function: str
    args: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Method:
    """`of.contains(x)` and the like."""

    of: Expr
    name: str
    name_span: Span = field(compare=False)
    args: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


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
    """One of the three parts between the parentheses: the bare variable, or a `constraint` on it, such as `principal == A::"x"`."""

    name: str
    constraint: Compare | Is | None = None
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def constrained(self) -> bool:
        return self.constraint is not None


@record
class Annotation:
    """`@key("value")`; the value is empty when there is none."""

    key: str
    value: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class Clause:
    """`when { body }` or `unless { body }`."""

    kind: Literal["when", "unless"]
    body: Expr
    span: Span = field(default=NOWHERE, compare=False)


@record
class Statement:
    """One policy; `comment` is the text of the `//` lines right before it."""

    effect: Literal["permit", "forbid"]
    effect_span: Span = field(compare=False)
    annotations: tuple[Annotation, ...]
    scope: tuple[ScopePart, ...]
    clauses: tuple[Clause, ...]
    comment: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@record
class Comment:
    """One `//` comment; `text` is what stands behind the slashes, trimmed."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class Document:
    """`trailing_commas` are the places of commas behind the last value of a list, which Cedar takes since 4.4."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False)
    trailing_commas: tuple[Span, ...] = field(default=(), compare=False)


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


def rewritten(node: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with parts exchanged for what `change` gives, from the outside in; None leaves a part and goes on inside it."""
    new = change(node)
    if new is not None:
        return new

    def inside(part: Expr) -> Expr:
        return rewritten(part, change)

    match node:
        case Lit() | Var() | Entity() | Slot():
            return node
        case SetOf(items) | And(items) | Or(items):
            return type(node)(tuple(inside(item) for item in items), node.span)
        case RecordOf(pairs):
            return RecordOf(tuple((name, inside(item)) for name, item in pairs), node.span)
        case Get() | Has() | Like() | Not() | Neg():
            return replace(node, of=inside(node.of))
        case Is():
            return replace(node, of=inside(node.of), inside=None if node.inside is None else inside(node.inside))
        case Compare() | Arith():
            return replace(node, left=inside(node.left), right=inside(node.right))
        case If():
            return replace(node, test=inside(node.test), then=inside(node.then), otherwise=inside(node.otherwise))
        case Call():
            return replace(node, args=tuple(inside(arg) for arg in node.args))
        case Method():
            return replace(node, of=inside(node.of), args=tuple(inside(arg) for arg in node.args))


OPEN_SCOPE: Final = tuple(ScopePart(name) for name in ("principal", "action", "resource"))


def attribute_at(path: tuple[str, ...], span: Span = NOWHERE) -> Expr:
    """The attribute at a path below `context`; the opposite of `path_of`."""
    out: Expr = Var("context", span)
    for step in path:
        out = Get(out, step, span, span)
    return out


def literal(value: str | int | bool, span: Span = NOWHERE) -> Expr:
    """A value as the reader makes it: a number below zero is a minus and a number, but for the least of all."""
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) < value < 0:
        return Neg(Lit(-value, span), span)
    return Lit(value, span)


def path_of(node: Expr) -> tuple[str, ...] | None:
    """The steps of an attribute below `context`; empty for `context` itself, None for anything else."""
    steps: list[str] = []
    while isinstance(node, Get):
        steps.append(node.name)
        node = node.of
    return tuple(reversed(steps)) if isinstance(node, Var) and node.name == "context" else None
