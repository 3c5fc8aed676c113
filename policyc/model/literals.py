"""Does a piece of text or a number fit a named type? Shape checks, one function per built-in check."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Network, IPv6Network, ip_address, ip_network

from policyc.diagnostics import write_instead
from policyc.model.placeholders import RENDER, is_template
from policyc.model.types import Shape
from policyc.regex import regex

_ARN = regex(r"arn:[a-z0-9*?-]+:[a-z0-9-]+:[a-z0-9*?-]*:([0-9]{12}|aws|[*?]+)?:\S.*")
_DATE = regex(r"(\d{4})(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?")
_EPOCH = regex(r"-?\d{1,12}")
_DECIMAL = regex(r"-?\d{1,30}(\.\d{1,30})?")


def misfit(shape: Shape, text: str) -> tuple[str, str] | None:
    """Why `text` is no value of the type: (what is wrong, what to do), or None when it fits."""
    found = _misfit(shape, text)
    return (found[0], RENDER) if found is not None and is_template(text) else found


def _misfit(shape: Shape, text: str) -> tuple[str, str] | None:
    example = f"write it like `{shape.example}`"
    if shape.values and text not in shape.values:
        return f"`{text}` is none of the allowed values", "use one of " + ", ".join(f"`{v}`" for v in shape.values)
    if shape.pattern and re.fullmatch(shape.pattern, text) is None:
        return f"`{text}` is not {_article(shape.doc)}", example
    match shape.check:
        case "ip":
            return _misfit_ip(text, example)
        case "cidr":
            return _misfit_cidr(text, example)
        case "datetime":
            fits = _DATE.fullmatch(text) or _EPOCH.fullmatch(text)
            return None if fits and _real_date(text) else (f"`{text}` is not a date or a moment", example)
        case "decimal":
            return None if _DECIMAL.fullmatch(text) else (f"`{text}` is not a decimal number", example)
        case "arn":
            return None if _ARN.fullmatch(text) else (f"`{text}` is not an ARN of six parts", example)
        case _:
            return None


def _article(doc: str) -> str:
    return doc if doc.startswith(("a ", "an ", "one ", "any ", "the ")) else f"a {doc}"


def _misfit_ip(text: str, example: str) -> tuple[str, str] | None:
    try:
        ip_address(text)
    except (AddressValueError, ValueError):
        if "/" in text:
            return f"`{text}` is a block of addresses, not one address", "use type `cidr`, or drop the mask"
        return f"`{text}` is not an IP address", example
    return None


def _misfit_cidr(text: str, example: str) -> tuple[str, str] | None:
    if "/" not in text:
        return f"`{text}` has no mask", f"write `{text}/32` for one IPv4 address, or {example}"
    try:
        network: IPv4Network | IPv6Network = ip_network(text, strict=False)
    except ValueError:
        return f"`{text}` is not a block of addresses", example
    if not text.rsplit("/", 1)[1].isdigit():
        return f"`{text}` has no prefix length", write_instead(text, str(network))
    return None if (block := without_host_bits(text)) is None else (host_bits(text), write_instead(text, block))


def host_bits(text: str) -> str:
    """How a block of addresses with bits behind its mask is told, of every kind of text."""
    return f"`{text}` has bits set behind its mask"


def without_host_bits(text: str) -> str | None:
    """The block that a text means which has bits set behind its mask; None for every other text."""
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()):
        return None
    try:
        network: IPv4Network | IPv6Network = ip_network(text, strict=False)
        return str(network) if ip_address(address) != network.network_address else None
    except ValueError:
        return None


def _real_date(text: str) -> bool:
    """Whether the month, the day and the clock exist (`2026-02-30` does not)."""
    match = _DATE.fullmatch(text)
    if match is None or _EPOCH.fullmatch(text):
        return True
    from datetime import datetime

    date, _, clock = text.partition("T")
    parts = date.split("-")
    try:
        datetime(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1)
    except ValueError:
        return False
    if clock:
        hours, minutes, *rest = re.split(r"[:.Z+-]", clock)
        seconds = rest[0] if rest and clock.count(":") >= 2 else "0"
        return int(hours) <= 24 and int(minutes) < 60 and int(seconds or 0) <= 60
    return True
