"""Claims on paths of networks answered: proven for any attachments that the rules admit, or broken by some that the engine confirms."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.analysis.networks import GIVEN, Answer, Path, Paths, attachment_text
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.wan.switches import Switches
from policyc.ir.network import CoreNetwork
from policyc.ir.program import BoundNetwork, BoundProof, BoundTest, Program, find_network, import_of, networks_seen
from policyc.report.proofs import ClaimAnswer
from policyc.simulation.runner import run_test
from policyc.syntax import nodes
from policyc.syntax.format import format_module
from policyc.syntax.literals import quote
from policyc.syntax.parser import parse
from policyc.targets.base import Document
from policyc.targets.registry import network
from policyc.targets.switches import wan_switches
from policyc.text import Source, Span


def prove_paths(
    program: Program,
    documents: Sequence[Document],
    proof: BoundProof,
    claim: nodes.PathClaim,
    budget: int,
    diagnostics: Diagnostics,
) -> list[ClaimAnswer]:
    """The answer to a claim on paths; nothing after reporting what is wrong with it."""
    bound_claim = bind_paths(program, proof, claim, diagnostics)
    if bound_claim is None:
        return []
    bound, network, places = bound_claim
    found = answer_to(network, claim, places, wan_switches(program.switches), budget)
    return [_answer(program, documents, proof, claim, bound, found, claim_text(program, claim.span))]


def answer_to(
    network: CoreNetwork, claim: nodes.PathClaim, places: tuple[str, str], switches: Switches, budget: int
) -> Answer:
    """What holds of a claim between two places of a network."""
    try:
        paths = Paths(network, switches, budget)
        if claim.quantifier == "no":
            return paths.none(*places)
        return paths.inspected(*places, None if claim.by is None else claim.by.text)
    except TooLarge:
        return Answer(None, open=("the budget of steps ran out",))


def bind_paths(
    program: Program, proof: BoundProof, claim: nodes.PathClaim, diagnostics: Diagnostics
) -> tuple[BoundNetwork, CoreNetwork, tuple[str, str]] | None:
    """The network of a claim, as declared and as lowered, and both ends by name; None after reporting what is wrong."""
    bound = _network(program, proof, claim, diagnostics)
    lowered = None if bound is None else network(bound.node.target.text).lower(bound, diagnostics)
    if bound is None or lowered is None:
        return None
    places = places_of(lowered, claim, diagnostics)
    return None if places is None else (bound, lowered, places)


def _network(
    program: Program, proof: BoundProof, claim: nodes.PathClaim, diagnostics: Diagnostics
) -> BoundNetwork | None:
    if claim.network is not None:
        return find_network(program, proof.scope, claim.network, diagnostics)
    seen = networks_seen(program, proof.scope)
    own = [item for item in seen if item.file == proof.file]
    found = own if len(own) == 1 else seen
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"`{item.name}`" for item in found)
    message = "the claim does not say of which network it speaks" if found else "this file knows no network"
    help = (
        f"add `on` and one of {names} behind the path"
        if found
        else "declare one with `network`, or import it with `use`"
    )
    if not found and len(program.networks) == 1:
        help = f"{import_of(program.networks[0])} above the declarations"
    diagnostics.error("unknown-network", message, claim.span, help)
    return None


def places_of(network: CoreNetwork, claim: nodes.PathClaim, diagnostics: Diagnostics) -> tuple[str, str] | None:
    """Both ends by name, and that the function group is one; None after reporting."""
    segments = [item.name.text for item in network.segments]
    groups = [item.name.text for item in network.groups]
    to = claim.to.simple if isinstance(claim.to, nodes.Ref) else None
    named = [(claim.source.text, claim.source.span, [*segments, *groups]), (to, claim.to.span, [*segments, *groups])]
    if claim.by is not None:
        named.append((claim.by.text, claim.by.span, groups))
    for name, span, known in named:
        if name not in known:
            noun = "function group" if known is groups else "segment or function group"
            message = f"`{network.name}` has no {noun} `{name}`" if name else f"a claim on paths leads to a {noun}"
            help = did_you_mean(name or "", known, f"the network declares {', '.join(known) or 'none'}")
            diagnostics.error("network-unknown-name", message, span, help)
            return None
    return claim.source.text, to or ""


def _answer(
    program: Program,
    documents: Sequence[Document],
    proof: BoundProof,
    claim: nodes.PathClaim,
    bound: BoundNetwork,
    found: Answer,
    text: str,
) -> ClaimAnswer:
    if found.empty:
        return ClaimAnswer(text, bound.name, claim.span, False, answer=found.empty)
    if found.path is None or found.holds is None:
        return ClaimAnswer(text, bound.name, claim.span, found.holds, open=found.open, given=GIVEN)
    shown = _shown(program, documents, proof, claim, bound, found.path)
    if shown is None:
        reason = f"a path was found that no test shows: {found.path.sentence}"
        return ClaimAnswer(text, bound.name, claim.span, None, open=(reason,), given=GIVEN)
    test, story = shown
    one, other = found.path.sending, found.path.receiving
    request = f"path from {attachment_text(one)} to {attachment_text(other)}"
    return ClaimAnswer(text, bound.name, claim.span, False, request, story, test, given=GIVEN)


def _shown(
    program: Program,
    documents: Sequence[Document],
    proof: BoundProof,
    claim: nodes.PathClaim,
    bound: BoundNetwork,
    path: Path,
) -> tuple[str, str] | None:
    """A test that passes as it stands and shows the path, and what breaks the claim; None where the engine does not confirm it."""
    expected = (
        ("reachable", "not inspected", "inspected") if claim.quantifier == "no" else ("not inspected", "reachable")
    )
    wanted = "blocked" if claim.quantifier == "no" else "inspected"
    if claim.by is not None:
        wanted = f"inspected by {claim.by.text}"
    denied = _ran(program, documents, proof, bound, _test(proof, bound, path, wanted))
    if denied is None or denied[1] is None:
        return None
    for one in expected:
        found = _ran(program, documents, proof, bound, _test(proof, bound, path, one))
        if found is not None and found[1] is None:
            return found[0], denied[1]
    return None


def _ran(
    program: Program, documents: Sequence[Document], proof: BoundProof, bound: BoundNetwork, text: str
) -> tuple[str, str | None] | None:
    """A test in its canonical layout, with why it fails (None: it passes); None where it cannot be asked."""
    source = Source(proof.file, text)
    diagnostics = Diagnostics()
    module = parse(source, diagnostics)
    if diagnostics.has_errors:
        return None
    (node,) = module.declarations
    assert isinstance(node, nodes.InlineTest)
    result = run_test(program, documents, BoundTest(node, program.scopes[bound.file], bound.file))
    if {item.rule for item in result.findings} - {"test-failed"}:
        return None
    return format_module(module, source), result.findings[0].message if result.findings else None


def _test(proof: BoundProof, bound: BoundNetwork, path: Path, expected: str) -> str:
    attachments = " ".join(attachment_text(item) for item in (path.sending, path.receiving, *path.appliances))
    label = quote(f"{proof.node.label.value}: counterexample")
    steps = f"path from {path.sending.name} to {path.receiving.name} expect {expected}"
    return f"test {label} {{ on {bound.name} {{ {attachments} }} {steps} }}"


def formatted(text: str) -> str:
    """A declaration in the canonical layout."""
    source = Source("text", text)
    return format_module(parse(source, Diagnostics()), source)


def claim_text(program: Program, span: Span) -> str:
    """A claim as it is written, on one line."""
    source = program.sources.get(span.file)
    return "" if source is None else " ".join(source.text[span.start : span.end].split())
