"""Which open questions about AWS (`policyc.engines.iam.switches`) an answer rests on: proofs are for the choices as they stand, and another one could tell
what changed apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeAlias

from policyc.engines.iam.arns import field_tests, star_in_early_field
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import ResourcePattern
from policyc.engines.iam.operators import Family, Qualifier
from policyc.engines.iam.values import parse_network
from policyc.engines.iam.variables import Variable
from policyc.holes import has_hole

#: what a document says, each part once: a pattern of resources, an entry of `Condition`, the name of a switch by itself
_Said: TypeAlias = dict[Hashable, ResourcePattern | Atom | str]
_STAR: Final = "star-matches-services"


def bearing_on(old: Sequence[Document], new: Sequence[Document]) -> tuple[str, ...]:
    """The switches that bear on something which one of two documents at the same place says and the other does not."""
    found: set[str] = set()
    for one, other in zip(old, new, strict=True):
        before, after = _said(one), _said(other)
        for key in before.keys() ^ after.keys():
            found.update(_questions((before if key in before else after)[key]))
    if not any(_tells_services(document) for document in (*old, *new)):
        found.discard(_STAR)  # services are let in by stars alone, on both sides: fewer of them change nothing else
    return tuple(sorted(found))


def _tells_services(document: Document) -> bool:
    """Whether a statement reaches services by another word than `*`."""
    named = [item.principals for item in document.statements if item.principals is not None]
    return any(item.negated or any(name.startswith("service:") for name in item.names) for item in named)


def _has_variables(keys: Sequence[str]) -> bool:
    """Whether a pattern has policy variables; what a host leaves open is none."""
    return not all(map(has_hole, keys))


def _said(document: Document) -> _Said:
    found: _Said = {}
    for statement in document.statements:
        for name in statement.switches:
            found["switch", name] = name
        if statement.principals is not None and "*" in statement.principals.names:
            found["principal", "*"] = _STAR
        if statement.resources is not None:
            for pattern in statement.resources.patterns:
                found[pattern.text] = pattern
        for atom in statement.conditions:
            found[atom.operator.text, atom.key, frozenset([value.text for value in atom.values])] = atom
    return found


def _questions(said: ResourcePattern | Atom | str) -> Iterator[str]:
    """The switches that bear on a part."""
    match said:
        case str():
            yield said
        case ResourcePattern():
            tokens = tuple(token for token in said.template if not isinstance(token, Variable))
            if star_in_early_field(tokens) and field_tests(tokens) is not None:
                yield "resource-star-colon"
            if _has_variables(said.needs):
                yield "substituted-wildcards"
        case _:
            yield from _of_atom(said)


def _of_atom(atom: Atom) -> Iterator[str]:
    operator, texts = atom.operator, [value.text for value in atom.values]
    plain = operator.qualifier is Qualifier.ONE and not operator.if_exists
    if not texts and operator.family is not Family.NULL:
        yield "empty-values-negated" if operator.negated or not plain else "empty-values"
    if _has_variables(atom.needs):
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
