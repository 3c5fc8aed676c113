"""`policyc build --to FORM`: the documents as templates, modules, manifests and charts."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from policyc.cli.console import Console
from policyc.cli.output import File
from policyc.diagnostics import Diagnostics
from policyc.emitting.registry import CLOSED, form
from policyc.emitting.templates import Opened, open_templates
from policyc.holes import shown
from policyc.ir.program import Program
from policyc.model.files import load_files
from policyc.record import replace
from policyc.report.screen import clean
from policyc.targets.base import Document
from policyc.targets.program import checked_program, emit_documents
from policyc.targets.registry import TARGETS
from policyc.workspace.beside.samples import declared
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.project import Project


def opened_files(project: Project, args: argparse.Namespace, console: Console) -> tuple[Compiled, dict[str, File]]:
    """Every file of the form that `--to` names, with what was compiled for it and everything that was found on the way."""
    found = Diagnostics()
    paths = project.policy_files(found)
    files = load_files(project.root, paths, found, project.read)
    modules = files.modules
    if found.has_errors or not modules:
        return compile_project(project), {}
    last: list[Compiled] = []
    given: Mapping[str, str] = project.params
    if args.minimize:  # which statements are joined may hang on a value, so that none stays open
        given = {**given, **dict.fromkeys(declared(modules, given), "")}
    elif args.to in CLOSED:
        fixed = [name for name, param in declared(modules, given).items() if param.node.default is not None]
        given = {**given, **dict.fromkeys(fixed, "")}
        for name in fixed:
            console.remark(
                f"`{clean(shown(name))}` has its default in the documents; `--param {clean(name)}=…` sets it"
            )

    def compile(values: Mapping[str, str]) -> tuple[Program, Sequence[Document], Diagnostics]:
        if not last:
            last.append(compile_project(replace(project, params={**project.params, **values}), thorough=True))
            first = _minimized(last[0]) if args.minimize else last[0]
            return first.program, _asked(first.documents, args, project), first.diagnostics
        told = Diagnostics()
        program = checked_program(files, {**project.params, **values}, told, project.root, project.read)
        if told.has_errors:
            return program, (), told
        switched = replace(program, switches=project.config.switches) if project.config.switches else program
        return program, _asked(emit_documents(switched, told), args, project), told

    told = Diagnostics()
    opened = open_templates(compile, modules, given, told)
    made = {} if opened is None else form(args.to).write(opened, told)
    if opened is not None:
        _tell(opened, console)
    first = replace(last[0], diagnostics=told)
    return first, {path: File(item.target, item.source, item.text) for path, item in made.items()}


def _minimized(compiled: Compiled) -> Compiled:
    from policyc.workspace.minimizing import minimized

    return minimized(compiled) if not compiled.diagnostics.has_errors else compiled


def _asked(
    documents: Mapping[str, Sequence[Document]], args: argparse.Namespace, project: Project
) -> tuple[Document, ...]:
    """The documents that the command line asks for."""
    return tuple(
        item
        for name in args.target or TARGETS
        for item in documents.get(name, ())
        if not project.named or project.asks_about(item.span.file)
    )


def _tell(opened: Opened, console: Console) -> None:
    for name in opened.decided:
        console.remark(
            f"`{clean(shown(name))}` decides what the documents say and has its default in them; `--param {clean(name)}=…` sets it"
        )
