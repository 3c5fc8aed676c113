"""Where names of a project are declared and used, for going there, listing uses and renaming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.names import Definition, Lost
from policyc.record import record
from policyc.syntax import network_nodes, nodes
from policyc.syntax.build_context import RESERVED
from policyc.syntax.lexer import scan
from policyc.syntax.problems import Problems
from policyc.text import Span


@record
class Use:
    """One place where a name is written. `declares` says that it is declared there."""

    span: Span
    declares: bool = False


@record
class Symbol:
    """A name with every place where it stands. `file` and `name` are those of its declaration; `inner` names the network, test or
    predicate that alone knows it (empty: a declaration of the file)."""

    file: str
    name: str
    inner: str
    kind: str
    uses: tuple[Use, ...]

    @property
    def declaration(self) -> Span | None:
        return next((use.span for use in self.uses if use.declares), None)


_Key = tuple[str, str, str]


class Index:
    """The symbols of a project, and which of them stands at a place."""

    def __init__(self, program: Program) -> None:
        self._program = program
        found: dict[_Key, list[Use]] = {}
        self._kinds: dict[_Key, str] = {}
        for file in program.modules:
            for key, use in _Walk(program, file, self._kinds).run():
                found.setdefault(key, []).append(use)
        self.symbols: Mapping[_Key, Symbol] = {
            key: Symbol(*key, self._kinds.get(key, ""), tuple(dict.fromkeys(uses))) for key, uses in found.items()
        }
        self._by_file: dict[str, list[tuple[Span, _Key]]] = {}
        for key, symbol in self.symbols.items():
            for use in symbol.uses:
                self._by_file.setdefault(use.span.file, []).append((use.span, key))

    def at(self, file: str, offset: int) -> Symbol | None:
        """The symbol whose name stands at an offset; the end of the name counts."""
        for span, key in self._by_file.get(file, ()):
            if span.start <= offset <= span.end:
                return self.symbols[key]
        return None

    def meant(self, file: str, offset: int) -> Symbol | None:
        """The same, and what a name means in a declaration that nobody can read yet."""
        found, program = self.at(file, offset), self._program
        module = program.modules.get(file)
        if found is not None or module is None or not module.damaged:
            return found
        source = program.sources[file]
        tokens = scan(Problems(source, Diagnostics()))
        places = zip(tokens.kinds, tokens.starts, tokens.ends, strict=True)
        name = next(
            (source.text[start:end] for kind, start, end in places if kind == "NAME" and start <= offset <= end), ""
        )
        definition = program.scopes[file].lookup(name)
        return None if definition is None else self.symbols.get((definition.file, definition.node.name.text, ""))

    def why_not(self, symbol: Symbol, name: str) -> str:
        """Why a symbol cannot be called so; empty where it can."""
        if not name.isidentifier() or not name.isascii():
            return f"`{name}` is no name: letters, digits and `_` make one"
        if name in RESERVED:
            return f"`{name}` is a reserved word and cannot be a name"
        files = {use.span.file for use in symbol.uses}
        taken = any(name in self._program.scopes[file].table for file in files)
        if name != symbol.name and (taken or any(key[0] in files and key[1] == name for key in self.symbols)):
            return f"`{name}` is the name of something else already"
        return ""


def children(node: object) -> Iterator[object]:
    """The nodes right below a node of the tree."""
    shape = getattr(type(node), "__record__", None)
    if shape is None or isinstance(node, Span):
        return
    for name in shape.fields:
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


class _Walk:
    """The names in one file."""

    def __init__(self, program: Program, file: str, kinds: dict[_Key, str]) -> None:
        self.program, self.file, self.kinds = program, file, kinds
        scope = program.scopes.get(file)
        self.table: Mapping[str, Definition] = {} if scope is None else scope.table

    def run(self) -> Iterator[tuple[_Key, Use]]:
        module = self.program.modules[self.file]
        for use in module.uses:
            for name in use.names:
                yield from self._name(name.text, name.span)
        for node in module.sound:
            if not isinstance(node, nodes.Labelled):
                key = (self.file, node.name.text, "")
                self.kinds[key] = Definition(node, self.file).kind
                yield key, Use(node.name.span, True)
            yield from self._below(node)

    def _below(self, top: nodes.Declaration) -> Iterator[tuple[_Key, Use]]:
        """What a declaration says, in the order of the text; without recursion, as deep as the text is."""
        own = _own_names(top)
        label = top.label.value if isinstance(top, nodes.Labelled) else top.name.text
        skipped = {id(top.name)} if not isinstance(top, nodes.Labelled) else set()
        for name, kind in own.items():
            self.kinds[self.file, name, label] = kind
        declared = {id(ident) for ident in _declared(top)}
        stack: list[object] = list(children(top))
        while stack:
            node = stack.pop()
            match node:
                case nodes.Ident(text, span) if id(node) not in skipped and text in own:
                    yield (self.file, text, label), Use(span, id(node) in declared)
                case nodes.Entry(value=value):
                    stack.append(value)  # a key is a field's name
                    continue
                case nodes.Ref(parts=(nodes.Field(name, span), *_)):
                    if name in own:
                        yield (self.file, name, label), Use(span)
                    else:
                        yield from self._name(name, span)
                case _:
                    pass
            stack.extend(children(node))

    def _name(self, name: str, span: Span) -> Iterator[tuple[_Key, Use]]:
        definition = self.table.get(name)
        if definition is not None and not isinstance(definition.node, Lost):
            yield (definition.file, definition.node.name.text, ""), Use(span)


def _declared(top: nodes.Declaration) -> Iterator[nodes.Ident]:
    """The names that a declaration makes for itself alone."""
    match top:
        case nodes.Predicate(parameters=parameters):
            yield from (item.name for item in parameters)
        case nodes.Network(items=items):
            for item in items:
                if isinstance(
                    item, (network_nodes.NetSegment, network_nodes.NetFunctionGroup, network_nodes.NetFilter)
                ):
                    yield item.name
        case nodes.InlineTest(steps=steps):
            for step in steps:
                if isinstance(step, nodes.OnStep):
                    yield from (entry.name for entry in step.attachments)
        case _:
            return


def _own_names(top: nodes.Declaration) -> dict[str, str]:
    """The names that a declaration alone knows, with what they are."""
    kinds: dict[str, str] = {}
    for name in _declared(top):
        if isinstance(top, nodes.Predicate):
            kinds[name.text] = "parameter"
        else:
            kinds[name.text] = "attachment" if isinstance(top, nodes.InlineTest) else "segment"
    return kinds
