"""Lists, expressions and types."""

from __future__ import annotations

from typing import Any, cast

from policyc.syntax.build_context import RESERVED, Build
from policyc.syntax.literals import unescape
from policyc.syntax.nodes import (
    And,
    At,
    Bool,
    Call,
    Compare,
    CompareOp,
    Decimal,
    Entry,
    EnumType,
    Exists,
    Expr,
    Field,
    Ident,
    Int,
    Key,
    ListOf,
    NamedType,
    Not,
    Or,
    Quantified,
    Record,
    Ref,
    Region,
    SetType,
    Str,
    TypeExpr,
)

MAX_DIGITS = 30

# --- lists: they grow in place, and become tuples in the node that holds them ---------------------------------


def build_nothing_yet(_b: Build, _start: int, _end: int) -> list[Any]:
    return []


def build_absent(_b: Build, _start: int, _end: int) -> None:
    return None


def build_first(_b: Build, _start: int, _end: int, item: Any) -> list[Any]:
    return [item]


def build_push(_b: Build, _start: int, _end: int, items: list[Any], item: Any) -> list[Any]:
    items.append(item)
    return items


def build_push_after(_b: Build, _start: int, _end: int, items: list[Any], _mark: int, item: Any) -> list[Any]:
    items.append(item)
    return items


def build_pair(_b: Build, _start: int, _end: int, left: Any, _mark: int, right: Any) -> list[Any]:
    return [left, right]


def build_keep(_b: Build, _start: int, _end: int, item: Any, _mark: int) -> Any:
    return item


def build_word(b: Build, _start: int, _end: int, token: Any) -> Any:
    """The text of a keyword; a value that is a node already stays."""
    return b.word(token) if isinstance(token, int) else token


def build_not_word(b: Build, _start: int, _end: int, _not: int, token: int) -> str:
    return "not " + b.word(token)


# --- literals and names ---------------------------------------------------------------------------------------


def build_ident(b: Build, start: int, end: int, _name: int) -> Ident:
    return Ident(b.text[start:end], b.span(start, end))


def build_string(b: Build, start: int, end: int, token: int) -> Str:
    return Str(_text_of(b, token), b.span(start, end))


def _text_of(b: Build, token: int) -> str:
    """The value of a string token, with its escapes read."""
    start, end = b.starts[token], b.ends[token]
    first = b.text[start]
    if first not in "\"'`“”„«‘’‚":
        return b.text[start:end]
    closed = start not in b.tokens.unclosed
    raw = b.text[start + 1 : end - 1 if closed else end]
    value, bad = unescape(raw)
    for escape in bad:
        at = start + 1 + escape.start
        message = f"`{escape.text[:20]}` is not an escape"
        help = 'the escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\u{1F600}`, and `\\*`, `\\?` in patterns; `\\\\` is a backslash'
        if closed:
            b.problems.add("bad-escape", message, at, start + 1 + escape.end, help)
    return value


def build_integer(b: Build, start: int, end: int, _token: int) -> Int:
    text = b.text[start:end]
    span = b.span(start, end)
    digits = text.lstrip("-")
    if len(digits) > MAX_DIGITS:
        b.refuse("this number is too long", span, f"numbers have at most {MAX_DIGITS} digits; quote it if it is text")
        return Int(0, span)
    if len(digits) > 1 and digits[0] == "0":
        help = f'quote it if it is an id (`"{text}"`), or remove the zeros'
        b.refuse(f"the number `{text}` starts with a zero", span, help)
    return Int(int(text), span)


def build_decimal(b: Build, start: int, end: int, _token: int) -> Decimal:
    span = b.span(start, end)
    if end - start > 2 * MAX_DIGITS:
        b.refuse("this number is too long", span, f"numbers have at most {MAX_DIGITS} digits; quote it if it is text")
        return Decimal("0.0", span)
    return Decimal(b.text[start:end], span)


def build_boolean(b: Build, start: int, end: int, _token: int) -> Bool:
    return Bool(b.text[start:end] == "true", b.span(start, end))


def build_region(b: Build, start: int, end: int, _token: int) -> Region:
    return Region(b.text[start:end], b.span(start, end))


def build_ref_first(b: Build, start: int, end: int, _name: int) -> list[Field | Key]:
    return [Field(b.text[start:end], b.span(start, end))]


def build_ref_field(b: Build, _start: int, end: int, parts: list[Field | Key], _dot: int, name: int) -> Any:
    start = b.starts[name]
    parts.append(Field(b.text[start:end], b.span(start, end)))
    return parts


