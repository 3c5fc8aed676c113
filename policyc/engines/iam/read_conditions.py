"""Reading of Condition.

Source: IAM evaluation reference 8.1, 8.2 and 8.5.
"""

from __future__ import annotations

from policyc.diagnostics import Advice, Applicability, Edit, Fix, Label, did_you_mean, write_instead
from policyc.engines.iam.arns import FIELDS, split_tokens
from policyc.engines.iam.atoms import Atom, PolicyValue, atom, parse_value
from policyc.engines.iam.dates import has_no_zone, is_odd, meant, plainly
from policyc.engines.iam.findings import Reading
from policyc.engines.iam.globs import Wild, fold
from policyc.engines.iam.operators import Family, Operator, Qualifier, operator_names, read_operator
from policyc.engines.iam.templates import unrendered
from policyc.engines.iam.values import parse_network, parse_truth
from policyc.engines.iam.variables import MULTIVALUED, Template, Variable, read_template
from policyc.holes import has_hole
from policyc.record import light
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonBool, JsonMember, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span

#: a question mark that begins a query string is no wildcard
_KEY = regex(r"[^\s:]+:\S.*")
_MULTIVALUED_PREFIX = "vpc-lattice-svcs:requestquerystring/"
_LATTICE_KEYS = frozenset(
    {
        "Port",
        "RequestMethod",
        "RequestPath",
        "RequestHeader",
        "RequestQueryString",
        "ServiceNetworkArn",
        "ServiceArn",
        "SourceVpc",
        "SourceVpcOwnerAccount",
    }
)
#: what stands behind the family in the names of operators that ask for an order
_ORDERS = ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
#: in front of a key that no request has
_ABSENT = "\0"
#: how other languages write the two
_TRUTHS = {**dict.fromkeys(("true", "yes", "on", "1"), "true"), **dict.fromkeys(("false", "no", "off", "0"), "false")}
_MISMATCH = {
    Family.NUMERIC: ("type-mismatch-number", "a number"),
    Family.DATE: ("type-mismatch-date", "a date such as `2024-01-31T00:00:00Z`, or epoch seconds"),
    Family.BOOL: ("type-mismatch-boolean", "`true` or `false`"),
    Family.NULL: ("type-mismatch-boolean", "`true` or `false`"),
    Family.BINARY: ("type-mismatch-string", "base64 text"),
    Family.IP: ("type-mismatch-ip-range", "an address or range such as `203.0.113.0/24`"),
}


@light
class Conditions:
    """The entries of one Condition; `inert` when an empty object takes the statement out of force."""

    atoms: tuple[Atom, ...]
    inert: bool


def read_conditions(member: JsonMember | None, reading: Reading) -> Conditions:
    if member is None:
        return Conditions((), False)
    if not isinstance(member.value, JsonObject):
        reading.wrong_type(member.value, "`Condition`", "an object of operators")
        return Conditions((), False)
    inert = not member.value.members and _empty_object(member.value.span, reading)
    atoms: list[Atom] = []
    for entry in member.value.members:
        operator = _operator(entry, reading)
        if not isinstance(entry.value, JsonObject):
            reading.wrong_type(entry.value, f"the block of `{entry.key}`", "an object of condition keys")
        elif operator is not None:
            inert |= not entry.value.members and _empty_object(entry.value.span, reading)
            atoms += _block(operator, entry.value, reading)
    return Conditions(tuple(atoms), inert)


def _empty_object(span: Span, reading: Reading) -> bool:
    reading.use("empty-condition")
    help = "remove it, or write the condition that is meant"
    reading.warn("empty-object-condition", "an empty condition object", span, help)
    return reading.switches.empty_condition == "inert"


def _operator(entry: JsonMember, reading: Reading) -> Operator | None:
    operator = read_operator(entry.key)
    if operator is None:
        bare = entry.key.rpartition(":")[2]
        help = did_you_mean(bare, operator_names(), "see the condition operators of IAM")
        if bare.startswith("String") and (order := bare.removeprefix("String")) in _ORDERS:
            help = f"texts have no order: write `Numeric{order}` or `Date{order}`"
        nothing = isinstance(entry.value, JsonObject) and not entry.value.members
        told = reading.mistake if nothing else reading.error
        told("invalid-condition-operator", f"unknown operator `{entry.key}`", entry.key_span, help)
        return None
    if operator.family is Family.NULL and operator.if_exists:
        help = Advice("write `Null` alone: it already asks whether the key exists", entry.key, "Null")
        reading.error("null-with-if-exists", "`Null` with `IfExists`", entry.key_span, help)
    elif operator.family is Family.NULL and operator.qualifier is not Qualifier.ONE:
        always = "true" if operator.qualifier is Qualifier.ALL else "false"
        help = Advice("write `Null` without the prefix", entry.key, "Null")
        reading.warn("null-with-qualifier", f"`{entry.key}` is always {always}", entry.key_span, help)
    return operator


