"""What is shown between the lines: the values behind names, and what a policy allows, in the words of its author."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.editor.session import State
from policyc.record import record
from policyc.syntax import nodes
from policyc.text import Source, Span

#: characters of a value that are shown
_LONGEST = 40


@record
class Hint:
    """A text to be shown behind an offset of the file."""

    at: int
    text: str


def hints(state: State, file: str, start: int, end: int) -> Iterator[Hint]:
    """The literal behind each name of a `let` that is used between two offsets."""
    modules = state.compiled.program.modules
    for symbol in state.index.symbols.values():
        if symbol.kind != "let" or symbol.inner:
            continue
        uses = [use.span for use in symbol.uses if use.span.file == file and not use.declares]
        shown = [span for span in uses if start <= span.end and span.start <= end]
        value = _literal(modules.get(symbol.file), symbol.name, state.source(symbol.file)) if shown else ""
        for span in shown if value else ():
            yield Hint(span.end, f" = {value}")


def _literal(module: nodes.Module | None, name: str, source: Source | None) -> str:
    for node in () if module is None else module.sound:
        if isinstance(node, nodes.Let) and node.name.text == name and source is not None:
            text = source.text[node.value.span.start : node.value.span.end]
            plain = isinstance(node.value, (nodes.Str, nodes.Int))
            return text if plain and len(text) <= _LONGEST else ""
    return ""


def allowed(source: Source, policy: nodes.Policy) -> list[str]:
    """What a policy allows, a sentence for each statement, and what it takes away again. Clauses are shown as they are written."""
    granted = [_sentence(source, item) for item in policy.statements if item.effect == "allow"]
    taken = [f"but never {_sentence(source, item)}" for item in policy.statements if item.effect == "deny"]
    return [*(granted or ["nothing: every request is refused"]), *taken]


def _sentence(source: Source, statement: nodes.Statement) -> str:
    clauses = {clause.word: " ".join(_text(source, clause.span).split()) for clause in statement.clauses}
    who = clauses.pop("who", "who it is attached to").removeprefix("who ")
    what = clauses.pop("can", "can everything").removeprefix("can ")
    return " ".join([f"{who}: {what}", *clauses.values()])


def _text(source: Source, span: Span) -> str:
    return source.text[span.start : span.end]
