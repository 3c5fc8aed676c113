"""One line per finding, `file:line:column: error[rule]: message`, and one per test, for editors and pipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostic
from policyc.report.frame import located
from policyc.report.options import Options
from policyc.report.proofs import Proof
from policyc.report.screen import clean, paint
from policyc.report.tests import TestResult
from policyc.text import Source


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """A line per finding; a finding without a place begins with its severity. Lines are never wrapped."""
    return "".join(_line(finding, sources, options) + "\n" for finding in items)


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """`file:line:column: pass|fail: label`, one line per test, and `holds`, `broken` or `not settled` for a proof; `--quiet` leaves those that passed out."""
    return "".join(
        f"{located(result.span, sources, options)}: {_state(result)}: {clean(result.label)}\n"
        for result in results
        if not (options.quiet and result.passed)
    )


def _state(result: TestResult) -> str:
    return result.state if isinstance(result, Proof) else "pass" if result.passed else "fail"


def _line(finding: Diagnostic, sources: Mapping[str, Source], options: Options) -> str:
    severity = finding.severity.value
    name = paint(f"{severity}[{clean(finding.rule)}]", severity, options.color)
    where = "" if finding.span is None else located(finding.span, sources, options) + ": "
    return f"{where}{name}: {clean(finding.message)}"
