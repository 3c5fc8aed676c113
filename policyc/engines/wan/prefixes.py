"""Blocks of addresses as integers: parse once, then compare with shifts."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network
from typing import Final, NamedTuple

from policyc.regex import regex

WIDTH = {4: 32, 6: 128}
_OCTET: Final = "(0|[1-9][0-9]{0,2})"
_V4: Final = regex(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}/(0|[1-9][0-9]?)").fullmatch


class Prefix(NamedTuple):
    """A block of addresses: IP version, network address as an integer, mask length in bits."""

    family: int
    bits: int
    length: int

    def __str__(self) -> str:
        return format_prefix(self)

    def covers(self, other: Prefix) -> bool:
        """Whether every address of `other` is in this block (equal blocks cover one another)."""
        if self.family != other.family or self.length > other.length:
            return False
        return (self.bits ^ other.bits) >> (WIDTH[self.family] - self.length) == 0

    def overlaps(self, other: Prefix) -> bool:
        return self.covers(other) or other.covers(self)

    @property
    def first(self) -> int:
        return self.bits

    @property
    def last(self) -> int:
        """The highest address, as an integer."""
        return self.bits | ((1 << (WIDTH[self.family] - self.length)) - 1)


def shorten(prefix: Prefix, length: int) -> Prefix:
    """The block of `length` bits that covers a prefix of at least that length."""
    shift = WIDTH[prefix.family] - length
    return Prefix(prefix.family, prefix.bits >> shift << shift, length)


DEFAULT_V4 = Prefix(4, 0, 0)
DEFAULT_V6 = Prefix(6, 0, 0)


def parse_prefix(text: str) -> Prefix | None:
    """The block that `text` names, bits behind the mask cleared; a bare address is a block of one. None when it is neither.

    Only a decimal mask length counts, without leading zeros (`10.0.0.0/255.0.0.0` and `10.0.0.0/08` are None).
    """
    _, slash, length = text.partition("/")
    if slash and (not (length.isascii() and length.isdigit()) or (length[0] == "0" and length != "0")):
        return None
    found = _plain_v4(text)
    if found is not None:
        return found
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    family = 4 if isinstance(network, IPv4Network) else 6
    return Prefix(family, int(network.network_address), network.prefixlen)


def _plain_v4(text: str) -> Prefix | None:
    """The block of an IPv4 address with a mask length, which is what nearly every text is; None for all others and for what is wrong."""
    found = _address_v4(text)
    if found is None:
        return None
    bits, length = found
    shift = 32 - length
    return Prefix(4, bits >> shift << shift, length)


def _address_v4(text: str) -> tuple[int, int] | None:
    """The address of such a block as it is written, and the mask length."""
    found = _V4(text)
    if found is None:
        return None
    one, two, three, four, length = map(int, found.groups())
    if one > 255 or two > 255 or three > 255 or four > 255 or length > 32:
        return None
    return one << 24 | two << 16 | three << 8 | four, length


def has_host_bits(text: str) -> bool:
    """Whether a block that parses has bits set behind its mask."""
    plain = _address_v4(text)
    if plain is not None:
        return bool(plain[0] & ((1 << 32 - plain[1]) - 1))
    address, _, _ = text.partition("/")
    whole, block = parse_prefix(address), parse_prefix(text)
    return whole is not None and block is not None and whole.bits != block.bits


def format_prefix(prefix: Prefix) -> str:
    """The block as text, such as `10.0.0.0/8`."""
    if prefix.family == 4:
        bits = prefix.bits
        return f"{bits >> 24}.{bits >> 16 & 255}.{bits >> 8 & 255}.{bits & 255}/{prefix.length}"
    from ipaddress import IPv6Address

    return f"{IPv6Address(prefix.bits)}/{prefix.length}"


def count_pieces(blocks: Iterable[Prefix], length: int) -> int:
    """How many blocks of `length` bits the union of `blocks` (one family) holds; smaller blocks count nothing."""
    total = 0
    for block in outermost(blocks):
        if block.length <= length:
            total += 1 << (length - block.length)
    return total


def outermost(blocks: Iterable[Prefix]) -> list[Prefix]:
    """The blocks that no other one covers, in order of address."""
    out: list[Prefix] = []
    for block in sorted(set(blocks), key=lambda item: (item.family, item.bits, item.length)):
        if not out or not out[-1].covers(block):
            out.append(block)
    return out


def fills(whole: Prefix, parts: Iterable[Prefix]) -> bool:
    """Whether the blocks within `whole` leave no address of it uncovered."""
    covered = sum(part.last - part.first + 1 for part in outermost(parts) if whole.covers(part))
    return covered >= whole.last - whole.first + 1
