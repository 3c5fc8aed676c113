"""From files to a checked program: names, values, resources, policies, networks, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics, Label, did_you_mean
from policyc.ir.program import BoundNetwork, BoundProof, BoundTest, Program
from policyc.ir.resources import bind_resource, check_links
from policyc.ir.statements import Built, StatementBuilder
from policyc.ir.target_port import TargetPort
from policyc.model.files import Files, Unsaved, load_files, read_inside
from policyc.model.names import Definition, bind_imports, declare
from policyc.model.scope import Project, Scope, constructors
from policyc.model.soundness import sound_modules
from policyc.model.values import Principal, Resource
from policyc.record import replace
from policyc.syntax import nodes
from policyc.text import Source, Span


def build_program(
    root: Path,
    paths: Sequence[Path],
    params: Mapping[str, str],
    words: TargetPort,
    diagnostics: Diagnostics,
    read: Unsaved | None = None,
) -> Program:
    """Load `paths` and their imports below `root` and check everything; `read` has the texts that are not saved.

    Always returns a program; with errors in `diagnostics` it is partial and must not be emitted.
    """
    files = load_files(root, paths, diagnostics, read)
    return check_files(files, params, words, diagnostics, root, read)


def check_files(
    files: Files,
    params: Mapping[str, str],
    words: TargetPort,
    diagnostics: Diagnostics,
    root: Path | None = None,
    read: Unsaved | None = None,
) -> Program:
    """The program of already parsed files; `root` is where further files are looked for that resources name, `read` has those of
    them that are not saved."""
    project = Project(params)
    known: dict[frozenset[str], dict[str, str]] = {}  # files that write for the same targets reserve the same words
    reserved = {file: _reserved(module, words, known) for file, module in files.modules.items()}
    own = {file: declare(module, file, reserved[file], diagnostics) for file, module in files.modules.items()}
    for file, module in files.modules.items():
        table = bind_imports(module, file, own[file], own, reserved[file], diagnostics)
        project.scopes[file] = Scope(file, table, project)
    _check_params(own, params, diagnostics)
    modules, lost = sound_modules(files.modules, {file: scope.table for file, scope in project.scopes.items()})
    unread = {
        file: _unread(module, modules[file]) for file, module in files.modules.items() if module is not modules[file]
    }
    files = replace(files, modules=modules)
    own = {
        file: {name: item for name, item in table.items() if (file, name) not in lost} for file, table in own.items()
    }
    resources = _resources(files, project, words, diagnostics)
    if root is not None:
        resources = _completed(files, root.resolve(), resources, words, diagnostics, read)
    principals = _fold_all(own, project, diagnostics)
    _check_predicates(own, project, diagnostics)
    built = _policies(files, project, words, resources, diagnostics)
    _check_labels_of_tests(files, diagnostics)
    return Program(
        sources=files.sources,
        modules=files.modules,
        resources=resources,
        principals=principals,
        policies=tuple(one.read for one in built if one.read is not None),
        widest=tuple(one.widest for one in built if one.widest is not None),
        networks=_networks(files, project, words, diagnostics),
        tests=tuple(
            BoundTest(node, project.scopes[file], file)
            for file, module in files.modules.items()
            for node in module.declarations
            if isinstance(node, nodes.InlineTest)
        ),
        proofs=tuple(
            BoundProof(node, project.scopes[file], file)
            for file, module in files.modules.items()
            for node in module.declarations
            if isinstance(node, nodes.Prove)
        ),
        scopes=project.scopes,
        unread=unread,
    )


def _unread(given: nodes.Module, sound: nodes.Module) -> tuple[nodes.Declaration | nodes.Damaged, ...]:
    """What is not compiled of a file, as far as it could be read."""
    kept, read = {node.span for node in sound.declarations}, {node.span.start for node in given.declarations}
    lost = [node for node in given.declarations if node.span not in kept]
    return (*lost, *(item for item in given.damaged if item.start not in read))


def _reserved(
    module: nodes.Module, words: TargetPort, known: dict[frozenset[str], dict[str, str]]
) -> Mapping[str, str]:
    """What a file may not declare: built-ins, and the words of the targets that it writes for."""
    used = frozenset(node.target.text for node in module.declarations if isinstance(node, nodes.Policy | nodes.Network))
    if used not in known:
        known[used] = words.reserved(used) | {name: f"the built-in `{name}`" for name in constructors()}
    return known[used]


def _check_params(
    own: Mapping[str, Mapping[str, Definition]], params: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    declared = {name for table in own.values() for name, item in table.items() if isinstance(item.node, nodes.Param)}
    for name in params:
        if name not in declared:
            diagnostics.error(
                "unknown-parameter",
                f"no file declares the parameter `{name}`",
                None,
                did_you_mean(name, declared, "declare it with `param`, or drop it"),
            )


def _resources(files: Files, project: Project, words: TargetPort, diagnostics: Diagnostics) -> dict[str, Resource]:
    resources: dict[str, Resource] = {}
    for file, module in files.modules.items():
        for node in module.declarations:
            if not isinstance(node, nodes.Resource) or f"{file}#{node.name.text}" in resources:
                continue
            resource = bind_resource(node, project.scopes[file], words.resource_types(), diagnostics)
            if resource is not None:
                resources[resource.id] = resource
    for resource in resources.values():
        check_links(resource, resources, words.resource_types(), diagnostics)
    return resources


def _completed(
    files: Files,
    root: Path,
    resources: Mapping[str, Resource],
    words: TargetPort,
    diagnostics: Diagnostics,
    read: Unsaved | None,
) -> dict[str, Resource]:
    """The resources with what further files say of them; those files join the program's sources."""

    def open_file(name: str, span: Span) -> Source | None:
        if name in files.sources:
            return files.sources[name]
        source = read_inside(root, name, span, diagnostics, read)
        if source is not None:
            files.sources[name] = source
        return source

    return {key: words.complete(resource, open_file, diagnostics) for key, resource in resources.items()}


