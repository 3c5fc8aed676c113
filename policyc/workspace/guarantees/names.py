"""Guarantees by name, held against documents: which of them are asked, about which account and organization, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.analysis.compare import Version
from policyc.analysis.guarantees import GUARANTEES, Guarantee, Named, Proof, organizations_of, prove
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.report import proofs as report
from policyc.text import Span
from policyc.workspace.guarantees.texts import TOLD, WHOEVER, GivenText, whoever


class Unnamed(ValueError):
    """A guarantee needs a fact that nobody named, or one that is none; `need` is `account` or `organization`."""

    def __init__(self, message: str, need: str, help: str) -> None:
        super().__init__(message)
        self.need, self.help = need, help


@record
class Kept:
    """What a guarantee came to for one document: `request` are the lines of one that breaks it, `by` the statement that lets it in, with its place."""

    document: str
    guarantee: str
    says: str
    holds: bool | None
    request: tuple[str, ...] = ()
    by: str = ""
    span: Span | None = None
    open: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        return {True: "holds", False: "broken", None: "not settled"}[self.holds]


def prove_by_name(
    documents: Sequence[tuple[str, Version, tuple[str, ...]]],
    names: Sequence[str],
    account: str = "",
    organization: str = "",
    texts: Sequence[GivenText] = (),
) -> list[Kept]:
    """What each guarantee came to for each document that it says something of (`policyc.workspace.sides.each_version.versions`), and for Cedar `texts`. The organization, where none is named, is
    the only one that a document, or all of them, name. Raises Unnamed, `policyc.analysis.compare.Disagreement`, KeyError for a name that there is not."""
    if account and not (len(account) == 12 and account.isdigit()):
        raise Unnamed(f"`{account}` is no account", "account", "an account has twelve digits")
    every = {text for _, version, _ in documents for text in organizations_of(version.policy)}
    found: list[Kept] = []
    for document, version, doubts in documents:
        for name in names:
            guarantee = GUARANTEES[name]
            if not guarantee.asks(version.policy):
                continue
            own = set(organizations_of(version.policy)) or every
            named = Named(account, organization or (min(own) if len(own) == 1 else ""))
            _check(guarantee, named, document)
            proof = Proof(None, open=doubts) if doubts else prove(guarantee, named, version)
            found.append(_kept(document, guarantee, named, proof))
    for text in texts:
        for name in names:
            if not GUARANTEES[name].not_of_claims:
                answer = whoever(text)
                rows = tuple(f"{key}: {value}" for key, value in answer.request)
                found.append(Kept(text.path, name, WHOEVER, answer.holds, rows, answer.by, None, answer.open, (TOLD,)))
    return found


def _kept(document: str, guarantee: Guarantee, named: Named, proof: Proof) -> Kept:
    by, witness = proof.by, proof.witness
    return Kept(
        document,
        guarantee.name,
        guarantee.says,
        proof.holds,
        () if witness is None else tuple(witness.lines()),
        "" if by is None else by.label,
        None if by is None else by.span,
        proof.open,
        tuple(f"the {need} is {getattr(named, need)}" for need in guarantee.needs),
    )


def as_proofs(rows: Sequence[Kept]) -> Iterator[report.Proof]:
    """The same as every report has it."""
    for row in rows:
        span = row.span or Span(row.document, 0, 0)
        request = "; ".join(" ".join(line.split()) for line in row.request)
        said = f"`{row.by}` allows it" if row.by else "it is allowed" if request else ""
        answer = report.ClaimAnswer(row.says, row.document, span, row.holds, request, said, "", row.open, row.given)
        yield report.proof_of(f"{row.guarantee} in {row.document}", span, [answer], Diagnostics())


def untold(name: str, document: str) -> str:
    """Why a guarantee says nothing of a Cedar text; empty where it does."""
    why = GUARANTEES[name].not_of_claims
    return why and f"`{name}` says nothing of `{document}`: {why}"


def _check(guarantee: Guarantee, named: Named, document: str) -> None:
    for need in guarantee.needs:
        if not getattr(named, need):
            why = f", and `{document}` does not name exactly one" if need == "organization" else ""
            raise Unnamed(f"`{guarantee.name}` needs an {need}{why}", need, f"add `--{need} ID`")
