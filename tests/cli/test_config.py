"""`policyc.toml`: what it takes, and where its mistakes are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.config import Config, find_key, load_config


def load(tmp_path: Path, text: str | bytes) -> tuple[Config, list[Diagnostic]]:
    file = tmp_path / "policyc.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    diagnostics = Diagnostics()
    return load_config(file, diagnostics), list(diagnostics)


def place(found: Diagnostic, text: str) -> str:
    """The text that a finding points at."""
    assert found.span is not None and found.span.file == "policyc.toml"
    return text[found.span.start : found.span.end]


def test_all_settings(tmp_path: Path) -> None:
    text = """
[project]
name = "x"
paths = ["policies", "more/a.policy"]
[params]
stage = "prod"
limit = 3
strict = true
[lint]
select = ["one", "two"]
ignore = ["three"]
severity = { one = "error" }
[build]
out = "dist/policies"
"""
    config, found = load(tmp_path, text)
    assert found == []
    assert config.paths == ("policies", "more/a.policy") and config.name == "x"
    assert config.params == {"stage": "prod", "limit": "3", "strict": "true"}
    assert config.select == ("one", "two") and config.ignore == ("three",) and config.severity == {"one": "error"}
    assert config.out == "dist/policies"


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    config, found = load(tmp_path, "")
    assert found == [] and config.paths == (".",) and config.select == ("all",) and config.out == "out"


@pytest.mark.parametrize(
    ("text", "rule", "at", "help"),
    [
        ("[project]\npath = []\n", "unknown-setting", "path", "did you mean `paths`?"),
        ("[projects]\n", "unknown-setting", "projects", "did you mean `project`?"),
        ("paths = ['x']\n", "unknown-setting", "paths", "the settings here are"),
        ("[lint]\nselect = 'all'\n", "invalid-setting", "select", ""),
        ("[lint.severity]\nsome-rule = 'fatal'\n", "invalid-setting", "some-rule", ""),
        ("[build]\nout = 3\n", "invalid-setting", "out", ""),
        ("[params]\nrate = 1.5\n", "invalid-setting", "rate", ""),
        ("[params]\nratio = inf\n", "invalid-setting", "ratio", ""),
        ("[params]\n'two words' = 1\n", "invalid-setting", "'two words'", ""),
        ("[project]\npaths = []\n", "invalid-setting", "paths", ""),
        ("[project]\npaths = ['../up']\n", "path-outside-root", "paths", ""),
        ("[project]\npaths = ['/etc']\n", "path-outside-root", "paths", ""),
        ("[build]\nout = '../../out'\n", "path-outside-root", "out", ""),
    ],
)
def test_mistakes_are_located(tmp_path: Path, text: str, rule: str, at: str, help: str) -> None:
    _, found = load(tmp_path, text)
    assert [item.rule for item in found] == [rule]
    assert place(found[0], text) == at
    assert help in found[0].help


def test_broken_toml_is_located_at_its_line(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\nname = \n'
    _, found = load(tmp_path, text)
    assert [item.rule for item in found] == ["invalid-config"]
    assert found[0].span is not None
    assert Source("policyc.toml", text).position(found[0].span.start).line == 3
    assert not found[0].message.endswith(".")


def test_broken_at_the_end_of_the_file(tmp_path: Path) -> None:
    _, found = load(tmp_path, "[project")
    assert [item.rule for item in found] == ["invalid-config"] and found[0].span is not None


def test_other_encodings_depth_size_and_missing_files(tmp_path: Path) -> None:
    _, found = load(tmp_path, b"[project]\nname = '\xff'\n")
    assert [item.rule for item in found] == ["invalid-config"] and "byte 18" in found[0].message
    _, found = load(tmp_path, "x = " + "[" * 100_000)
    assert [item.rule for item in found] == ["invalid-config"]
    _, found = load(tmp_path, "#" * 2_000_000)
    assert [item.rule for item in found] == ["unreadable-config"]
    diagnostics = Diagnostics()
    load_config(tmp_path / "nowhere.toml", diagnostics)
    assert [item.rule for item in diagnostics] == ["unreadable-config"]


def test_keys_are_found_in_their_own_table() -> None:
    source = Source("policyc.toml", '[build]\nname = 1\n[project]\n"name" = 2\n[a.b]\nname = 3\n')
    starts = [find_key(source, path).start for path in (("build", "name"), ("project", "name"), ("a", "b", "name"))]
    assert starts == [source.text.index("name"), source.text.index('"name"'), source.text.rindex("name")]
    assert find_key(source, ("project", "other")).start == source.text.index("project")
    assert find_key(source, ("nowhere",)).start == 0
