"""One atom of the IR as alternatives of IAM tests, true for exactly the same requests, absent keys included.

The laws (IAM reference section 8.3): a positive operator is false for an absent key and a negated one true, which is what
the language means, so `==`, `like` and `in cidr` need only the operator's own complement. Numbers, dates and truth values
have no negated ordering, so `not (k < 5)` becomes `NumericGreaterThanEqualsIfExists`. `all` is `ForAllValues:` (true for an
absent key) beside `ForAnyValue:` (false then); its complement is "absent, or some value matches none".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, assert_never

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Atom, Constant, Op, RawTest
from policyc.ir.pattern import Plain, pattern_matches, pattern_tokens
from policyc.model.types import EnumOf, Named, SetOf, Type, shapes
from policyc.targets.iam_documents.operators import KeyTest, null_test, ordering_key
from policyc.text import Span

Family = Literal["String", "Numeric", "Date", "Bool", "Ip", "Arn"]
Conjunct = tuple[KeyTest, ...]

_ORDER: Final = {Op.LT: "LessThan", Op.LE: "LessThanEquals", Op.GT: "GreaterThan", Op.GE: "GreaterThanEquals"}
_OPPOSITE: Final = {Op.LT: Op.GE, Op.GE: Op.LT, Op.LE: Op.GT, Op.GT: Op.LE}
_IF_EXISTS_NOTE: Final = "`IfExists` keeps `not` true for an absent key"


def family_of(kind: Type) -> Family | None:
    """The operator family that compares values of a type, None for types that have no IAM comparison."""
    match kind:
        case EnumOf():
            return "String"
        case SetOf(item):
            return family_of(item)
        case Named(name):
            return _named_family(name)
        case _:
            assert_never(kind)


@cache
def _named_family(name: str) -> Family | None:
    shape = shapes().get(name)
    if shape is None:
        return None
    match name, shape.base, shape.check:
        case _, "bool", _:
            return "Bool"
        case (_, "int", _) | (_, _, "decimal"):
            return "Numeric"
        case _, _, "datetime":
            return "Date"
        case _, _, "ip" | "cidr":
            return "Ip"
        case _, _, "arn":
            return "Arn"
        case _:
            return "String"


def lower_atom(atom: Atom, span: Span | None, diagnostics: Diagnostics) -> tuple[Conjunct, ...] | None:
    """The atom as alternatives (OR) of conjuncts (AND) of tests; None after an error was reported at the atom."""
    where = atom.span or span
    key = atom.attribute.native
    if atom.op is Op.EXISTS:
        return ((null_test(key, atom.negated, span=where),),)
    family = family_of(atom.attribute.type)
    problem = _problem(atom, family)
    if problem or family is None:
        message = problem or f"`{atom.attribute.name}` has no comparison in an IAM document"
        of_arns = family == "Arn" and atom.op is Op.LIKE
        help = _ARNS_HELP.format(exists=f"exists {atom.attribute.name}") if of_arns else _HELP
        diagnostics.error("condition-not-expressible", message, where, help)
        return None
    if atom.quantifier == "all":
        return _all_values(atom, family, where)
    if atom.quantifier == "any":
        found = _test(atom, family, where, negated=atom.negated)
        if not atom.negated:
            return ((_with(found, "ForAnyValue:"),),)
        return ((_no_value(found, where),),)
    return ((_single(atom, family, where),),)


_HELP: Final = 'write the condition another way, or test the key with `key["…"]`'
_ARNS_HELP: Final = (
    "write all six fields, such as `arn:aws:iam::111122223333:role/*`, or `{exists}` if presence is meant"
)


def _problem(atom: Atom, family: Family | None) -> str:
    """Why the atom cannot be said, empty when it can."""
    name = atom.attribute.name
    if bool(atom.quantifier) != atom.attribute.many:
        need = "needs" if atom.attribute.many else "takes no"
        return f"`{name}` {need} `any` or `all`"
    if not atom.values:
        return f"`{name}` is compared with no value"
    allowed: dict[Op, tuple[str, ...]] = {
        Op.EQ: ("String", "Numeric", "Date", "Bool", "Ip", "Arn"),
        Op.LIKE: ("String", "Arn"),
        Op.IN_CIDR: ("Ip",),
    }
    if family not in allowed.get(atom.op, ("Numeric", "Date")):
        return f"`{atom.op}` does not fit `{name}` in an IAM document"
    if atom.op is Op.LIKE and family == "Arn":
        short = next((item for item in atom.values if _colons(str(item.value)) < 5), None)
        if short is not None:
            return f"`{short.value}` is not an ARN pattern of six parts"
    blank = atom.quantifier == "any" and atom.negated and family == "String"
    if blank and any(_covers_blank(atom.op, str(item.value)) for item in atom.values):
        return f"`{name}` cannot be tested for values that may be empty text, which IAM takes for an absent key"
    return ""


def _colons(pattern: str) -> int:
    return sum(1 for token in pattern_tokens(pattern) if isinstance(token, Plain) and token.char == ":")


def _covers_blank(op: Op, value: str) -> bool:
    return pattern_matches(value, "") if op is Op.LIKE else not value


def _single(atom: Atom, family: Family, where: Span | None) -> KeyTest:
    """A single-valued key: the operator, or for `not` its complement that an absent key passes."""
    found = _test(atom, family, where, negated=atom.negated)
    if found.base == "Null" or not atom.negated or "Not" in found.base:
        return found
    return KeyTest(found.base, found.key, found.values, if_exists=True, note=_IF_EXISTS_NOTE, span=where)


def _no_value(found: KeyTest, where: Span | None) -> KeyTest:
    """No value of a multi-valued key passes; true for an absent key.

    AWS's own example table calls `ForAllValues:StringNotLike` false for an absent key, against the rule (IAM reference
    section 15, 4); with `IfExists` both readings agree.
    """
    if found.base == "Null":
        return found
    contested = found.base == "StringNotLike"
    note = "`ForAllValues` of the opposite operator says that no value passes"
    return KeyTest(found.base, found.key, found.values, "ForAllValues:", contested, note, where)


def _all_values(atom: Atom, family: Family, where: Span | None) -> tuple[Conjunct, ...]:
    found = _test(atom, family, where, negated=atom.negated)
    if found.base == "Null":
        return ((found,),)
    if not atom.negated:
        guard = "`ForAnyValue` keeps `all` false for an absent key"
        return ((_with(found, "ForAllValues:"), _with(found, "ForAnyValue:", guard)),)
    absent = null_test(found.key, True, "an absent key does not pass `all`, so it passes `not`", where)
    return ((absent,), (_with(found, "ForAnyValue:"),))


def _with(found: KeyTest, qualifier: Literal["ForAnyValue:", "ForAllValues:"], note: str = "") -> KeyTest:
    if found.base == "Null":
        return found
    return KeyTest(found.base, found.key, found.values, qualifier, note=note, span=found.span)


def _test(atom: Atom, family: Family, where: Span | None, negated: bool) -> KeyTest:
    """The operator for one present value, or its complement for one present value."""
    key = atom.attribute.native
    if family == "Bool":
        return _bool_test(key, atom.values, negated, where)
    if atom.op in _ORDER:
        op = _OPPOSITE[atom.op] if negated else atom.op
        base = family + _ORDER[op]
        # Any of several bounds passes: the loosest one; none of them passes: beyond the loosest one as well.
        loosest = max if atom.op in (Op.LT, Op.LE) else min
        values = [value_text(item) for item in atom.values]
        return KeyTest(base, key, (loosest(values, key=lambda text: ordering_key(base, text)),), span=where)
    if family == "Ip":
        base = "NotIpAddress" if negated else "IpAddress"
        return KeyTest(base, key, tuple(_block(value_text(item)) for item in atom.values), span=where)
    kind = "Like" if atom.op is Op.LIKE else "Equals"
    base = f"{family}Not{kind}" if negated else f"{family}{kind}"
    return KeyTest(base, key, tuple(value_text(item) for item in atom.values), span=where)


def _bool_test(key: str, values: Sequence[Constant], negated: bool, where: Span | None) -> KeyTest:
    wanted = {bool(item.value) for item in values}
    if len(wanted) == 2:
        return null_test(key, negated, "`true` or `false`: any value will do", where)
    (only,) = wanted
    return KeyTest("Bool", key, ("true" if only is not negated else "false",), span=where)


def _block(text: str) -> str:
    """A lone address as a block of one, because services differ in what a bare IPv6 address means."""
    if "/" in text:
        return text
    return f"{text}/128" if ":" in text else f"{text}/32"


def value_text(constant: Constant) -> str:
    """A constant as IAM documents write it, before escaping."""
    match constant.value:
        case bool():
            return "true" if constant.value else "false"
        case int() | str():
            return str(constant.value)
        case decimal:
            text = format(decimal, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text


def raw_key_test(test: Atom | RawTest) -> KeyTest:
    """The entry of a `Condition` block that a raw test is."""
    if test.spelling is not None:
        operator, globs = test.spelling.operator, test.spelling.values
    elif isinstance(test, RawTest):
        operator, globs = test.operator, test.values
    else:
        raise TypeError("a typed test without a spelling is no raw one")
    values = tuple(glob.text for glob in globs)
    return KeyTest(operator, test.attribute.native, values, span=test.span, verbatim=True)
