"""Principals, actions, resources and the keys derived from callers, row by row from the evaluation reference."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import (
    Caller,
    Kind,
    Policies,
    Request,
    Switches,
    Unknown,
    anonymous,
    caller_from_arn,
    compile_document,
    decide_request,
    explain_request,
    identity_provider,
    service,
)
from policyc.engines.trace import Decision, Verdict
from policyc.syntax.json_text import from_plain
from policyc.text import Span
from tests.conformance.iam_cases import (
    AWAY,
    FEDERATED,
    HOME,
    ROLE,
    ROOT,
    SESSION,
    USER,
    allow,
    ask,
    deny,
    document,
    policy,
    role,
    user,
    verdict,
)

WHO: dict[str, Caller] = {
    "root": caller_from_arn(ROOT, canonical_id="79a5"),
    "user": user(canonical_id="79a5", unique_id="AIDAEXAMPLE1234567"),
    "role": role(canonical_id="79a5", unique_id="AROAEXAMPLE1234567"),
    "federated": caller_from_arn(FEDERATED, creator=USER),
    "service": service("cloudfront.amazonaws.com"),
    "anonymous": anonymous(),
    "other account": caller_from_arn(f"arn:aws:iam::{AWAY}:role/app/r"),
    "china": caller_from_arn(f"arn:aws-cn:iam::{HOME}:role/app/r"),
}
SIGNED_HOME = "root user role federated"

# fact, principal, the callers it matches
PRINCIPALS: list[tuple[str, Any, str]] = [
    ("4.1 star", "*", "root user role federated service anonymous other_account china"),
    ("4.1 star is AWS star", {"AWS": "*"}, "root user role federated service anonymous other_account china"),
    ("4.1 account", {"AWS": HOME}, f"{SIGNED_HOME} china"),
    ("4.1 account root ARN", {"AWS": ROOT}, SIGNED_HOME),
    ("4.1 user ARN, 4.2 creator", {"AWS": USER}, "user federated"),
    ("4.1 name is case-sensitive", {"AWS": f"arn:aws:iam::{HOME}:user/U"}, ""),
    ("4.1 role ARN", {"AWS": ROLE}, "role"),
    ("4.1 role ARN with its path", {"AWS": f"arn:aws:iam::{HOME}:role/r"}, ""),
    ("4.1 session ARN without path", {"AWS": SESSION}, "role"),
    ("4.1 other session", {"AWS": f"arn:aws:sts::{HOME}:assumed-role/r/t"}, ""),
    ("4.1 federated user", {"AWS": FEDERATED}, "federated"),
    ("4.1 service", {"Service": "cloudfront.amazonaws.com"}, "service"),
    ("4.1 regional service", {"Service": "cloudfront.us-east-1.amazonaws.com"}, ""),
    ("4.1 canonical", {"CanonicalUser": "79a5"}, "root user role"),
    ("4.1 or", {"AWS": [USER, ROLE]}, "user role federated"),
    ("4.1 or over types", {"AWS": ROLE, "Service": "cloudfront.amazonaws.com"}, "role service"),
    ("4.1 other account", {"AWS": AWAY}, "other_account"),
    ("4.1 stored id of a user", {"AWS": "AIDAEXAMPLE1234567"}, "user"),
    ("4.1 stored id of a role", {"AWS": "AROAEXAMPLE1234567"}, "role"),
    ("4.1 deleted principal", {"AWS": "AROAEXAMPLE7654321"}, ""),
    ("8.5 empty list", {"AWS": []}, ""),
    ("8.5 empty object", {}, ""),
]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("fact", "principal", "matched"), PRINCIPALS, ids=[row[0] for row in PRINCIPALS])
def test_principal(fact: str, principal: Any, matched: str, who: str) -> None:
    expected = who.replace(" ", "_") in matched.split()
    held = document(allow(Principal=principal), Kind.RESOURCE)
    assert (verdict(held, ask(caller=WHO[who])) is Verdict.ALLOW) is expected


SVC = {"Service": "cloudfront.amazonaws.com"}
# fact, NotPrincipal of a deny, the callers it does not deny
EXEMPT: list[tuple[str, Any, str]] = [
    ("4.4 user alone", {"AWS": USER}, ""),
    ("4.4 user and account", {"AWS": [USER, HOME]}, "user root"),
    ("4.4 user and root ARN", {"AWS": [USER, ROOT]}, "user root"),
    ("4.4 role without session", {"AWS": [ROLE, HOME]}, "root"),
    ("4.4 role, session, account", {"AWS": [ROLE, SESSION, HOME]}, "role root"),
    ("4.4 account alone", {"AWS": HOME}, "root"),
    ("4.4 federated", {"AWS": [FEDERATED, USER, HOME]}, "federated user root"),
    ("4.4 service", SVC, "service"),
    ("4.4 everyone", {"AWS": "*"}, "root user role federated service anonymous other_account china"),
]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("fact", "principal", "exempt"), EXEMPT, ids=[row[0] for row in EXEMPT])
def test_not_principal_denies_all_but_fully_listed(fact: str, principal: Any, exempt: str, who: str) -> None:
    expected = who.replace(" ", "_") not in exempt.split()
    held = document(deny(NotPrincipal=principal), Kind.RESOURCE)
    assert (verdict(held, ask(caller=WHO[who])) is Verdict.EXPLICIT_DENY) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(Principal={"AWS": USER}), Verdict.UNDECIDED),
        (allow(Principal={"AWS": ROLE}), Verdict.IMPLICIT_DENY),
        (allow(Principal={"AWS": [USER, FEDERATED]}), Verdict.ALLOW),
        (allow(NotPrincipal={"AWS": [USER]}), Verdict.UNDECIDED),
        (deny(NotPrincipal={"AWS": [FEDERATED, HOME]}), Verdict.UNDECIDED),
        (deny(NotPrincipal={"AWS": [USER, HOME]}), Verdict.EXPLICIT_DENY),
    ],
)
def test_4_1_who_made_a_federated_session_may_not_be_known(statement: Any, expected: Verdict) -> None:
    open_to_all = allow(Principal="*")["Statement"] if statement["Statement"][0]["Effect"] == "Deny" else []
    held = document(policy(*open_to_all, *statement["Statement"]), Kind.RESOURCE)
    assert verdict(held, ask(caller=caller_from_arn(FEDERATED))) is expected


@pytest.mark.parametrize("principal", [{"AWS": [USER, HOME]}, "*"])
def test_4_4_a_boundary_makes_not_principal_deny(principal: Any) -> None:
    from policyc.engines.iam import decide, explain

    held = document(deny(NotPrincipal=principal), Kind.RESOURCE)
    assert decide(held, ask(), bounded=True) is Verdict.EXPLICIT_DENY
    assert explain(held, ask(), bounded=True).verdict is Verdict.EXPLICIT_DENY
    assert decide(held, ask()) is Verdict.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("who", "allowed"), [("user", False), ("role", True), ("anonymous", True), ("other account", True)]
)
def test_4_4_allow_with_not_principal_admits_everyone_else(who: str, allowed: bool) -> None:
    held = document(allow(NotPrincipal={"AWS": USER}), Kind.RESOURCE)
    assert (verdict(held, ask(caller=WHO[who])) is Verdict.ALLOW) is allowed


def test_15_9_star_and_services() -> None:
    held = document(allow(Principal="*"), Kind.RESOURCE, Switches(star_matches_services="no"))
    assert verdict(held, ask(caller=WHO["service"])) is Verdict.IMPLICIT_DENY
    assert verdict(held, ask(caller=WHO["anonymous"])) is Verdict.ALLOW


# fact, caller, key, values
DERIVED: list[tuple[str, str, str, Any]] = [
    ("4.3", "root", "aws:principalarn", (ROOT,)),
    ("4.3", "user", "aws:principalarn", (USER,)),
    ("4.3 role ARN, never the session", "role", "aws:principalarn", (ROLE,)),
    ("4.3", "federated", "aws:principalarn", (FEDERATED,)),
    ("4.3", "anonymous", "aws:principalarn", None),
    ("4.3", "root", "aws:principaltype", ("Account",)),
    ("4.3", "user", "aws:principaltype", ("User",)),
    ("4.3", "role", "aws:principaltype", ("AssumedRole",)),
    ("4.3", "federated", "aws:principaltype", ("FederatedUser",)),
    ("4.3", "anonymous", "aws:principaltype", ("Anonymous",)),
    ("4.3", "anonymous", "aws:principalaccount", ("anonymous",)),
    ("9", "user", "aws:principalaccount", (HOME,)),
    ("9", "other account", "aws:principalaccount", (AWAY,)),
    ("7", "root", "aws:userid", (HOME,)),
    ("7", "user", "aws:userid", ("AIDAEXAMPLE1234567",)),
    ("7", "role", "aws:userid", ("AROAEXAMPLE1234567:s",)),
    ("7", "federated", "aws:userid", (f"{HOME}:f",)),
    ("7", "anonymous", "aws:userid", ("anonymous",)),
    ("7 id not given", "other account", "aws:userid", Unknown.PRESENT),
    ("9", "user", "aws:username", ("u",)),
    ("9", "root", "aws:username", None),
    ("9", "role", "aws:username", None),
    ("9", "federated", "aws:username", None),
    ("9", "anonymous", "aws:username", None),
    ("9", "user", "aws:principalisawsservice", ("false",)),
    ("9", "service", "aws:principalisawsservice", ("true",)),
    ("9", "anonymous", "aws:principalisawsservice", None),
    ("9", "service", "aws:principalservicename", ("cloudfront.amazonaws.com",)),
    ("9", "service", "aws:principalservicenameslist", ("cloudfront.amazonaws.com",)),
    ("9", "role", "aws:principalservicename", None),
    ("9", "user", "aws:principalorgid", None),
    ("9 always", "user", "aws:securetransport", Unknown.PRESENT),
    ("9 always", "anonymous", "aws:currenttime", Unknown.PRESENT),
    ("9", "user", "aws:viaawsservice", ("false",)),
    ("9", "user", "aws:sourceip", None),
    ("9 temporary", "role", "aws:multifactorauthpresent", Unknown.PRESENT),
    ("9 temporary", "user", "aws:multifactorauthpresent", None),
]


@pytest.mark.parametrize(("fact", "who", "key", "expected"), DERIVED, ids=[f"{r[0]} {r[1]} {r[2]}" for r in DERIVED])
def test_derived_keys(fact: str, who: str, key: str, expected: Any) -> None:
    assert ask(caller=WHO[who]).get(key) == expected


def test_organisation_and_tags() -> None:
    asked = ask(caller=role(org_id="o-1", org_paths=("o-1/r-1/ou-1/",), tags={"Team": "a"}))
    assert asked.get("aws:principalorgid") == ("o-1",)
    assert asked.get("aws:principalorgpaths") == ("o-1/r-1/ou-1/",)
    assert asked.get("aws:principaltag/team") == ("a",)


def test_given_context_wins_over_derived_keys() -> None:
    assert ask({"aws:PrincipalAccount": "999900001111"}).get("aws:principalaccount") == ("999900001111",)
    assert ask({"aws:SecureTransport": []}).get("aws:securetransport") is None


@pytest.mark.parametrize(
    ("text", "kind", "partition"),
    [
        (f"arn:aws:iam::{HOME}:root", "root", "aws"),
        (f"arn:aws-us-gov:iam::{HOME}:user/a/b/u", "user", "aws-us-gov"),
        (f"arn:aws-cn:iam::{HOME}:role/a/r", "role session", "aws-cn"),
        (f"arn:aws:sts::{HOME}:assumed-role/r/s", "role session", "aws"),
        (f"arn:aws:sts::{HOME}:federated-user/f", "federated user", "aws"),
    ],
)
def test_callers_from_arns(text: str, kind: str, partition: str) -> None:
    caller = caller_from_arn(text)
    assert (caller.kind, caller.partition, caller.account) == (kind, partition, HOME)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        HOME,
        f"arn:aws:iam::{HOME}:group/g",
        f"arn:aws:iam::{HOME}:role/",
        f"arn:aws:iam:r:{HOME}:role/r",
        f"arn:aws:sts::{HOME}:assumed-role/r",
        "arn:aws:s3:::b",
        "arn:x:iam::1:root",
        "arn:aws:iam:::root",
    ],
)
def test_other_text_is_no_caller(text: str) -> None:
    with pytest.raises(ValueError, match="not the ARN of a caller"):
        caller_from_arn(text)


# fact, element, patterns, [(action, matches)]
ACTIONS: list[tuple[str, str, Any, list[tuple[str, bool]]]] = [
    ("5 case", "Action", "S3:getobject", [("s3:GetObject", True), ("s3:PutObject", False)]),
    ("5 star", "Action", "*", [("s3:GetObject", True), ("ec2:RunInstances", True)]),
    ("5 run", "Action", "s3:Get*", [("s3:GetObject", True), ("s3:GetBucketAcl", True), ("s3:PutObject", False)]),
    ("5 run inside", "Action", "s3:*Object", [("s3:GetObject", True), ("s3:GetObjectAcl", False)]),
    ("5 one", "Action", "s3:?etObject", [("s3:GetObject", True), ("s3:etObject", False)]),
    ("5 prefix is whole", "Action", "s3:*", [("s3-object-lambda:GetObject", False), ("s3:x", True)]),
    ("5 list", "Action", ["s3:Get*", "ec2:*"], [("ec2:RunInstances", True), ("iam:GetUser", False)]),
    ("5 not", "NotAction", ["s3:*", "iam:*"], [("s3:GetObject", False), ("ec2:RunInstances", True)]),
    ("5 not star", "NotAction", "*", [("s3:GetObject", False)]),
    ("8.5 empty", "Action", [], [("s3:GetObject", False)]),
    ("8.5 empty not", "NotAction", [], [("s3:GetObject", False)]),
]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    ("element", "patterns", "action", "expected"),
    [pytest.param(e, p, a, x, id=f"{f} {a}") for f, e, p, cases in ACTIONS for a, x in cases],
)
def test_action(effect: str, element: str, patterns: Any, action: str, expected: bool) -> None:
    held = document(policy({"Effect": effect, element: patterns, "Resource": "*"}))
    found = verdict(held, ask(action=action, resource="*"))
    hit = Verdict.ALLOW if effect == "Allow" else Verdict.EXPLICIT_DENY
    assert found is (hit if expected else Verdict.IMPLICIT_DENY)


LATTICE = f"arn:aws:vpc-lattice:us-east-1:{HOME}:service/svc-1"
# fact, element, patterns, kind, [(resource, matches)]
RESOURCES: list[tuple[str, str, Any, Kind, list[tuple[str, bool]]]] = [
    (
        "6 any run",
        "Resource",
        "arn:aws:s3:::b/*",
        Kind.IDENTITY,
        [
            ("arn:aws:s3:::b/k", True),
            ("arn:aws:s3:::b/a/b", True),
            ("arn:aws:s3:::b", False),
            ("arn:aws:s3:::bb/k", False),
        ],
    ),
    (
        "6 one",
        "Resource",
        "arn:aws:s3:::b?",
        Kind.IDENTITY,
        [("arn:aws:s3:::b1", True), ("arn:aws:s3:::b", False), ("arn:aws:s3:::b12", False)],
    ),
    ("6 case", "Resource", "arn:aws:s3:::B", Kind.IDENTITY, [("arn:aws:s3:::b", False)]),
    ("6 star", "Resource", "*", Kind.IDENTITY, [("arn:aws:s3:::b", True), ("*", True)]),
    ("6 action without resource", "Resource", "arn:aws:s3:::*", Kind.IDENTITY, [("*", False)]),
    ("6 action without resource", "Resource", "**", Kind.IDENTITY, [("*", True)]),
    ("6 action without resource", "NotResource", "arn:aws:s3:::b", Kind.IDENTITY, [("*", True)]),
    ("6 empty fields", "Resource", "arn:aws:s3:::b", Kind.IDENTITY, [("arn:aws:s3:us-east-1::b", False)]),
    (
        "6 last field free",
        "Resource",
        "arn:aws:logs:*:*:log-group:*",
        Kind.IDENTITY,
        [("arn:aws:logs:r:1:log-group:g:log-stream:s", True)],
    ),
    (
        "6 not",
        "NotResource",
        "arn:aws:s3:::b/*",
        Kind.IDENTITY,
        [("arn:aws:s3:::b/k", False), ("arn:aws:s3:::c/k", True)],
    ),
    (
        "6 list",
        "Resource",
        ["arn:aws:s3:::a", "arn:aws:s3:::b*"],
        Kind.IDENTITY,
        [("arn:aws:s3:::bc", True), ("arn:aws:s3:::c", False)],
    ),
    ("8.5 empty", "Resource", [], Kind.IDENTITY, [("arn:aws:s3:::b", False)]),
    ("8.5 empty", "NotResource", [], Kind.IDENTITY, [("arn:aws:s3:::b", False)]),
    ("1 padded", "Resource", "arn:aws:sqs", Kind.IDENTITY, [("arn:aws:sqs:r:1:q", True), ("arn:aws:s3:::b", False)]),
    (
        "1 padded",
        "Resource",
        "arn:aws:sqs:eu-west-1",
        Kind.BOUNDARY,
        [("arn:aws:sqs:eu-west-1:1:q", True), ("arn:aws:sqs:r:1:q", False)],
    ),
    (
        "6 variable",
        "Resource",
        "arn:aws:s3:::h/${aws:username}/*",
        Kind.IDENTITY,
        [("arn:aws:s3:::h/u/k", True), ("arn:aws:s3:::h/v/k", False)],
    ),
    (
        "7 variable without value",
        "Resource",
        "arn:aws:s3:::h/${aws:PrincipalTag/none}",
        Kind.IDENTITY,
        [("arn:aws:s3:::h/", False)],
    ),
    (
        "6 variable without value",
        "NotResource",
        "arn:aws:s3:::h/${aws:PrincipalTag/none}",
        Kind.IDENTITY,
        [("arn:aws:s3:::h/", True)],
    ),
    ("7 default", "Resource", "arn:aws:s3:::h/${t:k, 'x'}", Kind.IDENTITY, [("arn:aws:s3:::h/x", True)]),
    (
        "7 literal star",
        "Resource",
        "arn:aws:s3:::h/${*}",
        Kind.IDENTITY,
        [("arn:aws:s3:::h/*", True), ("arn:aws:s3:::h/x", False)],
    ),
    (
        "lattice 2",
        "Resource",
        f"{LATTICE}/*",
        Kind.RESOURCE,
        [(f"{LATTICE}/", True), (f"{LATTICE}/a/b", True), (LATTICE, False)],
    ),
    (
        "lattice 2",
        "Resource",
        "*/rates",
        Kind.RESOURCE,
        [(f"{LATTICE}/rates", True), (f"{LATTICE}/a/rates", True), (f"{LATTICE}/rates/x", False)],
    ),
    ("lattice 2", "Resource", "*/*", Kind.RESOURCE, [(f"{LATTICE}/x", True), (LATTICE, True)]),
    (
        "lattice 2",
        "Resource",
        f"{LATTICE}/api/*",
        Kind.RESOURCE,
        [(f"{LATTICE}/api", False), (f"{LATTICE}/api/", True)],
    ),
    (
        "lattice 2",
        "Resource",
        f"arn:aws:vpc-lattice:*:{HOME}:service/*/pay",
        Kind.RESOURCE,
        [(f"{LATTICE}/pay", True), (f"{LATTICE}/x/pay", True)],
    ),
]


@pytest.mark.parametrize(
    ("element", "patterns", "kind", "resource", "expected"),
    [pytest.param(e, p, k, r, x, id=f"{f} {p} {r}") for f, e, p, k, cases in RESOURCES for r, x in cases],
)
def test_resource(element: str, patterns: Any, kind: Kind, resource: str, expected: bool) -> None:
    principal = {"Principal": "*"} if kind is Kind.RESOURCE else {}
    held = document(policy({"Effect": "Allow", "Action": "*", element: patterns, **principal}), kind)
    assert (verdict(held, ask(resource=resource)) is Verdict.ALLOW) is expected


APART = "arn:aws:s3:*:1:b"


@pytest.mark.parametrize(
    ("choice", "effect", "element", "expected"),
    [
        ("strict", "Allow", "Resource", "implicit deny"),
        ("strict", "Deny", "Resource", "explicit deny"),
        ("strict", "Allow", "NotResource", "implicit deny"),
        ("strict", "Deny", "NotResource", "explicit deny"),
        ("whole", "Allow", "Resource", "allow"),
        ("whole", "Deny", "NotResource", "implicit deny"),
        ("segments", "Allow", "Resource", "implicit deny"),
        ("segments", "Allow", "NotResource", "allow"),
        ("undecided", "Allow", "Resource", "undecided"),
        ("undecided", "Allow", "NotResource", "undecided"),
    ],
)
def test_15_2_star_across_a_colon(choice: str, effect: str, element: str, expected: str) -> None:
    """`*` in the region field, where the resource would only match by running over the next colon."""
    statement = {"Effect": effect, "Action": "*", element: APART}
    held = document(policy(statement), switches=Switches(resource_star_colon=choice))
    asked = ask(resource="arn:aws:s3:r:2:1:b")
    assert verdict(held, asked) == expected


def test_15_2_is_reported_when_it_decides() -> None:
    from policyc.engines.iam import explain

    held = document(policy({"Effect": "Allow", "Action": "*", "Resource": APART}))
    assert explain(held, ask(resource="arn:aws:s3:r:2:1:b")).switches == ("resource-star-colon",)
    assert explain(held, ask(resource="arn:aws:s3:r:1:b")).switches == ()


SAML = "arn:aws:iam::111122223333:saml-provider/corp"


@pytest.mark.parametrize(
    ("principal", "who", "allowed"),
    [
        ({"Federated": SAML}, SAML, True),
        ({"Federated": SAML}, "arn:aws:iam::111122223333:saml-provider/other", False),
        ({"Federated": "cognito-identity.amazonaws.com"}, "cognito-identity.amazonaws.com", True),
        ({"Federated": ["cognito-identity.amazonaws.com", SAML]}, SAML, True),
        ({"AWS": "111122223333"}, SAML, False),
        ("*", SAML, True),
    ],
)
def test_4_1_identity_providers_in_role_trust_policies(principal: Any, who: str, allowed: bool) -> None:
    """Only the trust policy decides: the user has no account and no policies yet."""
    plain = policy({"Effect": "Allow", "Action": "sts:AssumeRoleWith*", "Principal": principal})
    trust = compile_document(from_plain(plain, Span("p.json", 0, 0)), Kind.TRUST, Diagnostics())
    assert trust is not None
    role = "arn:aws:iam::111122223333:role/app"
    asked = Request.of("sts:AssumeRoleWithSAML", role, identity_provider(who))
    wanted = Decision.ALLOW if allowed else Decision.DENY
    policies = Policies(resource=(trust,), resource_must_allow=True)
    assert decide_request(policies, asked) is wanted
    assert explain_request(policies, asked).decision is wanted


def test_9_an_identity_provider_is_the_federated_provider() -> None:
    keys = identity_provider(SAML).keys()
    assert keys["aws:federatedprovider"] == (SAML,)
    assert keys["aws:principalarn"] is Unknown.ANY
    with pytest.raises(ValueError, match="needs a name"):
        identity_provider("")
