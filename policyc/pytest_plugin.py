"""A pytest plugin: the `test` and `prove` blocks of `*.policy` files, and the cases of scenario files, as test items.

Installed with policyc, it is found by its entry point; `-p policyc` names it, `-p no:policyc` leaves it out. Files that are called
`*.scenario.yaml` (or `.yml`, `.json`), or that the command line names, are taken as scenarios. A project is compiled once for
each process. A failed test shows its own source lines, never a Python traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from policyc.api.project import Project
    from policyc.api.results import Findings, TestAnswer

POLICY: Final = ".policy"
SCENARIOS: Final = (".scenario.yaml", ".scenario.yml", ".scenario.json")
_NAMED: Final = (".yaml", ".yml", ".json")
_PROJECTS: pytest.StashKey[dict[Path, Project]] = pytest.StashKey()


class Failed(Exception):
    """A test that did not hold, or a file that cannot be tested: the message is all there is to show."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == POLICY:
        return PolicyFile.from_parent(parent, path=file_path)
    named = file_path.suffix in _NAMED and any(_same(argument, file_path) for argument in parent.config.args)
    if file_path.name.endswith(SCENARIOS) or named:
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def _same(argument: str, path: Path) -> bool:
    return Path(argument.partition("::")[0]).absolute() == path


class PolicyFile(pytest.File):
    """One policy file. Collecting reads its syntax only; the project around it is compiled when its first test runs."""

    def collect(self) -> Iterator[PolicyItem]:
        from policyc.api.project import tests_in

        found, findings = tests_in(self.path)
        if findings.errors:
            raise Failed(str(findings))
        for label, line in found:
            yield PolicyItem.from_parent(self, name=label, line=line)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo)

    def answer(self, label: str) -> TestAnswer:
        return _project(self.config, self.path).run_test(self.path, label)[0]


class ScenarioFile(PolicyFile):
    """One scenario file; its cases run together and are kept."""

    _held: dict[str, TestAnswer] | None = None

    def collect(self) -> Iterator[PolicyItem]:
        for label, answer in self._answers().items():
            line = answer.place.line if answer.place else 1
            yield PolicyItem.from_parent(self, name=label, line=line)

    def answer(self, label: str) -> TestAnswer:
        return self._answers()[label]

    def _answers(self) -> dict[str, TestAnswer]:
        from policyc.api.results import PolicyError

        if self._held is None:
            try:
                run = _project(self.config, self.path).run_scenario(self.path)
            except PolicyError as error:
                raise Failed(str(error.findings)) from error
            self._held = {item.label: item for item in run}
        return self._held


class PolicyItem(pytest.Item):
    """One `test` or `prove` block, or scenario case; `line` counts from 1."""

    def __init__(self, *, line: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.line = line

    def runtest(self) -> None:
        from policyc.api.results import PolicyError

        assert isinstance(self.parent, PolicyFile)
        try:
            answer = self.parent.answer(self.name)
        except PolicyError as error:
            raise Failed(str(error.findings)) from error
        if not answer.passed:
            raise Failed(_told(answer.findings))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        # a name that ends the item's id would have its dots shown as colons
        return self.path, self.line - 1, f'test "{self.name}"'


def _told(findings: Findings) -> str:
    return findings.render("human").rstrip("\n")


def _project(config: pytest.Config, path: Path) -> Project:
    """The project of a file, compiled once for each process."""
    from policyc.api.opening import find_root
    from policyc.api.project import load

    held = config.stash.setdefault(_PROJECTS, {})
    root = find_root(path)
    if root not in held:
        held[root] = load(root)
    return held[root]
