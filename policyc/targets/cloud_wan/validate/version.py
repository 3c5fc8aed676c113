"""The version word and what only the newer version has."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, Edit, Fix, did_you_mean
from policyc.ir.network import VERSIONS, AssociatePolicies, CoreNetwork, Share
from policyc.text import Span

_CODE = "the service answers ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12"


def check_version(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """The version is one of two; routing policies in any form need 2025.11 (reference, section 1.1)."""
    version = network.version
    if version.text not in VERSIONS:
        diagnostics.error(
            "network-version",
            f"`{version.text[:40]}` is no version of the core network policy",
            version.span,
            did_you_mean(version.text, VERSIONS, "use `2021.12`, or `2025.11` for routing policies"),
        )
        return
    if version.text == "2025.11":
        return
    for span, what in _newer_parts(network):
        diagnostics.error(
            "network-version-feature",
            f"{what} need version 2025.11, and this network is of {version.text}",
            span,
            f'set the version to "2025.11" ({_CODE})',
            fix=Fix("set the version", (Edit(version.span, "2025.11", version.text),)) if version.span else None,
        )


def _newer_parts(network: CoreNetwork) -> list[tuple[Span | None, str]]:
    out: list[tuple[Span | None, str]] = [(item.span, "routing policies") for item in network.routing_policies]
    out += [(item.span, "label rules") for item in network.label_rules]
    for action in network.actions:
        if isinstance(action, AssociatePolicies):
            out.append((action.span, "routing policies on an edge pair"))
        elif isinstance(action, Share) and action.policies:
            out.append((action.policies[0].span or action.span, "routing policies on a share"))
    return out
