"""`policyc graph`: who is admitted where, by what the references of the services say of their gates; each table is held against single requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

import policyc
from policyc.__main__ import main
from policyc.data import read_text

POLICIES = """
let acme: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
principal app = role(shop, "app")
principal batch = role(shop, "batch")
principal idle = role(shop, "idle")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource open: lattice.service { id: "svc-0a1b2c3d4e5f67891", at: shop/us-west-2, network: mesh, auth: none }
policy guard for lattice on mesh {
  allow "members" { who anyone when aws.PrincipalOrgID == acme }
  allow "health" { who anonymous can GET path "/health" }
  deny "no-deletes" { who anyone can DELETE }
}
policy stock_auth for lattice on stock {
  allow "reads" { who app, batch can GET, HEAD path "/stock/*" }
  allow "deletes" { who batch can DELETE path "/stock/*" }
  allow "pings" { who anyone can GET path "/health" }
}
policy calls for identity on app { allow "all" { can invoke on stock path "/stock/*" } }
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center, jamf: jamf } }
resource payroll: verified_access.endpoint { id: "vae-0123456789abcdef0", group: staff, protocol: https }
policy staff_policy for verified_access on staff { allow "healthy" { when jamf.risk == "LOW" } }
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1
  segment dev { no acceptance }
  attach { 100: tag["s"] == "dev" -> segment dev }
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("graph")
    (root / "policyc.toml").write_text("", encoding="utf-8")
    (root / "a.policy").write_text(POLICIES, encoding="utf-8")
    return root


