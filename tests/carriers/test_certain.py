"""A finding holds whatever an open value is; a value with which the service would refuse the document says nothing about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from policyc.workspace.catalogue import rule_texts

TEMPLATE = """Parameters:
  Team: {{Type: String}}
Resources:
  A:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0123456789abcdef0
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{AWS: {principal}}}
            Action: vpc-lattice-svcs:Invoke
            Resource: {resource}
            Condition: {{StringEquals: {{vpc-lattice-svcs:RequestMethod: {method}}}}}
"""
ROLE = "arn:aws:iam::111122223333:role/app"


@pytest.mark.parametrize(
    ("principal", "resource", "method", "rules"),
    [
        # `*` for the team would be no caller that the service takes
        ("!Sub 'arn:aws:iam::${AWS::AccountId}:role/orders-${Team}'", '"*"', "get", ["value-never-matches"]),
        ("!Sub 'arn:aws:iam::111122223333:role/${Team}'", '"*"', "get", ["value-never-matches"]),
        ("!Ref Team", '"*"', "get", ["value-never-matches"]),
        (ROLE, "!Sub '${Team}/*'", "get", ["value-never-matches"]),
        # the name of the hole before the account has colons
        ("!Sub 'arn:${AWS::Partition}:iam::${Team}:root'", '"*"', "get", ["value-never-matches"]),
        ("!Sub 'arn:${AWS::Partition}:iam::${Team}:root'", '"*"', "!Ref AWS::AccountId", []),
        # the method may be a right one
        (ROLE, '"*"', "!Ref Team", []),
        ("!Sub 'arn:aws:iam::111122223333:role/${Team}'", '"*"', "GET", []),
    ],
)
def test_what_is_certain(
    principal: str,
    resource: str,
    method: str,
    rules: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(TEMPLATE.format(principal=principal, resource=resource, method=method))
    main(["check", "--no-cache", "--format", "json", "t.yaml"])
    assert [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]] == rules


def test_pedantic_tells_as_notes_what_only_some_values_bring_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(TEMPLATE.format(principal=ROLE, resource='"*"', method="!Ref Team"))
    assert main(["check", "--no-cache", "--format", "json", "t.yaml"]) == 0
    silent = json.loads(capsys.readouterr().out)
    assert main(["check", "--no-cache", "--pedantic", "--format", "json", "t.yaml"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert silent["findings"] == [] and silent["inside"]["withheld"] == len(told["findings"]) > 0
    assert told["inside"]["withheld"] == 0
    assert {item["confidence"] for item in told["findings"]} == {"possible"}
    assert {item["severity"] for item in told["findings"]} == {"info"}
    # what was tried is not told as if somebody had written it
    summaries = {name: text.summary.rstrip(".") for name, text in rule_texts().items()}
    assert all(item["message"].lower().endswith(summaries[item["rule"]].lower()) for item in told["findings"])
    method = next(item for item in told["findings"] if item["rule"] == "value-never-matches")
    assert method["location"]["start"]["line"] == 15
    assert main(["check", "--no-cache", "--pedantic", "--format", "sarif", "t.yaml"]) == 0
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert {item["properties"]["confidence"] for item in run["results"]} == {"possible"}
    # a value settles it, one way or the other
    assert main(["check", "--no-cache", "--pedantic", "--bind", "Team=GET", "t.yaml"]) == 0
    assert "value-never-matches" not in capsys.readouterr().out
    assert main(["check", "--no-cache", "--pedantic", "--bind", "Team=get", "t.yaml"]) == 1
    assert "error[value-never-matches]" in capsys.readouterr().out


def test_a_document_in_another_block_is_judged_like_one_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is found lies outside of the resource, and values with which the service would refuse the document take nothing away there."""
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text(
        """variable "team" {}
locals {
  doc = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/${var.team}" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::b/*"
      Condition = { StringLike = { "s3:prefix" = "a/" } }
    }]
  }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = "b"
  policy = jsonencode(local.doc)
}
""",
        encoding="utf-8",
    )
    main(["check", "--no-cache", "--format", "json", "main.tf"])
    found = [
        (item["rule"], item["location"]["start"]["line"]) for item in json.loads(capsys.readouterr().out)["findings"]
    ]
    assert found == [("key-not-carried", 10)]


