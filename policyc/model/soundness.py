"""Cause before consequence: what hangs on text with a syntax error, or on an import that failed, is not compiled at all.

Its own names stay known, so that nothing else is blamed for them, and whatever refers to them waits as well until the first
mistake is mended.
"""

from __future__ import annotations

from collections.abc import Mapping

from policyc.model.names import Definition, Table
from policyc.record import replace
from policyc.syntax import nodes
from policyc.syntax.references import names_meant


def sound_modules(
    modules: Mapping[str, nodes.Module], tables: Mapping[str, Table]
) -> tuple[dict[str, nodes.Module], frozenset[tuple[str, str]]]:
    """The modules with only the declarations that can be compiled, and the (file, name) pairs of those that cannot.

    `tables` holds the names that each file declares and imports.
    """
    lost = {
        (definition.file, definition.node.name.text)
        for table in tables.values()
        for definition in table.values()
        if definition.damaged
    }
    kept = {file: module.sound for file, module in modules.items()}
    if not lost and all(not module.damaged for module in modules.values()):
        return dict(modules), frozenset()
    uses = {file: [(node, _names(node)) for node in nodes_] for file, nodes_ in kept.items()}
    growing = True
    while growing:
        growing = False
        for file, table in tables.items():
            hanging = [node for node, names in uses[file] if any(_key(table.get(name)) in lost for name in names)]
            if not hanging:
                continue
            growing = True
            uses[file] = [(node, names) for node, names in uses[file] if not any(node is item for item in hanging)]
            lost |= {(file, node.name.text) for node in hanging if not isinstance(node, nodes.Labelled)}
    sound = {
        file: replace(module, declarations=tuple(node for node, _ in uses[file])) for file, module in modules.items()
    }
    return sound, frozenset(lost)


def _key(definition: Definition | None) -> tuple[str, str] | None:
    return None if definition is None else (definition.file, definition.node.name.text)


def _names(node: nodes.Declaration) -> frozenset[str]:
    firsts = (ref.parts[0] for ref in names_meant(node))
    return frozenset(first.name for first in firsts if isinstance(first, nodes.Field))
