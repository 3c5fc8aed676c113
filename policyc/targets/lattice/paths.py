"""Whether a document can tell the paths of a service apart by `Resource`: what a request without a path hangs on."""

from __future__ import annotations

from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import ResourcePattern
from policyc.engines.iam.globs import Wild


def any_path_will_do(document: Document, arn: str) -> bool:
    """True when every resource pattern covers all paths below `arn` or none of them. Errs to False."""
    patterns = (
        pattern
        for statement in document.statements
        if statement.resources is not None
        for pattern in statement.resources.patterns
    )
    return all(_covers_all(pattern, arn + "/") or _covers_none(pattern, arn + "/") for pattern in patterns)


def _covers_all(pattern: ResourcePattern, root: str) -> bool:
    *front, last = pattern.template or ("",)
    plain = [token for token in front if isinstance(token, str)]
    return last is Wild.STAR and len(plain) == len(front) and root.startswith("".join(plain))


def _covers_none(pattern: ResourcePattern, root: str) -> bool:
    start = ""
    for token in pattern.template:
        if not isinstance(token, str):
            return not (root.startswith(start) or start.startswith(root))
        start += token
    return not start.startswith(root)
