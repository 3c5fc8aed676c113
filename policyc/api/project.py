"""A project of policy files: load it once, then check, build, test and simulate as the commands of these names do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyc.api.opening import check_workspace, open_workspace
from policyc.api.results import (
    Answer,
    Answers,
    Asked,
    Build,
    BuiltDocument,
    Findings,
    PolicyError,
    TestRun,
    test_answer,
)
from policyc.diagnostics import Diagnostics
from policyc.simulation.plainly import Plain, ProjectAsker, Unaskable
from policyc.syntax import nodes
from policyc.syntax.parser import parse
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.project import Project as Workspace

if TYPE_CHECKING:
    from policyc.api.proofs import Proofs, Who
    from policyc.report.tests import TestResult


def load(
    path: str | PathLike[str] = ".",
    *,
    params: Mapping[str, str] | None = None,
    read: Callable[[str], str | None] | None = None,
) -> Project:
    """The project that `path` belongs to: a folder, or one policy file with what it imports.

    `params` are values for `param` declarations; `read` gives the text of a file that is not saved, by its name from the root. A policy
    with mistakes is loaded too, so that `check` can tell them; the other methods then raise.

    Raises `PolicyError` when there is no such path, or when `policyc.toml` cannot be used.
    """
    return Project(open_workspace(path, params), read)


class Project:
    """A loaded project. It is compiled once, when first asked; load it again to see changed files."""

    def __init__(self, workspace: Workspace, read: Callable[[str], str | None] | None = None) -> None:
        from dataclasses import replace

        self._workspace = workspace if read is None else replace(workspace, read=read)

    @property
    def root(self) -> Path:
        return self._workspace.root

    def check(self) -> Findings:
        """Every finding of `policyc check`: errors, warnings and notes, those of documents in the project's folders too.

        Raises `PolicyError` when `[lint]` of the configuration names rules that there are not.
        """
        from policyc.workspace.documents.native_settings import settings_of

        return check_workspace(self._workspace, settings_of(self._workspace.config), lambda _: self._compiled)

    def build(self) -> Build:
        """Every native document of the project, in memory. Raises `PolicyError` when something is wrong with it."""
        return Build(
            BuiltDocument(item.path, item.kind, item.text, item.attached_to) for item in self._sound.all_documents
        )

    def test(self, keyword: str = "") -> TestRun:
        """Run the `test` and `prove` blocks whose label or file fits `keyword` (words with `and`, `or`, `not`; empty for all).

        Raises `PolicyError` when something is wrong with the project, ValueError when `keyword` cannot be read.
        """
        from policyc.simulation.runner import run_tests

        sound = self._sound
        results: list[TestResult] = [*run_tests(sound.program, sound.all_documents, keyword)]
        results += self.prove(keyword).proofs
        return TestRun(test_answer(result, sound.program.sources) for result in results)

    def prove(self, keyword: str = "") -> Proofs:
        """The `prove` blocks whose label or file fits `keyword`, for all requests and all attachments.

        Raises `PolicyError` when something is wrong with the project, ValueError when `keyword` cannot be read.
        """
        from policyc.api.proofs import Proofs

        sound = self._sound
        if not sound.program.proofs:
            return Proofs((), sound.program.sources)
        from policyc.workspace.claims.proving import prove_all

        return Proofs(tuple(prove_all(sound.program, sound.all_documents, keyword)), sound.program.sources)

    def who(
        self,
        resource: str = "",
        /,
        *,
        can: str | Sequence[str] = (),
        path: str | Sequence[str] = (),
        principal: str = "",
    ) -> Who:
        """Who may do what with a declared resource or network, or (without one) what `principal` may do with all of them: with one of several
        verbs, on one of several paths.

        Raises `PolicyError` when the question cannot be asked or something is wrong with the project.
        """
        from policyc.api.proofs import Who, several
        from policyc.workspace.reach.whole import who_declared

        sound, diagnostics = self._sound, Diagnostics()
        asked = (several(can), several(path))
        found = who_declared(sound.program, sound.all_documents, resource, *asked, principal, diagnostics)
        if diagnostics.has_errors:
            raise PolicyError(Findings(diagnostics, sound.program.sources))
        return Who(tuple(found))

    def simulate(
        self,
        resource: str,
        /,
        *,
        who: str | None = None,
        can: str | None = None,
        path: str | None = None,
        unknown: Iterable[str] = (),
        assume_unknown: bool = False,
        **attributes: Plain,
    ) -> Answer:
        """The answer to one request to a declared resource.

        `who` is a declared principal or an ARN; attributes are given by their names, `**{"source.vpc": "mesh_vpc"}`, None for one that is
        really not there. `unknown` names attributes of which nothing is known.

        Raises `PolicyError` when the request cannot be asked or something is wrong with the project.
        """
        try:
            outcome = self._asker.ask(
                resource, who=who, can=can, path=path, unknown=unknown, assume_unknown=assume_unknown, **attributes
            )
        except Unaskable as error:
            raise PolicyError(Findings(error.diagnostics, self._sound.program.sources)) from error
        return Answer(outcome, self._sound.program.sources)

    def simulate_all(self, requests: Iterable[Mapping[str, Any]]) -> Answers:
        """The answers to many requests, each a mapping with `resource` and what `simulate` takes."""
        asked = []
        for request in requests:
            words = dict(request)
            resource = words.pop("resource")
            asked.append(Asked(dict(request), self.simulate(resource, **words)))
        return Answers(asked)

    def run_test(self, file: str | PathLike[str], label: str) -> TestRun:
        """Run one `test` or `prove` block by its file and label. Raises KeyError when there is none."""
        from policyc.simulation.runner import run_test

        sound = self._sound
        name = Path(file).resolve().relative_to(self.root).as_posix()
        for test in sound.program.tests:
            if test.file == name and test.node.label.value == label:
                result = run_test(sound.program, sound.all_documents, test)
                return TestRun([test_answer(result, sound.program.sources)])
        for proof in sound.program.proofs:
            if proof.file == name and proof.node.label.value == label:
                from policyc.workspace.claims.proving import prove_one

                return TestRun(
                    [test_answer(prove_one(sound.program, sound.all_documents, proof), sound.program.sources)]
                )
        raise KeyError(label)

    def run_scenario(self, file: str | PathLike[str]) -> TestRun:
        """Run a scenario file of the project. Raises `PolicyError` when it cannot be read."""
        from policyc.workspace.scenarios import run_scenarios

        findings = Diagnostics()
        results, sources = run_scenarios(self._workspace, [Path(file)], (), "", None, findings)
        if findings.has_errors:
            raise PolicyError(Findings(findings, sources))
        return TestRun(test_answer(result, sources) for result in results)

    @cached_property
    def _compiled(self) -> Compiled:
        return compile_project(self._workspace)

    @cached_property
    def _sound(self) -> Compiled:
        compiled = self._compiled
        if compiled.diagnostics.has_errors:
            raise PolicyError(Findings(compiled.diagnostics, compiled.program.sources))
        return compiled

    @cached_property
    def _asker(self) -> ProjectAsker:
        return ProjectAsker(self._sound.program, self._sound.all_documents)

    def __repr__(self) -> str:
        return f"<Project {self.root}>"


def tests_in(file: str | PathLike[str]) -> tuple[list[tuple[str, int]], Findings]:
    """Label and line of each `test` and `prove` block of a policy file, from its syntax alone, and what is wrong with that."""
    from policyc.model.files import read_source

    path = Path(file).resolve()
    diagnostics = Diagnostics()
    source = read_source(path.parent, path.name, None, diagnostics)
    if source is None:
        return [], Findings(diagnostics, {})
    module = parse(source, diagnostics)
    found = [
        (node.label.value, source.position(node.label.span.start).line)
        for node in module.declarations
        if isinstance(node, nodes.Labelled)
    ]
    return found, Findings(diagnostics, {source.file: source})
