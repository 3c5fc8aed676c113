"""Words of raw forms held against the service facts, as those of a document are: in the document that they are built into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.iam.document import compile_document
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import tests
from policyc.ir.program import Program
from policyc.lint.places import label_of
from policyc.lint.raw.check import WHOLE, check_statement
from policyc.lint.raw.fits import check_carried
from policyc.lint.raw.resources import check_owners
from policyc.lint.raw.statements import statements_of
from policyc.lint.rule import kind_of
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Source, Span


def check_raw_forms(program: Program, documents: Sequence[Document], diagnostics: Diagnostics) -> None:
    """Report what the service facts say against the words of raw forms, at the form that holds them."""
    for document, policy in _with_raw_forms(program, documents):
        diagnostics.extend(_found(document, policy))


def refuse_raw_forms(program: Program, documents: Sequence[Document], diagnostics: Diagnostics) -> None:
    """Report documents that AWS would refuse because of what their raw forms say."""
    for document, policy in _with_raw_forms(program, documents):
        found = Diagnostics()
        tree = parse_json(Source(document.path, document.text), found)
        if tree is not None:
            compile_document(tree, KINDS[kind_of(policy)].engine, found, name=document.path)
        forms = {text: span for statement in policy.statements for text, span in _forms(statement)}
        for item in found:
            if item.severity is Severity.ERROR:
                diagnostics.add(_moved(item, document, forms, policy.name_span or policy.span))


def _with_raw_forms(program: Program, documents: Sequence[Document]) -> Iterator[tuple[Document, Policy]]:
    policies = {policy.name: policy for policy in program.policies if kind_of(policy) in KINDS and _raw(policy)}
    for document in documents:
        if (policy := policies.get(document.owner)) is not None and document.span.file == policy.file:
            yield document, policy


def _moved(item: Diagnostic, document: Document, forms: Mapping[str, Span], otherwise: Span | None) -> Diagnostic:
    """A finding in a built document, at the form that its text comes from."""
    return replace(item, span=forms.get(_text(item, document), otherwise), labels=(), fix=None)


def _text(item: Diagnostic, document: Document) -> str:
    """The text of the document that a finding is about, as a raw form writes it."""
    return document.text[item.span.start : item.span.end].strip('"') if item.span is not None else ""


def _raw(policy: Policy) -> bool:
    return any([*_forms(statement), *_open_keys(statement)] for statement in policy.statements)


def _open_keys(statement: Statement) -> Iterator[tuple[str, Span]]:
    """The keys that a statement asks for by `key["…"]`, with the places of their tests."""
    for test in tests(statement.when):
        if test.spelling is None and test.attribute.name.startswith("key[") and test.span is not None:
            yield test.attribute.native, test.span


def _forms(statement: Statement) -> Iterator[tuple[str, Span]]:
    """The raw texts of a statement with the places of their forms."""
    for item in statement.who.principals if statement.who is not None else ():
        if item.kind == "native" and item.span is not None:
            yield item.args[1], item.span
    for verb in statement.can.verbs if statement.can is not None else ():
        if verb.glob and verb.span is not None:
            yield verb.action, verb.span
    for glob in statement.resources.patterns if statement.resources is not None else ():
        if glob.span is not None:
            yield glob.text, glob.span
    for test in tests(statement.when):
        if test.spelling is not None:
            yield test.attribute.native, test.spelling.key_span
            yield test.spelling.operator, test.spelling.key_span
            yield from ((glob.text, glob.span) for glob in test.spelling.values if glob.span is not None)


def _found(document: Document, policy: Policy) -> Iterator[Diagnostic]:
    source, found = Source(document.path, document.text), Diagnostics()
    kind = KINDS[kind_of(policy)]
    tree = parse_json(source, found)
    compiled = None if tree is None else compile_document(tree, kind.engine, found, name=document.path)
    if tree is None or compiled is None:
        return
    by_label = {statement.label: statement for statement in policy.statements}
    everywhere = {text: span for statement in policy.statements for text, span in _forms(statement)}
    of_reader = [
        item
        for item in found
        if item.severity is not Severity.ERROR and (item.rule in WHOLE or _text(item, document) in everywhere)
    ]
    told = {item.span for item in of_reader if item.rule in WHOLE}
    labels = {entry.pointer: entry.label for entry in document.map}
    raws = list(statements_of(compiled, tree, kind))
    for raw in raws:
        statement = by_label.get(labels.get(f"/Statement/{raw.compiled.index}", ""))
        if statement is None:
            continue
        forms, keys, words = dict(_forms(statement)), dict(_open_keys(statement)), Diagnostics()
        if forms:
            check_statement(raw, words)
        elif keys:
            check_carried(raw, words)
            forms = keys
        at = raw.compiled.span
        own = [item for item in of_reader if item.span is not None and at.start <= item.span.start < at.end]
        of_reader = [item for item in of_reader if item not in own]
        for item in (*own, *(item for item in words if item.span not in told)) if forms else own:
            yield _moved(item, document, forms, label_of(statement))
    owners = Diagnostics()
    check_owners(raws, owners)
    whole = [*of_reader, *(item for item in owners if item.span not in told)]
    yield from (_moved(item, document, everywhere, policy.name_span or policy.span) for item in whole)
