"""Findings as a GitLab Code Quality report, which a merge request shows on the changed lines.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostic, Severity
from policyc.report.fingerprint import fingerprint
from policyc.report.options import Options
from policyc.report.screen import clean
from policyc.report.tests import TestResult, failures
from policyc.text import Source

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """An array with one entry per finding. Of equal fingerprints GitLab shows the first only, so they are told apart."""
    seen: dict[str, int] = {}
    return json.dumps([_entry(item, sources, options, seen) for item in items], indent=2) + "\n"


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """What failed, as findings."""
    return findings(failures(results), sources, options)


def _entry(
    finding: Diagnostic, sources: Mapping[str, Source], options: Options, seen: dict[str, int]
) -> dict[str, Any]:
    path, line = ".", 1
    if finding.span is not None:
        path = options.names.in_repository(finding.span.file)
        source = sources.get(finding.span.file)
        line = 1 if source is None else source.position(finding.span.start).line
    text = clean(finding.message) + (f"; help: {clean(finding.help)}" if finding.help else "")
    return {
        "description": text,
        "check_name": finding.rule,
        "fingerprint": fingerprint(finding, path, sources, seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": path, "lines": {"begin": line}},
    }
