"""Findings as SARIF 2.1.0, for code scanning services and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from policyc.diagnostics import Diagnostic, Fix, Severity
from policyc.report.options import Options
from policyc.text import Source, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "%SRCROOT%"
#: where a rule is documented, relative to this project; not a `helpUri`, which SARIF wants absolute (section 3.49.12)
_DOCS = "docs/rules.md#{rule}"


def render(findings: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """One run with the rules that have findings and one result per finding. Columns count Unicode code points."""
    names = sorted({finding.rule for finding in findings})
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "policyc",
                "semanticVersion": options.version or "0.0.0",
                "rules": [_rule(name, findings, options) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the project root"}}},
        "results": [_result(finding, names.index(finding.rule), sources, seen) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, findings: Sequence[Diagnostic], options: Options) -> dict[str, Any]:
    text = options.rules.get(name)
    level = next(_LEVELS[finding.severity] for finding in findings if finding.rule == name)
    rule: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "defaultConfiguration": {"level": level},
        "properties": {"documentation": _DOCS.format(rule=quote(name))},
    }
    if text is not None:
        advice = text.help or text.summary
        link = f"[{name}]({_DOCS.format(rule=quote(name))})"
        rule["shortDescription"] = {"text": text.summary}
        rule["fullDescription"] = {"text": text.why or text.summary}
        rule["help"] = {"text": advice, "markdown": f"{advice}\n\n{link}"}
    return rule


def _result(finding: Diagnostic, index: int, sources: Mapping[str, Source], seen: dict[str, int]) -> dict[str, Any]:
    message = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "partialFingerprints": {"policycFinding/v1": _fingerprint(finding, sources, seen)},
    }
    if finding.span is not None:
        result["locations"] = [{"physicalLocation": _physical(finding.span, sources)}]
    if finding.labels:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": label.message}, "physicalLocation": _physical(label.span, sources)}
            for number, label in enumerate(finding.labels)
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, sources)]
    return result


def _physical(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(span.file)}
    if span.file in sources:
        place["region"] = _region(span, sources)
    return place


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(file, errors="surrogatepass"), "uriBaseId": _ROOT}


def _region(span: Span, sources: Mapping[str, Source]) -> dict[str, int]:
    source = sources[span.file]
    start, end = source.position(span.start), source.position(span.end)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


def _fix(fix: Fix, sources: Mapping[str, Source]) -> dict[str, Any]:
    changes = []
    for file in sorted({edit.span.file for edit in fix.edits if edit.span.file in sources}):
        edits = [edit for edit in fix.edits if edit.span.file == file]
        changes.append(
            {
                "artifactLocation": _artifact(file),
                "replacements": [
                    {"deletedRegion": _region(edit.span, sources), "insertedContent": {"text": edit.replacement}}
                    for edit in edits
                ],
            }
        )
    return {"description": {"text": fix.message}, "artifactChanges": changes}


def _fingerprint(finding: Diagnostic, sources: Mapping[str, Source], seen: dict[str, int]) -> str:
    """A name for the finding that survives lines moving above it: rule, file, message and the line's own text.

    Equal findings are told apart by a running number.
    """
    parts = [finding.rule, finding.message]
    if finding.span is not None:
        parts.append(finding.span.file)
        source = sources.get(finding.span.file)
        if source is not None:
            parts.append(source.line(source.position(finding.span.start).line).strip())
    key = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[key] = seen.get(key, 0) + 1
    return f"{key}:{seen[key]}"
