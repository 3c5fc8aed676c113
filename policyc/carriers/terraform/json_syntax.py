"""The JSON form of a configuration (`*.tf.json`) as the same tree: texts are templates, objects of objects are blocks with labels.

Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from policyc.carriers.embedded import Piece
from policyc.carriers.terraform.hcl import Parsed, parse_expression, parse_template
from policyc.carriers.terraform.nodes import (
    Argument,
    Block,
    Body,
    Bool,
    Expression,
    ListOf,
    MapOf,
    Null,
    Number,
    Pair,
    Run,
    Template,
)
from policyc.carriers.terraform.runs import Placement
from policyc.diagnostics import Diagnostics
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_as_meant,
    parse_json,
)
from policyc.text import Source, Span

#: how many labels a block of each type has
_LABELS: Final = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "locals": 0}
#: blocks inside blocks that matter here; all other members are arguments
_NESTED: Final = frozenset(
    {
        "statement",
        "principals",
        "not_principals",
        "condition",
        "inline_policy",
        "dynamic",
        "content",
        "core_network_configuration",
        "edge_locations",
        "segments",
        "segment_actions",
        "attachment_policies",
        "conditions",
        "action",
        "via",
        "with_edge_override",
        "network_function_groups",
        "oidc_options",
        "device_options",
    }
)
_HOLDERS: Final = frozenset({"resource", "data", *_NESTED})
#: arguments whose text is taken as it is, not as a template
_LITERAL: Final = frozenset({("variable", "default"), ("variable", "description")})
#: the argument whose text is an expression
_TYPE: Final = ("variable", "type")


def parse_json_form(source: Source) -> Parsed:
    """The tree of one file of the JSON form. Raises MissingPackage where a template needs it."""
    return _parsed(source.file, source.text)


@lru_cache(maxsize=256)
def _parsed(file: str, text: str) -> Parsed:
    found = Diagnostics()
    meant = parse_as_meant(Source(file, text), found)
    faults = tuple(Span(file, 0, 0) if item.span is None else item.span for item in found)
    if meant is None or any(item.rule == "json-duplicate-key" for item in found):
        return Parsed(Body(), faults)
    tree, source = meant
    blocks: list[Block] = []
    for top in tree.items if isinstance(tree, JsonArray) else (tree,):
        for member in top.members if isinstance(top, JsonObject) else ():
            count = _LABELS.get(member.key)
            if count is not None:
                blocks.extend(_Form(source, member.key).labelled(member, member.value, (), count))
    return Parsed(Body({}, tuple(blocks)), faults)


def parse_values(source: Source) -> list[Argument]:
    """The members of a JSON object as arguments, their texts as they are; nothing when the text is no object."""
    tree = parse_json(source, Diagnostics())
    form = _Form(source, "")
    members = tree.members if isinstance(tree, JsonObject) else ()
    return [Argument(item.key, item.key_span, form.expression(item.value, literal=True)) for item in members]


class _Form:
    """The members of one kind of top block."""

    def __init__(self, source: Source, type: str) -> None:
        self.source, self.type = source, type

    def labelled(self, member: JsonMember, value: JsonValue, labels: tuple[str, ...], count: int) -> Iterator[Block]:
        """The blocks below a member: one level of objects for each label, lists for several blocks."""
        if isinstance(value, JsonArray):
            for item in value.items:
                yield from self.labelled(member, item, labels, count)
        elif isinstance(value, JsonObject) and len(labels) < count:
            for inner in value.members:
                if inner.key != "//":
                    yield from self.labelled(inner, inner.value, (*labels, inner.key), count)
        elif isinstance(value, JsonObject):
            yield Block(self.type, labels, self.body(value, self.type), member.key_span, value.span)

    def body(self, value: JsonObject, type: str) -> Body:
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        for member in value.members:
            if member.key == "//":
                continue
            if type in _HOLDERS and member.key in _NESTED and isinstance(member.value, JsonObject | JsonArray):
                blocks.extend(self.nested(member))
            else:
                as_text = (type, member.key) in _LITERAL
                expression = (
                    self.typed(member.value) if (type, member.key) == _TYPE else self.expression(member.value, as_text)
                )
                arguments[member.key] = Argument(member.key, member.key_span, expression)
        return Body(arguments, tuple(blocks))

    def nested(self, member: JsonMember) -> Iterator[Block]:
        for item in member.value.items if isinstance(member.value, JsonArray) else (member.value,):
            if not isinstance(item, JsonObject):
                continue
            if member.key == "dynamic":
                for inner in item.members:
                    for body in inner.value.items if isinstance(inner.value, JsonArray) else (inner.value,):
                        if isinstance(body, JsonObject):
                            yield Block("dynamic", (inner.key,), self.body(body, "dynamic"), inner.key_span, body.span)
            else:
                yield Block(member.key, (), self.body(item, member.key), member.key_span, item.span)

    def expression(self, value: JsonValue, literal: bool) -> Expression:
        match value:
            case JsonString():
                return self.text(value, literal)
            case JsonNumber(text, span):
                return Number(text, span)
            case JsonBool(truth, span):
                return Bool(truth, span)
            case JsonNull(span):
                return Null(span)
            case JsonArray(items, span):
                return ListOf(tuple(self.expression(item, literal) for item in items), span)
            case JsonObject(members, span):
                pairs = []
                for member in members:
                    key = self.text(JsonString(member.key, member.key_span), literal)
                    pairs.append(Pair(key, self.expression(member.value, literal)))
                return MapOf(tuple(pairs), span)

    def typed(self, value: JsonValue) -> Expression:
        """A type, which stands in quotes."""
        if not isinstance(value, JsonString):
            return self.expression(value, literal=True)
        return parse_expression(value.value, Placement(self.source.file, value.span.start + 1))

    def text(self, value: JsonString, literal: bool) -> Template:
        """A string as a template. Its parts have exact places where it is written without escapes."""
        start, end = value.span.start + 1, value.span.end - 1
        exact = self.source.text[start:end] == value.value
        if literal:
            piece = Piece(0, Span(self.source.file, start, end) if exact else value.span, exact)
            return Template((Run(value.value, (piece,)),) if value.value else (), value.span)
        place = Placement(self.source.file, start, None if exact else value.span)
        template = parse_template(value.value, place)
        return Template(template.parts, value.span)
