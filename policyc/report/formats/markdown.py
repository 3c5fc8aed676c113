"""Reports as Markdown, for comments and summaries of pull requests.

What a name or a file holds stays text: no link, no image, no tag, no mention.
Source: https://spec.commonmark.org/0.31.2/#backslash-escapes
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostic, Severity
from policyc.engines.trace import Decision
from policyc.regex import regex
from policyc.report.changes import Changes, phrase, summary, unknown
from policyc.report.matrix import Cell, axes, misses
from policyc.report.options import Options
from policyc.report.proofs import Proof, clean_block, counted
from policyc.report.screen import clean, plural
from policyc.report.tests import TestResult, proofs_in, without_proofs
from policyc.report.who import Reach
from policyc.report.who import phrase as phrase_of
from policyc.text import Source, Span

_MARKS = regex(r"[\\`*_{}\[\]()#+!|~:@]|\b(?=www\.)")
_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_TAGS = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def matrix(table: Sequence[Cell], options: Options) -> str:
    """The table, then a line for everybody who does not get in."""
    rows, columns = axes(table)
    found = {(cell.row, cell.column): cell.outcome.decision.value for cell in table}
    lines = ["| visitor | " + " | ".join(marked(name) for name in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    lines += [f"| {marked(row)} | " + " | ".join(found[row, column] for column in columns) + " |" for row in rows]
    refused = [
        f"- {marked(cell.row)} at {marked(cell.column)}: {cell.outcome.decision.value}; "
        + "; ".join(marked(text) for text in misses(cell.outcome))
        for cell in table
        if cell.outcome.decision is not Decision.ALLOW
    ]
    lines += ["", *refused] if refused else []
    return "\n".join(lines) + "\n"


def changes(found: Changes, options: Options) -> str:
    """A head line, then a list of what changes, a document at a time, each class with its reason and one request."""
    lines = [f"**policyc {found.command}**: {marked(summary(found))}", ""]
    entries = 0
    for item in found.documents:
        if not (item.entries or item.sentences or item.open):
            continue
        lines += [f"**{marked(item.name)}** ({marked(item.kind)}, {item.state})", ""]
        for entry in item.entries:
            entries += 1
            request = ", ".join(f"{part} {value}" for part, value in entry.request)
            why = "; ".join(entry.because)
            lines.append(f"- **{entry.change}**: {marked(phrase(entry))}" + (f"; because {marked(why)}" if why else ""))
            lines.append(f"  - for example {marked(request)}: {entry.old}, now {entry.new}")
        lines += [f"- {marked(sentence)}" for sentence in item.sentences]
        lines += [f"- {unknown(item)}: {marked(reason)}" for reason in item.open]
        lines.append("")
    lines += [f"- note: {marked(note)}" for note in found.notes]
    return _cut(lines, entries, "class")


#: characters of one report: a comment holds about 65,000
_MOST = 60_000


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """A head line, then the findings as a list, the worst first, each with its place and help; cut where a comment would be full."""
    if not items:
        return "**policyc**: no findings\n"
    counts = [(severity, sum(item.severity is severity for item in items)) for severity in Severity]
    head = "**policyc**: " + ", ".join(plural(count, _NOUNS[severity]) for severity, count in counts if count)
    ordered = [item for severity in Severity for item in items if item.severity is severity]
    return _cut([head, "", *(_finding(item, sources, options) for item in ordered)], len(ordered), "finding")


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """How many passed, and a list of what failed with its reasons."""
    failed = [result for result in results if not result.passed]
    tested, proofs = without_proofs(results), proofs_in(results)
    broken = sum(not result.passed for result in tested)
    counts = (
        [f"{len(tested) - broken} passed" + (f", {broken} failed" if broken else "")] if tested or not proofs else []
    )
    head = "**policyc test**: " + "; ".join([*counts, *([counted(proofs)] if proofs else [])])
    lines = [head, ""]
    for result in failed:
        reasons = "; ".join(marked(item.message) for item in result.findings)
        lines.append(f"- {_place(result.span, sources, options)}: {marked(result.label)}: {reasons}")
        for block in result.blocks if isinstance(result, Proof) else ():
            lines += ["", "  ```policy", *(f"  {line}" for line in clean_block(block)), "  ```", ""]
    return _cut(lines if failed else [head], len(failed), "failure")


def reach(found: Sequence[Reach], options: Options) -> str:
    """A list of classes for each resource."""
    lines: list[str] = []
    entries = 0
    for item in found:
        lines += [f"**{marked(item.on)}** ({marked(item.kind)})", ""]
        for entry in item.classes:
            entries += 1
            request = ", ".join(f"{part} {value}" for part, value in entry.request)
            lines.append(f"- {marked(phrase_of(entry))}")
            lines += [f"  - for example {marked(request)}: {marked(entry.answer)}"] if request else []
        lines += [f"- {item.end}"] if item.complete else []
        lines += [f"- not settled whether there are others: {marked(reason)}" for reason in item.open]
        lines += [f"- taken as given: {marked(text)}" for text in item.given]
        lines.append("")
    return _cut(lines[:-1], entries, "class")


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """How many hold, and what does not, each with a test to paste."""
    return tests(items, sources, options).replace("**policyc test**", "**policyc prove**", 1)


def _cut(lines: Sequence[str], entries: int, noun: str) -> str:
    """The lines as one text; entries that would make it too long are counted."""
    size = 0
    shown: list[str] = []
    for line in lines:
        size += len(line) + 1
        if size > _MOST:
            left = entries - (len(shown) - 2)
            shown.append(f"\n{plural(left, f'more {noun}')} not shown")
            break
        shown.append(line)
    return "\n".join(shown) + "\n"


def _finding(item: Diagnostic, sources: Mapping[str, Source], options: Options) -> str:
    place = "" if item.span is None else _place(item.span, sources, options) + ": "
    help = f"\\\n  help: {marked(item.help)}" if item.help else ""
    return f"- {item.severity.value} `{clean(item.rule)}` {place}{marked(item.message)}{help}"


def _place(span: Span, sources: Mapping[str, Source], options: Options) -> str:
    source = sources.get(span.file)
    line = "" if source is None else f":{source.position(span.start).line}"
    return marked(options.names.in_repository(span.file) + line)


def marked(text: str) -> str:
    """`text` as Markdown shows it: every character that could mean something is escaped, also what would become a link by itself."""
    shown = "".join(_TAGS.get(char, char) for char in clean(text))
    return _MARKS.sub(_escaped, shown)


def _escaped(found: re.Match[str]) -> str:
    # `https://…`, `a@b.example` and `www.…` become links of their own, also behind a backslash; a reference does not
    return {":": "&#58;", "@": "&#64;", "": "&#8203;"}.get(found[0], "\\" + found[0])
