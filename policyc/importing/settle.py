"""Choosing how each statement is said: the most readable way that the language takes and that is built as the same document again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.importing.conditions import NoWords
from policyc.importing.drafts import Choice, Draft
from policyc.importing.findings import differing, of_documents, of_policies
from policyc.importing.modules import Layout, write_modules
from policyc.importing.names import Names
from policyc.ir.authz import Statement
from policyc.ir.program import Program
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document
from policyc.targets.iam_documents.raising import meaning
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source, Span


@record
class Settled:
    """The files with their texts, and the program and the documents that they make."""

    files: Mapping[str, str]
    program: Program
    documents: tuple[Document, ...]


def settle(
    drafts: Sequence[Draft],
    names: Names,
    resource_names: dict[str, str],
    layout: Layout,
    root: Path,
    diagnostics: Diagnostics,
) -> Settled | None:
    """The files for the drafts; None after reporting a statement that no way of saying it survives.

    Of the ways that survive, those are taken of which the rules tell what they tell of the documents, where there are such ways.
    """
    settled = _compiled(drafts, names, resource_names, layout, root, diagnostics)
    if settled is None:
        return None
    wanted = of_documents(drafts)
    best: tuple[int, list[int]] | None = None
    while True:
        apart = differing(drafts, wanted, of_policies(drafts, settled.program, settled.documents))
        chosen = [choice.at for draft in drafts for choice in draft.choices]
        if best is None or len(apart) < best[0]:
            best = len(apart), chosen
        onward = [choice for choice in apart if choice.at + 1 < len(choice.ways)]
        for choice in onward:
            choice.at += 1
        further = _compiled(drafts, names, resource_names, layout, root, Diagnostics()) if onward else None
        if further is None:
            break
        settled = further
    if [choice.at for draft in drafts for choice in draft.choices] != best[1]:
        for choice, at in zip((choice for draft in drafts for choice in draft.choices), best[1], strict=True):
            choice.at = at
        return _compiled(drafts, names, resource_names, layout, root, diagnostics)
    return settled


def _compiled(
    drafts: Sequence[Draft],
    names: Names,
    resource_names: dict[str, str],
    layout: Layout,
    root: Path,
    diagnostics: Diagnostics,
) -> Settled | None:
    """The files as they stand now, once every statement is said in a way that the language takes and that is built as it was."""
    while True:
        files = _written(drafts, names, resource_names, layout, diagnostics)
        if files is None:
            return None
        found = Diagnostics()
        program = load_program(root, [root / name for name in files], {}, found, files.get)
        documents: tuple[Document, ...] = ()
        if not found.has_errors:
            documents = tuple(item for group in emit_documents(program, found).values() for item in group)
        wrong = _refused(drafts, program, found) if found.has_errors else _other(drafts, documents)
        if not wrong and not found.has_errors:
            return Settled(files, program, documents)
        if not wrong:
            _report_file(drafts, program, found, diagnostics)
            return None
        if not _moved_on(wrong, diagnostics):
            return None


def _written(
    drafts: Sequence[Draft], names: Names, resource_names: dict[str, str], layout: Layout, diagnostics: Diagnostics
) -> dict[str, str] | None:
    policies: dict[str, list[nodes.Declaration]] = {}
    for draft in drafts:
        try:
            node = draft.node(names, resource_names)
        except NoWords:
            choice = next(choice for choice in draft.choices if choice.at >= len(choice.ways))
            _report(choice, None, diagnostics)
            return None
        policies.setdefault(layout.path(draft.given.stem), []).append(node)
    return write_modules(policies, names, layout)


def _refused(drafts: Sequence[Draft], program: Program, found: Diagnostics) -> list[tuple[Choice, Diagnostic | None]]:
    """The statements that errors of the compiler lie in."""
    errors = [item for item in found if item.severity is Severity.ERROR and item.span is not None]
    out: list[tuple[Choice, Diagnostic | None]] = []
    for node, draft in _nodes(drafts, program):
        for statement, choice in zip(node.statements, draft.choices, strict=False):
            inside = [item for item in errors if _inside(item.span, statement.span)]
            if inside:
                out.append((choice, inside[0]))
    return out


def _nodes(drafts: Sequence[Draft], program: Program) -> Iterator[tuple[nodes.Policy, Draft]]:
    by_name = {draft.name: draft for draft in drafts}
    for module in program.modules.values():
        for node in module.declarations:
            if isinstance(node, nodes.Policy) and node.name.text in by_name:
                yield node, by_name[node.name.text]


def _other(drafts: Sequence[Draft], documents: Sequence[Document]) -> list[tuple[Choice, Diagnostic | None]]:
    """The statements that the built document does not hold as they were."""
    built = {document.owner: document for document in documents}
    out: list[tuple[Choice, Diagnostic | None]] = []
    for draft in drafts:
        document = built.get(draft.name)
        again = [] if document is None else statements_of(document, draft)
        for index, choice in enumerate(draft.choices):
            if len(again) != len(draft.choices) or meaning(again[index]) != meaning(choice.original):
                out.append((choice, None))
    return out


def statements_of(document: Document, draft: Draft) -> list[Statement]:
    """The statements of a built document, read as the original was."""
    tree = parse_json(Source(document.path, document.text), Diagnostics())
    return [] if tree is None else list(read_policy(tree, draft.kind, document.path).statements)


def _moved_on(wrong: Sequence[tuple[Choice, Diagnostic | None]], diagnostics: Diagnostics) -> bool:
    """Whether every statement that is wrong as it stands has another way to be said; those without one are reported."""
    sound = True
    for choice, why in wrong:
        choice.at += 1
        if choice.at >= len(choice.ways):
            _report(choice, why, diagnostics)
            sound = False
    return sound


def _report(choice: Choice, why: Diagnostic | None, diagnostics: Diagnostics) -> None:
    reason = why.message if why is not None else "no form of it is built as the same statement again"
    diagnostics.error(
        "not-importable",
        f"the language cannot say this statement: {reason}",
        choice.span,
        why.help if why is not None else "take it out of the document, or keep the document as it is",
    )


def _report_file(drafts: Sequence[Draft], program: Program, found: Diagnostics, diagnostics: Diagnostics) -> None:
    """The errors that lie in no statement, at the documents whose policies they are about."""
    placed = list(_nodes(drafts, program))
    for item in found:
        if item.severity is Severity.ERROR:
            draft = next((draft for node, draft in placed if _inside(item.span, node.span)), drafts[0])
            span = draft.origin.name_span or draft.origin.span
            diagnostics.error("not-importable", f"the document cannot be imported: {item.message}", span, item.help)


def _inside(span: Span | None, whole: Span) -> bool:
    return span is not None and span.file == whole.file and whole.start <= span.start < whole.end
