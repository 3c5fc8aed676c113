"""`check` for one project: its policies, the documents that they compile to, the lint rules, and the documents in its folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from policyc.carriers.registry import endings
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.report.tally import NotRead, Tally
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.natives import NOT_READ, SEARCHED, find_natives, split_natives
from policyc.workspace.found import Found, kept
from policyc.workspace.mending import settled
from policyc.workspace.project import Project
from policyc.workspace.remembered import Remembered

if TYPE_CHECKING:
    from policyc.workspace.beside.open_params import Policies
    from policyc.workspace.compile import Compiled

#: for fewer policy files than these, to look at the memory takes about as long as to look at them
MANY: Final = 30


def check_project(
    project: Project,
    settings: NativeSettings,
    mistakes: Diagnostics,
    compile: Callable[[Project], Compiled] | None = None,
    memory: Remembered | None = None,
) -> Found | None:
    """What is found in one project; None after adding mistakes of its configuration to `mistakes`. `compile` may answer from memory, and for
    documents that did not change `memory` does."""
    natives, _ = split_natives(project.named, settings.kind, settings.fences)
    findings = Diagnostics()
    if natives and len(natives) == len(project.named):  # documents alone, without any policy file
        from policyc.workspace.documents.native_files import check_natives

        checked = check_natives(project.root, natives, findings, settings, project.read, natives, memory)
        sources = {**project.sources, **checked.sources}
        shown = tuple(settled(item, sources) for item in findings.sorted())
        return Found(project.names, shown, sources, natives=checked.documents, tally=checked.tally)
    policies = _policies(project, compile, memory)
    if policies.mistakes:
        mistakes.extend(policies.mistakes)
        return None
    found = _told_once(policies.found) if policies.loaded and not policies.failed else policies.found
    wanted = (*SEARCHED, *endings(True)) if settings.fences else SEARCHED
    searched = find_natives(project, findings, wanted, settings.fences)
    paths = list(dict.fromkeys([*natives, *searched.documents, *searched.hosts]))
    if paths or searched.unread:
        from policyc.workspace.programs import untold

        findings.extend(untold(searched.looked, [path.relative_to(project.root).as_posix() for path in searched.hosts]))
    texts: Mapping[str, Source] = {}
    documents, tally = (0, Tally(unreadable=tuple(NotRead(name, 0, "", NOT_READ) for name in searched.unread)))
    if paths:  # most projects of policies have no documents beside them
        from policyc.workspace.documents.native_files import check_natives

        checked = check_natives(project.root, paths, findings, settings, project.read, natives, memory)
        texts, documents, tally = checked.sources, checked.documents, checked.tally.plus(tally)
    shown = (*kept(found, project, policies.modules, policies.failed), *findings)
    sources = {**policies.sources, **texts}
    every = {**project.sources, **sources}
    return Found(
        project.names,
        tuple(sorted((settled(item, every) for item in shown), key=Diagnostic.sort_key)),
        every,
        sum(project.asks_about(name) for name in policies.modules),
        documents,
        policies.documents,
        policies.loaded and not (paths and findings.has_errors),
        {name: source.text for name, source in sources.items()},
        searched.looked,
        tally,
    )


def _policies(project: Project, compile: Callable[[Project], Compiled] | None, memory: Remembered | None) -> Policies:
    from policyc.workspace.beside.open_params import check_policies, policies_of
    from policyc.workspace.compile import compile_project

    compile = compile or compile_project
    is_known = memory is not None and memory.lasts and project.read is None
    if memory is None or not is_known or len(project.policy_files(Diagnostics())) < MANY:
        return policies_of(check_policies(project, compile))
    from policyc.workspace.policy_parts import check_parts

    return check_parts(project, memory, lambda asked: check_policies(asked, compile))


def _told_once(found: Diagnostics) -> Diagnostics:
    """Without the word of a target that it leaves a statement out where a rule says which of its conditions never holds."""
    never = [item.span for item in found if item.rule == "condition-never-holds" and item.span is not None]

    def is_said(item: Diagnostic) -> bool:
        whole = item.span if item.rule == "statement-never-applies" else None
        return whole is not None and any(
            whole.file == one.file and whole.start <= one.start and one.end <= whole.end for one in never
        )

    return Diagnostics(item for item in found if not is_said(item))
