"""Policies in the code fences of Markdown, where somebody asks for them.

Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

from __future__ import annotations

import re
from typing import Final

from policyc.carriers.embedded import Carried, Embedded, Options, Piece, PlacedText
from policyc.diagnostics import Diagnostics
from policyc.regex import regex
from policyc.text import Source

_FENCE: Final = regex(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<word>[\w+-]*)[^\n]*\n(?P<body>.*?)^ {0,3}(?P=fence)",
    re.MULTILINE | re.DOTALL,
)
_STATEMENTS: Final = regex(r'"Statement"\s*:')
_CEDAR: Final = regex(r"\b(?:permit|forbid)\s*\(\s*principal")


def recognize(name: str, raw: bytes) -> bool:
    """Prose with a fence that may hold a policy."""
    return b'"Statement"' in raw or b"core-network-configuration" in raw or b"principal" in raw


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents that stand whole in a fence."""
    out = []
    for number, found in enumerate(_FENCE.finditer(source.text), 1):
        kind = _kind(found["word"].lower(), found["body"])
        if kind is None or not options.fences:
            continue
        start, end = found.span("body")
        span = source.span(start, end)
        text = PlacedText(found["body"], (Piece(0, span, True),), span)
        out.append(Embedded(kind, f"fence {number}", found["word"], span, text))
    return Carried(tuple(out))


def _kind(word: str, body: str) -> str | None:
    """The kind of a fence's document, empty to tell it by its shape; None for a fence that holds none."""
    if word in ("json", "json5", "jsonc", "") and body.lstrip().startswith("{"):
        if "core-network-configuration" in body:
            return "core-network"
        return "" if _STATEMENTS.search(body) else None
    return "cedar" if word in ("cedar", "") and _CEDAR.search(body) else None
