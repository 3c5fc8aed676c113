"""Findings about a document in the document's words: help that names a form of the language names the key instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from policyc.diagnostics import Diagnostic


def _override(found: re.Match[str]) -> str:
    edges = ", ".join(f'"{edge.strip()}"' for edge in found[1].split(","))
    return f'`{{"edge-sets": [[{edges}]], "use-edge-location": "{found[2]}"}}`'


_DROP_ALL: Final = 'a rule that drops `0.0.0.0/0` and `::/0`, each by `prefix-equals` and by `prefix-in-cidr` with `"condition-logic": "or"`'
#: words of a rule's own options, in messages and in help
_RULE_WORDS: Final = ((re.compile("`no acceptance` on rule"), '`"require-acceptance": false` on rule'),)
#: forms of the language in help, with what a document has for them
_WORDS: Final = (
    (re.compile("; an attachment with that `id` in a test says that it exists"), ""),
    (re.compile(r"declare it with `\w+`, or under"), "declare it under"),
    (re.compile("add it to `edges`, or to"), "add it to"),
    (re.compile("(?:write|end it with) `otherwise -> drop`"), f"add {_DROP_ALL}"),
    (re.compile(r"`edge \[([^\]`]*)\] use ([^`]*)`"), _override),
    (re.compile("`no acceptance`"), '`"require-attachment-acceptance": false`'),
    (re.compile("`require acceptance`"), '`"require-acceptance": true`'),
    (re.compile("condition on `account`"), "condition of type `account-id`"),
    (re.compile("`send (to|via)`"), r"`send-\1`"),
    (re.compile(r"\(`apply [^`]*`\)"), "(`routing-policy-names`)"),
    (re.compile("`labels`"), "`attachment-routing-policy-rules`"),
    (re.compile("rule to `attach`"), "rule to `attachment-policies`"),
    (re.compile("with `edges`"), "with `edge-locations`"),
    (re.compile("`segment ([^` ]+)`"), r"segment `\1`"),
    (re.compile("`group ([^` ]+)`"), r"function group `\1`"),
    (re.compile("add `isolate` to"), 'add `"isolate-attachments": true` to'),
    (re.compile("without `isolate`"), "without `isolate-attachments`"),
)


def in_document_words(findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings with messages, help and labels for somebody who edits the document."""
    for item in findings:
        labels = tuple(replace(label, message=_translated(label.message, _WORDS)) for label in item.labels)
        message = _translated(_translated(item.message, _RULE_WORDS), _WORDS[8:9])
        yield replace(item, message=message, help=_translated(item.help, _WORDS), labels=labels)


def _translated(text: str, words: Iterable[tuple[re.Pattern[str], object]]) -> str:
    for pattern, said in words:
        text = pattern.sub(said, text)  # type: ignore[call-overload]
    return text
