"""The one printer of Cedar: a tree as text in the layout of Cedar's own formatter, or an expression on one line.

The layout is made of groups: a group stands on one line when it fits into the width with what follows it up to the next place for a
break, else all its own breaks are taken and its inner groups are tried again. A comment never fits on a line with others, so it breaks every
group around it. Pieces know what they are on one line, so that no text is put together twice. So text that is printed here is text that `policyc fmt` leaves alone (held by tests against Cedar's formatter).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias
from unicodedata import category, east_asian_width

from policyc.record import light, record
from policyc.syntax.cedar_literals import is_identifier, quoted
from policyc.syntax.cedar_nodes import (
    And,
    Arith,
    Call,
    Clause,
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
    ScopePart,
    SetOf,
    Slot,
    Statement,
    Var,
)

WIDTH: Final = 100
INDENT: Final = 2


@light
class Group:
    """On one line, as `flat`, if it fits; None for one with marks, and for a `broken` one, which holds a comment."""

    parts: tuple[Piece, ...]
    flat: str | None
    broken: bool


@light
class Nest:
    """Breaks inside are indented by `by` more; `flat` and `broken` as for a group."""

    by: int
    parts: tuple[Piece, ...]
    flat: str | None
    broken: bool


@light
class Break:
    """A place for a line break: `flat` stands there instead; None for one that is always taken."""

    flat: str | None


@light
class Mark:
    """Nothing to be seen: the number of the line that it comes to stand on is remembered under `name`."""

    name: object


Piece: TypeAlias = "str | Group | Nest | Break | Mark"


def _on_one_line(parts: Iterable[Piece]) -> str | None:
    texts = []
    for part in parts:
        text = part if isinstance(part, str) else None if isinstance(part, Mark) else part.flat
        if text is None:
            return None
        texts.append(text)
    return "".join(texts)


def _breaks(piece: Piece) -> bool:
    return piece.flat is None if isinstance(piece, Break) else isinstance(piece, Group | Nest) and piece.broken


def _group(*parts: Piece) -> tuple[Piece, ...]:
    flat = _on_one_line(parts)
    return (Group(parts, flat, flat is None and any(map(_breaks, parts))),)


def _nest(by: int, *parts: Piece) -> Nest:
    flat = _on_one_line(parts)
    return Nest(by, parts, flat, flat is None and any(map(_breaks, parts)))


_LINE: Final = Break(" ")
_SOFT: Final = Break("")
_HARD: Final = Break(None)


@record
class Part:
    """An operand of a condition's outermost `&&`, under a comment of one or more lines (empty for none). Where its own operands of `||`
    carry comments, they are `inner`."""

    expression: Expr
    comment: str = ""
    name: object = None
    inner: tuple[Part, ...] = ()


# --- texts ----------------------------------------------------------------------------------------------------------


def attribute(name: str) -> str:
    """A name as `has` takes it."""
    return name if is_identifier(name) else quoted(name)


def pattern_text(pattern: Iterable[str | None]) -> str:
    """A pattern as its literal."""
    return '"' + "".join("*" if part is None else quoted(part)[1:-1].replace("*", "\\*") for part in pattern) + '"'


def written(node: Expr) -> str:
    """The expression on one line, with as many parentheses as its reading needs. The parser bounds the depth."""
    return _on_one_line(_pieces(node)) or ""


def statement_text(statement: Statement) -> str:
    """A statement as it is, on lines of its own."""
    return laid_out(_statement(statement, None))[0]


def print_statement(
    statement: Statement, comments: Sequence[str], parts: Sequence[Part] | None = None, name: object = None
) -> tuple[Piece, ...]:
    """A statement under its comment lines. `parts` are the operands of its one clause, where they carry comments of their own; `name`
    marks its first line."""
    return (*_comment_lines(comments), Mark(name), *_statement(statement, parts))


def laid_out(pieces: Iterable[Piece], width: int = WIDTH) -> tuple[str, Mapping[object, int]]:
    """The text, which ends in a line feed, and the numbers (from 1) of the lines of marks."""
    return _Page(width).write(tuple(pieces))


# --- pieces of statements -------------------------------------------------------------------------------------------


def _comment_lines(lines: Sequence[str]) -> tuple[Piece, ...]:
    return tuple(piece for line in lines for piece in (f"// {line}".rstrip(), _HARD))


def _statement(statement: Statement, parts: Sequence[Part] | None) -> tuple[Piece, ...]:
    out: list[Piece] = []
    for annotation in statement.annotations:
        value = f"({quoted(annotation.value)})" if annotation.value else ""
        out += [f"@{annotation.key}{value}", _HARD]
    out += [f"{statement.effect} (", *_scope(statement.scope), ")"]
    for clause in statement.clauses:
        out += [_HARD, *_clause(clause, parts)]
    return (*out, ";")


def _scope(scope: Sequence[ScopePart]) -> tuple[Piece, ...]:
    parts = [_scope_part(part) for part in scope]
    if not any(isinstance(part.constraint, Compare) or _has_inside(part.constraint) for part in scope):
        return _group(*parts[0], ", ", *parts[1], ", ", *parts[2])
    listed = (*parts[0], ",", _HARD, *parts[1], ",", _HARD, *parts[2])
    return (_nest(INDENT, _HARD, *listed), _HARD)


def _has_inside(constraint: Compare | Is | None) -> bool:
    return isinstance(constraint, Is) and constraint.inside is not None


def _scope_part(part: ScopePart) -> tuple[Piece, ...]:
    match part.constraint:
        case None:
            return (part.name,)
        case Compare(operator, _, right):
            return _group(part.name, *_group(_LINE, operator), _nest(INDENT, _LINE, *_pieces(right)))
        case Is(_, kind, inside):
            head = (part.name, *_group(_nest(INDENT, *_group(_LINE, "is"), _LINE, kind)))
            if inside is None:
                return head
            return _group(*_group(*head, _LINE, "in"), _nest(INDENT, _LINE, *_pieces(inside)))


def _clause(clause: Clause, parts: Sequence[Part] | None) -> tuple[Piece, ...]:
    if parts:
        body = _parts(parts)
    else:
        body = (_LINE, *_group(*_pieces(clause.body)))
    return _group(clause.kind, _LINE, *_group("{", _nest(INDENT, *body), _LINE, "}"))


def _parts(parts: Sequence[Part]) -> tuple[Piece, ...]:
    """The lines between `{` and `}`, where operands carry comments."""
    out: list[Piece] = []
    first = parts[0].comment
    head: list[Piece] = [_HARD, *_comment_lines(first.split("\n"))] if first else [_LINE]
    for place, part in enumerate(parts):
        lead = part.comment if place else ""
        node = part.expression
        parentheses = isinstance(node, And | Or | If) and len(parts) > 1
        if part.inner:
            inner = _alternatives(part, parentheses, lead)
        else:
            inner = _wrapped(node, parentheses, lead, part.name)
        out += [*inner, *((" &&", _LINE) if place < len(parts) - 1 else ())]
    return (*head, *_group(*out))


def _alternatives(part: Part, parentheses: bool, comment: str) -> tuple[Piece, ...]:
    """Operands of `||` under their comments; that of the first one stands before the parenthesis."""
    out: list[Piece] = []
    for place, item in enumerate(part.inner):
        node = item.expression
        wrapped = isinstance(node, And | Or | If)
        out += [*_wrapped(node, wrapped, item.comment if place else "", item.name if place else None)]
        out += [" ||", _LINE] if place < len(part.inner) - 1 else []
    before = _lead(comment, part.inner[0].name)
    return _group(*before, "(", _nest(1, *out), ")") if parentheses else (*before, *out)


# --- pieces of expressions ------------------------------------------------------------------------------------------


def _lead(comment: str, name: object) -> tuple[Piece, ...]:
    """A comment before the first token of an expression, and the mark of what follows."""
    mark = () if name is None else (Mark(name),)
    return (_HARD, *_comment_lines(comment.split("\n")), *mark) if comment else mark


def _pieces(node: Expr, lead: tuple[Piece, ...] = ()) -> tuple[Piece, ...]:
    """The expression; `lead` stands before its first token."""
    match node:
        case Lit() | Var() | Entity() | Slot() | SetOf() | RecordOf() | Get() | Method() | Call():
            return _member(node, lead)
        case Has(of, names):
            head, *rest = [attribute(name) for name in names]
            field = _group(head, _nest(INDENT, *_between(_SOFT, [(f".{step}",) for step in rest])))
            return _group(*_tight(of, lead), _LINE, "has", _LINE, _nest(INDENT, *field))
        case Like(of, pattern):
            return _group(*_tight(of, lead), _LINE, "like", _LINE, pattern_text(pattern))
        case Is(of, kind, inside):
            tail = () if inside is None else (_LINE, "in ", *_tight(inside))
            return _group(*_tight(of, lead), f" is {kind}", *tail)
        case Compare(operator, left, right):
            return (*_operand(left, lead), f" {operator} ", *_operand(right))
        case Arith(operator, left, right):
            return _group(*_operand(left, lead), f" {operator}", _LINE, *_operand(right))
        case Not(of):
            inner = _member(of) if isinstance(of, Get | Method | Lit) else _wrapped(of, True)
            return (*lead, "!", *inner)
        case Neg(Lit(int(value))) if _is_number(value):
            return (*lead, f"-{value}")
        case Neg(of):
            return (*lead, "-", *_wrapped(of, True))
        case And(items) | Or(items):
            joint = " &&" if isinstance(node, And) else " ||"
            out: list[Piece] = []
            for place, item in enumerate(items):
                out += _wrapped(item, isinstance(item, And | Or | If), (), None, lead if place == 0 else ())
                out += [joint, _LINE] if place < len(items) - 1 else []
            return tuple(out)
        case If(test, then, otherwise):
            return _group(
                *lead,
                "if",
                _nest(INDENT, _LINE, *_pieces(test)),
                _LINE,
                "then",
                _nest(INDENT, _LINE, *_pieces(then)),
                _LINE,
                "else",
                _nest(INDENT, _LINE, *_pieces(otherwise)),
            )


def _wrapped(
    node: Expr,
    parentheses: bool,
    comment: str | tuple[Piece, ...] = "",
    name: object = None,
    lead: tuple[Piece, ...] = (),
) -> tuple[Piece, ...]:
    """An expression, in parentheses where it needs them."""
    before = lead or (_lead(comment, name) if isinstance(comment, str) else ())
    if not parentheses:
        return _pieces(node, before)
    return _group(*before, "(", _nest(1, *_pieces(node)), ")")


def _tight(node: Expr, lead: tuple[Piece, ...] = ()) -> tuple[Piece, ...]:
    """An operand of anything but `&&` and `||`."""
    plain = isinstance(node, Lit | Var | Entity | Slot | SetOf | RecordOf | Get | Call | Method)
    return _wrapped(node, not plain, "", None, lead)


def _operand(node: Expr, lead: tuple[Piece, ...] = ()) -> tuple[Piece, ...]:
    """A side of a comparison or a sum, where a number may have its minus."""
    if isinstance(node, Neg) and isinstance(node.of, Lit) and _is_number(node.of.value):
        return _pieces(node, lead)
    return _tight(node, lead)


def _member(node: Expr, lead: tuple[Piece, ...] = ()) -> tuple[Piece, ...]:
    """A value with its accesses: one group, in which every access may go to a line of its own."""
    accesses: list[tuple[Piece, ...]] = []
    while isinstance(node, Get | Method):
        if isinstance(node, Method):
            accesses += [_arguments(node.args), (f".{node.name}",)]
        elif is_identifier(node.name):
            accesses.append((f".{node.name}",))
        else:
            accesses.append((f"[{quoted(node.name)}]",))
        node = node.of
    if isinstance(node, Call):
        accesses.append(_arguments(node.args))
    return _group(*_primary(node, lead), _nest(INDENT, *_between(_SOFT, list(reversed(accesses)))))


def _primary(node: Expr, lead: tuple[Piece, ...]) -> tuple[Piece, ...]:
    match node:
        case Lit(value):
            return (*lead, _literal(value))
        case Var(name):
            return (*lead, name)
        case Entity(kind, ident):
            return (*lead, f"{kind}::{quoted(ident)}")
        case Slot(name):
            return (*lead, f"?{name}")
        case Call(function):
            return (*lead, function)
        case SetOf(items):
            return (*lead, "[", _nest(1, *_listed([_pieces(item) for item in items])), "]")
        case RecordOf(()):
            return (*lead, "{}")
        case RecordOf(pairs):
            listed = [(f"{attribute(name)}: ", *_pieces(item)) for name, item in pairs]
            return (*lead, "{", _nest(INDENT, _LINE, *_listed(listed)), _LINE, "}")
        case _:
            return _wrapped(node, True, "", None, lead)


def _arguments(args: Sequence[Expr]) -> tuple[Piece, ...]:
    if not args:
        return ("()",)
    return ("(", _nest(INDENT, _SOFT, *_listed([_pieces(arg) for arg in args])), _SOFT, ")")


def _listed(items: Sequence[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    out: list[Piece] = []
    for place, item in enumerate(items):
        out += [*item, *((",", _LINE) if place < len(items) - 1 else ())]
    return tuple(out)


def _between(joint: Piece, items: Sequence[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    out: list[Piece] = []
    for place, item in enumerate(items):
        out += [*((joint,) if place else ()), *item]
    return tuple(out)


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def _is_number(value: str | int | bool) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# --- the page -------------------------------------------------------------------------------------------------------


def _length(text: str) -> int:
    """Columns of a screen, as Cedar's formatter counts them: two for a wide letter, none for a mark that joins another."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(letter: str) -> int:
    if (category(letter) in ("Mn", "Me", "Cf") and letter != "\u00ad") or "\u1160" <= letter <= "\u11ff":
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


