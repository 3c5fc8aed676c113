"""Core networks: reading and writing are inverse, whatever the network holds.

Networks are drawn from the types of the normal form themselves, so that a part that it gains is drawn as well. Where a type says less than the
document (which conditions have a key, which matches a number), a maker below says it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from random import Random
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from policyc.diagnostics import Diagnostics
from policyc.ir import network as ir
from policyc.targets.base import Native
from policyc.targets.cloud_wan import TARGET
from policyc.targets.cloud_wan.emit import plain_document, write_document
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source
from tests.property.drawing import cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "1500"))
#: names that meet one another, and texts that are hard to write and to read
WORDS = (*ir.VERSIONS, "a", "b", "fw", "us-east-1", "10.0.0.0/8", "::/0", "blackhole")
TEXTS = (
    "",
    "*",
    " ",
    '"',
    "\\",
    "\\u0041",
    "\n\t\x00\x7f",
    "é",
    "\u2028",
    "\U0001f600",
    "`",
    "/* x */",
    "null",
    "0",
    "-",
)
NUMBERS = (0, 1, 100, 9999, 65535, 4294967295)
COMMUNITIES = ("65000:1", "no-export", "")

Maker = Callable[[Random], Any]


def _word(draw: Random) -> ir.Word:
    return ir.Word(draw.choice(TEXTS if draw.random() < 0.2 else WORDS))


def _number(draw: Random) -> ir.Number:
    return ir.Number(draw.choice(NUMBERS) if draw.random() < 0.5 else draw.randrange(1 << 32))


def _range(draw: Random) -> ir.AsnRange:
    return ir.AsnRange(draw.choice(NUMBERS), draw.choice(NUMBERS))


def _set(draw: Random) -> ir.SegmentSet:
    """A list that is not empty and is not `["*"]`, which reads as every segment, or all but a list that may be empty."""
    names = tuple(_word(draw) for _ in range(draw.choice((0, 1, 1, 2))))
    return ir.SegmentSet(not names or names == (ir.Word("*"),) or draw.random() < 0.5, names)


def _condition(draw: Random) -> ir.AttachCondition:
    kind: ir.ConditionType = draw.choice(ir.CONDITION_TYPES)
    key = _word(draw) if kind.startswith("tag") else None
    if kind in ("any", "tag-exists", "tag-name"):
        return ir.AttachCondition(kind, key)
    return ir.AttachCondition(kind, key, draw.choice(ir.OPERATORS), _word(draw))


def _match(draw: Random) -> ir.RouteMatch:
    kind: ir.MatchType = draw.choice(ir.MATCH_TYPES)
    number = kind in ("asn-in-as-path", "med-equals")
    return ir.RouteMatch(kind, draw.choice(NUMBERS) if number else draw.choice((*WORDS, *TEXTS, *COMMUNITIES)))


def _action(draw: Random) -> ir.RouteAction:
    kind: ir.ActionType = draw.choice(ir.ACTION_TYPES)
    if kind in ("drop", "allow"):
        return ir.RouteAction(kind)
    if kind.endswith("-list"):
        return ir.RouteAction(kind, tuple(draw.choices(NUMBERS, k=draw.choice((1, 2, 3)))))
    number = kind in ("set-med", "set-local-preference")
    return ir.RouteAction(kind, draw.choice(NUMBERS) if number else draw.choice((*WORDS, *TEXTS, *COMMUNITIES)))


MAKERS: dict[Any, Maker] = {
    ir.Word: _word,
    ir.Number: _number,
    ir.AsnRange: _range,
    ir.SegmentSet: _set,
    ir.AttachCondition: _condition,
    ir.RouteMatch: _match,
    ir.RouteAction: _action,
    bool: lambda draw: draw.random() < 0.5,
    NoneType: lambda draw: None,
}


@cache
def maker(kind: Any, least: int = 1) -> Maker:
    """What draws a value of a type; a list has at least `least` items."""
    if kind in MAKERS:
        return MAKERS[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return lambda draw: draw.choice(inner)
    if origin in (Union, UnionType):
        choices = [maker(item) for item in inner]
        return lambda draw: draw.choice(choices)(draw)
    if origin is tuple:
        item = maker(inner[0])
        sizes = (least, least, least, 1, 2)
        return lambda draw: tuple([item(draw) for _ in range(draw.choice(sizes))])
    hints = get_type_hints(kind)
    parts = [maker(hints[part.name], 1 if part.default is MISSING else 0) for part in fields(kind) if part.compare]
    return lambda draw: kind(*[part(draw) for part in parts])


def network_of(draw: Random) -> ir.CoreNetwork:
    found: ir.CoreNetwork = maker(ir.CoreNetwork)(draw)
    return found


@cases(CASES, seeds())
def test_reading_what_was_written_gives_the_same_network(draw: Random) -> None:
    network = network_of(draw)
    text, _ = write_document(network)
    diagnostics = Diagnostics()
    assert TARGET.read(Native(Source("x.json", text), "core-network"), diagnostics) == network, text
    assert not diagnostics.has_errors


@cases(-(-CASES // 20), seeds())
def test_validation_never_breaks(draw: Random) -> None:
    network = network_of(draw)
    diagnostics = Diagnostics()
    assert validate_network(network, diagnostics) is not diagnostics.has_errors
    assert json.loads(write_document(network)[0]) == plain_document(network)


def test_every_part_of_a_document_is_drawn() -> None:
    """Every key and every fixed word that the JSON Schema of the document has."""
    path = Path(__file__).parents[2] / "schemas" / "cloud_wan" / "core_network_policy.schema.json"
    seen: set[str] = set()
    for seed in range(200):
        _spoken(plain_document(network_of(Random(seed))), seen)
    wanted = set(_known(json.loads(path.read_text(encoding="utf-8"))))
    assert len(wanted) > 90 and wanted - seen == {"account"}  # read as `account-id`


def _spoken(value: Any, seen: set[str]) -> None:
    if isinstance(value, dict):
        seen.update(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _spoken(item, seen)
    if isinstance(value, str):
        seen.add(value)


def _known(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        yield from (word for item in schema for word in _known(item))
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (word for word in (*schema.get("enum", ()), schema.get("const")) if isinstance(word, str))
        yield from (word for item in schema.values() for word in _known(item))
