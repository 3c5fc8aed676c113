"""Whether a Cedar text, and a name of an attribute, can be asked about at all."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import CedarError, Path, parse_policies
from policyc.syntax.cedar_nodes import Document, Slot, walk
from policyc.targets.cedar_documents.facts import KEY
from policyc.targets.verified_access.scope import REQUEST_ROOTS, trust_types, vocabulary
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


def is_documented(path: Path) -> bool:
    """Whether request data, or a trust provider of some type, has an attribute of that name or something below it."""
    if path[0] in REQUEST_ROOTS:
        known = [tuple(attribute.native.split(".")) for attribute in vocabulary().attributes.values()]
        return any(other[: len(path)] == path for other in known)
    return any(
        _begins(tuple(name.replace("[]", f".{KEY}").split(".")), path[1:])
        for kind in trust_types().values()
        for name in kind.attributes
    )


def _begins(known: Path, path: Path) -> bool:
    return len(path) <= len(known) and all(own in (step, KEY) for own, step in zip(known, path, strict=False))
