"""Where the front end meets the targets: load a project with every target's words, and emit its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics, Label
from policyc.ir.build import build_program, check_files
from policyc.ir.program import Program
from policyc.ir.raw_forms import NativeForms
from policyc.ir.target_port import TargetPort
from policyc.model.files import Files, Unsaved
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.per_object import PerObject
from policyc.targets.base import Completes, Document, Hints, Network, OpenFile, TakesRaw, Target
from policyc.targets.registry import TARGETS, back_end, networks, resource_types, target


def complete(resource: Resource, open_file: OpenFile, diagnostics: Diagnostics) -> Resource:
    """The resource with what files of the project say of it: the claims of a Verified Access group from a sample."""
    kind = resource_types().get(resource.type)
    owner = None if kind is None else back_end(kind.target)
    return owner.complete(resource, open_file, diagnostics) if isinstance(owner, Completes) else resource


def hint_of(name: str, on: Resource | Principal, resources: Mapping[str, Resource], unseen: str) -> str:
    """What a target says of a name that `on` does not see; empty when it has nothing to say."""
    owner = back_end(name)
    return owner.hint(on, resources, unseen) if isinstance(owner, Hints) else ""


def native_forms(name: str) -> NativeForms | None:
    """How the statements of a target read raw forms; None where it has none."""
    return _forms_of(back_end(name))


# to ask a protocol takes long, and every statement does
_forms_of = PerObject[Target | Network, NativeForms | None](
    lambda owner: owner.native_forms() if isinstance(owner, TakesRaw) else None, 64
)


def words() -> TargetPort:
    """What all registered targets can say."""

    def scope(name: str, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        return target(name).scope(on, resources)

    return TargetPort(
        targets=tuple(TARGETS),
        vocabulary=lambda name: back_end(name).vocabulary(),
        resource_types=resource_types,
        scope=scope,
        networks=networks(),
        complete=complete,
        hint=hint_of,
        native=native_forms,
    )


#: findings of names that nothing has: one slip where a name is declared, or copied from, brings them about wherever it is used
_NAMES = frozenset(
    {
        "unknown-name",
        "network-unknown-name",
        "unknown-attribute",
        "unknown-verb",
        "unknown-type",
        "unknown-resource-type",
    }
)


def load_program(
    root: Path, paths: Sequence[Path], params: Mapping[str, str], diagnostics: Diagnostics, read: Unsaved | None = None
) -> Program:
    """Load, check and lower `paths` below `root`, and ask each target for its limits; `read` has the texts that are not saved.

    Always returns a program; with errors in `diagnostics` it is partial and must not be emitted.
    """
    return _limited(build_program(root, paths, params, words(), diagnostics, read), diagnostics)


def checked_program(
    files: Files, params: Mapping[str, str], diagnostics: Diagnostics, root: Path, read: Unsaved | None = None
) -> Program:
    """The same of files that are read already."""
    return _limited(check_files(files, params, words(), diagnostics, root, read), diagnostics)


def _limited(program: Program, diagnostics: Diagnostics) -> Program:
    """A program after each target was asked for its limits."""
    for policy in program.policies:
        target(policy.target).check(policy, program, diagnostics)
    for name in TARGETS:
        if name in used_targets(program):
            back_end(name).check_program(program, diagnostics)
    if diagnostics.has_errors:
        diagnostics.join(_NAMES)
    else:
        _refuse_nobody(program, diagnostics)
    return program


def _refuse_nobody(program: Program, diagnostics: Diagnostics) -> None:
    """No statement of a sound program is without callers: its emitters would leave it out."""
    for statement in (statement for policy in program.policies for statement in policy.statements):
        who = statement.who
        if who is not None and not who.principals and not who.negated:
            diagnostics.error(
                "nobody", "`who` names nobody", who.span or statement.span, "name a caller, or write `who anyone`"
            )


def used_targets(program: Program) -> frozenset[str]:
    """The targets that a program has anything for; the emitters of the others need not be loaded."""
    kinds = resource_types()
    named = {policy.target for policy in program.policies} | {network.node.target.text for network in program.networks}
    return frozenset(named | {kinds[resource.type].target for resource in program.resources.values()})


def emit_documents(program: Program, diagnostics: Diagnostics) -> dict[str, tuple[Document, ...]]:
    """The documents of every used target, by target in the order of the registry. Only for programs without errors."""
    used = used_targets(program)
    out = {name: tuple(back_end(name).emit(program, diagnostics)) for name in TARGETS if name in used}
    seen: dict[str, Document] = {}
    for document in (document for group in out.values() for document in group):
        first = seen.setdefault(document.path.casefold(), document)
        if first is not document:
            diagnostics.error(
                "duplicate-document",
                f"`{document.owner}` and `{first.owner}` would both be written to `{document.path}`",
                document.span,
                "rename one of them",
                (Label(first.span, "the other one"),),
            )
    return out
