"""The decision flow: who must allow, who may deny, and how a resource policy names the caller (reference 10, 11)."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.engines.iam import (
    Caller,
    Document,
    Kind,
    Policies,
    Switches,
    anonymous,
    caller_from_arn,
    decide_request,
    explain_request,
    service,
)
from policyc.engines.trace import Verdict
from tests.conformance.iam_cases import (
    AWAY,
    FEDERATED,
    HOME,
    ROLE,
    ROOT,
    SESSION,
    USER,
    ask,
    document,
    policy,
    role,
    user,
)

ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
OTHER = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}


def one(statement: dict[str, Any], kind: Kind = Kind.IDENTITY) -> tuple[Document, ...]:
    return (document(policy(statement), kind),)


def naming(principal: Any, **more: Any) -> tuple[Document, ...]:
    return (document(policy(ALLOW | {"Principal": principal} | more), Kind.RESOURCE),)


YES, NO, NEVER = one(ALLOW), one(OTHER), one(DENY)
NARROWED = {"Condition": {"ArnLike": {"aws:PrincipalArn": ROLE}}}
CALLERS: dict[str, Caller] = {
    "user": user(),
    "role": role(),
    "root": caller_from_arn(ROOT),
    "federated": caller_from_arn(FEDERATED, creator=USER),
    "service": service("cloudfront.amazonaws.com"),
    "anonymous": anonymous(),
    "linked": caller_from_arn(f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
}

# fact, caller, policies, allowed, the gate that refuses
SAME: list[tuple[str, str, dict[str, Any], bool, str | None]] = [
    ("10.1 default", "user", {}, False, "identity policy"),
    ("10.1 identity allows", "user", {"identity": YES}, True, None),
    ("10.1 identity allows other", "user", {"identity": NO}, False, "identity policy"),
    ("10.1 two identity policies", "user", {"identity": NO + YES}, True, None),
    ("10.1 explicit deny in identity", "user", {"identity": YES + NEVER}, False, "identity policy"),
    ("10.1 root", "root", {}, True, None),
    (
        "10.1 root, resource denies",
        "root",
        {"resource": (document(policy(DENY | {"Principal": "*"}), Kind.RESOURCE),)},
        False,
        "resource policy",
    ),
    ("10.1 root under SCP", "root", {"scps": (NO,)}, False, "service control policy"),
    ("10.1 boundary", "user", {"identity": YES, "boundary": YES}, True, None),
    ("10.1 boundary silent", "user", {"identity": YES, "boundary": NO}, False, "permissions boundary"),
    ("10.1 boundary denies", "user", {"identity": YES, "boundary": NEVER}, False, "permissions boundary"),
    ("10.1 boundary grants nothing", "user", {"identity": NO, "boundary": YES}, False, "identity policy"),
    ("10.1 empty boundary", "user", {"identity": YES, "boundary": ()}, False, "permissions boundary"),
    ("10.1 session", "role", {"identity": YES, "session": YES}, True, None),
    ("10.1 session silent", "role", {"identity": YES, "session": NO}, False, "session policy"),
    ("10.1 session denies", "role", {"identity": YES, "session": NEVER}, False, "session policy"),
    ("10.3 role without session policy", "role", {"identity": YES}, True, None),
    ("10.3 federated without session policy", "federated", {"identity": YES}, False, "session policy"),
    ("10.3 federated with one", "federated", {"identity": YES, "session": YES}, True, None),
    ("10.5 SCP allows", "user", {"identity": YES, "scps": (YES, YES)}, True, None),
    ("10.5 SCP level silent", "user", {"identity": YES, "scps": (YES, NO)}, False, "service control policy"),
    ("10.5 SCP any in a level", "user", {"identity": YES, "scps": (NO + YES,)}, True, None),
    ("10.5 SCP denies", "user", {"identity": YES, "scps": (YES + NEVER,)}, False, "service control policy"),
    ("10.5 SCP grants nothing", "user", {"scps": (YES,)}, False, "identity policy"),
    ("10.5 SCP not for linked roles", "linked", {"identity": YES, "scps": (NEVER,)}, True, None),
    ("10.3 user ARN", "user", {"resource": naming({"AWS": USER})}, True, None),
    ("10.3 user ARN, boundary silent", "user", {"resource": naming({"AWS": USER}), "boundary": NO}, True, None),
    (
        "10.3 user ARN, boundary denies",
        "user",
        {"resource": naming({"AWS": USER}), "boundary": NEVER},
        False,
        "permissions boundary",
    ),
    (
        "10.3 user ARN, identity denies",
        "user",
        {"resource": naming({"AWS": USER}), "identity": NEVER},
        False,
        "identity policy",
    ),
    ("10.3 role ARN", "role", {"resource": naming({"AWS": ROLE})}, True, None),
    (
        "10.3 role ARN, boundary silent",
        "role",
        {"resource": naming({"AWS": ROLE}), "boundary": NO},
        False,
        "permissions boundary",
    ),
    ("10.3 role ARN, boundary allows", "role", {"resource": naming({"AWS": ROLE}), "boundary": YES}, True, None),
    (
        "10.3 role ARN, session silent",
        "role",
        {"resource": naming({"AWS": ROLE}), "session": NO},
        False,
        "session policy",
    ),
    ("10.3 session ARN, boundary silent", "role", {"resource": naming({"AWS": SESSION}), "boundary": NO}, True, None),
    ("10.3 session ARN, session silent", "role", {"resource": naming({"AWS": SESSION}), "session": NO}, True, None),
    (
        "10.3 session ARN, session denies",
        "role",
        {"resource": naming({"AWS": SESSION}), "session": NEVER},
        False,
        "session policy",
    ),
    ("10.3 federated ARN, no session policy", "federated", {"resource": naming({"AWS": FEDERATED})}, True, None),
    ("10.3 creator ARN, no session policy", "federated", {"resource": naming({"AWS": USER})}, False, "session policy"),
    ("10.3 creator ARN, session allows", "federated", {"resource": naming({"AWS": USER}), "session": YES}, True, None),
    (
        "10.3 creator ARN, boundary silent",
        "federated",
        {"resource": naming({"AWS": USER}), "session": YES, "boundary": NO},
        False,
        "permissions boundary",
    ),
    (
        "10.3 star with PrincipalArn",
        "role",
        {"resource": naming("*", **NARROWED), "boundary": NO, "session": NO},
        True,
        None,
    ),
    ("15 #10 plain star", "role", {"resource": naming("*"), "boundary": NO}, True, None),
    ("10.3 account", "role", {"resource": naming({"AWS": HOME})}, False, "identity policy"),
    ("10.3 root ARN", "role", {"resource": naming({"AWS": ROOT})}, False, "identity policy"),
    ("10.3 account and identity", "role", {"resource": naming({"AWS": HOME}), "identity": YES}, True, None),
    (
        "10.3 account, boundary silent",
        "role",
        {"resource": naming({"AWS": HOME}), "identity": YES, "boundary": NO},
        False,
        "permissions boundary",
    ),
    ("10.2 strongest wins", "role", {"resource": naming({"AWS": [HOME, SESSION]}), "boundary": NO}, True, None),
    (
        "10.3 resource allows, SCP silent",
        "user",
        {"resource": naming({"AWS": USER}), "scps": (NO,)},
        False,
        "service control policy",
    ),
    (
        "10.1 resource denies",
        "user",
        {"identity": YES, "resource": (document(policy(DENY | {"Principal": "*"}), Kind.RESOURCE),)},
        False,
        "resource policy",
    ),
    ("10.2 service named", "service", {"resource": naming({"Service": "cloudfront.amazonaws.com"})}, True, None),
    ("10.2 service not named", "service", {"resource": naming({"AWS": HOME})}, False, "resource policy"),
    ("15 #9 service by star", "service", {"resource": naming("*")}, True, None),
    ("10.5 SCP not for services", "service", {"resource": naming("*"), "scps": (NEVER,)}, True, None),
    ("10.2 anonymous by star", "anonymous", {"resource": naming("*")}, True, None),
    ("10.2 anonymous by account", "anonymous", {"resource": naming({"AWS": HOME})}, False, "resource policy"),
    ("10.2 anonymous, no policy", "anonymous", {}, False, "resource policy"),
    ("11 resource must allow", "role", {"identity": YES, "resource_must_allow": True}, False, "resource policy"),
    (
        "11 KMS account statement",
        "role",
        {"identity": YES, "resource": naming({"AWS": ROOT}), "resource_must_allow": True},
        True,
        None,
    ),
    (
        "11 account alone delegates",
        "role",
        {"resource": naming({"AWS": ROOT}), "resource_must_allow": True},
        False,
        "identity policy",
    ),
    (
        "11 role trust names the role",
        "role",
        {"resource": naming({"AWS": ROLE}), "resource_must_allow": True},
        True,
        None,
    ),
    (
        "10.1 endpoint policy silent",
        "user",
        {"identity": YES, "endpoint": naming({"AWS": AWAY})},
        False,
        "endpoint policy",
    ),
    ("10.1 endpoint policy allows", "user", {"identity": YES, "endpoint": naming("*")}, True, None),
]
RCP_DENY = (document(policy(DENY | {"Principal": "*"}), Kind.RCP),)
RCP_FULL = (document(policy(ALLOW | {"Principal": "*"}), Kind.RCP),)
RCP_GUARDED = (
    document(
        policy(DENY | {"Principal": "*", "Condition": {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}),
        Kind.RCP,
    ),
)
SAME += [
    ("10.5 RCP denies", "user", {"identity": YES, "rcps": (RCP_FULL, RCP_DENY)}, False, "resource control policy"),
    ("10.5 RCP full", "user", {"identity": YES, "rcps": (RCP_FULL,)}, True, None),
    ("10.5 RCP never grants", "user", {"rcps": (RCP_FULL,)}, False, "identity policy"),
    (
        "10.5 RCP for services",
        "service",
        {"resource": naming("*"), "rcps": (RCP_DENY,)},
        False,
        "resource control policy",
    ),
    ("10.5 RCP guarded", "service", {"resource": naming("*"), "rcps": (RCP_GUARDED,)}, True, None),
    ("10.5 RCP guarded", "user", {"identity": YES, "rcps": (RCP_GUARDED,)}, False, "resource control policy"),
    ("10.5 RCP not for linked roles", "linked", {"identity": YES, "rcps": (RCP_DENY,)}, True, None),
    (
        "10.5 RCP for anonymous",
        "anonymous",
        {"resource": naming("*"), "rcps": (RCP_DENY,)},
        False,
        "resource control policy",
    ),
]

# fact, caller, policies, allowed, the gate that refuses; the resource is in the other account
ACROSS: list[tuple[str, str, dict[str, Any], bool, str | None]] = [
    ("10.4 both", "role", {"identity": YES, "resource": naming({"AWS": ROLE})}, True, None),
    ("10.4 identity alone", "role", {"identity": YES}, False, "resource policy"),
    ("10.4 resource alone", "role", {"resource": naming({"AWS": ROLE})}, False, "identity policy"),
    ("10.4 star alone", "role", {"resource": naming("*")}, False, "identity policy"),
    ("10.4 session ARN alone", "role", {"resource": naming({"AWS": SESSION})}, False, "identity policy"),
    ("10.4 account and identity", "role", {"identity": YES, "resource": naming({"AWS": HOME})}, True, None),
    ("10.4 star and identity", "user", {"identity": YES, "resource": naming("*")}, True, None),
    (
        "10.4 no bypass of boundary",
        "role",
        {"identity": YES, "resource": naming({"AWS": SESSION}), "boundary": NO},
        False,
        "permissions boundary",
    ),
    (
        "10.4 no bypass of session",
        "role",
        {"identity": YES, "resource": naming({"AWS": SESSION}), "session": NO},
        False,
        "session policy",
    ),
    (
        "10.4 SCP",
        "role",
        {"identity": YES, "resource": naming({"AWS": ROLE}), "scps": (NO,)},
        False,
        "service control policy",
    ),
    (
        "10.4 identity denies",
        "role",
        {"identity": YES + NEVER, "resource": naming({"AWS": ROLE})},
        False,
        "identity policy",
    ),
    (
        "10.4 RCP",
        "role",
        {"identity": YES, "resource": naming({"AWS": ROLE}), "rcps": (RCP_DENY,)},
        False,
        "resource control policy",
    ),
    ("10.4 root", "root", {"resource": naming({"AWS": HOME})}, True, None),
    ("10.2 anonymous", "anonymous", {"resource": naming("*")}, True, None),
    ("10.2 service", "service", {"resource": naming({"Service": "cloudfront.amazonaws.com"})}, True, None),
    (
        "10.4 not the caller's account",
        "role",
        {"identity": YES, "resource": naming({"AWS": AWAY})},
        False,
        "resource policy",
    ),
]
ROWS = [(*row, HOME) for row in SAME] + [(*row, AWAY) for row in ACROSS]


@pytest.mark.parametrize(
    ("fact", "caller", "policies", "allowed", "gate", "owner"), ROWS, ids=[f"{r[0]} {r[1]} {r[5][:1]}" for r in ROWS]
)
def test_flow(fact: str, caller: str, policies: dict[str, Any], allowed: bool, gate: str | None, owner: str) -> None:
    held = Policies(owner=owner, **policies)
    asked = ask(caller=CALLERS[caller])
    outcome = explain_request(held, asked)
    assert decide_request(held, asked) == ("allow" if allowed else "deny")
    assert outcome.decision == ("allow" if allowed else "deny")
    if allowed:  # the root user needs no policy of its own
        deciding = next(item for item in outcome.gates if item.name == outcome.deciding)
        assert deciding.verdict is Verdict.ALLOW or caller == "root"
    else:
        assert outcome.deciding == gate
    assert bool(outcome.error) is not allowed


def test_10_2_owner_from_the_arn_or_the_context() -> None:
    held = Policies(identity=YES)
    queue = f"arn:aws:sqs:us-east-1:{AWAY}:q"
    assert decide_request(held, ask(resource=queue)) == "deny"
    assert decide_request(held, ask(resource=queue.replace(AWAY, HOME))) == "allow"
    assert decide_request(held, ask({"aws:ResourceAccount": AWAY})) == "deny"
    assert decide_request(held, ask()) == "allow"
    assert "taken as the caller's own" in explain_request(held, ask()).notes[0]


def test_15_10_switch_limits_a_plain_star() -> None:
    switches = Switches(star_bypasses_boundary="limited")
    plain = (document(policy(ALLOW | {"Principal": "*"}), Kind.RESOURCE, switches),)
    narrowed = (document(policy(ALLOW | {"Principal": "*"} | NARROWED), Kind.RESOURCE, switches),)
    for resource, expected in ((plain, "deny"), (narrowed, "allow")):
        held = Policies(resource=resource, boundary=NO, owner=HOME)
        assert decide_request(held, ask(caller=role())) == expected
        assert explain_request(held, ask(caller=role())).decision == expected
    default = Policies(resource=naming("*"), boundary=NO, owner=HOME)
    notes = explain_request(default, ask(caller=role())).notes
    assert "switch `star-bypasses-boundary` decided this" in notes


def test_unknown_keys_leave_the_flow_undecided_only_where_they_matter() -> None:
    tagged = one(ALLOW | {"Condition": {"StringEquals": {"aws:PrincipalTag/x": "a"}}})
    asked = ask(unknown=("aws:PrincipalTag/*",))
    open_one = explain_request(Policies(identity=tagged, owner=HOME), asked)
    assert (open_one.decision, open_one.missing) == ("undecided", ("aws:PrincipalTag/x",))
    assert explain_request(Policies(identity=tagged + YES, owner=HOME), asked).decision == "allow"
    assert explain_request(Policies(identity=tagged, boundary=NO, owner=HOME), asked).decision == "deny"
    assert decide_request(Policies(identity=tagged, owner=HOME), asked) == "undecided"


def test_gates_that_were_not_needed_are_shown_as_skipped() -> None:
    outcome = explain_request(Policies(resource=naming({"AWS": USER}), owner=HOME), ask())
    assert {gate.kind: gate.verdict for gate in outcome.gates} == {
        "resource": Verdict.ALLOW,
        "identity": Verdict.SKIPPED,
    }


def test_nearest_prefers_the_statement_of_the_right_action() -> None:
    from policyc.engines.iam import explain

    wrong_place = {"Sid": "place", "Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:::x"}
    wrong_tag = ALLOW | {"Sid": "tag", "Condition": {"StringEquals": {"aws:PrincipalTag/x": "a", "t:k": "b"}}}
    trace = explain(document(policy(wrong_place, wrong_tag)), ask())
    assert trace.nearest is not None
    assert trace.nearest.label == "tag"
    assert [reason.subject for reason in trace.nearest.misses] == ["aws:PrincipalTag/x", "t:k"]
    assert trace.nearest.misses[0].sentence().startswith("aws:PrincipalTag/x is absent")
    assert trace.summary.endswith("nearest is `tag`")


def test_10_5_a_resource_control_policy_that_may_deny_is_shown_as_undecided() -> None:
    narrowed = DENY | {"Principal": "*", "Condition": {"StringEquals": {"t:k": "a"}}}
    held = Policies(identity=YES, rcps=((document(policy(narrowed), Kind.RCP),),), owner=HOME)
    outcome = explain_request(held, ask(unknown=("t:k",)))
    assert (outcome.decision, outcome.missing) == ("undecided", ("t:k",))
    assert {gate.kind: gate.verdict for gate in outcome.gates}["rcp"] is Verdict.UNDECIDED
    assert explain_request(held, ask({"t:k": "b"})).decision == "allow"
