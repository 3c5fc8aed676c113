"""`policyc simulate FILE`: a document is asked by what its shape tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

ROLE = "arn:aws:iam::111122223333:role/app"
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
CHAIN = ["--who", ROLE, "--can", "GET", "--path", "/x", "--service-arn", SERVICE, "--network-auth", "none"]
READ = [
    "--who",
    ROLE,
    "--action",
    "s3:GetObject",
    "--resource-arn",
    "arn:aws:s3:::stock/42",
    "--resource-account",
    "111122223333",
]
NETWORK = {
    "version": "2021.12",
    "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
    "segments": [{"name": "shared", "require-attachment-acceptance": False}],
    "attachment-policies": [
        {
            "rule-number": 100,
            "conditions": [{"type": "any"}],
            "action": {"association-method": "constant", "segment": "shared"},
        }
    ],
}
TEMPLATE = """Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: "*", Action: vpc-lattice-svcs:Invoke, Resource: "*"}]
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement: [{Effect: Deny, Principal: "*", Action: vpc-lattice-svcs:Invoke, Resource: "*"}]
  Mesh: {Type: AWS::VpcLattice::ServiceNetwork, Properties: {AuthType: AWS_IAM}}
  Stock: {Type: AWS::VpcLattice::Service, Properties: {AuthType: AWS_IAM}}
"""


HIGH = 'permit (principal, action, resource) when { context.idp.level == "high" };'
VISITED = f"""Resources:
  Staff: {{Type: AWS::EC2::VerifiedAccessGroup, Properties: {{PolicyDocument: '{HIGH}'}}}}
  Open: {{Type: AWS::EC2::VerifiedAccessGroup, Properties: {{Description: none}}}}
  Pay:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties: {{VerifiedAccessGroupId: !Ref Staff, PolicyDocument: "permit (principal, action, resource);"}}
  Wiki:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties: {{VerifiedAccessGroupId: !Ref Open, PolicyDocument: "permit (principal, action, resource);"}}
  Elsewhere:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties: {{VerifiedAccessGroupId: vagr-0123456789abcdef0, PolicyDocument: "permit (principal, action, resource);"}}
