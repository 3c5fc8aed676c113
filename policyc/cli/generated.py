"""`policyc build --check` for templates: those that say from which document they are generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from policyc.carriers.embedded import Carried
from policyc.carriers.registry import endings
from policyc.diagnostics import Diagnostics
from policyc.emitting.generated import Differs, Stated, differences, may_state, stated
from policyc.model.files import load_files, read_source
from policyc.targets.base import Document
from policyc.text import Source
from policyc.workspace.beside.samples import samples
from policyc.workspace.documents.hosts import Host, open_hosts
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.documents.natives import find_natives, format_of
from policyc.workspace.project import Project


def templates_of(project: Project, diagnostics: Diagnostics) -> list[tuple[Host, Stated]]:
    """Every place in a template of the project that says from which document it is generated; output folders are none."""
    settings = settings_of(project.config)
    named = {place.partition("#")[0] for place in project.config.templates}
    found = find_natives(replace(project, named=(project.root,)), diagnostics, endings())
    files: list[tuple[Source, str]] = []
    for path in found.hosts:
        name = path.relative_to(project.root).as_posix()
        source = read_source(project.root, name, None, diagnostics)
        if source is not None and (name in named or may_state(source.text)):
            format = format_of(path, source, settings)
            files += [(source, format)] if format else []
    hosts = open_hosts(project.root, files, diagnostics, settings)
    out = [(host, place) for host in hosts for place in stated(host, project.config.templates)]
    seen = {host.source.file for host in hosts}
    for setting, document in project.config.templates.items():
        file = setting.partition("#")[0]
        if file not in seen:
            out.append((Host(Source(file, ""), "", Carried()), Stated(file, 0, document, ())))
    return out


def differing(places: Sequence[tuple[Host, Stated]], built: Mapping[str, Document]) -> list[Differs]:
    """How the places differ from what is built, in their order."""
    return [item for host, place in places for item in differences(place, built, host.source)]


def with_samples(project: Project) -> Project:
    """The project with something for each parameter that has no value: a template may leave it open."""
    modules = load_files(project.root, project.policy_files(Diagnostics()), Diagnostics(), project.read).modules
    return replace(project, params={**project.params, **samples(modules, project.params)})
