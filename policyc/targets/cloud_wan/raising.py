"""Whether a network that was brought into the language is the one that a document states, and where it is not."""

from __future__ import annotations

from itertools import zip_longest

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.network import AttachCondition, AttachRule, CoreNetwork, RouteMatch, RouteRule, RoutingPolicy
from policyc.ir.program import Program
from policyc.record import replace
from policyc.targets.cloud_wan.check import check_document
from policyc.targets.cloud_wan.conditions import every_prefix
from policyc.targets.cloud_wan.lower import lower_network
from policyc.text import Source, Span

_PARTS = ("segments", "groups", "actions", "attach_rules", "label_rules", "routing_policies")


def stated(source: Source, diagnostics: Diagnostics) -> tuple[CoreNetwork, frozenset[str]] | None:
    """The network of a document, and the rules by which the service would refuse it; None after reporting why it cannot be read."""
    found = Diagnostics()
    network = check_document(source, found)
    if network is None:
        diagnostics.extend(item for item in found if item.severity is Severity.ERROR)
        return None
    return network, frozenset(item.rule for item in found if item.severity is Severity.ERROR)


def otherwise(span: Span) -> tuple[RouteMatch, ...]:
    """The matches that `otherwise` of a filter stands for."""
    return every_prefix(span).items


def lowered(program: Program) -> dict[str, CoreNetwork]:
    """The networks of a program by name, those included that the service would refuse."""
    found = {bound.name: lower_network(bound, Diagnostics()) for bound in program.networks}
    return {name: item.network for name, item in found.items() if item is not None}


def difference(original: CoreNetwork, again: CoreNetwork) -> tuple[bool, Span | None]:
    """Whether the two differ, and the place in the original of the first element that does."""
    one, other = normal(original), normal(again)
    if one == other:
        return False, None
    for part in _PARTS:
        for left, right in zip_longest(getattr(one, part), getattr(other, part)):
            if left != right:
                return True, getattr(left, "span", None) or original.span
    return True, original.configuration.span


def normal(network: CoreNetwork) -> CoreNetwork:
    """The network without what says nothing: a word that joins a single condition, and the older name of a condition."""
    return replace(
        network,
        attach_rules=tuple(map(_attach_rule, network.attach_rules)),
        routing_policies=tuple(map(_policy, network.routing_policies)),
    )


def _attach_rule(rule: AttachRule) -> AttachRule:
    conditions = tuple(map(_condition, rule.conditions))
    return replace(rule, conditions=conditions, logic=rule.logic if len(conditions) > 1 else None)


def _condition(item: AttachCondition) -> AttachCondition:
    return replace(item, type="tag-exists") if item.type == "tag-name" else item


def _policy(policy: RoutingPolicy) -> RoutingPolicy:
    return replace(policy, rules=tuple(map(_rule, policy.rules)))


def _rule(rule: RouteRule) -> RouteRule:
    return rule if len(rule.matches) > 1 else replace(rule, logic=None)
