"""Characters that make a text read differently from what it is: those that nobody sees, and letters that pass for others.

Source: Unicode Technical Standard 55 (Unicode source code handling), sections 3 and 4: bidirectional formatting, default-ignorable
characters, and words that mix scripts (the "highly restrictive" profile of UTS 39: Latin may stand with the scripts of
Chinese, Japanese and Korean, and with no other).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import name as name_of

from policyc.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Severity
from policyc.regex import regex
from policyc.text import Source

#: for a character class: controls, marks that reorder text, and characters without a shape
HIDDEN: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: joiners and variation selectors shape the letter or picture before them, and do nothing but hide behind an ASCII character
_IDLE: Final = r"(?:(?<=[\x00-\x7f])|\A)[\u200c\u200d\ufe00-\ufe0f]"
_UNSEEN: Final = regex(f"[{HIDDEN}]+|{_IDLE}")
_WORD: Final = regex(r"\w+")
_TOGETHER: Final = ({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}, {"LATIN", "HAN", "BOPOMOFO"}, {"LATIN", "HAN", "HANGUL"})
_HAN: Final = ("CJK", "KANGXI", "IDEOGRAPHIC")
#: first words of names that are no script: marks and digits go with any
_COMMON: Final = frozenset(
    {"COMBINING", "MODIFIER", "DIGIT", "SUPERSCRIPT", "SUBSCRIPT", "MASCULINE", "FEMININE", "MICRO"}
)


def unseen(text: str) -> Iterator[tuple[int, int]]:
    """Where characters stand that nobody sees, as offsets; a byte order mark at the start is none."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        return
    for found in _UNSEEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        yield found.span()


def mixed_words(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Words with letters of scripts that do not go together: offsets and the scripts, the usual one first."""
    if text.isascii():
        return
    for found in _WORD.finditer(text):
        word = found.group()
        if word.isascii():
            continue
        scripts = dict.fromkeys(script for char in word if (script := _script(char)))
        if len(scripts) > 1 and not any(set(scripts) <= group for group in _TOGETHER):
            yield found.start(), found.end(), tuple(sorted(scripts, key=lambda script: script != "LATIN"))


def mixed_message(word: str, scripts: tuple[str, ...]) -> tuple[str, str]:
    """What to say of a word with letters of several scripts, and what to do."""
    shown = " and ".join(script.title() for script in scripts)
    return f"`{word}` mixes {shown} letters", "write it with the letters of one script, if the others only look alike"


def character_name(char: str) -> str:
    """`character U+202E (right-to-left override)`."""
    known = name_of(char, "")
    return f"character U+{ord(char):04X}" + (f" ({known.lower()})" if known else "")


def check_characters(source: Source, diagnostics: Diagnostics) -> None:
    """Report both in a text whose grammar lets them through: comments, JSON, Cedar, YAML."""
    for start, end in unseen(source.text):
        diagnostics.warning(
            "hidden-character",
            f"{character_name(source.text[start])} cannot be seen, and what is here may not be what it looks like",
            source.span(start, end),
            "remove it, or write it as an escape where it is meant",
            fix=Fix("remove it", (Edit(source.span(start, end), ""),)),
        )
    for start, end, scripts in mixed_words(source.text):
        message, help = mixed_message(source.text[start:end], scripts)
        diagnostics.add(Diagnostic("mixed-scripts", message, source.span(start, end), help, Severity.INFO))


def _script(char: str) -> str:
    """The script of a letter by the first word of its name; empty for what goes with every script."""
    if not char.isalpha():
        return ""
    if char.isascii():
        return "LATIN"
    first = name_of(char, "").partition(" ")[0].partition("-")[0]
    if first in _COMMON:
        return ""
    return "HAN" if first in _HAN else first
