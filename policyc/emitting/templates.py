"""Documents with the values of parameters left open.

Nothing in the compiler knows of open values. A project is compiled with samples in their places, and the documents show where they went. That a document
is its text with the value put in, and nothing else, is then tried: with other samples, with defaults, and with every value that the project's files hold, for parameters that no document shares at once. Where a
document says something else for one of them, the parameter decides what the document says and cannot stay open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.holes import MARK, is_reserved, mark, names_in
from policyc.ir.program import Program
from policyc.model.types import BOOL, SetOf, Type
from policyc.model.values import Value
from policyc.record import record
from policyc.syntax import nodes
from policyc.targets.base import Document
from policyc.workspace.beside.apart import apart
from policyc.workspace.beside.literals import candidates
from policyc.workspace.beside.parameters import Parameter, can_be_open, described, members, sample
from policyc.workspace.beside.samples import Declared, declared

#: a document as data: JSON with marks (`policyc.holes`) in its texts and `Hole` in place of other values, or a Cedar text
Tree: TypeAlias = Any
#: compiles the project with values for parameters: its documents in a stable order, and what is wrong
Compile: TypeAlias = Callable[[Mapping[str, str]], tuple[Program, Sequence[Document], Diagnostics]]

#: values that are tried for one parameter, at least and at most, and for all of them: each is a compilation
_LEAST: Final = 8
_MOST: Final = 64
_TOGETHER: Final = 400
_NETWORK: Final = "cloud_wan/core_network_policy"


@record
class Hole:
    """A value of a document that is no text and stays open: a number, or the whole of a list."""

    name: str


@record
class Template:
    """One built document with what stays open in it."""

    document: Document
    content: Tree

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it holds, in order."""
        return tuple(dict.fromkeys(_names(self.content)))


@record
class Opened:
    """What is built, with `parameters` open. Those of `decided` decide what the documents say: they have their defaults. `filled` puts marks in place of
    the samples that are left in the program's values, `marked` says it for one text."""

    program: Program
    templates: tuple[Template, ...]
    parameters: Mapping[str, Parameter]
    marked: Callable[[str], str]
    decided: tuple[str, ...] = ()


