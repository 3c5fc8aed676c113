"""Scenario files on the command line of `policyc test`, and the coverage that tests and scenarios reach together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.model.files import read_source, stays_inside
from policyc.record import replace
from policyc.report.coverage import Gap as ShownGap
from policyc.report.coverage import Shown
from policyc.simulation.runner import TestResult
from policyc.simulation.scenario.coverage import Coverage
from policyc.simulation.scenario.run import Loaded, Surroundings, run_scenario
from policyc.simulation.scenario.shape import ENDINGS
from policyc.text import Source
from policyc.workspace.compile import compile_project
from policyc.workspace.project import Project


def split_scenarios(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The paths that are scenario files by their ending, and all others. Folders are never scenarios."""
    scenarios = [path for path in paths if path.suffix in ENDINGS and not path.is_dir()]
    return scenarios, [path for path in paths if path not in scenarios]


def run_scenarios(
    project: Project,
    files: Sequence[Path],
    policies: Sequence[Path],
    keyword: str,
    coverage: Coverage | None,
    findings: Diagnostics,
) -> tuple[list[TestResult], dict[str, Source]]:
    """Run scenario files. `policies` are the policy files named beside them; none means those of the configuration."""
    sources: dict[str, Source] = {}
    results: list[TestResult] = []
    around = Surroundings(project.root, project.config.switches, _Loader(project, policies, sources), keyword)
    for file in files:
        name = file.resolve().relative_to(project.root).as_posix()
        source = read_source(project.root, name, None, findings)
        if source is not None:
            ran = run_scenario(source, around, coverage)
            findings.extend(ran.findings)
            sources |= ran.sources
            results += ran.results
    return results, sources


class _Loader:
    """Compiles a project once per set of paths."""

    def __init__(self, project: Project, policies: Sequence[Path], sources: dict[str, Source]) -> None:
        self.project, self.policies, self.sources = project, tuple(policies), sources
        self.done: dict[tuple[Path, ...], Loaded | None] = {}

    def __call__(self, names: tuple[str, ...], diagnostics: Diagnostics) -> Loaded | None:
        paths = self.paths(names, diagnostics)
        if diagnostics.has_errors:
            return None
        if paths not in self.done:
            compiled = compile_project(replace(self.project, paths=paths))
            self.sources.update(compiled.program.sources)
            diagnostics.extend(item for item in compiled.diagnostics if item.severity == "error")
            self.done[paths] = None if diagnostics.has_errors else (compiled.program, compiled.all_documents)
        return self.done[paths]

    def paths(self, names: tuple[str, ...], diagnostics: Diagnostics) -> tuple[Path, ...]:
        root = self.project.root
        if not names:
            return self.policies or self.project.paths or tuple(root / text for text in self.project.config.paths)
        for name in names:
            path = root / name
            if "\0" in name or not stays_inside(path, root):
                diagnostics.error(
                    "path-outside-root",
                    f"`{name}` does not stay inside the project root",
                    None,
                    "write a path relative to the root, without `..`",
                )
            elif not os.path.exists(path):  # noqa: PTH110 - False for a name that is too long, where Path raises
                diagnostics.error("missing-path", f"`{name}` does not exist", None, "correct `project` in the scenario")
        return tuple(root / name for name in names)


def shown(coverage: Coverage, threshold: float | None) -> Shown:
    """The coverage as reports take it."""
    gaps = tuple(ShownGap(gap.what, gap.label, gap.text, gap.span) for gap in coverage.gaps())
    numbers: Mapping[str, object] = coverage.data()
    return Shown(coverage.reached, coverage.total, float(str(numbers["percent"])), threshold, gaps)
