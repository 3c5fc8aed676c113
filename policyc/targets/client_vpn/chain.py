"""What becomes of one connection to an endpoint: its policy alone decides, and in shadow mode it is only logged.

Source: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/device-posture-policies-cedar.html and device-posture-concepts.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.cedar.decide import UnusableContext
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document, Request
from policyc.targets.cedar_documents.emit import write_apart
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.fold import SWITCH, moved_denies
from policyc.targets.cedar_documents.gate import Asked, Judged, judge_policy, text_of
from policyc.targets.cedar_documents.request import check_request
from policyc.targets.client_vpn.limits import hint
from policyc.targets.client_vpn.scope import facts
from policyc.targets.switches import choice

_EXAMPLES: Final = "state attributes such as `crowdstrike.assessment.overall`, `jamf.risk`, `saml.memberOf`"
_SHADOW: Final = "shadow mode: Client VPN logs this decision and blocks no connection"


def simulate(
    program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
) -> Outcome | None:
    """The answer for a connection, decided by Cedar on the emitted document.

    What every connection has and this one does not state is unknown; any other unstated attribute is absent.
    """
    endpoint = request.resource
    known = facts(endpoint)
    if not check_request(request, known, _EXAMPLES, _unseen, diagnostics):
        return None
    policy = next((policy for policy in program.policies_on(endpoint) if policy.target == "client_vpn"), None)
    if policy is None:
        text = "the endpoint has no policy, and AWS does not document what device posture decides then"
        return Outcome(
            Decision.UNDECIDED, (GateTrace(endpoint.name, "endpoint", Verdict.UNDECIDED, text),), endpoint.name
        )
    asked = Asked("endpoint", request.values, request.empty, choice(program.switches, SWITCH) == "trusted")
    apart = write_apart(policy, known) if moved_denies(policy, known) else ""
    try:
        judged, _, _ = judge_policy(policy, text_of(policy, documents), apart, known, asked)
    except UnusableContext as error:
        diagnostics.error(
            "unusable-request",
            f"the value of `{'.'.join(error.path)}` {error.why}",
            request.span,
            "state another value",
        )
        return None
    return _outcome(judged, (_SHADOW,) if endpoint.text("shadow_mode") == "enabled" else ())


def _outcome(judged: Judged, notes: tuple[str, ...]) -> Outcome:
    gate = judged.gate
    decision = gate.verdict.decision
    missing = judged.missing if decision is Decision.UNDECIDED else ()
    return Outcome(decision, (gate,), None if decision is Decision.ALLOW else gate.name, missing=missing, notes=notes)


def _unseen(endpoint: Resource, known: Mapping[str, Fact], name: str) -> str:
    return hint(endpoint, name) or did_you_mean(
        name, known, "the endpoint's `trust`, `login` and `signals` say what it has"
    )
