"""What everything that reads policies does first: load, emit in memory, check the documents, lint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.conditions import tests
from policyc.ir.program import Program
from policyc.record import record, replace
from policyc.targets.base import Document
from policyc.workspace.config import Config
from policyc.workspace.project import Project

if TYPE_CHECKING:
    from policyc.lint.registry import Settings

#: mistakes in `[lint]` of the configuration, as `lint` reports them
CONFIGURATION = frozenset({"unknown-rule", "rule-not-ignored"})
#: a name that nothing mentions may be meant by what has errors, and so may a comment that silences nothing and a policy that no test asks
MAY_BE_MEANT: Final = frozenset({"policy-without-test", "unused-declaration", "unused-import", "unused-suppression"})


@record
class Compiled:
    """`documents` are grouped by target and empty when anything is wrong. `loaded` tells whether the sources themselves were
    read and checked without an error; then the findings depend on the sources alone."""

    program: Program
    documents: Mapping[str, Sequence[Document]]
    diagnostics: Diagnostics
    loaded: bool

    @property
    def all_documents(self) -> list[Document]:
        return [document for group in self.documents.values() for document in group]


def compile_project(project: Project, thorough: bool = False) -> Compiled:
    """Load the project and emit every document in memory; `thorough` checks them with jsonschema."""
    from policyc.targets.program import load_program

    diagnostics = Diagnostics()
    files = project.policy_files(diagnostics)
    program = load_program(project.root, files, project.params, diagnostics, project.read)
    if project.config.switches:
        program = replace(program, switches=project.config.switches)
    if diagnostics.has_errors:
        return Compiled(program, {}, diagnostics, False)
    return emitted(program, diagnostics, thorough)


def emitted(program: Program, diagnostics: Diagnostics, thorough: bool = False) -> Compiled:
    """A program without errors with its documents, and in `diagnostics` what is wrong with these."""
    from policyc.targets.program import emit_documents
    from policyc.targets.schema_check import check_documents

    documents = emit_documents(program, diagnostics)
    every = [document for group in documents.values() for document in group]
    check_documents(every, diagnostics, thorough)
    if any(is_raw(document) for document in every):
        from policyc.lint.raw.emitted import refuse_raw_forms

        refuse_raw_forms(program, every, diagnostics)
    return Compiled(program, {} if diagnostics.has_errors else documents, diagnostics, True)


def lint(compiled: Compiled, config: Config, diagnostics: Diagnostics) -> None:
    """Run the selected lint rules over a program that compiled and add what they find, at the configured severity.

    A rule that does not exist is reported as `unknown-rule`, an error that cannot be ignored as `rule-not-ignored`; then none runs.
    """
    from policyc.lint.registry import RULES, run_rules
    from policyc.lint.renamed import no_such_rule
    from policyc.workspace.catalogue import native_rules, never_ignored

    mistakes = Diagnostics()
    for setting, names in (("select", config.select), ("ignore", config.ignore), ("severity", config.severity)):
        for name in names:
            if name not in RULES and not (name == "all" and setting == "select") and name not in native_rules():
                message, help = no_such_rule(name, native_rules().union(RULES))
                mistakes.error("unknown-rule", message, config.span("lint", setting, name), help)
    for setting, names in (("ignore", config.ignore), ("severity", config.severity)):
        for name in names:
            if name in never_ignored():
                mistakes.error(
                    "rule-not-ignored",
                    f"`{name}` is an error of the document itself, which no setting takes away",
                    config.span("lint", setting, name),
                    "remove it here, and correct the document",
                )
    diagnostics.extend(mistakes)
    if mistakes.has_errors:
        return
    settings = lint_settings(config)
    run_rules(compiled.program, compiled.all_documents, diagnostics, settings)
    if any(is_raw(document) for document in compiled.all_documents) or _asks_open_keys(compiled.program):
        from policyc.lint.raw.emitted import check_raw_forms

        found = Diagnostics()
        check_raw_forms(compiled.program, compiled.all_documents, found)
        for item in found:
            if item.severity is Severity.ERROR or item.rule not in settings.ignore:
                diagnostics.add(replace(item, severity=settings.severity.get(item.rule, item.severity)))


def lint_settings(config: Config) -> Settings:
    """Which rules a project runs, and at which severity."""
    from policyc.lint.registry import Settings

    return Settings(
        select=None if "all" in config.select else frozenset(config.select),
        ignore=frozenset(config.ignore),
        severity={name: Severity(text) for name, text in config.severity.items()},
    )


def _asks_open_keys(program: Program) -> bool:
    """Whether a policy tests a key by `key["…"]`, which the target has no word for."""
    return any(
        test.attribute.name.startswith("key[")
        for policy in program.policies
        for statement in policy.statements
        for test in tests(statement.when)
    )


def is_raw(document: Document) -> bool:
    """Whether a document holds texts of raw forms."""
    return document.kind.rpartition("/")[2].startswith("raw_")
