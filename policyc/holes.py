"""Holes: values that a host file leaves open (a parameter, an attribute of a resource that does not exist yet).

A hole is tracked, never guessed. Inside a document's texts it stands as a mark, its name between two reserved characters, so that
what is known around it (`‹Orders.Arn›/*`) keeps its structure; two marks of one name are one value. A mark may say what every value of its hole looks
like, as a pattern (`????????????` of an account, `arn:*:vpc-lattice:*:*:service/*` of a service's ARN). Policy variables (`${aws:username}`) are no
holes: the request fills those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from re import Match
from typing import Final

from policyc.regex import regex

_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
_LIKE: Final = "\ue002"
#: what a name of a hole has instead of characters that would end or change the string around its mark
_STAND_INS: Final = {ord('"'): "\ue003", ord("\\"): "\ue004", ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}
_MEANT: Final = {0xE003: '"', 0xE004: "\\"}
_RESERVED: Final = regex(f"[{_OPEN}{_CLOSE}{_LIKE}\ue003\ue004]")
MARK: Final = regex(f"{_OPEN}([^{_OPEN}{_CLOSE}{_LIKE}]*)(?:{_LIKE}([^{_OPEN}{_CLOSE}{_LIKE}]*))?{_CLOSE}")
#: the same without groups, as a part of other expressions
WHOLE_MARK: Final = f"{_OPEN}[^{_OPEN}{_CLOSE}]*{_CLOSE}"
_ESCAPED: Final = regex(r"\\ue000(.*?)(?:\\ue002.*?)?\\ue001")
#: what nothing is known of looks like
_ANY: Final = "*"


def mark(name: str, like: str = "") -> str:
    """The text that stands for the hole `name`, which is the host's own expression for it (`Orders.Arn`, `var.team`). `like` is a pattern
    (`*` any run, `?` one character) that all its values fit."""
    shape = f"{_LIKE}{_RESERVED.sub('', like)}" if like else ""
    return f"{_OPEN}{_RESERVED.sub('', name).translate(_STAND_INS)}{shape}{_CLOSE}"


def name_of(found: Match[str]) -> str:
    """The name of the hole whose mark (`MARK`) was found."""
    return found[1].translate(_MEANT)


def has_hole(text: str) -> bool:
    return _OPEN in text


def has_escaped_hole(code: str) -> bool:
    """Whether Cedar text that spells characters beyond ASCII as `\\u{…}` holds a hole."""
    return "\\u{e000}" in code


def is_reserved(text: str) -> bool:
    """Whether a text as people wrote it holds the characters of marks: no carrier reads such a one."""
    return _RESERVED.search(text) is not None


def names_in(text: str) -> tuple[str, ...]:
    """The names of the holes of a text, in order, each once."""
    return tuple(dict.fromkeys(name_of(found) for found in MARK.finditer(text))) if _OPEN in text else ()


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts: a literal part and False, or the name of a hole and True."""
    at = 0
    for found in MARK.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], False
        yield name_of(found), True
        at = found.end()
    if at < len(text):
        yield text[at:], False


def widened(text: str) -> str:
    """The text with what every value of its holes looks like in their places: a pattern that each completion fits."""
    return MARK.sub(lambda found: found[2] or _ANY, text) if _OPEN in text else text


def of_one_thing(text: str) -> str:
    """As `widened`, where what ends the ARN of a thing of a known kind is one name: a bucket's has no `/` and no key behind it."""
    return MARK.sub(lambda found: _of_one(found[2] or _ANY), text) if _OPEN in text else text


def _of_one(like: str) -> str:
    fields = like.split(":", 5)
    return like if len(fields) < 6 else ":".join((*fields[:5], fields[5].replace(_ANY, "x")))


def starred(text: str) -> str:
    """The text with `*` in place of each hole, whatever is known of its values."""
    return MARK.sub("*", text) if _OPEN in text else text


#: letters of a value that stands nowhere by chance
_TELLING: Final = 8


def without_holes(text: str) -> str:
    """What is written of the text itself."""
    return MARK.sub("", text) if _OPEN in text else text


def sampled(text: str) -> str:
    """The text with a plain sample in place of each hole, to look at its form: only what holds for every value may be said of it."""
    if _OPEN not in text:
        return text
    return MARK.sub(lambda found: (found[2] or "x").replace("*", "x").replace("?", "0"), text)


def shown(text: str) -> str:
    """The text for people: `‹Orders.Arn›` for each hole."""
    return MARK.sub(lambda found: f"‹{name_of(found)}›", text) if _OPEN in text else text


def unfilled(text: str, values: Mapping[str, str]) -> str:
    """The text for people, with the names of holes in place of the values that they were filled with."""
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        if len(value) >= _TELLING:
            text = text.replace(value, f"‹{name}›")
        elif value in text:
            # neither a part of a word nor the service of a key: `aws` of a partition is not that of `aws:SourceVpc`
            word = rf"(?<=[:/]){re.escape(value)}(?![\w-])|(?<![\w:/-]){re.escape(value)}(?![\w-]|:[A-Za-z])"
            text = f"‹{name}›".join(re.split(word, text))
    return text


def shown_in_json(text: str) -> str:
    """As `shown`, for JSON whose characters beyond ASCII are escaped."""
    return _ESCAPED.sub(lambda found: f"\\u2039{_meant_in_json(found[1])}\\u203a", text) if "\\ue000" in text else text


def _meant_in_json(name: str) -> str:
    return name.replace("\\ue003", '\\"').replace("\\ue004", "\\\\")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the holes filled whose values are known by name."""
    return MARK.sub(lambda found: values.get(name_of(found), found[0]), text) if _OPEN in text else text
