"""Which names a file uses: every bare first word of a reference, wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.lint.rule import Lint
from policyc.syntax import nodes
from policyc.syntax.references import refs_in


def names_used(lint: Lint, file: str) -> set[str]:
    """The first words of all references in a file's declarations; a predicate's own parameters count too."""
    return lint.once("names used", _all_names)[file]


def _all_names(lint: Lint) -> Mapping[str, set[str]]:
    return {file: _names(module) for file, module in lint.program.modules.items()}


def _names(module: nodes.Module) -> set[str]:
    return {
        first.name
        for declaration in module.declarations
        for ref in refs_in(declaration)
        if isinstance(first := ref.parts[0], nodes.Field)
    }
