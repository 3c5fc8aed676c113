"""Clauses of statements, and the claims of proofs, which share them."""

from __future__ import annotations

from typing import assert_never

from policyc.syntax import nodes as n
from policyc.syntax.layout import Doc, Seq, Turn
from policyc.syntax.literals import quote
from policyc.syntax.print_expressions import print_expr, print_ref, print_value, print_values


def print_clause(clause: n.ListClause | n.Condition) -> Doc:
    match clause:
        case n.Condition():
            return Seq((f"{clause.word} ", print_expr(clause.expr)))
        case n.ListClause():
            items = (f"{clause.word} {'not ' if clause.negated else ''}", print_values(clause.items))
            if clause.where is None:
                return Seq(items)
            return Seq((*items, Turn("where", print_expr(clause.where))))
        case _:
            assert_never(clause)


def print_claim(claim: n.Claim) -> Doc:
    match claim:
        case n.RequestClaim():
            return _request(claim)
        case n.PathClaim():
            return _path(claim)
        case _:
            assert_never(claim)


def _request(claim: n.RequestClaim) -> Doc:
    parts: list[Doc] = [f"{claim.quantifier} request"]
    if claim.to:
        parts += [" to ", print_values(claim.to)]
    if claim.where is not None:
        parts.append(Turn("where", print_expr(claim.where)))
    for clause in claim.clauses:
        match clause:
            case n.Condition():
                parts.append(Turn(clause.word, print_expr(clause.expr)))
            case n.ListClause():
                parts.append(Turn(clause.word + (" not" if clause.negated else ""), print_values(clause.items)))
                if clause.where is not None:
                    parts.append(Turn("where", print_expr(clause.where)))
    if claim.quantifier == "every":
        end = claim.decision + ("" if claim.at is None else f" at {print_ref(claim.at)}")
    elif claim.by is None:
        end = "allowed"
    else:
        end = f"allowed by {quote(claim.by.value) if isinstance(claim.by, n.Str) else print_ref(claim.by)}"
    parts.append(Turn("is", end))
    return Seq(tuple(parts))


def _path(claim: n.PathClaim) -> Doc:
    parts: list[Doc] = [f"{claim.quantifier} path from {claim.source.text} to ", print_value(claim.to)]
    if claim.network is not None:
        parts.append(f" on {print_ref(claim.network)}")
    if claim.quantifier == "every":
        parts.append(" is inspected" + ("" if claim.by is None else f" by {claim.by.text}"))
    return Seq(tuple(parts))
