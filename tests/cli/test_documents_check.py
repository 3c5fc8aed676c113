"""`check` of raw JSON documents without any policy file, with places in the JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.lint.registry import RULES
from tests.cli.raw_documents import BUCKET, FUNCTION, HOME, INVOKE, NETWORK, OLAP, ORG, ROLE, SERVICE, allow, save
from tests.running import Run

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
        ["path-on-connection", "caller-on-connection"],
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
        ["unknown-condition-key"],
    ),
    (
        "unknown global key",
        "identity",
        [allow("s3:GetObject", "*", None, {"StringEquals": {"aws:PrincipalOrgId2": "o"}})],
        ["unknown-condition-key"],
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
