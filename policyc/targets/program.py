"""Where the front end meets the targets: load a project with every target's words, and emit its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.ir.build import build_program
from policyc.ir.program import Program
from policyc.ir.words import Words
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.targets.base import Document
from policyc.targets.registry import NETWORK_TARGETS, TARGETS, resource_types, target


def words() -> Words:
    """What all registered targets can say."""

    def scope(name: str, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        return target(name).scope(on, resources)

    return Words(
        targets=tuple(TARGETS),
        vocabulary=lambda name: target(name).vocabulary(),
        resource_types=resource_types,
        scope=scope,
        networks=NETWORK_TARGETS,
    )


def load_program(root: Path, paths: Sequence[Path], params: Mapping[str, str], diagnostics: Diagnostics) -> Program:
    """Load, check and lower `paths` below `root`, and ask each target for its limits.

    Always returns a program; with errors in `diagnostics` it is partial and must not be emitted.
    """
    program = build_program(root, paths, params, words(), diagnostics)
    for policy in program.policies:
        target(policy.target).check(policy, program, diagnostics)
    return program


def emit_documents(program: Program, diagnostics: Diagnostics, only: str | None = None) -> list[Document]:
    """The documents of every target (or of one), in the order of the registry. Only for programs without errors."""
    out: list[Document] = []
    for name in TARGETS:
        if only is None or name == only:
            out.extend(target(name).emit(program, diagnostics))
    return out
