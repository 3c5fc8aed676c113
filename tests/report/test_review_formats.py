"""The formats that pull requests and review tools read: what they count, what they cut, what comes first."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

from policyc.diagnostics import Applicability, Diagnostic, Edit, Fix, Severity
from policyc.report.options import Options
from policyc.report.registry import render
from policyc.text import Source

#: `ü` is two bytes of UTF-8
SOURCE = Source("a.policy", "let ü = badd\nlet b = 1\n")
SOURCES = {SOURCE.file: SOURCE}


def finding(
    severity: Severity = Severity.ERROR, word: str = "badd", message: str = "unknown name `badd`"
) -> Diagnostic:
    start = SOURCE.text.index(word)
    span = SOURCE.span(start, start + len(word))
    fix = Fix("write `bad`", (Edit(span, "bad"),), Applicability.SAFE)
    return Diagnostic("unknown-name", message, span, "did you mean `bad`?", severity, fix=fix)


def test_rdjson_counts_bytes_and_carries_the_fix() -> None:
    (found,) = json.loads(render("rdjson", [finding()], SOURCES, Options()))["diagnostics"]
    assert found["severity"] == "ERROR"
    assert found["code"] == {"value": "unknown-name"}
    # the word begins at the ninth character, which is the tenth byte
    place = {"start": {"line": 1, "column": 10}, "end": {"line": 1, "column": 14}}
    assert found["location"] == {"path": "a.policy", "range": place}
    assert found["suggestions"] == [{"range": place, "text": "bad"}]


def test_checkstyle_has_a_file_for_each_file() -> None:
    items = [finding(), Diagnostic("missing-path", "`x` does not exist", None, "")]
    root = ElementTree.fromstring(render("checkstyle", items, SOURCES, Options()))
    assert [file.get("name") for file in root] == ["a.policy", "."]
    (error,) = root[0]
    assert (error.get("line"), error.get("column"), error.get("severity")) == ("1", "9", "error")
    assert error.get("source") == "policyc.unknown-name"


def test_junit_fails_for_what_fails_check() -> None:
    root = ElementTree.fromstring(render("junit", [finding(), finding(Severity.INFO)], SOURCES, Options()))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.find("failure") is not None for case in root.iter("testcase")] == [True, False]


def test_github_has_the_worst_first_and_says_what_the_runner_would_drop() -> None:
    notes = [finding(Severity.INFO)] * 2
    errors = [finding(message=f"unknown name `{number}`") for number in range(12)]
    lines = render("github", [*notes, *errors], SOURCES, Options()).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::notice"] * 2
    assert "`8`" in lines[8]
    assert lines[9].startswith("::error title=policyc::3 more errors")
    assert len(render("github", errors[:10], SOURCES, Options()).splitlines()) == 10


def test_markdown_is_a_list_with_the_worst_first() -> None:
    text = render("markdown", [finding(Severity.WARNING), finding()], SOURCES, Options())
    assert text == (
        "**policyc**: 1 error, 1 warning\n\n"
        "- error `unknown-name` a.policy:1: unknown name \\`badd\\`\\\n  help: did you mean \\`bad\\`?\n"
        "- warning `unknown-name` a.policy:1: unknown name \\`badd\\`\\\n  help: did you mean \\`bad\\`?\n"
    )
    assert render("markdown", [], SOURCES, Options()) == "**policyc**: no findings\n"


def test_markdown_fits_a_comment() -> None:
    items = [finding(message=f"unknown name {'x' * 200} {number}") for number in range(1000)]
    text = render("markdown", items, SOURCES, Options())
    assert len(text) < 65_000
    shown = sum(line.startswith("- ") for line in text.splitlines())
    assert text.endswith(f"\n{1000 - shown} more findings not shown\n")
