"""Which items of one list another item of it takes in: pairs of what adds nothing and what is there besides, each item once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias, TypeVar

from policyc.engines.proofs.globs import beginning, covers
from policyc.ir.authz import Glob

#: the item that adds nothing, and the one that takes it in, by their numbers
Found: TypeAlias = tuple[int, int]
Block: TypeAlias = IPv4Network | IPv6Network

_T = TypeVar("_T")


def by_equality(items: Sequence[Hashable]) -> Iterator[Found]:
    """Items that are there already."""
    first: dict[Hashable, int] = {}
    for at, item in enumerate(items):
        if item in first:
            yield at, first[item]
        else:
            first[item] = at


def by_test(items: Sequence[_T], takes_in: Callable[[_T, _T], bool]) -> Iterator[Found]:
    """The same for items of which `takes_in(outer, inner)` is asked for each pair; of two alike the later one adds nothing."""
    for at, item in enumerate(items):
        for other, outer in enumerate(items):
            if other != at and takes_in(outer, item) and (other < at or not takes_in(item, outer)):
                yield at, other
                break


def by_patterns(patterns: Sequence[str], *, arn: bool = False) -> Iterator[Found]:
    """The same for patterns of texts, or of ARNs, whose wildcards may stay within a field."""
    same = dict(by_equality(patterns))
    yield from same.items()
    outer = defaultdict[str, list[int]](list)
    for at, pattern in enumerate(patterns):
        if at not in same and ("*" in pattern or "?" in pattern):
            outer[beginning(pattern)].append(at)
    for at, pattern in enumerate(patterns) if outer else ():
        start = beginning(pattern)
        near = (other for end in range(len(start) + 1) for other in outer.get(start[:end], ()))
        found = next((o for o in near if o != at and _wider(patterns[o], pattern, o < at, arn)), None)
        if at not in same and found is not None:
            yield at, found


def by_globs(values: Sequence[Glob], *, arn: bool = False) -> Iterator[Found]:
    """The same for values as a document writes them; one with a policy variable is no pattern, and then only equal ones are seen."""
    patterns = [value.pattern for value in values if value.pattern is not None]
    if len(patterns) < len(values):
        return by_equality([value.text for value in values])
    return by_patterns(patterns, arn=arn)


def _wider(outer: str, inner: str, earlier: bool, arn: bool) -> bool:
    return _covers(outer, inner, arn) and (earlier or not _covers(inner, outer, arn))


def _covers(outer: str, inner: str, arn: bool) -> bool:
    return covers([outer], inner) and (not arn or outer == "*" or covers([outer], inner, arn=True))


def block(text: str) -> Block | None:
    """The block that an address or a block stands for, None for what is neither."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def by_blocks(blocks: Sequence[Block | None]) -> Iterator[Found]:
    """The same for blocks of addresses."""
    at_block: dict[Block, int] = {}
    for at, item in enumerate(blocks):
        if item is not None:
            at_block.setdefault(item, at)
    lengths = {(item.version, item.prefixlen) for item in at_block}
    for at, item in enumerate(blocks):
        if item is None:
            continue
        for length in range(item.prefixlen + 1):
            outer = at_block.get(item.supernet(new_prefix=length)) if (item.version, length) in lengths else None
            if outer is not None and outer != at:
                yield at, outer
                break


def by_limit(numbers: Sequence[float], *, upper: bool) -> Iterator[Found]:
    """The same for limits of which one is enough: the loosest one takes the others in."""
    loosest = numbers.index((max if upper else min)(numbers))
    yield from ((at, loosest) for at in range(len(numbers)) if at != loosest)
