"""Actions that no request has, or that no request to this kind of resource has.

Source: IAM evaluation reference, section 5; Lattice reference, sections 2 and 9; Object Lambda reference, sections 4 and 12.
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.iam.elements import action_pattern
from policyc.lint.raw.statements import RawStatement
from policyc.lint.raw.words import actions
from policyc.syntax.json_text import JsonString

#: prefixes that people write for another one
_MEANT = {
    "vpc-lattice": "vpc-lattice-svcs",
    "vpclattice": "vpc-lattice-svcs",
    "lattice": "vpc-lattice-svcs",
    "s3-objectlambda": "s3-object-lambda",
    "s3-object-lambdas": "s3-object-lambda",
}


def check_actions(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report actions that do not exist, and actions of another service than the document is about."""
    for item in statement.actions:
        service, colon, _ = item.value.partition(":")
        if not colon or "*" in service or "?" in service:
            continue
        service = service.lower()
        if statement.kind.services and service not in statement.kind.services:
            _other_service(item, service, statement, diagnostics)
        elif actions(service):
            _unknown(item, service, diagnostics)


def _unknown(item: JsonString, service: str, diagnostics: Diagnostics) -> None:
    known = [f"{service}:{name}" for name in actions(service)]
    pattern = action_pattern(item.value, item.span)
    if any(pattern.test(name.lower()) for name in known):
        return
    diagnostics.error(
        "invalid-action",
        f"there is no action `{item.value}`",
        item.span,
        did_you_mean(item.value, known, "its actions are " + ", ".join(f"`{name}`" for name in known[:6])),
    )


def _other_service(item: JsonString, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    wanted = " or ".join(f"`{name}:`" for name in statement.kind.services)
    meant, name = _MEANT.get(service, ""), item.value.partition(":")[2]
    known = meant in statement.kind.services and name.lower() in {action.lower() for action in actions(meant)}
    hint = f"did you mean `{meant}:{name}`?" if known else ""
    title = statement.kind.title
    article = "an" if title[0] in "aeiouAEIO" else "a"
    diagnostics.warning(
        "unsupported-action-in-policy",
        f"`{item.value}` never matches: requests to {article} {title} have actions of {wanted}",
        item.span,
        hint or f"write actions of {wanted}, or move the statement to the policy that it belongs to",
    )
