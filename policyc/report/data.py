"""Findings and places as plain data, for every report that programs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyc.diagnostics import Confidence, Diagnostic, Fix
from policyc.text import Source, Span


def finding_data(finding: Diagnostic, sources: Mapping[str, Source]) -> dict[str, Any]:
    """One finding as plain data; `location` is null when there is no text to point at, `confidence` stands only where it is not certain."""
    doubt = {} if finding.confidence is Confidence.CERTAIN else {"confidence": finding.confidence.value}
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        **doubt,
        "message": finding.message,
        "help": finding.help,
        "location": None if finding.span is None else span_data(finding.span, sources),
        "labels": [{"message": label.message, "location": span_data(label.span, sources)} for label in finding.labels],
        "fix": None if finding.fix is None else _fix_data(finding.fix, sources),
    }


def span_data(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    """`file` (relative to the root), `start`, `end` with line and column from 1 in code points, and the plain offsets.

    Without the file's text `start` and `end` are null.
    """
    source = sources.get(span.file)
    data: dict[str, Any] = {"file": span.file, "start": None, "end": None, "offsets": [span.start, span.end]}
    if source is not None:
        for name, offset in (("start", span.start), ("end", span.end)):
            at = source.position(offset)
            data[name] = {"line": at.line, "column": at.column}
    return data


def _fix_data(fix: Fix, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {
        "message": fix.message,
        "applicability": fix.applicability.value,
        "edits": [{"location": span_data(edit.span, sources), "replacement": edit.replacement} for edit in fix.edits],
    }
