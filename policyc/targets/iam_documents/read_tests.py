"""One entry of a `Condition` block as a condition of the IR: typed where a typed test says exactly the same, else raw.

A typed test needs a key that the vocabularies know and values of the key's type. The laws that make both sides equal, absent
keys included, are those of `leaves.py` read backwards:

- an operator without prefix on a single-valued key is the test, or its negation (`StringNotEquals`, `NotIpAddress`);
- `…IfExists` adds "or the key is absent"; on an order it is the negation of the opposite order;
- `ForAnyValue:` on a multi-valued key is `any`; with a negated operator it is "present, and not `all`";
- `ForAllValues:` with a negated operator is "not `any`". With a positive one it is raw: for it a set of empty texts is an
  absent key; beside `ForAnyValue:` of the same values it is `all`;
- `Null` asks for presence, whatever the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_network
from typing import Final

from policyc.engines.iam.arns import FIELDS
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.operators import Family, Operator, Qualifier, Relation, read_operator
from policyc.engines.iam.values import parse_number, parse_truth
from policyc.ir.authz import Atom, Cond, Constant, Glob, Op, RawTest, Spelling, Tokens, Variable, raw_attribute
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.pattern import Wild, pattern_matches
from policyc.model.types import Named, SetOf, Type, shapes
from policyc.model.vocabulary import Attribute
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonBool, JsonMember, JsonNumber, JsonString, JsonValue
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.leaves import family_of
from policyc.targets.iam_documents.operators import ordering_key
from policyc.targets.iam_documents.texts import Reading

_FAMILIES: Final = {
    Family.STRING: ("String", "Arn"),
    Family.NUMERIC: ("Numeric",),
    Family.DATE: ("Date",),
    Family.BOOL: ("Bool",),
    Family.IP: ("Ip",),
    Family.ARN: ("Arn",),
}
_ORDERS: Final = {
    Relation.LESS: Op.LT,
    Relation.LESS_EQUAL: Op.LE,
    Relation.GREATER: Op.GT,
    Relation.GREATER_EQUAL: Op.GE,
}
_OPPOSITE: Final = {Op.LT: Op.GE, Op.GE: Op.LT, Op.LE: Op.GT, Op.GT: Op.LE}
_PLAIN_NUMBER: Final = regex(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_OF_HTTP: Final = ("vpc-lattice-svcs:RequestMethod", "vpc-lattice-svcs:RequestPath")
_EVERY: Final = "ForAllValues:"
_SOME: Final = "ForAnyValue:"
#: in front of a key that no request has, for a document read with `lattice-key-case` `exact`
_ABSENT: Final = "\0"


def read_test(operator_text: str, entry: JsonMember, reading: Reading) -> Cond:
    """The condition that `operator: {key: values}` states."""
    operator = read_operator(operator_text)
    globs = tuple([_value(item, operator, reading) for item in _items(entry.value)])
    span = entry.span
    spelling = Spelling(operator_text, entry.key, globs, entry.key_span)
    attribute, known = _attribute(entry.key, reading.kind.services, reading.switches.lattice_key_case)
    raw = RawTest(operator_text, attribute, globs, False, span, spelling)
    if operator is None:
        return raw
    if operator.family is Family.NULL:
        return _presence(operator, raw)
    return (_typed(operator, raw) if known else None) or raw


@lru_cache(maxsize=4096)
def _attribute(key: str, services: tuple[str, ...], letter_case: str) -> tuple[Attribute, bool]:
    """What a key stands for in documents about `services` (empty: any), and whether a vocabulary knows it."""
    known = known_keys().find(key)
    if known is None or (known.keyed and not known.key):
        return raw_attribute(key), False
    if _misspelled(key, known, letter_case):
        return raw_attribute(_ABSENT + key), False
    return known if _always(known, services) else replace(known, presence="optional"), True


def _always(known: Attribute, services: tuple[str, ...]) -> bool:
    """Whether every request that the document decides on has the key: a key of another service than the document is about is
    absent from the others' requests, and a connection has no method and no path."""
    service = known.native.partition(":")[0]
    if known.presence != "always" or known.native in _OF_HTTP:
        return False
    return service == "aws" or service in services


