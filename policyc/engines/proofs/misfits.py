"""Values that an attribute never has: what is wrong with one, and what was probably meant.

What a value looks like is data: `shape`, `values` and the type of the attribute in its vocabulary. A repair is offered only when it has
the shape itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyc.engines.iam.values import parse_number
from policyc.engines.proofs.shapes import fits, may_fit
from policyc.engines.proofs.value_tests import number_range
from policyc.model.types import Named, SetOf, shapes
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.regex import regex

ARN = Named("arn")
_QUERY = regex(r"\?[^?*=&/]+=")
_ORIGIN = regex(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_SESSION = regex(r"(arn:[^:]*):sts::([^:]*):assumed-role/([^/]+)(/.*)?", re.DOTALL)


@record
class Misfit:
    """`says` tells in words what the values look like; `repair` is a text that fits, empty when none is near."""

    says: str
    repair: str


def misfit(attribute: Attribute, text: str, *, wild: bool = False, fold: bool = False) -> Misfit | None:
    """Why no request has this value, or None when one may.

    With `wild`, `text` is a pattern of the language (`*`, `?`, `\\*` literal); with `fold`, letter case does not count.
    """
    looks = _looks(attribute)
    if looks is None:
        return None
    shape, says = looks
    arn = attribute.type == ARN

    def takes(item: str) -> bool:
        return may_fit(shape, item, arn) if wild else fits(shape, item)

    if not wild and not holds_query(text) and ("*" in text or "?" in text) and may_fit(shape, text, arn):
        return None  # the operator is wrong rather than the value, see the rule `wildcard-without-like`
    # Letter case counts for nothing, so the text stands for all its spellings; these three are those that shapes ask for.
    spellings = {text, text.lower(), text.upper(), text.capitalize()} if fold else {text}
    if any(map(takes, spellings)):
        return None
    repair = next(filter(takes, (*_repairs(text, wild), *_named(attribute, text))), "")
    return Misfit(says, repair)


def number_misfit(attribute: Attribute, text: str) -> Misfit | None:
    """Why no request has this number, or None when one may: a fraction where whole numbers are counted, or one out of range."""
    low, high = number_range(attribute)
    if low is None or high is None:
        return None
    number = parse_number(text)
    if number is None:
        return None  # told as a value of the wrong type
    if low <= number <= high and number == number.to_integral_value():
        return None
    return Misfit(f"a whole number from {low} to {high}" if attribute.minimum is None else f"from {low} to {high}", "")


def holds_query(text: str) -> bool:
    """Whether a text reads like a path with a query string."""
    return _QUERY.search(text) is not None


def _looks(attribute: Attribute) -> tuple[str, str] | None:
    """The shape of an attribute's values, and the same in words; None when anything goes."""
    if attribute.shape:
        return attribute.shape, attribute.says
    if attribute.values:
        return "|".join(map(_escaped, attribute.values)), attribute.says or "one of " + ", ".join(
            f"`{item}`" for item in attribute.values
        )
    kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
    if not isinstance(kind, Named) or kind.name not in shapes():
        return None
    shape = shapes()[kind.name]
    if shape.base == "int":
        return "-?[0-9]+", attribute.says or f"{shape.doc}, such as `{shape.example}`"
    if kind.name == "bool":
        return "true|false", "`true` or `false`"
    return (shape.pattern, attribute.says or f"{shape.doc}, such as `{shape.example}`") if shape.pattern else None


def _named(attribute: Attribute, text: str) -> list[str]:
    """The closest of the values that are listed."""
    from difflib import get_close_matches  # is needed for mistakes only

    return get_close_matches(text, attribute.values, 1)


def _escaped(text: str) -> str:
    return re.sub(r"([^A-Za-z0-9_ :/-])", r"\\\1", text)


def _repairs(text: str, wild: bool) -> Iterator[str]:
    """What the author may have meant, likeliest first."""
    end = "*" if wild else ""
    yield text.upper()
    yield text.lower()
    yield text.capitalize()
    yield text.strip()
    yield re.sub(r"^\\?\?", "", text)
    origin = _ORIGIN.match(text)
    if origin is not None:
        rest = text[origin.end() :]
        yield rest or ("/*" if wild and text.endswith("*") else "/")
        yield re.split(r"\\?[?#]", rest)[0] or "/"
    yield f"/{text}"
    path = re.split(r"\\?[?#]", text)[0]
    yield path
    yield f"/{path}"
    yield f"{text.rstrip('/')}/{end}"
    session = _SESSION.fullmatch(text)
    if session is not None:
        yield f"{session[1]}:iam::{session[2]}:role/{session[3]}"
