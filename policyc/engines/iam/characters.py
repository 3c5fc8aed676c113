"""The characters that IAM takes in the documents that it stores.

Source: IAM evaluation reference, section 1; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from policyc.engines.iam.findings import Reading
from policyc.holes import without_holes
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Span

_BAD = regex(r"[^\t\n\r\u0020-\u00ff]")


def words_of(tree: JsonValue) -> str:
    """All strings and keys of a document in one, to ask what is in none of them."""
    found: list[str] = []
    work: list[JsonValue] = [tree]
    while work:
        value = work.pop()
        if isinstance(value, JsonObject):
            found += [member.key for member in value.members]
            inner = [member.value for member in value.members]
        elif isinstance(value, JsonArray):
            inner = list(value.items)
        else:
            inner = [value]
        for item in inner:
            if isinstance(item, JsonString):  # most are
                found.append(item.value)
            elif isinstance(item, (JsonObject, JsonArray)):
                work.append(item)
    return "".join(found)


def check_characters(tree: JsonValue, reading: Reading) -> None:
    """Refuse strings and keys with characters above U+00FF or control characters, escaped ones too."""
    work: list[JsonValue] = [tree]
    while work:
        value = work.pop()
        if isinstance(value, JsonString):
            _check(value.value, value.span, reading)
        elif isinstance(value, JsonArray):
            work.extend(value.items)
        elif isinstance(value, JsonObject):
            for member in value.members:
                _check(member.key, member.key_span, reading)
                work.append(member.value)


def _check(text: str, span: Span, reading: Reading) -> None:
    found = None if text.isascii() and text.isprintable() else _BAD.search(without_holes(text))
    if found is not None:
        help = "use characters up to U+00FF, or match the others with `?` or `*` and a Like operator"
        reading.error(
            "unsupported-character", f"the character U+{ord(found[0]):04X} cannot stand in an IAM policy", span, help
        )
