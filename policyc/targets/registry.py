"""The targets by name. A new target is one line here and one folder beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from policyc.model.vocabulary import ResourceType
from policyc.targets.base import Target

#: language name -> module that holds `TARGET`
TARGETS = {
    "lattice": "policyc.targets.lattice",
    "verified_access": "policyc.targets.verified_access",
    "cloudwan": "policyc.targets.cloud_wan",
    "object_lambda": "policyc.targets.object_lambda",
    "identity": "policyc.targets.identity",
    "client_vpn": "policyc.targets.client_vpn",
}

#: the targets of `network` declarations; all others take a `policy`
NETWORK_TARGETS = frozenset({"cloudwan"})


@cache
def target(name: str) -> Target:
    """The target called `name`. Raises KeyError for an unknown one."""
    module = import_module(TARGETS[name])
    found: Target = module.TARGET
    return found


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type of every target by its dotted name."""
    out: dict[str, ResourceType] = {}
    for name in TARGETS:
        out |= target(name).vocabulary().resource_types
    return out
