"""Reports as Markdown, for comments and summaries of pull requests.

What a name or a file holds stays text: no link, no image, no tag, no mention.
Source: https://spec.commonmark.org/0.31.2/#backslash-escapes
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from policyc.diagnostics import Diagnostic, Severity
from policyc.engines.trace import Decision
from policyc.regex import regex
from policyc.report.changes import Changes, Entry, parts_of, summary, unknown
from policyc.report.matrix import Cell, axes, misses
from policyc.report.options import Options
from policyc.report.proofs import Proof, clean_block, counted
from policyc.report.screen import clean, plural
from policyc.report.tests import TestResult, proofs_in, without_proofs
from policyc.report.who import Reach
from policyc.report.who import phrase as phrase_of
from policyc.text import Source, Span

#: what was not read has a place of its own here
TELLS_UNREAD = True

#: what could mean something: marks, and colons of addresses and of `:words:` that hosts turn into pictures
_MARKS = regex(r"[\\`*_\[\]#+|~@]|:(?=//|[\w+-]+:)|(?<=mailto):|(?<=xmpp):|\b(?=www\.)")
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
    for item in found.documents:
        if not (item.entries or item.sentences or item.open):
            continue
        lines += [f"**{marked(item.name)}** ({marked(item.kind)}, {item.state})", ""]
        lines += ["\n".join(_entry(entry)) for entry in item.entries]
        lines += [f"- {spoken(sentence)}" for sentence in item.sentences]
        lines += [f"- {unknown(item)}: {spoken(reason)}" for reason in item.open]
        lines.append("")
    lines += [f"- note: {marked(note)}" for note in found.notes]
    return _cut(lines, "class")


def _entry(entry: Entry) -> Iterator[str]:
    """One class: its parts as a list, and a request as a block."""
    yield f"- **{entry.change}**"
    for name, texts in parts_of(entry):
        told = [spoken(text) if name == "because" else code(text) for text in texts]
        more = f" and {len(told) - _MOST_ITEMS} more" if len(told) > _MOST_ITEMS else ""
        yield f"  - {name} " + ("; " if name == "because" else ", ").join(told[:_MOST_ITEMS]) + more
    yield f"  - for example (was {entry.old}, now {entry.new})"
    width = max((len(part) for part, _ in entry.request), default=0)
    yield from _block("text", [f"{part:<{width}}  {value}" for part, value in entry.request])
    if entry.test:
        yield from _block("policy", entry.test.rstrip().split("\n"))


def _block(language: str, content: Sequence[str]) -> list[str]:
    """A block of code inside of a list in a list."""
    shown = [clean(line).rstrip() for line in content]
    fence = "`" * max(3, *(len(run) + 1 for line in shown for run in _TICKS.findall(line)), 0)
    return ["", *(f"    {line}" for line in (f"{fence}{language}", *shown, fence))]


#: items of one list that are shown
_MOST_ITEMS = 6
_TICKS = regex(r"`+")
_QUOTED = regex(r"(`[^`\n]+`)")


def code(text: str) -> str:
    """`text` as code: nothing in it means anything but itself."""
    shown = clean(text)
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    space = " " if not shown.strip() or shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{space}{shown}{space}{ticks}" if shown else "(empty)"


def spoken(text: str) -> str:
    """A sentence of ours: what it quotes is code, the rest is text."""
    parts = re.split(_QUOTED.pattern, clean(text))
    return "".join(code(part[1:-1]) if at % 2 else marked(part) for at, part in enumerate(parts))


#: characters of one report: a comment holds about 65,000
_MOST = 60_000


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """A head line, then the findings as a list, the worst first, each with its place and help; cut where a comment would be full."""
    if not items:
        return "**policyc**: no findings\n"
    counts = [(severity, sum(item.severity is severity for item in items)) for severity in Severity]
    head = "**policyc**: " + ", ".join(plural(count, _NOUNS[severity]) for severity, count in counts if count)
    ordered = [item for severity in Severity for item in items if item.severity is severity]
    return _cut([head, "", *(_finding(item, sources, options) for item in ordered)], "finding")


def notes(lines: Sequence[str]) -> str:
    """Lines below a report, as a list."""
    return "".join(["\n" if lines else "", *(f"- {spoken(line.strip())}\n" for line in lines)])


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
        told = [f"- {_place(result.span, sources, options)}: {marked(result.label)}: {reasons}"]
        for block in result.blocks if isinstance(result, Proof) else ():
            told += ["", "  ```policy", *(f"  {line}" for line in clean_block(block)), "  ```", ""]
        lines.append("\n".join(told))
    return _cut(lines if failed else [head], "failure")


def reach(found: Sequence[Reach], options: Options) -> str:
    """A list of classes for each resource."""
    lines: list[str] = []
    for item in found:
        lines += [f"**{marked(item.on)}** ({marked(item.kind)})", ""]
        for entry in item.classes:
            request = ", ".join(f"{part} {value}" for part, value in entry.request)
            example = f"\n  - for example {marked(request)}: {marked(entry.answer)}" if request else ""
            lines.append(f"- {marked(phrase_of(entry))}{example}")
        lines += [f"- {item.end}"] if item.complete else []
        lines += [f"- not settled whether there are others: {marked(reason)}" for reason in item.open]
        lines += [f"- taken as given: {marked(text)}" for text in item.given]
        lines.append("")
    return _cut(lines[:-1], "class")


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """How many hold, and what does not, each with a test to paste."""
    return tests(items, sources, options).replace("**policyc test**", "**policyc prove**", 1)


def _cut(lines: Sequence[str], noun: str) -> str:
    """The lines, of which each is whole, as one text; entries that would make it too long are counted."""
    size = 0
    shown: list[str] = []
    for line in lines:
        size += len(line) + 1
        if size > _MOST:
            left = sum(item.startswith("- ") for item in lines[len(shown) :])
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
