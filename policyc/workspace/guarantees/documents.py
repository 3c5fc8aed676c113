"""`prove` blocks about raw documents: a guarantees file names documents where a project's names resources, and each is judged alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from policyc.analysis.asking import asks
from policyc.analysis.claims import clauses_of
from policyc.analysis.compare import Disagreement, Version
from policyc.analysis.conditions import folded, some_bindings
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import BUDGET
from policyc.analysis.whole import allowing, at_most, may_refuse, policies_of, together, verdict_of
from policyc.analysis.witness import Witness, opaque_of, witness_of
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Fits, Unmodelled
from policyc.engines.proofs.texts import exactly
from policyc.engines.trace import Verdict
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import BoundProof, Program
from policyc.ir.statements import StatementBuilder
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record, replace
from policyc.report.proofs import ClaimAnswer, Proof, proof_of
from policyc.syntax import nodes
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.program import words
from policyc.targets.registry import target
from policyc.text import Span
from policyc.workspace.claims.paths import claim_text
from policyc.workspace.documents.natives import NAMED
from policyc.workspace.sides.each_version import told_with_others
from policyc.workspace.sides.pieces import ENDPOINT
from policyc.workspace.sides.side import Side

if TYPE_CHECKING:
    from policyc.workspace.guarantees.chains import GivenChain
    from policyc.workspace.guarantees.networks import GivenNetwork
    from policyc.workspace.guarantees.texts import GivenText

_ANY_NAME: Final = re.compile(r"[^A-Za-z0-9_]")
_OF_CALLERS: Final = Principal("role", ("111122223333", "example"))


@record
class Given:
    """A document under the name by which claims speak of it; `doubts` are what of it is not understood."""

    name: str
    path: str
    version: Version
    doubts: tuple[str, ...]


AnyGiven: TypeAlias = "Given | GivenChain | GivenText | GivenNetwork"


def names_of(paths: Sequence[str]) -> dict[str, str]:
    """The names of documents in claims, by their paths: that of the file without its ending, or of what carries it in a file, with more of the path where two share it."""
    out: dict[str, str] = {}
    for path in paths:
        file, _, part = path.partition("#")
        inner = Path(file).with_suffix("") if file.endswith(NAMED) else Path(file)
        parts = (*inner.parts, *([part] if part else []))
        for count in range(1, len(parts) + 1):
            name = _ANY_NAME.sub("_", "_".join(parts[-count:]))
            if name not in out.values():
                break
        out[path] = name
    return out


def given_in(
    side: Side, documents: Sequence[tuple[str, Version, tuple[str, ...]]], declared: bool = False
) -> list[AnyGiven]:
    """What claims can be about of one side: its IAM `documents` (`policyc.workspace.sides.versions.versions`), the chains that were pulled, core networks, and the Cedar texts that
    nobody declares a resource for, by themselves or at an endpoint. With `declared` those of declared resources as well. Names are given by `named`."""
    from policyc.workspace.guarantees.chains import GivenChain
    from policyc.workspace.guarantees.networks import GivenNetwork, is_network
    from policyc.workspace.guarantees.texts import GivenText

    found: list[AnyGiven] = [Given("", name, version, doubts) for name, version, doubts in documents]
    found += [GivenChain("", name, chain) for name, chain in side.chains.items() if chain.was_found]
    inside = told_with_others(side)
    inside |= {str(way.gates[1]) for way in side.ways.values() if declared and way.type == ENDPOINT}
    for name, way in side.ways.items():
        if way.type == ENDPOINT and (way.is_found or declared):
            found.append(GivenText("", name, way, side))
    for name, piece in side.pieces.items():
        if piece.kind == "cedar" and (piece.facts is None or declared) and name not in inside:
            found.append(GivenText("", name, piece, side))
        if is_network(piece):
            found.append(GivenNetwork("", name, piece, side.switches))
    return found


def named(documents: Sequence[AnyGiven]) -> list[AnyGiven]:
    """The documents with the names that claims have for them."""
    names = names_of([item.path for item in documents])
    return [replace(item, name=names[item.path]) for item in documents]


def prove_documents(program: Program, documents: Sequence[AnyGiven], budget: int = BUDGET) -> list[Proof]:
    """The proofs of a guarantees file about documents. Raises `policyc.analysis.compare.Disagreement`."""
    return [_proof(program, proof, documents, budget) for proof in program.proofs]


def _proof(program: Program, proof: BoundProof, documents: Sequence[AnyGiven], budget: int) -> Proof:
    from policyc.workspace.guarantees.networks import answer_of_network

    diagnostics = Diagnostics()
    label = proof.node.label
    answers: list[ClaimAnswer] = []
    for claim in proof.node.claims:
        if isinstance(claim, nodes.PathClaim):
            asked = _networks(claim, documents, diagnostics)
            found = [answer_of_network(program, claim, item, budget, diagnostics) for item in asked]
        else:
            about = _about(claim, documents, diagnostics)
            found = [_answer_of(program, proof, claim, item, budget, diagnostics) for item in about]
        answers += [answer for answer in found if answer is not None]
    return proof_of(label.value, label.span, answers, diagnostics)


def _answer_of(
    program: Program,
    proof: BoundProof,
    claim: nodes.RequestClaim,
    given: AnyGiven,
    budget: int,
    diagnostics: Diagnostics,
) -> ClaimAnswer | None:
    """The answer to a claim on one document, text or chain; None after reporting what is wrong with it."""
    from policyc.workspace.guarantees.chains import GivenChain, answer_of_chain
    from policyc.workspace.guarantees.networks import GivenNetwork
    from policyc.workspace.guarantees.texts import answer_of_text

    assert not isinstance(given, GivenNetwork)
    if isinstance(given, Given):
        return _answer(program, proof, claim, given, budget, diagnostics)
    if isinstance(given, GivenChain):
        return answer_of_chain(program, proof, claim, given, budget, diagnostics)
    return answer_of_text(program, proof, claim, given, diagnostics)


def _networks(
    claim: nodes.PathClaim, documents: Sequence[AnyGiven], diagnostics: Diagnostics
) -> Sequence[GivenNetwork]:
    """The core networks that a claim is about: the one that it names, else all."""
    from policyc.workspace.guarantees.networks import GivenNetwork

    given = [item for item in documents if isinstance(item, GivenNetwork)]
    if claim.network is None and given:
        return given
    span, named = claim.span if claim.network is None else claim.network.span, claim.network and claim.network.text
    found = [item for item in given if item.name == named]
    if not found:
        names = [item.name for item in given]
        message = f"no core network is called `{named}`" if named else "no core network is among the documents"
        known = f"the core networks are {', '.join(names)}" if names else "name the file of a core network policy"
        diagnostics.error("unknown-network", message, span, did_you_mean(named or "", names, known))
    return found


def _about(claim: nodes.RequestClaim, documents: Sequence[AnyGiven], diagnostics: Diagnostics) -> list[AnyGiven]:
    at = claim.at or (claim.by if isinstance(claim.by, nodes.Ref) else None)
    if at is not None:
        message = f"documents have no gate `{at.text}`"
        diagnostics.error("unprovable-claim", message, at.span, 'leave it out, or name a statement: `by "label"`')
        return []
    from policyc.workspace.guarantees.networks import GivenNetwork

    documents = [item for item in documents if not isinstance(item, GivenNetwork)]
    if not documents:
        message = "the claim is about requests, and core networks have none"
        diagnostics.error(
            "unprovable-claim", message, claim.span, "write `no path from … to …`, or name a document too"
        )
        return []
    if not claim.to:  # what is said of callers says nothing of claims
        return [item for item in documents if isinstance(item, Given)] or documents
    out: list[AnyGiven] = []
    for item in claim.to:
        name = item.text if isinstance(item, nodes.Ref) else "this"
        found = next((one for one in documents if one.name == name), None)
        if found is None:
            names = [one.name for one in documents]
            help = did_you_mean(name, names, f"the documents are {', '.join(names)}")
            diagnostics.error("unknown-name", f"no document is called `{name}`", item.span, help)
        else:
            out.append(found)
    return out


def _answer(
    program: Program,
    proof: BoundProof,
    claim: nodes.RequestClaim,
    document: Given,
    budget: int,
    diagnostics: Diagnostics,
) -> ClaimAnswer | None:
    """The answer; None after reporting what is wrong with the claim."""
    text = claim_text(program, claim.span)
    found = ClaimAnswer(text, document.path, claim.span, None, given=_given(document.version))
    scope = _scope(program, proof, claim, document, diagnostics)
    if scope is None:
        return None
    if document.doubts:
        return replace(found, open=document.doubts)
    answer = _by_itself(found, claim, scope, document, budget)
    hopeful = claim.quantifier == "every" and claim.decision == "allow"
    if document.version.perhaps and (answer.holds is True if hopeful else answer.request):
        certain = at_most(document.version)
        known = None if certain is None else _by_itself(found, claim, scope, replace(document, version=certain), budget)
        if known is None or known.holds is not answer.holds:
            return replace(found, open=may_refuse(document.version))
        return known
    return answer


def _given(version: Version) -> tuple[str, ...]:
    """What the names of a claim are held against, where nothing else tells it from others."""
    told = ", ".join(f"‹{name}› is {value}" for name, value in version.taken.items())
    return (told,) if told else ()


def _by_itself(
    found: ClaimAnswer, claim: nodes.RequestClaim, scope: Statement, document: Given, budget: int
) -> ClaimAnswer:
    """The answer where nothing else bears on the requests."""
    answer = _settled(found, claim, scope, document, budget, None)
    if answer.holds is None:
        for bindings in some_bindings(policies_of(document.version)):
            tried = _settled(found, claim, scope, document, budget, bindings)
            if tried.holds is False and tried.request:
                return tried
    return answer


def _settled(
    found: ClaimAnswer,
    claim: nodes.RequestClaim,
    scope: Statement,
    document: Given,
    budget: int,
    bindings: Mapping[str, str | None] | None,
) -> ClaimAnswer:
    policy = document.version.policy
    own = Policy(
        "claim",
        policy.target,
        policy.on,
        (replace(scope, who=None, can=None),),
        policy.file,
        policy.span,
        kind=policy.kind,
    )
    space = Space((*policies_of(document.version), own), bindings, budget, within=document.version.within)
    formula = space.formula
    try:
        hopeful = claim.quantifier == "every" and claim.decision == "allow"
        said = together(space, document.version, openly=hopeful)
        wanted = -said.allowed if hopeful else said.allowed
        if isinstance(claim.by, nodes.Str):
            lits = [line.lit for gate in said.allows for line in gate if line.label == claim.by.value]
            if not lits:
                return replace(found, open=(f"no statement that allows is called `{claim.by.value}`",))
            wanted = formula.every((wanted, formula.some(lits)))
        inside = _inside(space, scope)
        given = [said.open_identity] if said.open_identity != FALSE else []
        solution = space.ask_known(inside, wanted, *given)
        if solution is None and given and (solution := space.ask(inside, wanted)) is not None:
            who = witness_of(space, solution).who
            return replace(found, open=(f"no identity policy of `{who}` is given, so what it allows is not known",))
        if solution is None:
            if space.ask(inside) is None:
                return replace(
                    found, holds=False, answer=f"no request that `{document.name}` is asked about is like that"
                )
            doubts = tuple(space.doubts())
            return replace(found, holds=None if doubts else True, open=doubts)
        unknown = opaque_of(space, solution)
        if unknown:
            return replace(found, open=unknown)
        witness = witness_of(space, solution)
    except TooLarge:
        return replace(found, open=("the budget of steps ran out",))
    except Unmodelled as reason:
        return replace(found, open=(str(reason),))
    finally:
        space.solver.close()
    return _confirmed(found, claim, document, witness)


def _confirmed(found: ClaimAnswer, claim: nodes.RequestClaim, document: Given, witness: Witness) -> ClaimAnswer:
    verdict = verdict_of(document.version, witness)
    shown = ", ".join(" ".join(line.split()) for line in witness.lines())
    allowed = verdict is Verdict.ALLOW
    wants_denied = claim.quantifier == "every" and claim.decision == "allow"
    if verdict is Verdict.UNDECIDED or allowed is wants_denied:
        raise Disagreement(f"a claim was found broken, and the engine says `{verdict}`: {shown}")
    by = [item.label for item in allowing(document.version, witness)]
    told = f"one such request gets {'allow' if allowed else 'deny'}" + (f" by `{by[0]}`" if allowed and by else "")
    return replace(found, holds=False, request=shown, answer=told)


def _inside(space: Space, scope: Statement) -> Lit:
    """The requests of a claim."""
    formula = space.formula
    parts = [asks(space.callers, scope.who, space.callers.partitions[0]), space.conditions.holds(scope.when)]
    parts.append(space.where(scope.resources, False))
    if scope.can is not None:
        verbs = []
        for verb in scope.can.verbs:
            tests = [space.keys.passes((folded(key), 0), Fits(exactly(value))) for key, value in verb.requires]
            there = [space.keys.present((folded(key), 0)) for key, _ in verb.requires]
            verbs.append(formula.every((space.action(verb.action), *there, *tests)))
        some = formula.some(verbs)
        parts.append(-some if scope.can.negated else some)
    return formula.every(parts)


def _scope(
    program: Program, proof: BoundProof, claim: nodes.RequestClaim, document: Given, diagnostics: Diagnostics
) -> Statement | None:
    help = 'write `on raw("arn:…")` with the pattern of the resource'
    clauses = clauses_of(claim, "path", "a claim on a document has no `path`", help, diagnostics)
    if clauses is None:
        return None
    builder = StatementBuilder(proof.scope, words(), program.resources, diagnostics)
    kind = KINDS.get(document.version.policy.kind)
    attached = kind.attached if kind is not None else ""
    on: Resource | Principal = _OF_CALLERS
    if attached:
        on = Resource(document.name, attached, (), proof.file, Span(proof.file, 0, 0))
    return builder.claim_of(
        nodes.Statement("allow", None, clauses, claim.span), on, "identity", _attributes(on, attached)
    )


def _target(attached: str) -> str:
    return words().resource_types()[attached].target if attached else "identity"


def _attributes(on: Resource | Principal, attached: str) -> Mapping[str, Attribute]:
    return target(_target(attached)).scope(on, MappingProxyType({}))
