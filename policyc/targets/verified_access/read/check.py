"""Everything that is wrong or doubtful in one Cedar text: the entry for `policyc check` on `.cedar` files."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.verified_access.read.ignore import silence
from policyc.targets.verified_access.read.kinds import context_kind
from policyc.targets.verified_access.read.overlaps import check_overlaps
from policyc.targets.verified_access.read.smells import check_smells
from policyc.targets.verified_access.read.statements import check_statement
from policyc.targets.verified_access.read.trust import declared_trust, reads_both, report_undeclared, undeclared_roots
from policyc.text import Source


def check_text(source: Source, diagnostics: Diagnostics, trust: Mapping[str, str] | None = None) -> Document | None:
    """Report the mistakes of a Cedar text; `trust` adds to the providers that its comments declare.

    The tree comes back, None when the text is no Cedar.
    """
    document = parse_cedar(source, diagnostics)
    if document is None:
        return None
    found = Diagnostics()
    declared = {**declared_trust(document, found), **(trust or {})}
    roots = undeclared_roots(document, declared)
    report_undeclared(document, roots, declared, found)
    context = context_kind(declared, frozenset(roots), reads_both(document))
    if not document.statements:
        found.warning(
            "cedar-empty", f"`{source.file}` holds no statement, so it refuses every request", source.span(0, 0),
            "write a `permit`, or remove the policy",
        )  # fmt: skip
    verdicts = [check_statement(statement, context, found) for statement in document.statements]
    for statement in document.statements:
        check_smells(statement, found)
    check_overlaps(document, verdicts, found)
    silence(document, source, found, diagnostics)
    return document
