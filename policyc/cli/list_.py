"""`policyc list`: the policies that stand in documents, templates, plans and manifests, and what is known of each."""

from __future__ import annotations

import argparse
from typing import Any

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.holes import add_bindings, bindings_of
from policyc.cli.project import open_projects
from policyc.cli.refuse import refuse, refuse_request
from policyc.diagnostics import Diagnostics
from policyc.report.screen import clean

SHARED = ("root", "config", "exclude", "format", "output", "color", "quiet")
REPORT = ""
FORMATS = ("human", "json")

DESCRIPTION = """List the documents of a project that no policy file writes: JSON and Cedar as AWS takes them, and what stands
inside templates, plans, manifests and answers of the AWS CLI. Each with its place, its kind, the service that it is
about, what carries it, and whether everything in it is known."""

EPILOG = """examples:
  policyc list                       the paths of policyc.toml
  policyc list infra                 one folder
  policyc list --format json infra

exit status: 0 something was found, 1 something could not be read, 2 wrong use,
4 nothing was found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: `paths` of policyc.toml)")
    add_bindings(parser)
    parser.add_argument("--markdown", action="store_true", help="look into the code fences of Markdown too")


def run(args: argparse.Namespace, console: Console) -> int:
    from dataclasses import replace

    from policyc.workspace.documents.listing import Entry, list_documents
    from policyc.workspace.documents.native_settings import settings_of

    mistakes = Diagnostics()
    projects = open_projects(args, args.paths, mistakes, ())
    console.names = projects[0].names
    if mistakes.has_errors:
        return refuse(mistakes, projects[0], console, args.format)
    values = bindings_of(args)
    found: list[tuple[str, Entry]] = []
    for project in projects:
        settings = replace(settings_of(project.config), values=values, fences=args.markdown)
        entries = list_documents(project, settings, mistakes)
        found += [(project.names.shown(entry.file), entry) for entry in entries]
    if args.format == "json":
        from policyc.report.formats.json import FORMAT_VERSION, written

        head = {"format_version": FORMAT_VERSION, "tool": {"name": "policyc", "version": console.options().version}}
        console.write(written({**head, "documents": [_data(file, entry) for file, entry in found]}))
    else:
        console.write("".join(f"{line}\n" for line in _lines(found)))
    unread = Diagnostics(item for item in mistakes if item.rule == "unreadable-file")
    if len(unread):
        return refuse_request(unread, projects[0].sources, "human", console, exits.FINDINGS)
    if not found:
        from policyc.workspace.programs import helps

        console.error("nothing to list: no document was found\n")
        for said in helps({path for project in projects for path in (project.root, *project.named)}):
            console.error(f"  = help: {said}\n")
    return exits.CLEAN if found else exits.NOTHING


def _data(file: str, entry: Any) -> dict[str, Any]:
    return {
        "file": file,
        "line": entry.line,
        "kind": entry.kind,
        "target": entry.target,
        "name": entry.name,
        "type": entry.type,
        "resource": entry.resource,
        "state": entry.state,
        "unknown": [name.strip("‹›") for name in entry.unknown],
        "when": entry.world,
        "also": entry.also,
        "reason": entry.reason,
    }


def _lines(found: list[tuple[str, Any]]) -> list[str]:
    from policyc.workspace.documents.listing import state_of

    rows = []
    for file, entry in found:
        place = f"{file}:{entry.line}" if entry.line else file
        carrier = " on ".join(filter(None, (entry.name, entry.resource)))
        if entry.world:
            carrier += f" ({entry.world})"
        rows.append((place, entry.kind or "-", entry.target or "-", carrier or "-", state_of(entry)))
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(4)]
    return [
        clean("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0], strict=True)).rstrip())
        for row in rows
    ]
