"""What the values of one key can be, given the tests on it that hold and the ones that fail.

The theory is that of `policyc.engines.proofs.domains`, as for the solver; here tests come with their quantifiers and in several values at a
time. Every "no" is proven; where a question is too large, or a test not understood, the answer is "perhaps".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from policyc.engines.proofs.domains import Fits, Test
from policyc.engines.proofs.moments import CURRENT, EPOCH, of_the_current_time
from policyc.engines.proofs.texts import whole
from policyc.engines.proofs.value_tests import domain_of, family_of, raw_test, readable, shape_of, typed_test
from policyc.holes import has_hole, starred
from policyc.ir.authz import Atom, Constant, Glob, Op, RawTest, Variable
from policyc.ir.decide import atom_holds
from policyc.ir.pattern import escape_pattern, pattern_tokens
from policyc.ir.raw_tests import NEGATED, fill, raw_holds
from policyc.model.types import BOOL, SetOf, Type
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute
from policyc.record import record

#: a raw test, and whether it has to hold
Raw: TypeAlias = tuple[RawTest, bool]

_BLANK: Final = Fits(())


def may_hold(atoms: Sequence[Atom], known: tuple[Scalar, ...] | None = None, raws: Sequence[Raw] = ()) -> bool:
    """Whether all the tests, which are about one key, can hold (raw tests: come out as wanted) in one request.

    `known` are the key's values in that request as atoms see them, empty for absent, None when they are open.
    """
    if known is not None:
        return all(atom_holds(atom, known) for atom in atoms)
    if not atoms and len(raws) == 1:
        return True  # what a raw test never passes by itself is a finding of the reader
    return _may_be_absent(atoms, raws) or _may_be_present(atoms, raws) or _may_be_blank(atoms, raws)


def same_key(first: Attribute, second: Attribute) -> bool:
    """Whether two attributes are one key of a request: letter case counts for nothing in the names of condition keys, other than in
    the dotted paths of Cedar."""
    if first.native == second.native:
        return True
    return "." not in first.native.partition(":")[0] and first.native.lower() == second.native.lower()


def one_value(first: Attribute, second: Attribute) -> bool:
    """Whether two attributes are one key of a request, or tell one thing: the moment of the request."""
    if same_key(first, second):
        return True
    return {first.native.lower(), second.native.lower()} == {CURRENT, EPOCH}


def _may_be_absent(atoms: Sequence[Atom], raws: Sequence[Raw]) -> bool:
    if _attribute_of(atoms, raws).presence == "always":
        return False
    return all(atom.negated for atom in atoms) and all(raw_holds(test, lambda _: ()) is wanted for test, wanted in raws)


def _may_be_blank(atoms: Sequence[Atom], raws: Sequence[Raw]) -> bool:
    """Whether the one value of a list may be the empty text: `ForAllValues` takes that for no value, `ForAnyValue` for one."""
    attribute = _attribute_of(atoms, raws)
    if not attribute.many or shape_of(attribute):
        return False
    literal = [(test, wanted) for test, wanted in raws if not any(map(_has_variable, test.values))]
    return all(atom_holds(atom, ("",)) for atom in atoms) and all(
        raw_holds(test, lambda _: ("",)) is wanted for test, wanted in literal
    )


def _has_variable(value: Glob) -> bool:
    return any(isinstance(token, Variable) for token in value.tokens)


def _attribute_of(atoms: Sequence[Atom], raws: Sequence[Raw]) -> Attribute:
    return atoms[0].attribute if atoms else raws[0][0].attribute


@record
class _Asked:
    """What one value has to pass (a test of each group) and may not pass; an empty group is never passed."""

    groups: tuple[tuple[Test, ...], ...] = ()
    banned: tuple[Test, ...] = ()


_NOTHING: Final = _Asked()


def _may_be_present(atoms: Sequence[Atom], raws: Sequence[Raw]) -> bool:
    if any(atom.op is Op.EXISTS and atom.negated for atom in atoms):
        return False
    attribute = _attribute_of(atoms, raws)
    every: list[_Asked] = []
    some: list[_Asked] = []
    for atom in atoms:
        if atom.op is not Op.EXISTS:
            asked = _of_the_moment(atom.attribute, _asked_by(atom))
            one_is_enough = atom.quantifier == ("all" if atom.negated else "any")
            (some if one_is_enough else every).append(asked)
    for test, wanted in raws:
        if not _is_compared(test):
            if raw_holds(test, lambda _: ("x",)) is not wanted:
                return False
            continue
        asked, one_is_enough = _asked_raw(attribute, test, wanted)
        asked = _of_the_moment(test.attribute, asked)
        (some if one_is_enough else every).append(asked)
    groups = [group for item in every for group in item.groups]
    banned = [test for item in every for test in item.banned]
    domain = domain_of(attribute)
    if shape := shape_of(attribute):
        groups.append(shape)
    return all(domain.may_meet([*groups, *item.groups], [*banned, *item.banned]) for item in (some or [_NOTHING]))


def _of_the_moment(attribute: Attribute, asked: _Asked) -> _Asked:
    """What is asked of `aws:EpochTime` as what it asks of `aws:CurrentTime`; what is not understood asks nothing."""
    if attribute.native.lower() != EPOCH:
        return asked
    groups = [tuple(of_the_current_time(test) for test in group) for group in asked.groups]
    banned = (of_the_current_time(test) for test in asked.banned)
    return _Asked(
        tuple(tuple(test for test in group if test is not None) for group in groups if None not in group),
        tuple(test for test in banned if test is not None),
    )


# --- typed tests --------------------------------------------------------------------------------------------------


def _asked_by(atom: Atom) -> _Asked:
    tests: list[Test] = []
    for item in atom.values:
        known = not _is_open(item) and _is_of(atom.attribute.type, item)
        if not known and atom.negated:
            continue  # what it may be is not known, so that nothing is ruled out by it
        test = typed_test(atom.attribute.type, atom.op, item) if known else _wide(atom, item)
        if not known and test is None:
            return _NOTHING
        if test is not None:
            tests.append(test)
    return _Asked(banned=tuple(tests)) if atom.negated else _Asked((tuple(tests),))


def _is_of(kind: Type, constant: Constant) -> bool:
    """Whether a literal is of the kind of the attribute; of one that Cedar compares with a text nobody knows what the text is."""
    item = kind.item if isinstance(kind, SetOf) else kind
    return isinstance(constant.value, str) or item == BOOL or family_of(item) != "text"


def _is_open(constant: Constant) -> bool:
    return isinstance(constant.value, str) and has_hole(constant.value)


def _wide(atom: Atom, constant: Constant) -> Test | None:
    """What a text with holes may fit, whatever they are; None where that is not known."""
    if atom.op not in (Op.EQ, Op.LIKE) or family_of(atom.attribute.type) != "text" or not _is_open(constant):
        return None
    text = str(constant.value)
    return Fits(whole(pattern_tokens(starred(text if atom.op is Op.LIKE else escape_pattern(text)))))


# --- raw tests ----------------------------------------------------------------------------------------------------


def _is_compared(test: RawTest) -> bool:
    """Whether what a test comes to hangs on the value, and not only on whether there is one."""
    return bool(test.values) and not test.operator.removesuffix("IfExists").endswith("Null")


def _asked_raw(attribute: Attribute, test: RawTest, wanted: bool) -> tuple[_Asked, bool]:
    """What the values have to be for a raw test to come out as wanted, and whether that is asked of one of several only."""
    prefix, _, rest = test.operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    holds = wanted is not test.negated
    known = test.attribute.native != test.attribute.key
    if prefix and not known:
        return _NOTHING, False  # an unknown key may have several values
    if not prefix and attribute.many and not holds:
        return _NOTHING, False  # several values fail every test of one
    one_is_enough = attribute.many and (prefix == ("ForAnyValue" if holds else "ForAllValues"))
    passes, fails = _either_way(attribute, base, test)
    if prefix == "ForAllValues" and not attribute.many:  # a blank value passes as well
        if base in NEGATED:
            return _NOTHING, False
        passes = _Asked(tuple((*group, _BLANK) for group in passes.groups))
        fails = _Asked(banned=(*fails.banned, _BLANK))
    return (passes if holds else fails), one_is_enough


def _either_way(attribute: Attribute, base: str, test: RawTest) -> tuple[_Asked, _Asked]:
    """What one value has to be for an operator to hold, and to fail."""
    tests: list[Test] = []
    unsure = odd = False
    for value in test.values:
        if has_hole(value.text) or _has_variable(value):
            unsure = True
            continue
        tokens = fill(value.tokens, lambda _: ())
        found = None if tokens is None else raw_test(NEGATED.get(base, base), tokens)
        odd = odd or found is None
        if found is not None:
            tests.append(found)
    needed = readable(NEGATED.get(base, base))
    listed = tuple(tests)
    if base not in NEGATED:
        return (_NOTHING if unsure else _Asked((listed,))), _Asked(banned=listed)
    if odd:
        return _Asked(((),)), _NOTHING
    passes = _Asked(() if needed is None else ((needed,),), listed)
    always = needed is None or (family_of(attribute.type) != "text" and not isinstance(needed, Fits))
    return passes, _Asked((listed,)) if always and not unsure else _NOTHING