NETWORK: dict[str, Any] = {
    "version": "2021.12",
    "core-network-configuration": {
        "asn-ranges": ["64512-64555"],
        "inside-cidr-blocks": ["10.1.0.0/16"],
        "edge-locations": [
            {"location": "us-east-1", "asn": 64512, "inside-cidr-blocks": ["10.1.0.0/24"]},
            {"location": "eu-west-1"},
        ],
    },
    "segments": [
        {"name": "prod", "edge-locations": ["us-east-1"], "isolate-attachments": False},
        {"name": "dev", "allow-filter": ["shared"]},
        {"name": "shared", "description": "what all need"},
    ],
    "network-function-groups": [{"name": "fw", "require-attachment-acceptance": True}],
    "segment-actions": [
        {"action": "share", "mode": "attachment-route", "segment": "shared", "share-with": ["prod", "dev"]},
        {
            "action": "create-route",
            "segment": "prod",
            "destination-cidr-blocks": ["0.0.0.0/0"],
            "destinations": ["attachment-0123456789abcdef0"],
        },
        {
            "action": "send-via",
            "segment": "dev",
            "mode": "single-hop",
            "when-sent-to": {"segments": ["prod"]},
            "via": {
                "network-function-groups": ["fw"],
                "with-edge-overrides": [{"edge-sets": [["us-east-1", "eu-west-1"]], "use-edge-location": "us-east-1"}],
            },
        },
    ],
    "attachment-policies": [
        {
            "rule-number": 100,
            "condition-logic": "or",
            "conditions": [
                {"type": "tag-value", "operator": "equals", "key": "stage", "value": "prod"},
                {"type": "account-id", "operator": "equals", "value": "111122223333"},
            ],
            "action": {"association-method": "constant", "segment": "prod"},
        },
        {
            "rule-number": 200,
            "conditions": [{"type": "tag-exists", "key": "fw"}],
            "action": {"add-to-network-function-group": "fw"},
        },
        {
            "rule-number": 300,
            "condition-logic": "and",
            "conditions": [{"type": "attachment-type", "operator": "equals", "value": "vpc"}],
            "action": {"association-method": "tag", "tag-value-of-key": "segment", "require-acceptance": True},
        },
    ],
}


