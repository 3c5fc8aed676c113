"""The characters that IAM takes in the documents that it stores.

Source: IAM evaluation reference, section 1; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import re

from policyc.engines.iam.findings import Reading
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Span

_BAD = re.compile(r"[^\t\n\r\u0020-\u00ff]")


def check_characters(tree: JsonValue, reading: Reading) -> None:
    """Refuse strings and keys with characters above U+00FF or control characters, escaped ones too."""
    work: list[JsonValue] = [tree]
    while work:
        value = work.pop()
        match value:
            case JsonString(text, span):
                _check(text, span, reading)
            case JsonArray(items):
                work.extend(items)
            case JsonObject(members):
                for member in members:
                    _check(member.key, member.key_span, reading)
                    work.append(member.value)
            case _:
                pass


def _check(text: str, span: Span, reading: Reading) -> None:
    found = _BAD.search(text)
    if found is not None:
        help = "use characters up to U+00FF, or match the others with `?` or `*` and a Like operator"
        reading.error(
            "unsupported-character", f"the character U+{ord(found[0]):04X} cannot stand in an IAM policy", span, help
        )
