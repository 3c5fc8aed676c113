"""`prove` blocks about chains of S3 Object Lambda that were pulled, or that a host file describes: through every hop, over all requests."""

from __future__ import annotations

from policyc.analysis.claims import About, clauses_of
from policyc.diagnostics import Diagnostics
from policyc.ir.program import BoundProof, Program
from policyc.ir.statements import StatementBuilder
from policyc.record import record, replace
from policyc.report.proofs import ClaimAnswer
from policyc.syntax import nodes
from policyc.targets.program import words
from policyc.workspace.claims.paths import claim_text
from policyc.workspace.claims.proving import answer_to
from policyc.workspace.sides.chains import Chain


@record
class GivenChain:
    """A chain under the name by which claims speak of it."""

    name: str
    path: str
    chain: Chain


def answer_of_chain(
    program: Program,
    proof: BoundProof,
    claim: nodes.RequestClaim,
    given: GivenChain,
    budget: int,
    diagnostics: Diagnostics,
) -> ClaimAnswer | None:
    """The answer to a claim; None after reporting what is wrong with it. Raises `policyc.analysis.compare.Disagreement`."""
    chain = given.chain
    clauses = clauses_of(claim, "on", "a claim on a chain has no `on`", "leave it out", diagnostics)
    if clauses is None:
        return None
    builder = StatementBuilder(proof.scope, words(), chain.program.resources, diagnostics)
    scope = builder.scope_of(nodes.Statement("allow", None, clauses, claim.span), chain.resource)
    if scope is None:
        return None
    label = claim.by.value if isinstance(claim.by, nodes.Str) else ""
    about = About(chain.resource, scope, claim.quantifier, claim.decision, label, "", claim.span)
    text = claim_text(program, claim.span)
    answer = answer_to(chain.program, chain.documents, proof, about, text, budget, diagnostics)
    return None if answer is None else replace(answer, given=(*answer.given, *chain.given))
