"""The frame around the rules: loading, crashes, settings, suppression comments, generated pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policyc.data import data_root, read_json
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.program import Program
from policyc.lint import registry
from policyc.lint.examples import SHARED, SHARED_FILE
from policyc.lint.registry import RULES, Settings, rule, rule_doc, run_rules
from policyc.lint.rule import Lint, Rule
from policyc.targets.program import load_program
from policyc.text import Source
from policyc.workspace.catalogue import rule_texts
from policyc.workspace.mending import settled

OPEN = 'use "shop.policy" { inventory }\n\npolicy inventory_auth for lattice on inventory {\n%s}\n'
DOOR = '  allow "readers" { who anyone  can GET  path "/stock" }\n'


def load(folder: Path, text: str) -> Program:
    (folder / SHARED_FILE).write_text(SHARED, encoding="utf-8")
    (folder / "case.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(folder, [Path("case.policy")], {}, diagnostics)
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    return program


def run(folder: Path, text: str, *names: str) -> list[tuple[str, int]]:
    found = Diagnostics()
    run_rules(load(folder, text), [], found, Settings(select=frozenset(names or ("open-to-anonymous",))))
    spans = [(item.rule, item.span) for item in found.sorted()]
    return [(name, text.count("\n", 0, span.start) + 1) for name, span in spans if span and span.file == "case.policy"]


# --- loading ----------------------------------------------------------------------------------------------------


def test_rules_are_the_files_of_the_folder() -> None:
    folder = Path(registry.__file__).parent / "rules"
    files = [path.stem.replace("_", "-") for path in folder.glob("*/*.py") if path.stem != "__init__"]
    assert sorted(files) == list(RULES)
    assert len(RULES) >= 22


def test_rules_of_absent_targets_stay_unloaded() -> None:
    code = """
import sys
from policyc.ir.program import Program
from policyc.diagnostics import Diagnostics
from policyc.lint.registry import run_rules
run_rules(Program({}, {}, {}, (), (), (), ()), [], Diagnostics())
loaded = [name for name in sys.modules if name.startswith("policyc.lint.rules.")]
print(sorted({name.split(".")[3] for name in loaded}))
print([name for name in ("lark", "jsonschema", "cedarpy", "boto3", "yaml") if name in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=data_root())
    assert out.stdout.splitlines() == ["['project']", "[]"]


def test_documentation_by_name() -> None:
    assert rule_doc("open-to-anonymous") == rule("open-to-anonymous").doc
    with pytest.raises(KeyError):
        rule_doc("no-such-rule")


def test_a_crashing_rule_is_a_finding_and_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = registry.rule

    def explode(lint: Lint) -> None:
        raise ZeroDivisionError("by design")

    def load_rule(name: str) -> Rule:
        return Rule(name, "project", Severity.INFO, "", explode) if name == "unused-import" else real(name)

    monkeypatch.setattr(registry, "rule", load_rule)
    found = Diagnostics()
    run_rules(load(tmp_path, OPEN % DOOR), [], found)
    crashed = [item for item in found if item.rule == "rule-crashed"]
    assert [item.severity for item in crashed] == [Severity.ERROR]
    assert "`unused-import`" in crashed[0].message and "ZeroDivisionError" in crashed[0].message
    assert any(item.rule == "open-to-anonymous" for item in found)


def test_a_program_with_errors_is_left_alone(tmp_path: Path) -> None:
    program = load(tmp_path, OPEN % DOOR)
    found = Diagnostics([Diagnostic("unknown-name", "unknown name `x`", None, "declare it")])
    run_rules(program, [], found)
    assert [item.rule for item in found] == ["unknown-name"]


def test_settings_choose_rules_and_severities(tmp_path: Path) -> None:
    program = load(tmp_path, OPEN % DOOR)
    chosen, left_out = Diagnostics(), Diagnostics()
    run_rules(
        program,
        [],
        chosen,
        Settings(select=frozenset({"open-to-anonymous"}), severity={"open-to-anonymous": Severity.INFO}),
    )
    run_rules(program, [], left_out, Settings(ignore=frozenset({"open-to-anonymous"})))
    assert [(item.rule, item.severity) for item in chosen] == [("open-to-anonymous", Severity.INFO)]
    assert "open-to-anonymous" not in {item.rule for item in left_out}
    assert "policy-without-test" in {item.rule for item in left_out}


# --- suppression ------------------------------------------------------------------------------------------------


def test_without_a_comment_the_finding_stands(tmp_path: Path) -> None:
    assert run(tmp_path, OPEN % DOOR) == [("open-to-anonymous", 4)]


@pytest.mark.parametrize(
    "text",
    [
        OPEN % ("  // policyc: ignore[open-to-anonymous] the stock is public\n" + DOOR),
        OPEN % ("  // policyc: ignore[open-to-anonymous] public\n  // more words\n\n  /// For everyone.\n" + DOOR),
        OPEN % (DOOR.rstrip() + " // policyc: ignore[open-to-anonymous] the stock is public\n"),
        (OPEN % DOOR).replace("policy inv", "// policyc: ignore[open-to-anonymous] public\npolicy inv"),
        (OPEN % DOOR).replace("use ", "//policyc:ignore-file[ open-to-anonymous ]public\nuse "),
        OPEN
        % '  allow "r" {\n    // policyc: ignore[open-to-anonymous] public\n    who anyone\n    path "/stock"\n  }\n',
        (OPEN % DOOR).replace("policy inv", "// policyc: ignore[open-to-anonymous, unused-import] public\npolicy inv"),
    ],
)
def test_a_suppressed_finding_is_gone(text: str, tmp_path: Path) -> None:
    assert run(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        OPEN % ('  // policyc: ignore[open-to-anonymous] this one\n  deny "x" { who anonymous  path "/x" }\n' + DOOR),
        OPEN % (DOOR + '  deny "x" { who anonymous  path "/x" } // policyc: ignore[open-to-anonymous] this one\n'),
        (OPEN % DOOR) + "// policyc: ignore[open-to-anonymous] the end of the file\n",
    ],
)
def test_a_comment_elsewhere_covers_nothing(text: str, tmp_path: Path) -> None:
    assert {name for name, _ in run(tmp_path, text)} == {"open-to-anonymous", "unused-suppression"}