def _misspelled(key: str, known: Attribute, letter_case: str) -> bool:
    """Whether the service may take the key for another one, which no request has, because of its letter case."""
    lattice = known.native.startswith("vpc-lattice-svcs:")
    return lattice and letter_case == "exact" and not key.startswith(known.native)


def _items(value: JsonValue) -> tuple[JsonValue, ...]:
    items = value.items if isinstance(value, JsonArray) else (value,)
    return tuple([item for item in items if isinstance(item, (JsonString, JsonNumber, JsonBool))])


def _value(item: JsonValue, operator: Operator | None, reading: Reading) -> Glob:
    if isinstance(item, JsonString):
        variables = operator is not None and (
            operator.takes_variables or (operator.family is Family.BOOL and reading.switches.bool_variables == "expand")
        )
        wildcards = operator is not None and operator.glob
        return reading.glob(item.value, item.span, wildcards=wildcards, variables=variables)
    text = item.text if isinstance(item, JsonNumber) else "true" if item.plain() else "false"
    return Glob(text, (text,), item.span)


def _presence(operator: Operator, raw: RawTest) -> Cond:
    wanted = {parse_truth(value.text) for value in raw.values}
    if operator.qualifier is not Qualifier.ONE or len(wanted) != 1 or None in wanted:
        return raw
    return Atom(raw.attribute, Op.EXISTS, (), "", True in wanted, raw.span, raw.spelling)


def _typed(operator: Operator, raw: RawTest) -> Cond | None:
    """The typed form; None when there is no exact one."""
    attribute = raw.attribute
    if family_of(attribute.type) not in _FAMILIES.get(operator.family, ()) or operator.ignore_case or not raw.values:
        return None
    if operator.qualifier is Qualifier.ALL and not operator.negated:
        return None
    if attribute.many is not (operator.qualifier is not Qualifier.ONE):
        return None
    comparison = _comparison(operator, raw)
    if comparison is None:
        return None
    op, values = comparison
    atom = Atom(attribute, op, values, "any" if attribute.many else "", operator.negated, raw.span, raw.spelling)
    absent = Atom(attribute, Op.EXISTS, (), "", True, raw.span, raw.spelling)
    match operator.qualifier:
        case Qualifier.ALL:
            blank = any(_covers_blank(op, value) for value in values)
            contested = operator.base == "StringNotLike" and not operator.if_exists
            return None if blank or contested else atom
        case Qualifier.ANY if operator.negated:
            found: Cond = conjunction([replace(absent, negated=False), replace(atom, quantifier="all")])
            return disjunction([absent, found]) if operator.if_exists else found
        case Qualifier.ANY:
            return disjunction([absent, atom]) if operator.if_exists else atom
        case Qualifier.ONE:
            return _if_exists(atom, absent) if operator.if_exists and not operator.negated else atom


def join_all(items: Sequence[Cond]) -> list[Cond]:
    """The conditions of one block, where `ForAllValues:` beside `ForAnyValue:` of the same operator, key and values is `all`: the
    second makes both false for an absent key and for a set of empty texts that no value takes in."""
    out = list(items)
    for raw in (item for item in items if isinstance(item, RawTest) and item.operator.startswith(_EVERY)):
        wanted = (_SOME + raw.operator.removeprefix(_EVERY), {value.tokens for value in raw.values})
        for at, item in enumerate(out):
            same = isinstance(item, Atom) and item.attribute == raw.attribute and _written(item) == wanted
            if isinstance(item, Atom) and same:
                out[at] = replace(item, quantifier="all", spelling=raw.spelling)
                out.remove(raw)
                break
    return out


def _written(atom: Atom) -> tuple[str, set[Tokens]] | None:
    """The operator of a test and its values, as they are written."""
    found = atom.spelling
    return None if found is None else (found.operator, {value.tokens for value in found.values})


