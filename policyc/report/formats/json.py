"""Reports as JSON for programs. `FORMAT_VERSION` grows when a reader would have to change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostic
from policyc.engines.trace import Outcome
from policyc.holes import shown_in_json
from policyc.report.changes import Changes, changes_data
from policyc.report.data import finding_data, span_data
from policyc.report.explain_tree import find_statements, one_change
from policyc.report.matrix import Cell, axes, misses
from policyc.report.options import Options
from policyc.report.outcome import Detail, deciding_gate, outcome_data, statement_data
from policyc.report.proofs import Proof, proof_counts, proofs_data
from policyc.report.tally import Tally
from policyc.report.tests import TestResult, proofs_in, without_proofs
from policyc.report.who import Reach, reach_data
from policyc.text import Source

#: what was not read has a place of its own here
TELLS_UNREAD = True

FORMAT_VERSION = 1


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """`{"format_version", "tool", "findings", "counts"}`; the shape is `schemas/report.schema.json`."""
    return written(findings_data(items, sources, options))


def findings_data(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> dict[str, Any]:
    """The same as plain data, for commands that have more to tell."""
    counts = {"error": 0, "warning": 0, "info": 0}
    for finding in items:
        counts[finding.severity.value] += 1
    seen = {} if options.tally is None or options.tally == Tally() else {"inside": options.tally.data()}
    found = [finding_data(finding, sources) for finding in items]
    return {**head(options), "findings": found, "counts": counts, **seen}


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """`{"format_version", "tool", "tests": […], "counts"}`; the shape is `schemas/tests.schema.json`."""
    proofs = proofs_in(results)
    results = without_proofs(results)
    failed = sum(not result.passed for result in results)
    proven = {"proofs": proofs_data(proofs, sources), "proof_counts": proof_counts(proofs)} if proofs else {}
    return written(
        {
            **head(options),
            "tests": [
                {
                    "label": result.label,
                    "passed": result.passed,
                    "location": span_data(result.span, sources),
                    "findings": [finding_data(finding, sources) for finding in result.findings],
                }
                for result in results
            ],
            "counts": {"passed": len(results) - failed, "failed": failed},
            **proven,
        }
    )


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """The answer to one request; the shape is `schemas/outcome.schema.json`."""
    data = outcome_data(answer, sources)
    if detail.explain:
        data["change"] = one_change(answer)
    if detail.why_not is not None:
        found = find_statements(answer, detail.why_not)
        data["why_not"] = [{"gate": gate.name, "statement": statement_data(item, sources)} for gate, item in found]
    return written(data)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """Every answer with what stood in the way."""
    rows, columns = axes(table)
    entries = [
        {
            "visitor": cell.row,
            "endpoint": cell.column,
            "decision": cell.outcome.decision.value,
            "gate": gate.name if (gate := deciding_gate(cell.outcome)) is not None else None,
            "misses": misses(cell.outcome),
            "unknown": list(cell.outcome.missing),
        }
        for cell in table
    ]
    return written({"format_version": FORMAT_VERSION, "visitors": rows, "endpoints": columns, "answers": entries})


def changes(found: Changes, options: Options) -> str:
    """What a comparison found; the shape is `schemas/changes.schema.json`."""
    return written({**head(options), **changes_data(found)})


def written(data: Mapping[str, Any]) -> str:
    """Plain data as text."""
    return shown_in_json(json.dumps(data, indent=2)) + "\n"


def reach(found: Sequence[Reach], options: Options) -> str:
    """Who may do what; the shape is `schemas/who.schema.json`."""
    return written({**head(options), **reach_data(found)})


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """What proofs came to; the shape is `schemas/proofs.schema.json`."""
    return written({**head(options), "proofs": proofs_data(items, sources), "proof_counts": proof_counts(items)})


def head(options: Options) -> dict[str, Any]:
    """What every report begins with."""
    return {"format_version": FORMAT_VERSION, "tool": {"name": "policyc", "version": options.version}}
