"""Documents that a request meets together, all of which have to allow: what they say as formulas, and what the engine says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.analysis.asking import is_signed
from policyc.analysis.compare import Version
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.ways.base import Line, OpenIdentity
from policyc.analysis.witness import Witness, decided
from policyc.engines.trace import Verdict
from policyc.ir.authz import Policy, Statement
from policyc.record import record, replace


@record
class Together:
    """What a document and those beside it say: the decision, the statements that allow at each gate which everybody meets, all that deny, and the
    atom of the policies of callers that nobody gave (FALSE for a document alone)."""

    allowed: Lit
    allows: tuple[tuple[Line, ...], ...]
    denies: tuple[Line, ...]
    open_identity: Lit = FALSE


def policies_of(version: Version) -> tuple[Policy, ...]:
    """A document, those beside it, and those that perhaps bear on its requests."""
    perhaps = [item.version for item in version.perhaps if item.version is not None]
    return tuple(item.policy for item in (version, *version.beside, *perhaps))


def at_most(version: Version) -> Version | None:
    """A document with all that perhaps bears on its requests taken to bear on them: what it allows then is allowed for certain. None where a part is not given."""
    perhaps = tuple(item.version for item in version.perhaps if item.version is not None)
    if len(perhaps) < len(version.perhaps):
        return None
    return replace(version, beside=(*version.beside, *perhaps), perhaps=())


def may_refuse(version: Version) -> tuple[str, ...]:
    """Why requests that a document allows may be refused all the same."""
    return tuple(f"{item.what} may refuse it" for item in version.perhaps)


def together(space: Space, version: Version, openly: bool = False) -> Together:
    """What a document says with those beside it. With `openly`, of one that names its callers itself, signed callers of whom no policy of their own is among these need one, which may say anything;
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
    if openly and version.beside and not version.whose:
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
