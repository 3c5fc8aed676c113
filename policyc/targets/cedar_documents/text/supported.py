"""Whether a Cedar text can be asked about at all."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import CedarError, parse_policies
from policyc.syntax.cedar_nodes import Document, Slot, walk
from policyc.text import Source


def check_supported(source: Source, document: Document, diagnostics: Diagnostics) -> bool:
    """Report a statement that never decides, and a text that Cedar cannot take; tells whether neither is so."""
    before = len(diagnostics)
    for statement in document.statements:
        for part in statement.scope:
            if part.constraint is not None and any(isinstance(node, Slot) for node in walk(part.constraint)):
                diagnostics.error(
                    "unusable-policy",
                    "this statement is a template, which never decides by itself",
                    part.span,
                    "leave the scope open, `(principal, action, resource)`, and put tests after `when`",
                )
    if len(diagnostics) > before:
        return False
    try:
        parse_policies(source.text)
    except CedarError as error:
        first = document.statements[0].span if document.statements else source.span(0, 0)
        diagnostics.error(
            "unusable-policy", str(error), first.at_start(), "write it in a way that `policyc check` accepts"
        )
        return False
    return True
