"""Core networks as rules see them."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics
from policyc.ir.network import AttachRule, CoreNetwork, SendTo, SendVia, Share, ToTag
from policyc.lint.rule import Lint
from policyc.lint.rule_order import value_of
from policyc.targets.registry import network


def core_networks(lint: Lint) -> list[CoreNetwork]:
    """Every network of the program in its normal form."""
    return lint.once("core networks", _lower_all)


def _lower_all(lint: Lint) -> list[CoreNetwork]:
    lowered = (network(bound.node.target.text).lower(bound, Diagnostics()) for bound in lint.program.networks)
    return [item for item in lowered if item is not None]


def tag_values(rule: AttachRule, key: str) -> set[str] | None:
    """The values of a tag that a rule is known to want, None when it leaves them open."""
    tests = [item for item in rule.conditions if item.type == "tag-value" and item.key is not None]
    wanted = {value_of(item) for item in tests if str(item.key) == key and item.operator == "equals"}
    if not wanted or (rule.logic == "or" and len(wanted) != len(rule.conditions)):
        return None
    return wanted


def joinable(network: CoreNetwork) -> set[str]:
    """The segments that some association rule means to put an attachment into, by name; one that never matches has a finding of its own."""
    out: set[str] = set()
    for rule in network.attach_rules:
        action = rule.action
        if isinstance(action, ToTag):
            wanted = tag_values(rule, action.key.text)
            out |= {item.name.text for item in network.segments} if wanted is None else wanted
        elif hasattr(action, "segment"):
            out.add(action.segment.text)
    return out


def share_pairs(network: CoreNetwork, share: Share) -> list[frozenset[str]]:
    """The pairs of segments that a share joins."""
    others = network.members(share.with_segments, without=share.segment.text)
    return [frozenset({share.segment.text, other}) for other in others]


def shares(network: CoreNetwork) -> Iterator[Share]:
    return (action for action in network.actions if isinstance(action, Share))


def neighbours(network: CoreNetwork) -> dict[str, set[str]]:
    """The segments that each segment shares with, filters left aside; a segment without a share is left out."""
    out: dict[str, set[str]] = {}
    for share in shares(network):
        for other in network.members(share.with_segments, without=share.segment.text):
            if other != share.segment.text:
                out.setdefault(share.segment.text, set()).add(other)
                out.setdefault(other, set()).add(share.segment.text)
    return out


def sends(network: CoreNetwork) -> Iterator[SendVia | SendTo]:
    return (action for action in network.actions if isinstance(action, SendVia | SendTo))
