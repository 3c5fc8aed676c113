"""Findings as GitHub workflow commands, which the runner turns into annotations on the changed lines.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostic, Severity
from policyc.report.changes import Changes, phrase, summary
from policyc.report.options import Options
from policyc.report.proofs import Proof
from policyc.report.screen import clean, plural
from policyc.report.tests import TestResult, failures
from policyc.text import Source, Span

#: the report is read by the runner's log reader, not by people
WORKFLOW_COMMANDS = True
#: annotations of one kind that a step may have
_MOST = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """One `::error file=…,line=…,…::message` line per finding, the worst first. Of one severity the runner shows ten and drops
    the rest without a word, so the tenth says how many more there are."""
    lines = []
    for severity, command in _COMMANDS.items():
        group = [item for item in items if item.severity is severity]
        shown = group if len(group) <= _MOST else group[: _MOST - 1]
        lines += [_command(item, sources, options) for item in shown]
        if len(shown) < len(group):
            more = plural(len(group) - len(shown), f"more {severity.value}")
            lines.append(f"::{command} title=policyc::{more}; `policyc check` or `--format markdown` lists all")
    return "".join(line + "\n" for line in lines)


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """What failed, each on the line of its expectation."""
    return findings(failures(results), sources, options)


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """What is broken or not settled, each on the line of its claim."""
    return findings(failures(items), sources, options)


def changes(found: Changes, options: Options) -> str:
    """A `::warning` line for each class that is newly allowed, a `::notice` for every other change, the worst first; at most ten of a
    kind, as the runner shows no more."""
    lines: dict[str, list[str]] = {"warning": [], "notice": []}
    for item in found.documents:
        for entry in item.entries:
            text = f"{entry.change}: {phrase(entry)}" + (
                f"; because {'; '.join(entry.because)}" if entry.because else ""
            )
            lines["warning" if entry.widens else "notice"].append(
                f"title=policyc diff {_property(item.name)}::{_data(clean(text))}"
            )
        for text in (*item.sentences, *(f"not settled: {reason}" for reason in item.open)):
            lines["warning"].append(f"title=policyc diff {_property(item.name)}::{_data(clean(text))}")
    out = []
    for command, texts in lines.items():
        shown = texts if len(texts) <= _MOST else texts[: _MOST - 1]
        out += [f"::{command} {text}\n" for text in shown]
        if len(shown) < len(texts):
            out.append(f"::{command} title=policyc diff::{plural(len(texts) - len(shown), 'more change')}\n")
    return "".join(out) or f"::notice title=policyc diff::{summary(found)}\n"


def _command(finding: Diagnostic, sources: Mapping[str, Source], options: Options) -> str:
    properties: dict[str, str] = {}
    if finding.span is not None:
        properties["file"] = options.names.in_repository(finding.span.file)
        source = sources.get(finding.span.file)
        if source is not None:
            start, end = source.position(finding.span.start), source.position(_end(finding.span))
            properties["line"] = str(start.line)
            properties["endLine"] = str(end.line)
            if start.line == end.line:
                # The runner rejects columns of a range over several lines.
                properties["col"] = str(start.column)
                properties["endColumn"] = str(end.column)
    properties["title"] = f"policyc {finding.rule}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = clean(finding.message) + (f"\nhelp: {clean(finding.help)}" if finding.help else "")
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(text)}"


def _end(span: Span) -> int:
    """The end of a span for a tool that counts whole lines: a line break at its end does not open a further line."""
    return span.end if span.end == span.start else span.end - 1


def _data(text: str) -> str:
    # `##[…]` is obeyed anywhere in a line
    text = text.replace("##", "#\\u0023")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")
