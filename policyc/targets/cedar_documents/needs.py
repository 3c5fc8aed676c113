"""What a test needs a value to be, so that Cedar can answer it, and what a request has there instead.

`==` and `in [...]` compare values of any kind and need none. Everything else fails on a value of another kind than documented, and
so does the step into a value that is no record. Source: reference: verified-access, 3 (error triggers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address
from typing import Any, Literal, TypeAlias

from policyc.ir.authz import Atom, Op
from policyc.model.types import Named
from policyc.record import record
from policyc.targets.cedar_documents.expression import Path
from policyc.targets.cedar_documents.facts import Fact, fact_of, find_fact, language_name, split_name

Kind: TypeAlias = Literal["record", "list", "text", "number", "address"]

#: How the documentation's kinds are called in messages.
WORDS: Mapping[Kind, str] = {
    "record": "a record",
    "list": "a list",
    "text": "text",
    "number": "a number",
    "address": "a bare address",
}

_MOST_SHOWN = 60


@record
class Need:
    """The value at `path` below `context`, called `name` in the language, has to be of a kind."""

    path: Path
    name: str
    kind: Kind


def needs(atom: Atom, facts: Mapping[str, Fact]) -> Iterator[Need]:
    """What a test needs, in the order in which Cedar asks: each record on the way, then the value itself.

    The records right below `context` are the service's own.
    """
    fact = fact_of(facts, atom.attribute)
    steps = split_name(atom.attribute.name) or ()
    for length in range(2, len(fact.path)):
        yield Need(fact.path[:length], language_name(steps[:length]), "record")
    kind = _kind(atom, fact)
    if kind is not None:
        yield Need(fact.path, atom.attribute.name, kind)


def misfit(atom: Atom, facts: Mapping[str, Fact], context: Mapping[str, Any]) -> tuple[Need, str] | None:
    """The first need that a context does not meet, with words for what it has; None when the test can be answered, as one of
    what this kind of request never has."""
    if find_fact(facts, atom.attribute.name) is None:
        return None
    for need in needs(atom, facts):
        found, value = look(context, need.path)
        if not found or (need.kind == "address" and value in _plain_addresses(atom)):
            return None
        if not fits(value, need.kind):
            return need, shown(value)
    return None


def _kind(atom: Atom, fact: Fact) -> Kind | None:
    if atom.op is Op.EXISTS:
        return None
    if fact.form != "scalar":
        return "list" if fact.form == "set" else "record"
    if atom.attribute.type == Named("ip"):
        return "address" if atom.op is Op.IN_CIDR or len(_plain_addresses(atom)) < len(atom.values) else None
    if atom.op is Op.LIKE:
        return "text"
    return "number" if atom.op in (Op.LT, Op.LE, Op.GT, Op.GE) else None


def _plain_addresses(atom: Atom) -> list[object]:
    """The literals that are compared as text: an IPv4 address has one spelling."""
    if atom.op is not Op.EQ:
        return []
    return [value.value for value in atom.values if isinstance(ip_address(str(value.value)), IPv4Address)]


def look(context: Mapping[str, Any], path: Path) -> tuple[bool, object]:
    """Whether a context has an attribute, and its value."""
    value: object = context
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return False, None
        value = value[step]
    return True, value


def fits(value: object, kind: Kind) -> bool:
    """Whether a value is of a kind."""
    match kind:
        case "record":
            return isinstance(value, Mapping)
        case "list":
            return isinstance(value, list | tuple)
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "address":
            return isinstance(value, str) and _readable(value)


def _readable(text: str) -> bool:
    """Whether Cedar reads the text as an address or a block: an IPv4 address inside an IPv6 one is none to it."""
    address, slash, prefix = text.partition("/")
    try:
        bits = ip_address(address).max_prefixlen
    except ValueError:
        return False
    whole = not slash or prefix in {str(number) for number in range(bits + 1)}
    return whole and "%" not in text and not ("." in address and ":" in address)


def shown(value: object) -> str:
    """A value of another kind than wanted, in words."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"number {value}"
        case str():
            return f'text "{value if len(value) <= _MOST_SHOWN else value[: _MOST_SHOWN - 1] + "…"}"'
        case Mapping():
            return "a record"
        case _:
            return "a list"
