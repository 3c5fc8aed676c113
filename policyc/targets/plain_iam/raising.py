"""From plain IAM documents to statements of the language: callers and conditions in words, actions and resources as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy, Statement
from policyc.regex import regex
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.targets.iam_documents.raising import as_it_stands, callers, conditions, language_statement, verified
from policyc.targets.plain_iam.lowering import lower_statement

_PLACED: Final = "[^:*?]+:[0-9]{12}"
#: kind -> the ARN of what carries a document, at the front of the resources that its statements name
_CARRIERS: Final = {
    "bucket": regex(r"(arn:[^:*?]*:s3:::[^/:*?]+)(?:/.*)?"),
    "access-point": regex(rf"(arn:[^:*?]*:s3:{_PLACED}:accesspoint/[^/:*?]+)(?:/.*)?"),
    "object-lambda": regex(rf"(arn:[^:*?]*:s3-object-lambda:{_PLACED}:accesspoint/[^/:*?]+)(?:/.*)?"),
    "function": regex(rf"(arn:[^:*?]*:lambda:{_PLACED}:function:[^:*?]+)(?::.*)?"),
    "key": regex(rf"(arn:[^:*?]*:kms:{_PLACED}:key/[^:*?]+)"),
}


def carrier(policy: Policy, kind: DocumentKind) -> str:
    """The ARN of what carries a document, where all resources that it names are of one thing; else empty."""
    form = _CARRIERS.get(kind.name)
    held = [item.resources for item in policy.statements if item.resources is not None]
    if form is None or any(item.negated for item in held):
        return ""
    found = {match[1] if (match := form.fullmatch(glob.text)) else "" for item in held for glob in item.patterns}
    return found.pop() if len(found) == 1 else ""


def raised(original: Statement, kind: DocumentKind) -> Iterator[Statement]:
    """Statements that are emitted as the original again, the most readable one first."""
    yield from verified(
        _candidates(original, kind), lambda one: lower_statement(one, kind.name, Diagnostics()), original, kind
    )


def _candidates(original: Statement, kind: DocumentKind) -> Iterator[Statement]:
    can, on = as_it_stands(original)
    for who in callers(original):
        for when in conditions(original, (), kind, "iam_document"):
            yield language_statement(original, who=who, can=can, resources=on, when=when)
