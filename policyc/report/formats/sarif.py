"""Findings as SARIF 2.1.0, for code scanning services and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from policyc.diagnostics import Confidence, Diagnostic, Fix, Severity
from policyc.regex import regex
from policyc.report.fingerprint import fingerprint
from policyc.report.options import Options, RuleText
from policyc.report.tally import Tally
from policyc.report.tests import TestResult, failures
from policyc.text import Source, Span

#: what was not read has a place of its own here
TELLS_UNREAD = True

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "%SRCROOT%"
#: in a message SARIF reads `[text](target)` as a link, and `{0}` as a placeholder where arguments are given (section 3.11.6)
_LINK = regex(r"[\[\]\\]")


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """One run with the rules that have findings and one result per finding. Columns count Unicode code points."""
    # code scanning refuses a whole file for one result without a place
    bare = [finding for finding in items if finding.span is None]
    items = [finding for finding in items if finding.span is not None]
    names = sorted({finding.rule for finding in items})
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "policyc",
                "semanticVersion": options.version or "0.0.0",
                "rules": [_rule(name, items, options) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the repository's root"}}},
        "results": [_result(finding, names.index(finding.rule), sources, options, seen) for finding in items],
    }
    tally = options.tally or Tally()
    if tally != Tally():
        run["properties"] = {"inside": tally.data()}
    if bare or tally != Tally():
        run["invocations"] = [_invocation(bare, tally, options)]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """What failed, as findings."""
    return findings(failures(results), sources, options)


def _invocation(bare: Sequence[Diagnostic], tally: Tally, options: Options) -> dict[str, Any]:
    """Findings without a place and what was not read, as notifications of the run (section 3.58)."""
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            *(
                {"descriptor": {"id": item.rule}, "level": _LEVELS[item.severity], "message": {"text": _message(item)}}
                for item in bare
            ),
            *(
                {
                    "level": "error",
                    "message": {"text": f"not readable: {item.reason}"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {
                                    "uri": quote(options.names.in_repository(item.file)),
                                    "uriBaseId": _ROOT,
                                },
                                "region": {"startLine": max(1, item.line)},
                            }
                        }
                    ],
                }
                for item in tally.unreadable
            ),
        ],
    }


def _message(finding: Diagnostic) -> str:
    return _plain(finding.message) + (f"\nhelp: {_plain(finding.help)}" if finding.help else "")


def _rule(name: str, items: Sequence[Diagnostic], options: Options) -> dict[str, Any]:
    text = options.rules.get(name)
    level = next(_LEVELS[finding.severity] for finding in items if finding.rule == name)
    rule: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "defaultConfiguration": {"level": level},
        "properties": {"documentation": f"policyc explain {name}"},
    }
    if text is not None:
        advice = text.help or text.summary
        rule["shortDescription"] = {"text": text.summary}
        rule["fullDescription"] = {"text": text.why or text.summary}
        rule["help"] = {"text": advice, "markdown": _page(name, text)}
        if options.pages:
            rule["helpUri"] = f"{options.pages}{name}.md"
        elif text.url:
            rule["helpUri"] = text.url
    return rule


def _page(name: str, text: RuleText) -> str:
    """What code scanning shows beside an alert: why, what to do, and the example of the finding's page."""
    parts = (text.why, text.help and f"{text.help[:1].upper()}{text.help[1:]}.", text.examples)
    told = [part for part in parts if part] or [text.summary]
    return "\n\n".join([*told, f"`policyc explain {name}` tells the same."])


def _result(
    finding: Diagnostic, index: int, sources: Mapping[str, Source], options: Options, seen: dict[str, int]
) -> dict[str, Any]:
    file = "" if finding.span is None else options.names.in_repository(finding.span.file)
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "partialFingerprints": {"policycFinding/v1": fingerprint(finding, file, sources, seen)},
    }
    if finding.span is not None:
        result["locations"] = [{"physicalLocation": _physical(finding.span, sources, options)}]
    if finding.labels:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": _plain(label.message)},
                "physicalLocation": _physical(label.span, sources, options),
            }
            for number, label in enumerate(finding.labels)
        ]
    if finding.confidence is not Confidence.CERTAIN:
        result["properties"] = {"confidence": finding.confidence.value}
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, sources, options)]
    return result


def _physical(span: Span, sources: Mapping[str, Source], options: Options) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(span.file, options)}
    if span.file in sources:
        place["region"] = _region(span, sources)
    return place


def _artifact(file: str, options: Options) -> dict[str, str]:
    return {"uri": quote(options.names.in_repository(file), errors="surrogatepass"), "uriBaseId": _ROOT}


def _plain(text: str) -> str:
    """A text in which nothing is a link."""
    return _LINK.sub(lambda found: "\\" + found[0], text)


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


def _fix(fix: Fix, sources: Mapping[str, Source], options: Options) -> dict[str, Any]:
    changes = []
    for file in sorted({edit.span.file for edit in fix.edits if edit.span.file in sources}):
        edits = [edit for edit in fix.edits if edit.span.file == file]
        changes.append(
            {
                "artifactLocation": _artifact(file, options),
                "replacements": [
                    {"deletedRegion": _region(edit.span, sources), "insertedContent": {"text": edit.replacement}}
                    for edit in edits
                ],
            }
        )
    return {"description": {"text": _plain(fix.message)}, "artifactChanges": changes}
