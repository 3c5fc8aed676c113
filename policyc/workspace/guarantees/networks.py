"""Claims on paths of core network policies in JSON: for any attachments that their rules admit."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.analysis.networks import GIVEN, attachment_text
from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.record import record
from policyc.report.proofs import ClaimAnswer
from policyc.syntax import nodes
from policyc.targets.registry import network_of
from policyc.targets.switches import wan_switches
from policyc.workspace.claims.paths import answer_to, claim_text, places_of
from policyc.workspace.documents.native_json import CORE_NETWORK, shape_of
from policyc.workspace.sides.pieces import Piece, unread


@record
class GivenNetwork:
    """A core network policy under the name by which claims speak of it."""

    name: str
    path: str
    piece: Piece
    switches: Mapping[str, str]


def is_network(piece: Piece) -> bool:
    """Whether a document of a side is a core network policy that nobody declares."""
    tree = None if piece.kind == "cedar" else piece.tree(Diagnostics())
    return tree is not None and CORE_NETWORK in (piece.kind, shape_of(tree))


def answer_of_network(
    program: Program, claim: nodes.PathClaim, given: GivenNetwork, budget: int, diagnostics: Diagnostics
) -> ClaimAnswer | None:
    """The answer to a claim; None after reporting what is wrong with it."""
    text, faults = claim_text(program, claim.span), Diagnostics()
    tree = given.piece.tree(faults)
    network = None if tree is None else network_of(CORE_NETWORK).check_text(given.piece.source, faults, tree)
    if network is None or faults.has_errors:
        return ClaimAnswer(text, given.path, claim.span, None, open=(unread(faults),))
    places = places_of(network, claim, diagnostics)
    if places is None:
        return None
    found = answer_to(network, claim, places, wan_switches(given.switches), budget)
    if found.empty:
        return ClaimAnswer(text, given.path, claim.span, False, answer=found.empty)
    if found.holds is not False or found.path is None:
        return ClaimAnswer(text, given.path, claim.span, found.holds, open=found.open, given=GIVEN)
    path = found.path
    request = f"path from {attachment_text(path.sending)} to {attachment_text(path.receiving)}"
    if path.appliances:
        request += " beside " + ", ".join(map(attachment_text, path.appliances))
    return ClaimAnswer(text, given.path, claim.span, False, request, path.sentence, given=GIVEN)
