"""`prove` blocks about Cedar texts: a text by itself, or those of a group and an endpoint together, over all requests.

Attributes are those that the trust providers of the text document, by which a claim names them, and are taken to be of their documented kinds. What Cedar
skips because it cannot be evaluated keeps a claim from being settled where AWS says otherwise (`policyc.analysis.cedar`).
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Final

from policyc.analysis.cedar import CedarProof, Gate, prove_cedar
from policyc.analysis.claims import clauses_of
from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError
from policyc.engines.cedar.decide import About, Path, PolicyText, parse_policies
from policyc.engines.cedar.predicates import conditions_of, find_tests
from policyc.ir.authz import Policy
from policyc.ir.program import BoundProof, Program
from policyc.ir.statements import StatementBuilder
from policyc.model.types import STRING
from policyc.model.values import Resource, Value
from policyc.record import record, replace
from policyc.report.proofs import ClaimAnswer
from policyc.syntax import nodes
from policyc.targets.cedar_documents.emit import write_apart
from policyc.targets.program import words
from policyc.targets.registry import target
from policyc.targets.verified_access.scope import GROUP, REQUEST_ROOTS, facts
from policyc.text import Span
from policyc.workspace.claims.paths import claim_text
from policyc.workspace.compare.cedar import Text, context_rows, declared_by, documented_by, gates_at, read_text
from policyc.workspace.compile import Compiled
from policyc.workspace.sides.pieces import ENDPOINT, Piece, Way, unread
from policyc.workspace.sides.side import Side, pieces_of, ways_of

_TARGET: Final = "verified_access"
_DECLARE: Final = (
    "say what its trust provider is, such as `--trust idc=iam_identity_center`, and name what that documents"
)
#: ways in which the tests of what a request states itself may come out that are looked at
_MOST_WAYS: Final = 256
#: what `public` says of a Cedar text
WHOEVER: Final = "no request is allowed whatever trust providers say of who asks"
TOLD: Final = "values of attributes are of the kinds that the trust providers of the text document"


@record
class GivenText:
    """A Cedar text, or an endpoint with its group, under the name by which claims speak of it."""

    name: str
    path: str
    held: Piece | Way
    side: Side


def declared_text(resource: Resource, compiled: Compiled, root: pathlib.Path) -> GivenText | None:
    """What a declared endpoint of Verified Access or a group is asked with; None for one without a text, and for other resources."""
    own = [item for item in compiled.all_documents if item.attached_to == resource.id]
    pieces, ways = pieces_of(compiled, compiled.all_documents), ways_of(compiled)
    texts = (pieces[item.path] for item in own if pieces[item.path].kind == "cedar")
    held = ways.get(resource.name) if resource.type == ENDPOINT else next(texts, None)
    return None if held is None else GivenText("", resource.name, held, Side("", pieces, {}, {}, ways, root=root))


def answer_of_text(
    program: Program, proof: BoundProof, claim: nodes.RequestClaim, given: GivenText, diagnostics: Diagnostics
) -> ClaimAnswer | None:
    """The answer to a claim; None after reporting what is wrong with it, or a text that cannot be read. Raises
    `policyc.analysis.compare.Disagreement`."""
    found = ClaimAnswer(claim_text(program, claim.span), given.path, claim.span, None, given=(TOLD,))
    try:
        read = _read(given, diagnostics)
        if read is None:
            return None
        gates, texts = read
        asked = _asked(program, proof, claim, given, texts, diagnostics)
        if asked is None:
            return None
        about = documented_by(texts, given.side, diagnostics)
        breaks = "deny" if claim.quantifier == "every" and claim.decision == "allow" else "allow"
        by = claim.by.value if isinstance(claim.by, nodes.Str) else ""
        return _told(found, given, prove_cedar(gates, Gate("claim", asked), breaks, by, about))
    except CedarError as error:
        return replace(found, open=(str(error),))


@record
class Whoever:
    """Whether some request is allowed whoever asks: `holds` False with the `request`, which `by` lets in, None for the reasons in `open`."""

    holds: bool | None
    request: tuple[tuple[str, str], ...] = ()
    by: str = ""
    open: tuple[str, ...] = ()


def whoever(given: GivenText) -> Whoever:
    """Whether a request is allowed whatever trust providers say of who asks. Raises `policyc.analysis.compare.Disagreement`."""
    found = Diagnostics()
    try:
        read = _read(given, found)
        about = None if read is None else documented_by(read[1], given.side, found)
        if read is None or about is None or found.has_errors:
            return Whoever(None, open=(unread(found),))
        return _whoever(read[0], about)
    except CedarError as error:
        return Whoever(None, open=(str(error),))


def _whoever(gates: Sequence[Gate], about: About) -> Whoever:
    """The tests of what a request states itself, one after the other, come out either way: under some of them nobody may be refused. Every request has what these read."""
    every = find_tests([item for gate in gates if gate.text for item in conditions_of(gate.text.document)]).values()
    own = [test for test in every if any(_is_stated(read.path) for read in test.reads)]
    if not all(_is_stated(read.path) for test in own for read in test.reads):
        return Whoever(None, open=("a test compares what the request states with what a trust provider says",))
    left: list[tuple[str, ...]] = [()]
    for _ in range(_MOST_WAYS):
        if not left:
            return Whoever(True)
        ways = left.pop()
        claim = Gate(
            "claim", parse_policies(f"permit (principal, action, resource) when {{ {' && '.join(ways) or 'true'} }};")
        )
        mine, other = (prove_cedar(gates, claim, end, about=about) for end in ("allow", "deny"))
        if mine.open or other.open:
            return Whoever(None, open=mine.open or other.open)
        if mine.context is not None and other.context is None:
            return Whoever(False, tuple(context_rows(mine.context)) or (("context", "{}"),), mine.by)
        if mine.context is not None and len(ways) < len(own):
            left += [(*ways, f"{sign}({own[len(ways)].text})") for sign in ("", "!")]
    return Whoever(None, open=("the budget of steps ran out",))


def _is_stated(path: Path) -> bool:
    """Whether the request states an attribute itself."""
    return path[:1] in [(root,) for root in REQUEST_ROOTS]


def _told(found: ClaimAnswer, given: GivenText, proof: CedarProof) -> ClaimAnswer:
    if proof.empty:
        return replace(found, holds=False, answer=f"no request to `{given.name}` is like that, so nothing is proven")
    if proof.context is None:
        return replace(found, holds=None if proof.open else True, open=proof.open)
    request = "; ".join(f"{name}: {value}" for name, value in context_rows(proof.context)) or "context: {}"
    by = f" by `{proof.by}`" if proof.by else ""
    return replace(
        found, holds=False, request=request, answer=f"one such request gets {proof.verdict.decision.value}{by}"
    )


def _read(given: GivenText, diagnostics: Diagnostics) -> tuple[Sequence[Gate], Sequence[Text]] | None:
    if isinstance(given.held, Way):
        return gates_at(given.held, given.side, diagnostics)
    text = read_text(given.held, diagnostics)
    return None if text is None else ([Gate(given.path, parse_policies(given.held.source.text))], [text])


def _asked(
    program: Program,
    proof: BoundProof,
    claim: nodes.RequestClaim,
    given: GivenText,
    texts: Sequence[Text],
    diagnostics: Diagnostics,
) -> PolicyText | None:
    """The requests of a claim as a Cedar text that permits them and no others."""
    clauses = clauses_of(claim, "on", "a claim on a Cedar text has no `on`", "leave it out", diagnostics)
    if clauses is None:
        return None
    place = Span(proof.file, 0, 0)
    trust = declared_by(texts, given.side, diagnostics).trust
    providers = tuple((name, Value(STRING, type, place)) for name, type in trust.items())
    group = Resource(given.name, GROUP, (("trust", Value(STRING, providers, place)),), proof.file, place)
    found = Diagnostics()
    builder = StatementBuilder(proof.scope, words(), {group.id: group}, found)
    scope = builder.scope_of(nodes.Statement("allow", None, clauses, claim.span), group)
    diagnostics.extend(replace(item, help=_DECLARE) if item.rule == "unknown-attribute" else item for item in found)
    if scope is None:
        return None
    policy = Policy("claim", _TARGET, group, (scope,), proof.file, claim.span)
    wrong = Diagnostics()
    target(_TARGET).check(policy, replace(program, resources={group.id: group}, policies=(policy,)), wrong)
    diagnostics.extend(wrong)
    return None if wrong.has_errors else parse_policies(write_apart(policy, facts(group, {})))
