"""A report format is one file: what it has a function for, it serves, and every command that writes such reports offers it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from policyc.__main__ import main
from policyc.report import registry


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A format that only counts, as if its file lay in the folder."""
    module = ModuleType("policyc.report.formats.counted")
    module.findings = lambda items, sources, options: f"{len(items)} findings\n"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = (*registry._names(), "counted")
    monkeypatch.setattr(registry, "_names", lambda: names)
    yield "counted"


def test_each_kind_has_its_formats() -> None:
    """Those that there have to be; a further file may add to them."""
    machines = ("checkstyle", "concise", "github", "gitlab", "json", "junit", "markdown", "rdjson")
    assert registry.formats("findings")[0] == "human" and {*machines, "sarif"} <= {*registry.formats("findings")}
    assert registry.formats("tests")[0] == "human" and {*machines, "sarif"} <= {*registry.formats("tests")}
    assert {"human", "html", "json", "svg"} <= {*registry.formats("outcome")}
    assert {"human", "csv", "html", "json", "markdown", "svg"} <= {*registry.formats("matrix")}
    assert "github" in [name for name in registry._names() if registry.writes_commands(name)]


def test_a_format_is_refused_where_it_serves_nothing() -> None:
    for kind, name in (("findings", "csv"), ("tests", "csv"), ("matrix", "yaml"), ("findings", "../human")):
        assert not registry.serves(name, kind)
        with pytest.raises(KeyError):
            registry.renderer(kind, name)


def test_a_further_file_is_offered_by_the_commands_that_it_serves(
    counted: str, capsys: pytest.CaptureFixture[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert main(["init", "-q"]) == 0
    assert main(["check", "--no-cache", "--format", counted]) == 0
    assert capsys.readouterr().out == "0 findings\n"
    main(["check", "--help"])
    assert counted in capsys.readouterr().out
    assert main(["matrix", "u.json", "--format", counted]) == 2
    assert "choose one of `human`, `csv`, `html`, `json`, `markdown`, `svg`" in " ".join(
        capsys.readouterr().err.split()
    )