@pytest.mark.parametrize(
    ("comment", "rule_name"),
    [
        ("// policyc: ignore[open-to-anonymous]", "suppression-without-reason"),
        ("// policyc: ignore[open-to-anonymus, open-to-anonymous] public", "suppression-of-unknown-rule"),
        ("// policyc: ignore open-to-anonymous public", "malformed-suppression"),
        ("// policyc: ignore[] public", "malformed-suppression"),
        ("// policyc: ingore[open-to-anonymous] public", "malformed-suppression"),
        ("// policyc: ignore-file[open-to-anonymous] public", "malformed-suppression"),
    ],
)
def test_a_faulty_comment_is_a_finding(comment: str, rule_name: str, tmp_path: Path) -> None:
    found = run(tmp_path, OPEN % f"  {comment}\n{DOOR}")
    assert (rule_name, 4) in found
    stands = rule_name == "malformed-suppression"
    assert (("open-to-anonymous", 5) in found) is stands


def test_a_misspelt_rule_gets_a_suggestion_and_an_error_an_explanation(tmp_path: Path) -> None:
    text = (
        OPEN % f"  // policyc: ignore[open-to-anonymus, duplicate-label, unlisted-key, attach-operator] public\n{DOOR}"
    )
    found = Diagnostics()
    run_rules(load(tmp_path, text), [], found, Settings(select=frozenset({"open-to-anonymous"})))
    misspelt, error, old, old_error = [item for item in found.sorted() if item.rule == "suppression-of-unknown-rule"]
    assert misspelt.help == "did you mean `open-to-anonymous`?"
    assert "only findings of lint rules" in error.message
    assert error.span is not None and text[error.span.start : error.span.end] == "duplicate-label"
    assert old.message == "`unlisted-key` is called `unknown-condition-key` now"
    assert old.help == "did you mean `unknown-condition-key`?"
    assert old_error.message.endswith("`wrong-operator` now, which is an error that nothing silences")


def test_a_suppression_of_a_rule_that_does_not_run_is_not_unused(tmp_path: Path) -> None:
    text = OPEN % '  // policyc: ignore[open-to-anonymous] later\n  deny "x" { who anonymous }\n'
    assert run(tmp_path, text, "unused-import") == []
    assert run(tmp_path, text) == [("unused-suppression", 4)]


def test_one_of_two_names_may_be_unused(tmp_path: Path) -> None:
    text = OPEN % f"  // policyc: ignore[open-to-anonymous, exact-deny-path] public\n{DOOR}"
    found = Diagnostics()
    run_rules(load(tmp_path, text), [], found, Settings(select=frozenset({"open-to-anonymous", "exact-deny-path"})))
    (idle,) = [item for item in found if item.span is not None and item.span.file == "case.policy"]
    assert idle.rule == "unused-suppression" and "`exact-deny-path`" in idle.message


def test_comments_about_other_things_are_left_alone(tmp_path: Path) -> None:
    text = OPEN % '  // policyc would say: ignore[this]\n  // see policyc: the docs\n  deny "x" { who anonymous }\n'
    assert run(tmp_path, text) == []


def test_fixes_give_a_program_without_the_finding(tmp_path: Path) -> None:
    cases = {
        "unused-import": 'use "shop.policy" { batch_fn, inventory, org }\n\npolicy p for lattice on inventory {\n'
        '  allow "x" { who anonymous }\n}\n',
        "email-pattern-without-domain": 'use "shop.policy" { staff }\n\npolicy p for verified_access on staff {\n'
        '  allow "x" { when okta.email like "*example.com" and okta.email_verified == true }\n}\n',
    }
    for name, text in cases.items():
        found = Diagnostics()
        run_rules(load(tmp_path, text), [], found, Settings(select=frozenset({name})))
        sources = {"case.policy": Source("case.policy", text)}
        here = [item for item in found if item.span is not None and item.span.file == "case.policy"]
        fixes = [settled(item, sources).fix for item in here]
        assert fixes and all(fixes)
        edits = sorted((edit for fix in fixes if fix for edit in fix.edits), key=lambda edit: -edit.span.start)
        for edit in edits:
            text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        assert run(tmp_path, text, name) == []


# --- what is written down ---------------------------------------------------------------------------------------


def test_every_finding_of_the_frame_is_in_the_catalogue() -> None:
    catalogue = json.loads((data_root() / "schemas/errors/lint.json").read_text(encoding="utf-8"))
    assert set(catalogue) == {
        "rule-crashed",
        "malformed-suppression",
        "suppression-without-reason",
        "suppression-of-unknown-rule",
        "unused-suppression",
        "too-many-pairs",
    }
    assert all(set(entry) == {"summary", "why", "help"} for entry in catalogue.values())
    assert not set(catalogue) & set(RULES)


def test_every_old_name_leads_to_one_of_today() -> None:
    old, now = read_json("schemas/renamed.json"), rule_texts().keys()
    assert set(old.values()) <= now and not old.keys() & now


def test_no_rule_shares_its_name_with_an_error() -> None:
    for path in (data_root() / "schemas/errors").glob("*.json"):
        assert not set(json.loads(path.read_text(encoding="utf-8"))) & set(RULES), path.name