class _Decides(Exception):
    """The documents hang on parameters in another way than by holding their values."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


def open_templates(
    compile: Compile, modules: Mapping[str, nodes.Module], given: Mapping[str, str], diagnostics: Diagnostics
) -> Opened | None:
    """Everything that the project builds, with each parameter open that nobody gave a value; None after reporting what is wrong."""
    params = declared(modules, given)
    decided: list[str] = []
    written: dict[Type, list[str]] = {}
    while True:
        try:
            return _Work(compile, modules, params, written).opened(tuple(decided), diagnostics)
        except _Decides as stop:
            for lost in (params.pop(name) for name in stop.names):
                decided.append(lost.name)
                if lost.node.default is None:
                    diagnostics.error(
                        "parameter-decides",
                        f"parameter `{lost.name}` cannot stay open: it decides more of what the documents say than its own value",
                        lost.node.name.span,
                        f"give it a value: `--param {lost.name}=…`",
                    )
            if diagnostics.has_errors:
                return None


@dataclass(slots=True)
class _Work:
    """One attempt with `params` open. `written` keeps, for all attempts, what the files hold of a type."""

    compile: Compile
    modules: Mapping[str, nodes.Module]
    params: Mapping[str, Declared]
    written: dict[Type, list[str]]
    base: dict[str, str] = field(default_factory=dict)
    marks: list[tuple[str, str]] = field(default_factory=list)

    def opened(self, decided: tuple[str, ...], diagnostics: Diagnostics) -> Opened | None:
        closed = [param.name for param in self.params.values() if not can_be_open(param.type)]
        if closed:
            raise _Decides(*closed)
        self.base = {name: self._sample(name, 0) for name in self.params}
        self.marks = [
            (value, mark(name))
            for name, value in self.base.items()
            if not members(self.params[name].type) and not isinstance(self.params[name].type, SetOf)
        ]
        program, documents, found = self.compile(self.base)
        if found.has_errors:
            self._blame()
            diagnostics.extend(found)
            return None
        for item in documents:
            if is_reserved(item.text):
                diagnostics.error(
                    "reserved-character",
                    f"`{item.path}` holds a character that stands for unknown values here",
                    item.span,
                    "write another character",
                )
                return None
        raws = {item.path: _data(item) for item in documents}
        trees = {path: self._marked(raw) for path, raw in raws.items()}
        for item in documents:
            for name in () if item.kind else names_in(trees[item.path]):
                if described(name, self.params[name].type, "", None, "").is_number:
                    raise _Decides(name)
        defaults = self._defaults(program)
        built_in = [
            name
            for name, param in self.params.items()
            if not described(name, param.type, "", defaults[name], param.form).takes_default
        ]
        if built_in:
            raise _Decides(*built_in)
        words = [name for name, param in self.params.items() if members(param.type)]
        for name in words:
            worlds = self._worlds(name, members(self.params[name].type))
            trees = {path: _enumerated(tree, raws[path], worlds, name, path) for path, tree in trees.items()}
            if not all(self._agrees(trees, {name: value}, other, documents) for value, other in worlds.items()):
                raise _Decides(name)
        values = {name: self._values(name, defaults[name]) for name in self.params if name not in words}
        for group in apart(self.modules.values(), list(values)):
            self._try(group, values, trees, documents)
        diagnostics.extend(found)
        parameters = {
            name: described(name, item.type, item.node.doc, defaults[name], item.form)
            for name, item in self.params.items()
        }
        return Opened(
            program,
            tuple(Template(item, trees[item.path]) for item in documents),
            parameters,
            lambda text: self._text(text),
            decided,
        )

    def _sample(self, name: str, number: int) -> str:
        param = self.params[name]
        return sample(param.type, 2 * list(self.params).index(name) + number, param.form)

    def _blame(self) -> None:
        """Raises _Decides for a parameter with a default whose sample alone is what is wrong."""
        needed = {name: text for name, text in self.base.items() if self.params[name].node.default is None}
        if len(needed) == len(self.base) or self.compile(needed)[2].has_errors:
            return
        for name, text in self.base.items():
            if name not in needed and self.compile({**needed, name: text})[2].has_errors:
                raise _Decides(name)

    def _defaults(self, program: Program) -> dict[str, str | tuple[str, ...] | None]:
        out: dict[str, str | tuple[str, ...] | None] = {}
        for name, param in self.params.items():
            node = param.node
            value = (
                None
                if node.default is None
                else program.scopes[param.file].value(node.default, param.type, Diagnostics())
            )
            out[name] = None if value is None else _plain(value)
        return out

    def _values(self, name: str, default: str | tuple[str, ...] | None) -> list[str]:
        """Other values that are tried for a parameter."""
        param = self.params[name]
        inner = param.type.item if isinstance(param.type, SetOf) else param.type
        form = described(name, param.type, "", None, param.form)
        most = max(_LEAST, min(_MOST, _TOGETHER // len(self.params)))
        if inner not in self.written:
            self.written[inner] = candidates(self.modules.values(), inner)
        others = [text for other, text in self.base.items() if other != name and self.params[other].type == param.type]
        values = [
            self._sample(name, 1),
            *([default if isinstance(default, str) else ",".join(default)] if default else []),
            *[text for text in (*others, *self.written[inner]) if form.takes(text)][:most],
        ]
        return list(dict.fromkeys(values))

    def _worlds(self, name: str, values: Sequence[str]) -> dict[str, dict[str, Tree] | None]:
        """What is built with values of one parameter, by the value; None where it is refused."""
        return {value: self._built({name: value}) for value in values}

    def _built(self, values: Mapping[str, str]) -> dict[str, Tree] | None:
        _, documents, found = self.compile({**self.base, **values})
        return None if found.has_errors else {item.path: _data(item) for item in documents}

    def _try(
        self,
        group: Sequence[str],
        values: Mapping[str, Sequence[str]],
        trees: Mapping[str, Tree],
        documents: Sequence[Document],
    ) -> None:
        """Try the values of parameters that no document shares, all of them at once and one by one where that fails. Raises _Decides."""
        for at in range(max(len(values[name]) for name in group)):
            row = {name: values[name][at] for name in group if at < len(values[name])}
            if len(row) > 1 and self._agrees(trees, row, self._built(row), documents):
                continue
            for name, value in row.items():
                if not self._agrees(trees, {name: value}, self._built({name: value}), documents):
                    raise _Decides(name)

    # --- marking --------------------------------------------------------------------------------------------------

    def _marked(self, tree: Tree) -> Tree:
        """A document with what stays open in place of the samples."""
        match tree:
            case dict():
                return {key: self._marked(value) for key, value in tree.items()}
            case list():
                for name, text in self.base.items():
                    if isinstance(self.params[name].type, SetOf) and sorted(map(str, tree)) == sorted(text.split(",")):
                        return Hole(name)
                return [self._marked(value) for value in tree]
            case str():
                return self._text(tree)
            case int() if not isinstance(tree, bool):
                for name, text in self.base.items():
                    if not members(self.params[name].type) and text == str(tree):
                        return Hole(name)
        return tree

    def _text(self, text: str) -> str:
        for value, sign in self.marks:
            if value in text:
                text = text.replace(value, sign)
        return text

    def _agrees(
        self,
        trees: Mapping[str, Tree],
        changed: Mapping[str, str],
        other: Mapping[str, Tree] | None,
        documents: Sequence[Document],
    ) -> bool:
        """Whether what is built with some changed values is what the templates say of them."""
        values = {**self.base, **changed}
        if other is None or list(other) != list(trees):
            return False
        kinds = {item.path: item.kind for item in documents}
        for path, tree in trees.items():
            mine = self._filled(tree, values)
            if kinds[path] in ("", _NETWORK):
                if mine != other[path]:
                    return False
            elif _unordered(mine) != _unordered(other[path]):
                return False
        return True

    def _filled(self, tree: Tree, values: Mapping[str, str]) -> Tree:
        match tree:
            case dict():
                return {key: self._filled(value, values) for key, value in tree.items()}
            case list():
                return [self._filled(value, values) for value in tree]
            case Hole(name):
                kind, text = self.params[name].type, values[name]
                return text.split(",") if isinstance(kind, SetOf) else text == "true" if kind == BOOL else int(text)
            case str():
                return MARK.sub(lambda found: values[found[1]], tree)
        return tree


def _data(document: Document) -> Tree:
    return json.loads(document.text) if document.kind else document.text


def _plain(value: Value) -> str | tuple[str, ...]:
    if isinstance(value.data, tuple):
        return tuple(str(item.data) for item in value.data if isinstance(item, Value))
    return str(value.data).lower() if isinstance(value.data, bool) else str(value.data)


def _enumerated(tree: Tree, raw: Tree, worlds: Mapping[str, Mapping[str, Tree] | None], name: str, path: str) -> Tree:
    """A document with one of a few words open where each world has its own word."""
    others = [(value, None if world is None else world.get(path)) for value, world in worlds.items()]
    return _aligned(tree, raw, others, name)


def _aligned(tree: Tree, raw: Tree, others: Sequence[tuple[str, Tree]], name: str) -> Tree:
    if isinstance(tree, dict) and all(isinstance(one, dict) and list(one) == list(raw) for _, one in others):
        return {
            key: _aligned(value, raw[key], [(word, one[key]) for word, one in others], name)
            for key, value in tree.items()
        }
    if isinstance(tree, list) and all(isinstance(one, list) and len(one) == len(raw) for _, one in others):
        return [
            _aligned(value, raw[at], [(word, one[at]) for word, one in others], name) for at, value in enumerate(tree)
        ]
    if all(one == word for word, one in others):
        return mark(name)
    return Hole(name) if all(isinstance(one, bool) and str(one).lower() == word for word, one in others) else tree


def _unordered(tree: Tree) -> Tree:
    """A document of IAM with lists of texts as the sets that they are, and a single one as such a list."""
    match tree:
        case dict():
            return {key: _unordered(value) for key, value in tree.items()}
        case list():
            if all(isinstance(value, str) for value in tree):
                return sorted(set(tree))
            return [_unordered(value) for value in tree]
        case str():
            return [tree]
    return tree


def _names(tree: Tree) -> Iterator[str]:
    match tree:
        case dict():
            for value in tree.values():
                yield from _names(value)
        case list():
            for value in tree:
                yield from _names(value)
        case Hole(name):
            yield name
        case str():
            yield from names_in(tree)
