"""What the values of one attribute can be, given the tests on it that hold and the ones that fail.

Every "no" is proven; where a question is too large the answer is "perhaps".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Final

from policyc.engines.proofs.globs import may_exist
from policyc.ir.authz import Atom, Constant, Op
from policyc.ir.compare import compares
from policyc.ir.decide import atom_holds
from policyc.ir.instants import moment
from policyc.ir.pattern import escape_pattern
from policyc.model.types import BOOL, EnumOf, Named, SetOf, Type, shapes
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute

_IPV4_TOP: Final = 2**32 - 1
_IPV6_TOP: Final = 2**128 - 1


def may_hold(atoms: Sequence[Atom], known: tuple[Scalar, ...] | None = None) -> bool:
    """Whether all the atoms, which are about one attribute, can hold in one request.

    `known` are the attribute's values in that request, empty for absent, None when they are open.
    """
    if known is not None:
        return all(atom_holds(atom, known) for atom in atoms)
    return _may_be_absent(atoms) or _may_be_present(atoms)


def _may_be_absent(atoms: Sequence[Atom]) -> bool:
    return all(atom.negated for atom in atoms) and atoms[0].attribute.presence != "always"


def _may_be_present(atoms: Sequence[Atom]) -> bool:
    if any(atom.op is Op.EXISTS and atom.negated for atom in atoms):
        return False
    tests = [atom for atom in atoms if atom.op is not Op.EXISTS]
    # What every value has to pass and to fail, and what at least one value has to.
    passes = [atom for atom in tests if not atom.negated and atom.quantifier != "any"]
    fails = [atom for atom in tests if atom.negated and atom.quantifier != "all"]
    if not _value_may_exist(passes, fails):
        return False
    for atom in tests:
        if atom.quantifier == "any" and not atom.negated and not _value_may_exist([*passes, atom], fails):
            return False
        if atom.quantifier == "all" and atom.negated and not _value_may_exist(passes, [*fails, atom]):
            return False
    return True


def _value_may_exist(passes: Sequence[Atom], fails: Sequence[Atom]) -> bool:
    """Whether one value can pass all of `passes` (any of an atom's literals) and none of `fails`."""
    if not passes and not fails:
        return True
    attribute = (*passes, *fails)[0].attribute
    kind = attribute.type
    candidates = _candidates(attribute, passes, fails)
    if candidates is not None:
        return any(
            all(_compares(kind, atom, value) for atom in passes)
            and not any(_compares(kind, atom, value) for atom in fails)
            for value in candidates
        )
    if any(not _is_text(atom) for atom in (*passes, *fails)):
        return True
    if not passes and all(atom.op is Op.EQ for atom in fails):
        return True  # there are more texts than anybody can list
    patterns = [_patterns(atom) for atom in passes]
    return may_exist(patterns, [text for atom in fails for text in _patterns(atom)], _check_of(kind) == "arn")


def _compares(kind: Type, atom: Atom, value: Scalar) -> bool:
    return any(compares(kind, atom.op, value, constant) for constant in atom.values)


def _is_text(atom: Atom) -> bool:
    return atom.op in (Op.EQ, Op.LIKE) and all(isinstance(item.value, str) for item in atom.values)


def _patterns(atom: Atom) -> tuple[str, ...]:
    if atom.op is Op.LIKE:
        return tuple(str(item.value) for item in atom.values)
    return tuple(escape_pattern(str(item.value)) for item in atom.values)


def _candidates(attribute: Attribute, passes: Sequence[Atom], fails: Sequence[Atom]) -> Iterable[Scalar] | None:
    """Values such that if any value does, one of these does; None when no short list has that property."""
    kind = attribute.type
    if kind == BOOL:
        return (True, False)
    if isinstance(kind, EnumOf):
        return kind.members
    if attribute.values:
        return attribute.values
    for atom in passes:
        if atom.op is Op.EQ:
            return tuple(item.value for item in atom.values if _in_range(attribute, item.value))
    constants = [item for atom in (*passes, *fails) for item in atom.values]
    check = _check_of(kind)
    if check == "ip":
        return _addresses(constants)
    if check == "datetime":
        return _between([moment(str(item.value)) for item in constants])
    if check == "decimal":
        return _between([Fraction(str(item.value)) for item in constants])
    return None if number_range(attribute) == (None, None) else _whole(attribute, constants)


def _check_of(kind: Type) -> str:
    return shapes()[kind.name].check if isinstance(kind, Named) and kind.name in shapes() else ""


def number_range(attribute: Attribute) -> tuple[int | None, int | None]:
    """The least and the greatest value of an attribute that counts in whole numbers, None where nothing bounds it."""
    kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
    if not isinstance(kind, Named) or kind.name not in shapes() or shapes()[kind.name].base != "int":
        return None, None
    shape = shapes()[kind.name]
    low = shape.minimum if attribute.minimum is None else attribute.minimum
    return low, shape.maximum if attribute.maximum is None else attribute.maximum


def _in_range(attribute: Attribute, value: Scalar) -> bool:
    """Whether a value lies between the ends of its attribute; what is no number does."""
    low, high = number_range(attribute)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return True
    return (low is None or value >= low) and (high is None or value <= high)


def _whole(attribute: Attribute, constants: Iterable[Constant]) -> Iterator[Scalar]:
    """The ends of the range, and each literal with its neighbours, as far as they are values of the attribute."""
    yield from (end for end in number_range(attribute) if end is not None)
    for item in constants:
        if isinstance(item.value, int | Decimal):
            for value in (int(item.value) - 1, int(item.value), int(item.value) + 1):
                if _in_range(attribute, value):
                    yield value


def _between(points: list[Fraction]) -> Iterator[Scalar]:
    """The points themselves, one between each pair of neighbours, and one on either side."""
    ordered = sorted(set(points))
    for low, high in pairwise(ordered):
        yield _digits((low + high) / 2)
    yield from (_digits(point) for point in ordered)
    yield from (_digits(ordered[0] - 100_000), _digits(ordered[-1] + 100_000))


def _digits(number: Fraction) -> str:
    """A number with a finite expansion as `-1.50`; always with a point, since four bare digits would read as a year."""
    places = 1
    while (number * 10**places).denominator != 1:
        places += 1
    scaled = abs(int(number * 10**places))
    sign = "-" if number < 0 else ""
    return f"{sign}{scaled // 10**places}.{scaled % 10**places:0{places}}"


def _addresses(constants: Iterable[Constant]) -> Iterator[Scalar]:
    """First and last address of every block and the neighbours of both, plus the ends of both families."""
    for item in constants:
        block = ip_network(str(item.value), strict=False)
        low, high = int(block.network_address), int(block.broadcast_address)
        top = _IPV4_TOP if block.version == 4 else _IPV6_TOP
        for number in (low - 1, low, high, high + 1):
            if 0 <= number <= top:
                text = str(ip_address(number)) if block.version == 4 else None
                yield text or str(ip_address(number.to_bytes(16, "big")))
    yield from ("0.0.0.0", "255.255.255.255", "::", "ffff:" * 7 + "ffff")