def _block(operator: Operator, block: JsonObject, reading: Reading) -> list[Atom]:
    if len(block.members) > 1:
        _check_doubles(block, reading)
    return [_entry(operator, entry, reading) for entry in block.members]


def _check_doubles(block: JsonObject, reading: Reading) -> None:
    first: dict[str, Span] = {}
    for entry in block.members:
        earlier = first.setdefault(fold(entry.key), entry.key_span)
        if earlier is not entry.key_span:
            label = Label(earlier, "first written here")
            help = "write the key once, with all its values"
            rule = "duplicate-keys-with-different-case"
            reading.error(rule, f"key `{entry.key}` is written twice", entry.key_span, help, (label,))


def _entry(operator: Operator, entry: JsonMember, reading: Reading) -> Atom:
    texts = _texts(entry.value)
    name = (operator.text, entry.key, texts)
    known = reading.silent.get(name) if texts is not None else None
    if known is not None:
        return _again(known, operator, entry)
    told = reading.told
    key = _key(operator, entry, reading)
    items = _items(entry, reading)
    _check_items(operator, entry, items, reading)
    made = atom(operator, key, entry.key, [_value(operator, item, reading) for item in items], entry.value.span)
    if reading.told == told and texts is not None:
        reading.remember(name, made)
    return made


def _texts(value: JsonValue) -> str | tuple[str, ...] | None:
    """What an entry's value says, when that is a string or a list of strings."""
    if isinstance(value, JsonString):
        return value.value
    if not isinstance(value, JsonArray):
        return None
    texts: list[str] = []
    for item in value.items:
        if not isinstance(item, JsonString):
            return None
        texts.append(item.value)
    return tuple(texts)


def _again(known: Atom, operator: Operator, entry: JsonMember) -> Atom:
    """An entry that was read before, at its new place."""
    return Atom(operator, known.key, known.spelled, known.values, entry.value.span, known.needs)


def _misspelled(key: str, reading: Reading) -> bool:
    """Whether a Lattice key is in other letter case than documented, and thereby another key, one that never comes."""
    name = key.partition("/")[0]
    if not fold(name).startswith("vpc-lattice-svcs:") or name.partition(":")[2] in _LATTICE_KEYS:
        return False
    reading.use("lattice-key-case")
    return reading.switches.lattice_key_case == "exact"


def _key(operator: Operator, entry: JsonMember, reading: Reading) -> str:
    """The key under which a request's values are found."""
    name = (operator.text, entry.key)
    known: str | None = reading.silent.get(name)
    if known is not None:
        return known
    told = reading.told
    _check_key(operator, entry, reading)
    key = fold(entry.key)
    key = _ABSENT + key if _misspelled(entry.key, reading) else key
    if reading.told == told:
        reading.silent[name] = key
    return key


def _check_key(operator: Operator, entry: JsonMember, reading: Reading) -> None:
    key = fold(entry.key)
    if reading.is_template(entry.key, entry.key_span):
        return
    if "${" in key:
        help = "write the key itself"
        reading.error("variable-unsupported-in-element", f"a variable in key `{entry.key}`", entry.key_span, help)
    elif _KEY.fullmatch(key) is None:
        help = "write `service:Key`, such as `aws:PrincipalOrgID`"
        reading.mistake("invalid-condition-key-format", f"`{entry.key}` is not a condition key", entry.key_span, help)
    elif key.endswith("tag/"):
        help = "add the tag's key after the `/`"
        reading.mistake("missing-tag-key-in-condition", f"`{entry.key}` names no tag", entry.key_span, help)
    many = key in MULTIVALUED or key.startswith(_MULTIVALUED_PREFIX)
    if many and operator.qualifier is Qualifier.ONE and operator.family is not Family.NULL:
        help = f"write `ForAnyValue:{operator.text}` or `ForAllValues:{operator.text}`"
        message = f"`{entry.key}` holds several values, and `{operator.text}` does not match several"
        reading.warn("missing-qualifier", message, entry.key_span, help)


def _items(entry: JsonMember, reading: Reading) -> list[JsonString | JsonNumber | JsonBool]:
    items: tuple[JsonValue, ...] = entry.value.items if isinstance(entry.value, JsonArray) else (entry.value,)
    found: list[JsonString | JsonNumber | JsonBool] = []
    for item in items:
        if isinstance(item, (JsonString, JsonNumber, JsonBool)):
            found.append(item)
        else:
            reading.wrong_type(item, f"a value of `{entry.key}`", "a string, number, or true or false")
    if len(found) > 1 and len({type(item) for item in found}) > 1:
        help = "put all values in quotes"
        edits = tuple(Edit(item.span, f'"{_bare(item)}"') for item in found if not isinstance(item, JsonString))
        message = f"the values of `{entry.key}` have different JSON types"
        fix = Fix(help, edits, Applicability.SAFE)
        reading.error("invalid-condition-data-type", message, entry.value.span, help, fix=fix)
    return found


