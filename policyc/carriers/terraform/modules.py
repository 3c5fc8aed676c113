"""Modules as they are called: variables with what the caller, a `*.tfvars` file or a default gives them, locals, outputs, and the
instances of resources that `count` and `for_each` make.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from policyc.carriers.embedded import Options, Piece
from policyc.carriers.terraform.declared import Declared, Placed, declared_in, within
from policyc.carriers.terraform.expressions import Scope, Work
from policyc.carriers.terraform.hcl import parse_expression, parse_template
from policyc.carriers.terraform.nodes import Body, Expression, Name, Template
from policyc.carriers.terraform.runs import Placement
from policyc.carriers.terraform.shapes import as_kept, kind_of, like_of
from policyc.carriers.terraform.types import conformed, wants_text
from policyc.carriers.terraform.values import (
    Entry,
    Failed,
    Fields,
    Instance,
    Items,
    Null,
    Number,
    Text,
    TooMuch,
    Unknown,
    Value,
    as_text,
    described,
    marked,
    plain_text,
    unknown_in,
)
from policyc.holes import has_hole, is_reserved
from policyc.record import field, record
from policyc.text import Span

#: instances of one block
MOST_INSTANCES: Final = 500
_WORKING: Final = object()


@record
class Remote:
    """A module whose files are not here."""

    source: str


class Configuration:
    """The folders below a root, each read once, and what was given for variables."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._folders: dict[str, Declared] = {}
        self._lists: dict[str, dict[str, str]] = {}

    def declared(self, folder: str) -> Declared:
        if folder not in self._folders:
            self._folders[folder] = declared_in(folder, self.options)
        return self._folders[folder]

    def child(self, declared: Declared, name: str, root: str, key: str) -> Declared | Remote:
        """The module that a call leads to. `key` is the call's name among all of the root's, as `terraform init` lists them."""
        source = declared.source_of(declared.modules[name])
        if source is None:
            return Remote("")
        folder = within(declared.folder, source) if source.startswith(("./", "../")) else self._installed(root, key)
        if folder is None:
            return Remote(source)
        found = self.declared(folder)
        return found if _holds_anything(found) else Remote(source)

    def _installed(self, root: str, key: str) -> str | None:
        """The folder of a module that `terraform init` brought."""
        if root not in self._lists:
            self._lists[root] = {}
            text = self.options.read(posixpath.join(root, ".terraform/modules/modules.json"))
            try:
                held = json.loads(text or "{}")
                rows = held.get("Modules", []) if isinstance(held, dict) else []
                self._lists[root] = {str(row["Key"]): str(row["Dir"]) for row in rows if isinstance(row, dict)}
            except (ValueError, KeyError, RecursionError):
                pass
        folder = self._lists[root].get(key)
        return None if folder is None else within(root, folder)


def _holds_anything(declared: Declared) -> bool:
    return bool(declared.resources or declared.outputs or declared.locals or declared.modules or declared.faults)


