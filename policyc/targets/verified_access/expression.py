"""Cedar conditions as a small tree, and how they are written down.

Two spellings exist. The deployed one is what the service gets. The checked one is for Cedar's strict validator alone: it
refuses `ip(…)` over an attribute and a comparison of one attribute with both a number and text, so both read a stand-in
attribute there that the generated schema types accordingly (reference: verified-access, section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from policyc.ir.pattern import Plain, pattern_tokens
from policyc.record import record
from policyc.targets.verified_access.scope import cedar_path, is_identifier, quoted

Path: TypeAlias = tuple[str, ...]

#: How long a line of emitted text may get.
WIDTH = 100
_STEP = "  "


@record
class Truth:
    """`true` or `false`."""

    value: bool


@record
class Has:
    """The record at `parent` has the attribute `name`."""

    parent: Path
    name: str


@record
class Compare:
    """An attribute against one literal; `operator` is `==`, `<`, `<=`, `>` or `>=`. `stand_in` marks a second type."""

    path: Path
    operator: str
    literal: str | int | bool
    stand_in: bool = False


@record
class OneOf:
    """An attribute is one of several literals; `stand_in` as in `Compare`."""

    path: Path
    literals: tuple[str | int | bool, ...]
    stand_in: bool = False


@record
class Like:
    """An attribute fits a pattern of the language that has no `?`."""

    path: Path
    pattern: str


@record
class Address:
    """An attribute, read as an address, is in a block (`inside`) or is the one address."""

    path: Path
    literal: str
    inside: bool


@record
class SetTest:
    """A set attribute against literals: `contains` (one), `containsAny`, or `within`: every element is a literal."""

    path: Path
    method: str
    literals: tuple[str | int, ...]


@record
class Not:
    item: Expression


@record
class And:
    """Two or more, from left to right; none of them is an `And`."""

    items: tuple[Expression, ...]


@record
class Or:
    """Two or more, from left to right; none of them is an `Or`."""

    items: tuple[Expression, ...]


Expression: TypeAlias = Truth | Has | Compare | OneOf | Like | Address | SetTest | Not | And | Or


def conjoin(items: list[Expression]) -> Expression:
    """All of one or more expressions, flattened."""
    flat: list[Expression] = []
    for item in items:
        flat.extend(item.items if isinstance(item, And) else (item,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjoin(items: list[Expression]) -> Expression:
    """Any of one or more expressions, flattened."""
    flat: list[Expression] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Or) else (item,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def size(expression: Expression) -> int:
    """How many tests the expression has, guards included."""
    match expression:
        case Not(item):
            return size(item)
        case And(items) | Or(items):
            return sum(size(item) for item in items)
        case _:
            return 1


def chain(expression: Expression) -> int:
    """How deep Cedar nests the expression: `a && b && c` is `(a && b) && c`, so a chain is as deep as it is long."""
    match expression:
        case Not(item):
            return 1 + chain(item)
        case And(items) | Or(items):
            last = len(items) - 1
            return max(last + 1 - max(place, 1) + chain(item) for place, item in enumerate(items))
        case _:
            return 1


def can_fail(expression: Expression) -> bool:
    """Whether a value of another type than documented makes Cedar's evaluation fail.

    Equality and membership in a list of literals compare values of any type. The records right below `context` are the service's own, so
    asking one of those for an attribute cannot fail; whatever lies further down is made by a trust provider.
    """
    match expression:
        case Truth():
            return False
        case Has(parent):
            return len(parent) > 1
        case Compare(path, "==") | OneOf(path):
            return len(path) > 2
        case Compare() | Like() | Address() | SetTest():
            return True
        case Not(item):
            return can_fail(item)
        case And(items) | Or(items):
            return any(can_fail(item) for item in items)


def opposite(expression: Expression) -> Expression:
    """The negation; that of a negation is what it negates."""
    return expression.item if isinstance(expression, Not) else Not(expression)


# --- writing ----------------------------------------------------------------------------------------------------


def stand_in(path: Path) -> Path:
    """The attribute that stands in for `path` under a second type in the checked spelling."""
    return (*path[:-1], f"{path[-1]} (second type)")


def write_condition(expression: Expression, *, checked: bool = False) -> list[str]:
    """The lines between `when {` and `}`, one conjunct a line, without trailing blanks."""
    return _lines(expression, 1, checked)


def write_conjuncts(parts: Sequence[tuple[str, Expression]], *, checked: bool = False) -> tuple[list[str], list[int]]:
    """The lines of a conjunction in which each part can have a comment above it, and the number (from 0) of each part's first line."""
    out: list[str] = []
    starts: list[int] = []
    for place, (comment, part) in enumerate(parts):
        if comment:
            out.append(f"{_STEP}{comment}")
        starts.append(len(out))
        out.extend(_block(part, 1, checked))
        if place < len(parts) - 1:
            out[-1] += " &&"
    return out, starts


