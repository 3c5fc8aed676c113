"""Claims of `prove` blocks, bound to the resources that they are about: who asks, for what, under which conditions, as one statement each."""

from __future__ import annotations

from typing import Literal

from policyc.analysis.ways import TYPES
from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Statement
from policyc.ir.program import BoundProof, Program
from policyc.ir.statements import StatementBuilder
from policyc.model.values import Resource
from policyc.record import record, replace
from policyc.syntax import nodes
from policyc.targets.program import words
from policyc.text import Span


@record
class About:
    """A claim on the requests to one resource: those that match `scope`. `decision` is what each of them gets (`every`), or what none
    gets; `label` names a statement, `gate` a gate."""

    resource: Resource
    scope: Statement
    quantifier: Literal["every", "no"]
    decision: Literal["allow", "deny"]
    label: str
    gate: str
    span: Span

    @property
    def breaks(self) -> Literal["allow", "deny"]:
        """The decision that breaks the claim."""
        return "deny" if self.quantifier == "every" and self.decision == "allow" else "allow"


def bind_claim(
    program: Program, proof: BoundProof, node: nodes.RequestClaim, diagnostics: Diagnostics
) -> tuple[About, ...] | None:
    """The claim for each resource that it is about; None after reporting what is wrong with it."""
    resources = _resources(program, proof, node, diagnostics)
    if not resources:
        return None
    out: list[About] = []
    for resource in resources:
        found = Diagnostics()
        scope = _scope(program, proof, node, resource, found)
        for item in found:
            diagnostics.add(
                item if node.to else replace(item, help="name with `to` the resources that the claim is about")
            )
        if scope is None:
            return None
        label = node.by.value if isinstance(node.by, nodes.Str) else ""
        gate = node.by.text if isinstance(node.by, nodes.Ref) else node.at.text if node.at is not None else ""
        out.append(About(resource, scope, node.quantifier, node.decision, label, gate, node.span))
    return tuple(out)


def _resources(
    program: Program, proof: BoundProof, node: nodes.RequestClaim, diagnostics: Diagnostics
) -> list[Resource] | None:
    if not node.to:
        seen = _visible(proof)
        found = [item for item in program.resources.values() if item.type in TYPES and item.id in seen]
        if not found:
            message = "this file declares and imports no resource that requests go to"
            diagnostics.error("unprovable-claim", message, node.span, "import one with `use`, or declare it")
            return None
        return found
    out: list[Resource] = []
    for item in node.to:
        link = proof.scope.asked_resource(item, diagnostics)
        resource = None if link is None else program.resource(link.id)
        if resource is None:
            return None
        if resource.type not in TYPES:
            diagnostics.error(
                "unprovable-claim",
                f"`{resource.name}` is a `{resource.type}`, which no request goes to",
                item.span,
                "name the resources behind it, or leave `to` out for all of them",
            )
            return None
        out.append(resource)
    return out


def _visible(proof: BoundProof) -> set[str]:
    """The resources that the file of a proof declares or imports."""
    found = [item for item in proof.scope.table.values() if isinstance(item.node, nodes.Resource)]
    return {f"{item.file}#{item.node.name.text}" for item in found}


def clauses_of(
    node: nodes.RequestClaim, refused: str, message: str, help: str, diagnostics: Diagnostics
) -> tuple[nodes.ListClause | nodes.Condition, ...] | None:
    """The clauses of a claim, its `where` as a `when`; None after reporting one with the word `refused`."""
    clauses = node.clauses
    if node.where is not None:
        clauses = (*clauses, nodes.Condition("when", node.where, node.where.span))
    for clause in clauses:
        if isinstance(clause, nodes.ListClause) and clause.word == refused:
            diagnostics.error("clause-not-allowed", message, clause.span, help)
            return None
    return clauses


def _scope(
    program: Program, proof: BoundProof, node: nodes.RequestClaim, resource: Resource, diagnostics: Diagnostics
) -> Statement | None:
    clauses = clauses_of(node, "on", "a claim has no `on`", "write the resources behind `to`", diagnostics)
    if clauses is None:
        return None
    builder = StatementBuilder(proof.scope, words(), program.resources, diagnostics)
    return builder.scope_of(nodes.Statement("allow", None, clauses, node.span), resource)
