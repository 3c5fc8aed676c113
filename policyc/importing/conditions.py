"""Conditions of the IR as expressions of the language."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from policyc.importing.names import NAMED_TYPES, Names
from policyc.importing.tree import NOWHERE, call, compare, either, joined, keyed, listed, negation, text, word
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op, RawExpression, RawTest
from policyc.ir.raw_forms import RAW
from policyc.model.fit import takes_word
from policyc.model.literals import misfit
from policyc.model.types import BOOL, EnumOf, Named, SetOf, Type, shapes
from policyc.model.vocabulary import Attribute
from policyc.syntax import nodes
from policyc.text import Span

_IP = Named("ip")
_ORDERS: dict[Op, nodes.CompareOp] = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}


class NoWords(Exception):
    """The language has no words for it; `span` is where it stands in the document, where that is known, `what` says what that is and `help` what to do."""

    def __init__(self, span: Span | None = None, what: str = "", help: str = "") -> None:
        super().__init__()
        self.span, self.what, self.help = span, what, help


def expression(cond: Cond, names: Names) -> nodes.Expr:
    """The condition in the language's words; the names that it needs are declared. Raises NoWords."""
    match cond:
        case Always():
            return nodes.Bool(True, NOWHERE)
        case Never():
            return nodes.Bool(False, NOWHERE)
        case Atom():
            return _atom(cond, names)
        case RawTest(negated=False):
            return raw_test(cond)
        case All(items):
            return joined([expression(item, names) for item in items])
        case AnyOf(items):
            return either([expression(item, names) for item in items])
        case RawTest() | RawExpression():
            raise NoWords
        case _:
            assert_never(cond)


def raw_test(test: RawTest) -> nodes.Expr:
    """An entry of a `Condition` block as it stands."""
    values = listed(text(glob.text) for glob in test.values)
    return call(RAW, text(test.operator), attribute(test.attribute), values)


def attribute(item: Attribute) -> nodes.Ref:
    """An attribute by its word in the language."""
    return keyed(item.name, item.key)


def _atom(atom: Atom, names: Names) -> nodes.Expr:
    subject = attribute(atom.attribute)
    if atom.op is Op.EXISTS:
        there = nodes.Exists(subject, NOWHERE)
        return negation(there) if atom.negated else there
    values = [_value(item, atom, names) for item in atom.values]
    if not values:
        raise NoWords
    if atom.quantifier:
        return _quantified(atom, subject, values)
    if atom.op in _ORDERS:
        if len(values) != 1:
            raise NoWords
        ordered = compare(subject, _ORDERS[atom.op], values[0])
        return negation(ordered) if atom.negated else ordered
    if atom.attribute.type == BOOL and len(values) == 1:
        return _flag(subject, bool(atom.values[0].value), atom.negated)
    if atom.op is Op.EQ and atom.attribute.type == _IP and len(values) > 1:  # behind `in` stand blocks of addresses
        tests = [compare(subject, "!=" if atom.negated else "==", value) for value in values]
        return joined(tests) if atom.negated else either(tests)
    one = values[0] if len(values) == 1 else listed(values)
    match atom.op:
        case Op.LIKE:
            return compare(subject, "not like" if atom.negated else "like", one)
        case Op.IN_CIDR:
            return compare(subject, "not in" if atom.negated else "in", one)
        case _ if len(values) == 1:
            return compare(subject, "!=" if atom.negated else "==", one)
        case _:
            return compare(subject, "not in" if atom.negated else "in", one)


def _flag(subject: nodes.Ref, wanted: bool, negated: bool) -> nodes.Expr:
    """A yes-or-no attribute: `not` is true for an absent one, as `!=` is."""
    if wanted:
        return negation(subject) if negated else subject
    return compare(subject, "!=" if negated else "==", nodes.Bool(False, NOWHERE))


def _quantified(atom: Atom, subject: nodes.Ref, values: list[nodes.Expr]) -> nodes.Expr:
    quantifier = atom.quantifier
    assert quantifier
    if quantifier == "any" and atom.op is Op.EQ and len(values) == 1:
        return compare(values[0], "not in" if atom.negated else "in", subject)
    match atom.op:
        case Op.EQ:
            held = nodes.Quantified(quantifier, "in", subject, listed(values), NOWHERE)
        case Op.LIKE:
            one = values[0] if len(values) == 1 else listed(values)
            held = nodes.Quantified(quantifier, "like", subject, one, NOWHERE)
        case Op.IN_CIDR:
            held = nodes.Quantified(quantifier, "in", subject, listed(values), NOWHERE)
        case _:
            if len(values) != 1:
                raise NoWords
            held = nodes.Quantified(quantifier, _ORDERS[atom.op], subject, values[0], NOWHERE)
    return negation(held) if atom.negated else held


def _value(constant: Constant, atom: Atom, names: Names) -> nodes.Expr:
    """A value as the type of its attribute writes it. Raises NoWords for one that the type does not take."""
    if constant.group is not None:
        return names.group(constant.group)
    kind = atom.attribute.type
    item = kind.item if isinstance(kind, SetOf) else kind
    if atom.op is Op.LIKE:
        return text(str(constant.value))
    if atom.op is Op.IN_CIDR:
        item = Named("cidr")
    return literal_of(constant.value, item, names)


def literal_of(value: str | int | Decimal | bool, kind: Type, names: Names) -> nodes.Expr:
    """A value as its type is written. Raises NoWords for one that the type does not take."""
    shown = str(value)
    match value:
        case bool():
            return nodes.Bool(value, NOWHERE)
        case int():
            return nodes.Int(value, NOWHERE)
        case _:
            pass
    if isinstance(kind, EnumOf) or takes_word(kind, shown):
        if not takes_word(kind, shown):
            raise NoWords
        return word(shown)
    if not isinstance(kind, Named) or kind.name not in shapes() or misfit(shapes()[kind.name], shown) is not None:
        raise NoWords
    if kind.name in NAMED_TYPES:
        return names.value(kind.name, shown)
    if kind.name == "decimal":
        return nodes.Decimal(shown, NOWHERE) if "." in shown else nodes.Int(int(shown), NOWHERE)
    if kind.name == "region":
        return nodes.Region(shown, NOWHERE)
    return text(shown)
