"""The exact evaluator for IAM policy documents.

    document = compile_text(source, Kind.RESOURCE, diagnostics)     # or compile_document(tree, ...)
    asked = Request.of("s3:GetObject", "arn:aws:s3:::b/k", caller_from_arn("arn:aws:iam::111122223333:role/r"))
    decide(document, asked)                                          # -> Verdict, fast
    explain(document, asked)                                         # -> GateTrace, every statement and part
    decide_request(Policies(identity=(document,)), asked)            # -> Decision of the whole flow
    explain_request(...)                                             # -> Outcome

Shapes: results are those of `policyc.engines.trace`. Errors: a malformed document gives diagnostics and None, never a
document without its bad statements; malformed requests and ARNs of callers are a ValueError. Keys not known make
answers three-valued. Where AWS is silent or contradicts itself, `Switches` names the question and the choice.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and the pages listed in
the reference of this engine; the modules name their sections.

Names are loaded on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policyc.engines.iam.caller import (
        Caller,
        CallerKind,
        Grant,
        anonymous,
        caller_from_arn,
        identity_provider,
        service,
    )
    from policyc.engines.iam.decision import Gate, Policies, Weight, decide, decide_request, weigh
    from policyc.engines.iam.document import Document, compile_document, compile_text
    from policyc.engines.iam.explanation import explain, explain_request, trace_statement
    from policyc.engines.iam.request import Request
    from policyc.engines.iam.statement import Kind, Statement
    from policyc.engines.iam.switches import Switch, Switches
    from policyc.engines.iam.values import Unknown

_HOMES = {
    "caller": ("Caller", "CallerKind", "Grant", "anonymous", "caller_from_arn", "identity_provider", "service"),
    "decision": ("Gate", "Policies", "Weight", "decide", "decide_request", "weigh"),
    "document": ("Document", "Kind", "Statement", "compile_document", "compile_text"),
    "explanation": ("explain", "explain_request", "trace_statement"),
    "request": ("Request",),
    "switches": ("Switch", "Switches"),
    "values": ("Unknown",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Caller",
    "CallerKind",
    "Document",
    "Gate",
    "Grant",
    "Kind",
    "Policies",
    "Request",
    "Statement",
    "Switch",
    "Switches",
    "Unknown",
    "Weight",
    "anonymous",
    "caller_from_arn",
    "compile_document",
    "compile_text",
    "decide",
    "decide_request",
    "explain",
    "explain_request",
    "identity_provider",
    "service",
    "trace_statement",
    "weigh",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
