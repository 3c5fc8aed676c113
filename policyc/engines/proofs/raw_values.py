"""Whether tests of one key agree where some of them are raw: `StringEqualsIgnoreCase` beside `StringEquals`, `Bool` beside a text.

A key whose values can be listed (by a test that names them, or by its vocabulary) has one that passes all its tests, or they exclude
one another. Every "no" is proven; where no list is known the answer is "perhaps".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from policyc.engines.proofs.globs import may_exist
from policyc.ir.authz import Atom, Op, RawExpression, RawTest, Variable
from policyc.ir.decide import atom_holds
from policyc.ir.pattern import Wild, escape_pattern, fold, is_plain, pattern_matches, plain_text
from policyc.ir.raw_tests import raw_holds
from policyc.model.types import BOOL
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute

#: A raw test or expression, and whether it has to hold.
Raw: TypeAlias = tuple[RawTest | RawExpression, bool]

_EXACT: Final = "StringEquals"
_FOLDED: Final = "StringEqualsIgnoreCase"
_LIKE: Final = "StringLike"
#: values that are tried
_MOST: Final = 100


def keys_agree(attribute: Attribute, held: Sequence[Atom], raws: Iterable[Raw]) -> bool:
    """Whether some value of the attribute, or its absence, may pass every test of it among those that have to hold."""
    opaque = [
        (test, wanted)
        for test, wanted in raws
        if isinstance(test, RawTest) and same_key(test.attribute, attribute) and _compares_texts(test)
    ]
    typed = [atom for atom in held if same_key(atom.attribute, attribute)]
    if not opaque or len(opaque) + len(typed) < 2 or attribute.many:
        return True
    if any(isinstance(item.value, int) and not isinstance(item.value, bool) for atom in typed for item in atom.values):
        return True  # one number has many texts
    return (
        _one_passes(attribute, typed, opaque)
        and _one_folded_passes(typed, opaque)
        and may_exist([*_wanted_of_atoms(typed), *_wanted(opaque, (_EXACT, _LIKE))], [])
    )


def same_key(first: Attribute, second: Attribute) -> bool:
    """Whether two attributes are one key of a request: letter case counts for nothing in the names of condition keys, other than in
    the dotted paths of Cedar."""
    if first.native == second.native:
        return True
    return "." not in first.native.partition(":")[0] and first.native.lower() == second.native.lower()


def _compares_texts(test: RawTest) -> bool:
    """Whether a test is about one value at most, and compares it with texts that are written out."""
    one = (
        ":" not in test.operator or test.attribute.native != test.attribute.key
    )  # an unknown key may have several values
    return one and not any(isinstance(token, Variable) for value in test.values for token in value.tokens)


def _one_passes(attribute: Attribute, typed: Sequence[Atom], opaque: Sequence[tuple[RawTest, bool]]) -> bool:
    texts = _values(attribute, typed, opaque)
    if texts is None or len(texts) > _MOST:
        return True
    absent: tuple[tuple[str, ...], ...] = () if attribute.presence == "always" else ((),)
    for found in (*((text,) for text in texts), *absent):
        values = tuple(_scalar(attribute, text) for text in found)
        if _pass_all(opaque, found) and all(atom_holds(atom, values) for atom in typed):
            return True
    return False


def _pass_all(opaque: Sequence[tuple[RawTest, bool]], found: tuple[str, ...]) -> bool:
    return all(raw_holds(test, lambda _: found) is wanted for test, wanted in opaque)


def _values(attribute: Attribute, typed: Sequence[Atom], opaque: Sequence[tuple[RawTest, bool]]) -> list[str] | None:
    """The texts of which the key has one where it is there; None when no list is known."""
    for test, wanted in opaque:
        if test.operator == _EXACT and wanted is not test.negated:
            return [_text(value.tokens) for value in test.values]
    for atom in typed:
        if atom.op is Op.EQ and not atom.negated and all(isinstance(item.value, str) for item in atom.values):
            return [str(item.value) for item in atom.values]
        if atom.op is Op.LIKE and not atom.negated and all(is_plain(str(item.value)) for item in atom.values):
            return [plain_text(str(item.value)) for item in atom.values]
    return ["true", "false"] if attribute.type == BOOL else list(attribute.values) or None


def _scalar(attribute: Attribute, text: str) -> Scalar:
    return text == "true" if attribute.type == BOOL else text


def _text(tokens: Iterable[object]) -> str:
    return "".join(token.value if isinstance(token, Wild) else str(token) for token in tokens)


def _one_folded_passes(typed: Sequence[Atom], opaque: Sequence[tuple[RawTest, bool]]) -> bool:
    """The same where only letter case is open: a text that passes, passes without its letter case as well."""
    wanted = [*_wanted_of_atoms(typed), *_wanted(opaque, (_EXACT, _FOLDED, _LIKE))]
    listed = next((test for test, holds in opaque if test.operator == _FOLDED and holds is not test.negated), None)
    if listed is None or len(listed.values) > _MOST:
        return True
    texts = [_folded(_text(value.tokens)) for value in listed.values]
    folded = [[_folded(pattern) for pattern in patterns] for patterns in wanted]
    return any(all(any(pattern_matches(one, text) for one in patterns) for patterns in folded) for text in texts)


def _wanted_of_atoms(typed: Sequence[Atom]) -> list[list[str]]:
    """Per typed test that has to hold, the patterns of which its text matches one."""
    return [
        [escape_pattern(str(item.value)) if atom.op is Op.EQ else str(item.value) for item in atom.values]
        for atom in typed
        if not atom.negated and atom.op in (Op.EQ, Op.LIKE) and all(isinstance(item.value, str) for item in atom.values)
    ]


def _wanted(opaque: Sequence[tuple[RawTest, bool]], operators: Sequence[str]) -> list[list[str]]:
    """The same per raw test with one of the operators."""
    return [
        [_pattern(value.tokens, test.operator == _LIKE) for value in test.values]
        for test, holds in opaque
        if holds is not test.negated and test.operator in operators
    ]


def _pattern(tokens: Iterable[object], like: bool) -> str:
    if not like:
        return escape_pattern(_text(tokens))
    return "".join(token.value if isinstance(token, Wild) else escape_pattern(str(token)) for token in tokens)


def _folded(text: str) -> str:
    return "".join(map(fold, text))
