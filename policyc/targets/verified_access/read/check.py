"""Everything that is wrong or doubtful in one Cedar text: the entry for `policyc check` on `.cedar` files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.syntax.cedar_nodes import Expr, Statement, walk
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.read import read_document
from policyc.targets.verified_access.read.claims import OpenFile, check_claims, declarations, no_files
from policyc.targets.verified_access.read.kinds import context_kind
from policyc.targets.verified_access.read.known import carrier_of, known_facts
from policyc.targets.verified_access.read.statements import check_statement
from policyc.targets.verified_access.read.style import check_style
from policyc.targets.verified_access.read.subset import report_unusual
from policyc.targets.verified_access.read.trust import asks_for_request, reads_both, report_undeclared, undeclared_roots
from policyc.text import Source

#: Parts of one statement that are looked into; the time grows faster than their number.
_MOST_PARTS: Final = 10_000


def check_text(
    source: Source,
    diagnostics: Diagnostics,
    trust: Mapping[str, str] | None = None,
    samples: Mapping[str, Source] | None = None,
    open_file: OpenFile = no_files,
) -> Policy | None:
    """Report what only a reader of a Cedar text can see; `trust` adds to the providers that its comments declare, `samples` to the claims,
    and `open_file` opens the samples that comments name.

    The policy that the text states comes back, for the lint rules; None when the text is no Cedar.
    """
    document = parse_cedar(source, diagnostics)
    if document is None:
        return None
    found = Diagnostics()
    declared = declarations([document], trust or {}, samples or {}, open_file, found)
    roots = undeclared_roots(document, declared.trust)
    report_undeclared(document, roots, declared.trust, found)
    check_claims(document, declared.claims, found)
    either_root = reads_both(document) or asks_for_request(document)
    context = context_kind(declared.trust, frozenset(roots), either_root, declared.claims)
    if not document.statements:
        found.warning(
            "cedar-empty",
            f"`{source.file}` holds no statement, so it refuses every request",
            source.span(0, 0),
            "write a `permit`, or remove the policy",
        )
    settled: dict[Expr, bool | None] = {}
    for statement in document.statements:
        if not _is_too_long(statement, found):
            settled |= check_statement(statement, context, found, either_root=either_root)
            check_style(statement, found)
    for comma in document.trailing_commas:
        report_unusual(comma, "a comma behind the last value", found)
    diagnostics.extend(found)
    known = known_facts(document, context)
    return read_document(
        document, known, carrier_of(source.file, document, declared.trust), "verified_access", source.file, settled
    )


def _is_too_long(statement: Statement, diagnostics: Diagnostics) -> bool:
    """Whether a statement has more parts than are looked into; said where it is so."""
    parts = sum(len(walk(clause.body)) for clause in statement.clauses)
    if parts > _MOST_PARTS:
        diagnostics.warning(
            "cedar-too-long",
            f"this {statement.effect} has {parts:,} parts, and none of them is checked beyond {_MOST_PARTS:,}",
            statement.effect_span,
            "split it into several statements",
        )
    return parts > _MOST_PARTS
