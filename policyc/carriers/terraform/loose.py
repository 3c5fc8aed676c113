"""Documents that no resource of the configuration takes: in locals, outputs, defaults of variables, and what calls of modules are given whose files are not here.

What kind they are tells their content, as it does for a file that is a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.bodies import CEDAR
from policyc.carriers.embedded import Embedded, Options, Unreadable
from policyc.carriers.terraform.declared import Declared
from policyc.carriers.terraform.documents import Found, document_of
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.modules import ModuleInstance
from policyc.carriers.terraform.nodes import Expression
from policyc.carriers.terraform.others import Read, blocks_with_signs, signs_in
from policyc.carriers.terraform.tree import Place, Tree
from policyc.carriers.terraform.values import Fields, Items, Json, Text, Value
from policyc.record import record
from policyc.regex import regex
from policyc.text import Source, Span

#: key that shows what a value is -> its kind, empty where the statements tell it
_KINDS: Final[Mapping[str, str]] = {"Statement": "", "core-network-configuration": "core-network"}
_CEDAR: Final = regex(r"\s*(?:(?://[^\n]*|@\w+\(\"[^\"]*\"\))\s*)*(?:permit|forbid)\s*\(")
_JSON: Final = regex(r'\s*\{[^{}]*"(Statement|core-network-configuration)"\s*:')


@record
class Part:
    """A value in which documents may stand: its `name` in the module, what declares it, what it is written as, and the first words of its block."""

    name: str
    type: str
    expression: Expression
    head: Span


def loose_parts(
    tree: Tree, options: Options, documents: Sequence[Embedded], unreadable: Sequence[Unreadable]
) -> Iterator[tuple[Place, Part]]:
    """The parts of all modules that look as if policies stood in them, and of which nothing was read."""
    lost = {(item.within.calls, item.name) for item in tree.lost}
    seen: set[str] = set()
    read = Read(documents, (item.place for item in unreadable))
    for place in tree.places:
        declared = place.declared
        away = {placed.file for name, placed in declared.modules.items() if (place.calls, name) in lost}
        held = (*declared.outputs.values(), *declared.variables.values())
        files = {item.name_span.file for item in declared.locals.values()} | {item.file for item in held} | away
        for file in sorted(files - seen):
            seen.add(file)
            source = Source(file, options.read(file) or "")
            for name, _, head in blocks_with_signs(source, declared):
                kind, _, word = name.partition(".")
                if kind != "module" or (place.calls, word) in lost:
                    for called, expression in _values(declared, kind, word):
                        there = any(True for _ in signs_in(source, expression.span))
                        if there and not read.holds(source, expression.span):
                            yield place, Part(called, kind, expression, head)


def _values(declared: Declared, kind: str, word: str) -> Iterator[tuple[str, Expression]]:
    """The values of something that is declared, each with what it is called."""
    match kind:
        case "local":
            yield f"local.{word}", declared.locals[word].value
        case "output" | "var":
            held, argument = (declared.outputs, "value") if kind == "output" else (declared.variables, "default")
            value = held[word].block.body.expression(argument)
            if value is not None:
                yield f"{kind}.{word}", value
        case "module":
            for given in declared.modules[word].block.body.arguments.values():
                yield f"module.{word}.{given.name}", given.value
        case _:
            pass  # a resource or a data source


def documents_of(module: ModuleInstance, part: Part, work: Work) -> Iterator[Found]:
    """The documents in the value that a part has in an instance of its module. Raises Failed and Undecided."""
    for value, kind in _inside(work.value(part.expression, module.scope)):
        found = document_of(value, kind, module.named(part.name), part.type, work)
        if found is not None:
            yield found


def _inside(value: Value) -> Iterator[tuple[Value, str]]:
    match value:
        case Text(text):
            shown = _JSON.match(text)
            if shown is not None:
                yield value, _KINDS[shown[1]]
            elif _CEDAR.match(text) is not None:
                yield value, CEDAR
        case Json(inner) if isinstance(inner, Fields | Items):
            yield from _inside(inner)
        case Fields(entries):
            kinds = [kind for key, kind in _KINDS.items() if _is_document(value, key)]
            if kinds:
                yield value, kinds[0]
            else:
                for entry in entries:
                    yield from _inside(entry.value)
        case Items(values):
            for item in values:
                yield from _inside(item)
        case _:
            pass


def _is_document(value: Fields, key: str) -> bool:
    """Whether a value is a document of the kind that a key shows; statements have an effect, which those of a bank have not."""
    held = value.get(key)
    if key != "Statement" or held is None:
        return held is not None
    statements = held.values if isinstance(held, Items) else (held,)
    return any(isinstance(item, Fields) and item.get("Effect") is not None for item in statements)