def _fold_all(
    own: Mapping[str, Mapping[str, Definition]], project: Project, diagnostics: Diagnostics
) -> tuple[Principal, ...]:
    """Fold every declaration, used or not, so that each mistake is found; the declared principals come back."""
    principals: list[Principal] = []
    for file, table in own.items():
        for definition in table.values():
            if isinstance(definition.node, nodes.Let | nodes.Param | nodes.PrincipalDecl | nodes.GroupDecl):
                value = project.scopes[file].definition_value(definition, diagnostics)
                if (
                    value is not None
                    and isinstance(value.data, Principal)
                    and isinstance(definition.node, nodes.PrincipalDecl)
                ):
                    principals.append(value.data)
    return tuple(principals)


def _check_predicates(own: Mapping[str, Mapping[str, Definition]], project: Project, diagnostics: Diagnostics) -> None:
    """Heads of predicates: known types, no parameter twice, none that shadows a name."""
    for file, table in own.items():
        scope = project.scopes[file]
        for definition in table.values():
            if not isinstance(definition.node, nodes.Predicate):
                continue
            seen: dict[str, Span] = {}
            for parameter in definition.node.parameters:
                name = parameter.name
                scope.type_of(parameter.type, diagnostics)
                if name.text in seen:
                    diagnostics.error(
                        "duplicate-name",
                        f"the parameter `{name.text}` is declared twice",
                        name.span,
                        "rename one of them",
                        (Label(seen[name.text], "first declared here"),),
                    )
                elif (hidden := scope.lookup(name.text)) is not None:
                    diagnostics.error(
                        "shadowed-name",
                        f"the parameter `{name.text}` shadows a {hidden.kind}",
                        name.span,
                        "choose another name",
                        (Label(hidden.node.name.span, "declared here"),),
                    )
                seen.setdefault(name.text, name.span)


def _policies(
    files: Files, project: Project, words: TargetPort, resources: Mapping[str, Resource], diagnostics: Diagnostics
) -> list[Built]:
    builders = {file: StatementBuilder(project.scopes[file], words, resources, diagnostics) for file in files.modules}
    declared = [
        (file, node)
        for file, module in files.modules.items()
        for node in module.declarations
        if isinstance(node, nodes.Policy)
    ]
    built = [builders[file].build(node) for file, node in declared]
    for (file, node), one in zip(declared, built, strict=True):
        if (one.read is None or len(one.read.statements) < len(node.statements)) and not diagnostics.has_errors:
            raise AssertionError(f"{file}: a part of the policy `{node.name.text}` was dropped without a word")
    return built


def _networks(files: Files, project: Project, words: TargetPort, diagnostics: Diagnostics) -> tuple[BoundNetwork, ...]:
    out: list[BoundNetwork] = []
    for file, module in files.modules.items():
        for node in module.declarations:
            if not isinstance(node, nodes.Network):
                continue
            target = node.target.text
            if target in words.networks:
                out.append(BoundNetwork(node, project.scopes[file], file))
            elif target in words.targets:
                diagnostics.error(
                    "wrong-target",
                    f"`{target}` takes a `policy`, not a `network`",
                    node.target.span,
                    f"write `policy {node.name.text} for {target} on … {{ … }}`",
                )
            else:
                diagnostics.error(
                    "unknown-target",
                    f"unknown target `{target}`",
                    node.target.span,
                    did_you_mean(
                        target,
                        words.targets,
                        "targets of networks are " + ", ".join(f"`{t}`" for t in sorted(words.networks)),
                    ),
                )
    return tuple(out)


def _check_labels_of_tests(files: Files, diagnostics: Diagnostics) -> None:
    for module in files.modules.values():
        seen: dict[str, Span] = {}
        for node in module.declarations:
            if not isinstance(node, nodes.Labelled):
                continue
            text, span = node.label.value, node.label.span
            if text in seen:
                diagnostics.error(
                    "duplicate-label",
                    f"two tests or proofs of this file are called `{text}`",
                    span,
                    "give each its own label",
                    (Label(seen[text], "first used here"),),
                )
            seen.setdefault(text, span)
