"""The targets by name. A new target is one line here and one folder beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from policyc.model.vocabulary import ResourceType
from policyc.targets.base import Network, Target

if TYPE_CHECKING:
    from policyc.syntax.json_text import JsonValue

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
#: those that take a `network`; all others take a `policy`
_NETWORKS: Final = ("cloudwan",)


@cache
def back_end(name: str) -> Target | Network:
    """The back end called `name`. Raises KeyError for an unknown one."""
    found: Target | Network = import_module(TARGETS[name]).TARGET
    return found


@cache
def target(name: str) -> Target:
    """The target of policies called `name`. Raises KeyError for an unknown one, or one of networks."""
    if name in _NETWORKS:
        raise KeyError(name)
    found: Target = import_module(TARGETS[name]).TARGET
    return found


def networks() -> frozenset[str]:
    """The targets of `network` declarations; all others take a `policy`."""
    return frozenset(_NETWORKS)


def network(name: str) -> Network:
    """The target of networks called `name`. Raises KeyError for an unknown one, or one of policies."""
    found = back_end(name)
    if isinstance(found, Network):
        return found
    raise KeyError(name)


def network_of(document: str) -> Network:
    """The target of networks whose documents are of that kind. Raises StopIteration for another kind."""
    return next(item for item in map(network, _NETWORKS) if item.document == document)


def network_like(tree: JsonValue) -> Network | None:
    """The target of networks one of whose documents a JSON value looks like."""
    return next((item for item in map(network, _NETWORKS) if item.looks_like_one(tree)), None)


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
