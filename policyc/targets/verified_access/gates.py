"""What Cedar's answers on a group's and an endpoint's policy make of a request: a verdict for each, and both together.

Sources: https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies.html and auth-policies-policy-eval.html; what they leave
open are the switches of `schemas/verified_access/vocabulary.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.record import replace
from policyc.targets.cedar_documents.gate import Judged

EndpointAlone = Literal["deny", "allow"]


def no_policy(name: str, kind: str, other: Judged | None, endpoint_alone: EndpointAlone) -> Judged:
    """A group or an endpoint without policy. Documented: neither has one, every request is blocked; only the group has one, it
    decides alone. Only the endpoint has one: not documented."""
    if other is None:
        text = "neither the group nor the endpoint has a policy, and then every request is blocked"
        return Judged(GateTrace(name, kind, Verdict.IMPLICIT_DENY, text))
    if kind == "endpoint":
        return Judged(GateTrace(name, kind, Verdict.SKIPPED, "the endpoint has no policy; the group's decides alone"))
    if other.gate.verdict.decision is Decision.DENY:
        return Judged(
            GateTrace(name, kind, Verdict.SKIPPED, "the group has no policy; the endpoint's denies by itself")
        )
    verdict = Verdict.SKIPPED if endpoint_alone == "allow" else Verdict.IMPLICIT_DENY
    text = "the group has no policy, and AWS does not document what happens when only the endpoint has one"
    return Judged(GateTrace(name, kind, verdict, text, switches=("endpoint-policy-alone",)))


def outcome_of(judged: Sequence[Judged], refusal: str, notes: tuple[str, ...] = ()) -> Outcome:
    """Both gates together: a deny of either settles it, then a doubt of either. `refusal` is what a refused user sees."""
    gates = tuple(item.gate for item in judged)
    denying = [gate for gate in gates if gate.verdict.decision is Decision.DENY]
    if denying:
        # what AWS leaves open at a gate that does not refuse cannot change a refusal by the other
        gates = tuple(gate if gate in denying else replace(gate, switches=()) for gate in gates)
        return Outcome(Decision.DENY, gates, denying[0].name, refusal, notes=notes)
    doubtful = [item for item in judged if item.gate.verdict is Verdict.UNDECIDED]
    if doubtful:
        missing = tuple(dict.fromkeys(name for item in doubtful for name in item.missing))
        return Outcome(Decision.UNDECIDED, gates, doubtful[0].gate.name, missing=missing, notes=notes)
    return Outcome(Decision.ALLOW, gates, notes=notes)
