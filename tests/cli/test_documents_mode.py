"""Raw JSON documents without any policy file: `check` and `simulate`, with places in the JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text
from policyc.lint.registry import RULES

HOME, AWAY = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"
NETWORK = f"arn:aws:vpc-lattice:us-west-2:{HOME}:servicenetwork/sn-0123456789abcdef0"
OLAP = f"arn:aws:s3-object-lambda:us-west-2:{HOME}:accesspoint/resized"
POINT = f"arn:aws:s3:us-west-2:{HOME}:accesspoint/photos"
BUCKET = "arn:aws:s3:::acme-photos"
FUNCTION = f"arn:aws:lambda:us-west-2:{HOME}:function:resize:1"
KEY = f"arn:aws:kms:us-west-2:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*argv: str) -> Ran:
        status = main(argv)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


def allow(action: Any, resource: Any = "*", principal: Any = None, condition: Any = None, effect: str = "Allow") -> Any:
    made = {"Effect": effect, "Action": action, "Resource": resource}
    made |= {"Principal": principal} if principal is not None else {}
    return made | ({"Condition": condition} if condition else {})


def save(name: str, *statements: Any) -> str:
    Path(name).write_text(
        json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1), encoding="utf-8"
    )
    return name


# --- check ------------------------------------------------------------------------------------------------------

INVOKE = "vpc-lattice-svcs:Invoke"
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
# what is wrong, kind, statements, rules in order of place
FINDINGS: list[tuple[str, str, list[Any], list[str]]] = [
    ("clean", "auth-policy", [allow(INVOKE, f"{SERVICE}/*", {"AWS": ROLE})], []),
    ("org", "auth-policy", [allow(INVOKE, "*", "*", ORG)], []),
    ("Lattice 9 #19", "auth-policy", [allow(INVOKE, "*", "*")], ["open-to-anonymous"]),
    (
        "Lattice 9 #20",
        "auth-policy",
        [allow(INVOKE, "*", "*", {"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d4e5f67890"}})],
        ["network-origin-only"],
    ),
    (
        "Lattice 9 #21",
        "auth-policy",
        [allow(INVOKE, "*", "*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})],
        ["negated-test-admits-anonymous"],
    ),
    (
        "a tag is signed only",
        "auth-policy",
        [allow(INVOKE, "*", "*", {"StringEquals": {"aws:PrincipalTag/team": "a"}})],
        [],
    ),
    (
        "excluded",
        "auth-policy",
        [allow(INVOKE, "*", "*", {"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}})],
        [],
    ),
    (
        "Lattice 9 #23",
        "auth-policy",
        [allow(INVOKE, "*", "*", {"StringNotEquals": {"aws:PrincipalType": "anonymous"}})],
        ["value-never-matches"],
    ),
    (
        "denied elsewhere",
        "auth-policy",
        [allow(INVOKE, "*", "*"), allow("*", "*", "*", {"StringEquals": {"aws:PrincipalType": "Anonymous"}}, "Deny")],
        [],
    ),
    ("Lattice 9 #11", "auth-policy", [allow(INVOKE, SERVICE, {"AWS": ROLE})], ["bare-service-arn"]),
    (
        "Lattice 9 #12",
        "auth-policy",
        [allow("vpc-lattice-svcs:Connect", f"{SERVICE}/*", {"AWS": ROLE})],
        ["path-on-connection"],
    ),
    ("Lattice 9 #14", "auth-policy", [allow(INVOKE, NETWORK, {"AWS": ROLE})], ["network-as-resource"]),
    ("Lattice 9 #17", "auth-policy", [allow(INVOKE, f"{SERVICE}/a?b=c", {"AWS": ROLE})], ["query-in-resource"]),
    (
        "Lattice 9 #9",
        "auth-policy",
        [allow("vpc-lattice:GetService", "*", {"AWS": ROLE})],
        ["unsupported-action-in-policy"],
    ),
    ("unknown action", "auth-policy", [allow("vpc-lattice-svcs:Invok", "*", {"AWS": ROLE})], ["invalid-action"]),
    ("a pattern with no hit", "auth-policy", [allow("vpc-lattice-svcs:Get*", "*", {"AWS": ROLE})], ["invalid-action"]),
    ("a pattern with a hit", "auth-policy", [allow("vpc-lattice-svcs:*", "*", {"AWS": ROLE})], []),
    (
        "unknown service key",
        "auth-policy",
        [allow(INVOKE, "*", {"AWS": ROLE}, {"StringEquals": {"vpc-lattice-svcs:RequestMetod": "GET"}})],
        ["invalid-service-condition-key"],
    ),
    (
        "unknown global key",
        "identity",
        [allow("s3:GetObject", "*", None, {"StringEquals": {"aws:PrincipalOrgId2": "o"}})],
        ["invalid-global-condition-key"],
    ),
    (
        "15 #13",
        "auth-policy",
        [allow(INVOKE, "*", {"AWS": ROLE}, {"StringEquals": {"vpc-lattice-svcs:requestMethod": "GET"}})],
        ["condition-key-case"],
    ),
    (
        "Lattice 9 #29",
        "auth-policy",
        [allow(INVOKE, "*", {"AWS": ROLE}, {"StringEquals": {"vpc-lattice-svcs:RequestHeader/X-Team": "a"}})],
        ["header-name-case"],
    ),
    (
        "no wildcard in principals",
        "auth-policy",
        [allow(INVOKE, "*", {"AWS": f"arn:aws:iam::{HOME}:role/*"})],
        ["unsupported-wildcard-in-principal"],
    ),
    ("OLAP 12 #1", "object-lambda", [allow("s3:GetObject", OLAP, {"AWS": ROLE})], ["unsupported-action-in-policy"]),
    (
        "OLAP 12 #2",
        "object-lambda",
        [allow("s3-object-lambda:GetObject", BUCKET, {"AWS": ROLE})],
        ["unsupported-resource-arn-in-policy"],
    ),
    (
        "OLAP 12 #4",
        "object-lambda",
        [allow("s3-object-lambda:GetObject", f"{OLAP}/*", {"AWS": ROLE})],
        ["path-behind-object-lambda"],
    ),
    (
        "OLAP 12 #13",
        "object-lambda",
        [
            allow(
                "s3-object-lambda:GetObject",
                OLAP,
                {"AWS": ROLE},
                {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}},
            )
        ],
        ["key-absent-at-first-hop"],
    ),
    (
        "OLAP 12 #14",
        "object-lambda",
        [allow("s3-object-lambda:ListBucket", OLAP, {"AWS": ROLE}, {"StringLike": {"s3:prefix": "a*"}})],
        ["key-absent-at-first-hop"],
    ),
    (
        "OLAP 12 #17",
        "function",
        [allow("lambda:InvokeFunction", FUNCTION, {"Service": "s3-object-lambda.amazonaws.com"})],
        ["never-calls-the-function"],
    ),
    (
        "OLAP 12 #18",
        "function",
        [allow("lambda:InvokeFunction", FUNCTION, {"Service": "cloudfront.amazonaws.com"})],
        ["any-distribution-invokes"],
    ),
    (
        "with its source",
        "object-lambda",
        [
            allow(
                "s3-object-lambda:Get*",
                OLAP,
                {"Service": "cloudfront.amazonaws.com"},
                {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1"}},
            )
        ],
        [],
    ),
]


@pytest.mark.parametrize(
    ("fact", "kind", "statements", "rules"), FINDINGS, ids=[f"{row[0]} {at}" for at, row in enumerate(FINDINGS)]
)
def test_check_of_one_document(run: Run, fact: str, kind: str, statements: list[Any], rules: list[str]) -> None:
    ran = run("check", save("p.json", *statements), "--as", kind, "--format", "json")
    findings = json.loads(ran.out)["findings"]
    assert [item["rule"] for item in findings] == rules
    assert ran.status == (1 if any(item["severity"] != "info" for item in findings) else 0)
    catalogue = json.loads(read_text("schemas/errors/documents.json")) | json.loads(
        read_text("schemas/errors/iam.json")
    )
    text = Path("p.json").read_text(encoding="utf-8")
    for item in findings:
        place = item["location"]
        assert item["rule"] in {*catalogue, *RULES} and item["help"]
        assert place["file"] == "p.json" and text[slice(*place["offsets"])].strip()


def test_findings_point_into_the_json(run: Run) -> None:
    ran = run("check", save("p.json", allow("vpc-lattice-svcs:Invok", "*", {"AWS": ROLE})), "--format", "concise")
    assert ran.out.startswith("p.json:6:14: error[invalid-action]: ")
    human = run("check", "p.json").out
    assert "did you mean `vpc-lattice-svcs:Invoke`?" in human and "^^^^" in human


@pytest.mark.parametrize(
    ("kind", "statement", "rule"),
    [
        ("", allow("vpc-lattice-svcs:Invoke", "*", "*"), "open-to-anonymous"),
        ("", allow("s3-object-lambda:GetObject", f"{OLAP}/*", {"AWS": ROLE}), "path-behind-object-lambda"),
        (
            "",
            allow("lambda:InvokeFunction", "*", {"Service": "s3-object-lambda.amazonaws.com"}),
            "never-calls-the-function",
        ),
        ("identity", allow("s3:GetObject", "*", "*"), "unsupported-principal"),
        ("trust", allow("sts:AssumeRole", "*", {"AWS": HOME}), "role-trust-policy-syntax-error-resource"),
        ("rcp", allow("s3:GetObject", "*", {"AWS": HOME}, None, "Deny"), "rcp-syntax-error-principal"),
        ("session", allow("s3:GetObject", "arn:aws:s3"), "missing-arn-field"),
        ("scp", allow("s3:Get*Object"), "scp-syntax-error-action-wildcard"),
    ],
)
def test_the_kind_is_told_or_guessed(run: Run, kind: str, statement: Any, rule: str) -> None:
    told = ["--as", kind] if kind else []
    ran = run("check", save("p.json", statement), "--format", "json", *told)
    assert [item["rule"] for item in json.loads(ran.out)["findings"]] == [rule]


def test_sizes_count_as_the_service_counts(run: Run) -> None:
    many = [allow("s3:GetObject", [f"arn:aws:s3:::bucket-{number}/*" for number in range(80)])] * 5
    assert len(json.dumps(many)) > 10240 > 6144 > len(json.dumps(many[:1]))
    ran = run("check", save("p.json", *many), "--format", "json")
    errors = [item["rule"] for item in json.loads(ran.out)["findings"] if item["severity"] == "error"]
    assert errors == ["policy-size-exceeds-quota"]
    # white space does not count towards an identity policy, and does towards an auth policy unless the switch says no
    Path("wide.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": many[:1]}, indent=80), encoding="utf-8"
    )
    assert len(Path("wide.json").read_text(encoding="utf-8")) > 6144
    assert run("check", "wide.json").status == 0
    wide = {"Version": "2012-10-17", "Statement": [allow(INVOKE, [f"{SERVICE}/{n}" for n in range(60)], {"AWS": ROLE})]}
    Path("wide.json").write_text(json.dumps(wide, indent=100), encoding="utf-8")
    assert "policy-size-exceeds-quota" in run("check", "wide.json").out
    Path("policyc.toml").write_text('[switches]\nsize-whitespace = "ignored"\n', encoding="utf-8")
    assert run("check", "wide.json").status == 0


def test_other_json(run: Run) -> None:
    Path("net.json").write_text('{"version": "2021.12", "core-network-configuration": {}}', encoding="utf-8")
    ran = run("check", "net.json", "--format", "json")
    assert ran.status == 1 and all(item["rule"].startswith("network") for item in json.loads(ran.out)["findings"])
    Path("other.json").write_text('{"a": 1}', encoding="utf-8")
    assert "unknown-document" in run("check", "other.json").out
    Path("broken.json").write_text('{"Statement": [,]}', encoding="utf-8")
    assert "broken.json:1:16" in run("check", "broken.json", "--format", "concise").out
    assert run("check", "--as", "bucket").status == 2
    assert "did you mean `bucket`?" in run("check", "--as", "buckt", "p.json").err


# --- simulate: IAM ----------------------------------------------------------------------------------------------

READ = ("--action", "s3:GetObject", "--resource-arn", f"{BUCKET}/cats/1.jpg", "--resource-account", HOME)
GET = allow("s3:GetObject", f"{BUCKET}/*")
TO_ROLE = allow("s3:GetObject", f"{BUCKET}/*", {"AWS": ROLE})
NO = allow("s3:*", "*", None, None, "Deny")
ALL = allow("*")
# fact, documents by role, caller, extra flags, status
IAM: list[tuple[str, dict[str, list[Any]], str, tuple[str, ...], int]] = [
    ("10.1 default deny", {}, ROLE, (), 10),
    ("10.1 identity", {"identity": [GET]}, ROLE, (), 0),
    ("10.3 resource alone", {"bucket-policy": [TO_ROLE]}, ROLE, (), 0),
    ("10.3 account delegates", {"bucket-policy": [allow("s3:*", "*", {"AWS": HOME})]}, ROLE, (), 10),
    (
        "10.4 across accounts",
        {"bucket-policy": [allow("s3:*", "*", {"AWS": AWAY})]},
        f"arn:aws:iam::{AWAY}:role/app",
        (),
        10,
    ),
    (
        "10.4 both sides",
        {"bucket-policy": [allow("s3:*", "*", {"AWS": AWAY})], "identity": [GET]},
        f"arn:aws:iam::{AWAY}:role/app",
        (),
        0,
    ),
    ("10.1 boundary", {"identity": [GET], "boundary": [allow("ec2:*")]}, ROLE, (), 10),
    ("10.1 session", {"identity": [GET], "session": [allow("ec2:*")]}, ROLE, (), 10),
    ("10.1 SCP", {"identity": [GET], "scp": [ALL, NO]}, ROLE, (), 10),
    ("10.5 SCP allows", {"identity": [GET], "scp": [ALL]}, ROLE, (), 0),
    ("10.5 RCP", {"identity": [GET], "rcp": [allow("s3:*", "*", "*", None, "Deny")]}, ROLE, (), 10),
    ("10.1 explicit deny", {"identity": [GET, NO]}, ROLE, (), 10),
    ("10.2 anonymous", {"bucket-policy": [allow("s3:GetObject", "*", "*")]}, "anonymous", (), 0),
    (
        "10.2 service",
        {"bucket-policy": [allow("s3:GetObject", "*", {"Service": "cloudfront.amazonaws.com"})]},
        "cloudfront.amazonaws.com",
        (),
        0,
    ),
    (
        "8.3 stated key",
        {"identity": [allow("s3:GetObject", "*", None, ORG)]},
        ROLE,
        ("--set", "aws:PrincipalOrgID=o-a1b2c3d4e5"),
        0,
    ),
    ("8.3 absent key", {"identity": [allow("s3:GetObject", "*", None, ORG)]}, ROLE, (), 10),
    (
        "unknown key",
        {"identity": [allow("s3:GetObject", "*", None, ORG)]},
        ROLE,
        ("--unknown", "aws:PrincipalOrgID"),
        11,
    ),
    (
        "8.3 stated absent",
        {"identity": [allow("s3:GetObject", "*", None, {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})]},
        ROLE,
        ("--absent", "aws:SourceVpce"),
        0,
    ),
    (
        "many values",
        {"identity": [allow("s3:GetObject", "*", None, {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})]},
        ROLE,
        ("--set", "aws:TagKeys=a", "--set", "aws:TagKeys=c"),
        10,
    ),
]


def asked(documents: dict[str, list[Any]]) -> list[str]:
    return [
        word
        for role, statements in documents.items()
        for at, group in enumerate(
            [[item] for item in statements] if role == "scp" and len(statements) > 1 else [statements]
        )
        for word in (f"--{role}", save(f"{role}{at}.json", *group))
    ]


@pytest.mark.parametrize(("fact", "documents", "who", "extra", "status"), IAM, ids=[row[0] for row in IAM])
def test_iam(
    run: Run, fact: str, documents: dict[str, list[Any]], who: str, extra: tuple[str, ...], status: int
) -> None:
    ran = run("simulate", *asked(documents), *READ, "--who", who, *extra, "--format", "json")
    assert ran.status == status, ran.out + ran.err
    data = json.loads(ran.out)
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    for gate in data["gates"]:
        for statement in gate["statements"]:
            assert statement["location"]["file"].endswith(".json") and statement["location"]["start"]["line"] >= 1


def test_trust_policies_and_identity_providers(run: Run) -> None:
    saml = f"arn:aws:iam::{HOME}:saml-provider/corp"
    trust = {"Effect": "Allow", "Principal": {"Federated": saml}, "Action": "sts:AssumeRoleWithSAML"}
    flags = ("--trust-policy", save("t.json", trust), "--resource-arn", ROLE)
    assert run("simulate", *flags, "--action", "sts:AssumeRoleWithSAML", "--who", saml).status == 0
    assert run("simulate", *flags, "--action", "sts:AssumeRoleWithSAML", "--who", saml + "2").status == 10
    # a trust policy has to allow even inside the account (section 11)
    whole = ("--identity", save("i.json", ALL))
    assert run("simulate", *flags, *whole, "--action", "sts:AssumeRole", "--who", ROLE).status == 10


def test_questions_that_cannot_be_asked(run: Run) -> None:
    flags = ("--identity", save("i.json", ALL))
    for argv, message in (
        ((*READ[:2],), "does not say `who`"),
        ((*READ, "--who", "bob"), "`bob` is no caller"),
        (("--action", "s3:*", *READ[2:], "--who", ROLE), "`s3:*` is not one action"),
        ((*READ[:2], "--resource-arn", "b", "--who", ROLE), "not the ARN of one resource"),
        ((*READ, "--who", ROLE, "--set", "team=a"), "no condition key"),
        ((*READ, "--who", ROLE, "--can", "GET"), "belongs to a chain"),
        ((*READ, "--who", ROLE, "--bucket-policy", "i.json"), "has no `Principal`"),
        (("--service-arn", SERVICE, "--action", "s3:GetObject", "--who", ROLE), "states what it does with `can`"),
        (("--service-arn", "arn:aws:s3:::b", "--who", ROLE), "is not the ARN for `--service-arn`"),
        (("--service-policy", save("s.json", allow(INVOKE, "*", "*")), "--who", ROLE), "needs the ARN of its service"),
    ):
        ran = run("simulate", *flags, *argv)
        assert ran.status == 2 and message in " ".join(ran.err.split()), (argv, ran.err)
    assert run("simulate", "--identity", "nowhere.json", *READ, "--who", ROLE).status == 2


# --- simulate: chains -------------------------------------------------------------------------------------------

CALL = ("--service-arn", SERVICE, "--can", "GET", "--path", "/x", "--who", ROLE)


def test_lattice_gates(run: Run) -> None:
    """Lattice section 5: all three must allow; what nobody said about a gate leaves it open."""
    identity = ("--identity", save("i.json", allow(INVOKE, f"{SERVICE}/*")))
    service = ("--service-policy", save("s.json", allow(INVOKE, "*", {"AWS": HOME})))
    network = ("--network-arn", NETWORK, "--network-policy", save("n.json", allow(INVOKE, "*", "*")))
    assert run("simulate", *CALL, *identity, *service, *network).status == 0
    assert run("simulate", *CALL, *identity, *service).status == 11
    assert run("simulate", *CALL, *identity, *service, "--network-auth", "none").status == 0
    assert run("simulate", *CALL, *service, *network).status == 11
    refused = run(
        "simulate", *CALL, *identity, *network, "--service-policy", save("no.json", allow(INVOKE, "*", {"AWS": AWAY}))
    )
    assert refused.status == 10
    assert "because no service-based policy allows the vpc-lattice-svcs:Invoke action" in " ".join(refused.out.split())
    assert "authDeniedReason `Service`" in " ".join(refused.out.split()) and "--> s.json" not in refused.out
    bounded = run("simulate", *CALL, *identity, *service, *network, "--boundary", save("b.json", allow("s3:*")))
    assert bounded.status == 10 and "no permissions boundary allows" in " ".join(bounded.out.split())
    denied = run(
        "simulate", *CALL, *identity, *service, *network, "--scp", save("scp.json", allow("*", "*", None, None, "Deny"))
    )
    assert denied.status == 10 and "explicit deny in a service control policy" in " ".join(denied.out.split())
    anonymous = (*CALL[:-1], "anonymous")
    assert (
        run(
            "simulate",
            *anonymous,
            "--network-auth",
            "none",
            "--service-policy",
            save("o.json", allow(INVOKE, "*", "*")),
        ).status
        == 0
    )


CHAIN = (
    "--object-lambda-arn",
    OLAP,
    "--function-arn",
    FUNCTION,
    "--access-point-arn",
    POINT,
    "--bucket-arn",
    BUCKET,
    "--can",
    "GetObject",
    "--path",
    "cats/1.jpg",
)
VIA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}
DELEGATE = allow("*", [BUCKET, f"{BUCKET}/*"], {"AWS": "*"}, {"StringEquals": {"s3:DataAccessPointAccount": HOME}})
ANSWER = allow("s3-object-lambda:WriteGetObjectResponse")


def chain(**changed: Any) -> list[str]:
    """The set-up of the Object Lambda reference, section 6, with some documents changed or (None) left out."""
    documents = {
        "identity": [
            allow("lambda:InvokeFunction", FUNCTION, None, VIA),
            allow("s3:Get*", f"{POINT}/*", None, VIA),
            allow("s3-object-lambda:Get*", OLAP),
        ],
        "bucket-policy": [DELEGATE],
        "function-role-policy": [ANSWER],
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    return asked({name: value for name, value in documents.items() if value is not None})


def outcome(run: Run, *argv: str) -> tuple[int, dict[str, Any]]:
    ran = run("simulate", *argv, "--format", "json")
    assert ran.out, ran.err
    return ran.status, json.loads(ran.out)


def test_object_lambda_hop_by_hop(run: Run) -> None:
    status, data = outcome(run, *CHAIN, *chain(), "--who", ROLE)
    kinds = [gate["kind"] for gate in data["gates"]]
    assert status == 0
    assert kinds == ["object_lambda_access_point", "function", "supporting_access_point", "bucket", "execution_role"]
    for name, value, deciding, error in (
        ("identity", [allow("s3:*"), allow("lambda:*")], "object-lambda", "403 AccessDenied"),
        ("identity", [allow("s3:*"), allow("s3-object-lambda:*")], "function", "403 LambdaPermissionError"),
        ("identity", [allow("lambda:*"), allow("s3-object-lambda:*")], "access-point", "500 LambdaResponseNotReceived"),
        ("bucket-policy", [allow("s3:GetObject", "*", {"AWS": AWAY})], "bucket", "500 LambdaResponseNotReceived"),
        ("function-role-policy", [allow("logs:*")], "function role", "500 LambdaResponseNotReceived"),
    ):
        status, data = outcome(run, *CHAIN, *chain(**{name: value}), "--who", ROLE)
        if name == "bucket-policy":  # an identity policy on the access point alone is a named switch
            assert status == 11
            Path("policyc.toml").write_text(
                '[switches]\nidentity-policy-on-access-point-alone = "deny"\n', encoding="utf-8"
            )
            status, data = outcome(run, *CHAIN, *chain(**{name: value}), "--who", ROLE)
        assert (status, data["deciding"], data["error"]) == (10, deciding, error)


def test_calls_that_are_not_transformed_skip_the_function(run: Run) -> None:
    identity = [allow("s3:*", "*"), allow("s3-object-lambda:*")]
    for verb, transforms, status in (
        ("PutObject", "GetObject", 0),
        ("GetObject", "", 0),
        ("HeadObject", "GetObject", 0),
        ("HeadObject", "HeadObject", 10),
    ):
        argv = [word if word != "GetObject" else verb for word in CHAIN]
        found, data = outcome(
            run, *argv, "--transforms", transforms or "ListObjects", *chain(identity=identity), "--who", ROLE
        )
        assert found == status, (verb, transforms, data["deciding"])


def test_cloudfront_has_no_identity_policy(run: Run) -> None:
    """Object Lambda section 7: the four grants of AWS's own set-up."""
    site = {"Service": "cloudfront.amazonaws.com"}
    grants = {
        "identity": None,
        "object_lambda_policy": [allow("s3-object-lambda:Get*", OLAP, site)],
        "access_point_policy": [allow("s3:*", [POINT, f"{POINT}/object/*"], site, VIA)],
        "function_policy": [allow("lambda:InvokeFunction", FUNCTION, site)],
    }
    assert outcome(run, *CHAIN, *chain(**grants), "--who", "cloudfront.amazonaws.com")[0] == 0
    for name in ("object_lambda_policy", "access_point_policy", "function_policy"):
        status, _ = outcome(run, *CHAIN, *chain(**(grants | {name: None})), "--who", "cloudfront.amazonaws.com")
        assert status == 10, name


