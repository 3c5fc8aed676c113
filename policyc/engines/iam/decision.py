"""Deciding: what one document says to a request, and what all policies on its way say together.

Logic is three-valued. A decision grows with allows and shrinks with denies, so what is not known is settled by deciding
twice, once with every unknown statement at its most favourable and once at its least; when both agree, so it is.
Source: IAM evaluation reference, sections 3, 10 and 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from policyc.engines.iam.caller import UNOWNED, Caller, CallerKind, Grant
from policyc.engines.iam.document import Document
from policyc.engines.iam.request import Request
from policyc.engines.trace import Decision, Verdict
from policyc.record import record

Documents = Document | Sequence[Document]


class Gate(StrEnum):
    """The kinds of policy on a request's way, in the order in which an explicit deny is looked for."""

    RCP = "rcp"
    SCP = "scp"
    RESOURCE = "resource"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    ENDPOINT = "endpoint"


@record
class Policies:
    """Every policy that bears on one caller and one resource.

    `scps` and `rcps` hold one tuple per level (root, each unit, account); each level of SCPs must allow, and no level
    means that none applies, as in the management account. Only the denies of `rcps` count: the full-access policy of
    AWS always stands beside them. `session` is None when the session has no policy. `owner` is the account of the
    resource; empty takes it from `aws:ResourceAccount` or the ARN, and failing that the caller's own account.
    `resource_must_allow` is for resources whose own policy must allow even inside one account, `identity_must_allow` for those
    where it does not stand in for the caller's own policy (section 11).
    """

    identity: tuple[Document, ...] = ()
    resource: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] | None = None
    session: tuple[Document, ...] | None = None
    scps: tuple[tuple[Document, ...], ...] = ()
    rcps: tuple[tuple[Document, ...], ...] = ()
    endpoint: tuple[Document, ...] | None = None
    owner: str = ""
    resource_must_allow: bool = False
    identity_must_allow: bool = False


class Weight(NamedTuple):
    """What some documents say: whether a statement of either effect may match, and whether one surely does; and the
    strongest grant among the allows that may and that surely match."""

    deny_can: bool
    deny_must: bool
    allow_can: bool
    allow_must: bool
    grant_can: Grant = Grant.NONE
    grant_must: Grant = Grant.NONE

    @property
    def verdict(self) -> Verdict:
        if self.deny_must:
            return Verdict.EXPLICIT_DENY
        if not self.allow_can:
            return Verdict.IMPLICIT_DENY
        return Verdict.ALLOW if self.allow_must and not self.deny_can else Verdict.UNDECIDED


class Settlement(NamedTuple):
    """A decision with unknowns settled one way: `gate` is the one that refused, None for an allow."""

    allowed: bool
    gate: Gate | None
    explicit: bool


NOTHING = Weight(False, False, False, False)


def decide(documents: Documents, asked: Request, *, bounded: bool = False) -> Verdict:
    """What one document, or several that count as one policy, say on their own.

    Allow, explicit deny, implicit deny, or undecided when that depends on keys that are not known. A request that
    surely gets no allow is an implicit deny even if a deny is open. `bounded` tells that the caller has a permissions
    boundary, which NotPrincipal looks at. Who is named how makes no difference here; `decide_request` weighs it.
    """
    held = (documents,) if isinstance(documents, Document) else documents
    return verdict_of((held,), asked, bounded)


def weigh(
    documents: Iterable[Document],
    asked: Request,
    bounded: bool = False,
    graded: bool = True,
    turned: tuple[str, str] | None = None,
) -> Weight:
    """The weight of several documents that count as one policy; without `graded` no grant is looked for. `turned` is a switch and
    another choice for it."""
    deny_can = deny_must = allow_can = allow_must = False
    grant_can = grant_must = Grant.NONE
    for document in documents:
        index = document.masks if turned is None else document.masks.turned(*turned)
        can, must = index.masks(asked, bounded)
        if not can:
            continue
        deny_can = deny_can or can & index.deny != 0
        deny_must = deny_must or must & index.deny != 0
        allow_can = allow_can or can & index.allow != 0
        allow_must = allow_must or must & index.allow != 0
        if graded:
            perhaps, surely = index.grants(asked.caller)
            grant_can = max((grant_can, *(grant for grant, mask in perhaps if can & mask)))
            grant_must = max((grant_must, *(grant for grant, mask in surely if must & mask)))
    return Weight(deny_can, deny_must, allow_can, allow_must, grant_can, grant_must)


def decide_request(policies: Policies, asked: Request) -> Decision:
    """The decision of the whole flow (section 10)."""
    weights = weights_of(policies, asked)
    best = settle(policies, asked, weights, hopeful=True)
    worst = settle(policies, asked, weights, hopeful=False)
    return combine(best, worst)


