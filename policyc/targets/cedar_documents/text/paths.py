"""The attributes that a Cedar text reads."""

from __future__ import annotations

from policyc.syntax.cedar_nodes import Document, Get, Has, path_of, walk
from policyc.text import Span


def reads(document: Document) -> list[tuple[tuple[str, ...], Span]]:
    """Every attribute path that the text reads or asks for, the longest ones included."""
    out: list[tuple[tuple[str, ...], Span]] = []
    for statement in document.statements:
        for clause in statement.clauses:
            for node in walk(clause.body):
                path = path_of(node)
                if isinstance(node, Get) and path is not None:
                    out.append((path, node.name_span))
                elif isinstance(node, Has) and (parent := path_of(node.of)) is not None:
                    out.append(((*parent, *node.names), node.name_span))
    return sorted(out, key=lambda item: item[1].start)
