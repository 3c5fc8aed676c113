"""TREE -> DOCUMENT: the concrete form of every declaration, without a word about line breaks or comments."""

from __future__ import annotations

from typing import assert_never

from policyc.syntax import nodes as n
from policyc.syntax.layout import Doc, Items, Seq, Style, Unit
from policyc.syntax.literals import quote
from policyc.syntax.print_expressions import print_expr, print_record, print_ref, print_type, print_value
from policyc.syntax.print_networks import print_network
from policyc.syntax.print_proofs import print_claim, print_clause
from policyc.text import Span


def print_file(module: n.Module) -> Items:
    """The document of a whole file."""
    units: list[Unit] = []
    if module.name is not None:
        units.append(Unit(f"module {module.name.text}", module.line or module.name.span, "module"))
    for use in module.uses:
        names = [Unit(name.text, name.span) for name in use.names]
        span = Span(use.span.file, use.path.span.end, use.span.end)
        units.append(Unit(Seq((f"use {quote(use.path.value)} ", Items(Style.RECORD, names, span))), use.span, "use"))
    for declaration in module.declarations:
        kind = type(declaration).__name__
        units.append(Unit(_declaration(declaration), declaration.span, kind, declaration.doc))
    return Items(Style.FILE, units, module.span)


def _declaration(node: n.Declaration) -> Doc:
    match node:
        case n.Let():
            typed: tuple[Doc, ...] = (": ", print_type(node.type)) if node.type is not None else ()
            return Seq((f"let {node.name.text}", *typed, " = ", print_expr(node.value, hanging=True)))
        case n.Param():
            default: tuple[Doc, ...] = ()
            if node.default is not None:
                default = (" = ", print_expr(node.default, hanging=True))
            return Seq((f"param {node.name.text}: ", print_type(node.type), *default))
        case n.PrincipalDecl():
            return Seq((f"principal {node.name.text} = ", print_expr(node.value, hanging=True)))
        case n.GroupDecl():
            return Seq((f"group {node.name.text} = ", print_expr(node.value, hanging=True)))
        case n.Predicate():
            return _predicate(node)
        case n.Resource():
            return Seq((f"resource {node.name.text}: {print_ref(node.type)} ", print_record(node.fields)))
        case n.Policy():
            units = [Unit(_statement(statement), statement.span, doc=statement.doc) for statement in node.statements]
            header = f"policy {node.name.text} for {node.target.text} on {print_ref(node.on)} "
            return Seq((header, Items(Style.BLOCK, units, node.span)))
        case n.Network():
            return print_network(node)
        case n.InlineTest():
            units = [Unit(_step(step), step.span) for step in node.steps]
            return Seq((f"test {quote(node.label.value)} ", Items(Style.BLOCK, units, node.span)))
        case n.Prove():
            units = [Unit(print_claim(claim), claim.span) for claim in node.claims]
            return Seq((f"prove {quote(node.label.value)} ", Items(Style.BLOCK, units, node.span)))
        case _:
            assert_never(node)


def _predicate(node: n.Predicate) -> Doc:
    units = [Unit(Seq((f"{p.name.text}: ", print_type(p.type))), p.span) for p in node.parameters]
    span = Span(node.span.file, node.name.span.end, node.body.span.start)
    parameters = Items(Style.ARGUMENTS, units, span)
    return Seq((f"predicate {node.name.text}", parameters, " = ", print_expr(node.body, hanging=True)))


def _statement(node: n.Statement) -> Doc:
    units = [Unit(print_clause(clause), clause.span) for clause in node.clauses]
    label = f" {quote(node.label.value)}" if node.label is not None else ""
    return Seq((f"{node.effect}{label} ", Items(Style.BLOCK, units, node.span)))


def _step(step: n.Step) -> Doc:
    match step:
        case n.RequestStep():
            return Seq((f"request {print_ref(step.resource)} ", print_record(step.fields)))
        case n.OnStep():
            units = [
                Unit(Seq((f"attachment {entry.name.text} ", print_record(entry.fields))), entry.span)
                for entry in step.attachments
            ]
            return Seq((f"on {print_ref(step.network)} ", Items(Style.BLOCK, units, step.span)))
        case n.PathStep():
            return Seq((f"path from {step.source.text} to ", print_value(step.to)))
        case n.ExpectDecision():
            by = "" if step.by is None else " by default" if step.by == "default" else f" by {_label(step.by)}"
            at = "" if step.at is None else f" at {print_ref(step.at)}"
            return f"expect {step.decision}{by}{at}"
        case n.ExpectAttachment():
            return f"expect {step.attachment.text} {_state(step)}" + (
                f" by rule {step.rule.value}" if step.rule else ""
            )
        case n.ExpectPath():
            return "expect " + _path_state(step)
        case n.ExpectNobody():
            return f"expect no attachment of {step.source.text} reaches {step.to.text}"
        case _:
            assert_never(step)


def _label(by: n.Str | str) -> str:
    return quote(by.value) if isinstance(by, n.Str) else by


def _state(step: n.ExpectAttachment) -> str:
    if step.state == "pending":
        return "pending acceptance"
    return step.state if step.name is None else f"in {step.state} {step.name.text}"


def _path_state(step: n.ExpectPath) -> str:
    if step.name is None:
        return step.state
    return f"next hop {step.name.text}" if step.state == "next hop" else f"{step.state} by {step.name.text}"