def test_limits_count_at_every_hop(run: Run) -> None:
    for role, statement, deciding in (
        ("boundary", allow(["s3-object-lambda:*", "s3:*"]), "function"),
        ("session", allow(["s3-object-lambda:*", "lambda:*"]), "access-point"),
        ("scp", allow("s3-object-lambda:*"), "function"),
        ("rcp", allow("s3:GetObject", f"{BUCKET}/*", "*", None, "Deny"), "bucket"),
    ):
        status, data = outcome(run, *CHAIN, *chain(**{role: [statement]}), "--who", ROLE)
        assert (status, data["deciding"]) == (10, deciding), role
    # resource control policies do not bear on Object Lambda itself, as the stored list has it
    lattice = allow("s3-object-lambda:*", "*", "*", None, "Deny")
    assert outcome(run, *CHAIN, *chain(rcp=[lattice]), "--who", ROLE)[0] == 0
    Path("policyc.toml").write_text('[switches]\nrcp-services = "every"\n', encoding="utf-8")
    assert outcome(run, *CHAIN, *chain(rcp=[lattice]), "--who", ROLE)[0] == 10


def test_a_key_is_one_more_gate(run: Run) -> None:
    """Object Lambda section 2, hop 4: KMS key policy if SSE-KMS; IAM section 11: the key policy has to enable IAM policies."""
    key = ("--key-arn", KEY)
    assert outcome(run, *CHAIN, *key, *chain(), "--who", ROLE)[0] == 11
    enabled = allow("kms:*", "*", {"AWS": f"arn:aws:iam::{HOME}:root"})
    status, data = outcome(run, *CHAIN, *key, *chain(key_policy=[enabled]), "--who", ROLE)
    assert (status, data["deciding"]) == (10, KEY.rpartition("/")[2])
    decrypt = allow(
        "kms:Decrypt", KEY, {"AWS": ROLE}, {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    )
    assert outcome(run, *CHAIN, *key, *chain(key_policy=[decrypt]), "--who", ROLE)[0] == 0
    heads = [word if word != "GetObject" else "DeleteObject" for word in CHAIN]
    whole = [allow(["s3:*", "s3-object-lambda:*"])]
    assert outcome(run, *heads, *key, *chain(identity=whole), "--who", ROLE)[0] == 0


def test_block_public_access_serves_no_strangers_from_a_public_policy(run: Run) -> None:
    """Object Lambda section 9."""
    stranger = f"arn:aws:iam::{AWAY}:role/app"
    grants = {
        "object_lambda_policy": [allow("s3-object-lambda:*", OLAP, {"AWS": AWAY})],
        "function_policy": [allow("lambda:InvokeFunction", FUNCTION, {"AWS": AWAY})],
        "access_point_policy": [allow("s3:*", [POINT, f"{POINT}/object/*"], "*", VIA)],
    }
    status, data = outcome(run, *CHAIN, *chain(**grants), "--who", stranger)
    assert (status, data["deciding"]) == (10, "access-point")
    assert "Block Public Access" in next(gate["summary"] for gate in data["gates"] if gate["name"] == "access-point")
    confined = allow("s3:*", [POINT, f"{POINT}/object/*"], {"AWS": AWAY}, VIA)
    assert outcome(run, *CHAIN, *chain(**(grants | {"access_point_policy": [confined]})), "--who", stranger)[0] == 0
    assert outcome(run, *CHAIN, *chain(access_point_policy=grants["access_point_policy"]), "--who", ROLE)[0] == 0


# --- explaining -------------------------------------------------------------------------------------------------


def test_explain_leads_with_the_one_thing_to_change(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", {"Sid": "Read"} | allow("s3:GetObject", "*", None, ORG)),
        *READ,
        "--who",
        ROLE,
    )
    ran = run("simulate", *flags, "--explain")
    assert ran.out.startswith("change: `Read` at identity policy would allow but for its condition:")
    assert "[not] condition: aws:PrincipalOrgID is absent" in ran.out and "[matched] action:" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    data = json.loads(run("simulate", *flags, "--explain", "--why-not", "Read", "--format", "json").out)
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    assert "aws:PrincipalOrgID" in data["change"]
    [why] = data["why_not"]
    assert [reason["matched"] for reason in why["statement"]["reasons"]] == [True, True, False]
    allowed = run("simulate", *flags, "--set", "aws:PrincipalOrgID=o-a1b2c3d4e5", "--explain")
    assert allowed.status == 0 and "change:" not in allowed.out


def test_why_not_shows_every_part_with_pattern_and_value(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", {"Sid": "Read"} | allow("s3:PutObject", f"{BUCKET}/dogs/*")),
        *READ,
        "--who",
        ROLE,
    )
    ran = run("simulate", *flags, "--why-not", "Read")
    assert ran.status == 10
    assert "pattern s3:PutObject" in ran.out and "value   s3:GetObject" in ran.out and "at      i.json:7:14" in ran.out
    assert f"pattern {BUCKET}/dogs/*" in ran.out
    assert run("simulate", *flags, "--why-not", "i.json#1").status == 10
    wrong = run("simulate", *flags, "--why-not", "Reed")
    assert wrong.status == 2 and "did you mean `Read`?" in wrong.err


def test_an_undecided_answer_names_what_to_state(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", allow("s3:GetObject", "*", None, ORG)),
        *READ,
        "--who",
        ROLE,
        "--unknown",
        "*",
    )
    assert run("simulate", *flags, "--explain").out.startswith("change: state `aws:PrincipalOrgID`")


# --- switches ---------------------------------------------------------------------------------------------------


def test_switches_are_listed_set_and_named(run: Run) -> None:
    listed = run("explain", "switches").out
    for name in (
        "bare-ipv6",
        "rule-prefix",
        "identity-policy-on-access-point-alone",
        "endpoint-policy-alone",
        "filter-direction",
    ):
        assert f"  {name}: " in listed
    assert "no-match (default)" in listed and "source: " in listed
    flags = (
        "--identity",
        save("i.json", allow("s3:GetObject", "*", None, {"StringEquals": {"t:k": "a"}})),
        *READ,
        "--who",
        ROLE,
    )
    several = ("--set", "t:k=a", "--set", "t:k=b")
    ran = run("simulate", *flags, *several)
    assert ran.status == 10 and "many-values-without-prefix" in ran.out
    Path("policyc.toml").write_text('[switches]\nmany-values-without-prefix = "any"\n', encoding="utf-8")
    assert run("simulate", *flags, *several).status == 0


@pytest.mark.parametrize(
    ("text", "rule", "help"),
    [
        ('bare-ipv7 = "128"', "unknown-switch", "did you mean `bare-ipv6`?"),
        ("bare-ipv6 = 64", "unknown-choice", "`128`, `32`"),
        ('erroring-forbid = "deny"', "unknown-switch", "remove it"),
        ("bare-ipv6 = true", "invalid-setting", "policyc explain"),
    ],
)
def test_bad_switches_are_located(run: Run, text: str, rule: str, help: str) -> None:
    Path("policyc.toml").write_text(f"[switches]\n{text}\n", encoding="utf-8")
    ran = run("check", save("i.json", ALL))
    assert ran.status == 2 and f"error[{rule}]" in ran.err and "policyc.toml:2:1" in ran.err and help in ran.err


# --- a compiled document and a raw one mean the same ------------------------------------------------------------


def test_what_a_project_emits_answers_the_same_as_the_project(run: Run) -> None:
    shop = """
    let shop: account = "111122223333"
    principal app = role(shop, "app")
    resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
    resource api: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam, network: mesh }
    policy guard for lattice on mesh { allow "org" { who anyone  when aws.PrincipalOrgID == "o-a1b2c3d4e5" } }
    policy api_auth for lattice on api {
      allow "read" { who app  can GET, HEAD  path "/stock/*" }
      deny "secret" { who anyone  path "/stock/secret" }
    }
    policy calls for identity on app { allow "call" { can GET, POST  on api } }
    """
    Path("shop.policy").write_text(shop, encoding="utf-8")
    assert run("build", "-q").status == 0
    raw = (
        "--service-arn",
        SERVICE,
        "--network-arn",
        NETWORK,
        "--service-policy",
        "out/lattice/api_auth.json",
        "--network-policy",
        "out/lattice/guard.json",
        "--identity",
        "out/identity/calls.json",
    )
    seen = set()
    for verb in ("GET", "HEAD", "POST"):
        for path in ("/stock/1", "/stock/secret", "/"):
            for org in ("o-a1b2c3d4e5", "o-zzzzzzzzzz"):
                asked = ("--who", ROLE, "--can", verb, "--path", path)
                one = outcome(run, "api", *asked, "--set", f"aws.PrincipalOrgID={org}")
                two = outcome(run, *raw, *asked, "--set", f"aws:PrincipalOrgID={org}")
                assert one[0] == two[0], (verb, path, org)
                assert [gate["verdict"] for gate in one[1]["gates"]] == [gate["verdict"] for gate in two[1]["gates"]]
                assert one[1]["error"] == two[1]["error"]
                seen.add(one[0])
    assert seen == {0, 10}


def test_a_caller_without_a_policy_is_no_caller_of_which_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    (tmp_path / "auth.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    service = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
    asked = ("simulate", "--service-policy", "auth.json", "--network-auth", "none", "--service-arn", service)
    caller = ("--who", "arn:aws:iam::111122223333:role/app", "--can", "GET", "--path", "/")
    assert main([*asked, *caller]) == 11
    assert main([*asked, *caller, "--identity", "none"]) == 10
    assert "no identity-based policy allows" in capsys.readouterr().out
    # a bucket policy is given or not: there is no such word for it
    assert main([*asked, *caller, "--boundary", "none"]) == 2