#: Indentation, whether on one line, and what is to be written.
_Job: TypeAlias = "tuple[int, bool, Piece]"


class _Page:
    """Lines as they are written."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.line = ""
        self.marks: dict[object, int] = {}

    def write(self, pieces: tuple[Piece, ...]) -> tuple[str, Mapping[object, int]]:
        work: list[_Job] = [(0, False, piece) for piece in reversed(pieces)]
        while work:
            indent, flat, piece = work.pop()
            match piece:
                case str():
                    self.line += piece
                case Mark(name):
                    if name is not None:
                        self.marks[name] = len(self.lines) + 1
                case Nest(by, parts, text):
                    if flat and text is not None:
                        self.line += text
                    else:
                        work.extend([(indent + by, flat, part) for part in reversed(parts)])
                case Group(parts, text, broken):
                    level = flat or (not broken and self._fits(piece, work))
                    if level and text is not None:
                        self.line += text
                    else:
                        work.extend([(indent, level, part) for part in reversed(parts)])
                case Break(text):
                    if flat and text is not None:
                        self.line += text
                    else:
                        self._new_line(indent)
        self._new_line(0)
        return "\n".join(self.lines) + "\n", self.marks

    def _new_line(self, indent: int) -> None:
        """Lines that would be empty are none."""
        if self.line.strip():
            self.lines.append(self.line.rstrip())
        self.line = " " * indent

    def _fits(self, group: Group, rest: Sequence[_Job]) -> bool:
        """Whether the group stands on what is left of the line, with what follows up to the next break."""
        left = self.width - _length(self.line)
        own: list[Piece] = [group]
        place = len(rest)
        flat = True
        while left >= 0:
            if not own:
                if place == 0:
                    return True
                place -= 1
                _, flat, piece = rest[place]
            else:
                piece = own.pop()
            match piece:
                case str():
                    left -= _length(piece)
                case Break(text):
                    if not flat or text is None:
                        return True
                    left -= len(text)
                case Group(parts, text) | Nest(_, parts, text):
                    if flat and text is not None:
                        left -= _length(text)
                    else:
                        own.extend(reversed(parts))
                case _:
                    pass
        return False
