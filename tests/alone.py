"""Projects read with the words of one target alone."""

from __future__ import annotations

from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.ir.build import build_program
from policyc.ir.program import Program
from policyc.ir.target_port import TargetPort
from policyc.targets.base import Target


def words_of(target: Target) -> TargetPort:
    return TargetPort(
        (target.name,),
        lambda _: target.vocabulary(),
        lambda: target.vocabulary().resource_types,
        lambda _, on, resources: target.scope(on, resources),
        frozenset(),
    )


def checked(target: Target, folder: Path, diagnostics: Diagnostics, *files: str) -> Program:
    """The program of some files of a folder, its policies held against the limits of the target."""
    program = build_program(folder, [folder / name for name in files], {}, words_of(target), diagnostics)
    for policy in program.policies:
        target.check(policy, program, diagnostics)
    return program
