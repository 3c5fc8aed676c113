"""Values as operators see them: numbers, truth values, bytes and addresses read from text; None when they are not.

Source: IAM evaluation reference 8.1.
"""

from __future__ import annotations

from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from policyc.record import record
from policyc.regex import regex

if TYPE_CHECKING:
    from decimal import Decimal

_NUMBER = regex(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_PREFIX = regex(r"[0-9]{1,3}")


class Unknown(Enum):
    """What a request does not tell: `ANY` may be absent or hold anything, `PRESENT` holds something."""

    ANY = "any"
    PRESENT = "present"


Values = tuple[str, ...] | None | Unknown
"""What a request holds for one key: its values (never an empty tuple), None when absent, or not known."""


def parse_number(text: str) -> Decimal | None:
    """An integer or decimal, exactly."""
    if _NUMBER.fullmatch(text) is None:
        return None
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def parse_truth(text: str) -> bool | None:
    """`true` or `false` in any letter case."""
    return {"true": True, "false": False}.get(text.lower())


def parse_bytes(text: str) -> bytes | None:
    """The bytes of base64 text."""
    from base64 import b64decode

    try:
        return b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None


@record
class Network:
    """An address range: `bits` is 32 or 128, `start` the masked address, `shift` the number of host bits."""

    bits: int
    start: int
    shift: int

    def holds(self, address: Network) -> bool:
        """Whether the other range lies inside; ranges of different families never do."""
        if address.bits != self.bits or address.shift > self.shift:
            return False
        return address.start >> self.shift == self.start >> self.shift


def parse_address(text: str) -> Network | None:
    """A bare IPv4 or IPv6 address as a range of one."""
    return parse_network(text, "128") if "/" not in text else None


def parse_network(text: str, bare_ipv6: str = "128") -> Network | None:
    """An address with or without prefix length; host bits after the prefix are dropped."""
    address, slash, length = text.partition("/")
    number = _address(address)
    if number is None:
        return None
    bits, value = number
    if not slash:
        length = "32" if bits == 32 else bare_ipv6
    if _PREFIX.fullmatch(length) is None or int(length) > bits:
        return None
    shift = bits - int(length)
    return Network(bits, value >> shift << shift, shift)


def _address(text: str) -> tuple[int, int] | None:
    try:
        if ":" not in text:
            return 32, int(IPv4Address(text))
        return (128, int(IPv6Address(text))) if "%" not in text else None
    except AddressValueError:
        return None
