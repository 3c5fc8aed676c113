"""What becomes of one request to an endpoint: the group's policy and the endpoint's, both of which have to allow it.

Two policy sets, never one: an allow of the endpoint must not stand in for the group's.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies-policy-eval.html; open questions are the
switches of `schemas/verified_access/vocabulary.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.cedar.decide import About, Answer, UnusableContext, decide, parse_policies
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.conditions import atoms
from policyc.ir.program import Program
from policyc.model.values import Resource, Scalar
from policyc.record import replace
from policyc.targets.base import Document, Request
from policyc.targets.cedar_documents.context import Context, Values
from policyc.targets.cedar_documents.documented import of_facts
from policyc.targets.cedar_documents.emit import write_apart
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.fold import SWITCH, moved_denies
from policyc.targets.cedar_documents.gate import Asked, Judged, judge_policy, text_of
from policyc.targets.cedar_documents.request import check_request
from policyc.targets.switches import choice
from policyc.targets.verified_access.gates import EndpointAlone, no_policy, outcome_of
from policyc.targets.verified_access.scope import ENDPOINT, facts, group_of, other_protocol

TARGET = "verified_access"
_PATH = "http_request.path"
_HOST = "http_request.hostname"
#: of a group's endpoints this many are named
_MOST_NAMED = 5


def simulate(
    program: Program,
    documents: Sequence[Document],
    request: Request,
    diagnostics: Diagnostics,
    endpoint_alone: EndpointAlone = "deny",
) -> Outcome | None:
    """The answer for a request to an endpoint, decided by Cedar on the emitted documents.

    The part of each statement in it comes from the statement on its own, because a deny may stand inside the permits.
    An attribute that every request has and this one does not state is unknown; any other unstated one is absent.
    `endpoint_alone` chooses what AWS leaves open: the outcome when only the endpoint has a policy and it allows.
    """
    endpoint = request.resource
    group = group_of(endpoint, program.resources)
    if endpoint.type != ENDPOINT or group is None:
        diagnostics.error(
            "request-to-group",
            f"`{endpoint.name}` is no endpoint, and a request goes to one",
            request.span,
            _address(endpoint, program.resources),
        )
        return None
    known = facts(endpoint, program.resources)
    if not check_request(request, known, _EXAMPLES, _unseen, diagnostics):
        return None
    values = {**_told_by(endpoint, known), **request.values}
    try:
        first = _gate(program, documents, group, "group", values, request.empty, known)
        second = _gate(program, documents, endpoint, "endpoint", values, request.empty, known)
    except UnusableContext as error:
        diagnostics.error(
            "unusable-request",
            f"the value of `{'.'.join(error.path)}` {error.why}",
            request.span,
            "state another value",
        )
        return None
    judged = (
        first or no_policy(group.name, "group", second, endpoint_alone),
        second or no_policy(endpoint.name, "endpoint", first, endpoint_alone),
    )
    return outcome_of(judged, "" if endpoint.text("protocol") == "tcp" else "HTTP 403")


def _told_by(endpoint: Resource, known: Mapping[str, Fact]) -> dict[str, tuple[Scalar, ...]]:
    """What the endpoint itself says of every request to it: users open its domain, so that is the request's host name."""
    domain = endpoint.text("domain")
    return {_HOST: (domain,)} if domain and _HOST in known else {}


def _unseen(resource: Resource, known: Mapping[str, Fact], name: str) -> str:
    return other_protocol(known, name) or did_you_mean(
        name, known, "the group's `trust` and the endpoint's `protocol` say what it has"
    )


_EXAMPLES = "state attributes such as `idc.user.email.address`, `http_request.http_method`, `http_request.path`"


# --- gates ------------------------------------------------------------------------------------------------------


def _gate(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    kind: str,
    values: Values,
    empty: frozenset[str],
    known: Mapping[str, Fact],
) -> Judged | None:
    """The verdict of the policy on a resource, None when it has none."""
    policy = next((policy for policy in program.policies_on(resource) if policy.target == TARGET), None)
    if policy is None:
        return None
    asked = Asked(kind, values, empty, choice(program.switches, SWITCH) == "trusted")
    text = text_of(policy, documents)
    lone = _apart(policy, group_of(resource, program.resources) or resource)
    judged, context, answer = judge_policy(policy, text, lone, known, asked)
    if not _slash_matters(text, policy, context, answer, of_facts(known)):
        return judged
    return Judged(replace(judged.gate, switches=("path-slash", *judged.gate.switches)), judged.missing)


def _address(asked: Resource, resources: Mapping[str, Resource]) -> str:
    """Where a request goes that was sent to a group."""
    found = [item.name for item in resources.values() if item.type == ENDPOINT and item.link("group") == asked.id]
    if found:
        return "address an endpoint of it: " + ", ".join(f"`{name}`" for name in found[:_MOST_NAMED])
    return f"declare a `{ENDPOINT}` in the group and address it"


@lru_cache(maxsize=512)
def _apart(policy: Policy, group: Resource) -> str:
    """The text in which every statement stands for itself: it tells what each says, the deployed one what becomes of the request.

    Empty where the deployed text has every statement of its own anyway.
    """
    known = facts(policy.on, {group.id: group})
    return write_apart(policy, known) if moved_denies(policy, known) else ""


def _slash_matters(text: str, policy: Policy, context: Context, answer: Answer, about: About) -> bool:
    """Whether the answer would differ if Verified Access wrote the request's path with (or without) its leading slash."""
    path = context.stated.values.get(_PATH, ())
    reads = any(atom.attribute.name == _PATH for statement in policy.statements for atom in atoms(statement.when))
    if not path or not reads:
        return False
    written = str(path[0])
    other = written[1:] if written.startswith("/") else f"/{written}"
    request = {**context.data, "http_request": {**context.data["http_request"], "path": other}}
    return decide(parse_policies(text), request, context.unknown, about=about).decision is not answer.decision
