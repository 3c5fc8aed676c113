"""Documents that a request meets together, all of which have to allow: what they say as formulas, and what the engine says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.analysis.asking import is_signed
from policyc.analysis.compare import Version, decided
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.ways.base import Line, OpenIdentity
from policyc.analysis.witness import Witness
from policyc.engines.trace import Verdict
from policyc.ir.authz import Policy, Statement
from policyc.record import record


@record
class Together:
    """What a document and those beside it say: the decision, the statements that allow at each gate which everybody meets, all that deny, and the
    atom of the policies of callers that nobody gave (FALSE for a document alone)."""

    allowed: Lit
    allows: tuple[tuple[Line, ...], ...]
    denies: tuple[Line, ...]
    open_identity: Lit = FALSE


def policies_of(version: Version) -> tuple[Policy, ...]:
    return tuple(item.policy for item in (version, *version.beside))


def together(space: Space, version: Version, openly: bool = False) -> Together:
    """What a document says with those beside it. With `openly` signed callers of whom no policy of their own is among these need one, which may say anything;
    else they need none."""
    formula = space.formula
    allowed: list[Lit] = []
    allows: list[tuple[Line, ...]] = []
    denies: list[Line] = []
    carrying: list[Lit] = []
    for item in (version, *version.beside):
        said = space.said(item.policy)
        if item is version or not item.carrier:
            allowed.append(said.allowed)
            allows.append(_lines(said.allows))
            denies += _lines(said.denies)
            continue
        met = space.callers.carrying(item.carrier)
        allowed.append(formula.implies(met, said.allowed))
        denies += _lines((statement, formula.every((met, lit))) for statement, lit in said.denies)
        if item.policy.kind == "identity":
            carrying.append(met)
    unknown = FALSE
    if openly and version.beside:
        unknown = formula.atom(OpenIdentity())
        allowed.append(formula.some((-is_signed(space.callers), *carrying, unknown)))
    return Together(formula.every(allowed), tuple(allows), tuple(denies), unknown)


def _lines(said: Iterable[tuple[Statement, Lit]]) -> tuple[Line, ...]:
    return tuple(Line(item.label, item, lit) for item, lit in said)


def verdict_of(version: Version, witness: Witness) -> Verdict:
    """What the engine says of a document and those beside it."""
    return decided((version, *version.beside), witness)


def allowing(version: Version, witness: Witness) -> Sequence[Statement]:
    """The statements of the document itself that allow a request."""
    can, _ = version.document.masks.masks(witness.request, False)
    return [item for item in version.policy.statements if item.effect == "allow" and can >> item.index & 1]
