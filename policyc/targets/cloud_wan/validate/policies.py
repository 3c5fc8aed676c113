"""Routing policies: numbers, quotas, values of matches and actions, and where an action may stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.prefixes import WIDTH
from policyc.ir.network import (
    AssociatePolicies,
    CoreNetwork,
    Direction,
    RouteAction,
    RouteMatch,
    RouteRule,
    RoutingPolicy,
    Share,
    Word,
)
from policyc.regex import regex
from policyc.targets.cloud_wan.validate.addressing import check_cidrs, check_unicast
from policyc.targets.cloud_wan.validate.names import check_listed_once
from policyc.targets.cloud_wan.validate.rules import check_numbers
from policyc.text import Span

MAX_NUMBER = 9999
MAX_RULES = 10
MAX_MATCHES = 5
MAX_ASN = 4294967295
#: ASNs besides 0 that nobody may have, with the RFC that says so
_RESERVED_ASNS: Final = {23456: "RFC 6793", 65535: "RFC 7300", 4294967295: "RFC 7300"}
#: how the id of a prefix list and its ARN begin
_PREFIX_LIST = regex(r"pl-[0-9a-f]{8}|arn:")
_BLOCKS = ("prefix-equals", "prefix-in-cidr")
_COMMUNITY_ACTIONS = ("add-community", "remove-community")


def check_policies(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Reference, sections 1.8 and 2; section 6 rows 3, 47, 49, 50 and 55."""
    for policy in network.routing_policies:
        if not 1 <= policy.number.value <= MAX_NUMBER:
            check_numbers("routing policy", [policy.number], MAX_NUMBER, diagnostics)
        check_numbers("rule", [rule.number for rule in policy.rules], MAX_NUMBER, diagnostics)
        _check_quota(policy, diagnostics)
        for rule in policy.rules:
            _check_rule(policy, rule, network, diagnostics)
    _check_edge_pairs(network, diagnostics)
    _check_order(network, diagnostics)


def _check_quota(policy: RoutingPolicy, diagnostics: Diagnostics) -> None:
    if not policy.rules:
        diagnostics.error(
            "routing-policy-empty", f"routing policy `{policy.name}` has no rule", policy.span, "add a rule"
        )
    if len(policy.rules) > MAX_RULES:
        diagnostics.error(
            "network-quota",
            f"routing policy `{policy.name}` has {len(policy.rules)} rules, where {MAX_RULES} is the most",
            policy.rules[MAX_RULES].span,
            "split it into two policies: up to five may stand on one association",
        )


