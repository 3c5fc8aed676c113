"""The compiled project that a command line asks about, for commands that answer a question."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from policyc.cli.console import Console
from policyc.cli.project import open_project
from policyc.cli.refuse import refuse, refuse_findings
from policyc.diagnostics import Diagnostics
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.project import Project


def add_paths(parser: argparse._ActionsContainer) -> None:
    """The option that says where the policies stand."""
    parser.add_argument(
        "--in",
        dest="paths",
        action="append",
        default=[],
        metavar="PATH",
        help="policy files or folders (default: `paths` of policyc.toml); may be given several times",
    )


def open_compiled(args: argparse.Namespace, named: Sequence[str], console: Console) -> tuple[Project, Compiled] | int:
    """The project with what became of it; the exit status after telling mistakes."""
    diagnostics = Diagnostics()
    return compiled_of(open_project(args, named, diagnostics), diagnostics, args, console)


def compiled_of(
    project: Project, diagnostics: Diagnostics, args: argparse.Namespace, console: Console
) -> tuple[Project, Compiled] | int:
    """The same for a project that was opened, with the mistakes that were found on the way."""
    console.names = project.names
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console, args.format)
    compiled = compile_project(project)
    if compiled.diagnostics.has_errors:
        return refuse_findings(compiled, project, console, args.format)
    return project, compiled
