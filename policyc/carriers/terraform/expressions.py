"""Working out expressions: a pure subset of the language, with holes for whatever only a plan or the provider can know.

Nothing is called and nothing is guessed. A condition that is open is a choice: whoever asks says which way it goes, or learns that
it must (`Undecided`). Every evaluation is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from policyc.carriers.embedded import Hole
from policyc.carriers.terraform.arguments import Arguments
from policyc.carriers.terraform.functions import FUNCTIONS
from policyc.carriers.terraform.nodes import (
    Attribute,
    Binary,
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
    Part,
    Run,
    Splat,
    Template,
    Unary,
)
from policyc.carriers.terraform.nodes import Bool as BoolNode
from policyc.carriers.terraform.nodes import Null as NullNode
from policyc.carriers.terraform.nodes import Number as NumberNode
from policyc.carriers.terraform.numbers import COMPARISONS, decimal, number, whole
from policyc.carriers.terraform.values import (
    LARGEST_LIST,
    Bool,
    Entry,
    Failed,
    Fields,
    Instance,
    Items,
    Json,
    Null,
    Number,
    Text,
    TooMuch,
    Unknown,
    Value,
    as_text,
    described,
    equal,
    joined,
    marked,
    plain_text,
    unknown_in,
)
from policyc.holes import has_hole
from policyc.record import field, record
from policyc.text import Span

#: nodes looked at for one document, and how deep references may lead
MOST_STEPS: Final = 200_000
MOST_DEPTH: Final = 70
MOST_VALUES: Final = 100_000


#: what a Region and an account look like
_FIELDS: Final = {"region": "*-*-?", "account": "????????????"}


class Undecided(Exception):
    """A condition is open, and what a document holds depends on it; `name` is the condition."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Module(Protocol):
    """Where names lead that no iterator explains."""

    def resolve(self, words: list[str], span: Span, work: Work) -> tuple[Value, int]:
        """The value that a reference begins with, and how many of its words that takes."""

    def named(self, word: str) -> str:
        """The address of something that this module declares."""

    def file_text(self, path: str, span: Span) -> Text:
        """The text of a file. Raises Failed."""

    def template_file(self, path: str, span: Span) -> Template:
        """A file as a template. Raises Failed."""


@record
class Scope:
    """A module, and what iterators stand for: `each`, `count`, the names of `for`, of `dynamic` blocks and of template files."""

    module: Module
    names: Mapping[str, Value] = field(default_factory=dict)

    def having(self, **names: Value) -> Scope:
        return Scope(self.module, {**self.names, **names})


