"""Everything that is wrong or doubtful in one Cedar text of Verified Access: the entry for `policyc check` on `.cedar` files."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.model.types import RECORD, STRING
from policyc.model.values import Resource, Value
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.protocol import OpenText, no_files
from policyc.targets.cedar_documents.text.check import Service, check_document
from policyc.targets.cedar_documents.text.paths import reads
from policyc.targets.verified_access.read.claims import check_claims, declarations
from policyc.targets.verified_access.read.context import context_kind
from policyc.targets.verified_access.read.trust import asks_for_request, reads_both, report_undeclared, undeclared_roots
from policyc.targets.verified_access.scope import GROUP, REQUEST_ROOTS, guess_type
from policyc.text import Source, Span


def check_text(
    source: Source,
    diagnostics: Diagnostics,
    trust: Mapping[str, str] | None = None,
    samples: Mapping[str, Source] | None = None,
    open_file: OpenText = no_files,
    protocol: str = "",
) -> Policy | None:
    """Report what only a reader of a Cedar text can see; `trust` adds to the providers that its comments declare, `samples` to the claims,
    and `open_file` opens the samples that comments name. `protocol` is what the endpoint speaks that the text is on, where that is known.

    The policy that the text states comes back, for the lint rules; None when the text is no Cedar.
    """
    document = parse_cedar(source, diagnostics)
    if document is None:
        return None
    declared = declarations([document], trust or {}, samples or {}, open_file, diagnostics)
    roots = undeclared_roots(document, declared.trust)
    report_undeclared(document, roots, declared.trust, diagnostics)
    check_claims(document, declared.claims, diagnostics)
    if asks_for_request(document):  # a text that knows of both kinds of endpoint may stand at either
        protocol = ""
    shared = not protocol and (reads_both(document) or asks_for_request(document))
    context = context_kind(declared.trust, frozenset(roots), shared, declared.claims, protocol)
    on = _carrier(source.file, document, declared.trust)
    service = Service("verified_access", "Verified Access", context, REQUEST_ROOTS if shared else (), on)
    return check_document(source, document, service, diagnostics)


def _carrier(file: str, document: Document, trust: Mapping[str, str]) -> Resource:
    """What a text is taken to be attached to: a group, as nothing in it says more, with the providers of `trust`, and with those that it
    reads and nobody declared as what they seem to be."""
    start = Span(file, 0, 0)
    seems = {
        name: guess_type(name, [path[1:] for path, _ in reads(document) if path[0] == name])
        for name in undeclared_roots(document, trust)
    }
    pairs = tuple((name, Value(STRING, word, start)) for name, word in {**seems, **trust}.items() if word)
    return Resource(file.rpartition("/")[2], GROUP, (("trust", Value(RECORD, pairs, start)),), file, start)
