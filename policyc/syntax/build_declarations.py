"""Modules, names, resources, policies."""

from __future__ import annotations

from typing import Any

from policyc.record import record
from policyc.syntax.build_context import Build
from policyc.syntax.nodes import (
    Condition,
    Expr,
    GroupDecl,
    Ident,
    Let,
    ListClause,
    Param,
    Parameter,
    Policy,
    Predicate,
    PrincipalDecl,
    Record,
    Ref,
    Resource,
    Statement,
    Str,
    TypeExpr,
    Use,
)
from policyc.text import Span


@record
class ModuleLine:
    """`module shared`: no node of its own, the parser moves its name into the `Module`."""

    name: Ident
    span: Span


def build_module_line(b: Build, start: int, end: int, _module: int, name: Ident) -> ModuleLine:
    b.declare(name)
    return ModuleLine(name, b.span(start, end))


def build_use(b: Build, start: int, end: int, _use: int, path: Str, _open: int, names: list[Ident], _close: int) -> Use:
    return Use(path, tuple(names), b.span(start, end))


def build_let_inferred(b: Build, start: int, end: int, _let: int, name: Ident, _is: int, value: Expr) -> Let:
    b.declare(name)
    return Let(name, None, value, b.span(start, end), b.doc(start))


def build_let_typed(
    b: Build, start: int, end: int, _let: int, name: Ident, _colon: int, type: TypeExpr, _is: int, value: Expr
) -> Let:
    b.declare(name)
    return Let(name, type, value, b.span(start, end), b.doc(start))


def build_param_required(
    b: Build, start: int, end: int, _param: int, name: Ident, _colon: int, type: TypeExpr
) -> Param:
    b.declare(name)
    return Param(name, type, None, b.span(start, end), b.doc(start))


def build_param_default(
    b: Build, start: int, end: int, _param: int, name: Ident, _colon: int, type: TypeExpr, _is: int, default: Expr
) -> Param:
    b.declare(name)
    return Param(name, type, default, b.span(start, end), b.doc(start))


def build_principal(b: Build, start: int, end: int, _word: int, name: Ident, _is: int, value: Expr) -> PrincipalDecl:
    b.declare(name)
    return PrincipalDecl(name, value, b.span(start, end), b.doc(start))


def build_group(b: Build, start: int, end: int, _word: int, name: Ident, _is: int, value: Expr) -> GroupDecl:
    b.declare(name)
    return GroupDecl(name, value, b.span(start, end), b.doc(start))


def build_parameter(b: Build, start: int, end: int, name: Ident, _colon: int, type: TypeExpr) -> Parameter:
    b.declare(name)
    return Parameter(name, type, b.span(start, end))


def build_predicate(
    b: Build,
    start: int,
    end: int,
    _word: int,
    name: Ident,
    _open: int,
    parameters: list[Parameter],
    _close: int,
    _is: int,
    body: Expr,
) -> Predicate:
    b.declare(name)
    return Predicate(name, tuple(parameters), body, b.span(start, end), b.doc(start))


def build_resource(
    b: Build, start: int, end: int, _word: int, name: Ident, _colon: int, type: Ref, fields: Record
) -> Resource:
    b.declare(name)
    return Resource(name, type, fields, b.span(start, end), b.doc(start))


def build_policy(
    b: Build,
    start: int,
    end: int,
    _policy: int,
    name: Ident,
    _for: int,
    target: Ident,
    _on: int,
    on: Ref,
    _open: int,
    statements: list[Statement],
    _close: int,
) -> Policy:
    b.declare(name)
    return Policy(name, target, on, tuple(statements), b.span(start, end), b.doc(start))


def build_statement_bare(
    b: Build, start: int, end: int, effect: Any, _open: int, clauses: list[Any], _close: int
) -> Statement:
    _refuse_where(b, clauses)
    return Statement(effect, None, tuple(clauses), b.span(start, end), b.doc(start))


def build_statement_labelled(
    b: Build, start: int, end: int, effect: Any, label: Str, _open: int, clauses: list[Any], _close: int
) -> Statement:
    _refuse_where(b, clauses)
    return Statement(effect, label, tuple(clauses), b.span(start, end), b.doc(start))


def build_list_clause(b: Build, start: int, end: int, word: Any, items: list[Expr]) -> ListClause:
    return ListClause(word, tuple(items), None, b.span(start, end))


def build_list_clause_not(b: Build, start: int, end: int, word: Any, _not: int, items: list[Expr]) -> ListClause:
    return ListClause(word, tuple(items), None, b.span(start, end), True)


def build_list_clause_where(
    b: Build, start: int, end: int, word: Any, items: list[Expr], _where: int, expr: Expr
) -> ListClause:
    return ListClause(word, tuple(items), expr, b.span(start, end))


def build_list_clause_not_where(
    b: Build, start: int, end: int, word: Any, _not: int, items: list[Expr], _where: int, expr: Expr
) -> ListClause:
    return ListClause(word, tuple(items), expr, b.span(start, end), True)


def _refuse_where(b: Build, clauses: list[Any]) -> None:
    """In a statement `where` belongs to `who`; in a claim it may follow any clause."""
    for clause in clauses:
        if isinstance(clause, ListClause) and clause.where is not None and clause.word != "who":
            start = b.text.rfind("where", clause.items[-1].span.end, clause.where.span.start)
            # a misspelt one was taken for it, which is told already
            place = clause.where.span if start < 0 else b.span(start, start + len("where"))
            help = "only `who` takes `where`; put the condition into a `when` clause"
            b.refuse(f"`where` cannot follow `{clause.word}`", place, help)


def build_condition(b: Build, start: int, end: int, word: Any, expr: Expr) -> Condition:
    return Condition(word, expr, b.span(start, end))
