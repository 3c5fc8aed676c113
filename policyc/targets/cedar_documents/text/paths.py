"""The attributes that a Cedar text reads."""

from __future__ import annotations

from policyc.regex import regex
from policyc.syntax.cedar_nodes import Document, Get, Has, path_of, walk
from policyc.text import Span

_HEAD = regex(r"policyc:\s*(?:trust|claims)\b")
#: `NAME=VALUE` in a comment
PAIR = regex(r'\s+(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s="]+))=(?P<value>\S+)')


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


def declared_names(document: Document) -> set[str]:
    """The names that comments of a text declare as trust providers (`// policyc: trust NAME=TYPE`, `// policyc: claims NAME=FILE`)."""
    names: set[str] = set()
    for comment in document.comments:
        head = _HEAD.match(comment.text)
        names |= {pair["quoted"] or pair["name"] for pair in PAIR.finditer(comment.text, head.end())} if head else set()
    return names
