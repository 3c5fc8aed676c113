"""Proofs: claims about all requests, and about all attachments."""

from __future__ import annotations

from typing import Any, Literal

from policyc.record import record
from policyc.syntax.build_context import Build
from policyc.syntax.nodes import Claim, Condition, Expr, Ident, ListClause, PathClaim, Prove, Ref, RequestClaim, Str


@record
class Scope:
    """The requests of a claim, before the claim is known."""

    to: tuple[Expr, ...]
    where: Expr | None
    clauses: tuple[ListClause | Condition, ...]


@record
class Way:
    """The paths of a claim."""

    source: Ident
    to: Expr
    network: Ref | None


def build_prove(
    b: Build, start: int, end: int, _prove: int, label: Str, _open: int, claims: list[Claim], _close: int
) -> Prove:
    return Prove(label, tuple(claims), b.span(start, end), b.doc(start))


def build_claim_every(
    b: Build, start: int, end: int, _every: int, _request: int, scope: Scope, _is: int, effect: Any
) -> RequestClaim:
    return _claim(b, start, end, "every", scope, effect, None, None)


def build_claim_every_at(
    b: Build, start: int, end: int, _every: int, _request: int, scope: Scope, _is: int, effect: Any, _at: int, at: Ref
) -> RequestClaim:
    return _claim(b, start, end, "every", scope, effect, None, at)


def build_claim_none(
    b: Build, start: int, end: int, _no: int, _request: int, scope: Scope, _allowed: None
) -> RequestClaim:
    return _claim(b, start, end, "no", scope, "allow", None, None)


def build_claim_none_by(
    b: Build, start: int, end: int, _no: int, _request: int, scope: Scope, _allowed: None, _by: int, by: Str | Ref
) -> RequestClaim:
    return _claim(b, start, end, "no", scope, "allow", by, None)


def _claim(
    b: Build,
    start: int,
    end: int,
    quantifier: Literal["every", "no"],
    scope: Scope,
    decision: Literal["allow", "deny"],
    by: Str | Ref | None,
    at: Ref | None,
) -> RequestClaim:
    return RequestClaim(quantifier, scope.to, scope.where, scope.clauses, decision, by, at, b.span(start, end))


def build_scope_anywhere(_b: Build, _start: int, _end: int, clauses: list[Any]) -> Scope:
    return Scope((), None, tuple(clauses))


def build_scope_where(_b: Build, _start: int, _end: int, _where: int, where: Expr, clauses: list[Any]) -> Scope:
    return Scope((), where, tuple(clauses))


def build_scope_to(_b: Build, _start: int, _end: int, _to: int, to: list[Expr], clauses: list[Any]) -> Scope:
    return Scope(tuple(to), None, tuple(clauses))


def build_scope_to_where(
    _b: Build, _start: int, _end: int, _to: int, to: list[Expr], _where: int, where: Expr, clauses: list[Any]
) -> Scope:
    return Scope(tuple(to), where, tuple(clauses))


def build_allowed(_b: Build, _start: int, _end: int, *_words: int) -> None:
    return None


def build_way(_b: Build, _start: int, _end: int, _from: int, source: Ident, _to: int, to: Expr) -> Way:
    return Way(source, to, None)


def build_way_on(
    _b: Build, _start: int, _end: int, _from: int, source: Ident, _to: int, to: Expr, _on: int, network: Ref
) -> Way:
    return Way(source, to, network)


def build_claim_no_path(b: Build, start: int, end: int, _no: int, _path: int, way: Way) -> PathClaim:
    return PathClaim("no", way.source, way.to, way.network, None, b.span(start, end))


def build_claim_inspected(
    b: Build, start: int, end: int, _every: int, _path: int, way: Way, _is: int, _inspected: int
) -> PathClaim:
    return PathClaim("every", way.source, way.to, way.network, None, b.span(start, end))


def build_claim_inspected_by(
    b: Build, start: int, end: int, _every: int, _path: int, way: Way, _is: int, _inspected: int, _by: int, by: Ident
) -> PathClaim:
    return PathClaim("every", way.source, way.to, way.network, by, b.span(start, end))
