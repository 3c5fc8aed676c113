"""Every reference below a node of the tree, whatever the node is."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.syntax import nodes
from policyc.text import Span

#: what holds no node
_LEAVES = (Span, str, int, type(None))


def refs_in(node: object) -> Iterator[nodes.Ref]:
    """Every reference below a node."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, nodes.Ref):
            yield item
        elif isinstance(item, tuple):
            work.extend(item)
        elif not isinstance(item, _LEAVES):
            work.extend(getattr(item, name) for name in type(item).__match_args__)  # type: ignore[attr-defined]
