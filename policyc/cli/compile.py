"""What every command that reads policies does first: load, emit in memory, check the documents, lint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from policyc.cli import exits
from policyc.cli.config import Config
from policyc.cli.console import Console
from policyc.cli.project import Project
from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean
from policyc.ir.program import Program
from policyc.record import record
from policyc.report.registry import render, serves
from policyc.targets.base import Document
from policyc.text import Source

#: mistakes in `[lint]` of the configuration, as `lint` reports them
CONFIGURATION = frozenset({"unknown-rule", "rule-not-ignored"})


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
    from policyc.targets.program import emit_documents, load_program
    from policyc.targets.schema_check import check_documents

    diagnostics = Diagnostics()
    files = project.policy_files(diagnostics)
    program = load_program(project.root, files, project.params, diagnostics, project.read)
    if project.config.switches:
        program = replace(program, switches=project.config.switches)
    if diagnostics.has_errors:
        return Compiled(program, {}, diagnostics, False)
    documents = emit_documents(program, diagnostics)
    check_documents((document for group in documents.values() for document in group), diagnostics, thorough)
    return Compiled(program, {} if diagnostics.has_errors else documents, diagnostics, True)


def lint(compiled: Compiled, config: Config, diagnostics: Diagnostics) -> None:
    """Run the selected lint rules over a program that compiled and add what they find, at the configured severity.

    A rule that does not exist is reported as `unknown-rule`, an error that cannot be ignored as `rule-not-ignored`; then none runs.
    """
    from policyc.cli.catalogue import native_rules, never_ignored
    from policyc.lint.registry import RULES, Settings, run_rules

    mistakes = Diagnostics()
    for setting, names in (("select", config.select), ("ignore", config.ignore), ("severity", config.severity)):
        for name in names:
            if name not in RULES and not (name == "all" and setting == "select") and name not in native_rules():
                mistakes.error(
                    "unknown-rule",
                    f"there is no lint rule `{name}`",
                    config.span("lint", setting, name),
                    did_you_mean(name, RULES, "`policyc explain rules` lists the rules"),
                )
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
    settings = Settings(
        select=None if "all" in config.select else frozenset(config.select),
        ignore=frozenset(config.ignore),
        severity={name: Severity(text) for name, text in config.severity.items()},
    )
    run_rules(compiled.program, compiled.all_documents, diagnostics, settings)


def report(findings: Sequence[Diagnostic], sources: Mapping[str, Source], console: Console, format: str) -> None:
    """Write findings in a format of `report.registry`."""
    options = console.options()
    if format == "sarif":
        from policyc.cli.catalogue import rule_texts

        options = replace(options, rules=rule_texts())
    console.write(render(format, findings, sources, options))


def refuse(diagnostics: Diagnostics, project: Project, console: Console, format: str = "human") -> int:
    """Report mistakes of the command line or configuration and return their exit status."""
    sources = project.sources
    if format in ("human", "concise"):
        console.error(render(format, diagnostics.sorted(), sources, console.error_options()))
    else:
        report(diagnostics.sorted(), sources, console, format)
    return exits.WRONG_USE


def refuse_findings(compiled: Compiled, project: Project, console: Console, format: str) -> int:
    """Report why there is nothing to go on with; for commands whose own output is not a list of findings."""
    findings = compiled.diagnostics.sorted()
    sources = {**project.sources, **compiled.program.sources}
    if format in ("human", "concise"):
        console.error(render(format, findings, sources, console.error_options()))
    else:
        form = format if serves(format, "findings") else "json"
        console.write(render(form, findings, sources, console.options()))
    return exits.FINDINGS


def refuse_request(
    diagnostics: Diagnostics,
    sources: Mapping[str, Source],
    format: str,
    console: Console,
    status: int = exits.WRONG_USE,
) -> int:
    """Report why a question cannot be answered: to standard output for programs, else to standard error."""
    if format in ("human", "concise") or not serves(format, "findings"):
        form = format if format == "concise" else "human"
        console.error(render(form, diagnostics.sorted(), sources, console.error_options()))
    else:
        console.write(render(format, diagnostics.sorted(), sources, console.options()))
    return status


def nothing_found(console: Console) -> int:
    """Say that no policy file was found; its own exit status, so that an empty folder never reads as clean."""
    console.error("nothing to check: no *.policy file found (see `paths` in policyc.toml, or name a file)\n")
    return exits.NOTHING