class Work:
    """One evaluation: the choices made for open conditions, the holes met, and how much was done."""

    __slots__ = (
        "_equalities",
        "_sizes",
        "_values",
        "choices",
        "depth",
        "holes",
        "instances",
        "seen",
        "steps",
        "used",
        "when",
    )

    def __init__(self, choices: Mapping[str, bool], values: Mapping[str, str], when: str = "") -> None:
        self.choices, self._values = choices, values
        #: when what is open becomes known, for people
        self.when = when
        self.holes: dict[str, Hole] = {}
        #: what is worked out once: locals, variables, instances, by their address
        self.seen: dict[str, object] = {}
        #: address -> who knows the attributes of an instance
        self.instances: dict[str, Attributes] = {}
        #: where the data sources begin whose documents went into others
        self.used: set[tuple[str, int]] = set()
        self._equalities: dict[str, tuple[str, str]] = {}
        #: how many values a collection holds, by its identity; it stands beside, so that no other takes its place
        self._sizes: dict[int, tuple[Value, int]] = {}
        self.steps = self.depth = 0

    # holes and choices

    def unknown(self, name: str, span: Span, kind: str = "string", like: str = "", sensitive: bool = False) -> Value:
        """A hole, or the value that somebody gave for it."""
        given = self._values.get(name)
        if given is not None:
            return plain_text(given, span)
        found = Unknown(name, span, kind, like, sensitive)
        self.holes.setdefault(name, found.hole())
        return found

    def choose(self, value: Value, span: Span) -> bool:
        """Which way a condition goes."""
        match value:
            case Bool(truth):
                return truth
            case Text("true" | "false" as word):
                return word == "true"
            case Unknown(name):
                return self._chosen(name)
            case Text(text) if has_hole(text):
                return self._chosen(described(value))
            case Instance(address):
                return self._chosen(address)
            case _:
                raise Failed("a condition is neither true nor false", span)

    def _chosen(self, name: str) -> bool:
        if name.startswith("!"):
            return not self._chosen(name[1:])
        if name in self.choices:
            return self.choices[name]
        if name in self._equalities:
            left, right = self._equalities[name]
            for other, truth in self.choices.items():
                if truth and other in self._equalities and self._equalities[other][0] == left:
                    return self._equalities[other][1] == right
        raise Undecided(name)

    # expressions

    def value(self, expression: Expression, scope: Scope) -> Value:
        """What an expression amounts to. Raises Failed and Undecided."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch("working it out takes too many steps", expression.span)
        if self.depth > MOST_DEPTH:
            raise TooMuch("references lead on too deeply", expression.span)
        self.depth += 1
        try:
            return self.weighed(self._value(expression, scope), expression.span)
        finally:
            self.depth -= 1

    def weighed(self, value: Value, span: Span) -> Value:
        """The value, unless it holds more than a document may: what is shared inside it counts wherever it stands. Raises TooMuch."""
        if isinstance(value, Items | Fields | Json) and self._size(value) > MOST_VALUES:
            raise TooMuch(f"it makes more than {MOST_VALUES:,} values", span)
        return value

    def _size(self, value: Value) -> int:
        known = self._sizes.get(id(value))
        if known is not None:
            return known[1]
        match value:
            case Items(values):
                size = 1 + sum(map(self._size, values))
            case Fields(entries):
                size = 1 + sum(self._size(entry.value) for entry in entries)
            case Json(inner):
                size = 1 + self._size(inner)
            case _:
                return 1
        self._sizes[id(value)] = value, size
        return size

    def _value(self, expression: Expression, scope: Scope) -> Value:
        match expression:
            case Template():
                return self.template(expression, scope)
            case NumberNode(text, span):
                return Number(decimal(text, span), span)
            case BoolNode(truth, span):
                return Bool(truth, span)
            case NullNode(span):
                return Null(span)
            case ListOf(items, span):
                return Items(tuple(self.value(item, scope) for item in items), span)
            case MapOf():
                return self._map(expression, scope)
            case Name(word, span):
                return self._reference([word], span, scope)
            case Attribute():
                return self._attribute(expression, scope)
            case Index(of, key, span):
                return self.index(self.value(of, scope), self.value(key, scope), span)
            case Splat():
                return self._splat(expression, scope)
            case Call():
                return self._call(expression, scope)
            case Conditional(test, then, otherwise, span):
                chosen = self.choose(self.value(test, scope), test.span)
                return self.value(then if chosen else otherwise, scope)
            case Unary():
                return self._unary(expression, scope)
            case Binary():
                return self._binary(expression, scope)
            case ForList():
                return self._for_list(expression, scope)
            case ForMap():
                return self._for_map(expression, scope)
            case Fault(reason, span):
                raise Failed(reason, span)

    def _map(self, node: MapOf, scope: Scope) -> Value:
        entries: dict[str, Entry] = {}
        for pair in node.pairs:
            key = self.value(pair.key, scope)
            text = marked(as_text(key))
            entries[text] = Entry(text, pair.key.span, self.value(pair.value, scope))
        return Fields(tuple(entries.values()), node.span)

    # references

    def _attribute(self, node: Attribute, scope: Scope) -> Value:
        words: list[str] = []
        inner: Expression = node
        while isinstance(inner, Attribute):
            words.append(inner.word)
            inner = inner.of
        if isinstance(inner, Name):
            return self._reference([inner.word, *reversed(words)], node.span, scope)
        value = self.value(inner, scope)
        for word in reversed(words):
            value = self.attribute(value, word, node.span)
        return value

    def _reference(self, words: list[str], span: Span, scope: Scope) -> Value:
        if words[0] in scope.names:
            value, used = scope.names[words[0]], 1
        else:
            value, used = scope.module.resolve(words, span, self)
        for word in words[used:]:
            value = self.attribute(value, word, span)
        return value

    def attribute(self, value: Value, word: str, span: Span) -> Value:
        """`value.word`."""
        match value:
            case Fields():
                found = value.get(word)
                if found is None:
                    if any(has_hole(entry.key) for entry in value.entries):
                        return self.unknown(f"{described(value)}.{word}", span, "any")
                    raise Failed(f"there is no `{word}` in it", span)
                return found
            case Instance(address):
                return self.instances[address].attribute(word, span, self)
            case Unknown(name, sensitive=sensitive):
                return self.unknown(f"{name}.{word}", span, "any", sensitive=sensitive)
            case Items() if word.isdigit():
                return self.index(value, Number(Decimal(word), span), span)
            case _:
                raise Failed(f"it has no attributes, and `{word}` is asked of it", span)

    def index(self, value: Value, key: Value, span: Span) -> Value:
        """`value[key]`."""
        match value:
            case Unknown(name, sensitive=sensitive):
                return self.unknown(f"{name}[{described(key)}]", span, "any", sensitive=sensitive)
            case Items(values, open=open):
                at = whole(key)
                if at is None or open:
                    if unknown_in(key) or open:
                        return self.unknown(f"{described(value)}[{described(key)}]", span, "any")
                    raise Failed("a list is asked for an element by what is no number", span)
                if not 0 <= at < len(values):
                    raise Failed(f"a list of {len(values)} has no element {at}", span)
                return values[at]
            case Fields():
                text = marked(as_text(key))
                found = value.get(text)
                if found is not None:
                    return found
                if has_hole(text) or any(has_hole(entry.key) for entry in value.entries):
                    return self.unknown(f"{described(value)}[{described(key)}]", span, "any")
                raise Failed(f"there is no `{text}` in it", span)
            case Instance():
                return self.attribute(value, marked(as_text(key)), span)
            case _:
                raise Failed("it has no elements, and one is asked of it", span)

    def _splat(self, node: Splat, scope: Scope) -> Value:
        value = self.value(node.of, scope)
        match value:
            case Null():
                return Items((), node.span)
            case Items(values, open=open):
                found = tuple(self.value(node.each, scope.having(**{"*": item})) for item in values)
                return Items(found, node.span, open)
            case Unknown(name):
                each = self.value(node.each, scope.having(**{"*": self.unknown(f"{name}[*]", node.span, "any")}))
                return self.unknown(described(each), node.span, "list")
            case _:
                return Items((self.value(node.each, scope.having(**{"*": value})),), node.span)

    # operators

    def _unary(self, node: Unary, scope: Scope) -> Value:
        value = self.value(node.operand, scope)
        if unknown_in(value):
            name = described(value)
            shown = name[1:] if name.startswith("!") else f"!{name}"
            return (
                self.unknown(shown, node.span, "bool")
                if node.operator == "!"
                else self.unknown(f"-{name}", node.span, "number")
            )
        if node.operator == "!":
            return Bool(not self.choose(value, node.span), node.span)
        return Number(-number(value, node.span), node.span)

    def _binary(self, node: Binary, scope: Scope) -> Value:
        operator, span = node.operator, node.span
        left = self.value(node.left, scope)
        if operator in ("&&", "||"):
            return self._logic(node, left, scope)
        right = self.value(node.right, scope)
        if operator in ("==", "!="):
            same = equal(left, right)
            if same is None:
                name = f"{described(left)} == {described(right)}"
                if not unknown_in(right):
                    self._equalities[name] = described(left), described(right)
                return self.unknown(name if operator == "==" else f"!{name}", span, "bool")
            return Bool(same == (operator == "=="), span)
        if unknown_in(left) or unknown_in(right):
            kind = "number" if operator in "+-*/%" else "bool"
            return self.unknown(f"{described(left)} {operator} {described(right)}", span, kind)
        a, b = number(left, span), number(right, span)
        if operator in COMPARISONS:
            return Bool(COMPARISONS[operator](a, b), span)
        try:
            match operator:
                case "+":
                    return Number(a + b, span)
                case "-":
                    return Number(a - b, span)
                case "*":
                    return Number(a * b, span)
                case "/":
                    return Number(a / b, span)
                case "%":
                    return Number(a % b, span)
        except (InvalidOperation, ZeroDivisionError, ArithmeticError):
            raise Failed("the numbers have no such result", span) from None
        raise Failed(f"the operator `{operator}` is not known", span)

    def _logic(self, node: Binary, left: Value, scope: Scope) -> Value:
        """`&&` and `||`, which may be decided by one side."""
        deciding = node.operator == "||"
        known = not unknown_in(left)
        if known and self.choose(left, node.span) is deciding:
            return Bool(deciding, node.span)
        right = self.value(node.right, scope)
        if not unknown_in(right):
            truth = self.choose(right, node.span)
            if known or truth is deciding:
                return Bool(truth, node.span)
            return left
        if known:
            return right
        return self.unknown(f"({described(left)} {node.operator} {described(right)})", node.span, "bool")

    # for

    def pairs(self, value: Value, span: Span) -> Iterator[tuple[Value, Value]]:
        """Keys and values of a collection that is known, a map's in the order of its keys."""
        match value:
            case Items(values):
                for number, item in enumerate(values):
                    yield Number(Decimal(number), item.span), item
            case Fields(entries):
                for entry in sorted(entries, key=lambda entry: entry.key):
                    yield plain_text(entry.key, entry.key_span), entry.value
            case _:
                raise Failed("it is no collection, and each element of it is asked for", span)

    def _for_list(self, node: ForList, scope: Scope) -> Value:
        items = self.value(node.items, scope)
        if isinstance(items, Unknown | Instance):
            return self._for_unknown(node, items, scope)
        found: list[Value] = []
        for key, value in self.pairs(items, node.items.span):
            inner = _bound(scope, node.key, key, node.value, value)
            if node.test is None or self.choose(self.value(node.test, inner), node.test.span):
                found.append(self.value(node.each, inner))
            if len(found) > LARGEST_LIST:
                raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", node.span)
        return Items(tuple(found), node.span, isinstance(items, Items) and items.open)

    def _for_unknown(self, node: ForList, items: Unknown | Instance, scope: Scope) -> Value:
        """One element that stands for all of them."""
        name = described(items)
        key = self.unknown(f"{name}[*] key", node.items.span)
        value = self.unknown(f"{name}[*]", node.items.span, "any")
        each = self.value(node.each, _bound(scope, node.key, key, node.value, value))
        if not unknown_in(each):
            return self.unknown(f"[for {name} : {described(each)}]", node.span, "list")
        return Items((each,), node.span, True)

    def _for_map(self, node: ForMap, scope: Scope) -> Value:
        items = self.value(node.items, scope)
        if isinstance(items, Unknown | Instance):
            return self.unknown(f"{{for {described(items)}}}", node.span, "any")
        if isinstance(items, Items) and items.open:
            return self.unknown(f"{{for {described(items)}}}", node.span, "any")
        found: dict[str, list[Entry]] = {}
        for key, value in self.pairs(items, node.items.span):
            inner = _bound(scope, node.key, key, node.value, value)
            if node.test is not None and not self.choose(self.value(node.test, inner), node.test.span):
                continue
            name = marked(as_text(self.value(node.name, inner)))
            found.setdefault(name, []).append(Entry(name, node.name.span, self.value(node.each, inner)))
            if len(found) > LARGEST_LIST:
                raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", node.span)
        if node.grouped:
            grouped = (
                Entry(name, items[0].key_span, Items(tuple(item.value for item in items), node.span))
                for name, items in sorted(found.items())
            )
            return Fields(tuple(grouped), node.span)
        for name, twice in found.items():
            if len(twice) > 1:
                raise Failed(f"two elements have the key `{name}`", node.span)
        return Fields(tuple(items[0] for _, items in sorted(found.items())), node.span)

    # templates and calls

    def template(self, node: Template, scope: Scope) -> Value:
        if len(node.parts) == 1 and not isinstance(node.parts[0], Run | IfPart | ForPart):
            return self.value(node.parts[0], scope)
        if not node.parts:
            return plain_text("", node.span)
        parts = list(self._parts(node.parts, scope, node.span))
        if len(parts) == len(node.parts) > 2:
            self._not_given(node, parts, scope)
        return joined(parts, node.span)

    def _not_given(self, node: Template, parts: list[Text | Unknown], scope: Scope) -> None:
        """Open the Region and the account of an ARN where they are values that are empty by default: somebody gives them before it means anything."""
        for at, part in enumerate(node.parts[1:-1], 1):
            match part, parts[at]:
                case Attribute(Name("var" | "local" as sort), word), Text(""):
                    before, behind = "".join(map(marked, parts[:at])), marked(parts[at + 1])
                    arn = re.split(r'[\s"]', before)[-1]
                    kind = {3: "region", 4: "account"}.get(arn.count(":"))
                    if kind and arn.startswith("arn:") and arn.endswith(":") and behind.startswith(":"):
                        name = scope.module.named(f"{sort}.{word}")
                        parts[at] = as_text(self.unknown(name, part.span, kind, _FIELDS[kind]))
                case _:
                    continue

    def _parts(self, parts: tuple[Part, ...], scope: Scope, span: Span) -> Iterator[Text | Unknown]:
        for part in parts:
            self.steps += 1
            match part:
                case Run(literal, pieces):
                    yield Text(literal, pieces, span)
                case IfPart(test, then, otherwise):
                    chosen = self.choose(self.value(test, scope), test.span)
                    yield from self._parts(then if chosen else otherwise, scope, span)
                case ForPart():
                    items = self.value(part.items, scope)
                    if isinstance(items, Unknown | Instance) or (isinstance(items, Items) and items.open):
                        raise Failed(f"how often a part of the text repeats depends on `{described(items)}`", part.span)
                    for key, value in self.pairs(items, part.span):
                        if self.steps > MOST_STEPS:
                            raise TooMuch("working it out takes too many steps", part.span)
                        inner = _bound(scope, part.key, key, part.value, value)
                        yield from self._parts(part.body, inner, span)
                case _:
                    yield _placed(as_text(self.value(part, scope)), part.span)

    def _call(self, node: Call, scope: Scope) -> Value:
        name = node.name.removeprefix("core::")
        match name:
            case "try" | "can":
                return self._try(node, name, scope)
            case "templatefile" if len(node.args) == 2:
                path = self.value(node.args[0], scope)
                names = self.value(node.args[1], scope)
                if unknown_in(path) or not isinstance(names, Fields):
                    return self.unknown(f"templatefile({described(path)})", node.span)
                inner = Scope(scope.module, {entry.key: entry.value for entry in names.entries})
                return self.template(scope.module.template_file(marked(as_text(path)), node.span), inner)
            case "file" if len(node.args) == 1:
                path = self.value(node.args[0], scope)
                if unknown_in(path):
                    return self.unknown(f"file({described(path)})", node.span)
                return scope.module.file_text(marked(as_text(path)), node.span)
        args = [self.value(arg, scope) for arg in node.args]
        if node.spread and args:
            last = args.pop()
            if not isinstance(last, Items) or last.open:
                return self.unknown(f"{name}({', '.join(map(described, [*args, last]))}...)", node.span, "any")
            args.extend(last.values)
        function = FUNCTIONS.get(name)
        if function is None:
            return self.unknown(f"{name}({', '.join(map(described, args))})", node.span, "any")
        return function(Arguments(name, tuple(args), node.span, self.unknown))

    def _try(self, node: Call, name: str, scope: Scope) -> Value:
        failed: Failed | None = None
        for arg in node.args:
            depth = self.depth
            try:
                value = self.value(arg, scope)
            except TooMuch:
                raise
            except Failed as error:
                self.depth = depth
                failed = error
                continue
            return value if name == "try" else Bool(True, node.span)
        if name == "can":
            return Bool(False, node.span)
        raise failed or Failed("`try` is asked for nothing", node.span)


class Attributes(Protocol):
    """Who knows the attributes of one instance of a resource, data source or module."""

    def attribute(self, word: str, span: Span, work: Work) -> Value: ...


def _placed(value: Text | Unknown, span: Span) -> Text | Unknown:
    """A text that is put into another, where it is put in; what stands right there keeps its parts."""
    if isinstance(value, Unknown):
        return Unknown(value.name, span, value.kind, value.like, value.sensitive)
    inside = value.span.file == span.file and span.start <= value.span.start and value.span.end <= span.end
    return value if inside else Text(value.value, (), span)


def _bound(scope: Scope, key_name: str, key: Value, value_name: str, value: Value) -> Scope:
    names = {value_name: value}
    if key_name:
        names[key_name] = key
    return scope.having(**names)
