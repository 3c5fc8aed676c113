"""Whether a request to an endpoint can be asked: only of attributes that it has, with values that the documentation allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.model.values import Resource, Scalar
from policyc.targets.base import Request
from policyc.targets.cedar_documents.context import check_groups
from policyc.targets.cedar_documents.facts import Fact, find_fact


def check_request(
    request: Request,
    known: Mapping[str, Fact],
    examples: str,
    unseen: Callable[[Resource, Mapping[str, Fact], str], str],
    diagnostics: Diagnostics,
) -> bool:
    """Report what a request to an endpoint cannot state, and tell whether it can be asked; `examples` is the help for a clause, `unseen`
    that for an attribute which the endpoint does not have."""
    before = len(diagnostics)
    for word, value in (("who", request.who), ("can", request.can), ("path", request.path)):
        if value is not None:
            diagnostics.error("clause-not-allowed", f"a request to an endpoint has no `{word}`", request.span, examples)
    if request.unknown:
        diagnostics.error(
            "clause-not-allowed",
            "a request to an endpoint cannot say that nothing is known of an attribute",
            request.span,
            "leave the attribute out: what every request has is then unknown, and the answer names it; or ask the Cedar files",
        )
    for name, values in request.values.items():
        fact = find_fact(known, name)
        if fact is None:
            diagnostics.error(
                "unknown-attribute",
                f"a request to `{request.resource.name}` has no `{name}`",
                request.span,
                unseen(request.resource, known, name),
            )
        elif len(values) > 1 and fact.form == "scalar":
            diagnostics.error("type-mismatch", f"`{name}` has one value, not a list", request.span, "drop the others")
        else:
            _check_values(name, values, fact, request, diagnostics)
    check_groups(request, known, diagnostics)
    return len(diagnostics) == before


def _check_values(
    name: str, values: tuple[Scalar, ...], fact: Fact, request: Request, diagnostics: Diagnostics
) -> None:
    """Report a stated value that the documentation rules out, as the same value in a policy is reported."""
    span = request.spans.get(name, request.span)
    for value in values:
        if isinstance(value, str) and fact.attribute.values and value not in fact.attribute.values:
            listed = ", ".join(f"`{word}`" for word in fact.attribute.values)
            diagnostics.error(
                "impossible-value",
                f"`{name}` is never `{value}`",
                span,
                did_you_mean(value, fact.attribute.values, f"it is one of {listed}"),
            )
        elif isinstance(value, int) and not _in_range(value, fact):
            diagnostics.error(
                "impossible-value",
                f"`{name}` is never `{value}`",
                span,
                f"it goes from {fact.minimum} to {fact.maximum}",
            )


def _in_range(value: int, fact: Fact) -> bool:
    return (fact.minimum is None or fact.minimum <= value) and (fact.maximum is None or value <= fact.maximum)
