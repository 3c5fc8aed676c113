"""A page for each finding: its example yields that finding and no other, and the right text beside it yields nothing.

Where a fix is offered, the finding is gone once it is applied. The examples are the sections of `schemas/findings/*.md` (`policyc.workspace.catalogue.finding_examples` tells their form); those of the
lint rules are run by `tests/rules`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyc import PolicyError
from policyc.__main__ import main
from policyc.cli.pages import pages, stale_pages, write_pages
from policyc.cli.rule_pages import FOLDER, STAGES
from policyc.lint.examples import FILES
from policyc.lint.registry import RULES, all_rules
from policyc.lint.rule import Rule
from policyc.workspace.catalogue import diagnostic_entries, finding_examples
from tests.docs.arranged import ARRANGED

#: whose example offers a fix, so that none is lost unseen
FIXED = frozenset(Path(__file__).with_name("findings_with_fix.txt").read_text(encoding="utf-8").split())
#: examples that are of something else besides
BESIDE = {
    **{
        name: {"auth-without-policy"}
        for name in (
            "no-path-here",
            "no-requests-here",
            "on-in-a-service-policy",
            "on-is-no-service",
            "service-in-another-network",
        )
    },
    "send-via-modes": {"single-hop-without-override"},
}
#: what a mistake kept from being looked at
REVEALED = {
    "cedar-unknown-function": {"everyone-allowed"},
    "cedar-unknown-method": {"everyone-allowed"},
    "exact-deny-path": {"deny-path-by-spelling"},
    "json-control-character": {"invalid-arn-resource"},
    "known-key": {"type-mismatch"},
}
ENTRIES = {name: stage for stage, name, _ in diagnostic_entries() if name not in RULES}
EXAMPLES = finding_examples()
_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE, _KIND = re.compile(r"file=(\S+)"), re.compile(r"as=(\S+)")
_ENDINGS = {"policy": "policy", "json": "json", "cedar": "cedar", "yaml": "yaml", "hcl": "tf", "toml": "toml"}
#: an example is about one finding, and has no tests of its own
_CONFIG = '[lint]\nignore = ["policy-without-test"]\n'
_FOUND = re.compile(r"^(?:\S+: )?(?:error|warning|info)\[([a-z0-9-]+)\]", re.MULTILINE)


def read_example(text: str) -> tuple[dict[str, str], str]:
    """The files of one half of an example, by name, and its command."""
    files: dict[str, str] = {}
    command = ""
    for found in _BLOCK.finditer(text):
        info = found["info"]
        language = info.partition(" ")[0]
        if language in ("console", "python"):
            command = found["text"].strip() if language == "console" else found["text"]
            continue
        named = _FILE.search(info)
        name = named[1] if named else f"example.{_ENDINGS[language]}"
        files[name] = found["text"]
        kind = _KIND.search(info)
        default = f"policyc check {name}" + (f" --as {kind[1]}" if kind else "")
    return files, command or (default if files else "")


def findings_of(
    files: Mapping[str, str], command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> dict[str, bool]:
    """The names of what is found, and whether a fix is offered for one of them."""
    for name, text in ({"policyc.toml": _CONFIG, **FILES} | dict(files)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if command.startswith("import policyc"):
        return _findings_of_code(command)
    *before, last = [line.removeprefix("$ ") for line in command.splitlines() if line.startswith("$ ")] or [command]
    told = [line for line in command.splitlines() if command.startswith("$ ") and not line.startswith("$ ")]
    for line in before:  # what makes a file that no page can show
        subprocess.run(["bash", "-c", line], cwd=folder, check=True, timeout=20)
    if "$(" in last:
        shown = subprocess.run(["bash", "-c", f'printf "%s\\0" {last}'], capture_output=True, check=True, timeout=20)
        program, *words = os.fsdecode(shown.stdout).split("\0")[:-1]
    else:
        program, *words = shlex.split(last)
    assert program == "policyc"
    data = words[0] == "check" and "--format" not in words and not told
    main([*words, *(["--no-cache"] if words[0] == "check" else []), *(["--format", "json"] if data else [])])
    shown = capsys.readouterr()
    assert [line for line in told if line not in (shown.out + shown.err).splitlines()] == []
    found = dict.fromkeys(_FOUND.findall(shown.out + shown.err), False)
    for item in json.loads(shown.out).get("findings", ()) if shown.out.startswith("{") else ():
        found[item["rule"]] = found.get(item["rule"], False) or item["fix"] is not None
    return found


def _findings_of_code(code: str) -> dict[str, bool]:
    try:
        exec(code, {})
    except PolicyError as error:
        return dict.fromkeys((item.rule for item in error.findings), False)
    return {}


def fixed(name: str, files: Mapping[str, str], command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hold that a finding with a fix is gone once that is applied, and that it brings no other one."""
    left = set(findings_of(files, f"{command} --unsafe-fixes", folder, capsys)) - REVEALED.get(name, set())
    assert left == set(), {file: (folder / file).read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_of_the_finding_and_the_right_text_of_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, _, right = EXAMPLES[name].partition("## Use instead\n")
    files, command = read_example(wrong)
    better, other = read_example(right)
    monkeypatch.chdir(tmp_path)
    for key, value in (("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(key, value)
    with monkeypatch.context() as patch, ARRANGED.get(name, lambda _: nullcontext())(patch):
        found = findings_of(files, command, tmp_path, capsys)
    assert set(found) - BESIDE.get(name, set()) == {name}
    assert found[name] == (name in FIXED), "keep `findings_with_fix.txt` in step"
    if found[name] and "policyc.toml" not in files:  # with settings that cannot be read nothing is changed
        fixed(name, files, command, tmp_path, capsys)
    # a command is said again only where it is another one
    again = other if re.search("^```(console|python)", right, re.MULTILINE) else command
    with (
        monkeypatch.context() as patch,
        ARRANGED.get(name, lambda _: nullcontext())(patch) if name.startswith("access-") else nullcontext(),
    ):
        assert findings_of({**files, **better}, again, tmp_path, capsys) == {}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_fix_of_a_rule_mends_its_example(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = rule.example_documents("Example")
    files = {"example.policy": rule.example("Example")} if not documents else {"example.json": documents[0][1]}
    command = f"policyc check {next(iter(files))}" + (f" --as {documents[0][0]}" if documents else "")
    monkeypatch.chdir(tmp_path)
    found = findings_of(files, command, tmp_path, capsys)
    assert found.get(rule.name, False) == (rule.name in FIXED), "keep `findings_with_fix.txt` in step"
    if rule.name in FIXED:
        fixed(rule.name, files, command, tmp_path, capsys)


def test_every_finding_has_an_example() -> None:
    assert set(EXAMPLES) == set(ENTRIES)
    assert set(ARRANGED) <= set(EXAMPLES)


def test_every_finding_has_a_page() -> None:
    assert stale_pages(Path(__file__).parents[2]) == [], "run `make docs`"
    made = pages()
    for name in (*ENTRIES, *RULES):
        text = made[f"{FOLDER}/{name}.md"]
        assert text.startswith(f"# {name}\n")
        assert f"({name}.md)" in made[f"{FOLDER}/README.md"]
        headings = [line for line in text.splitlines() if line.startswith("## ")]
        assert len(headings) == len(set(headings))


def test_every_stage_has_a_title() -> None:
    assert set(ENTRIES.values()) <= set(STAGES)


def test_explain_reads_the_same_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "missing-action"]) == 0
    assert EXAMPLES["missing-action"] in capsys.readouterr().out


def test_writing_pages_removes_and_renews(tmp_path: Path) -> None:
    wanted = {f"{FOLDER}/a.md": "a", f"{FOLDER}/README.md": "r"}
    write_pages(tmp_path, wanted)
    (tmp_path / FOLDER / "gone.md").write_text("x", encoding="utf-8")
    (tmp_path / FOLDER / "README.md").write_text("x", encoding="utf-8")
    assert stale_pages(tmp_path, wanted) == [f"{FOLDER}/README.md", f"{FOLDER}/gone.md"]
    assert write_pages(tmp_path, wanted) == [f"{FOLDER}/README.md", f"{FOLDER}/gone.md"]
    assert stale_pages(tmp_path, wanted) == []


def test_every_schema_is_called_by_where_it_lies() -> None:
    folder = Path(__file__).parents[2] / "schemas"
    for path in folder.rglob("*.schema.json"):
        place = path.relative_to(folder).as_posix().removesuffix(".schema.json").replace("/", ":")
        schema = json.loads(path.read_text(encoding="utf-8"))
        assert schema["$id"] == f"urn:policyc:schemas:{place}"
        Draft202012Validator.check_schema(schema)


def test_the_scorecard_counts_the_findings_with_a_fix() -> None:
    page = Path(__file__).parents[2] / "docs" / "scorecard.md"
    assert f"fixes: {len(FIXED)} findings have one," in page.read_text(encoding="utf-8")
