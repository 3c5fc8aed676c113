"""What the keys of one request become at the hops of a chain, found by sending marked values along it.

A key that arrives with its value is the same at both ends; one that the chain sets has that value; one that is lost is absent; of all
others nothing is known, so that each may be anything. That never lets too little through.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from policyc.analysis.conditions import folded
from policyc.ir.authz import Atom, Cond, RawTest
from policyc.ir.conditions import rebuilt
from policyc.model.values import Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record, replace
from policyc.targets.base import Request
from policyc.targets.object_lambda.context import Context

_MARK: Final = "marked"
#: keys that depend on more than themselves behind the first hop
_LOOSE: Final = frozenset(
    {
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:referer",
        "aws:useragent",
    }
)
#: what one hop sees of a request
View = Callable[[Request], Context]


@record
class Fate:
    """What a key is at a hop: `shared` with the request, the one `value` that it has, or absent; else nothing is known of it."""

    shared: bool = False
    value: str | None = None
    absent: bool = False


def fate_of(attribute: Attribute, hop: str, view: View, resource: Resource) -> Fate:
    """What becomes of a key at a hop."""
    key = attribute.native.lower()
    if hop and key in _LOOSE:
        return Fate()
    plain = view(Request(resource, None, None, None))
    marked = view(Request(resource, None, None, None, {attribute.name: (_MARK,)}, {attribute.name: attribute}))
    if marked.values.get(key) == (_MARK,):
        return Fate(shared=True)
    if key in plain.values:
        values = plain.values[key]
        return Fate(value=values[0]) if len(values) == 1 else Fate() if values else Fate(absent=True)
    if key in plain.unknown:
        return Fate()
    return Fate(absent=True) if key.startswith(plain.lacking) else Fate(shared=not hop)


def name_at(key: str, hop: str, fate: Fate) -> str:
    """The name of a key as it is at one hop alone: another one for each value that chains set, since two may be looked at together."""
    told = "" if fate.value is None else f"={zlib.crc32(fate.value.encode()):x}"
    return f"{key}@{hop}{told}{'!' if fate.absent else ''}"


def renamed(attribute: Attribute, hop: str, fate: Fate) -> Attribute:
    """A key as it is at one hop alone."""
    return replace(attribute, native=name_at(attribute.native, hop, fate), presence="optional")


def at_hop(cond: Cond, hop: str, fates: Mapping[str, Fate], kept: Callable[[str], bool]) -> Cond:
    """A condition with every key that is not shared called by what it is at the hop."""

    def leaf(node: Cond) -> Cond:
        if not isinstance(node, Atom | RawTest):
            return node
        key = folded(node.attribute.native)
        if kept(key) or fates[key].shared:
            return node
        return replace(node, attribute=renamed(node.attribute, hop, fates[key]), spelling=None)

    return rebuilt(cond, leaf)