@record
class ModuleInstance:
    """One module in one place of the tree of calls. `address` is empty for the root, else `module.a` or `module.a["k"].module.b`; `given` are the
    arguments of the call, in the scope of the caller."""

    configuration: Configuration
    declared: Declared
    address: str = ""
    key: str = ""
    root: str = ""
    given: Body | None = None
    caller: Scope | None = None
    variables: Mapping[str, Callable[[Work], Value]] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return Scope(self)

    def named(self, word: str) -> str:
        """The address of something that this module declares."""
        return f"{self.address}.{word}" if self.address else word

    # names

    def resolve(self, words: list[str], span: Span, work: Work) -> tuple[Value, int]:
        match words:
            case ["var", name, *_]:
                return self.variable(name, span, work), 2
            case ["local", name, *_]:
                return self._local(name, span, work), 2
            case ["module", name, *_]:
                return self._module(name, span, work), 2
            case ["path", "module", *_]:
                return plain_text(self._path(self.declared.folder), span), 2
            case ["path", "root" | "cwd", *_]:
                return plain_text(".", span), 2
            case ["data" | "ephemeral", type, name, *rest]:
                return self._resource(f"{words[0]}.{type}.{name}", rest, span, work, 3)
            case ["each" | "count" | "self" | "terraform" as root, word, *_]:
                return work.unknown(self.named(f"{root}.{word}"), span, "any"), 2
            case [type, name, *rest]:
                return self._resource(f"{type}.{name}", rest, span, work, 2)
            case _:
                raise Failed(f"`{words[0]}` is not declared", span)

    def _path(self, folder: str) -> str:
        return posixpath.relpath(folder or ".", self.root or ".")

    def _once(self, name: str, span: Span, work: Work, make: Callable[[], Value]) -> Value:
        """A value that is worked out once; one that needs itself has none."""
        address = self.named(name)
        known = work.seen.get(address)
        if known is _WORKING:
            raise Failed(f"`{name}` needs itself to be worked out", span)
        if known is None:
            work.seen[address] = _WORKING
            try:
                known = make()
            except BaseException:
                del work.seen[address]
                raise
            work.seen[address] = known
        return known  # type: ignore[return-value]

    def _local(self, name: str, span: Span, work: Work) -> Value:
        argument = self.declared.locals.get(name)
        if argument is None:
            return work.unknown(self.named(f"local.{name}"), span, "any")
        return self._once(f"local.{name}", argument.name_span, work, lambda: work.value(argument.value, self.scope))

    # variables

    def variable(self, name: str, span: Span, work: Work) -> Value:
        placed = self.declared.variables.get(name)
        if placed is None:
            return work.unknown(self.named(f"var.{name}"), span, "any")
        return self._once(f"var.{name}", placed.block.head, work, lambda: self._given(name, placed, span, work))

    def _given(self, name: str, placed: Placed, span: Span, work: Work) -> Value:
        body = placed.block.body
        full = self.named(f"var.{name}")
        type = body.expression("type")
        sensitive = _says(body, "sensitive") or _says(body, "ephemeral")
        value: Value | None = None
        if self.given is not None and self.caller is not None:
            argument = self.given.expression(name)
            if argument is not None:
                value = work.value(argument, self.caller)
        else:
            values = self.configuration.options.values
            bound = values.get(full, None if self.address else values.get(name))
            if bound is not None:
                value = work.value(bound_value(bound, type, placed.block.head), self.scope)
            elif name in self.variables:
                value = self.variables[name](work)
        default = body.expression("default")
        if (value is None or (isinstance(value, Null) and not _nullable(body))) and default is not None:
            value = work.value(default, self.scope)
        if value is None or sensitive:
            kind = kind_of_type(type)
            return work.unknown(full, span if self.given is None else placed.block.head, kind, sensitive=sensitive)
        return conformed(value, type, work, self.scope)

    # files

    def _file(self, path: str, span: Span) -> tuple[str, str]:
        """The root-relative name of a file, and its text."""
        name = within(self.root, path)
        text = None if name is None else self.configuration.options.read(name)
        if name is None or text is None:
            raise Failed(f"the file `{path}` cannot be read below the root", span)
        if is_reserved(text):
            raise Failed(f"the file `{path}` holds characters that stand for unknown values here", span)
        return name, text

    def file_text(self, path: str, span: Span) -> Text:
        name, text = self._file(path, span)
        place = Span(name, 0, len(text))
        return Text(text, (Piece(0, place, True),) if text else (), place)

    def template_file(self, path: str, span: Span) -> Template:
        name, text = self._file(path, span)
        return parse_template(text, Placement(name, 0))

    # resources and modules

    def _resource(self, name: str, rest: list[str], span: Span, work: Work, used: int) -> tuple[Value, int]:
        placed = self.declared.resources.get(name)
        if placed is not None:
            return self.expansion(name, placed, work).as_value(span), used
        if not rest:
            return work.unknown(self.named(name), span, "any"), used
        # a resource that is declared elsewhere, or nowhere: its type tells something all the same
        like = like_of(name.rpartition(".")[0], rest[0], lambda _: "")
        return work.unknown(self.named(f"{name}.{rest[0]}"), span, kind_of(rest[0], like), like), used + 1

    def _module(self, name: str, span: Span, work: Work) -> Value:
        placed = self.declared.modules.get(name)
        if placed is None:
            return work.unknown(self.named(f"module.{name}"), span, "any")
        return self.expansion(f"module.{name}", placed, work).as_value(span)

    def expansion(self, name: str, placed: Placed, work: Work) -> Expansion:
        """The instances of a block, each known to `work` by its address."""
        address = self.named(name)
        known = work.seen.get(f"*{address}")
        if known is _WORKING:
            raise Failed(f"`{name}` needs itself to be worked out", placed.block.head)
        if isinstance(known, Expansion):
            return known
        work.seen[f"*{address}"] = _WORKING
        try:
            made = self._expanded(address, placed, work)
        except BaseException:
            del work.seen[f"*{address}"]
            raise
        work.seen[f"*{address}"] = made
        for suffix, names in made.rows:
            scope = Scope(self, names)
            if placed.block.type == "module":
                work.instances[address + suffix] = self.called(
                    name.removeprefix("module."), placed, address + suffix, scope
                )
            else:
                work.instances[address + suffix] = ResourceInstance(self, name, placed, address + suffix, scope)
        return made

    def _expanded(self, address: str, placed: Placed, work: Work) -> Expansion:
        body = placed.block.body
        count, each = body.expression("count"), body.expression("for_each")
        if count is not None:
            return self._counted(address, count, work)
        if each is not None:
            return self._for_each(address, each, work)
        return Expansion(address, "one", (("", {}),))

    def _counted(self, address: str, count: Expression, work: Work) -> Expansion:
        value = work.value(count, self.scope)
        if unknown_in(value):
            index = work.unknown(f"{address}[count.index]", count.span, "number")
            names = {"count": Fields((Entry("index", count.span, index),), count.span)}
            return Expansion(address, "any", (("[*]", names),))
        text = marked(as_text(value))
        if not text.isdigit():
            raise Failed("`count` is no whole number", count.span)
        if len(text) > 9 or int(text) > MOST_INSTANCES:
            raise TooMuch(f"it makes more than {MOST_INSTANCES} instances", count.span)
        rows = []
        for number in range(int(text)):
            index = Number(Decimal(number), count.span)
            rows.append((f"[{number}]", {"count": Fields((Entry("index", count.span, index),), count.span)}))
        return Expansion(address, "list", tuple(rows))

    def _for_each(self, address: str, each: Expression, work: Work) -> Expansion:
        value = work.value(each, self.scope)
        if isinstance(value, Unknown | Instance) or (isinstance(value, Items) and value.open):
            name = described(value)
            key = work.unknown(f"{name}[*] key", each.span)
            item = work.unknown(f"{name}[*]", each.span, "any")
            return Expansion(address, "any", (("[*]", {"each": _each(key, item, each.span)}),))
        pairs: list[tuple[str, Value, Value]] = []
        match value:
            case Fields(entries):
                for entry in entries:
                    pairs.append((entry.key, plain_text(entry.key, entry.key_span), entry.value))
            case Items(values):
                for item in values:
                    pairs.append((marked(as_text(item)), item, item))
            case _:
                raise Failed("`for_each` is no map and no set of texts", each.span)
        if len(pairs) > MOST_INSTANCES:
            raise TooMuch(f"it makes more than {MOST_INSTANCES} instances", each.span)
        rows = []
        for text, key, item in pairs:
            suffix = "[*]" if has_hole(text) and len(pairs) == 1 else f"[{json.dumps(described_key(text))}]"
            rows.append((suffix, {"each": _each(key, item, each.span)}))
        return Expansion(address, "map", tuple(rows), tuple(text for text, _, _ in pairs))

    def called(self, name: str, placed: Placed, address: str, scope: Scope) -> ModuleInstance | RemoteInstance:
        key = f"{self.key}.{name}" if self.key else name
        child = self.configuration.child(self.declared, name, self.root, key)
        if isinstance(child, Remote):
            return RemoteInstance(address)
        return ModuleInstance(self.configuration, child, address, key, self.root, placed.block.body, scope)

    def attribute(self, word: str, span: Span, work: Work) -> Value:
        """An output of this module."""
        placed = self.declared.outputs.get(word)
        if placed is None:
            raise Failed(f"the module has no output `{word}`", span)
        value = placed.block.body.expression("value")
        if value is None:
            raise Failed(f"the output `{word}` has no value", placed.block.head)
        return self._once(f"output.{word}", placed.block.head, work, lambda: work.value(value, self.scope))


