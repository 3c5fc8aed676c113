"""What a filter rule does: the language's words and the values that they take."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.network import ActionType, RouteAction
from policyc.model.scope import Scope
from policyc.model.types import INT, STRING, Named, SetOf, Type
from policyc.model.values import Value
from policyc.syntax import network_nodes

#: word -> the document's action and the type of its value
ACTIONS: dict[str, tuple[ActionType, Type | None]] = {
    "drop": ("drop", None),
    "allow": ("allow", None),
    "summarize": ("summarize", Named("cidr")),
    "prepend_asns": ("prepend-asn-list", SetOf(Named("asn"))),
    "remove_asns": ("remove-asn-list", SetOf(Named("asn"))),
    "replace_asns": ("replace-asn-list", SetOf(Named("asn"))),
    "add_community": ("add-community", STRING),
    "remove_community": ("remove-community", STRING),
    "set_med": ("set-med", INT),
    "set_local_preference": ("set-local-preference", INT),
}


def lower_action(node: network_nodes.NetAction, scope: Scope, diagnostics: Diagnostics) -> RouteAction | None:
    """The action, or None after a finding."""
    known = ACTIONS.get(node.name.text)
    if known is None:
        diagnostics.error(
            "network-unknown-word",
            f"unknown action `{node.name.text}`",
            node.name.span,
            did_you_mean(node.name.text, ACTIONS, "actions are " + ", ".join(f"`{name}`" for name in ACTIONS)),
        )
        return None
    kind, expected = known
    if expected is None:
        if node.value is not None:
            diagnostics.error("action-value", f"`{node.name.text}` takes no value", node.value.span, "remove the value")
            return None
        return RouteAction(kind, None, node.span)
    if node.value is None:
        diagnostics.error(
            "action-value", f"`{node.name.text}` wants a value", node.span, f"give a value of type {expected}"
        )
        return None
    value = scope.value(node.value, expected, diagnostics)
    return None if value is None else RouteAction(kind, _plain(value), node.value.span)


def _plain(value: Value) -> str | int | tuple[int, ...]:
    if isinstance(value.data, tuple):
        return tuple(int(item.data) for item in value.data if isinstance(item, Value) and isinstance(item.data, int))
    return value.data if isinstance(value.data, int) else str(value.data)
