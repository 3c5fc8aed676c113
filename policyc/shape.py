"""A small, fast check of plain data against JSON Schema (draft 2020-12): the keywords that our own schemas use.

Source: https://json-schema.org/draft/2020-12/json-schema-validation. The jsonschema package stays the reference: it judges every
document before it is written, and a test holds the two equal. This one exists because a `check` of one file
takes less time than importing that package. A schema with a keyword from outside the table is refused with
`UnknownKeyword`, never half checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from policyc.record import record

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


@record
class _Site:
    """Where the check stands: the whole schema (for `$ref`), the schema at hand, and the way to the value."""

    root: Mapping[str, Any]
    schema: Any
    path: Path

    def at(self, schema: Any, *more: str | int) -> _Site:
        return _Site(self.root, schema, (*self.path, *more))


def misfits(value: Any, schema: Mapping[str, Any]) -> list[Misfit]:
    """Every misfit of `value`, in the order of the document; empty when it fits. Raises UnknownKeyword."""
    return list(_check(value, _Site(schema, schema, ())))


def _check(value: Any, site: _Site) -> Iterator[Misfit]:
    schema = site.schema
    if schema is True:
        return
    if schema is False:
        yield Misfit(site.path, "false", "nothing may stand here")
        return
    for keyword, wanted in schema.items():
        rule = _RULES.get(keyword)
        if rule is not None:
            yield from rule(value, wanted, site)
        elif keyword not in _SILENT:
            raise UnknownKeyword(keyword)


def _fits(value: Any, site: _Site) -> bool:
    return next(_check(value, site), None) is None


def _ref(value: Any, wanted: str, site: _Site) -> Iterator[Misfit]:
    if not wanted.startswith("#"):
        raise UnknownKeyword(f"$ref {wanted}")
    found: Any = site.root
    for part in wanted[1:].split("/")[1:]:
        found = found[part.replace("~1", "/").replace("~0", "~")]
    yield from _check(value, site.at(found))


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


def _type(value: Any, wanted: str | list[str], site: _Site) -> Iterator[Misfit]:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(_TYPES[name](value) for name in names):
        yield Misfit(site.path, "type", f"must be {_a(' or '.join(names))}")


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


def _enum(value: Any, wanted: list[Any], site: _Site) -> Iterator[Misfit]:
    if not any(equal(value, item) for item in wanted):
        yield Misfit(site.path, "enum", "must be one of " + ", ".join(f"`{item}`" for item in wanted))


def _const(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    if not equal(value, wanted):
        yield Misfit(site.path, "const", f"must be `{wanted}`")


def _pattern(value: Any, wanted: str, site: _Site) -> Iterator[Misfit]:
    if isinstance(value, str) and not _regex(wanted).search(value):
        yield Misfit(site.path, "pattern", f"does not have the form `{wanted}`")


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _bound(
    keyword: str, kind: Callable[[Any], bool], size: Callable[[Any], Any], least: bool, noun: str
) -> Callable[[Any, Any, _Site], Iterator[Misfit]]:
    def rule(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
        if kind(value) and (size(value) < wanted if least else size(value) > wanted):
            word = "at least" if least else "at most"
            yield Misfit(site.path, keyword, f"must {noun} {word} {wanted}".replace("  ", " "))

    return rule


def _unique(value: Any, wanted: bool, site: _Site) -> Iterator[Misfit]:
    if not wanted or not isinstance(value, list):
        return
    if all(isinstance(item, str) for item in value):
        repeated = len(set(value)) < len(value)
    else:
        repeated = any(equal(item, other) for at, item in enumerate(value) for other in value[:at])
    if repeated:
        yield Misfit(site.path, "uniqueItems", "must not hold a value twice")


def _required(value: Any, wanted: list[str], site: _Site) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for name in wanted:
            if name not in value:
                yield Misfit(site.path, "required", f"lacks the key `{name}`")


def _properties(value: Any, wanted: Mapping[str, Any], site: _Site) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for name, schema in wanted.items():
            if name in value:
                yield from _check(value[name], site.at(schema, name))


def _pattern_properties(value: Any, wanted: Mapping[str, Any], site: _Site) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for pattern, schema in wanted.items():
            for name, item in value.items():
                if _regex(pattern).search(name):
                    yield from _check(item, site.at(schema, name))


def _additional(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    if not isinstance(value, dict):
        return
    known = site.schema.get("properties", {})
    patterns = [_regex(pattern) for pattern in site.schema.get("patternProperties", {})]
    for name, item in value.items():
        if name in known or any(pattern.search(name) for pattern in patterns):
            continue
        if wanted is False:
            yield Misfit((*site.path, name), "additionalProperties", f"the key `{name}` is not known")
        else:
            yield from _check(item, site.at(wanted, name))


def _names(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for name in value:
            if not _fits(name, site.at(wanted)):
                yield Misfit((*site.path, name), "propertyNames", f"the key `{name}` does not have the form of a name")


def _items(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    if isinstance(value, list):
        start = len(site.schema.get("prefixItems", ()))
        for at in range(start, len(value)):
            yield from _check(value[at], site.at(wanted, at))


def _prefix_items(value: Any, wanted: list[Any], site: _Site) -> Iterator[Misfit]:
    if isinstance(value, list):
        for at, (item, schema) in enumerate(zip(value, wanted)):
            yield from _check(item, site.at(schema, at))


def _all_of(value: Any, wanted: list[Any], site: _Site) -> Iterator[Misfit]:
    for schema in wanted:
        yield from _check(value, site.at(schema))


def _any_of(value: Any, wanted: list[Any], site: _Site) -> Iterator[Misfit]:
    if not any(_fits(value, site.at(schema)) for schema in wanted):
        yield _closest(value, wanted, site, "anyOf")


def _one_of(value: Any, wanted: list[Any], site: _Site) -> Iterator[Misfit]:
    count = sum(_fits(value, site.at(schema)) for schema in wanted)
    if count > 1:
        yield Misfit(site.path, "oneOf", "has more than one of the forms that exclude each other")
    elif count == 0:
        yield _closest(value, wanted, site, "oneOf")


def _closest(value: Any, wanted: list[Any], site: _Site, keyword: str) -> Misfit:
    """The misfit of the alternative that is entered most deeply: the one that the author most likely meant."""
    tries = [next(_check(value, site.at(schema))) for schema in wanted]
    deepest = max(tries, key=lambda found: len(found.path), default=None)
    if deepest is None or len(deepest.path) == len(site.path):
        return Misfit(site.path, keyword, "has none of the allowed forms")
    return deepest


def _not(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    if _fits(value, site.at(wanted)):
        yield Misfit(site.path, "not", "has a form that is not allowed")


def _if(value: Any, wanted: Any, site: _Site) -> Iterator[Misfit]:
    branch = "then" if _fits(value, site.at(wanted)) else "else"
    if branch in site.schema:
        yield from _check(value, site.at(site.schema[branch]))


def _dependent_required(value: Any, wanted: Mapping[str, list[str]], site: _Site) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for name, others in wanted.items():
            for other in others if name in value else ():
                if other not in value:
                    yield Misfit(site.path, "dependentRequired", f"has `{name}`, so it must have `{other}`")


_IS_TEXT, _IS_LIST, _IS_RECORD = _TYPES["string"], _TYPES["array"], _TYPES["object"]

_RULES: Mapping[str, Callable[[Any, Any, _Site], Iterator[Misfit]]] = {
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