def write_flat(expression: Expression, *, checked: bool = False) -> str:
    """The expression on one line."""
    match expression:
        case Truth(value):
            return "true" if value else "false"
        case Has(parent, name):
            return f"{written_path(parent)} has {name if is_identifier(name) else quoted(name)}"
        case Compare(path, operator, literal, second):
            return f"{_second(path, second and checked)} {operator} {_literal(literal)}"
        case OneOf(path, literals, second):
            return f"{_set(literals)}.contains({_second(path, second and checked)})"
        case Like(path, pattern):
            return f"{written_path(path)} like {_pattern(pattern)}"
        case Address(path, literal, inside):
            subject = written_path(stand_in(path)) if checked else f"ip({written_path(path)})"
            return f"{subject}.isInRange(ip({quoted(literal)}))" if inside else f"{subject} == ip({quoted(literal)})"
        case SetTest(path, "contains", literals):
            return f"{written_path(path)}.contains({_literal(literals[0])})"
        case SetTest(path, "within", literals):
            return f"{_set(literals)}.containsAll({written_path(path)})"
        case SetTest(path, method, literals):
            return f"{written_path(path)}.{method}({_set(literals)})"
        case Not(item):
            return f"!({write_flat(item, checked=checked)})"
        case And(items):
            return " && ".join(_part(item, checked) for item in items)
        case Or(items):
            return " || ".join(_part(item, checked) for item in items)


def _part(item: Expression, checked: bool) -> str:
    text = write_flat(item, checked=checked)
    return f"({text})" if isinstance(item, And | Or) else text


def _lines(expression: Expression, depth: int, checked: bool) -> list[str]:
    indent = _STEP * depth
    if isinstance(expression, And | Or):
        joint = " &&" if isinstance(expression, And) else " ||"
        out: list[str] = []
        for place, item in enumerate(expression.items):
            block = _block(item, depth, checked)
            if place < len(expression.items) - 1:
                block[-1] += joint
            out.extend(block)
        return out
    flat = indent + write_flat(expression, checked=checked)
    if isinstance(expression, Not) and isinstance(expression.item, And | Or) and len(flat) > WIDTH:
        return [f"{indent}!(", *_lines(expression.item, depth + 1, checked), f"{indent})"]
    return [flat]


def _block(item: Expression, depth: int, checked: bool) -> list[str]:
    """One operand of a chain: on one line when it fits, else broken up inside parentheses."""
    indent = _STEP * depth
    flat = indent + _part(item, checked)
    if not isinstance(item, And | Or) or len(flat) <= WIDTH:
        return _lines(item, depth, checked) if not isinstance(item, And | Or) else [flat]
    return [f"{indent}(", *_lines(item, depth + 1, checked), f"{indent})"]


def written_path(path: Path) -> str:
    """The attribute as Cedar names it."""
    text = cedar_path(path)
    if not text:
        return "context"
    return f"context{text}" if text.startswith("[") else f"context.{text}"


def _second(path: Path, second: bool) -> str:
    return written_path(stand_in(path)) if second else written_path(path)


def _literal(literal: str | int | bool) -> str:
    if isinstance(literal, bool):
        return "true" if literal else "false"
    return quoted(literal) if isinstance(literal, str) else str(literal)


def _set(literals: tuple[str | int | bool, ...]) -> str:
    return "[" + ", ".join(_literal(literal) for literal in literals) + "]"


def _pattern(pattern: str) -> str:
    """A Cedar pattern literal: `*` stays a wildcard, a plain star becomes `\\*`."""
    out = ""
    for token in pattern_tokens(pattern):
        if isinstance(token, Plain):
            out += "\\*" if token.char == "*" else quoted(token.char)[1:-1]
        else:
            out += "*"
    return f'"{out}"'
