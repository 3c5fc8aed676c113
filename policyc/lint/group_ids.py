"""Group ids of IAM Identity Center in policies of Verified Access."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.text import Span


def group_ids(lint: Lint) -> Iterator[tuple[str, Span | None]]:
    """Every id that a test names as a value or as the key of a group's record, with its place."""
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in atoms(statement.when):
                for constant in atom.values:
                    if constant.group is not None:
                        yield constant.group.id, constant.span or atom.span
                if atom.attribute.key is not None:
                    yield atom.attribute.key, atom.span
