"""What is wrong with `test` and `prove` blocks themselves: `check` tells it as `test` and `prove` do, without asking what they ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.program import BoundProof, Program
from policyc.packages import MissingPackage
from policyc.record import replace
from policyc.syntax import nodes
from policyc.targets.base import Document


def block_mistakes(program: Program, documents: Sequence[Document]) -> Iterator[Diagnostic]:
    """Names that nobody declares, values that do not fit, steps and claims that stand nowhere, in every block of a program that compiled."""
    if program.tests:
        from policyc.simulation.runner import test_mistakes

        for test in program.tests:
            yield from test_mistakes(program, documents, test)
    for proof in program.proofs:
        yield from _of_proof(program, documents, proof)


def _of_proof(program: Program, documents: Sequence[Document], proof: BoundProof) -> Iterator[Diagnostic]:
    if not proof.node.claims:
        yield from _proven(program, documents, proof)
    for claim in proof.node.claims:
        diagnostics = Diagnostics()
        if isinstance(claim, nodes.PathClaim):
            from policyc.workspace.claims.paths import bind_paths

            bind_paths(program, proof, claim, diagnostics)
        else:
            from policyc.analysis.claims import bind_claim

            bind_claim(program, proof, claim, diagnostics)
            if not diagnostics.has_errors and _names_nothing(program, claim):
                alone = replace(proof, node=replace(proof.node, claims=(claim,)))
                diagnostics.extend(_proven(program, documents, alone))
        yield from diagnostics


def _names_nothing(program: Program, claim: nodes.RequestClaim) -> bool:
    """Whether a claim names a gate or statement that is not plainly one of the project's."""
    from policyc.simulation.runner import named_gates, named_statements

    refs = [ref.text for ref in (claim.by, claim.at) if isinstance(ref, nodes.Ref)]
    unlabelled = isinstance(claim.by, nodes.Str) and claim.by.value not in named_statements(program)
    return unlabelled or not named_gates(program).issuperset(refs)


def _proven(program: Program, documents: Sequence[Document], proof: BoundProof) -> Iterator[Diagnostic]:
    """What the prover says of a block beside its answers; nothing where it is not installed, which is no mistake of the block."""
    try:
        from policyc.workspace.claims.proving import prove_one

        yield from (item for item in prove_one(program, documents, proof).findings if item.rule not in _ANSWERS)
    except MissingPackage:
        return


#: findings that are answers
_ANSWERS = frozenset({"proof-failed", "proof-not-settled", "vacuous-proof", "missing-package"})
