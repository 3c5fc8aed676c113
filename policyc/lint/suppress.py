"""Suppression comments: a person's word that a finding is meant, with the reason.

`// policyc: ignore[rule] reason` behind code covers its line, on a line of its own the construct that follows;
`// policyc: ignore-file[rule] reason` above the first declaration covers the file. Only findings of lint rules go away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from policyc.data import data_root, read_text
from policyc.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity, did_you_mean
from policyc.ir.program import Program
from policyc.syntax import nodes
from policyc.text import Source, Span

_ADDRESSED: Final = re.compile(r"//+\s*policyc\s*:\s*(.*)", re.DOTALL)
_FORM: Final = re.compile(r"(ignore|ignore-file)\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)


@dataclass(slots=True)
class Suppression:
    """One comment. It covers findings that start in `covers`; `used` collects the names that covered any."""

    names: tuple[tuple[str, Span], ...]
    reason: str
    covers: Span
    span: Span
    used: set[str] = field(default_factory=set)

    def takes(self, item: Diagnostic) -> bool:
        """Whether the finding is covered."""
        if item.span is None or item.span.file != self.span.file:
            return False
        inside = self.covers.start <= item.span.start <= self.covers.end
        return inside and any(name == item.rule for name, _ in self.names)


def apply_suppressions(
    program: Program, found: Iterable[Diagnostic], ran: set[str], known: Sequence[str]
) -> list[Diagnostic]:
    """The findings that no comment covers, and what is wrong with the comments. `ran` are the rules that were asked for, of
    all the `known` ones; a comment for a rule that was not asked for is not unused."""
    mistakes: list[Diagnostic] = []
    comments: dict[str, list[Suppression]] = {}
    for file, module in program.modules.items():
        source = program.sources.get(file)
        if source is not None and "policyc" in source.text:
            comments[file] = list(_read_comments(source, module, known, mistakes))
    kept: list[Diagnostic] = []
    for item in found:
        takers = [one for one in comments.get(item.span.file if item.span else "", ()) if one.takes(item)]
        for one in takers:
            one.used.add(item.rule)
        if not takers or item.rule not in known:
            kept.append(item)
    for one in (one for several in comments.values() for one in several):
        mistakes.extend(_unused(one, ran))
    return kept + mistakes


def _read_comments(
    source: Source, module: nodes.Module, known: Sequence[str], mistakes: list[Diagnostic]
) -> Iterator[Suppression]:
    for comment in module.comments:
        addressed = _ADDRESSED.fullmatch(comment.text.rstrip())
        if addressed is None:
            continue
        form = _FORM.fullmatch(addressed[1])
        if form is None or not form[2].strip():
            _add(
                mistakes,
                "malformed-suppression",
                "this comment speaks to policyc, but says nothing that it understands",
                comment.span,
                "write `// policyc: ignore[rule-name] reason`, or `ignore-file[rule-name]` at the top",
            )
            continue
        whole_file = form[1] == "ignore-file"
        if whole_file and module.declarations and comment.span.start > module.declarations[0].span.start:
            _add(
                mistakes,
                "malformed-suppression",
                "`ignore-file` belongs above the first declaration",
                comment.span,
                "move it to the top, or use `ignore[…]` for the line or the construct",
            )
            continue
        names = tuple(_names(comment, form[2]))
        if not form[3].strip():
            _add(
                mistakes,
                "suppression-without-reason",
                "the suppression gives no reason",
                comment.span,
                "write behind the bracket why the finding is meant",
            )
        names = tuple(pair for pair in names if _is_known(pair, known, mistakes))
        covers = Span(source.file, 0, len(source.text)) if whole_file else _covered(source, module, comment)
        yield Suppression(names, form[3].strip(), covers, comment.span)


def _names(comment: nodes.Comment, inside: str) -> Iterator[tuple[str, Span]]:
    at = comment.text.index("[") + 1
    for piece in inside.split(","):
        name = piece.strip()
        start = comment.span.start + at + len(piece) - len(piece.lstrip())
        yield name, Span(comment.span.file, start, start + len(name))
        at += len(piece) + 1


def _is_known(pair: tuple[str, Span], known: Sequence[str], mistakes: list[Diagnostic]) -> bool:
    name, span = pair
    if name in known:
        return True
    if name and name in _error_names():
        _add(
            mistakes,
            "suppression-of-unknown-rule",
            f"`{name}` is no lint rule, and only findings of lint rules can be suppressed",
            span,
            "correct the policy instead",
        )
    else:
        _add(
            mistakes,
            "suppression-of-unknown-rule",
            f"there is no lint rule `{name}`",
            span,
            did_you_mean(name, known, "`policyc explain rules` lists the rules"),
        )
    return False


def _error_names() -> set[str]:
    names: set[str] = set()
    for path in (data_root() / "schemas" / "errors").glob("*.json"):
        names.update(json.loads(read_text(f"schemas/errors/{path.name}")))
    return names


def _unused(one: Suppression, ran: set[str]) -> Iterator[Diagnostic]:
    idle = [(name, span) for name, span in one.names if name in ran and name not in one.used]
    for name, span in idle:
        fix = None
        if len(one.names) == 1:
            fix = Fix("remove the comment", (Edit(one.span, ""),), Applicability.SAFE)
        yield _mistake(
            "unused-suppression", f"there is no finding of `{name}` here", span, "remove the suppression", fix
        )


def _add(mistakes: list[Diagnostic], rule: str, message: str, span: Span, help: str) -> None:
    mistakes.append(_mistake(rule, message, span, help))


def _mistake(rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(rule, message, span, help, Severity.WARNING, (), fix)


# --- what a comment covers --------------------------------------------------------------------------------------


def _covered(source: Source, module: nodes.Module, comment: nodes.Comment) -> Span:
    if not comment.own_line:
        return _line_of(source, comment.span.start)
    at = _next_token(source, module, comment)
    for node in _outermost(module):
        if node.start == at:
            return node
    return _line_of(source, at)


def _next_token(source: Source, module: nodes.Module, comment: nodes.Comment) -> int:
    """The offset of the first character behind the comment that is neither blank nor in a comment."""
    at = comment.span.end
    for other in (*module.comments, None):
        if other is not None and other.span.start < at:
            continue
        end = other.span.start if other is not None else len(source.text)
        between = source.text[at:end]
        if between.strip():
            return at + len(between) - len(between.lstrip())
        if other is not None:
            at = other.span.end
    return len(source.text)


def _line_of(source: Source, offset: int) -> Span:
    number = source.position(offset).line
    start = source.line_starts()[number - 1]
    return Span(source.file, start, start + len(source.line(number)))


def _outermost(module: nodes.Module) -> Iterator[Span]:
    """The constructs that a comment of its own may stand above, outer ones first."""
    yield from (use.span for use in module.uses)
    for declaration in module.declarations:
        yield declaration.span
        match declaration:
            case nodes.Policy(statements=statements):
                for statement in statements:
                    yield statement.span
                    yield from (clause.span for clause in statement.clauses)
            case nodes.Resource(fields=fields):
                yield from (entry.span for entry in fields.entries)
            case nodes.Network(items=items):
                for item in items:
                    yield item.span
                    if isinstance(item, nodes.NetAttach | nodes.NetLabels | nodes.NetFilter):
                        yield from (entry.span for entry in item.rules)
            case nodes.InlineTest(steps=steps):
                yield from (step.span for step in steps)
            case _:
                pass
