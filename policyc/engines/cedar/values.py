"""Values that an open attribute can have, one for each way in which the tests of a text tell values apart.

Of whole numbers those at, below and above every limit; of texts one for each combination of patterns; of addresses one between any two
edges of blocks; of lists each element that a test names, in it or not. An attribute whose kind is not documented is taken to have
a value of any kind that a test needs or compares with, and one of a kind that every test fails on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice, pairwise
from typing import Literal, TypeAlias

from policyc.engines.cedar.predicates import Kind, OfList, OfValue, Path, Scalar
from policyc.engines.cedar.texts import telling_texts
from policyc.record import record

_LONG = 2**63
_SPECIAL = ("127.0.0.0/8", "::1/128", "224.0.0.0/4", "ff00::/8")
_MOST_POINTS = 600
_PLAIN: tuple[Kind, ...] = ("text", "number", "bool", "list")


@record
class Documented:
    """What is documented of an attribute: the kinds that its value may have, and whether its record always has it; every text that it
    may be (empty: any), and the range of its numbers."""

    kinds: frozenset[Kind]
    always: bool = False
    values: tuple[str, ...] = ()
    range: tuple[int, int] | None = None


#: What is documented of the attribute at a path; None for nothing.
About: TypeAlias = Callable[[Path], "Documented | None"]


@record
class Choice:
    """One of the ways that an attribute can be: not there, a record, a list (what is in them is asked apart), or one value."""

    how: Literal["absent", "record", "list", "value"]
    value: Scalar = ""


ABSENT, RECORD, LIST = Choice("absent"), Choice("record"), Choice("list")


@record
class Ways:
    """Every way that an attribute can be. `loose` tells that its texts are samples: a pattern or an address may come out either way on
    other texts."""

    choices: tuple[Choice, ...]
    loose: bool = False


def ways(
    tests: Sequence[OfValue | OfList], *, inner: bool, optional: bool, documented: Documented | None, root: bool = False
) -> Ways | None:
    """The ways of an attribute under the tests of it; `inner` when others ask what it holds, `root` for one right below
    the context, whose kind the tests alone tell. None when there are too many."""
    values = [test for test in tests if isinstance(test, OfValue)]
    points = [point for test in values if test.kind is None for point in test.points]
    if len(points) > _MOST_POINTS:
        return None
    kinds = _kinds(tests, points, inner, root, documented)
    choices: list[Choice] = [ABSENT] if optional else []
    choices += [RECORD] if "record" in kinds else []
    choices += [LIST] if "list" in kinds else []
    choices += [Choice("value", flag) for flag in (True, False) if "bool" in kinds]
    if "number" in kinds:
        choices += [
            Choice("value", number) for number in _numbers(values, None if documented is None else documented.range)
        ]
    if documented is not None and documented.values and "text" in kinds:
        return Ways((*choices, *(Choice("value", text) for text in documented.values)))
    free = documented is None or "text" in documented.kinds
    texts, loose = _texts(values, [point for point in points if isinstance(point, str)], kinds, free)
    choices += [Choice("value", text) for text in texts]
    return Ways(tuple(choices), loose)


def _kinds(
    tests: Sequence[OfValue | OfList], points: Sequence[Scalar], inner: bool, root: bool, documented: Documented | None
) -> frozenset[Kind]:
    needed: set[Kind] = {"record"} if inner else set()
    for test in tests:
        if isinstance(test, OfList):
            needed.add("list")
        elif test.kind is not None:
            needed.add(test.kind)
    if documented is not None:
        return documented.kinds
    # nothing but equality: a value of any other kind is as unequal as another text
    compared: set[Kind] = {kind_of(point) for point in points if not (isinstance(point, str) and "address" in needed)}
    strange = next((kind for kind in _PLAIN if kind not in needed), None)
    return frozenset(needed | compared | ({strange} if strange is not None and not (root and needed) else set()))


def kind_of(value: Scalar) -> Kind:
    """The kind of a plain value."""
    return "bool" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"


def unlike(texts: Iterable[object]) -> str:
    """A text that none of `texts` is."""
    taken = set(texts)
    return next(text for text in ("example", *("x" * count for count in range(1, len(taken) + 2))) if text not in taken)


def _numbers(tests: Iterable[OfValue], documented: tuple[int, int] | None) -> list[int]:
    """Limits and compared numbers with their neighbours, which stand for all between, as far as the documented range goes."""
    low, high = documented or (-_LONG, _LONG - 1)
    limits = {point for test in tests for point in test.points if type(point) is int}
    near = {limit + step for limit in limits for step in (-1, 0, 1)} | {min(max(0, low), high)}
    ends = {low, high} if documented is not None else set()
    return sorted(number for number in near | ends if low <= number <= high)


def _texts(
    tests: Sequence[OfValue], points: Sequence[str], kinds: frozenset[Kind], free: bool
) -> tuple[list[str], bool]:
    """The texts, and whether they are samples only; `free` ones may be blocks of addresses where nobody documents an address."""
    patterns = list(dict.fromkeys(test.pattern for test in tests if test.pattern is not None))
    asked = any(test.kind == "address" for test in tests)
    out: list[str] = []
    loose = False
    if "text" in kinds:
        found = telling_texts(patterns, points)
        loose = found is None or bool(asked and patterns)
        out += found if found is not None else [*points, unlike(points)]
    if "address" in kinds or ("text" in kinds and asked):
        loose = loose or bool(patterns)
        named = set(points)
        out += [point for point in points if _address(point) is not None]
        blocks = [block for test in tests for block in test.blocks]
        out += _addresses(blocks, named)
        out += _blocks([*blocks, *points], named) if free else ()
    return list(dict.fromkeys(out)), loose


def _addresses(blocks: Iterable[str], named: set[str]) -> Iterator[str]:
    """An address of each family between any two edges, spelled as none of `named`."""
    networks = [found for text in (*blocks, *_SPECIAL) if (found := _network(text)) is not None]
    for family, bits in ((IPv4Address, 32), (IPv6Address, 128)):
        edges = {0, 2**bits}
        for network in networks:
            if isinstance(network.network_address, family):
                edges |= {int(network.network_address), int(network.broadcast_address) + 1}
        ordered = sorted(edges)
        for start, stop in pairwise(ordered):
            numbers = range(start, min(stop, start + len(named) + 1))
            free = (text for number in numbers for text in _spellings(family(number)) if text not in named)
            yield from list(islice(free, 1))


def _blocks(texts: Iterable[str], named: set[str]) -> Iterator[str]:
    """Blocks of addresses, which `ip` reads as well: each that is compared, which its halves do not hold one by one, by its own address and by another
    one in it, and one of every address. A block of one address is equal to that, and another text."""
    read = [(text, found) for text in (*texts, *_SPECIAL, "0.0.0.0/0", "::/0") if (found := _network(text)) is not None]
    for text, network in read:
        ends = (network.network_address, network.broadcast_address)
        for spelled in (text if "/" in text else "", *(f"{end}/{network.prefixlen}" for end in ends)):
            if spelled and spelled not in named:
                yield spelled


def _spellings(address: IPv4Address | IPv6Address) -> tuple[str, ...]:
    """An IPv4 address has one spelling, an IPv6 address many."""
    return (str(address), address.exploded, address.exploded.upper())


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