def combine(best: Settlement, worst: Settlement) -> Decision:
    if best.allowed is not worst.allowed:
        return Decision.UNDECIDED
    return Decision.ALLOW if best.allowed else Decision.DENY


def weights_of(policies: Policies, asked: Request) -> dict[Gate, Weight]:
    """The weight of each gate that the request meets; a gate that is not there has none."""
    bounded = policies.boundary is not None
    return {gate: weigh_levels(levels, asked, bounded) for gate, levels in gate_levels(policies, asked.caller).items()}


def gate_levels(policies: Policies, caller: Caller) -> dict[Gate, tuple[tuple[Document, ...], ...]]:
    """The documents of each gate that the caller meets, in levels that must each allow."""
    levels: dict[Gate, tuple[tuple[Document, ...], ...]] = {}
    signed = caller.kind not in UNOWNED
    if policies.rcps and not caller.is_service_linked:
        levels[Gate.RCP] = policies.rcps
    if policies.scps and signed and not caller.is_service_linked:
        levels[Gate.SCP] = policies.scps
    levels[Gate.RESOURCE] = (policies.resource,)
    if signed:
        levels[Gate.IDENTITY] = (policies.identity,)
        if policies.boundary is not None:
            levels[Gate.BOUNDARY] = (policies.boundary,)
        if policies.session is not None:
            levels[Gate.SESSION] = (policies.session,)
        elif caller.kind is CallerKind.FEDERATED:
            levels[Gate.SESSION] = ((),)
    if policies.endpoint is not None:
        levels[Gate.ENDPOINT] = (policies.endpoint,)
    return levels


def weigh_levels(
    levels: Iterable[Sequence[Document]],
    asked: Request,
    bounded: bool,
    graded: bool = True,
    turned: tuple[str, str] | None = None,
) -> Weight:
    """The weight of a gate."""
    return join_levels([weigh(level, asked, bounded, graded, turned) for level in levels])


def verdict_of(levels: Sequence[Sequence[Document]], asked: Request, bounded: bool) -> Verdict:
    """The verdict of a gate; most have one document."""
    if len(levels) != 1 or len(levels[0]) != 1:
        return weigh_levels(levels, asked, bounded, graded=False).verdict
    index = levels[0][0].masks
    can, must = index.masks(asked, bounded)
    if must & index.deny:
        return Verdict.EXPLICIT_DENY
    if not can & index.allow:
        return Verdict.IMPLICIT_DENY
    return Verdict.ALLOW if must & index.allow and not can & index.deny else Verdict.UNDECIDED


def join_levels(levels: Sequence[Weight]) -> Weight:
    """Levels that must each allow, and each may deny."""
    if len(levels) == 1:
        return levels[0]
    return Weight(
        any(weight.deny_can for weight in levels),
        any(weight.deny_must for weight in levels),
        all(weight.allow_can for weight in levels),
        all(weight.allow_must for weight in levels),
    )


def is_cross_account(policies: Policies, asked: Request) -> bool:
    owner = policies.owner or asked.resource_account
    return bool(owner) and owner != asked.caller.account


def settle(policies: Policies, asked: Request, weights: Mapping[Gate, Weight], hopeful: bool) -> Settlement:
    """The flow of section 10.2, with what is not known taken at its most (`hopeful`) or least favourable."""
    for gate in Gate:
        weight = weights.get(gate, NOTHING)
        if weight.deny_must or (weight.deny_can and not hopeful):
            return Settlement(False, gate, True)
    allows = {gate: weight.allow_can if hopeful else weight.allow_must for gate, weight in weights.items()}
    if not allows.get(Gate.ENDPOINT, True):
        return Settlement(False, Gate.ENDPOINT, False)
    kind = asked.caller.kind
    if kind in UNOWNED:
        return _when(allows[Gate.RESOURCE], Gate.RESOURCE)
    if not allows.get(Gate.SCP, True):
        return Settlement(False, Gate.SCP, False)
    resource = weights[Gate.RESOURCE]
    grant = resource.grant_can if hopeful else resource.grant_must
    allows[Gate.IDENTITY] = allows[Gate.IDENTITY] or kind is CallerKind.ROOT
    across = is_cross_account(policies, asked)
    if grant is Grant.NONE and (across or policies.resource_must_allow):
        return Settlement(False, Gate.RESOURCE, False)
    if not across and not policies.identity_must_allow:
        if grant >= Grant.STAR:
            return Settlement(True, None, False)
        if grant is Grant.LIMITED:  # the identity policy need not allow, the limits still do
            allows[Gate.IDENTITY] = True
    for gate in (Gate.IDENTITY, Gate.BOUNDARY, Gate.SESSION):
        if not allows.get(gate, True):
            return Settlement(False, gate, False)
    return Settlement(True, None, False)


def _when(allowed: bool, gate: Gate) -> Settlement:
    return Settlement(allowed, None if allowed else gate, False)
