"""A small, fast check of plain data against JSON Schema (draft 2020-12): the keywords that our own schemas use.

Source: https://json-schema.org/draft/2020-12/json-schema-validation. The jsonschema package stays the reference: it judges every
document before it is written, and a test holds the two equal. This one exists because a `check` of one file
takes less time than importing that package. A schema with a keyword from outside the table is refused with
`UnknownKeyword`, never half checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from re import Pattern
from typing import Any, TypeAlias

from policyc.per_object import PerObject
from policyc.record import record
from policyc.regex import regex

Path: TypeAlias = tuple[str | int, ...]


@record
class Misfit:
    """One place where the data does not have the shape: `path` leads to it, `rule` is the keyword that it breaks."""

    path: Path
    rule: str
    message: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


class UnknownKeyword(Exception):
    """The schema uses a keyword that this check does not know; use jsonschema."""


Check: TypeAlias = "Callable[[Any], Sequence[Misfit]]"
"""What one keyword says of a value: its misfits, their paths from that value on; empty when it fits."""
Rule: TypeAlias = "Callable[[Any, Any, _Checker], Check]"
"""Makes the check of a keyword, from what stands at it, the schema around it and the whole."""


def misfits(value: Any, schema: Mapping[str, Any]) -> list[Misfit]:
    """Every misfit of `value`, in the order of the schema; empty when it fits. Raises UnknownKeyword."""
    return list(_checker(schema).check(value, schema))


class _Checker:
    """One whole schema (for `$ref`); a part of it becomes functions when a value first meets it."""

    __slots__ = ("made", "root")

    def __init__(self, root: Any) -> None:
        self.root = root
        self.made: dict[int, tuple[Check, ...]] = {}

    def check(self, value: Any, schema: Any) -> Sequence[Misfit]:
        rules = self.made.get(id(schema))
        if rules is None:
            rules = self.made[id(schema)] = self._rules(schema)
        found: Sequence[Misfit] = ()
        for rule in rules:
            more = rule(value)
            if more:
                found = (*found, *more)
        return found

    def inside(self, part: str | int, value: Any, schema: Any) -> Sequence[Misfit]:
        """The misfits of a part of a value, as misfits of the value."""
        found = self.check(value, schema)
        return found and [Misfit((part, *one.path), one.rule, one.message) for one in found]

    def _rules(self, schema: Any) -> tuple[Check, ...]:
        if schema is True:
            return ()
        if schema is False:
            return (lambda value: (Misfit((), "false", "nothing may stand here"),),)
        for keyword in schema:
            if keyword not in _RULES and keyword not in _SILENT:
                raise UnknownKeyword(keyword)
        if set(schema) == {"$ref"}:  # most stand alone, and are what they name
            return self._rules(self.named(schema["$ref"]))
        return tuple([_RULES[keyword](wanted, schema, self) for keyword, wanted in schema.items() if keyword in _RULES])

    def named(self, reference: str) -> Any:
        """The part of the schema that a `$ref` names."""
        if not reference.startswith("#"):
            raise UnknownKeyword(f"$ref {reference}")
        found: Any = self.root
        for part in reference[1:].split("/")[1:]:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found


_checker = PerObject(_Checker, 64)


def _all_inside(parts: Iterable[tuple[str | int, Any, Any]], checker: _Checker) -> Sequence[Misfit]:
    """The misfits of parts of a value, each with its own schema."""
    found: list[Misfit] = []
    for part, value, schema in parts:
        found += checker.inside(part, value, schema)
    return found


def _ref(wanted: str, _schema: Any, checker: _Checker) -> Check:
    found = checker.named(wanted)
    return lambda value: checker.check(value, found)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": lambda value: _is_number(value),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _type(wanted: str | list[str], _schema: Any, _checker: _Checker) -> Check:
    names = [wanted] if isinstance(wanted, str) else wanted
    misfit = (Misfit((), "type", f"must be {_a(' or '.join(names))}"),)
    if len(names) == 1:
        fits = _TYPES[names[0]]
        return lambda value: () if fits(value) else misfit
    return lambda value: () if any(_TYPES[name](value) for name in names) else misfit


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: `true` is not 1, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(item, other[key]) for key, item in one.items())
    return bool(one == other)


def _enum(wanted: list[Any], _schema: Any, _checker: _Checker) -> Check:
    misfit = (Misfit((), "enum", "must be one of " + ", ".join(f"`{item}`" for item in wanted)),)
    return lambda value: () if any(equal(value, item) for item in wanted) else misfit


def _const(wanted: Any, _schema: Any, _checker: _Checker) -> Check:
    misfit = (Misfit((), "const", f"must be `{wanted}`"),)
    return lambda value: () if equal(value, wanted) else misfit


def _pattern(wanted: str, _schema: Any, _checker: _Checker) -> Check:
    pattern = _regex(wanted)
    misfit = (Misfit((), "pattern", f"does not have the form `{wanted}`"),)
    return lambda value: misfit if isinstance(value, str) and not pattern.search(value) else ()


@cache
def _regex(pattern: str) -> Pattern[str]:
    return regex(pattern)


def _bound(keyword: str, kind: Callable[[Any], bool], size: Callable[[Any], Any], least: bool, noun: str) -> Rule:
    def rule(wanted: Any, _schema: Any, _checker: _Checker) -> Check:
        word = "at least" if least else "at most"
        misfit = (Misfit((), keyword, f"must {noun} {word} {wanted}"),)
        if least:
            return lambda value: misfit if kind(value) and size(value) < wanted else ()
        return lambda value: misfit if kind(value) and size(value) > wanted else ()

    return rule


def _unique(wanted: bool, _schema: Any, _checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not wanted or not isinstance(value, list):
            return ()
        if all(isinstance(item, str) for item in value):
            repeated = len(set(value)) < len(value)
        else:
            repeated = any(equal(item, other) for at, item in enumerate(value) for other in value[:at])
        return (Misfit((), "uniqueItems", "must not hold a value twice"),) if repeated else ()

    return check


def _required(wanted: list[str], _schema: Any, _checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        return [Misfit((), "required", f"lacks the key `{name}`") for name in wanted if name not in value]

    return check


def _properties(wanted: Mapping[str, Any], _schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        return _all_inside([(name, value[name], wanted[name]) for name in wanted if name in value], checker)

    return check


def _pattern_properties(wanted: Mapping[str, Any], _schema: Any, checker: _Checker) -> Check:
    held = [(_regex(pattern), schema) for pattern, schema in wanted.items()]

    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        return _all_inside(
            [(name, item, schema) for pattern, schema in held for name, item in value.items() if pattern.search(name)],
            checker,
        )

    return check


def _additional(wanted: Any, schema: Any, checker: _Checker) -> Check:
    known = schema.get("properties", {})
    patterns = [_regex(pattern) for pattern in schema.get("patternProperties", {})]

    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        others = [name for name in value if name not in known and not any(pattern.search(name) for pattern in patterns)]
        if wanted is False:
            return [Misfit((name,), "additionalProperties", f"the key `{name}` is not known") for name in others]
        return _all_inside([(name, value[name], wanted) for name in others], checker)

    return check


def _names(wanted: Any, _schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        return [
            Misfit((name,), "propertyNames", f"the key `{name}` does not have the form of a name")
            for name in value
            if checker.check(name, wanted)
        ]

    return check


def _items(wanted: Any, schema: Any, checker: _Checker) -> Check:
    start = len(schema.get("prefixItems", ()))

    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, list):
            return ()
        return _all_inside([(at, value[at], wanted) for at in range(start, len(value))], checker)

    return check


def _prefix_items(wanted: list[Any], _schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, list):
            return ()
        return _all_inside([(at, item, schema) for at, (item, schema) in enumerate(zip(value, wanted))], checker)

    return check


def _all_of(wanted: list[Any], _schema: Any, checker: _Checker) -> Check:
    return lambda value: [one for schema in wanted for one in checker.check(value, schema)]


def _any_of(wanted: list[Any], _schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        return () if any(not checker.check(value, schema) for schema in wanted) else _closest(value, wanted, checker)

    return check


def _one_of(wanted: list[Any], _schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        count = sum([not checker.check(value, schema) for schema in wanted])
        if count > 1:
            return (Misfit((), "oneOf", "has more than one of the forms that exclude each other"),)
        return () if count else _closest(value, wanted, checker, "oneOf")

    return check


def _closest(value: Any, wanted: list[Any], checker: _Checker, keyword: str = "anyOf") -> Sequence[Misfit]:
    """The misfit of the alternative that is entered most deeply: the one that the author most likely meant."""
    tries = [checker.check(value, schema)[0] for schema in wanted]
    deepest = max(tries, key=lambda found: len(found.path), default=None)
    if deepest is None or not deepest.path:
        return (Misfit((), keyword, "has none of the allowed forms"),)
    return (deepest,)


def _not(wanted: Any, _schema: Any, checker: _Checker) -> Check:
    misfit = (Misfit((), "not", "has a form that is not allowed"),)
    return lambda value: () if checker.check(value, wanted) else misfit


def _if(wanted: Any, schema: Any, checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        branch = "else" if checker.check(value, wanted) else "then"
        return checker.check(value, schema[branch]) if branch in schema else ()

    return check


def _dependent_required(wanted: Mapping[str, list[str]], _schema: Any, _checker: _Checker) -> Check:
    def check(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return ()
        return [
            Misfit((), "dependentRequired", f"has `{name}`, so it must have `{other}`")
            for name, others in wanted.items()
            if name in value
            for other in others
            if other not in value
        ]

    return check


_IS_TEXT, _IS_LIST, _IS_RECORD = _TYPES["string"], _TYPES["array"], _TYPES["object"]

_RULES: Mapping[str, Rule] = {
    "$ref": _ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _bound("minLength", _IS_TEXT, len, True, "have a length of"),
    "maxLength": _bound("maxLength", _IS_TEXT, len, False, "have a length of"),
    "minimum": _bound("minimum", _is_number, lambda value: value, True, "be"),
    "maximum": _bound("maximum", _is_number, lambda value: value, False, "be"),
    "minItems": _bound("minItems", _IS_LIST, len, True, "hold a number of items of"),
    "maxItems": _bound("maxItems", _IS_LIST, len, False, "hold a number of items of"),
    "minProperties": _bound("minProperties", _IS_RECORD, len, True, "hold a number of keys of"),
    "maxProperties": _bound("maxProperties", _IS_RECORD, len, False, "hold a number of keys of"),
    "uniqueItems": _unique,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "prefixItems": _prefix_items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "dependentRequired": _dependent_required,
}

#: keywords that say nothing about validity here (`then` and `else` are read by `if`)
_SILENT = frozenset(
    {
        "$schema",
        "$id",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "format",
        "then",
        "else",
    }
)
