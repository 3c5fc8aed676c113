"""Permissions of functions in manifests of Crossplane and programs of Pulumi are what their twins in CloudFormation are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.text import Source
from policyc.workspace.documents.hosts import open_hosts
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.taken_out import TakenOut, take_out

ARN = "arn:aws:lambda:us-west-2:111122223333:function:resize"
#: what a permission says, by CloudFormation's names
SAID: list[dict[str, object]] = [
    {"Principal": "*"},
    {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::acme-photos", "SourceAccount": "111122223333"},
    {"Principal": "111122223333"},
    {"Principal": "arn:aws:iam::111122223333:role/app", "PrincipalOrgID": "o-a1b2c3d4e5"},
    {"Principal": "*", "FunctionUrlAuthType": "AWS_IAM", "InvokedViaFunctionUrl": True},
    {"Principal": "alexa-appkit.amazon.com", "EventSourceToken": "amzn1.ask.skill.1"},
]


def found(name: str, format: str, value: object) -> tuple[list[TakenOut], list[str]]:
    hosts = open_hosts(Path(), [(Source(name, json.dumps(value)), format)], Diagnostics(), NativeSettings())
    taken, left = take_out(hosts, opened=True)
    return taken, [item.reason for item in left]


def statement(item: TakenOut) -> dict[str, object]:
    told: dict[str, object] = json.loads(item.source.text)["Statement"][0]
    return {name: part for name, part in told.items() if name != "Sid"}


def camel(said: Mapping[str, object]) -> dict[str, object]:
    return {
        "principalOrgId" if name == "PrincipalOrgID" else name[:1].lower() + name[1:]: v for name, v in said.items()
    }


@pytest.mark.parametrize("said", SAID)
def test_three_hosts_say_the_same(said: dict[str, object]) -> None:
    whole = {"Action": "lambda:InvokeFunction", **said}
    stack = {"P": {"Type": "AWS::Lambda::Permission", "Properties": {**whole, "FunctionName": ARN}}}
    (wanted,), _ = found("stack.json", "cloudformation", {"Resources": stack})
    upbound = {"apiVersion": "lambda.aws.upbound.io/v1beta1", "kind": "Permission", "metadata": {"name": "p"}}
    (manifest,), _ = found(
        "p.json", "kubernetes", {**upbound, "spec": {"forProvider": {**camel(whole), "functionName": ARN}}}
    )
    pulumi = {"p": {"type": "aws:lambda:Permission", "properties": {**camel(whole), "function": ARN}}}
    (program,), _ = found("Pulumi.yaml", "pulumi-yaml", {"name": "x", "runtime": "yaml", "resources": pulumi})
    for item in (manifest, program):
        assert statement(item) == statement(wanted) and item.kind == "function" and item.is_permission


def test_functions_by_name_and_by_reference() -> None:
    upbound = {"apiVersion": "lambda.aws.m.upbound.io/v1beta1", "kind": "Permission", "metadata": {"name": "p"}}
    held = {"action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com", "qualifier": "live"}
    (item,), _ = found("p.json", "kubernetes", {**upbound, "spec": {"forProvider": {**held, "functionName": "resize"}}})
    assert item.called == "resize" and list(item.holes) == ["function resize"]
    assert ":function:resize\ue001:live" in str(statement(item)["Resource"])
    (item,), _ = found(
        "p.json", "kubernetes", {**upbound, "spec": {"forProvider": {**held, "functionNameRef": {"name": "fn"}}}}
    )
    assert item.called == "" and ":function:*\ue001:live" in str(statement(item)["Resource"])


def test_what_is_no_whole_permission_is_told() -> None:
    upbound = {"apiVersion": "lambda.aws.upbound.io/v1beta1", "kind": "Permission", "metadata": {"name": "p"}}
    for held in (
        {"functionName": "resize"},
        {"functionName": "resize", "action": "lambda:InvokeFunction", "principal": 1},
    ):
        taken, left = found("p.json", "kubernetes", {**upbound, "spec": {"forProvider": held}})
        assert not taken and left == ["it lacks an action, a principal or its function, or has one that is no text"]