def _if_exists(atom: Atom, absent: Atom) -> Cond:
    if atom.op in _OPPOSITE:
        return replace(atom, op=_OPPOSITE[atom.op], negated=True)
    if atom.op is Op.EQ and isinstance(atom.values[0].value, bool):
        (only,) = atom.values
        return replace(atom, values=(replace(only, value=not only.value),), negated=True)
    return disjunction([absent, atom])


def _covers_blank(op: Op, value: Constant) -> bool:
    text = str(value.value)
    return pattern_matches(text, "") if op is Op.LIKE else not text


# --- values -----------------------------------------------------------------------------------------------------


def _comparison(operator: Operator, raw: RawTest) -> tuple[Op, tuple[Constant, ...]] | None:
    """The operator and its values in the type of the key; None when one of them has no exact form."""
    kind = raw.attribute.type
    op = _op(operator, raw.values)
    if op is None:
        return None
    values: list[Constant] = []
    for glob in raw.values:
        value = _constant(operator, op, glob, kind)
        if value is None:
            return None
        values.append(Constant(kind, value, span=glob.span))
    if op in _OPPOSITE:
        loosest = max if op in (Op.LT, Op.LE) else min
        values = [loosest(values, key=lambda item: ordering_key(operator.base, str(item.value)))]
    if operator.family is Family.BOOL and len(values) > 1:
        return None
    return op, tuple(values)


def _op(operator: Operator, values: Sequence[Glob]) -> Op | None:
    match operator.family:
        case Family.STRING:
            return Op.LIKE if operator.glob else Op.EQ
        case Family.ARN:
            plain = all(_is_plain(value) for value in values)
            return Op.EQ if plain and operator.base in ("ArnEquals", "ArnNotEquals") else Op.LIKE
        case Family.IP:
            return Op.IN_CIDR
        case Family.NUMERIC | Family.DATE | Family.BOOL:
            return _ORDERS.get(operator.relation, Op.EQ)
        case _:
            return None


def _is_plain(glob: Glob) -> bool:
    return all(isinstance(token, str) for token in glob.tokens)


def _constant(operator: Operator, op: Op, glob: Glob, kind: Type) -> str | int | bool | None:
    if any(isinstance(token, Variable) for token in glob.tokens):
        return None
    text = "".join(token.value if isinstance(token, Wild) else str(token) for token in glob.tokens)
    match operator.family:
        case Family.STRING if op is Op.EQ:
            return text
        case Family.STRING:
            arn = family_of(kind) == "Arn"
            return glob.pattern if not arn or _plain_fields(glob) >= FIELDS - 1 else None
        case Family.ARN if op is Op.EQ:
            return text if text.count(":") >= FIELDS - 1 else None
        case Family.ARN:
            return glob.pattern if sum(str(token).count(":") for token in glob.tokens) >= FIELDS - 1 else None
        case Family.NUMERIC:
            return _number(text, kind)
        case Family.DATE:
            return _date(text)
        case Family.BOOL:
            return parse_truth(text)
        case Family.IP:
            return _block(text)
        case _:
            return None


def _plain_fields(glob: Glob) -> int:
    """How many fields of an ARN pattern end before its first wildcard."""
    first = glob.tokens[0] if glob.tokens else ""
    return first.count(":") if isinstance(first, str) else 0


def _number(text: str, kind: Type) -> str | int | None:
    number = parse_number(text)
    if number is None or _PLAIN_NUMBER.fullmatch(text) is None:
        return None
    item = kind.item if isinstance(kind, SetOf) else kind
    if isinstance(item, Named) and shapes()[item.name].base == "int":
        return int(number) if number == int(number) else None
    return text


def _date(text: str) -> str | None:
    """The one spelling that the language and IAM read alike; None where there is none."""
    instant = parse_instant(text)
    if instant is None or instant != int(instant) or not -62_000_000_000 < instant < 253_000_000_000:
        return None
    from policyc.ir.instants import moment_text

    return moment_text(f"{int(instant)}.0")


def _block(text: str) -> str | None:
    if "%" in text:
        return None
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return None
