"""Expressions without anything of the request in them: Cedar itself says what they come to."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from policyc.model.placeholders import is_template
from policyc.syntax.cedar_nodes import Call, Compare, Expr, Lit, Slot, Var, walk
from policyc.syntax.cedar_printer import written


def is_constant(node: Expr) -> bool:
    """Whether an expression reads nothing of the request, and nothing in it is still to be filled in."""
    return not any(
        isinstance(part, Var | Slot) or (isinstance(part, Lit) and is_template(part.value)) for part in walk(node)
    )


def constant_truth(node: Expr) -> bool | Literal["unknown"] | None:
    """Whether a constant condition is true; None when its evaluation fails, `unknown` when Cedar cannot be asked."""
    from policyc.engines.cedar.decide import CedarError, decide, parse_policies

    try:
        (result,) = decide(
            parse_policies(f"permit (principal, action, resource) when {{ {written(node)} }};"), {}
        ).statements
    except CedarError:
        return "unknown"
    return None if result.error else bool(result.matched)


def readable(call: Call) -> bool:
    """Whether Cedar can read the literals of `ip("…")` and its like; of a template nobody knows, so it counts as readable."""
    if any(isinstance(arg, Lit) and is_template(arg.value) for arg in call.args):
        return True
    return constant_truth(Compare("==", call, call, call.span)) is not None


def network_of(what: Expr | object) -> str | None:
    """The block that an address or block stands for, with its length and without host bits; None for what is neither.

    `what` is a text, or `ip("…")`. Cedar takes host bits, and no IPv4 address inside an IPv6 one.
    """
    if isinstance(what, Call):
        (arg,) = what.args if len(what.args) == 1 else (None,)
        what = arg.value if what.function == "ip" and isinstance(arg, Lit) else None
    if not isinstance(what, str) or "%" in what:
        return None
    try:
        return str(ip_network(what, strict=False))
    except ValueError:
        return None
