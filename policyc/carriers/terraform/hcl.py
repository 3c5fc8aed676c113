"""From HCL text to the tree of `nodes`. The grammar is tree-sitter's; the texts of templates are taken from the source itself, since
the grammar's literals leave out blanks.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from policyc.carriers.terraform.nodes import (
    Argument,
    Attribute,
    Binary,
    Block,
    Body,
    Bool,
    Call,
    Conditional,
    Expression,
    Fault,
    ForList,
    ForMap,
    ForPart,
    IfPart,
    Index,
    ListOf,
    MapOf,
    Name,
    Null,
    Number,
    Pair,
    Part,
    Run,
    Splat,
    Template,
    Unary,
)
from policyc.carriers.terraform.runs import Placement, literals, stripped, without_indentation
from policyc.packages import MissingPackage
from policyc.record import record
from policyc.regex import regex
from policyc.text import Source, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

#: levels of one expression; people write six or seven
MAX_DEPTH: Final = 90
_TOO_DEEP: Final = "an expression is nested too deeply"
#: what a block may not begin in, and where one does
_TOKEN: Final = regex(
    r"/\*.*?(?:\*/|\Z)|(?:#|//)[^\n]*|<<-?(\w+)[ \t]*\n.*?^[ \t]*\1\b|\"(?:\\.|[^\"\\\n])*\"?"
    r"|^(action|check|data|ephemeral|import|locals|module|moved|output|provider|removed|resource|terraform|variable)(?=[ \t]*[\"{])",
    re.MULTILINE | re.DOTALL,
)
_WRAPPED: Final = "x = <<POLICYC_END_OF_TEXT\n"
_WRAPPED_END: Final = "\nPOLICYC_END_OF_TEXT\n"


@record
class Parsed:
    """A file: its body, and its syntax faults, the first one of each block."""

    body: Body
    faults: tuple[Span, ...] = ()


@cache
def _parser() -> Parser:
    """Raises MissingPackage."""
    try:
        import tree_sitter
        import tree_sitter_hcl
    except ImportError:
        raise MissingPackage("tree-sitter-hcl") from None
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def parse_hcl(source: Source) -> Parsed:
    """The tree of one file; what stands around a fault is read. Raises MissingPackage."""
    return _parsed(source.file, source.text)


@lru_cache(maxsize=256)
def _parsed(file: str, text: str) -> Parsed:
    # the grammar wants a line break after the last heredoc
    reader = _Reader(text + "\n", Placement(file, 0))
    fault = reader.first_fault(reader.root, len(text))
    if fault is None:
        return Parsed(reader.whole)
    # each block by itself: behind a fault the grammar takes one for a part of another
    faults: list[Span] = []
    blocks: list[Block] = []
    for start, end in pairwise([0, *heads(text), len(text)]):
        part = _Reader(text[start:end] + "\n", Placement(file, start))
        blocks += part.whole.blocks
        found = part.first_fault(part.root, len(text[:end].rstrip()) - start)
        faults += [] if found is None else [found]
    return Parsed(Body({}, tuple(blocks), True), tuple(faults)) if faults else Parsed(reader.whole, (fault,))


def heads(text: str) -> Iterator[int]:
    """Where the blocks of a file begin, each on a line of its own, as everybody writes them."""
    return (found.start() for found in _TOKEN.finditer(text) if found[2])


def comments_of(source: Source) -> tuple[list[Span], list[Span]]:
    """The comments of one file, with the marks that open them, and the arguments and blocks that one may stand above, outer ones first, each
    in their order; what stands in a heredoc is no comment. Raises MissingPackage."""
    reader = _Reader(source.text + "\n", Placement(source.file, 0))
    comments: list[Span] = []
    constructs: list[Span] = []
    stack = [reader.root]
    while stack:
        item = stack.pop()
        if item.type == "comment":
            comments.append(reader.span(item))
        elif item.type in ("attribute", "block"):
            constructs.append(reader.span(item))
        stack.extend(reversed(item.children))
    return comments, constructs


def parse_template(text: str, place: Placement) -> Template:
    """A text as a template: a template file, or a string of the JSON form. Raises MissingPackage."""
    whole = place.span(0, len(text))
    if "${" not in text and "%{" not in text:
        return Template(tuple(literals(text, 0, len(text), place.unescaped())), whole)
    if _WRAPPED_END.strip() in text:
        return Template((Fault("the text holds a word that is reserved", whole),), whole)
    reader = _Reader(_WRAPPED + text + _WRAPPED_END, place.after(len(_WRAPPED)))
    if reader.root.has_error:
        return Template((Fault("the template cannot be read", whole),), whole)
    found = _first(reader.root, "heredoc_template")
    if found is None:
        return Template((Fault("the template cannot be read", whole),), whole)
    start, end = len(_WRAPPED), len(_WRAPPED) + len(text)
    return Template(reader.parts(found, start, end, escapes=False), whole)


def parse_expression(text: str, place: Placement) -> Expression:
    """An expression by itself, as `-var` takes it. Raises MissingPackage."""
    head = "x = "
    reader = _Reader(head + text + "\n", place.after(len(head)))
    found = _first(reader.root, "expression")
    if reader.root.has_error or found is None:
        return Fault("it is no expression", place.span(0, len(text)))
    return reader.expression(found, 0)


def _first(node: Node, type: str) -> Node | None:
    """The first node of a type, children before siblings."""
    stack = [node]
    while stack:
        item = stack.pop()
        if item.type == type:
            return item
        stack.extend(reversed(item.children))
    return None


def _children(node: Node) -> list[Node]:
    return [child for child in node.children if child.type != "comment"]


def _named(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _is_fault(node: Node) -> bool:
    return node.is_error or node.is_missing


def _has_fault(node: Node) -> bool:
    """Whether a node is none of the grammar's, or has one right below it: what the others mean is not known then."""
    return _is_fault(node) or (node.has_error and any(map(_is_fault, node.children)))


