"""Who can put an attachment where: rules that a tag alone satisfies, and segments that some rule guards.

The owner of an attachment sets its tags, so a tag is no proof of anything. Account and resource are, and so is acceptance.
"""

from __future__ import annotations

from policyc.ir.network import AttachRule, CoreNetwork, ToSegment, ToTag
from policyc.lint.networks import tag_values
from policyc.lint.rule_order import shadowing


def opened_segments(network: CoreNetwork, rule: AttachRule) -> list[str]:
    """The segments without acceptance that a rule opens to whoever sets a tag, in the order of declaration."""
    if rule.action.acceptance is True or is_guarded(rule) or shadowing(network, rule) is not None:
        return []
    led = leads_to(network, rule)
    return [item.name.text for item in network.segments if not item.acceptance_on and item.name.text in led]


def guarded_segments(network: CoreNetwork) -> set[str]:
    """The segments that some rule fills for certain accounts or resources, or after acceptance, alone: somebody meant them to be closed."""
    guards = [rule for rule in network.attach_rules if rule.action.acceptance is True or is_guarded(rule)]
    return {name for rule in guards if _is_definite(rule) for name in leads_to(network, rule)}


def _is_definite(rule: AttachRule) -> bool:
    """Whether a rule speaks of certain segments, not of whatever a tag says."""
    return isinstance(rule.action, ToSegment) or (
        isinstance(rule.action, ToTag) and tag_values(rule, rule.action.key.text) is not None
    )


def leads_to(network: CoreNetwork, rule: AttachRule) -> set[str]:
    """The segments that a rule may put an attachment into."""
    match rule.action:
        case ToSegment(segment=word):
            return {word.text}
        case ToTag(key=key):
            wanted = tag_values(rule, key.text)
            return {item.name.text for item in network.segments} if wanted is None else wanted
        case _:
            return set()


def is_guarded(rule: AttachRule) -> bool:
    """Whether every attachment that a rule matches is of a certain account, or a certain resource."""
    tests = [item for item in rule.conditions if item.type in ("account-id", "resource-id")]
    sure = [item for item in tests if item.operator == "equals"]
    return len(sure) == len(rule.conditions) if rule.logic == "or" else bool(sure)
