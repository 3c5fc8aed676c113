"""An expression of Cedar as one line of text: for messages, and to tell whether two say the same."""

from __future__ import annotations

import re
from typing import TypeGuard

from policyc.syntax.cedar_conditions import RESERVED
from policyc.syntax.cedar_nodes import (
    And,
    Arith,
    Call,
    Compare,
    Entity,
    Expr,
    Get,
    Has,
    If,
    Is,
    Like,
    Lit,
    Method,
    Neg,
    Not,
    Or,
    RecordOf,
    SetOf,
    Slot,
    Var,
)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def key(node: Expr) -> str:
    """A text that two expressions share exactly when they have the same tree."""
    return written(node)


def quoted(text: str) -> str:
    """A string literal."""
    return '"' + "".join(_ESCAPES.get(char) or _plain(char) for char in text) + '"'


def attribute(name: str) -> str:
    """A name as `has` takes it."""
    return name if _IDENTIFIER.fullmatch(name) and name not in RESERVED else quoted(name)


def written(node: Expr) -> str:
    """The expression on one line, with as many parentheses as its reading needs. The parser bounds the depth."""
    match node:
        case Lit(value):
            return _literal(value)
        case Var(name):
            return name
        case Entity(kind, ident):
            return f"{kind}::{quoted(ident)}"
        case Slot(name):
            return f"?{name}"
        case SetOf(items):
            return "[" + ", ".join(written(item) for item in items) + "]"
        case RecordOf(pairs):
            return "{" + ", ".join(f"{attribute(name)}: {written(item)}" for name, item in pairs) + "}"
        case Get(of, name):
            plain = attribute(name) == name
            return f"{_tight(of)}.{name}" if plain else f"{_tight(of)}[{quoted(name)}]"
        case Has(of, names):
            return f"{_tight(of)} has {'.'.join(attribute(name) for name in names)}"
        case Like(of, pattern):
            return f"{_tight(of)} like {pattern_text(pattern)}"
        case Is(of, kind, inside):
            return f"{_tight(of)} is {kind}" + ("" if inside is None else f" in {_tight(inside)}")
        case Compare(operator, left, right) | Arith(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Not(of):
            return f"!{_tight(of)}" if isinstance(of, Get | Method | Lit) else f"!({written(of)})"
        case Neg(of):
            return f"-{of.value}" if _is_number(of) else f"-({written(of)})"
        case And(items):
            return " && ".join(_loose(item) for item in items)
        case Or(items):
            return " || ".join(_loose(item) for item in items)
        case If(test, then, otherwise):
            return f"if {written(test)} then {written(then)} else {written(otherwise)}"
        case Call(function, args):
            return f"{function}({', '.join(written(arg) for arg in args)})"
        case Method(of, name, _, args):
            return f"{_tight(of)}.{name}({', '.join(written(arg) for arg in args)})"


def pattern_text(pattern: tuple[str | None, ...]) -> str:
    """A pattern as its literal."""
    return '"' + "".join("*" if part is None else quoted(part)[1:-1].replace("*", "\\*") for part in pattern) + '"'


def _is_number(node: Expr) -> TypeGuard[Lit]:
    return (
        isinstance(node, Lit) and isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0
    )


def _operand(node: Expr) -> str:
    """A side of a comparison or a sum, where a number may have its minus."""
    return written(node) if isinstance(node, Neg) and _is_number(node.of) else _tight(node)


def _tight(node: Expr) -> str:
    """An operand of anything but `&&` and `||`."""
    text = written(node)
    return text if isinstance(node, Lit | Var | Entity | Slot | SetOf | RecordOf | Get | Call | Method) else f"({text})"


def _loose(node: Expr) -> str:
    return f"({written(node)})" if isinstance(node, And | Or | If) else written(node)


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def _plain(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"
