"""Test results and findings as JUnit XML, which build servers read.

There is no standard; this follows the common core (`testsuites`, `testsuite`, `testcase`, `failure`) described at
https://github.com/testmoapp/junitxml. Times are left out: the tests are pure, and equal runs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from policyc.diagnostics import Diagnostic, Severity
from policyc.regex import regex
from policyc.report.human import finding_lines
from policyc.report.options import Options
from policyc.report.proofs import Proof
from policyc.report.screen import clean
from policyc.report.tests import TestResult
from policyc.text import Source

#: characters that XML 1.0 cannot hold, even as references (https://www.w3.org/TR/xml/#charsets)
_ILLEGAL = regex("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tests(results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    """One suite per file, one case per test, and one suite per file for its proofs; a failure carries its findings as plain text."""
    plain = Options(width=options.width, names=options.names)
    failed = sum(not result.passed for result in results)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="policyc" tests="{len(results)}" failures="{failed}" errors="0">',
    ]
    by_file: dict[str, list[TestResult]] = {}
    for result in results:
        suite = result.span.file + (" (proofs)" if isinstance(result, Proof) else "")
        by_file.setdefault(suite, []).append(result)
    for file, group in by_file.items():
        broken = sum(not result.passed for result in group)
        name = _attribute(file)
        lines.append(f'  <testsuite name={name} tests="{len(group)}" failures="{broken}" errors="0">')
        for result in group:
            lines += _case(result, sources, plain)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def proofs(items: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """The same for proofs alone."""
    return tests(items, sources, options)


def findings(items: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """One suite; an error or a warning is a failed case, a note one that passed and says so."""
    plain = Options(width=options.width, names=options.names)
    failed = sum(item.severity is not Severity.INFO for item in items)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="policyc" tests="{len(items)}" failures="{failed}" errors="0">',
        f'  <testsuite name="check" tests="{len(items)}" failures="{failed}" errors="0">',
    ]
    for item in items:
        lines += _finding(item, sources, plain)
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _finding(item: Diagnostic, sources: Mapping[str, Source], options: Options) -> list[str]:
    place = ""
    if item.span is not None:
        file = options.names.in_repository(item.span.file)
        source = sources.get(item.span.file)
        line = "" if source is None else f' line="{source.position(item.span.start).line}"'
        place = f" file={_attribute(file)}{line}"
    body = escape(legal("\n".join(finding_lines(item, sources, options))))
    head = f"    <testcase classname={_attribute('policyc.' + item.rule)} name={_attribute(item.message)}{place}>"
    if item.severity is Severity.INFO:
        return [head, f"      <system-out>{body}</system-out>", "    </testcase>"]
    kind = _attribute(item.severity.value)
    return [head, f"      <failure type={kind} message={_attribute(item.message)}>{body}</failure>", "    </testcase>"]


def _case(result: TestResult, sources: Mapping[str, Source], options: Options) -> list[str]:
    file = result.span.file
    source = sources.get(file)
    line = f' line="{source.position(result.span.start).line}"' if source is not None else ""
    head = f"    <testcase classname={_attribute(file)} name={_attribute(result.label)} file={_attribute(file)}{line}"
    if result.passed:
        return [head + "/>"]
    message = result.findings[0].message if result.findings else "the test failed"
    body = "\n".join(text for finding in result.findings for text in finding_lines(finding, sources, options))
    body += "".join(f"\n\n{block}" for block in result.blocks) if isinstance(result, Proof) else ""
    return [
        head + ">",
        f"      <failure message={_attribute(message)}>{escape(legal(body))}</failure>",
        "    </testcase>",
    ]


def _attribute(text: str) -> str:
    return quoteattr(legal(clean(text)))


def legal(text: str) -> str:
    """The text without what XML cannot hold."""
    return _ILLEGAL.sub("?", text)
