"""Which names a file uses: every bare first word of a reference, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.syntax import nodes


def names_used(module: nodes.Module) -> set[str]:
    """The first words of all references in the file's declarations; a predicate's own parameters count too."""
    return {
        first.name
        for declaration in module.declarations
        for ref in refs_in(declaration)
        if isinstance(first := ref.parts[0], nodes.Field)
    }


def refs_in(node: object) -> Iterator[nodes.Ref]:
    """Every reference below a node."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, nodes.Ref):
            yield item
        elif isinstance(item, tuple):
            work.extend(item)
        else:
            work.extend(getattr(item, name) for name in getattr(type(item), "__match_args__", ()))
