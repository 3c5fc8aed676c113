"""The shape of a text: its declarations with their statements and tests, and what each word is for colours."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax import network_nodes, nodes
from policyc.syntax.lexer import scan
from policyc.syntax.problems import Problems
from policyc.syntax.table import END
from policyc.text import Source, Span

#: what a token is, in the order of the protocol's legend
TOKEN_KINDS = ("keyword", "string", "number", "comment", "operator", "variable")


@record
class Entry:
    """One part of a text: `kind` is the word that declares it, `span` all of it, `name_span` where its name stands."""

    name: str
    kind: str
    span: Span
    name_span: Span
    inner: tuple[Entry, ...] = ()


def outline(module: nodes.Module) -> list[Entry]:
    """The declarations of a file in order, statements of policies and parts of networks inside them."""
    return [_entry(node) for node in module.declarations]


def _entry(node: nodes.Declaration) -> Entry:
    if isinstance(node, nodes.Labelled):
        word = "test" if isinstance(node, nodes.InlineTest) else "prove"
        return Entry(node.label.value, word, node.span, node.label.span)
    words = {nodes.PrincipalDecl: "principal", nodes.GroupDecl: "group"}
    kind = words.get(type(node), type(node).__name__.lower())
    return Entry(node.name.text, kind, node.span, node.name.span, tuple(_inner(node)))


def _inner(node: nodes.Declaration) -> Iterator[Entry]:
    match node:
        case nodes.Policy(statements=statements):
            for item in statements:
                label = item.effect if item.label is None else item.label.value
                yield Entry(label, item.effect, item.span, item.span if item.label is None else item.label.span)
        case nodes.Network(items=items):
            for part in items:
                if isinstance(
                    part, (network_nodes.NetSegment, network_nodes.NetFunctionGroup, network_nodes.NetFilter)
                ):
                    yield Entry(part.name.text, "segment", part.span, part.name.span)
        case _:
            return


def coloured(source: Source) -> Iterator[tuple[int, int, int]]:
    """Start, end and kind (its place in `TOKEN_KINDS`) of every token and comment, in order."""
    tokens = scan(Problems(source, Diagnostics()))
    found = [(item.span.start, item.span.end, 3) for item in tokens.comments]
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends):
        if kind != END and end > start:
            found.append((start, end, _colour(kind)))
    yield from sorted(found)


def _colour(kind: str) -> int:
    if kind == "STRING":
        return 1
    if kind in ("INT", "DECIMAL", "RULE"):
        return 2
    if kind in ("NAME", "REGION"):
        return 5
    return 0 if kind[:1].isalpha() else 4
