"""Core networks as rules see them, and what one association rule says about another."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics
from policyc.ir.network import AttachCondition, AttachRule, CoreNetwork, SendTo, SendVia, Share, ToTag
from policyc.lint.rule import Lint


def core_networks(lint: Lint) -> list[CoreNetwork]:
    """Every network of the program in its normal form."""
    return lint.once("core networks", _lower_all)


def _lower_all(lint: Lint) -> list[CoreNetwork]:
    from policyc.targets.cloud_wan.lower import lower_network

    lowered = (lower_network(bound, Diagnostics()) for bound in lint.program.networks)
    return [item.network for item in lowered if item is not None]


def ordered_rules(network: CoreNetwork) -> list[AttachRule]:
    """The association rules in the order in which the service tries them."""
    return sorted(network.attach_rules, key=lambda rule: rule.number.value)


def shadowing(network: CoreNetwork, rule: AttachRule) -> AttachRule | None:
    """The rule before `rule` that is proven to match every attachment which `rule` matches."""
    earlier = [item for item in ordered_rules(network) if item.number.value < rule.number.value]
    return next((item for item in earlier if rule_covers(item, rule)), None)


def rule_covers(outer: AttachRule, inner: AttachRule) -> bool:
    """Whether every attachment that matches `inner` is proven to match `outer`."""
    wanted = any if outer.logic == "or" else all
    return all(
        wanted(any(condition_covers(need, given) for given in alternative) for need in outer.conditions)
        for alternative in alternatives(inner)
    )


def may_meet(one: AttachRule, other: AttachRule) -> bool:
    """Whether an attachment that just meets `other` may match `one` too: not when that wants another value of the same thing, or
    a tag that `other` does not speak of."""
    return any(_fits(mine, theirs) for mine in alternatives(one) for theirs in alternatives(other))


def alternatives(rule: AttachRule) -> list[tuple[AttachCondition, ...]]:
    """The sets of conditions of which each by itself makes a rule match."""
    return [(item,) for item in rule.conditions] if rule.logic == "or" else [rule.conditions]


def _fits(mine: tuple[AttachCondition, ...], theirs: tuple[AttachCondition, ...]) -> bool:
    tags = {item.key for item in theirs if item.key is not None}
    if any(item.key is not None and item.key not in tags for item in mine):
        return False
    wanted = {_subject(item): item.value for item in mine if item.operator == "equals"}
    return not any(
        item.operator == "equals" and wanted.get(_subject(item), item.value) != item.value for item in theirs
    )


def _subject(condition: AttachCondition) -> tuple[str, str]:
    return condition.type, "" if condition.key is None else condition.key.text


def condition_covers(outer: AttachCondition, inner: AttachCondition) -> bool:
    """Whether an attachment that meets `inner` is proven to meet `outer`."""
    if outer.type == "any" or outer == inner:
        return True
    if inner.type not in ("tag-value", "tag-exists") or outer.type not in ("tag-value", "tag-exists"):
        return outer.type == inner.type and inner.operator == "equals" and _value_meets(outer, _text(inner))
    if (outer.key or "") != (inner.key or "") or inner.operator == "not-equals":
        return False
    if outer.type == "tag-exists":
        return True
    if inner.type == "tag-exists":
        return False
    if inner.operator == "equals":
        return _value_meets(outer, _text(inner))
    part, wanted = _text(inner), _text(outer)
    if outer.operator == "begins-with":
        return inner.operator == "begins-with" and part.startswith(wanted)
    return outer.operator == "contains" and wanted in part


def _value_meets(condition: AttachCondition, value: str) -> bool:
    wanted = _text(condition)
    match condition.operator:
        case "equals":
            return value == wanted
        case "not-equals":
            return value != wanted
        case "contains":
            return wanted in value
        case "begins-with":
            return value.startswith(wanted)
        case None:
            return False


def _text(condition: AttachCondition) -> str:
    return condition.value.text if condition.value is not None else ""


def tag_values(rule: AttachRule, key: str) -> set[str] | None:
    """The values of a tag that a rule is known to want, None when it leaves them open."""
    tests = [item for item in rule.conditions if item.type == "tag-value" and item.key is not None]
    wanted = {_text(item) for item in tests if str(item.key) == key and item.operator == "equals"}
    if not wanted or (rule.logic == "or" and len(wanted) != len(rule.conditions)):
        return None
    return wanted


def joinable(network: CoreNetwork) -> set[str]:
    """The segments that some association rule may put an attachment into, by name."""
    out: set[str] = set()
    for rule in network.attach_rules:
        if shadowing(network, rule) is not None:
            continue
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
