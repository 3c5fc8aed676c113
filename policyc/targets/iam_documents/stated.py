"""What a request states about its caller must be what AWS would derive from that caller.

A test that states otherwise would pass or fail for a request that nobody can send. Source: IAM evaluation reference,
sections 4.3 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Caller, CallerKind
from policyc.targets.base import Request
from policyc.targets.iam_documents.gates import context_texts


def check_stated(
    request: Request, caller: Caller, diagnostics: Diagnostics, also: Mapping[str, tuple[str, ...]] | None = None
) -> bool:
    """Whether the stated attributes fit one another and the caller; what does not is reported.

    `also` are further keys that follow from the request, in lower case.
    """
    derived: dict[str, object] = {**caller.keys(), **(also or {})}
    seen: dict[str, tuple[str, tuple[str, ...]]] = {}
    fits = True
    for name, values in request.values.items():
        attribute = request.attributes[name]
        key, texts = attribute.native.lower(), context_texts(values, attribute.type)
        other = seen.setdefault(key, (name, texts))
        problem = ""
        if other[1] != texts:
            problem = f"`{name}` and `{other[0]}` are one key with two values"
        elif texts and caller.lacks(key):
            problem = f"`{name}` is stated, and {_kind(caller)} never has it"
        elif isinstance(known := derived.get(key), tuple) and known != texts:
            said = ", ".join(f"`{text}`" for text in texts) or "absent"
            problem = f"`{name}` is stated to be {said}, and for this caller it is " + ", ".join(
                f"`{v}`" for v in known
            )
        if problem:
            fits = False
            diagnostics.error(
                "request-contradicts-itself",
                problem,
                request.span,
                "drop the attribute, or name the caller that is meant",
            )
    return fits


def _kind(caller: Caller) -> str:
    if caller.kind is CallerKind.ANONYMOUS:
        return "an unsigned request"
    return "a request of this kind of caller"