def drawn(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["graph", "--root", str(root), "--format", "json", *words]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/graph.schema.json"))).validate(data)
    return data


def fields(resource: dict[str, Any], caller: str) -> dict[str, tuple[str, str | None]]:
    """The decision and the reason for each verb."""
    row = next(item for item in resource["callers"] if item["caller"] == caller)
    return {verb: (group["decision"], group["why"]) for group in row["verbs"] for verb in group["verbs"]}


def test_callers_verbs_and_the_gate_that_refuses(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stock,) = drawn(project, capsys, "stock")["resources"]
    assert stock["gates"] == ["identity", "mesh", "stock"]
    assert [item["caller"] for item in stock["callers"]] == ["app", "batch", "anonymous", "any other caller"]
    app = fields(stock, "app")
    assert app["GET"] == ("allow", None)
    assert app["POST"] == ("deny", "no statement of `stock_auth` allows it")
    # the network denies every DELETE, whoever asks; for `app` the service allows none either
    batch = fields(stock, "batch")
    assert batch["DELETE"] == ("deny", "`guard` denies it by `no-deletes`")
    assert app["DELETE"] == ("deny", "`guard` denies it by `no-deletes`; no statement of `stock_auth` allows it")
    # nobody gave policies of `batch`: what they would have to allow is said
    assert batch["GET"][0] == "allow"
    assert "have to allow it" in (batch["GET"][1] or "")
    assert fields(stock, "anonymous")["GET"] == ("allow", None)
    assert fields(stock, "anonymous")["HEAD"][0] == "deny"


def test_gates_by_themselves(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stock,) = drawn(project, capsys, "stock")["resources"]
    passes = {item["caller"]: [field["decision"] for field in item["passes"]] for item in stock["callers"]}
    # who is not signed has no identity policies; the other three pass each gate with some request
    assert passes == {
        "app": ["allow", "allow", "allow"],
        "batch": ["allow", "allow", "allow"],
        "anonymous": [None, "allow", "allow"],
        "any other caller": ["allow", "allow", "allow"],
    }


def test_a_service_without_authorization_asks_nobody(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = drawn(project, capsys, "open")["resources"]
    last = [item["passes"][-1]["decision"] for item in found["callers"]]
    assert found["gates"][-1] == "open"
    assert set(last) == {None}
    assert fields(found, "anonymous")["GET"] == ("allow", None)
    assert fields(found, "anonymous")["POST"][0] == "deny"


def test_every_field_is_what_single_requests_get(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a table says none, no request is allowed; where it says some, one is (with the identity policies that nobody gave, undecided)."""
    given = policyc.load(project)
    for resource in drawn(project, capsys, "mesh")["resources"]:
        for caller in ("app", "batch", "anonymous"):
            for verb, (decision, _) in fields(resource, caller).items() if caller in _named(resource) else ():
                if verb == "connect":  # it has no path
                    continue
                answers = {
                    given.simulate(
                        resource["on"], who=caller, can=verb, path=path, **{"aws.PrincipalOrgID": org}
                    ).decision
                    for path in ("/", "/stock/1", "/health")
                    for org in (("o-a1b2c3d4e5", "o-zzzzzzzzzz") if caller != "anonymous" else (None,))
                }
                assert (decision == "deny") == (answers == {policyc.Decision.DENY}), (resource["on"], caller, verb)


def _named(resource: dict[str, Any]) -> list[str]:
    return [item["caller"] for item in resource["callers"]]


def test_without_a_name_everything_is_drawn(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = drawn(project, capsys)
    assert [item["on"] for item in data["resources"]] == ["stock", "open"]
    assert [item["on"] for item in data["endpoints"]] == ["payroll"]
    assert [item["network"] for item in data["networks"]] == ["core"]
    assert main(["graph", "--root", str(project), "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert "<svg" in page
    assert "<script" not in page
    assert main(["graph", "--root", str(project), "--format", "svg"]) == 0
    picture = capsys.readouterr().out
    texts = [
        "".join(node.itertext()) for node in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {"stock", "payroll", "core"} <= set(texts)
    assert any(text.endswith("batch") for text in texts)


def test_a_chart_of_arrows(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "mesh", "--root", str(project), "--format", "mermaid"]) == 0
    chart = capsys.readouterr().out
    assert '  c0(["app"])' in chart
    assert '  c0 -->|"GET, HEAD"| r0' in chart
    assert main(["graph", "mesh", "--root", str(project), "--format", "dot"]) == 0
    assert capsys.readouterr().out.startswith("digraph access {")
    assert main(["graph", "--root", str(project), "--format", "dot"]) == 2
    assert "`dot` draws one network" in capsys.readouterr().err


def test_documents_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "auth.json").write_text(
        '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}',
        encoding="utf-8",
    )
    assert main(["graph", str(tmp_path / "auth.json"), "--root", str(tmp_path)]) == 0
    assert "who    anyone" in capsys.readouterr().out


def test_documents_that_no_request_of_the_language_goes_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policyc.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.policy").write_text(
        """module a
resource deploy: iam_document.carrier { kind: trust, name: "deploy" }
resource photos: iam_document.carrier { kind: bucket, name: "photos" }
policy trusted for iam_document on deploy { allow "lambda" { who raw("Service", "lambda.amazonaws.com") can raw("sts:AssumeRole") } }
policy read for iam_document on photos { allow "all" { who anyone can raw("s3:GetObject") on raw("arn:aws:s3:::photos/*") } }
""",
        encoding="utf-8",
    )
    whole = drawn(tmp_path, capsys)
    assert {item["on"] for item in whole["endpoints"]} == {
        "iam_document/trusted.trust.json",
        "iam_document/read.bucket.json",
    }
    (one,) = drawn(tmp_path, capsys, "deploy")["endpoints"]
    assert [item["who"] for item in one["classes"]] == [["lambda.amazonaws.com"]]


def test_a_gate_that_stands_where_another_does_has_a_name_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policyc.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.policy").write_text(
        """module a
let home: account = "111122223333"
principal runs = role(home, "resize")
resource photos: s3.bucket { name: "photos", at: home/us-east-1 }
resource point: s3.access_point { name: "point", at: home/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize", at: home/us-east-1, role: runs }
resource small: object_lambda.access_point { name: "small", at: home/us-east-1, supporting: point, function: resize }
policy reads for object_lambda on small { allow "reads" { who runs can GetObject } }
""",
        encoding="utf-8",
    )
    (one,) = drawn(tmp_path, capsys, "small")["resources"]
    assert one["gates"] == ["small", "resize", "point", "photos", "resize role"]


def test_wrong_questions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "stok", "--root", str(project)]) == 2
    assert "did you mean `stock`" in capsys.readouterr().err
    (project / "alone").mkdir()
    (project / "alone" / "b.policy").write_text(
        'resource lone: verified_access.group { id: "vagr-0123456789abcdef1" }\n', encoding="utf-8"
    )
    assert main(["graph", "lone", "--root", str(project), "--in", str(project / "alone")]) == 2
    told = capsys.readouterr().err
    assert "no picture starts at `lone`, a `verified_access.group`" in told
    assert "did you mean" not in told
