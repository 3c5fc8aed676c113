"""Every reference below a node of the tree, whatever the node is."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.syntax import nodes
from policyc.text import Span

#: what holds no node
_LEAVES = frozenset({Span, str, int, bool, type(None)})
#: what may hold one, by kind of node
_parts: dict[type, tuple[str, ...]] = {}


def names_meant(node: object) -> Iterator[nodes.Ref]:
    """The references below a node that may name a declaration: keys of records and types of resources name none."""
    match node:
        case nodes.Resource(fields=fields):
            yield from names_meant(fields)
        case nodes.Record(entries=entries):
            for entry in entries:
                yield from names_meant(entry.value)
        case _:
            yield from refs_in(node)


def refs_in(node: object) -> Iterator[nodes.Ref]:
    """Every reference below a node."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        kind = type(item)
        if kind in _LEAVES:
            continue
        if isinstance(item, nodes.Ref):
            yield item
        elif isinstance(item, tuple):
            work.extend(item)
        else:
            names = _parts.get(kind)
            if names is None:
                names = _parts[kind] = tuple(name for name in kind.__match_args__ if name != "span")  # type: ignore[attr-defined]
            work.extend([getattr(item, name) for name in names])
