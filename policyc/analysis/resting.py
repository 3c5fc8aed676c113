"""Which open questions about AWS (`policyc.engines.iam.switches`) an answer rests on: proofs are for the choices as they stand, and another one could tell
what changed apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from policyc.engines.iam.arns import star_in_early_field
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.document import Document
from policyc.engines.iam.operators import Family, Qualifier
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.values import parse_network
from policyc.engines.iam.variables import Variable


def bearing_on(old: Sequence[Document], new: Sequence[Document]) -> tuple[str, ...]:
    """The switches that bear on something which one of two documents at the same place says and the other does not."""
    found: set[tuple[str, str]] = set()
    for pair in zip(old, new, strict=True):
        before, after = ({text for item in one.statements for text in _questions(item)} for one in pair)
        found |= before ^ after
    return tuple(sorted({name for name, _ in found}))


def _questions(statement: Statement) -> Iterator[tuple[str, str]]:
    """The switches that bear on a statement, each with what it bears on."""
    for name in statement.switches:
        yield name, ""
    if statement.principals is not None and "*" in statement.principals.names:
        yield "star-matches-services", "*"
    for pattern in statement.resources.patterns if statement.resources is not None else ():
        if star_in_early_field(tuple(token for token in pattern.template if not isinstance(token, Variable))):
            yield "resource-star-colon", pattern.text
        if pattern.needs:
            yield "substituted-wildcards", pattern.text
    for atom in statement.conditions:
        said = f"{atom.operator.text} {atom.key} {sorted({value.text for value in atom.values})}"
        yield from ((name, said) for name in _of_atom(atom))


def _of_atom(atom: Atom) -> Iterator[str]:
    operator, texts = atom.operator, [value.text for value in atom.values]
    plain = operator.qualifier is Qualifier.ONE and not operator.if_exists
    if not texts and operator.family is not Family.NULL:
        yield "empty-values-negated" if operator.negated or not plain else "empty-values"
    if atom.needs:
        yield "substituted-wildcards"
    if operator.qualifier is Qualifier.ANY and operator.negated:
        yield "any-value-negated-absent"
    if operator.qualifier is Qualifier.ANY and operator.if_exists:
        yield "any-value-if-exists-absent"
    if operator.qualifier is Qualifier.ALL:
        yield "blank-set-absent"
        if operator.base == "StringNotLike":
            yield "all-values-not-like-absent"
    differs: dict[Family, tuple[str, Callable[[str], bool]]] = {
        Family.IP: ("bare-ipv6", lambda text: parse_network(text, "128") != parse_network(text, "32")),
        Family.DATE: ("date-without-zone", lambda text: parse_instant(text, True) != parse_instant(text, False)),
        Family.ARN: ("short-arn-pattern", lambda text: text != "*" and text.count(":") < 5),
    }
    if operator.family in differs:
        name, is_open = differs[operator.family]
        if any(map(is_open, texts)):
            yield name