def _each(key: Value, value: Value, span: Span) -> Fields:
    return Fields((Entry("key", span, key), Entry("value", span, value)), span)


def described_key(text: str) -> str:
    from policyc.holes import shown

    return shown(text)


@record
class Expansion:
    """The instances of one block: `kind` is `one`, `list` (`count`), `map` (`for_each`) or `any` (how many is open); each row has the
    end of its address and what iterators stand for."""

    address: str
    kind: str
    rows: tuple[tuple[str, Mapping[str, Value]], ...]
    keys: tuple[str, ...] = ()

    def as_value(self, span: Span) -> Value:
        found = tuple(Instance(self.address + suffix, span) for suffix, _ in self.rows)
        match self.kind:
            case "one":
                return found[0]
            case "list":
                return Items(found, span)
            case "map":
                return Fields(tuple(Entry(key, span, item) for key, item in zip(self.keys, found)), span)
            case _:
                return Unknown(self.address, span, "any")


@record
class RemoteInstance:
    """A call of a module that is not here: its outputs are holes."""

    address: str

    def attribute(self, word: str, span: Span, work: Work) -> Value:
        return work.unknown(f"{self.address}.{word}", span, "any")


@record
class ResourceInstance:
    """One instance of a resource or data source."""

    module: ModuleInstance
    name: str
    placed: Placed
    address: str
    scope: Scope

    @property
    def type(self) -> str:
        return self.placed.block.labels[0]

    @property
    def body(self) -> Body:
        return self.placed.block.body

    def argument(self, word: str, work: Work) -> Value | None:
        """What is written for an argument; None for one that is not, or is null."""
        expression = self.body.expression(word)
        value = None if expression is None else work.value(expression, self.scope)
        return None if isinstance(value, Null) else value

    def attribute(self, word: str, span: Span, work: Work) -> Value:
        from policyc.carriers.terraform.data_documents import document_of

        made = document_of(self.placed, self.scope, self.address, word, work)
        if made is not None:
            return made
        written = self.argument(word, work)
        if isinstance(written, Text) and (kept := as_kept(self.type, word, written.value)) != written.value:
            return plain_text(kept, written.span)
        if written is not None:
            return written
        shaped = f"data.{self.type}" if self.placed.block.type == "data" else self.type
        like = like_of(shaped, word, lambda name: self._text(name, work))
        return work.unknown(f"{self.address}.{word}", span, kind_of(word, like), like)

    def _text(self, name: str, work: Work) -> str | None:
        """An argument as text, empty when it is not wholly known; None for one that is not written."""
        value = self.argument(name, work)
        if value is None:
            return None
        return value.value if isinstance(value, Text) and not has_hole(value.value) else ""


def _says(body: Body, name: str) -> bool:
    from policyc.carriers.terraform.nodes import Bool

    value = body.expression(name)
    return isinstance(value, Bool) and value.value


def _nullable(body: Body) -> bool:
    return body.expression("nullable") is None or _says(body, "nullable")


def bound_value(text: str, type: Expression | None, span: Span) -> Expression:
    """What somebody gave for a variable: a text for one that takes text, else an expression, as `-var` reads it."""
    place = Placement(span.file, span.start, span)
    if wants_text(type) and not text.startswith(("[", "{")):
        return parse_template(text.replace("${", "$${").replace("%{", "%%{"), place)
    return parse_expression(text, place)


def kind_of_type(type: Expression | None) -> str:
    """What is known of a variable that nobody gives a value."""
    match type:
        case Name("string" | "number" | "bool" as word):
            return word
        case None:
            return "any"
        case _:
            return "list" if getattr(type, "name", "") in ("list", "set", "tuple") else "any"