class _Reader:
    """One text and its tree. `place` says where an offset of the text stands in the host."""

    def __init__(self, text: str, place: Placement) -> None:
        self.text, self.place = text, place
        raw = text.encode("utf-8", "surrogatepass")
        self._starts: list[int] | None = None
        if len(raw) != len(text):
            # byte offset -> character offset
            widths = accumulate(len(char.encode("utf-8", "surrogatepass")) for char in text)
            starts = [0] * (len(raw) + 1)
            before = 0
            for at, after in enumerate(widths):
                starts[before:after] = [at] * (after - before)
                before = after
            starts[len(raw)] = len(text)
            self._starts = starts
        self.root: Node = _parser().parse(raw).root_node

    def char(self, byte: int) -> int:
        return byte if self._starts is None else self._starts[byte]

    def span(self, node: Node) -> Span:
        return self.place.span(self.char(node.start_byte), self.char(node.end_byte))

    def words(self, node: Node) -> str:
        return self.text[self.char(node.start_byte) : self.char(node.end_byte)]

    def first_fault(self, node: Node, length: int) -> Span | None:
        """Where the first piece stands that the grammar has no place for."""
        if not node.has_error:
            return None
        stack = [node]
        while stack:
            item = stack.pop()
            if _is_fault(item):
                start = min(self.char(item.start_byte), length)
                return self.place.span(start, max(start, min(self.char(item.end_byte), length)))
            stack.extend(child for child in reversed(item.children) if child.has_error or child.is_missing)
        return self.span(node)

    # bodies

    @property
    def whole(self) -> Body:
        """The body of the file."""
        found = next((node for node in self.root.children if node.type == "body"), None)
        return Body() if found is None else self.body(found)

    def body(self, node: Node, depth: int = 0) -> Body:
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        for child in _named(node):
            if child.type == "attribute":
                parts = _named(child)
                if len(parts) >= 2 and parts[0].type == "identifier":
                    name = self.words(parts[0])
                    value = self._fault(child) if _has_fault(child) else self.expression(parts[1], 0)
                    arguments.setdefault(name, Argument(name, self.span(parts[0]), value))
            elif child.type == "block" and depth < MAX_DEPTH:
                blocks.append(self.block(child, depth))
        return Body(arguments, tuple(blocks), node.has_error)

    def block(self, node: Node, depth: int) -> Block:
        labels: list[str] = []
        type, body, head = "", Body(damaged=node.has_error), node
        for child in _children(node):
            if child.type == "identifier" and not type:
                type = self.words(child)
            elif child.type == "identifier":
                labels.append(self.words(child))
            elif child.type == "string_lit":
                labels.append(self.words(child).strip('"'))
            elif child.type == "body":
                body = self.body(child, depth + 1)
                continue
            else:
                continue
            head = child
        if node.has_error and not body.damaged:
            body = Body(body.arguments, body.blocks, True)
        start = self.char(node.start_byte)
        heading = self.place.span(start, self.char(head.end_byte))
        return Block(type, tuple(labels), body, heading, self.span(node))

    # expressions

    def expression(self, node: Node, depth: int) -> Expression:
        """The expression of a node of any of the grammar's types for one."""
        if _has_fault(node):
            return Fault("a syntax fault stands in it", self.span(node))
        if depth > MAX_DEPTH:
            return Fault(_TOO_DEEP, self.span(node))
        match node.type:
            case "expression":
                return self._chain(node, depth)
            case "template_expr" | "literal_value" | "collection_value" | "operation" | "for_expr":
                inner = _named(node)
                return self.expression(inner[0], depth) if inner else self._fault(node)
            case "numeric_lit":
                return Number(self.words(node), self.span(node))
            case "bool_lit":
                return Bool(self.words(node) == "true", self.span(node))
            case "null_lit":
                return Null(self.span(node))
            case "string_lit" | "quoted_template":
                start, end = self.char(node.start_byte) + 1, self.char(node.end_byte) - 1
                return Template(self.parts(node, start, end, escapes=True, depth=depth), self.span(node))
            case "heredoc_template":
                return self._heredoc(node, depth)
            case "tuple":
                items = [child for child in _named(node) if child.type == "expression"]
                return ListOf(tuple(self.expression(item, depth + 1) for item in items), self.span(node))
            case "object":
                pairs = [self._pair(child, depth + 1) for child in _named(node) if child.type == "object_elem"]
                return MapOf(tuple(pairs), self.span(node))
            case "function_call":
                return self._call(node, depth)
            case "variable_expr":
                return Name(self.words(node), self.span(node))
            case "conditional":
                return self._conditional(node, depth)
            case "binary_operation" | "unary_operation":
                return self._operation(node, depth)
            case "for_tuple_expr" | "for_object_expr":
                return self._for(node, depth)
            case _:
                return self._fault(node)

    def _fault(self, node: Node) -> Fault:
        reason = "a syntax fault stands in it" if node.has_error else "it is written in a way that is not read"
        return Fault(reason, self.span(node))

    def _chain(self, node: Node, depth: int) -> Expression:
        """An expression and the steps behind it: attributes, indexes, splats."""
        children = [child for child in _children(node) if child.type not in ("(", ")")]
        if not children:
            return self._fault(node)
        if any(child.is_error for child in children):
            return self._fault(node)
        return self._steps(self.expression(children[0], depth + 1), node, children[1:], depth)

    def _steps(self, value: Expression, whole: Node, steps: list[Node], depth: int) -> Expression:
        if len(steps) > MAX_DEPTH:
            return Fault(_TOO_DEEP, self.span(whole))
        start = self.char(whole.start_byte)
        for at, step in enumerate(steps):
            span = self.place.span(start, self.char(step.end_byte))
            match step.type:
                case "get_attr":
                    value = Attribute(value, self.words(_named(step)[-1]), span)
                case "index":
                    value = self._index(value, step, span, depth)
                case "splat":
                    inner = _named(step)[0]
                    star = Name("*", self.span(step))
                    rest = [*[child for child in _named(inner) if child.type in ("get_attr", "index")]]
                    behind = steps[at + 1 :] if inner.type == "full_splat" else []
                    each = self._steps(star, step, rest + behind, depth + 1)
                    value = Splat(value, each, self.place.span(start, self.char((behind or [step])[-1].end_byte)))
                    if behind:
                        return value
                case _:
                    return self._fault(whole)
        return value

    def _index(self, of: Expression, step: Node, span: Span, depth: int) -> Expression:
        inner = _named(step)[0]
        if inner.type == "legacy_index":
            return Index(of, Number(self.words(inner).lstrip("."), self.span(inner)), span)
        keys = [child for child in _named(inner) if child.type == "expression"]
        return Index(of, self.expression(keys[0], depth + 1), span) if keys else self._fault(step)

    def _pair(self, node: Node, depth: int) -> Pair:
        keyed = [child for child in _named(node) if child.type == "expression"]
        if len(keyed) != 2 or _has_fault(node):
            fault = self._fault(node)
            return Pair(fault, fault)
        key = self.expression(keyed[0], depth)
        bare = isinstance(key, Name) and not self.words(keyed[0]).startswith("(")
        if isinstance(key, Name) and bare:
            start = self.char(keyed[0].start_byte)
            key = Template(tuple(literals(self.text, start, start + len(key.word), self.place)), key.span)
        return Pair(key, self.expression(keyed[1], depth))

    def _call(self, node: Node, depth: int) -> Expression:
        name, args, spread = "", [], False
        for child in _children(node):
            if child.type == "function_arguments" and _has_fault(child):
                return self._fault(child)
            if child.type == "function_arguments":
                args = [self.expression(item, depth + 1) for item in _named(child) if item.type == "expression"]
                spread = any(item.type == "ellipsis" for item in child.children)
            elif child.type not in ("(", ")"):
                name += self.words(child)
        return Call(name, tuple(args), spread, self.span(node))

    def _conditional(self, node: Node, depth: int) -> Expression:
        parts = [child for child in _named(node) if child.type == "expression"]
        if len(parts) != 3:
            return self._fault(node)
        test, then, otherwise = (self.expression(part, depth + 1) for part in parts)
        return Conditional(test, then, otherwise, self.span(node))

    def _operation(self, node: Node, depth: int) -> Expression:
        """`a + b`, `-a`: the operator is a word of the grammar, operands are expressions with their steps."""
        operators = [child for child in _children(node) if not child.is_named and child.type not in ("(", ")")]
        if len(operators) != 1 or node.has_error:
            return self._fault(node)
        at = operators[0].start_byte
        children = _named(node)
        left = [child for child in children if child.start_byte < at]
        right = [child for child in children if child.start_byte > at]
        if not right:
            return self._fault(node)
        behind = self._operand(right, depth)
        if not left:
            return Unary(operators[0].type, behind, self.span(node))
        return Binary(operators[0].type, self._operand(left, depth), behind, self.span(node))

    def _operand(self, nodes: list[Node], depth: int) -> Expression:
        first = self.expression(nodes[0], depth + 1)
        if len(nodes) == 1:
            return first
        return self._steps(first, nodes[0], nodes[1:], depth)

    def _for(self, node: Node, depth: int) -> Expression:
        intro = next((child for child in _named(node) if child.type == "for_intro"), None)
        cond = next((child for child in _named(node) if child.type == "for_cond"), None)
        parts = [child for child in _named(node) if child.type == "expression"]
        if intro is None or node.has_error:
            return self._fault(node)
        names, items = self._intro(intro, depth)
        test = None if cond is None else self.expression(_named(cond)[0], depth + 1)
        key, value = names
        if node.type == "for_tuple_expr" and len(parts) == 1:
            return ForList(key, value, items, self.expression(parts[0], depth + 1), test, self.span(node))
        if node.type == "for_object_expr" and len(parts) == 2:
            name, each = (self.expression(part, depth + 1) for part in parts)
            grouped = any(child.type == "ellipsis" for child in node.children)
            return ForMap(key, value, items, name, each, grouped, test, self.span(node))
        return self._fault(node)

    def _intro(self, node: Node, depth: int) -> tuple[tuple[str, str], Expression]:
        """The names and the collection of a `for`."""
        words = [self.words(child) for child in _named(node) if child.type == "identifier"]
        items = [child for child in _named(node) if child.type != "identifier"]
        value = self.expression(items[0], depth + 1) if items else self._fault(node)
        return ("", words[0]) if len(words) == 1 else (words[0], words[1]), value

    # templates

    def _heredoc(self, node: Node, depth: int) -> Expression:
        names = [child for child in _named(node) if child.type == "heredoc_identifier"]
        if len(names) != 2 or names[0] == names[1]:
            return self._fault(node)
        start = self.text.find("\n", self.char(names[0].end_byte)) + 1
        end = self.text.rfind("\n", 0, self.char(names[1].start_byte)) + 1
        parts = self.parts(node, start, end, escapes=False, depth=depth)
        if self.words(node).startswith("<<-"):
            parts = without_indentation(parts)
        return Template(parts, self.span(node))

    def parts(self, node: Node, start: int, end: int, escapes: bool, depth: int = 0) -> tuple[Part, ...]:
        """What a template is made of: the text from `start` to `end`, in which the node's interpolations and directives stand."""
        inner = [child for child in _named(node) if child.type in ("template_interpolation", "template_directive")]
        return self._between(inner, start, end, escapes, depth)

    def _between(self, inner: list[Node], start: int, end: int, escapes: bool, depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        place = self.place if escapes else self.place.unescaped()
        strip = False
        for child in inner:
            before, after = self.char(child.start_byte), self.char(child.end_byte)
            opens, closes = _strips(child)
            found.extend(_ends_stripped(list(literals(self.text, start, before, place)), strip, opens))
            found.append(self._part(child, escapes, depth + 1))
            start, strip = after, closes
        found.extend(_ends_stripped(list(literals(self.text, start, end, place)), strip, False))
        return tuple(found)

    def _part(self, node: Node, escapes: bool, depth: int) -> Part:
        if depth > MAX_DEPTH:
            return Fault(_TOO_DEEP, self.span(node))
        if node.type == "template_interpolation":
            inner = [child for child in _named(node) if child.type == "expression"]
            return self.expression(inner[0], depth) if len(inner) == 1 else self._fault(node)
        whole = _named(node)[0]
        intros = [child for child in _named(whole) if child.type in _INTRO]
        if not intros or whole.has_error:
            return self._fault(node)
        bodies = [self._body_between(whole, one, intros, escapes, depth) for one in intros]
        if whole.type == "template_if":
            test = [child for child in _named(intros[0]) if child.type == "expression"]
            if not test:
                return self._fault(node)
            otherwise = bodies[1] if len(intros) == 3 else ()
            return IfPart(self.expression(test[0], depth), bodies[0], otherwise, self.span(node))
        words = [self.words(child) for child in _named(intros[0]) if child.type == "identifier"]
        items = [child for child in _named(intros[0]) if child.type == "expression"]
        if not items or not words:
            return self._fault(node)
        key, value = ("", words[0]) if len(words) == 1 else (words[0], words[1])
        return ForPart(key, value, self.expression(items[0], depth), bodies[0], self.span(node))

    def _body_between(
        self, whole: Node, intro: Node, intros: list[Node], escapes: bool, depth: int
    ) -> tuple[Part, ...]:
        """The text between one word of a directive (`if`, `else`, `for`) and the next; empty behind the last."""
        at = intros.index(intro)
        if at + 1 == len(intros):
            return ()
        after = intros[at + 1]
        inside = [
            child
            for child in _named(whole)
            if intro.end_byte <= child.start_byte < after.start_byte
            and child.type in ("template_interpolation", "template_directive")
        ]
        parts = self._between(inside, self.char(intro.end_byte), self.char(after.start_byte), escapes, depth)
        return tuple(_ends_stripped(list(parts), _closes_stripping(intro), _opens_stripping(after)))


_INTRO: Final = (
    "template_if_intro",
    "template_else_intro",
    "template_if_end",
    "template_for_start",
    "template_for_end",
)


def _ends_stripped(parts: list[Part], first: bool, last: bool) -> list[Part]:
    """The parts without the blanks of their first and last one, where that is literal text and a `~` asks for it."""
    if parts and first and isinstance(parts[0], Run):
        parts[0] = stripped(parts[0], True, False)
    if parts and last and isinstance(parts[-1], Run):
        parts[-1] = stripped(parts[-1], False, True)
    return parts


def _strips(node: Node) -> tuple[bool, bool]:
    """Whether an interpolation or directive takes away the blanks before and behind it."""
    if node.type == "template_interpolation":
        return _opens_stripping(node), _closes_stripping(node)
    words = [child for child in _named(_named(node)[0]) if child.type in _INTRO] if _named(node) else []
    return (_opens_stripping(words[0]), _closes_stripping(words[-1])) if words else (False, False)


def _opens_stripping(node: Node) -> bool:
    kinds = [child.type for child in node.children]
    return len(kinds) > 1 and kinds[1] == "strip_marker"


def _closes_stripping(node: Node) -> bool:
    kinds = [child.type for child in node.children]
    return len(kinds) > 1 and kinds[-2] == "strip_marker"
