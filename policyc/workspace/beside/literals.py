"""What the files of a project write out, for trying parameters with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.model.fit import text_value
from policyc.model.types import STRING, Type
from policyc.syntax import nodes
from policyc.text import Span

_NOWHERE: Final = Span("", 0, 0)


def candidates(modules: Iterable[nodes.Module], kind: Type) -> list[str]:
    """Values of a type that the files hold; those that something with a name is compared with come first, and of plain texts there are no others."""
    compared: dict[str, None] = {}
    others: dict[str, None] = {}
    for module in modules:
        for node in below(module):
            if isinstance(node, nodes.Compare) and (_is_name(node.left) or _is_name(node.right)):
                compared.update(dict.fromkeys(_compared(node)))
            elif kind != STRING:
                others.update(dict.fromkeys(_text(node)))
    return [
        text
        for text in {**compared, **others}
        if text and text_value(text, kind, _NOWHERE, "", Diagnostics()) is not None
    ]


def below(node: object) -> Iterator[object]:
    """Every node of a tree, the top one first."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, tuple):
            work.extend(item)
        elif not isinstance(item, Span | str | int | None):
            yield item
            work.extend(getattr(item, name) for name in type(item).__match_args__)  # type: ignore[attr-defined]


def _is_name(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Ref) and node.simple is not None


def _compared(node: nodes.Compare) -> Iterator[str]:
    """The values at which a comparison may turn."""
    for item in below((node.left, node.right)):
        for text in _text(item):
            yield text
            if node.op == "like":
                yield text.replace("*", "x").replace("?", "x")
            elif text.removeprefix("-").isdigit():
                yield from (str(int(text) - 1), str(int(text) + 1))
            elif "/" in text and node.op == "in":
                yield text.partition("/")[0]


def _text(node: object) -> Iterator[str]:
    match node:
        case nodes.Str(value) | nodes.Region(value) | nodes.Decimal(value):
            yield value
        case nodes.Int(value=number):
            yield str(number)
        case nodes.Bool(value=flag):
            yield str(flag).lower()
        case nodes.Ref() if node.simple:
            yield node.simple
        case _:
            pass
