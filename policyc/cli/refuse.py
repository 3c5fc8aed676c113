"""Telling what was found, and why there is nothing to go on with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.record import replace
from policyc.report.registry import render, serves
from policyc.report.screen import wrap
from policyc.report.tally import Tally
from policyc.text import Source
from policyc.workspace.mending import settled
from policyc.workspace.project import Project

if TYPE_CHECKING:
    from policyc.workspace.compile import Compiled


def report(
    findings: Sequence[Diagnostic],
    sources: Mapping[str, Source],
    console: Console,
    format: str,
    tally: Tally | None = None,
) -> None:
    """Write findings in a format of `report.registry`, with what was seen of policies inside other files."""
    options = replace(console.options(), tally=tally)
    if format == "sarif":
        from policyc.workspace.catalogue import rule_texts

        options = replace(options, rules=rule_texts(), pages=os.environ.get("POLICYC_PAGES", ""))
    console.write(render(format, [settled(item, sources) for item in findings], sources, options))


def refuse(diagnostics: Diagnostics, project: Project, console: Console, format: str = "human") -> int:
    """Report mistakes of the command line or configuration and return their exit status."""
    return refuse_request(diagnostics, project.sources, format, console)


def refuse_findings(compiled: Compiled, project: Project, console: Console, format: str) -> int:
    """Report why there is nothing to go on with; for commands whose own output is not a list of findings."""
    sources = {**project.sources, **compiled.program.sources}
    return refuse_request(compiled.diagnostics, sources, format, console, exits.FINDINGS)


def refuse_request(
    diagnostics: Diagnostics,
    sources: Mapping[str, Source],
    format: str,
    console: Console,
    status: int = exits.WRONG_USE,
) -> int:
    """Report why a question cannot be answered and return `status`: to standard output in a format that programs read and that has a
    place for findings, else as text to standard error, where no picture or table is expected."""
    if format in ("human", "concise") or not serves(format, "findings"):
        form = format if format == "concise" else "human"
        console.error(render(form, diagnostics.sorted(), sources, console.error_options()))
    else:
        report(diagnostics.sorted(), sources, console, format)
    return status


def nothing_found(console: Console, folders: Iterable[Path] = (), help: str = "") -> int:
    """Say that no policy file was found; its own exit status, so that an empty folder never reads as clean. `folders` are those that were
    searched for documents too: where one of them, or a folder in it, holds a program that writes policies, say where those are. `help` is
    what leads on in place of a project."""
    from policyc.workspace.programs import helps  # only where nothing is there

    folders = list(folders)
    what = "there is neither a policy file nor a document here" if folders else "there is no policy file here"
    console.error(f"nothing found: {what}\n")
    told = helps(folders)
    more = "" if folders else "; `policyc import` writes policies for documents"
    for said in told or (help or f"name a file or a folder, or start a project with `policyc init`{more}",):
        console.error("\n".join(wrap(f"  = help: {said}", console.options().width, " " * 10)) + "\n")
    return exits.NOTHING
