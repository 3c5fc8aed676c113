"""What a device posture policy cannot say, reported at the source before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.cedar_documents import limits
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.client_vpn.scope import CONNECTION, facts, roots, vocabulary


def _unseen(known: Mapping[str, Fact], name: str) -> str:
    return did_you_mean(name, known, "the endpoint's `trust`, `login` and `signals` say what it sees")


_CARRIER: Final = limits.Carrier("Client VPN", "an endpoint", "", _unseen)


def check_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
    """Report every part of a policy that has no exact Cedar form on Client VPN."""
    limits.check_policy(policy, facts(policy.on), program, _CARRIER, diagnostics)


def hint(on: Resource, name: str) -> str:
    """The help for a name that an endpoint does not see; empty when the nearest name says it best."""
    root, _, rest = name.partition(".")
    if root not in roots(on):
        if root in ("crowdstrike", "jamf", "jumpcloud"):
            return f"add `{root}` to `trust` of `{on.name}`"
        if root in ("saml", "active_directory", "mutual_authentication"):
            return f"add `{root}` to `login` of `{on.name}`"
        return ""
    own = [known for known in vocabulary().attributes if known.startswith(f"{root}.")]
    near = did_you_mean(name, own, "") if root != CONNECTION else ""
    return near or (f"declare it in `signals` of `{on.name}`, such as `{name}: string`" if rest else "")