def _check_rule(policy: RoutingPolicy, rule: RouteRule, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    number = rule.number.value
    if not rule.matches:
        diagnostics.error(
            "rule-without-condition",
            f"rule {number} of `{policy.name}` matches nothing in particular",
            rule.span,
            "add a match condition, such as the prefixes within `0.0.0.0/0`",
        )
    if len(rule.matches) > MAX_MATCHES:
        diagnostics.error(
            "network-quota",
            f"rule {number} of `{policy.name}` has {len(rule.matches)} match conditions",
            rule.matches[MAX_MATCHES].span or rule.span,
            f"use {MAX_MATCHES} at most: split the rule",
        )
    if rule.logic is None:
        diagnostics.error(
            "condition-logic",
            f"rule {number} of `{policy.name}` has no `condition-logic`",
            rule.span,
            "add `and` or `or`, even for one condition (the service answers REQUIRED_PROPERTY)",
        )
    for match in rule.matches:
        _check_match(match, rule.span, diagnostics)
    matches = [Word(f"{match.type} {match.value}", match.span) for match in rule.matches]
    check_listed_once("match condition", matches, diagnostics, alone=False)
    if rule.action.type != "drop":  # to drop what nobody should announce is right
        blocks = tuple(
            Word(str(match.value), match.span or rule.span) for match in rule.matches if match.type in _BLOCKS
        )
        check_unicast(blocks, "no route is announced for", diagnostics)
    if rule.action.type == "summarize" and policy.direction == "inbound":
        diagnostics.error(
            "summarize-inbound",
            f"rule {number} of `{policy.name}` summarizes inbound routes",
            rule.action.span or rule.span,
            "summarize in an outbound policy",
        )
    _check_action(rule.action, rule.span, network, diagnostics)


def _check_match(match: RouteMatch, near: Span | None, diagnostics: Diagnostics) -> None:
    span = match.span or near
    match match.type, match.value:
        case ("prefix-equals" | "prefix-in-cidr", str(text)):
            blocks = check_cidrs((Word(text, span),), diagnostics)
            if match.type == "prefix-in-cidr" and any(block.length == WIDTH[block.family] for block in blocks):
                diagnostics.warning(
                    "rule-never-matches",
                    f"no prefix lies within `{text[:80]}`, which is one address and no part of itself",
                    span,
                    "ask for the prefix itself, or for a wider block",
                )
        case ("prefix-in-prefix-list", str(text)):
            if not text:
                diagnostics.error("prefix-list-alias", "the prefix list has an empty alias", span, "name its alias")
            elif _PREFIX_LIST.match(text) is not None:
                diagnostics.warning(
                    "prefix-list-alias",
                    f"`{text[:80]}` names a prefix list of EC2, and policies know it by its alias",
                    span,
                    "write the alias under which it is associated with the core network",
                )
        case ("community-in-list", str(text)):
            check_community(text, span, diagnostics)
        case ("asn-in-as-path", 0 | 65535 | 4294967295 as value):
            diagnostics.warning(
                "rule-never-matches",
                f"no AS path holds ASN {value}, which is reserved",
                span,
                "name the ASN that is meant",
            )
        case (_, int(value)):
            _check_number(value, span, diagnostics)
        case _:
            pass


def _check_number(value: int, span: Span | None, diagnostics: Diagnostics, least: int = 0) -> None:
    """A number of 32 bits; of ASNs the first one is reserved, and no router passes on a path that holds it (RFC 7607)."""
    if not least <= value <= MAX_ASN:
        what = "no ASN that a path may hold" if least else "no number of 32 bits"
        diagnostics.error("route-number", f"{value} is {what}", span, f"use {least} to {MAX_ASN}")


#: one half of a community has 16 bits: RFC 1997 (both), RFC 4360, section 3.1, and RFC 5668 (one of the two)
_MOST_OF_A_HALF: Final = 65535


def check_community(text: str, span: Span | None, diagnostics: Diagnostics) -> int | None:
    """The ASN part of a community such as `65000:100`, or None after a finding."""
    asn, colon, rest = text.partition(":")
    parts = (asn, rest)
    numbers = [int(p) for p in parts if p.isascii() and p.isdigit() and len(p) <= 10 and int(p) <= MAX_ASN]
    if not colon or len(numbers) < 2 or min(numbers) > _MOST_OF_A_HALF:
        help = "write an ASN and a number, such as `65000:100`; one of the two is at most 65535"
        diagnostics.error("community", f"`{text[:40]}` is no BGP community", span, help)
        return None
    return int(asn)


def _check_action(action: RouteAction, near: Span | None, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    span = action.span or near
    match action.value:
        case str(text) if action.type == "summarize":
            check_cidrs((Word(text, span),), diagnostics)
            check_unicast((Word(text, span),), "no host has an address in", diagnostics)
        case str(text) if action.type in _COMMUNITY_ACTIONS:
            asn = check_community(text, span, diagnostics)
            if asn is not None:
                _check_own(asn, action, span, network, diagnostics)
        case int(value):
            _check_number(value, span, diagnostics)
        case tuple(values):
            if not values:
                diagnostics.error("action-value", f"`{action.type}` lists no ASN", span, "list at least one ASN")
            if action.type != "prepend-asn-list":
                check_listed_once("ASN", [Word(str(value), span) for value in values], diagnostics, alone=False)
            for value in values:
                _check_number(value, span, diagnostics, least=1)
                if value in _RESERVED_ASNS:
                    diagnostics.warning(
                        "route-number",
                        f"ASN {value} is reserved ({_RESERVED_ASNS[value]}), and routers may refuse a path that holds it",
                        span,
                        "use an ASN that somebody may have",
                    )
                _check_own(value, action, span, network, diagnostics)
        case _:
            pass


def _check_own(
    asn: int, action: RouteAction, span: Span | None, network: CoreNetwork, diagnostics: Diagnostics
) -> None:
    """Policies must not touch the ASNs of the core network; for prepending AWS's grammar does not say so."""
    held = next((item for item in network.configuration.asn_ranges if asn in item), None)
    if held is None:
        return
    message = f"`{action.type}` uses ASN {asn}, which is in the core network's range `{held.text}`"
    if action.type == "prepend-asn-list":
        diagnostics.warning("own-asn", message, span, "prepend an ASN outside the ranges")
    else:
        diagnostics.error("own-asn", message, span, "use an ASN outside the ranges")


def _check_edge_pairs(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    for action in network.actions:
        if not isinstance(action, AssociatePolicies):
            continue
        for word in action.policies:
            policy = network.routing_policy(word.text)
            if policy is None:
                continue
            for rule in policy.rules:
                if rule.action.type == "replace-asn-list":
                    diagnostics.error(
                        "replace-on-edge-pair",
                        f"`{word}` replaces ASNs, which does not work on an edge pair",
                        word.span or action.span,
                        "prepend instead, or apply the policy to attachments",
                    )


def _check_order(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Policies on one resource act in order of their numbers (reference, section 3.10); policies of one number have no order. Where all
    of them only drop, order does not matter."""
    held: dict[tuple[tuple[str, ...], Direction, int], RoutingPolicy] = {}
    told: set[frozenset[str]] = set()
    for what, word in _bound(network):
        policy = network.routing_policy(word.text)
        if policy is None:
            continue
        other = held.setdefault((what, policy.direction, policy.number.value), policy)
        pair = frozenset((policy.name.text, other.name.text))
        drops = all(rule.action.type == "drop" for one in (policy, other) for rule in one.rules)
        if len(pair) > 1 and pair not in told and not drops:
            told.add(pair)
            diagnostics.warning(
                "equal-policy-numbers",
                f"`{other.name}` and `{policy.name}` act on one resource and have number {policy.number.value}: their order is not known",
                word.span or policy.number.span,
                "give one of them another number",
            )


def _bound(network: CoreNetwork) -> Iterator[tuple[tuple[str, ...], Word]]:
    """Every binding of a routing policy with the resource that it acts on in one direction."""
    for action in network.actions:
        match action:
            case Share():
                for other in network.members(action.with_segments, without=action.segment.text):
                    yield from ((("share", action.segment.text, other), word) for word in action.policies)
            case AssociatePolicies():
                where = ("pair", action.segment.text, action.location.text, action.peer.text)
                yield from ((where, word) for word in action.policies)
            case _:
                pass
    for rule in network.label_rules:
        for label in rule.labels:
            yield from ((("label", label.text), word) for word in rule.policies)
