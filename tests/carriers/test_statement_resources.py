"""Resources that are one statement of a policy, loops inside documents, and manifests beside texts with braces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

BUS = """Resources:
  Written:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: orders
      StatementId: partners
      Statement:
        Effect: Allow
        Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
        Action: ACTION
        Resource: !Sub "arn:aws:events:us-east-1:${AWS::AccountId}:event-bus/orders"
  Made:
    Type: AWS::Events::EventBusPolicy
    Properties:
      StatementId: all
      Action: events:PutEvents
      Principal: "*"
      Condition: {Type: OPERATOR, Key: aws:PrincipalOrgID, Value: o-a1b2c3d4e5}
"""
LOOP = """Transform: AWS::LanguageExtensions
Parameters: {Other: {Type: String}}
Resources:
  Bucket:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: b
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: ACTION
            Resource: arn:aws:s3:::b/*
            Condition:
              StringNotEquals:
                Fn::ForEach::Tags:
                  - Tag
                  - [team, LAST]
                  - aws:PrincipalTag/${Tag}: x
"""
MANIFEST = """apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: alerts}
spec: {groups: [{name: a, rules: [{annotations: {summary: "{{ $labels.instance }} is down"}}]}]}
---
apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
metadata: {name: orders, annotations: {note: "NOTE"}}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}
  policy: |
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ACTION", "Resource": "*",
      "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]}
"""
ROWS = [
    ("t.yaml", BUS, {"ACTION": "events:PutEvents", "OPERATOR": "StringEquals"}, [], 0),
    ("t.yaml", BUS, {"ACTION": "events:PutEvent", "OPERATOR": "StringEquals"}, [("unknown-action", 10)], 0),
    ("t.yaml", BUS, {"ACTION": "events:PutEvents", "OPERATOR": "StringEqual"}, [("invalid-condition-operator", 18)], 0),
    ("t.yaml", LOOP, {"ACTION": "s3:*", "LAST": "stage"}, [], 0),
    ("t.yaml", LOOP, {"ACTION": "s3:GetObjct", "LAST": "stage"}, [("unknown-action", 13)], 0),
    ("t.yaml", LOOP, {"ACTION": "s3:GetObjct", "LAST": "!Ref Other"}, [], 1),
    ("m.yaml", MANIFEST, {"ACTION": "vpc-lattice-svcs:Invoke", "NOTE": "{{x}}"}, [], 0),
    ("m.yaml", MANIFEST, {"ACTION": "vpc-lattice-svcs:Invok", "NOTE": "{{x}}"}, [("invalid-action", 12)], 0),
    ("m.yaml", MANIFEST, {"ACTION": "{{ .Values.action }}", "NOTE": "n"}, [], 0),
    (
        "m.yaml",
        MANIFEST,
        {"ACTION": "vpc-lattice-svcs:Invok", "NOTE": '{{ include \\"x\\" . }}'},
        [("invalid-action", 12)],
        0,
    ),
]


@pytest.mark.parametrize(("name", "text", "words", "found", "unreadable"), ROWS)
def test_what_is_found_where(
    name: str,
    text: str,
    words: dict[str, str],
    found: list[tuple[str, int]],
    unreadable: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for word, value in words.items():
        text = text.replace(word, value)
    Path(name).write_text(text, encoding="utf-8")
    main(["check", "--no-cache", "--format", "json", name])
    told = json.loads(capsys.readouterr().out)
    assert [(item["rule"], item["location"]["start"]["line"]) for item in told["findings"]] == found
    assert len(told["inside"]["unreadable"]) == unreadable
