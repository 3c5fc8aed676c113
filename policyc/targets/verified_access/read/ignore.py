"""Comments in Cedar text that silence a finding, with the reason: `// policyc: ignore[rule] why it is meant`.

Behind code a comment covers its line; on a line of its own the statement, or else the line, that follows. Whatever is not certain can be
silenced: warnings and notes, never an error. A comment that silences nothing is itself reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from policyc.data import read_text
from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean
from policyc.record import record
from policyc.syntax.cedar_nodes import Comment, Document
from policyc.targets.verified_access.slips import RULES
from policyc.text import Source, Span

_FORM = re.compile(r"policyc:\s*ignore\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)
_ADDRESSED = re.compile(r"policyc:(?!\s*(trust|claims)\b)")


@record
class _Ignore:
    names: tuple[str, ...]
    covers: Span
    span: Span


def silence(document: Document, source: Source, found: Iterable[Diagnostic], diagnostics: Diagnostics) -> None:
    """Pass on the findings that no comment covers, and report comments that are wrong or cover none."""
    ignores = list(_ignores(document, source, diagnostics))
    used: set[tuple[int, str]] = set()
    certain: set[tuple[int, str]] = set()
    for item in found:
        takers = [
            (place, item.rule)
            for place, one in enumerate(ignores)
            if item.rule in one.names and item.span is not None and one.covers.start <= item.span.start < one.covers.end
        ]
        (certain if item.severity is Severity.ERROR else used).update(takers)
        if not takers or item.severity is Severity.ERROR:
            diagnostics.add(item)
    for place, one in enumerate(ignores):
        for name in one.names:
            if (place, name) in certain:
                diagnostics.warning(
                    "malformed-suppression",
                    f"`{name}` is certain here, and only doubts can be silenced",
                    one.span,
                    "correct the text, and remove the comment",
                )
            elif (place, name) not in used:
                diagnostics.warning(
                    "unused-suppression", f"nothing here is reported as `{name}`", one.span, "remove the comment"
                )


def _known() -> frozenset[str]:
    """The names of all findings in Cedar text."""
    return frozenset(json.loads(read_text("schemas/errors/cedar.json"))) | RULES


def _ignores(document: Document, source: Source, diagnostics: Diagnostics) -> Iterator[_Ignore]:
    for comment in document.comments:
        form = _FORM.fullmatch(comment.text)
        if form is None:
            if _ADDRESSED.match(comment.text):
                diagnostics.error(
                    "malformed-suppression",
                    "this comment speaks to policyc, but says nothing that it understands",
                    comment.span,
                    "write `// policyc: ignore[rule-name] reason`, `// policyc: trust NAME=TYPE` or `// policyc: claims NAME=FILE`",
                )
            continue
        known = _known()
        names = tuple(name.strip() for name in form[1].split(","))
        for name in names:
            if name not in known:
                diagnostics.error(
                    "malformed-suppression",
                    f"nothing in Cedar text is reported as `{name}`",
                    comment.span,
                    did_you_mean(name, known, "write the name that the report gives in brackets"),
                )
        if not form[2].strip():
            diagnostics.error(
                "suppression-without-reason",
                "the suppression gives no reason",
                comment.span,
                "write behind the bracket why the finding is meant",
            )
        yield _Ignore(tuple(name for name in names if name in known), _covered(document, source, comment), comment.span)


def _covered(document: Document, source: Source, comment: Comment) -> Span:
    """The comment's line; for one on a line of its own the statement that begins on the next line of code, else that line."""
    place = source.position(comment.span.start)
    if source.line(place.line)[: place.column - 1].strip():
        return _line(source, place.line)
    number = place.line + 1
    last = len(source.line_starts())
    while number < last and (not source.line(number).strip() or source.line(number).lstrip().startswith("//")):
        number += 1
    for statement in document.statements:
        if source.position(statement.span.start).line == number:
            return statement.span
    return _line(source, number)


def _line(source: Source, number: int) -> Span:
    starts = source.line_starts()
    start = starts[min(number, len(starts)) - 1]
    return source.span(start, start + len(source.line(number)) + 1)