def build_ref_key(
    b: Build, _start: int, _end: int, parts: list[Field | Key], _open: int, key: int, _close: int
) -> list[Field | Key]:
    parts.append(Key(_text_of(b, key), b.span(b.starts[key], b.ends[key])))
    return parts


def build_ref(b: Build, start: int, end: int, parts: list[Field | Key]) -> Ref:
    return Ref(tuple(parts), b.span(start, end))


def build_plain_ref(b: Build, _start: int, _end: int, ref: Ref) -> Ref:
    _refuse_reserved(b, ref)
    return ref


def _refuse_reserved(b: Build, ref: Ref) -> None:
    """A reserved word cannot name a value, since nothing can be declared under it."""
    first = ref.parts[0]
    if isinstance(first, Field) and first.name in RESERVED:
        message = f"`{first.name}` is a reserved word and names no value"
        help = "put it between double quotes if it is text, or use another name"
        b.problems.add("reserved-word", message, first.span.start, first.span.end, help)


# --- compound values ------------------------------------------------------------------------------------------


def build_at(b: Build, start: int, end: int, account: Expr, _slash: int, region: Expr) -> At:
    return At(account, region, b.span(start, end))


def build_call(b: Build, start: int, end: int, function: Ref, _open: int, args: list[Expr] | int, *_rest: int) -> Call:
    _refuse_reserved(b, function)
    return Call(function, () if isinstance(args, int) else tuple(args), b.span(start, end))


def build_list_of(b: Build, start: int, end: int, _open: int, items: list[Expr] | int, *_rest: int) -> ListOf:
    return ListOf(() if isinstance(items, int) else tuple(items), b.span(start, end))


def build_record(b: Build, start: int, end: int, _open: int, entries: list[Entry] | int, *_rest: int) -> Record:
    return Record(() if isinstance(entries, int) else tuple(entries), b.span(start, end))


def build_entry(b: Build, start: int, end: int, key: Ref, _colon: int, value: Expr) -> Entry:
    return Entry(key, value, b.span(start, end))


def build_paren(_b: Build, _start: int, _end: int, _open: int, expr: Expr, _close: int) -> Expr:
    return expr


# --- logic ----------------------------------------------------------------------------------------------------


def build_or_expr(b: Build, start: int, end: int, operands: list[Expr]) -> Or:
    return Or(tuple(operands), b.span(start, end))


def build_and_expr(b: Build, start: int, end: int, operands: list[Expr]) -> And:
    return And(tuple(operands), b.span(start, end))


def build_not_expr(b: Build, start: int, end: int, _not: int, operand: Expr) -> Not:
    return Not(operand, b.span(start, end))


def build_exists(b: Build, start: int, end: int, _exists: int, subject: Expr) -> Exists:
    return Exists(subject, b.span(start, end))


def build_compare(b: Build, start: int, end: int, left: Expr, op: str, right: Expr) -> Compare:
    # Parentheses are outside a node's span, so a side that fills its place was written without them.
    for side, bare in ((left, left.span.start == start), (right, right.span.end == end)):
        if bare and isinstance(side, Not | Exists):
            word = "not" if isinstance(side, Not) else "exists"
            message = f"`{word}` next to `{op}` can be read in two ways"
            help = f"add parentheses: `(… {op} …)` or `({word} …)`"
            b.refuse(message, b.span(start, end), help)
            break
    return Compare(_operator(op), left, right, b.span(start, end))


def build_quantified(
    b: Build, start: int, end: int, quantifier: Any, subject: Expr, op: str, right: Expr
) -> Quantified:
    return Quantified(quantifier, _operator(op), subject, right, b.span(start, end))


def _operator(text: str) -> CompareOp:
    """The operator; `==` where the repair of a syntax error put one in, which has no text."""
    return cast(CompareOp, text or "==")


# --- types ----------------------------------------------------------------------------------------------------


def build_named_type(b: Build, start: int, end: int, _name: int) -> NamedType:
    return NamedType(b.text[start:end], b.span(start, end))


def build_set_type(b: Build, start: int, end: int, _set: int, _open: int, item: TypeExpr, _close: int) -> SetType:
    return SetType(item, b.span(start, end))


def build_enum_type(
    b: Build, start: int, end: int, _enum: int, _open: int, names: list[Ident], _close: int
) -> EnumType:
    return EnumType(tuple(names), b.span(start, end))
