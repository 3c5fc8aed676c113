"""Guarantees by name, held against documents: which of them are asked, about which account and organization, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.analysis.compare import Version
from policyc.analysis.guarantees import GUARANTEES, Guarantee, Named, Proof, organizations_of, prove
from policyc.record import record


class Unnamed(ValueError):
    """A guarantee needs a fact that nobody named, or one that is none; `need` is `account` or `organization`."""

    def __init__(self, message: str, need: str, help: str) -> None:
        super().__init__(message)
        self.need, self.help = need, help


@record
class Kept:
    """What a guarantee came to for one document."""

    document: str
    guarantee: Guarantee
    named: Named
    proof: Proof


def prove_by_name(
    documents: Sequence[tuple[str, Version, tuple[str, ...]]],
    names: Sequence[str],
    account: str = "",
    organization: str = "",
) -> list[Kept]:
    """What each guarantee came to for each document that it says something of (`policyc.workspace.compare.whole.versions`). The organization, where none is named, is
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
            found.append(Kept(document, guarantee, named, proof))
    return found


def _check(guarantee: Guarantee, named: Named, document: str) -> None:
    for need in guarantee.needs:
        if not getattr(named, need):
            why = f", and `{document}` does not name exactly one" if need == "organization" else ""
            raise Unnamed(f"`{guarantee.name}` needs an {need}{why}", need, f"add `--{need} ID`")
