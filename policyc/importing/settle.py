"""Choosing how each statement is said: the most readable way that the language takes and that is built as the same document again."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.importing.conditions import NoWords
from policyc.importing.drafts import Choice, Draft, Whole
from policyc.importing.findings import differing, of_documents, of_policies
from policyc.importing.modules import Layout, write_modules
from policyc.importing.names import Names
from policyc.importing.opening import Opening, with_parameters
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


@dataclass(slots=True)
class Plan:
    """What is to be written: documents statement by statement, those that are said as a whole, and the names of all."""

    names: Names
    drafts: list[Draft] = field(default_factory=list)
    wholes: list[Whole] = field(default_factory=list)
    resource_names: dict[str, str] = field(default_factory=dict)
    opening: Opening = field(default_factory=Opening)


@record
class Settled:
    """The files with their texts, and the program and the documents that they make."""

    files: Mapping[str, str]
    program: Program
    documents: tuple[Document, ...]


def settle(plan: Plan, layout: Layout, root: Path, diagnostics: Diagnostics) -> Settled | None:
    """The files for the drafts; None after reporting a statement that no way of saying it survives.

    Of the ways that survive, those are taken of which the rules tell what they tell of the documents, where there are such ways.
    """
    settled = _compiled(plan, layout, root, diagnostics)
    if settled is None or plan.opening.parameters:  # what rules say of samples, they do not say of what stands for them
        return settled
    drafts = plan.drafts
    wanted = of_documents(drafts)
    best: tuple[int, list[int]] | None = None
    while True:
        apart = differing(drafts, wanted, of_policies(drafts, settled.program, settled.documents))
        chosen = [choice.at for draft in drafts for choice in draft.choices]
        if best is None or len(apart) < best[0]:
            best = len(apart), chosen
        onward = [choice for choice in apart if choice.way(choice.at + 1) is not None]
        for choice in onward:
            choice.at += 1
        further = _compiled(plan, layout, root, Diagnostics()) if onward else None
        if further is None:
            break
        settled = further
    if [choice.at for draft in drafts for choice in draft.choices] != best[1]:
        for choice, at in zip((choice for draft in drafts for choice in draft.choices), best[1], strict=True):
            choice.at = at
        return _compiled(plan, layout, root, diagnostics)
    return settled


def _compiled(plan: Plan, layout: Layout, root: Path, diagnostics: Diagnostics) -> Settled | None:
    """The files as they stand now, once every statement is said in a way that the language takes and that is built as it was."""
    drafts = plan.drafts
    while True:
        files = _written(plan, layout, diagnostics)
        if files is None:
            return None
        found = Diagnostics()
        values = plan.opening.values(plan.names, files)
        program = load_program(root, [root / name for name in files], values, found, files.get)
        found = _unexpected(plan.wholes, program, found)
        documents: tuple[Document, ...] = ()
        if not found.has_errors:
            emitted = Diagnostics()
            documents = tuple(item for group in emit_documents(program, emitted).values() for item in group)
            found.extend(_unexpected(plan.wholes, program, emitted))
        wrong = _refused(drafts, program, found) if found.has_errors else _other(drafts, documents)
        if not wrong and not found.has_errors:
            settled = Settled(files, program, documents)
            return settled if _comes_out(plan.wholes, settled, diagnostics) else None
        if not wrong:
            _report_file(plan, layout, program, found, diagnostics)
            return None
        if not _moved_on(wrong, diagnostics):
            return None


def built(files: Mapping[str, str], root: Path, values: Mapping[str, str]) -> Settled | None:
    """The files as they are, compiled with values for their parameters; None where that finds an error."""
    found = Diagnostics()
    program = load_program(root, [root / name for name in files], values, found, files.get)
    if found.has_errors:
        return None
    documents = tuple(item for group in emit_documents(program, found).values() for item in group)
    return None if found.has_errors else Settled(files, program, documents)


def written(plan: Plan, layout: Layout, beside: Mapping[str, Sequence[nodes.Declaration]]) -> dict[str, str]:
    """The files as the statements stand now, with further declarations behind the policies that they are about, by policy."""
    policies: dict[str, list[nodes.Declaration]] = {}
    for draft in plan.drafts:
        node = draft.node(plan.names, plan.resource_names)
        policies.setdefault(layout.path(draft.given.stem), []).extend((node, *beside.get(draft.name, ())))
    for whole in plan.wholes:
        policies.setdefault(layout.path(whole.given.stem), []).extend((whole.node, *beside.get(whole.name, ())))
    if not plan.opening.parameters:
        return write_modules(policies, plan.names, layout)
    names = plan.names
    for name, declared in list(names.declared.items()):
        names.declared[name] = with_parameters(declared, plan.opening, names)
    opened = {path: with_parameters(tuple(held), plan.opening, names) for path, held in policies.items()}
    return write_modules(opened, names, layout)


def _written(plan: Plan, layout: Layout, diagnostics: Diagnostics) -> dict[str, str] | None:
    try:
        return written(plan, layout, {})
    except NoWords:
        choices = (choice for draft in plan.drafts for choice in draft.choices)
        _report(next(choice for choice in choices if choice.way(choice.at) is None), None, diagnostics)
        return None


def _unexpected(wholes: Sequence[Whole], program: Program, found: Diagnostics) -> Diagnostics:
    """The findings without the errors that a declaration has because its document has them."""
    expected = {whole.name: whole.refused for whole in wholes if whole.refused}
    allowed = [
        (node.span, expected[node.name.text])
        for module in program.modules.values()
        for node in module.declarations
        if isinstance(node, nodes.Policy | nodes.Network) and node.name.text in expected
    ]
    return Diagnostics(
        item for item in found if not any(_inside(item.span, whole) and item.rule in rules for whole, rules in allowed)
    )


def _comes_out(wholes: Sequence[Whole], settled: Settled, diagnostics: Diagnostics) -> bool:
    """Whether every document that has but one way to be said comes out as it was; the others are reported."""
    sound = True
    for whole in wholes:
        differs, place = whole.differs(settled.program, settled.documents)
        if differs:
            message = "the language has no form of this that is built as the same again"
            help = "keep the document as it is, or write this part in another way"
            diagnostics.error("not-importable", message, place or whole.span, help)
            sound = False
    return sound


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
        if choice.way(choice.at) is None:
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


def _report_file(plan: Plan, layout: Layout, program: Program, found: Diagnostics, diagnostics: Diagnostics) -> None:
    """The errors that lie in no statement, at the documents that they are about."""
    origins = {draft.name: draft.origin.name_span or draft.origin.span for draft in plan.drafts}
    origins |= {whole.name: whole.span for whole in plan.wholes}
    placed = [
        (node.span, origins[node.name.text])
        for module in program.modules.values()
        for node in module.declarations
        if isinstance(node, nodes.Policy | nodes.Network) and node.name.text in origins
    ]
    # what cannot be parsed has no policy around it, and its file is that of one document as a rule
    stems = {item.name: item.given.stem for item in plan.drafts} | {item.name: item.given.stem for item in plan.wholes}
    placed += [(Span(layout.path(stem), 0, sys.maxsize), origins[name]) for name, stem in stems.items()]
    for item in found:
        if item.severity is Severity.ERROR:
            span = next((origin for whole, origin in placed if _inside(item.span, whole)), next(iter(origins.values())))
            diagnostics.error("not-importable", f"the document cannot be imported: {item.message}", span, item.help)


def _inside(span: Span | None, whole: Span) -> bool:
    return span is not None and span.file == whole.file and whole.start <= span.start < whole.end
