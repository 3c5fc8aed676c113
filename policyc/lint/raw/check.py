"""Checking one raw JSON document: its syntax, its shape, and what is certain to be a mistake in it."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document, compile_document
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.lint.raw.actions import check_actions
from policyc.lint.raw.condition_keys import check_keys
from policyc.lint.raw.resources import check_resources
from policyc.lint.raw.rules import lint_documents
from policyc.lint.raw.sizes import check_size
from policyc.lint.raw.statements import statements_of
from policyc.syntax.json_text import JsonValue
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source


def check_tree(
    source: Source,
    tree: JsonValue,
    kind_name: str,
    diagnostics: Diagnostics,
    switches: Switches = DEFAULT,
    settings: Mapping[str, str] | None = None,
) -> Document | None:
    """Everything that is wrong or doubtful in an IAM document; the compiled form when it has no error of shape.

    `kind_name` is a name of `KINDS`, or empty to tell it by the shape. `settings` are further switches by name.
    """
    kind: DocumentKind = KINDS[kind_name] if kind_name else guess_kind(tree)
    found = Diagnostics()
    check_size(source, kind, tree.span, (settings or {}).get("size-whitespace", "counted"), found)
    document = compile_document(tree, kind.engine, found, name=source.file, switches=switches)
    if document is not None:
        statements = statements_of(document, tree, kind)
        for statement in statements:
            check_actions(statement, found)
            check_resources(statement, found)
            check_keys(statement, found)
        if not found.has_errors:
            lint_documents([read_policy(tree, kind, source.file, switches)], [source], found)
    diagnostics.extend(found)
    return document