"""


def iam(**more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documents = {
        "auth.json": iam(Principal="*", Action="vpc-lattice-svcs:Invoke", Resource="*"),
        "role.json": iam(Action="s3:GetObject", Resource="*"),
        "bucket.json": iam(Principal={"AWS": ROLE}, Action="s3:GetObject", Resource="arn:aws:s3:::stock/*"),
        "group.cedar": 'permit (principal, action, resource) when { context.idp.level == "high" };',
        "context.json": '{"idp": {"level": "high"}}',
        "core.json": json.dumps(NETWORK),
        "stack.yaml": TEMPLATE,
        "visited.yaml": VISITED,
        "values.yaml": "a: 1\n",
    }
    for name, text in documents.items():
        Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("argv", "same"),
    [
        (["auth.json", *CHAIN], ["--service-policy", "auth.json", *CHAIN]),
        (
            ["auth.json", "--identity", "role.json", *CHAIN],
            ["--service-policy", "auth.json", "--identity", "role.json", *CHAIN],
        ),
        (["role.json", *READ], ["--identity", "role.json", *READ]),
        (["bucket.json", *READ], ["--bucket-policy", "bucket.json", *READ]),
        (["stack.yaml#Auth", *CHAIN], ["--service-policy", "stack.yaml#Auth", *CHAIN]),
    ],
    ids=lambda argv: argv[0],
)
def test_the_answer_is_that_of_the_option(argv: list[str], same: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["simulate", *argv])
    told = capsys.readouterr()
    assert (main(["simulate", *same]), capsys.readouterr()) == (status, told)
    assert status in (0, 10, 11)
    assert told.err == ""


def test_a_text_of_which_nothing_is_known_is_taken_for_that_of_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "group.cedar", "--context", "context.json"]) == 0
    told = capsys.readouterr().out
    assert "`group.cedar` is taken for the policy of a group" in " ".join(told.split())
    assert main(["simulate", "--group-policy", "group.cedar", "--context", "context.json"]) == 0
    assert told.startswith(capsys.readouterr().out)


def test_the_policy_of_a_network_stands_at_its_gate(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--who", ROLE, "--can", "GET", "--path", "/x", "--service-arn", SERVICE, "--service-auth", "none"]
    assert main(["simulate", "stack.yaml#MeshAuth", *asked]) == 10
    assert "at network" in capsys.readouterr().out


def test_a_service_of_a_template_goes_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--who", ROLE, "--can", "GET", "--path", "/x", "--network-auth", "none", "--identity"]
    Path("call.json").write_text(iam(Action="vpc-lattice-svcs:Invoke", Resource="*"), encoding="utf-8")
    assert main(["simulate", "stack.yaml#Auth", *words, "call.json"]) == 0
    assert "`Stock` is taken to stand in the caller's account" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (["visited.yaml#Pay"], 10, "deny by default at group visited.yaml#Staff"),
        (["visited.yaml#Wiki"], 10, "the group has no policy, and AWS does not document"),
        (["visited.yaml#Elsewhere", "--group-policy", "group.cedar"], 10, "deny by default at group group.cedar"),
        (["visited.yaml#Elsewhere"], 2, "name it with `--group-policy FILE`"),
    ],
)
def test_a_request_to_an_endpoint_meets_the_policy_of_its_group_first(
    argv: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("low.json").write_text('{"idp": {"level": "low"}}', encoding="utf-8")
    assert main(["simulate", *argv, "--context", "low.json"]) == status
    told = capsys.readouterr()
    assert said in " ".join((told.out + told.err).split())


def test_a_core_network_is_asked_about_attachments(capsys: pytest.CaptureFixture[str]) -> None:
    attachment = "type=vpc,region=us-east-1,account=111122223333"
    assert main(["simulate", "core.json", "--attachment", attachment]) == 0
    assert "shared" in capsys.readouterr().out
    assert main(["simulate", "core.json"]) == 2
    assert "nothing is attached" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["none.json", *READ], "`none.json` does not exist"),
        (["stack.yaml", *CHAIN], "`stack.yaml` holds 2 policies"),
        (["stack.yaml#Atuh", *CHAIN], "did you mean `Auth`?"),
        (["values.yaml", *READ], "`values.yaml` holds no policy that can be asked"),
        (["context.json", *READ], "`context.json` holds no policy that can be asked"),
        (["auth.json", *CHAIN[:6]], "the chain needs the ARN of its service"),
        (["group.cedar"], "a request is either `--context` or `--log`"),
    ],
)
def test_what_cannot_be_asked_says_why(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *argv]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("form", ["object", "text", "terraform"])
def test_a_core_network_inside_a_host_file_is_asked_as_it_is_alone(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file, called = "stack.json", "Core"
    document = NETWORK if form == "object" else json.dumps(NETWORK, indent=2)
    core = {
        "Type": "AWS::NetworkManager::CoreNetwork",
        "Properties": {"GlobalNetworkId": "g", "PolicyDocument": document},
    }
    text = json.dumps(
        {
            "Resources": {
                "Core": core,
                "Other": {**core, "Properties": {**core["Properties"], "PolicyDocument": {"Ref": "X"}}},
            }
        }
    )
    if form == "terraform":
        file, called = "main.tf", "aws_networkmanager_core_network_policy_attachment.a"
        text = f'resource "aws_networkmanager_core_network_policy_attachment" "a" {{\n  policy_document = <<EOT\n{document}\nEOT\n}}\n'
    Path(file).write_text(text)
    Path("core.json").write_text(json.dumps(NETWORK))
    attachment = ["--attachment", "type=vpc,region=us-east-1,account=111122223333,cidr=10.0.0.0/16"]
    for command in (
        ["simulate", "{}", *attachment],
        ["routes", "{}"],
        ["graph", "{}"],
        ["graph", "{}", "--format", "mermaid"],
        ["build", "--diff", "{}", "--network", "core.json"],
    ):
        said = []
        for name in ("core.json", f"{file}#{called}"):
            status = main([word.format(name) for word in command])
            said.append((status, capsys.readouterr().out))
        assert said[0] == said[1] and said[0][0] in (0, 1) and said[0][1], command
    assert main(["routes", f"{file}#X"]) == 2
    assert f"say which: `{file}#{called}`" in " ".join(capsys.readouterr().err.split())
