"""Findings as reviewdog's JSON, which puts them on the lines of a review, with the fixes as suggestions.

Columns count bytes of UTF-8 from 1; a range ends behind its last byte.
Source: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostic, Edit, Severity
from policyc.report.options import Options
from policyc.report.screen import clean
from policyc.report.tests import TestResult, failures
from policyc.text import Source, Span

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """One diagnostic for each finding."""
    data = {"source": {"name": "policyc"}, "diagnostics": [_diagnostic(item, sources, options) for item in items]}
    return json.dumps(data, indent=2) + "\n"


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """What failed, as findings."""
    return findings(failures(results), sources, options)


def _diagnostic(item: Diagnostic, sources: Mapping[str, Source], options: Options) -> dict[str, Any]:
    rule = options.rules.get(item.rule)
    code = {"value": item.rule} | ({"url": rule.url} if rule is not None and rule.url else {})
    found: dict[str, Any] = {
        "message": clean(item.message) + (f"\nhelp: {clean(item.help)}" if item.help else ""),
        "severity": _SEVERITIES[item.severity],
        "code": code,
    }
    if item.span is not None:
        found["location"] = _location(item.span, sources, options)
    edits = () if item.fix is None else item.fix.edits
    # a suggestion belongs to the file of its finding
    suggestions = [
        _suggestion(edit, sources) for edit in edits if item.span is not None and edit.span.file == item.span.file
    ]
    if suggestions and len(suggestions) == len(edits):
        found["suggestions"] = suggestions
    return found


def _location(span: Span, sources: Mapping[str, Source], options: Options) -> dict[str, Any]:
    place: dict[str, Any] = {"path": options.names.in_repository(span.file)}
    if span.file in sources:
        place["range"] = _range(span, sources[span.file])
    return place


def _suggestion(edit: Edit, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {"range": _range(edit.span, sources[edit.span.file]), "text": edit.replacement}


def _range(span: Span, source: Source) -> dict[str, Any]:
    return {"start": _point(span.start, source), "end": _point(span.end, source)}


def _point(offset: int, source: Source) -> dict[str, int]:
    at = source.position(offset)
    before = source.line(at.line)[: at.column - 1]
    return {"line": at.line, "column": len(before.encode("utf-8", "surrogatepass")) + 1}
