"""Blocks inside a body as they come out: those that are written, and those that `dynamic` makes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policyc.carriers.terraform.expressions import Scope, Work
from policyc.carriers.terraform.nodes import Argument, Body, Expression, Name
from policyc.carriers.terraform.values import (
    Entry,
    Failed,
    Fields,
    Instance,
    Items,
    Null,
    TooMuch,
    Unknown,
    Value,
    described,
)
from policyc.record import record
from policyc.text import Span

MOST_BLOCKS = 2_000


@record
class Inner:
    """One block inside another, with the scope of its expressions."""

    body: Body
    scope: Scope
    place: Span

    def argument(self, name: str, work: Work) -> tuple[Argument, Value] | None:
        """An argument that is written and not null, with its value."""
        found = self.body.arguments.get(name)
        if found is None:
            return None
        value = work.value(found.value, self.scope)
        return None if isinstance(value, Null) else (found, value)


#: what every block may say, and what plans say of data sources beside their arguments
_COMMON = frozenset({"count", "for_each", "provider", "depends_on", "region", "id", "json", "minified_json"})
_COMMON_BLOCKS = frozenset({"lifecycle", "timeouts", "dynamic"})


def refuse_others(inner: Inner, known: Collection[str], work: Work) -> None:
    """Refuse arguments and blocks that are not known here: what they say would be missing from the document. Raises Failed."""
    for name in inner.body.arguments:
        if name not in known and name not in _COMMON and inner.argument(name, work) is not None:
            raise Failed(f"the argument `{name}` is not known here", inner.body.arguments[name].name_span)
    for block in inner.body.blocks:
        type = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        if type not in known and type not in _COMMON_BLOCKS:
            raise Failed(f"the block `{type}` is not known here", block.head)


def blocks_of(body: Body, type: str, scope: Scope, work: Work) -> Iterator[Inner]:
    """The blocks of a type in their order. How many a `dynamic` one makes may be open: then one stands for all. Raises Failed."""
    count = 0
    for block in body.blocks:
        if block.type == type:
            found = iter((Inner(block.body, scope, block.head),))
        elif block.type == "dynamic" and block.labels == (type,):
            found = _dynamic(block.body, type, block.head, scope, work)
        else:
            continue
        for inner in found:
            count += 1
            if count > MOST_BLOCKS:
                raise TooMuch(f"it makes more than {MOST_BLOCKS:,} blocks", block.head)
            yield inner


def _dynamic(body: Body, type: str, place: Span, scope: Scope, work: Work) -> Iterator[Inner]:
    contents = body.of_type("content")
    each = body.expression("for_each")
    if each is None or not contents:
        raise Failed("a `dynamic` block lacks `for_each` or `content`", place)
    name = _iterator(body.expression("iterator"), type)
    value = work.value(each, scope)
    match value:
        case Unknown() | Instance():
            shown = described(value)
            key = work.unknown(f"{shown}[*] key", each.span)
            item = work.unknown(f"{shown}[*]", each.span, "any")
            yield Inner(contents[0].body, scope.having(**{name: _pair(key, item, each.span)}), contents[0].head)
        case Items() | Fields():
            is_set = isinstance(value, Items)
            for key, item in work.pairs(value, each.span):
                bound = _pair(item if is_set and not isinstance(item, Fields) else key, item, each.span)
                yield Inner(contents[0].body, scope.having(**{name: bound}), contents[0].head)
        case _:
            raise Failed("`for_each` of a `dynamic` block is no collection", each.span)


def _iterator(expression: Expression | None, type: str) -> str:
    return expression.word if isinstance(expression, Name) else type


def _pair(key: Value, value: Value, span: Span) -> Fields:
    return Fields((Entry("key", span, key), Entry("value", span, value)), span)
