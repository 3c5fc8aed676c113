"""Policies in the code fences of Markdown, where somebody asks for them.

Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

from __future__ import annotations

import re
from typing import Final

from policyc.carriers.embedded import Carried, Embedded, Options, Piece, PlacedText, Unreadable
from policyc.carriers.signs import EFFECT, POLICY
from policyc.diagnostics import Diagnostics
from policyc.regex import regex
from policyc.syntax.json_text import JsonObject, parse_json
from policyc.text import Source

_FENCE: Final = regex(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<word>[\w+-]*)[^\n]*\n(?P<body>.*?)^ {0,3}(?P=fence)",
    re.MULTILINE | re.DOTALL,
)
_STATEMENTS: Final = regex(r'"Statement"\s*:')
#: what the statements of a data protection policy name, which has another language
_DATA: Final = '"DataIdentifier"'
#: a template, or an answer of AWS: its policies are read from a file of its own
_FURTHER_IN: Final = "further-in"
#: fences of what holds policies in files of its own: templates, manifests, Terraform
_HOSTS: Final = frozenset({"yaml", "yml", "hcl", "terraform", "tf"})
_CEDAR: Final = regex(r"\b(?:permit|forbid)\s*\(\s*principal")


def recognize(name: str, raw: bytes) -> bool:
    """Prose with a fence that may hold a policy."""
    return b'"Statement"' in raw or b"core-network-configuration" in raw or b"principal" in raw


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents that stand whole in a fence."""
    out, unread = [], []
    for number, found in enumerate(_FENCE.finditer(source.text), 1):
        kind = _kind(found["word"].lower(), found["body"])
        if kind is None or not options.fences:
            continue
        start, end = found.span("body")
        span = source.span(start, end)
        if kind == _FURTHER_IN:
            unread.append(
                Unreadable(f"fence {number}", found["word"], span, "the policy stands inside another document")
            )
            continue
        text = PlacedText(found["body"], (Piece(0, span, True),), span)
        out.append(Embedded(kind, f"fence {number}", found["word"], span, text))
    return Carried(tuple(out), unreadable=tuple(unread))


def _kind(word: str, body: str) -> str | None:
    """The kind of a fence's document, empty to tell it by its shape; None for a fence that holds none."""
    if word in ("json", "json5", "jsonc", "") and body.lstrip().startswith("{"):
        if "core-network-configuration" in body:
            return "core-network"
        return _of_json(body) if _STATEMENTS.search(body) else None
    if word in _HOSTS and POLICY.search(body.encode()):
        return _FURTHER_IN
    return "cedar" if word in ("cedar", "") and _CEDAR.search(body) else None


def _of_json(body: str) -> str | None:
    """The same of JSON with a `Statement` somewhere; what cannot be read is a policy with a mistake."""
    tree = parse_json(Source("fence", body), Diagnostics())
    if not isinstance(tree, JsonObject) or tree.get("Statement") is not None:
        return None if _DATA in body else ""
    return _FURTHER_IN if EFFECT.search(body) else None
