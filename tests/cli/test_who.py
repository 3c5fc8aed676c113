"""`policyc who`: covers of who may do what, by what the services' documentation says of their gates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text

POLICIES = """
let acme: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
principal app = role(shop, "app")
principal batch = role(shop, "batch")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource open: lattice.service { id: "svc-0a1b2c3d4e5f67891", at: shop/us-west-2, auth: none }
resource shut: lattice.service { id: "svc-0a1b2c3d4e5f67892", at: shop/us-west-2, auth: aws_iam }
policy guard for lattice on mesh {
  allow "members" { who anyone when aws.PrincipalOrgID == acme }
  allow "health" { who anonymous can GET path "/health" }
  deny "no-deletes" { who anyone can DELETE }
}
policy stock_auth for lattice on stock {
  allow "reads" { who app, batch can GET, HEAD path "/stock/*" }
  allow "again" { who app can GET path "/stock/a*" }
  allow "deletes" { who batch can DELETE path "/stock/*" }
  allow "pings" { who anyone can GET path "/health" }
}
policy calls for identity on app { allow "all" { can invoke on stock path "/stock/*" } }
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center, jamf: jamf } }
resource payroll: verified_access.endpoint { id: "vae-0123456789abcdef0", group: staff, protocol: https }
policy staff_policy for verified_access on staff {
  allow "finance" { when finance in idc.groups and jamf.risk in ["LOW", "SECURE"] }
  deny "old" { when http_request.user_agent like "*MSIE*" }
}
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1
  segment dev { no acceptance }
  segment prod { isolate }
  segment shared
  share shared with dev, prod
  attach {
    100: tag["s"] == "dev" -> segment dev
    200: tag["s"] == "prod" and type == vpc -> segment prod
    300: tag["s"] == "shared" and type == vpc -> segment shared
  }
}
"""
ROLE = "arn:aws:iam::111122223333:role/"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("who")
    (root / "policyc.toml").write_text("", encoding="utf-8")
    (root / "a.policy").write_text(POLICIES, encoding="utf-8")
    return root


def asked(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    status = main(["who", "--root", str(root), "--format", "json", *words])
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/who.schema.json"))).validate(data)
    return status, data["resources"]


def test_a_service_is_told_through_all_of_its_gates(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (stock,) = asked(project, capsys, "stock")
    assert status == 0
    assert stock["complete"]
    by = {tuple(item["by"]): item for item in stock["classes"]}
    # what `again` allows, `reads` allows as well; the network refuses what `deletes` would allow
    assert set(by) == {("`members`", "`reads`"), ("`members`", "`pings`"), ("`health`", "`pings`")}
    reads = by["`members`", "`reads`"]
    assert reads["who"] == [f"{ROLE}app", f"{ROLE}batch"]
    assert "StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5" in reads["conditions"]
    assert not reads["unless"]
    assert reads["answer"] == "allow"
    assert by["`health`", "`pings`"]["who"] == [] and by["`health`", "`pings`"]["answer"] == "allow"


CASES = [
    (("stock", "--can", "DELETE"), 0),
    (("stock", "--path", "/stock/b"), 1),
    (("stock", "--can", "POST"), 0),
    # one of several
    (("stock", "--can", "POST,DELETE", "--can", "HEAD"), 1),
    (("stock", "--path", "/stock/b", "--path", "/nowhere"), 1),
    (("stock", "--can", "POST,DELETE", "--path", "/stock/b"), 0),
    (("shut",), 0),
    (("open",), 1),
    # nobody gave its identity policies, which may allow it
    (("stock", "--principal", "batch", "--path", "/stock/*"), 1),
    # its own policies allow nothing below `/health`
    (("stock", "--principal", "app", "--path", "/health"), 0),
    (("stock", "--principal", "anonymous"), 1),
    (("stock", "--principal", f"{ROLE}stranger", "--can", "HEAD"), 0),
]


@pytest.mark.parametrize(("words", "classes"), CASES)
def test_questions_about_some_requests(
    words: tuple[str, ...], classes: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (found,) = asked(project, capsys, *words)
    assert status == 0 and found["complete"]
    assert len(found["classes"]) == classes, found


def test_policies_of_the_caller_that_nobody_gave_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (found,) = asked(project, capsys, "stock", "--principal", "batch")
    assert {needs for item in found["classes"] for needs in item["needs"]} == {
        "an identity policy of the caller, which is not given, has to allow it"
    }
    _, resources = asked(project, capsys, "--principal", "batch")
    assert [(item["on"], bool(item["classes"])) for item in resources] == [
        ("stock", True),
        ("open", True),
        ("shut", False),
    ]


def test_an_endpoint_is_told_in_terms_of_claims(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (found,) = asked(project, capsys, "payroll")
    (item,) = found["classes"]
    assert "jamf.risk == LOW, SECURE" in item["conditions"]
    assert item["unless"] == ["`old`: http_request.user_agent like *MSIE*"]
    assert item["answer"] == "allow"
    assert found["given"]


def test_a_network_is_told_by_its_segments(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (found,) = asked(project, capsys, "core")
    assert status == 0
    reach = {(item["who"][0], to) for item in found["classes"] for to in item["where"]}
    words = "attachments of {}".format
    pairs = {("dev", "dev"), ("dev", "shared"), ("prod", "shared"), ("shared", "dev"), ("shared", "prod")}
    assert reach == {(words(one), words(other)) for one, other in pairs | {("shared", "shared")}}


BUCKET = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "A",
            "Effect": "Allow",
            "Principal": {"AWS": f"{ROLE}a"},
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::b/*",
        },
        {"Sid": "B", "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "*"},
    ],
}


def test_a_document_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bucket.json"
    file.write_text(json.dumps(BUCKET), encoding="utf-8")
    _, (found,) = asked(tmp_path, capsys, str(file))
    (item,) = found["classes"]
    assert item["who"] == [f"{ROLE}a"] and item["unless"] == ["`B`: s3:Delete*"]
    assert {part["part"]: part["value"] for part in item["witness"]}["resource"].startswith("arn:aws:s3:::b/")
    _, (found,) = asked(tmp_path, capsys, str(file), "--can", "s3:DeleteObject")
    assert found["complete"] and not found["classes"]
    for verb in ("GET", "GetObject", "s3:GetObject,DELETE"):  # none of it is an action, which is no "nobody"
        assert main(["who", "--root", str(tmp_path), str(file), "--can", verb]) == 2
        shown = capsys.readouterr()
        assert "is no action, by which" in " ".join((shown.out + shown.err).split()), verb
    _, (found,) = asked(tmp_path, capsys, str(file), "--principal", f"{ROLE}b")
    assert found["complete"] and not found["classes"] and found["caller"] == f"{ROLE}b"
    assert not found["given"]
    (tmp_path / "scp.json").write_text(
        json.dumps({**BUCKET, "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    )
    _, (found,) = asked(tmp_path, capsys, str(tmp_path / "scp.json"), "--as", "scp")
    (item,) = found["classes"]
    assert len(item["unless"]) == 1 and item["unless"][0].endswith(": s3:*")
    assert "for other policies to allow" in found["given"][0]


TEMPLATE = """
Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: Reads
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/app"}
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
"""


#: an action, and the start of the ARNs that it is about, by the service authorization reference
EXAMPLES = [
    ("s3-object-lambda:GetObject", "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"),
    ("states:StartExecution", "arn:aws:states:eu-west-1:111122223333:stateMachine:"),
]


@pytest.mark.parametrize(("action", "arn"), EXAMPLES)
def test_the_example_is_a_request_that_somebody_can_make(
    action: str, arn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    Path("policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert main(["who", "policy.json", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["resources"][0]["classes"]
    witness = {item["part"]: item["value"] for item in found["witness"]}
    assert witness["action"] == action and witness["resource"].startswith(arn)
    assert main(["who", "policy.json", "--principal", f"{ROLE}app"]) == 0
    assert f"  who    {ROLE}app\n" in capsys.readouterr().out


def test_what_a_template_leaves_open_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(TEMPLATE, encoding="utf-8")
    _, (found,) = asked(tmp_path, capsys, str(file))
    (item,) = found["classes"]
    assert any("‹AWS::AccountId›" in text for text in item["needs"])
    assert any(part["part"] == "‹AWS::AccountId›" for part in item["witness"])
    assert item["answer"] == "allow"


@pytest.mark.parametrize("word", ["A", "B"])
def test_one_document_of_several_by_its_name(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "main.tf"
    file.write_text(
        "\n".join(
            f'resource "aws_sqs_queue_policy" "{name}" {{\n  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Sid = "{name}", '
            f'Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::111122223333:role/{name}" }}, Action = "sqs:SendMessage", Resource = "*" }}] }})\n}}'
            for name in "AB"
        ),
        encoding="utf-8",
    )
    for called in (word, f"aws_sqs_queue_policy.{word}"):
        _, (found,) = asked(tmp_path, capsys, f"{file}#{called}")
        (item,) = found["classes"]
        assert item["by"] == [f"`{word}`"]
    assert main(["who", f"{file}#C", "--root", str(tmp_path)]) == 2
    assert "has no document `C`" in capsys.readouterr().err


def test_wrong_questions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        ((), "`who` needs a resource"),
        (("stok",), "did you mean `stock`?"),
        (("mesh",), "no request goes to"),
        (("stock", "--can", "FETCH"), "nobody can `FETCH`"),
        (("stock", "--can", "GET,FETCH"), "nobody can `FETCH`"),
        (("stock", "--can", "GET,"), "names no verb between two commas"),
        (("core", "--can", "GET"), "a network has no requests"),
        (("payroll", "--principal", "app"), "have no principal"),
        (("stock", "--principal", "ap"), "unknown principal `ap`"),
        (("stock", "--path", "stock"), "a path begins with `/`: write `/stock`"),
        (("app",), "ask with `--principal app`"),
        (("stock", "--who", "app"), "write `--principal`"),
    ):
        assert main(["who", "--root", str(project), *words]) == 2, words
        shown = capsys.readouterr()
        assert told in " ".join((shown.out + shown.err).split()), words


def test_forms_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["who", "--root", str(project), "shut"]) == 0
    assert capsys.readouterr().out == "shut (lattice.service)\n  nobody\n"
    assert main(["who", "--root", str(project), "stock", "--can", "HEAD", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.endswith("- nobody else\n")


def test_all_is_every_declared_resource_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(Path(__file__).parents[2])]
    assert main(["who", "--all", "--format", "json", *root]) == 0
    told = {item["on"] for item in json.loads(capsys.readouterr().out)["resources"]}
    assert {"inventory", "payroll", "office_vpn"} <= told
    assert main(["who", "--all", "inventory", *root]) == 2


CEDAR = """permit (principal, action, resource) when { context.idc.groups has "finance" && context.http_request.http_method == "GET" };
permit (principal, action, resource) when { context.idc.user.email.address like "*@example.com" };
forbid (principal, action, resource) when { context.http_request.path like "/admin/*" };
forbid (principal, action, resource) when { context.idc.user.email.address == "x@other.com" };
"""


def test_a_cedar_text_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "group.cedar").write_text(CEDAR, encoding="utf-8")
    words = ["who", str(tmp_path / "group.cedar"), "--root", str(tmp_path), "--trust", "idc=iam_identity_center"]
    assert main([*words, "--format", "json"]) == 0
    (reach,) = json.loads(capsys.readouterr().out)["resources"]
    assert reach["complete"]
    one, two = reach["classes"]
    assert one["conditions"] == ["context.idc.groups has finance", 'context.http_request.http_method == "GET"']
    # the permit for addresses of example.com and the forbid of another address never meet
    assert [text[:10] for text in one["unless"]] == ["`forbid 3`", "`forbid 4`"]
    assert [text[:10] for text in two["unless"]] == ["`forbid 3`"]
    assert main([*words, "--can", "GET"]) == 2
    assert "no principal and no action" in " ".join(capsys.readouterr().err.split())


def test_a_core_network_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = {
        "version": "2021.12",
        "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
        "segments": [{"name": "dev"}, {"name": "prod", "isolate-attachments": True}],
        "attachment-policies": [
            {
                "rule-number": 100,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            }
        ],
    }
    (tmp_path / "network.json").write_text(json.dumps(network), encoding="utf-8")
    assert main(["who", str(tmp_path / "network.json"), "--root", str(tmp_path), "--format", "json"]) == 0
    (reach,) = json.loads(capsys.readouterr().out)["resources"]
    assert next((item["who"], item["where"]) for item in reach["classes"]) == (
        ["attachments of dev"],
        ["attachments of dev"],
    )


def test_more_classes_than_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b/{at}/*"}
        for at in range(61)
    ]
    (tmp_path / "b.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    assert main(["who", str(tmp_path / "b.json"), "--root", str(tmp_path)]) == 11
    assert "more than 60 classes; `--can`" in " ".join(capsys.readouterr().out.split())


def test_cedar_text_with_an_open_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A class for some value of the parameter, which it names; whether there are others is not known."""
    (tmp_path / "stack.yaml").write_text(
        """Parameters: {Finance: {Type: String}}
Resources:
  Idc:
    Type: AWS::EC2::VerifiedAccessTrustProvider
    Properties: {TrustProviderType: user, UserTrustProviderType: iam-identity-center, PolicyReferenceName: idc}
  Staff:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      VerifiedAccessInstanceId: vai-0123456789abcdef0
      PolicyDocument: !Sub 'permit(principal, action, resource) when { context.idc.groups has "${Finance}" };'
""",
        encoding="utf-8",
    )
    assert main(["who", str(tmp_path / "stack.yaml"), "--root", str(tmp_path), "--format", "json"]) == 11
    (found,) = json.loads(capsys.readouterr().out)["resources"]
    (allowed,) = found["classes"]
    assert allowed["conditions"] == ['context.idc.groups has "‹Finance›"']
    values = {row["part"]: row["value"] for row in allowed["witness"]}
    assert f'context.idc.groups["{values["‹Finance›"]}"]' in values
    assert found["open"] == ["it hangs on ‹Finance›, which is not known"]


