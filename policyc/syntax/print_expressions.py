"""Expressions and types -> documents, with parentheses only where the binding needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from policyc.syntax import nodes as n
from policyc.syntax.layout import Doc, Group, Items, Seq, Style, Unit
from policyc.syntax.literals import quote
from policyc.text import Span

# How tightly a form binds; an operand that binds less than its place asks for gets parentheses.
_OR, _AND, _COMPARE, _UNARY, _VALUE, _PRIMARY = range(6)


def print_expr(expr: n.Expr, least: int = _OR, hanging: bool = False) -> Doc:
    """The expression; a chain that is `hanging` begins on a line of its own when it does not fit."""
    binding, doc = _print(expr, hanging)
    return doc if binding >= least else Group(doc)


def print_value(expr: n.Expr) -> Doc:
    """The expression where the grammar has a value: anything that is looser gets parentheses."""
    return print_expr(expr, _VALUE)


def print_values(values: Sequence[n.Expr]) -> Items:
    """`a, b, c` without brackets."""
    return commas([Unit(print_value(value), value.span) for value in values])


def print_names(names: Sequence[n.Ident]) -> Items:
    return commas([Unit(name.text, name.span) for name in names])


def commas(units: list[Unit]) -> Items:
    return Items(Style.COMMAS, units, _cover(units))


def _cover(units: list[Unit]) -> Span | None:
    spans = [unit.span for unit in units if unit.span is not None]
    return spans[0].to(spans[-1]) if spans else None


def _print(expr: n.Expr, hanging: bool) -> tuple[int, Doc]:
    match expr:
        case n.Or():
            return _OR, _chain("or", expr.operands, _AND, expr.span, hanging)
        case n.And():
            return _AND, _chain("and", expr.operands, _COMPARE, expr.span, hanging)
        case n.Compare():
            return _COMPARE, Seq((print_value(expr.left), f" {expr.op} ", print_value(expr.right)))
        case n.Quantified():
            parts = (f"{expr.quantifier} ", print_value(expr.subject), f" {expr.op} ", print_value(expr.right))
            return _COMPARE, Seq(parts)
        case n.Not():
            return _UNARY, Seq(("not ", print_expr(expr.operand, _UNARY)))
        case n.Exists():
            return _UNARY, Seq(("exists ", print_value(expr.subject)))
        case n.At():
            return _VALUE, Seq((print_expr(expr.account, _PRIMARY), "/", print_expr(expr.region, _PRIMARY)))
        case _:
            return _PRIMARY, _print_primary(expr)


def _chain(operator: str, operands: Sequence[n.Expr], least: int, span: Span, hanging: bool) -> Items:
    units = [Unit(print_expr(operand, least), operand.span, inexact=True) for operand in operands]
    return Items(Style.CHAIN, units, span, operator=operator, hanging=hanging)


_Primary = n.Str | n.Int | n.Decimal | n.Bool | n.Region | n.Range | n.Ref | n.ListOf | n.Record | n.Call


def _print_primary(expr: _Primary) -> Doc:
    match expr:
        case n.Str():
            return quote(expr.value)
        case n.Int():
            return str(expr.value)
        case n.Decimal() | n.Region():
            return expr.text
        case n.Bool():
            return "true" if expr.value else "false"
        case n.Range():
            return f"{expr.low.value}..{expr.high.value}"
        case n.Ref():
            return print_ref(expr)
        case n.ListOf():
            return Items(Style.LIST, _units(expr.items), expr.span)
        case n.Record():
            return print_record(expr)
        case n.Call():
            span = Span(expr.span.file, expr.function.span.end, expr.span.end)
            return Seq((print_ref(expr.function), Items(Style.ARGUMENTS, _units(expr.args), span)))
        case _:
            assert_never(expr)


def _units(values: Sequence[n.Expr]) -> list[Unit]:
    return [Unit(print_expr(value), value.span) for value in values]


def print_record(record: n.Record) -> Items:
    units = []
    for entry in record.entries:
        body = Seq((print_ref(entry.key), ": ", print_expr(entry.value, hanging=True)))
        units.append(Unit(body, entry.span))
    return Items(Style.RECORD, units, record.span)


def print_ref(ref: n.Ref) -> str:
    out = ""
    for part in ref.parts:
        match part:
            case n.Field():
                out += f".{part.name}" if out else part.name
            case n.Key():
                out += f"[{quote(part.text)}]"
            case _:
                assert_never(part)
    return out


def print_type(type: n.TypeExpr) -> Doc:
    match type:
        case n.NamedType():
            return type.name
        case n.SetType():
            return Seq(("set[", print_type(type.item), "]"))
        case n.EnumType():
            units = [Unit(member.text, member.span) for member in type.members]
            span = Span(type.span.file, type.span.start + len("enum"), type.span.end)
            return Seq(("enum ", Items(Style.RECORD, units, span)))
        case _:
            assert_never(type)
