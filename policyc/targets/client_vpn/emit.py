"""Device posture policies, one Cedar text for each endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.targets.base import Document
from policyc.targets.cedar_documents.emit import emit_policy, tell_unchecked
from policyc.targets.cedar_documents.fold import SWITCH
from policyc.targets.client_vpn.scope import facts
from policyc.targets.switches import choice

TARGET = "client_vpn"


def emit_documents(program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
    """The documents of all device posture policies, in order of declaration."""
    trusted = choice(program.switches, SWITCH) == "trusted"
    documents = [
        emit_policy(policy, facts(policy.on), "endpoint", trusted=trusted)
        for policy in program.policies
        if policy.target == TARGET
    ]
    tell_unchecked(TARGET, documents, diagnostics)
    return documents
