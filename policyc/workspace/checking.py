"""`check` for one project: its policies, the documents that they compile to, the lint rules, and the documents in its folders."""

from __future__ import annotations

from collections.abc import Callable

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.workspace.compile import CONFIGURATION, Compiled, compile_project, lint
from policyc.workspace.found import Found, kept
from policyc.workspace.natives import NativeSettings, check_natives, find_natives, split_natives
from policyc.workspace.project import Project


def check_project(
    project: Project,
    settings: NativeSettings,
    mistakes: Diagnostics,
    compile: Callable[[Project], Compiled] = compile_project,
) -> Found | None:
    """What is found in one project; None after adding mistakes of its configuration to `mistakes`. `compile` may answer from memory."""
    natives, _ = split_natives(project.named, settings.kind)
    findings = Diagnostics()
    if natives and len(natives) == len(project.named):  # documents alone, without any policy file
        sources = check_natives(project.root, natives, findings, settings, project.read)
        shown = tuple(findings.sorted())
        return Found(project.names, shown, {**project.sources, **sources}, natives=len(natives))
    compiled = compile(project)
    found = Diagnostics(compiled.diagnostics)
    if compiled.loaded and not found.has_errors:
        lint(compiled, project.config, found)
        wrong = [item for item in found if item.rule in CONFIGURATION]
        if wrong:
            mistakes.extend(wrong)
            return None
    searched = find_natives(project, findings)
    natives = list(dict.fromkeys([*natives, *searched.documents]))
    texts = check_natives(project.root, natives, findings, settings, project.read)
    shown = (*kept(found, project, compiled.program.modules, compiled.diagnostics.has_errors), *findings)
    sources = {**compiled.program.sources, **texts}
    return Found(
        project.names,
        tuple(sorted(shown, key=Diagnostic.sort_key)),
        {**project.sources, **sources},
        sum(project.asks_about(name) for name in compiled.program.modules),
        len(natives),
        len(compiled.all_documents),
        compiled.loaded and not (natives and findings.has_errors),
        {name: source.text for name, source in sources.items()},
        searched.looked,
        searched.unread,
    )
