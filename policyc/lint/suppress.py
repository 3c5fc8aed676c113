"""Suppression comments: a person's word that a finding is meant, with the reason. One grammar for every text that can hold comments.

`// policyc: ignore[rule] reason` (with `#` where a text's comments begin so) covers its line when it stands behind code, and the construct
that follows when it stands on a line of its own; `// policyc: ignore-file[rule] reason` above the first construct covers the text. Whatever is
not certain goes away: findings of lint rules, and warnings and notes of readers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.data import data_root, read_json
from policyc.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity
from policyc.lint.renamed import no_such_rule
from policyc.record import field, record
from policyc.regex import regex
from policyc.text import Source, Span

_ADDRESSED: Final = regex(r"(?://+|#+)\s*policyc\s*:\s*(.*)", re.DOTALL)
_FORM: Final = regex(r"(ignore|ignore-file)\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)


@record
class Commented:
    """A text with the places of its comments (marker included) in their order, and of the constructs that a comment may stand above,
    outer ones first; `first` is where the first one begins that a comment on the whole text has to stand above. `known` are the names of
    what is reported in such a text; a comment whose first word is in `others` speaks of something else (`trust`). `marker` begins a
    comment."""

    source: Source
    comments: tuple[Span, ...]
    constructs: tuple[Span, ...]
    first: int | None
    known: Collection[str]
    others: frozenset[str] = frozenset()
    marker: str = "//"

    def text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]


@record(frozen=False)
class Suppression:
    """One comment. It covers findings that start in `covers`; `used` collects the names that covered any, `certain` those of findings
    that cannot go away."""

    names: tuple[tuple[str, Span], ...]
    covers: Span
    span: Span
    used: set[str] = field(default_factory=set)
    certain: set[str] = field(default_factory=set)

    def takes(self, item: Diagnostic) -> bool:
        """Whether the finding is covered."""
        if item.span is None or item.span.file != self.span.file:
            return False
        inside = self.covers.start <= item.span.start <= self.covers.end
        return inside and any(name == item.rule for name, _ in self.names)


def apply_suppressions(
    texts: Iterable[Commented], found: Iterable[Diagnostic], ran: Collection[str], rules: Collection[str]
) -> list[Diagnostic]:
    """The findings that no comment covers, and what is wrong with the comments. `ran` are the names that were asked for; a comment for
    one that was not is not unused. `rules` are the lint rules, whose findings can go away whatever their severity."""
    mistakes: list[Diagnostic] = []
    comments = {text.source.file: list(_read_comments(text, mistakes)) for text in texts}
    kept: list[Diagnostic] = []
    for item in found:
        takers = [one for one in comments.get(item.span.file if item.span else "", ()) if one.takes(item)]
        doubt = item.rule in rules or item.severity is not Severity.ERROR
        for one in takers:
            (one.used if doubt else one.certain).add(item.rule)
        if not takers or not doubt:
            kept.append(item)
    for one in (one for several in comments.values() for one in several):
        mistakes.extend(_idle(one, ran))
    return kept + mistakes


def speaks(source: Source) -> bool:
    """Whether a text may hold a comment to policyc at all."""
    return "policyc" in source.text


def _read_comments(text: Commented, mistakes: list[Diagnostic]) -> Iterator[Suppression]:
    for comment in text.comments:
        addressed = _ADDRESSED.fullmatch(text.text(comment).rstrip())
        if addressed is None or addressed[1].partition(" ")[0] in text.others:
            continue
        form = _FORM.fullmatch(addressed[1])
        if form is None or not form[2].strip():
            _add(
                mistakes,
                "malformed-suppression",
                "this comment speaks to policyc, but says nothing that it understands",
                comment,
                f"write `{text.marker} policyc: ignore[rule-name] reason`, or `ignore-file[rule-name]` at the top",
            )
            continue
        whole_file = form[1] == "ignore-file"
        if whole_file and text.first is not None and comment.start > text.first:
            _add(
                mistakes,
                "malformed-suppression",
                "`ignore-file` belongs above the first declaration",
                comment,
                "move it to the top, or use `ignore[…]` for the line or the construct",
            )
            continue
        names = tuple(_names(text, comment, form[2]))
        if not form[3].strip():
            _add(
                mistakes,
                "suppression-without-reason",
                "the suppression gives no reason",
                comment,
                "write behind the bracket why the finding is meant",
            )
        names = tuple(pair for pair in names if _is_known(pair, text.known, mistakes))
        covers = Span(comment.file, 0, len(text.source.text)) if whole_file else _covered(text, comment)
        yield Suppression(names, covers, comment)


def _names(text: Commented, comment: Span, inside: str) -> Iterator[tuple[str, Span]]:
    at = text.text(comment).index("[") + 1
    for piece in inside.split(","):
        name = piece.strip()
        start = comment.start + at + len(piece) - len(piece.lstrip())
        yield name, Span(comment.file, start, start + len(name))
        at += len(piece) + 1


def _is_known(pair: tuple[str, Span], known: Collection[str], mistakes: list[Diagnostic]) -> bool:
    name, span = pair
    if name in known:
        return True
    if name and name in _error_names():
        message = f"`{name}` is no lint rule, and only findings of lint rules can be suppressed"
        _add(mistakes, "suppression-of-unknown-rule", message, span, "correct the policy instead")
    else:
        message, help = no_such_rule(name, known)
        _add(mistakes, "suppression-of-unknown-rule", message, span, help)
    return False


def _error_names() -> set[str]:
    names: set[str] = set()
    for path in (data_root() / "schemas" / "errors").glob("*.json"):
        entries: Mapping[str, object] = read_json(f"schemas/errors/{path.name}")
        names.update(entries)
    return names


def _idle(one: Suppression, ran: Collection[str]) -> Iterator[Diagnostic]:
    """What a comment names and does not take away: a certain finding, or none."""
    for name, span in one.names:
        if name in one.certain:
            message = f"`{name}` is certain here, and only doubts can be silenced"
            yield _mistake("malformed-suppression", message, span, "correct the text, and remove the comment")
        elif name in ran and name not in one.used:
            fix = None
            if len(one.names) == 1:
                fix = Fix("remove the comment", (Edit(one.span, ""),), Applicability.SAFE)
            message = f"there is no finding of `{name}` here"
            yield _mistake("unused-suppression", message, span, "remove the suppression", fix)


def _add(mistakes: list[Diagnostic], rule: str, message: str, span: Span, help: str) -> None:
    mistakes.append(_mistake(rule, message, span, help))


def _mistake(rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(rule, message, span, help, Severity.WARNING, (), fix)


# --- what a comment covers --------------------------------------------------------------------------------------


def _covered(text: Commented, comment: Span) -> Span:
    line = text.source.position(comment.start)
    if text.source.line(line.line)[: line.column - 1].strip():
        return _line_of(text.source, comment.start)
    at = _next_token(text.source, text.comments, comment)
    return next((span for span in text.constructs if span.start == at), None) or _line_of(text.source, at)


def _next_token(source: Source, comments: Sequence[Span], comment: Span) -> int:
    """The offset of the first character behind the comment that is neither blank nor in a comment."""
    at = comment.end
    for other in (*comments, None):
        if other is not None and other.start < at:
            continue
        end = other.start if other is not None else len(source.text)
        between = source.text[at:end]
        if between.strip():
            return at + len(between) - len(between.lstrip())
        if other is not None:
            at = other.end
    return len(source.text)


def _line_of(source: Source, offset: int) -> Span:
    number = source.position(offset).line
    start = source.line_starts()[number - 1]
    return Span(source.file, start, start + len(source.line(number)))