def test_a_document_that_cannot_be_read_is_told_among_others_and_at_its_line_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    queue = {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": ["q"]}}
    network = {
        "version": "2021.12",
        "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
        "segments": [{"name": "prod", "isolate-attachments": "true"}],
    }
    core = {
        "Type": "AWS::NetworkManager::CoreNetwork",
        "Properties": {"GlobalNetworkId": "g", "PolicyDocument": network},
    }
    text = "permit(principal, action, resource) when { context.http_request.http_method is 7 };"
    group = {"Type": "AWS::EC2::VerifiedAccessGroup", "Properties": {"PolicyDocument": text}}

    def policy(**more: str) -> dict[str, Any]:
        held = {**queue["Properties"], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{**sound, **more}]}}
        return {**queue, "Properties": held}

    def stack(name: str, **resources: Any) -> Path:
        file = tmp_path / name
        file.write_text(json.dumps({"Resources": resources}, indent=1), encoding="utf-8")
        return file

    every = stack("all.json", A=policy(Effect="allow"), B=policy(), C=core, D=group)
    status, found = asked(tmp_path, capsys, str(every))
    assert status == 11 and [(item["on"], bool(item["classes"])) for item in found] == [
        ("A", False), ("B", True), ("C", False), ("D", False)
    ]  # fmt: skip
    assert all("it cannot be read: " in item["open"][0] for item in found if not item["classes"])
    assert main(["prove", "--that", "public", str(every), "--root", str(tmp_path)]) == 1
    assert "not settled: public in A\n  it cannot be read: `Effect` is neither" in capsys.readouterr().out
    for resource, word in ((policy(Effect="allow"), '"allow"'), (core, '"true"'), (group, " is 7")):
        file = stack("one.json", A=resource)
        line = next(at for at, held in enumerate(file.read_text().splitlines(), 1) if word in held)
        assert main(["who", str(file), "--root", str(tmp_path)]) != 0
        assert f"--> {file.name}:{line}:" in capsys.readouterr().err
