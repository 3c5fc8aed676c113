"""What a Verified Access policy cannot say, reported at the source before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.targets.cedar_documents import limits
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.verified_access.scope import facts, other_protocol


def _unseen(known: Mapping[str, Fact], name: str) -> str:
    root = name.split(".", 1)[0]
    return other_protocol(known, name) or did_you_mean(
        name, known, f"the group's `trust` has to name a provider `{root}` that sends it"
    )


_CARRIER: Final = limits.Carrier("Verified Access", "a group or an endpoint", "http_request.client_ip", _unseen)


def check_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
    """Report every part of a policy that has no exact Cedar form on Verified Access."""
    limits.check_policy(policy, facts(policy.on, program.resources), program, _CARRIER, diagnostics)
