"""The attributes that a Cedar text reads."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.regex import regex
from policyc.syntax.cedar_nodes import Document, Get, Has, path_of, walk
from policyc.text import Span

_HEAD = regex(r"policyc:\s*(trust|claims)\b")
#: `NAME=VALUE` in a comment
_PAIR = regex(r'\s+(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s="]+))=(?P<value>\S+)')


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
    return {name for word in ("trust", "claims") for _, pairs, _ in declared_pairs(document, word) for name, _ in pairs}


def declared_pairs(document: Document, word: str) -> Iterator[tuple[Span, list[tuple[str, str]], bool]]:
    """The place of each comment `policyc: WORD NAME=VALUE …`, its pairs, and whether it has some and nothing else."""
    for comment in document.comments:
        head = _HEAD.match(comment.text)
        if head is None or head[1] != word:
            continue
        at, pairs = head.end(), []
        while (pair := _PAIR.match(comment.text, at)) is not None:
            at = pair.end()
            pairs.append((pair["quoted"] or pair["name"], pair["value"]))
        yield comment.span, pairs, bool(pairs) and not comment.text[at:].strip()