def _parts(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the values of a network stand, lists and texts alike."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if at and not isinstance(value, dict):
        yield at
    for key, item in items:
        yield from _parts(item, (*at, key))


def _with(network: Any, at: tuple[str | int, ...], value: Any) -> Any:
    made = json.loads(json.dumps(network))
    place = made
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    return made


def test_a_right_core_network_stays_right_with_any_one_value_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a wrong name is told unless the open value may be what declares it."""
    monkeypatch.chdir(tmp_path)
    wrong = _with(NETWORK, ("segment-actions", 0, "share-with", 0), "prd")
    elsewhere = {"location", "asn", "description", "isolate-attachments", "mode"}
    parts = [at for number, at in enumerate(_parts(NETWORK)) if number % 2 or at[-1] in elsewhere]
    for number, at in enumerate(parts):
        for name, network in (("right", NETWORK), ("wrong", wrong))[: 2 if at[-1] in {*elsewhere, "name"} else 1]:
            document = _with(network, at, {"Ref": "X"})
            core = {
                "Type": "AWS::NetworkManager::CoreNetwork",
                "Properties": {"GlobalNetworkId": "g", "PolicyDocument": document},
            }
            template = {"Parameters": {"X": {"Type": "String"}}, "Resources": {"N": core}}
            Path(f"{name}{number}.json").write_text(json.dumps(template))
    main(["check", "--no-cache", "--format", "json", "."])
    told: dict[str, list[str]] = {}
    for item in json.loads(capsys.readouterr().out)["findings"]:
        if item["severity"] == "error":
            told.setdefault(item["location"]["file"], []).append(item["rule"])
    assert not [(at, told[f"right{number}.json"]) for number, at in enumerate(parts) if f"right{number}.json" in told]
    other = [at for number, at in enumerate(parts) if told.get(f"wrong{number}.json") == ["network-unknown-name"]]
    assert {str(at[-1]) for at in other} >= elsewhere
    assert not {at for at in other if at[0] == "segments" and at[-1] == "name"}


#: texts that are open in part, where the open part may make them right, and where none can
PARTLY: list[tuple[tuple[str | int, ...], str, str]] = [
    (("core-network-configuration", "asn-ranges", 0), "${X}-${Y}", ""),
    (("core-network-configuration", "asn-ranges", 0), "64512-${X}", ""),
    (("core-network-configuration", "asn-ranges", 0), "64512 to ${X}", "asn-range"),
    (("core-network-configuration", "inside-cidr-blocks", 0), "10.${X}.0.0/16", ""),
    (("core-network-configuration", "edge-locations", 0, "location"), "us-${X}-1", ""),
    (("segments", 0, "name"), "p${X}", ""),
    (("segments", 0, "name"), "prod${X}", ""),
    (("segments", 0, "name"), "prod-${X}", "segment-name"),
    (("segment-actions", 0, "mode"), "attachment-${X}", ""),
    (("segment-actions", 1, "destination-cidr-blocks", 0), "${X}/0", ""),
    (("segment-actions", 1, "destinations", 0), "attachment-${X}", ""),
    (("segment-actions", 2, "via", "network-function-groups", 0), "${X}w", ""),
    (("attachment-policies", 0, "conditions", 1, "value"), "1111${X}", ""),
    (("attachment-policies", 0, "action", "segment"), "${X}d", ""),
    (("attachment-policies", 0, "action", "segment"), "${X}t", "network-unknown-name"),
]


def test_a_text_that_is_open_in_part_is_wrong_where_no_value_makes_it_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, (at, text, _) in enumerate(PARTLY):
        core = {
            "Type": "AWS::NetworkManager::CoreNetwork",
            "Properties": {"GlobalNetworkId": "g", "PolicyDocument": _with(NETWORK, at, {"Fn::Sub": text})},
        }
        open_names = {"X": {"Type": "String"}, "Y": {"Type": "String"}}
        Path(f"{number}.json").write_text(json.dumps({"Parameters": open_names, "Resources": {"N": core}}))
    main(["check", "--no-cache", "--format", "json", "."])
    told: dict[str, str] = {}
    for item in json.loads(capsys.readouterr().out)["findings"]:
        if item["severity"] == "error":
            told.setdefault(item["location"]["file"], item["rule"])
    assert [told.get(f"{number}.json", "") for number in range(len(PARTLY))] == [rule for _, _, rule in PARTLY]


BUCKET = """Parameters:
  Open: {{Type: String}}
Resources:
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: acme-photos
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: {effect}
            Principal: "*"
            Action: s3:GetObject
            Resource: arn:aws:s3:::acme-photos/*
            Condition: {{{condition}}}
"""


@pytest.mark.parametrize(
    ("effect", "condition", "rules"),
    [
        # an operator that takes no other text is tried with values that it takes
        ("Allow", 'IpAddress: {"aws:SourceIp": !Ref Open}', []),
        ("Allow", 'StringEquals: {"aws:SourceVpce": !Ref Open}', []),
        ("Allow", 'Bool: {"aws:SecureTransport": !Ref Open}', ["anonymous-admitted"]),
        ("Allow", 'StringNotEquals: {"aws:SourceVpce": !Ref Open}', ["anonymous-admitted"]),
        # what AWS refuses in a template is one finding beside the others, and where it stands nothing is certain
        ("Alow", 'IpAddress: {"aws:SourceIp": !Ref Open}', ["invalid-effect"]),
        ("Alow", 'StringEquals: {"aws:PrincipalOrgID": o-abc}', ["invalid-effect", "value-never-matches"]),
    ],
)
def test_what_is_certain_of_what_an_operator_compares(
    effect: str,
    condition: str,
    rules: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(BUCKET.format(effect=effect, condition=condition))
    main(["check", "--no-cache", "--format", "json", "t.yaml"])
    assert [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]] == rules
