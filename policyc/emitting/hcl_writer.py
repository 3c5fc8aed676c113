"""Expressions of Terraform as people write them and `terraform fmt` lays them out.

Source: https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from policyc.emitting.templates import Hole
from policyc.holes import MARK, pieces
from policyc.record import record

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS: Final = frozenset(["for", "if", "in", "true", "false", "null"])
_CONTROL: Final = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SIGNS: Final = re.compile(r"([$%]*)([$%])\{")
_SHORT: Final[Mapping[str, str]] = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@record
class Expression:
    """Code as it stands."""

    text: str


@record
class Encoded:
    """A value that Terraform makes JSON of."""

    value: Any


@record
class Texts:
    """How what is open is called: a name of a parameter -> the expression of its value as a text, `values` as it is."""

    texts: Mapping[str, str]
    values: Mapping[str, str]

    def template(self, text: str) -> str:
        """A text with holes as a template, without quotes and escapes of characters."""
        out: list[str] = []
        for part, open_ in pieces(text):
            if not open_:
                out.append(_signs(part))
                continue
            if out and out[-1].endswith(("$", "%")):  # would take the sign of what is open for an escape
                out[-1], sign = out[-1][:-1], out[-1][-1]
                out.append(f'${{"{sign}"}}')
            out.append(f"${{{self.texts[part]}}}")
        return "".join(out)

    def text(self, text: str) -> str:
        """A text as an expression."""
        whole = MARK.fullmatch(text)
        if whole is not None:
            return self.texts[whole[1]]
        return '"' + "".join(self._piece(part, open_) for part, open_ in _signed(text)) + '"'

    def _piece(self, part: str, open_: bool) -> str:
        if open_:
            return f"${{{self.texts[part]}}}" if part in self.texts else part
        return _CONTROL.sub(_escaped, _signs(part.replace("\\", "\\\\").replace('"', '\\"')))

    def value(self, tree: Any, margin: str) -> str:
        """A value as an expression that begins behind `NAME = ` at a margin."""
        match tree:
            case Expression(text):
                return text
            case Encoded(value):
                return f"jsonencode({self.value(value, margin)})"
            case Hole(name):
                return self.values[name]
            case dict():
                return "{}" if not tree else "{\n" + self.body(tree, margin + "  ") + margin + "}"
            case list():
                return self._list(tree, margin)
            case str():
                return self.text(tree)
            case bool() | None:
                return "null" if tree is None else str(tree).lower()
        return str(tree)

    def _list(self, items: list[Any], margin: str) -> str:
        short = [self.value(item, margin) for item in items if not isinstance(item, dict | list)]
        if len(short) == len(items) and sum(map(len, short)) + len(margin) < 80:
            return f"[{', '.join(short)}]"
        inner = margin + "  "
        return "[\n" + "".join(f"{inner}{self.value(item, inner)},\n" for item in items) + margin + "]"

    def body(self, entries: Mapping[str, Any], margin: str) -> str:
        """The lines of a block or an object; the signs of lines that follow one another stand below one another."""
        lines: list[str] = []
        group: list[tuple[str, str]] = []
        for key, item in entries.items():
            name = key if _NAME.fullmatch(key) and key not in _WORDS else f'"{self._piece(key, False)}"'
            made = self.value(item, margin)
            if made.startswith("<<"):  # its first line stands among the others
                lines += _aligned([*group, (name, made)], margin)
                group = []
            elif "\n" in made:
                lines += _aligned(group, margin)
                group = []
                lines.append(f"{margin}{name} = {made}\n")
            else:
                group.append((name, made))
        return "".join([*lines, *_aligned(group, margin)])


def heredoc(text: str, texts: Texts) -> str:
    """A text of several lines as a heredoc; in quotes where a heredoc cannot have it."""
    body = texts.template(text)
    if not text.endswith("\n") or _CONTROL.search(text.replace("\n", "").replace("\t", "")):
        return texts.text(text)
    word = "CEDAR"
    while any(line.strip() == word for line in body.split("\n")):
        word += "_"
    return f"<<{word}\n{body}{word}"


def _signs(text: str) -> str:
    """A text in which no sign before a brace begins a template: it is doubled, and others before it stand in an expression of their own."""
    return _SIGNS.sub(lambda run: (f'${{"{run[1]}"}}' if run[1] else "") + 2 * run[2] + "{", text)


def _signed(text: str) -> Iterable[tuple[str, bool]]:
    """The parts of a text, with a `$` or `%` before a hole as an expression of its own."""
    parts = list(pieces(text))
    for at, (part, open_) in enumerate(parts):
        if not open_ and part.endswith(("$", "%")) and at + 1 < len(parts):
            yield part[:-1], False
            yield f'${{"{part[-1]}"}}', True
        else:
            yield part, open_


def _aligned(group: list[tuple[str, str]], margin: str) -> list[str]:
    width = max((len(name) for name, _ in group), default=0)
    return [f"{margin}{name:<{width}} = {made}\n" for name, made in group]


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _SHORT.get(found[0]) or (f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}")