def _bare(item: JsonNumber | JsonBool) -> str:
    return item.text if isinstance(item, JsonNumber) else str(item.value).lower()


def _check_items(
    operator: Operator, entry: JsonMember, items: list[JsonString | JsonNumber | JsonBool], reading: Reading
) -> None:
    if not items and isinstance(entry.value, JsonArray) and not entry.value.items:
        help = "give the values, or remove the key"
        reading.warn("empty-array-condition", f"`{entry.key}` has no values", entry.value.span, help)
    if operator.family is Family.BOOL and len(items) > 1:
        help = "keep one of `true` and `false`"
        rule = "invalid-condition-multiple-boolean"
        reading.error(rule, f"several truth values for `{entry.key}`", entry.value.span, help)


def _value(operator: Operator, item: JsonString | JsonNumber | JsonBool, reading: Reading) -> PolicyValue:
    if isinstance(item, JsonString):
        return PolicyValue(item.value, _string_template(operator, item.value, item.span, reading))
    match item:
        case JsonNumber(text, span):
            pass
        case JsonBool(flag, span):
            text = "true" if flag else "false"
    _check_value(operator, text, span, reading)
    return PolicyValue(text, (text,) if text else ())


def _string_template(operator: Operator, text: str, span: Span, reading: Reading) -> tuple[str | Wild | Variable, ...]:
    variables = operator.takes_variables
    if "${" not in text and not has_hole(text):
        plain = read_template(text, wildcards=operator.glob, variables=False)
        _check_literal(operator, text, plain, span, reading)
        return plain
    if has_hole(text) and not variables:
        return read_template(text, wildcards=False, variables=False)
    if "${" in text and unrendered(text) is None and not variables and operator.family is not Family.NULL:
        variables = _variables_elsewhere(operator, text, span, reading)
        if not variables and reading.expands:  # as it is written, it is of no type but text
            return read_template(text, wildcards=False, variables=False)
    template = reading.template(text, span, wildcards=operator.glob, variables=variables)
    if unrendered(text) is None and not any(isinstance(token, Variable) for token in template):
        _check_literal(operator, text, template, span, reading)
    return template


def _check_literal(operator: Operator, text: str, template: Template, span: Span, reading: Reading) -> None:
    """Whether a value without variables is one that the operator compares."""
    _check_value(operator, text, span, reading)
    if operator.family is Family.ARN and len(split_tokens(template)) < FIELDS and text != "*":
        help = "write all six fields, `arn:partition:service:region:account:resource`"
        reading.warn("missing-arn-field", f"`{text}` has fewer than six fields and matches no ARN", span, help)


def _variables_elsewhere(operator: Operator, text: str, span: Span, reading: Reading) -> bool:
    """Whether a variable is expanded although the operator is neither a string nor an ARN operator."""
    if operator.family is Family.BOOL and reading.switches.bool_variables == "expand":
        reading.use("bool-variables")
        return True
    if reading.expands:
        if operator.family is Family.BOOL:
            reading.use("bool-variables")
        help = "use variables with String and ARN operators only"
        message = f"a variable `{text}` with `{operator.text}`"
        reading.error("invalid-variable-for-operator", message, span, help)
    return False


def _check_value(operator: Operator, text: str, span: Span, reading: Reading) -> None:
    """Whether a literal value is of the operator's type."""
    family = operator.family
    if family is Family.STRING:
        return
    if family is Family.DATE and has_no_zone(text):
        help: str = Advice("add `Z` or an offset such as `+01:00`", text, f"{text}Z")
        reading.warn("invalid-date-value", f"`{text}` has a time without an offset", span, help)
    elif family is Family.DATE and is_odd(text):
        help = write_instead(text, right) if (right := plainly(text)) else "write a date such as `2024-01-31T00:00:00Z`"
        reading.warn("invalid-date-value", f"`{text}` is an odd spelling of a date", span, help)
    elif family is Family.DATE and (right := meant(text)):
        message = f"`{text}` counts as seconds since 1970"
        reading.warn("invalid-date-value", message, span, write_instead(text, right))
    if family not in _MISMATCH or _fits(operator, text, reading):
        return
    rule, wanted = _MISMATCH[family]
    message = f"`{text}` is not what `{operator.text}` compares"
    if family is Family.IP:
        reading.error(rule, message, span, f"write {wanted}")
    elif family is Family.DATE:
        reading.refuse(rule, message, span, f"write {wanted}")
    else:
        said = _TRUTHS.get(text.strip().lower(), "") if rule == "type-mismatch-boolean" else ""
        help = write_instead(text, said) if said else f"write {wanted}"
        reading.warn(rule, message, span, help)


def _fits(operator: Operator, text: str, reading: Reading) -> bool:
    if operator.family is Family.IP:
        return parse_network(text) is not None
    if operator.family is Family.NULL:
        return parse_truth(text) is not None
    return parse_value(operator, text, reading.switches) is not None
