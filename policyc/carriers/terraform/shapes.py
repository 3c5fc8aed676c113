"""What is known of attributes that only the provider can tell: the form of an ARN or an id, by resource type (`schemas/terraform/shapes.json`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, cast

from policyc.data import read_json
from policyc.regex import regex

_FIELD: Final = regex(r"\{(\w+)\}")
#: what AWS keeps without its scheme, and reads back so
_WITHOUT_SCHEME: Final = frozenset({("aws_iam_openid_connect_provider", "url")})
_KINDS: Final = {"account_id": "account", "arn": "arn", "id": "name", "name": "name", "partition": "partition"}


@cache
def _shapes() -> Mapping[str, Mapping[str, str]]:
    return cast(Mapping[str, Mapping[str, str]], read_json("schemas/terraform/shapes.json"))


def like_of(type: str, attribute: str, text: Callable[[str], str]) -> str:
    """A pattern that every value of an attribute fits, empty when nothing is known; `text` gives arguments that are known."""
    pattern = _shapes().get(type, {}).get(attribute, "")
    if "{" not in pattern:
        return pattern
    return _FIELD.sub(lambda found: as_kept(type, found[1], text(found[1])) or "*", pattern)


def as_kept(type: str, attribute: str, text: str) -> str:
    """What an attribute reads as that was given as `text`."""
    return text.removeprefix("https://") if (type.removeprefix("data."), attribute) in _WITHOUT_SCHEME else text


def kind_of(attribute: str, like: str) -> str:
    """What a hole for an attribute is."""
    if like == "*-*-?":
        return "region"
    return _KINDS.get(attribute, "arn" if attribute.endswith("_arn") else "any")
