"""What stands at a place, in Markdown: an attribute, a verb, a word of the language, a declared name, and what a policy becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policyc.editor.index import Symbol
from policyc.editor.session import State
from policyc.editor.words import Word, enclosing, native_word_at, word_at
from policyc.record import record
from policyc.syntax import nodes
from policyc.targets.base import Document
from policyc.text import Source, Span
from policyc.workspace.project import POLICY
from policyc.workspace.topics import Topic, native_topics, topics

#: lines of a document or declaration that are shown
_MOST_LINES = 30


@record
class Hover:
    """Markdown about the text at `span`."""

    text: str
    span: Span


def hover(state: State, file: str, offset: int) -> Hover | None:
    """What there is to say about the place, None for nothing."""
    source = state.source(file)
    if source is None:
        return None
    if not file.endswith(POLICY):
        return _native(source, offset)
    word = word_at(source.text, offset)
    if word is None:
        return None
    symbol = state.index.meant(file, offset)
    if symbol is not None:
        return Hover("\n\n".join(_about_name(state, symbol)), _span_of(source, word, symbol, offset))
    topic = _topic(state, file, word, offset)
    return None if topic is None else Hover(_about(topic), source.span(word.start, word.end))


def _native(source: Source, offset: int) -> Hover | None:
    """What a document names as its service does."""
    word = native_word_at(source.text, offset)
    name = "" if word is None else word.text
    while word is not None and name:
        found = native_topics(name)
        if found:
            return Hover(_about(found[0]), source.span(word.start, word.start + len(name)))
        name = name.rpartition(".")[0]  # a method of what stands before it
    return None


def _span_of(source: Source, word: Word, symbol: Symbol, offset: int) -> Span:
    for use in symbol.uses:
        if use.span.file == source.file and use.span.start <= offset <= use.span.end:
            return use.span
    return source.span(word.start, word.end)


def _about_name(state: State, symbol: Symbol) -> Iterator[str]:
    """A declared name: how it is declared, its comment, and the documents that it becomes."""
    place = symbol.declaration
    source = None if place is None else state.source(place.file)
    if place is None or source is None:
        return
    module = state.compiled.program.modules.get(place.file)
    node = None if module is None else enclosing(module, place.start)
    if node is None or symbol.inner:
        yield f"**{symbol.kind}** `{symbol.name}` of `{symbol.inner}`"
        return
    text = source.text[node.span.start : node.span.end]
    yield _fenced(text if text.count("\n") < _MOST_LINES else text.split("\n", 1)[0] + " …", "policyc")
    if node.doc:
        yield node.doc
    for document in _documents_of(state, symbol.name, symbol.file):
        yield f"`{document.path}`"
        is_json = document.path.endswith(".json")
        text = json.dumps(json.loads(document.text), indent=2, ensure_ascii=False) if is_json else document.text
        yield _fenced(_shortened(text), "json" if is_json else "cedar")


def _documents_of(state: State, name: str, file: str) -> Iterator[Document]:
    for document in state.compiled.all_documents:
        if document.owner == name and document.span.file == file:
            yield document


def _fenced(text: str, language: str) -> str:
    # longer than any run of marks in the text
    mark = "`" * max(3, 1 + max((len(run) for run in _runs(text)), default=0))
    return f"{mark}{language}\n{text.rstrip()}\n{mark}"


def _runs(text: str) -> Iterator[str]:
    run = ""
    for char in text:
        run = run + char if char == "`" else ""
        if run:
            yield run


def _shortened(text: str) -> str:
    lines = text.split("\n")
    return text if len(lines) <= _MOST_LINES else "\n".join([*lines[:_MOST_LINES], "…"])


def _contexts(module: nodes.Module | None, offset: int) -> tuple[str, ...]:
    """What a word is looked for below first: the resource type and the target around it."""
    match None if module is None else enclosing(module, offset):
        case nodes.Policy(target=target) | nodes.Network(target=target):
            return (target.text,)
        case nodes.Resource(type=kind):
            return kind.text, kind.text.partition(".")[0]
        case _:
            return ()


def _topic(state: State, file: str, word: Word, offset: int) -> Topic | None:
    """What explains a word: its longest form first, of the target around it before others."""
    contexts = _contexts(state.compiled.program.modules.get(file), offset)
    for text in _forms(word):
        for name in (*(f"{context}.{text}" for context in contexts), text):
            found = next((topic for topic in topics() if topic.name == name), None)
            if found is not None:
                return found
        inner = [topic for topic in topics() if topic.name.endswith(f".{text}") and topic.kind != "field"]
        if inner and len({topic.summary for topic in inner}) == 1:
            return inner[0]
    return None


def _forms(word: Word) -> Iterator[str]:
    """`header["x-team"]` is explained as `header[]`, `aws.PrincipalTag["team"]` as `aws.PrincipalTag[]`."""
    text = word.text
    if "[" in text:
        yield text[: text.index("[")] + "[]"
    yield text
    if word.upto != text:
        yield word.upto
    for part in (text.rpartition(".")[2], text.partition(".")[0]):
        if part != text:
            yield part


def _about(topic: Topic) -> str:
    lines = [f"**{topic.name}** ({topic.kind})", "", topic.summary]
    facts = [f"- {name}: {value}" for name, value in topic.facts if value and name != "stage"]
    return "\n".join([*lines, *(["", *facts] if facts else []), *(["", topic.text] if topic.text else [])])
