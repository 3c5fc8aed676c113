"""What is known of attributes that only the provider can tell: the form of an ARN or an id, by resource type (`schemas/terraform/shapes.json`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, cast

from policyc.data import read_json
from policyc.regex import regex

#: an argument, with what AWS takes where it is not written
_FIELD: Final = regex(r"\{(\w+)(=[^}]*)?\}")
#: what AWS keeps without its scheme, and reads back so
_WITHOUT_SCHEME: Final = frozenset({("aws_iam_openid_connect_provider", "url")})
_KINDS: Final = {"account_id": "account", "arn": "arn", "id": "name", "name": "name", "partition": "partition"}


@cache
def _shapes() -> Mapping[str, Mapping[str, str]]:
    return cast(Mapping[str, Mapping[str, str]], read_json("schemas/terraform/shapes.json"))


def like_of(type: str, attribute: str, text: Callable[[str], str | None]) -> str:
    """A pattern that every value of an attribute fits, empty when nothing is known; `text` gives arguments that are known, an empty text for one that is not, and None
    for one that is not written."""
    pattern = _shapes().get(type, {}).get(attribute, "")
    if "{" not in pattern:
        return pattern

    def field(found: re.Match[str]) -> str:
        written = text(found[1])
        if written is None and found[2] is not None:
            return found[2][1:]
        return as_kept(type, found[1], written or "") or "*"

    return _FIELD.sub(field, pattern).replace("**", "*")


def as_kept(type: str, attribute: str, text: str) -> str:
    """What an attribute reads as that was given as `text`."""
    if attribute == "path":
        return text.removeprefix("/")
    return text.removeprefix("https://") if (type.removeprefix("data."), attribute) in _WITHOUT_SCHEME else text


def kind_of(attribute: str, like: str) -> str:
    """What a hole for an attribute is."""
    if like == "*-*-?":
        return "region"
    return _KINDS.get(attribute, "arn" if attribute.endswith("_arn") else "any")
