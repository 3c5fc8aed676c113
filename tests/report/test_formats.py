"""Each report format on the same findings, with ordinary and with hostile text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import combining, east_asian_width

import pytest
from jsonschema import Draft202012Validator

from policyc.data import read_text
from policyc.diagnostics import Applicability, Diagnostic, Edit, Fix, Label, Severity
from policyc.record import replace
from policyc.report.options import Names, Options, RuleText
from policyc.report.registry import formats, render, renderer
from policyc.report.tests import render_tests
from policyc.text import Source, Span

TEXT = """module shop
let shop: account = "111122223333"
policy inventory for lattice on svc {
  allow "read" { who ordr_fn  can GET }
}
"""
SOURCE = Source("policies/shop.policy", TEXT)
SOURCES = {SOURCE.file: SOURCE}


def span_of(source: Source, word: str) -> Span:
    start = source.text.index(word)
    return source.span(start, start + len(word))


def finding(source: Source = SOURCE, word: str = "ordr_fn", **changes: object) -> Diagnostic:
    span = span_of(source, word)
    shown = {
        "rule": "unknown-name",
        "message": f"unknown name `{word}`",
        "span": span,
        "help": "did you mean `order_fn`?",
    } | changes
    return Diagnostic(**shown)  # type: ignore[arg-type]


def human(items: Sequence[Diagnostic], sources: dict[str, Source] = SOURCES, **options: object) -> str:
    return render("human", items, sources, Options(**options))  # type: ignore[arg-type]


def width(line: str) -> int:
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in line)


# --- human ----------------------------------------------------------------------------------------------------


def test_human_shows_line_caret_help_and_summary() -> None:
    assert human([finding()]) == (
        "error[unknown-name]: unknown name `ordr_fn`\n"
        "  --> policies/shop.policy:4:22\n"
        "   |\n"
        ' 4 |   allow "read" { who ordr_fn  can GET }\n'
        "   |                      ^^^^^^^\n"
        "  = help: did you mean `order_fn`?\n"
        "\n"
        "1 error\n"
    )


def test_human_shows_labels_of_the_same_file_in_order_and_of_others_apart() -> None:
    other = Source("org.policy", "let org = 1\n")
    labels = (Label(span_of(SOURCE, "shop:"), "declared here"), Label(span_of(other, "org"), "and here"))
    text = human([finding(labels=labels)], {**SOURCES, other.file: other})
    assert text.splitlines()[1:12] == [
        "  --> policies/shop.policy:4:22",
        "   |",
        ' 2 | let shop: account = "111122223333"',
        "   |     ----- declared here",
        "  ...",
        ' 4 |   allow "read" { who ordr_fn  can GET }',
        "   |                      ^^^^^^^",
        "  ::: org.policy:1:5",
        "   |",
        " 1 | let org = 1",
        "   |     --- and here",
    ]


def test_human_draws_a_block_for_several_lines() -> None:
    start = TEXT.index("policy inventory")
    text = human([finding(span=SOURCE.span(start, len(TEXT)))])
    assert text.splitlines()[3:8] == [
        " 3 | / policy inventory for lattice on svc {",
        ' 4 | |   allow "read" { who ordr_fn  can GET }',
        " 5 | | }",
        "   | |_^",
        "  = help: did you mean `order_fn`?",
    ]


def test_human_cuts_the_middle_of_a_long_block() -> None:
    source = Source("a.policy", "x\n" * 500)
    lines = human([finding(source, "x", span=source.span(0, 999))], {source.file: source}).splitlines()
    assert len(lines) < 16
    assert "  500 | |" in "\n".join(lines) or "500 | | x" in "\n".join(lines)


def test_human_points_behind_the_last_character_at_the_end_of_a_file() -> None:
    source = Source("a.policy", "module")
    lines = human([finding(source, "module", span=source.span(6, 6))], {source.file: source}).splitlines()
    assert lines[3:5] == [" 1 | module", "   |       ^"]


def test_human_without_a_place_or_without_the_file() -> None:
    assert human([finding(span=None)]).startswith("error[unknown-name]: unknown name `ordr_fn`\n  = help:")
    text = human([finding()], {})
    assert "  --> policies/shop.policy\n" in text and "^" not in text


def test_human_counts_by_severity_and_is_silent_without_findings() -> None:
    items = [finding(), finding(severity=Severity.WARNING), finding(severity=Severity.INFO), finding(word="svc")]
    assert human(items).endswith("\n\n2 errors, 1 warning, 1 note\n")
    assert human([]) == ""


def test_human_aligns_carets_below_tabs_wide_and_combined_characters() -> None:
    source = Source("a.policy", '\tallow "倉庫e\u0301" { bad }\n')
    lines = human([finding(source, "bad")], {source.file: source}).splitlines()
    before, below = lines[3], lines[4]
    assert width(before[: before.index("bad")]) == below.index("^")
    assert below.count("^") == 3


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_human_fits_its_width(columns: int) -> None:
    long = '  path "' + "/item" * 400 + '", wrong_name, "' + "/more" * 400 + '"'
    source = Source("deep/" * 3 + "a.policy", long + "\n" + "倉" * 300 + "\n")
    label = Label(span_of(source, "倉倉"), "a label text that is so long that it cannot stand beside its mark " * 3)
    item = finding(source, "wrong_name", message="word " * 60 + "x" * 300, help="help " * 60, labels=(label,))
    text = human([item], {source.file: source}, width=columns)
    assert max(width(line) for line in text.splitlines()) <= columns
    window = next(line for line in text.splitlines() if "wrong_name" in line and "|" in line)
    below = text.splitlines()[text.splitlines().index(window) + 1]
    assert width(window[: window.index("wrong_name")]) == below.index("^^")
    assert below.count("^") == len("wrong_name")


def test_human_handles_a_megabyte_on_one_line() -> None:
    # Linear work takes about a second; quadratic work would not end.
    source = Source("a.policy", "a" * 700_000 + " here " + "\t\x1b" * 200_000)
    text = human([finding(source, "here", message="m" * 1_000_000)], {source.file: source})
    assert "here" in text and "\x1b" not in text


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\rb",
    "a\bb",
    "nul\x00",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "zero\u200bwidth",
    "line\u2028sep",
    "\ufeffbom",
    "tag\U000e0041",
    "lone\ud800",
    "\x7f",
    "a\x0bb\x0cc",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("format", ["human", "concise", "github"])
def test_no_text_can_steer_a_terminal(format: str, text: str) -> None:
    source = Source(f"dir{text}/a.policy", f'allow "{text}" {{ bad }}\n')
    item = finding(
        source,
        "bad",
        message=f"message {text}",
        help=f"help {text}",
        rule=f"rule{text}",
        labels=(Label(span_of(source, "allow"), f"label {text}"),),
        fix=Fix(f"fix {text}", (Edit(span_of(source, "bad"), text),)),
    )
    shown = render(format, [item], {source.file: source}, Options())
    allowed = re.compile(r"[^\n -~\u2026]")
    assert not allowed.search(shown)
    assert shown.encode("utf-8")


def test_escapes_say_which_character_it_was() -> None:
    source = Source("a.policy", 'allow "a\x1b[31m\u202e" bad\n')
    shown = human([finding(source, "bad")], {source.file: source})
    assert 'allow "a\\x1b[31m\\u{202e}" bad' in shown


def test_color_only_wraps_whole_parts() -> None:
    plain = human([finding(labels=(Label(span_of(SOURCE, "shop:"), "declared here"),))])
    painted = human([finding(labels=(Label(span_of(SOURCE, "shop:"), "declared here"),))], color=True)
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain
    assert painted.count("\x1b[0m") == len(re.findall(r"\x1b\[[1-9][0-9;]*m", painted))


def test_people_read_files_from_where_they_stand_and_code_hosts_from_the_repository() -> None:
    names = Names("/repo/teams/shop", "/repo/teams/shop/docs", "/repo")
    assert "--> ../policies/shop.policy:4:22" in human([finding()], names=names)
    assert "file=teams/shop/policies/shop.policy," in render("github", [finding()], SOURCES, Options(names=names))
    place = sarif([finding()], names=names)["results"][0]["locations"][0]["physicalLocation"]  # type: ignore[index]
    assert place["artifactLocation"]["uri"] == "teams/shop/policies/shop.policy"
    entry = json.loads(render("gitlab", [finding()], SOURCES, Options(names=names)))[0]
    assert entry["location"] == {"path": "teams/shop/policies/shop.policy", "lines": {"begin": 4}}
    assert entry["severity"] == "critical" and entry["check_name"] == "unknown-name" and entry["fingerprint"]


# --- concise, github ------------------------------------------------------------------------------------------


def test_concise_is_one_line_each() -> None:
    text = render("concise", [finding(), finding(span=None, severity=Severity.WARNING)], SOURCES, Options())
    assert text == (
        "policies/shop.policy:4:22: error[unknown-name]: unknown name `ordr_fn`\n"
        "warning[unknown-name]: unknown name `ordr_fn`\n"
    )


def test_github_escapes_properties_and_data() -> None:
    source = Source("a,b:c%.policy", "x bad\n")
    item = finding(source, "bad", message="100% wrong\nreally", help="")
    # The line break in the message is shown as an escape; a real one would end the command.
    assert render("github", [item], {source.file: source}, Options()) == (
        "::error file=a%2Cb%3Ac%25.policy,line=1,endLine=1,col=3,endColumn=5,title=policyc unknown-name"
        "::100%25 wrong\\x0areally\n"
    )


def test_github_cannot_be_tricked_into_a_second_command() -> None:
    item = finding(message="x\n::add-mask::secret\r::stop-commands::t")
    text = render("github", [item], SOURCES, Options())
    assert text.count("\n") == 1 and "\r" not in text


def test_github_leaves_columns_out_for_several_lines() -> None:
    item = finding(span=SOURCE.span(0, len(TEXT)), severity=Severity.INFO)
    text = render("github", [item], SOURCES, Options())
    assert text.startswith("::notice file=policies/shop.policy,line=1,endLine=5,title=")


# --- json, sarif ----------------------------------------------------------------------------------------------

RICH = finding(
    labels=(Label(span_of(SOURCE, "shop:"), "declared here"),),
    fix=Fix("rename it", (Edit(span_of(SOURCE, "ordr_fn"), "order_fn"),), Applicability.SAFE),
)


def test_json_has_the_published_shape_and_positions() -> None:
    data = json.loads(render("json", [RICH, finding(span=None)], SOURCES, Options(version="1.2.3")))
    Draft202012Validator(json.loads(read_text("schemas/report.schema.json"))).validate(data)
    assert data["format_version"] == 1 and data["tool"]["version"] == "1.2.3"
    first = data["findings"][0]
    assert first["location"] == {
        "file": "policies/shop.policy",
        "start": {"line": 4, "column": 22},
        "end": {"line": 4, "column": 29},
        "offsets": [TEXT.index("ordr_fn"), TEXT.index("ordr_fn") + 7],
    }
    assert first["fix"]["applicability"] == "safe" and first["fix"]["edits"][0]["replacement"] == "order_fn"
    assert data["findings"][1]["location"] is None
    assert data["counts"] == {"error": 2, "warning": 0, "info": 0}


def test_json_is_ascii_whatever_the_text() -> None:
    for text in HOSTILE:
        shown = render("json", [finding(message=text)], SOURCES, Options())
        assert shown.isascii() and json.loads(shown)["findings"][0]["message"] == text


def sarif(items: Sequence[Diagnostic], **options: object) -> dict[str, object]:
    data = json.loads(render("sarif", items, SOURCES, Options(**options)))  # type: ignore[arg-type]
    assert data["version"] == "2.1.0" and len(data["runs"]) == 1
    run: dict[str, object] = data["runs"][0]
    return run


def test_sarif_has_rules_results_regions_and_fixes() -> None:
    rules = {"unknown-name": RuleText("a name is not known", "It was never declared.", "declare it")}
    run = sarif([RICH], version="0.1.0", rules=rules)
    driver = run["tool"]["driver"]  # type: ignore[index]
    assert driver["name"] == "policyc" and driver["semanticVersion"] == "0.1.0"
    rule = driver["rules"][0]
    assert rule["id"] == "unknown-name" and rule["shortDescription"]["text"] == "a name is not known"
    assert rule["properties"]["documentation"] == "policyc explain unknown-name" and "helpUri" not in rule
    assert run["columnKind"] == "unicodeCodePoints"
    result = run["results"][0]  # type: ignore[index]
    assert result["ruleIndex"] == 0 and result["level"] == "error"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "policies/shop.policy", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {
        "startLine": 4,
        "startColumn": 22,
        "endLine": 4,
        "endColumn": 29,
        "charOffset": TEXT.index("ordr_fn"),
        "charLength": 7,
    }
    assert result["relatedLocations"][0]["message"]["text"] == "declared here"
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "order_fn"


def test_sarif_levels_and_findings_without_a_place() -> None:
    """GitHub refuses the whole upload for one result without a place (github/codeql-action#1738): such findings are notifications of the run."""
    items = [finding(rule=f"rule-{level}", severity=level, span=None) for level in Severity]
    run: Any = sarif([*items, *(replace(item, span=RICH.span) for item in items)])
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert all(result["locations"] for result in run["results"])
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [(item["descriptor"]["id"], item["level"]) for item in told] == [
        (f"rule-{level}", wanted) for level, wanted in zip(Severity, ("error", "warning", "note"), strict=True)
    ]


def fingerprints(items: Sequence[Diagnostic], source: Source) -> list[str]:
    data = json.loads(render("sarif", items, {source.file: source}, Options()))
    return [result["partialFingerprints"]["policycFinding/v1"] for result in data["runs"][0]["results"]]


def test_sarif_fingerprints_survive_lines_above_and_tell_twins_apart() -> None:
    moved = Source(SOURCE.file, "// new\n\n" + TEXT)
    assert fingerprints([finding()], SOURCE) == fingerprints([finding(moved)], moved)
    twins = fingerprints([finding(), finding(span=SOURCE.span(TEXT.index("GET"), TEXT.index("GET") + 3))], SOURCE)
    assert len(set(twins)) == 2
    assert fingerprints([finding(message="other")], SOURCE) != fingerprints([finding()], SOURCE)


def test_sarif_escapes_file_names_as_uris() -> None:
    source = Source("a b/ü#?.policy", "bad\n")
    data = json.loads(render("sarif", [finding(source, "bad")], {source.file: source}, Options()))
    place = data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC%23%3F.policy"


@pytest.mark.parametrize("name", formats("findings"))
def test_every_format_is_pure_and_takes_no_findings(name: str) -> None:
    items = [RICH, finding(span=None)]
    assert render(name, items, SOURCES, Options()) == render(name, items, SOURCES, Options())
    assert isinstance(render(name, [], {}, Options()), str)


def test_unknown_formats_are_an_error() -> None:
    with pytest.raises(KeyError):
        render("yaml", [], {}, Options())


# --- tests ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    label: str
    span: Span
    passed: bool
    findings: Sequence[Diagnostic] = ()


RESULTS = [
    Result("reads stock", span_of(SOURCE, "allow"), True),
    Result('a write <is> no "read" & \x1b[31m\ufffe', span_of(SOURCE, "policy"), False, (finding(rule="test-failed"),)),
]


def test_test_results_for_people() -> None:
    lines = render_tests(RESULTS, SOURCES, Options()).splitlines()
    assert lines[0] == "policies/shop.policy: 1 of 2 tests passed, FAILED"
    assert lines[2].startswith("failed: a write <is> no") and lines[2].endswith("(policies/shop.policy:3:1)")
    assert "\x1b" not in lines[2] and "error[test-failed]: unknown name `ordr_fn`" in lines
    assert lines[-1] == "1 failed, 1 passed"
    good = render_tests(RESULTS[:1], SOURCES, Options())
    assert good == "policies/shop.policy: 1 of 1 test passed, ok\n\n1 passed\n"


def test_test_results_concise_and_json() -> None:
    lines = renderer("tests", "concise")(RESULTS, SOURCES, Options()).splitlines()
    assert lines[0] == "policies/shop.policy:4:3: pass: reads stock" and ": fail: a write" in lines[1]
    data = json.loads(renderer("tests", "json")(RESULTS, SOURCES, Options()))
    Draft202012Validator(json.loads(read_text("schemas/tests.schema.json"))).validate(data)
    assert data["counts"] == {"passed": 1, "failed": 1}


def test_junit_is_xml_whatever_the_text() -> None:
    root = ElementTree.fromstring(renderer("tests", "junit")(RESULTS, SOURCES, Options(color=True)).encode("utf-8"))
    assert root.tag == "testsuites" and root.get("tests") == "2" and root.get("failures") == "1"
    suite = root.find("testsuite")
    assert suite is not None and suite.get("name") == "policies/shop.policy"
    good, bad = suite.findall("testcase")
    assert good.get("name") == "reads stock" and good.find("failure") is None and good.get("line") == "4"
    failure = bad.find("failure")
    assert failure is not None and failure.get("message") == "unknown name `ordr_fn`"
    assert "^^^^^^^" in (failure.text or "") and bad.get("name") == 'a write <is> no "read" & \\x1b[31m\\u{fffe}'


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_survives_hostile_text(text: str) -> None:
    results = [Result(text, span_of(SOURCE, "allow"), False, (finding(message=text, help=text),))]
    ElementTree.fromstring(renderer("tests", "junit")(results, SOURCES, Options()).encode("utf-8"))
