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
    text = document.text[item.span.start : item.span.end].strip('"') if item.span is not None else ""
    return replace(item, span=forms.get(text, otherwise), labels=(), fix=None)


def _raw(policy: Policy) -> bool:
    return any(list(_forms(statement)) for statement in policy.statements)


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
            yield from ((glob.text, glob.span) for glob in test.spelling.values if glob.span is not None)


def _found(document: Document, policy: Policy) -> Iterator[Diagnostic]:
    source, found = Source(document.path, document.text), Diagnostics()
    kind = KINDS[kind_of(policy)]
    tree = parse_json(source, found)
    compiled = None if tree is None else compile_document(tree, kind.engine, found, name=document.path)
    if tree is None or compiled is None:
        return
    by_label = {statement.label: statement for statement in policy.statements}
    of_reader = [item for item in found if item.rule in WHOLE and item.severity is not Severity.ERROR]
    told = {item.span for item in of_reader}
    labels = {entry.pointer: entry.label for entry in document.map}
    raws = list(statements_of(compiled, tree, kind))
    for raw in raws:
        statement = by_label.get(labels.get(f"/Statement/{raw.compiled.index}", ""))
        forms = dict(_forms(statement)) if statement is not None else {}
        if statement is not None and forms:
            words = Diagnostics()
            check_statement(raw, words)
            yield from (_moved(item, document, forms, label_of(statement)) for item in words if item.span not in told)
    owners = Diagnostics()
    check_owners(raws, owners)
    everywhere = {text: span for statement in policy.statements for text, span in _forms(statement)}
    whole = [*of_reader, *(item for item in owners if item.span not in told)]
    yield from (_moved(item, document, everywhere, policy.name_span or policy.span) for item in whole)
