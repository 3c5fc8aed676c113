"""The targets by name. A new target is one line here and one folder beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from policyc.model.vocabulary import ResourceType
from policyc.targets.base import Network, Target

#: language name -> module that holds `TARGET`
TARGETS = {
    "lattice": "policyc.targets.lattice",
    "verified_access": "policyc.targets.verified_access",
    "cloudwan": "policyc.targets.cloud_wan",
    "object_lambda": "policyc.targets.object_lambda",
    "identity": "policyc.targets.identity",
    "client_vpn": "policyc.targets.client_vpn",
    "iam_document": "policyc.targets.plain_iam",
}


@cache
def back_end(name: str) -> Target | Network:
    """The back end called `name`. Raises KeyError for an unknown one."""
    found: Target | Network = import_module(TARGETS[name]).TARGET
    return found


@cache
def target(name: str) -> Target:
    """The target of policies called `name`. Raises KeyError for an unknown one, or one of networks."""
    found = back_end(name)
    if isinstance(found, Network):
        raise KeyError(name)
    return found


@cache
def networks() -> frozenset[str]:
    """The targets of `network` declarations; all others take a `policy`."""
    return frozenset(name for name in TARGETS if isinstance(back_end(name), Network))


@cache
def policy_targets() -> tuple[Target, ...]:
    """The targets of policies, in the order of the table."""
    return tuple(target(name) for name in TARGETS if name not in networks())


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type of every target by its dotted name."""
    out: dict[str, ResourceType] = {}
    for name in TARGETS:
        out |= back_end(name).vocabulary().resource_types
    return out
