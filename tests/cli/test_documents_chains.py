"""`simulate` of raw JSON documents that decide together: VPC Lattice's gates, the hops of S3 Object Lambda."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.raw_documents import (
    AWAY,
    BUCKET,
    FUNCTION,
    HOME,
    INVOKE,
    NETWORK,
    OLAP,
    ROLE,
    SERVICE,
    allow,
    asked,
    outcome,
    save,
)
from tests.running import Run

POINT = f"arn:aws:s3:us-west-2:{HOME}:accesspoint/photos"
KEY = f"arn:aws:kms:us-west-2:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


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
