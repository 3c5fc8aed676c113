"""Endpoints themselves: what their `signals` declare."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, did_you_mean, dropped
from policyc.ir.program import Program
from policyc.model.values import Resource, Value
from policyc.targets.cedar_documents.claims import check_apart, check_kind, entries
from policyc.targets.cedar_documents.facts import split_name
from policyc.targets.client_vpn.scope import ENDPOINT, roots, vocabulary


def check_endpoints(program: Program, diagnostics: Diagnostics) -> None:
    """Report malformed `signals` of any endpoint of the project."""
    for resource in program.resources.values():
        if resource.type == ENDPOINT:
            check_endpoint(resource, diagnostics)


def check_endpoint(endpoint: Resource, diagnostics: Diagnostics) -> None:
    """Report signals that name nothing the endpoint sees, lie inside one another or inside documented data, or have no type."""
    seen = roots(endpoint)
    known = [(name, split_name(name) or ()) for name in vocabulary().attributes]
    taken: dict[tuple[str, ...], Value] = {}
    declared = endpoint.get("signals")
    for key, value in entries(endpoint, "signals"):
        steps = split_name(key)
        if steps is None or len(steps) < 2:
            diagnostics.error(
                "malformed-claim",
                f"`{key}` does not name a signal",
                value.span,
                "write where it stands and its name, such as `connection.platform`",
            )
            continue
        if steps[0] not in seen:
            diagnostics.error(
                "unknown-trust-provider",
                f"the endpoint has no `{steps[0]}`",
                value.span,
                did_you_mean(steps[0], seen, "add it to `trust` or `login`"),
            )
        for name, other in known:
            if other[: len(steps)] == steps or steps[: len(other)] == other:
                diagnostics.error(
                    "documented-signal",
                    f"`{name}` is documented, so `{key}` cannot be declared",
                    value.span,
                    f"drop it and use `{name}`",
                    fix=None if declared is None else dropped(declared.span, f"{key}: {value.data}", safe=False),
                )
        check_kind(value, diagnostics)
        check_apart(key, steps, value, taken, diagnostics)
