"""A request on its hops: who asks, which documents bear on it, and the record of the hops so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.engines.iam import Caller, CallerKind, Kind, Policies, decide_request, explain_request
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.principals import principal_arn
from policyc.engines.iam.request import Request as Asked
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.iam.switches import Switches
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.program import Program
from policyc.model.values import Principal
from policyc.record import field, record, replace
from policyc.targets.base import Document, Request
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.iam_documents.gates import compile_emitted, identity_documents
from policyc.targets.iam_documents.limits import Limits, limits_of
from policyc.targets.object_lambda.context import Context, caller_of
from policyc.targets.object_lambda.documents import ROLE_POLICY
from policyc.targets.object_lambda.gates import ANY_KEY, OpenKey, allows_everything, gate, with_open_key
from policyc.targets.object_lambda.operations import Operation
from policyc.targets.switches import iam_switches

_REFUSED: Final = (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)


@record(frozen=False)
class HopRecorder:
    """One request; `gates` and `errors` (what the caller sees if that gate refuses) grow hop by hop."""

    program: Program
    documents: Sequence[Document]
    asked: Request
    who: Principal
    gates: list[GateTrace] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def partition(self) -> str:
        place = self.asked.resource.place
        return place.partition if place is not None else "aws"

    @property
    def switches(self) -> Switches:
        """The project's choices for the deciding engine."""
        return iam_switches(self.program.switches)

    def caller(self, principal: Principal | None = None) -> Caller:
        """The engine's caller, its role's path filled in where a policy or the project tells it."""
        who = principal or self.who
        found = caller_of(who, self.partition)
        if found.kind is not CallerKind.ROLE or found.path is not None:
            return found
        own = [
            item for item in self.documents if item.kind.startswith("object_lambda/") and item.role != ROLE_POLICY.role
        ]
        held = [compile_emitted(item, Kind.RESOURCE, self.switches) for item in own]
        held += self.identity(who)
        roles = (principal_arn(item, self.partition) for item in self.program.principals if item.kind == "role")
        return with_role_path(found, held, roles)

    def request(self, action: str, resource: str, context: Context) -> Asked:
        """The question that one hop puts to its documents."""
        return Asked.of(action, resource, self.caller(), dict(context.values), context.unknown, context.lacking)

    def attached(self, carrier: str, role: str, kind: Kind = Kind.RESOURCE) -> tuple[Compiled, ...]:
        """The documents of this target on a resource or role."""
        return tuple(
            compile_emitted(item, kind, self.switches)
            for item in self.documents
            if item.attached_to == carrier and item.role == role and item.kind.startswith("object_lambda/")
        )

    def identity(self, principal: Principal | None = None) -> tuple[Compiled, ...]:
        """The identity policies in the project that the caller, or another principal, carries."""
        return tuple(
            compile_emitted(item, Kind.IDENTITY, self.switches)
            for item in identity_documents(self.documents, principal or self.who)
        )

    @property
    def identity_unknown(self) -> bool:
        """Whether the caller has policies of its own that the project does not hold."""
        return self.who.kind not in ("anonymous", "service", "cloudfront", "root") and not self.identity()

    def flow(
        self, own: tuple[Compiled, ...], asked: Asked, owner: str, name: str, kind: str, key: OpenKey | None = None
    ) -> GateTrace:
        """The whole decision of one hop: resource policy or identity policy inside the account, both across accounts."""
        identity = self.identity()
        policies = self.bound(Policies(identity=identity, resource=own, owner=owner), asked)
        outcome = explain_request(policies, asked)
        if outcome.decision is not Decision.ALLOW and self.identity_unknown:
            hopeful = replace(policies, identity=(allows_everything(),))
            if decide_request(hopeful, asked) is not Decision.DENY:
                self.missing.extend(outcome.missing)
                return self.open_identity(gate(outcome, name, kind))
        return with_open_key(self.noted(outcome, name, kind), (*own, *identity), asked, key)

    def bound(self, policies: Policies, asked: Asked) -> Policies:
        """The policies of one hop with everything that bounds the caller there."""
        return self.limits.bound(policies, asked.action, self.program.switches)

    @property
    def limits(self) -> Limits:
        """Boundary, session policy and control policies, which come as raw documents beside the project."""
        return limits_of(self.documents, self.program.switches, self.who)

    def open_identity(self, found: GateTrace, principal: Principal | None = None) -> GateTrace:
        """The gate, undecided because it hangs on policies of the caller that the project does not hold."""
        carrier = carrier_of(principal or self.who) or (principal or self.who).kind
        wants = (f"the identity policy of {carrier}",)
        summary = f"no identity policy of `{carrier}` is given, so what it allows is not known"
        return replace(found, verdict=Verdict.UNDECIDED, summary=summary, decided_by=(), wants=wants)

    def noted(self, outcome: Outcome, name: str, kind: str) -> GateTrace:
        """The outcome of a hop as one gate, with what it misses remembered."""
        self.missing.extend(outcome.missing)
        return gate(outcome, name, kind)

    def object_arn(self, base: str, separator: str, call: Operation) -> tuple[str, OpenKey | None]:
        """The ARN that the call is about, and its known part when the request does not state the key."""
        if not call.on_object:
            return base, None
        prefix = f"{base}{separator}"
        if self.asked.path is None:
            return prefix + ANY_KEY, OpenKey(prefix)
        return prefix + self.asked.path, None

    def add(self, found: GateTrace, error: str) -> bool:
        """Record a gate; whether the request may go on, as it also does where that is open."""
        self.gates.append(found)
        self.errors.append(error)
        if found.verdict is Verdict.UNDECIDED:
            self.missing.extend(found.wants)
        return found.verdict not in _REFUSED

    def outcome(self) -> Outcome:
        """A refusal anywhere decides, even behind a hop that is open; else an open hop leaves it open."""
        gates, notes = tuple(self.gates), tuple(dict.fromkeys(self.notes))
        for found, error in zip(self.gates, self.errors, strict=True):
            if found.verdict in _REFUSED:
                return Outcome(Decision.DENY, gates, found.name, error, (), notes)
        for found in self.gates:
            if found.verdict is Verdict.UNDECIDED:
                return Outcome(Decision.UNDECIDED, gates, found.name, "", tuple(dict.fromkeys(self.missing)), notes)
        return Outcome(Decision.ALLOW, gates, gates[0].name, "", (), notes)
