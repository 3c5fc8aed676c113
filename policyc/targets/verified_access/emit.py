"""Policy documents of groups and endpoints, one Cedar text for each policy."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document
from policyc.targets.cedar_documents.emit import emit_policy, tell_unchecked
from policyc.targets.cedar_documents.fold import SWITCH
from policyc.targets.switches import choice
from policyc.targets.verified_access.scope import GROUP, facts

TARGET = "verified_access"


def emit_documents(program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
    """The documents of all Verified Access policies, in order of declaration."""
    trusted = choice(program.switches, SWITCH) == "trusted"
    documents = [
        emit_policy(policy, facts(policy.on, program.resources), role_of(policy), trusted=trusted)
        for policy in program.policies
        if policy.target == TARGET
    ]
    tell_unchecked(TARGET, documents, diagnostics)
    return documents


def role_of(policy: Policy) -> str:
    """The gate that a policy forms."""
    return "group" if isinstance(policy.on, Resource) and policy.on.type == GROUP else "endpoint"
