"""The tests that a Cedar text consists of: what `&&`, `||`, `!` and `if` join, what each test reads, and in which way.

A condition is a tree of those four over tests. Each test is asked of Cedar as a permit of its own, so no test is ever evaluated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from policyc.engines.cedar.sums import turning_points
from policyc.engines.cedar.texts import Pattern
from policyc.record import record
from policyc.syntax.cedar_nodes import (
    And,
    Call,
    Compare,
    Document,
    Expr,
    Has,
    If,
    Is,
    Like,
    Lit,
    Method,
    Neg,
    Not,
    Or,
    SetOf,
    Slot,
    Statement,
    Var,
    children,
    path_of,
)
from policyc.syntax.cedar_printer import written

#: An attribute below `context`, step by step.
Path: TypeAlias = tuple[str, ...]
#: What a test compares with.
Scalar: TypeAlias = str | int | bool
#: The value of an expression that does not hang on anything unknown, when it is a plain one.
Fixed: TypeAlias = Callable[[Expr], Scalar | None]
#: Kinds of values that Cedar's operators need; an address is text that `ip` can read.
Kind: TypeAlias = Literal["text", "number", "bool", "list", "record", "address"]

_NARROW = 4
_CALLER = ("principal", "action", "resource")
_OF_ADDRESSES = ("isInRange", "isIpv4", "isIpv6", "isLoopback", "isMulticast")


@record
class Read:
    """A test reads the value at `path`, or with `names` asks whether the record there has them."""

    path: Path
    names: tuple[str, ...] = ()


@record
class Test:
    """A part of a condition that is none of `&&`, `||`, `!` and `if`, as text, with what it reads of the context; `caller` marks one
    whose answer hangs on who `principal`, `action` or `resource` are."""

    text: str
    node: Expr
    reads: tuple[Read, ...]
    caller: bool


@record
class Presence:
    """`… has a`; `names` has several for the nested form."""

    path: Path
    names: tuple[str, ...]


@record
class OfValue:
    """A test of one value, which has to be of a `kind` (None: any): equal to `points`, in order with them, like a `pattern`, or an
    address, where `blocks` are what it is compared with."""

    path: Path
    kind: Kind | None
    points: tuple[Scalar, ...] = ()
    pattern: Pattern | None = None
    blocks: tuple[str, ...] = ()


@record
class OfList:
    """A test of a list: it has any of `values`, all of them, nothing but them (`within`), or nothing at all (`empty`)."""

    path: Path
    how: Literal["any", "all", "within", "empty"]
    values: tuple[Scalar, ...]


@record
class OfPair:
    """A comparison (`==`, `<`, …) of one open attribute with another; `kind` is what both have to be (None: any)."""

    left: Path
    right: Path
    kind: Literal["number"] | None


Form: TypeAlias = Presence | OfValue | OfList | OfPair


# --- finding them ---------------------------------------------------------------------------------------------------


def conditions_of(document: Document) -> list[Expr]:
    """Every condition of a text, clause by clause."""
    return [clause.body for statement in document.statements for clause in statement.clauses]


def find_tests(conditions: Iterable[Expr], names: dict[Expr, str] | None = None) -> Mapping[str, Test]:
    """The tests by their text, in the order of reading; what is written twice is one test. `names` gets the text of each."""
    found: dict[str, Test] = {}
    work = list(reversed(list(conditions)))
    while work:
        node = work.pop()
        parts = joined(node)
        if parts:
            work.extend(reversed(parts))
            continue
        text = written(node)
        if names is not None:
            names[node] = text
        if text not in found:
            found[text] = Test(text, node, tuple(_reads(node)), _asks_caller(node))
    return found


def joined(node: Expr) -> tuple[Expr, ...]:
    """The conditions that a condition joins; empty for a test."""
    return children(node) if isinstance(node, And | Or | Not | If) else ()


def _reads(node: Expr) -> Iterator[Read]:
    work = [node]
    while work:
        part = work.pop()
        path = path_of(part)
        if path is not None:
            yield Read(path)
        elif isinstance(part, Has) and (of := path_of(part.of)) is not None:
            yield Read(of, part.names)
        else:
            work.extend(reversed(children(part)))


def _asks_caller(node: Expr) -> bool:
    """Whether the answer hangs on who asks for what. That something is, or is in, itself does not."""
    match node:
        case Compare("==" | "in", Var(name), Var(other)):
            return name in _CALLER and name != other
        case Compare("in", Var(name), SetOf((Var(other),))):
            return name in _CALLER and name != other
    work = [node]
    while work:
        part = work.pop()
        if isinstance(part, Slot) or (isinstance(part, Var) and part.name in _CALLER):
            return True
        work.extend(children(part))
    return False


# --- in which way a test asks ---------------------------------------------------------------------------------------


def form_of(node: Expr, open_path: Callable[[Expr], Path | None], fixed: Fixed) -> Form | None:
    """How a test asks of the one open attribute in it; None for a way that has no form. `open_path` gives the path of an open
    attribute, None for anything else."""
    path = open_path(node)
    if path is not None:
        return OfValue(path, "bool")
    match node:
        case Has(of, names) if (path := path_of(of)) is not None:
            return Presence(path, names)
        case Like(of, pattern) if (path := open_path(of)) is not None:
            return OfValue(path, "text", pattern=pattern)
        case Is(of, _, None) if (path := open_path(of)) is not None:
            return OfValue(path, None)
        case Compare():
            return _comparison(node, open_path, fixed)
        case Method():
            return _method(node, open_path, fixed)
        case _:
            return None


def _comparison(node: Compare, open_path: Callable[[Expr], Path | None], fixed: Fixed) -> Form | None:
    equal = node.operator in ("==", "!=")
    if equal and (block := _address(node.left, fixed) or _address(node.right, fixed)):
        read = _inside_ip(node.left) or _inside_ip(node.right)
        path = None if read is None else open_path(read)
        return None if path is None else OfValue(path, "address", blocks=(block,))
    left, right = open_path(node.left), open_path(node.right)
    if left is not None and left == right and node.operator != "in":
        return OfValue(left, None if equal else "number")
    if left is not None and right is not None:
        return None if node.operator == "in" else OfPair(left, right, None if equal else "number")
    for one, other in ((node.left, node.right), (node.right, node.left)):
        path, value = open_path(one), fixed(other)
        if path is None:
            continue
        if node.operator == "in":
            return OfValue(path, None) if one is node.left and value is not None else None
        if value is not None:
            return OfValue(path, None if equal else "number", (value,) if equal or type(value) is int else ())
        if equal and isinstance(other, Call) and all(isinstance(arg, Lit) for arg in other.args):
            return OfValue(path, None)  # no value of a request is an address or a date by itself
    turning = turning_points(node, open_path, fixed)
    return None if turning is None else OfValue(turning[0], "number", turning[1])


def _method(node: Method, open_path: Callable[[Expr], Path | None], fixed: Fixed) -> Form | None:
    if node.name in _OF_ADDRESSES and (read := _inside_ip(node.of)) is not None:
        path = open_path(read)
        blocks = [_address(arg, fixed) for arg in node.args]
        return None if path is None or None in blocks else OfValue(path, "address", blocks=tuple(map(str, blocks)))
    path = open_path(node.of)
    if path is not None:
        match node.name, node.args:
            case "isEmpty", ():
                return OfList(path, "empty", ())
            case "contains", (arg,):
                return _list_form(path, "any", (arg,), fixed)
            case (("containsAll" | "containsAny"), (SetOf(items),)):
                return _list_form(path, "all" if node.name == "containsAll" else "any", items, fixed)
        return None
    match node.of, node.name, node.args:
        case SetOf(items), "contains", (arg,) if (path := open_path(arg)) is not None:
            values = [fixed(item) for item in items]
            return None if None in values else OfValue(path, None, tuple(item for item in values if item is not None))
        case SetOf(items), ("containsAll" | "containsAny"), (arg,) if (path := open_path(arg)) is not None:
            return _list_form(path, "within" if node.name == "containsAll" else "any", items, fixed)
    return None


def _list_form(
    path: Path, how: Literal["any", "all", "within", "empty"], items: tuple[Expr, ...], fixed: Fixed
) -> Form | None:
    values = [fixed(item) for item in items]
    return None if None in values else OfList(path, how, tuple(item for item in values if item is not None))


def _inside_ip(node: Expr) -> Expr | None:
    """What `ip(…)` reads, when it is no literal."""
    match node:
        case Call("ip", (arg,)) if not isinstance(arg, Lit):
            return arg
        case _:
            return None


def _address(node: Expr, fixed: Fixed) -> str | None:
    match node:
        case Call("ip", (Lit() as arg,)) if isinstance(value := fixed(arg), str):
            return value
        case _:
            return None


def literal_of(node: Expr) -> Scalar | None:
    """The value of a literal; None for anything else."""
    match node:
        case Lit(value):
            return value
        case Neg(Lit(int(value))) if not isinstance(value, bool):
            return -value
        case _:
            return None


# --- writing --------------------------------------------------------------------------------------------------------


def depth(node: Expr) -> int:
    """How deep Cedar nests an expression: `a && b && c` is `(a && b) && c`. The reader bounds the depth of the tree."""
    parts = children(node)
    if not parts:
        return 1
    inner = max(depth(part) for part in parts)
    return inner + (len(parts) - 1 if isinstance(node, And | Or) else 1)


def balanced(node: Expr) -> Expr:
    """The same condition with chains of `&&` and `||` cut into short ones within one another, which mean the same from left to right."""
    match node:
        case And(items) | Or(items):
            level = [balanced(item) for item in items]
            while len(level) > _NARROW:
                level = [_joined(type(node), level[at : at + _NARROW]) for at in range(0, len(level), _NARROW)]
            return _joined(type(node), level)
        case Not(of, span):
            return Not(balanced(of), span)
        case If(test, then, otherwise, span):
            return If(balanced(test), balanced(then), balanced(otherwise), span)
        case _:
            return node


def _joined(kind: type[And] | type[Or], items: list[Expr]) -> Expr:
    return items[0] if len(items) == 1 else kind(tuple(items), items[0].span.to(items[-1].span))


def short_statement(statement: Statement, effect: str) -> str:
    """The statement with that effect and with its chains cut short."""
    scope = ", ".join(part.name if part.constraint is None else written(part.constraint) for part in statement.scope)
    clauses = " ".join(f"{clause.kind} {{ {written(balanced(clause.body))} }}" for clause in statement.clauses)
    return f"{effect} ({scope}) {clauses};"
