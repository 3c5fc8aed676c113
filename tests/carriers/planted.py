"""Small host files with one policy each, right and wrong: every carrier times every kind of document, made from few sources.

A wrong document differs from the right one in one word, and the finding has to stand on the line of the host where that word stands. What is a mistake follows from
the services' documentation, as the pages of the rules say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of document: its text, the right word and the wrong one in its place, and what is said of it."""

    name: str
    text: str
    right: str
    wrong: str
    rule: str

    def written(self, wrong: bool) -> str:
        assert self.text.count("@") == 1
        return self.text.replace("@", self.wrong if wrong else self.right)

    @property
    def is_json(self) -> bool:
        return self.name != "cedar"


def _json(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}, indent=2)


ROLE = {"AWS": "arn:aws:iam::111122223333:role/orders"}
KINDS = (
    Kind(
        "auth-policy",
        _json(Principal=ROLE, Action="vpc-lattice-svcs:@", Resource="*"),
        "Invoke",
        "Invok",
        "invalid-action",
    ),
    Kind(
        "cedar",
        'permit(principal, action, resource)\nwhen {\n  context.http_request.@ == "GET"\n};\n',
        "http_method",
        "http_metod",
        "cedar-unknown-attribute",
    ),
    Kind(
        "core-network",
        json.dumps(
            {
                "version": "2021.12",
                "core-network-configuration": {
                    "asn-ranges": ["64512-64600"],
                    "edge-locations": [{"location": "eu-west-1"}],
                },
                "segments": [{"name": "apps"}],
                "attachment-policies": [
                    {
                        "rule-number": 1,
                        "conditions": [{"type": "any"}],
                        "action": {"association-method": "constant", "segment": "@"},
                    }
                ],
            },
            indent=2,
        ),
        "apps",
        "aps",
        "network-unknown-name",
    ),
    Kind(
        "object-lambda",
        _json(
            Principal=ROLE,
            Action="s3-object-lambda:@",
            Resource="arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/images",
        ),
        "GetObject",
        "GetObjet",
        "invalid-action",
    ),
    Kind(
        "access-point",
        _json(Principal=ROLE, Action="s3:@", Resource="arn:aws:s3:eu-west-1:111122223333:accesspoint/photos/object/*"),
        "GetObject",
        "GetObjet",
        "unknown-action",
    ),
    Kind(
        "bucket",
        _json(Principal=ROLE, Action="s3:@", Resource="arn:aws:s3:::photos/*"),
        "GetObject",
        "GetObjet",
        "unknown-action",
    ),
    Kind("identity", _json(Action="s3:@", Resource="arn:aws:s3:::photos/*"), "GetObject", "GetObjet", "unknown-action"),
    Kind("trust", _json(Principal=ROLE, Action="sts:@"), "AssumeRole", "AsumeRole", "unknown-action"),
)

#: kind -> CloudFormation's type, property and what else the resource has
_CFN = {
    "auth-policy": ("AWS::VpcLattice::AuthPolicy", "Policy", {"ResourceIdentifier": "svc-0123456789abcdef0"}),
    "cedar": ("AWS::EC2::VerifiedAccessGroup", "PolicyDocument", {"VerifiedAccessInstanceId": "vai-0a1b2c3d4e5f6a7b8"}),
    "core-network": ("AWS::NetworkManager::CoreNetwork", "PolicyDocument", {"GlobalNetworkId": "global-network-1"}),
    "object-lambda": (
        "AWS::S3ObjectLambda::AccessPointPolicy",
        "PolicyDocument",
        {"ObjectLambdaAccessPoint": "images"},
    ),
    "access-point": ("AWS::S3::AccessPoint", "Policy", {"Bucket": "photos"}),
    "bucket": ("AWS::S3::BucketPolicy", "PolicyDocument", {"Bucket": "photos"}),
    "identity": ("AWS::IAM::ManagedPolicy", "PolicyDocument", {}),
    "trust": ("AWS::IAM::Role", "AssumeRolePolicyDocument", {}),
}
_KUBERNETES = {
    "auth-policy": ("vpclattice.aws.upbound.io/v1beta1", "AuthPolicy", "policy"),
    "cedar": ("ec2.aws.upbound.io/v1beta1", "VerifiedAccessGroup", "policyDocument"),
    "core-network": ("networkmanager.aws.upbound.io/v1beta1", "CoreNetwork", "basePolicyDocument"),
    "object-lambda": ("s3control.aws.upbound.io/v1beta1", "ObjectLambdaAccessPointPolicy", "policy"),
    "access-point": ("s3control.aws.upbound.io/v1beta1", "AccessPointPolicy", "policy"),
    "bucket": ("s3.aws.upbound.io/v1beta1", "BucketPolicy", "policy"),
    "identity": ("iam.aws.upbound.io/v1beta1", "Policy", "policy"),
    "trust": ("iam.aws.upbound.io/v1beta1", "Role", "assumeRolePolicy"),
}
_PULUMI = {
    "auth-policy": ("aws:vpclattice/authPolicy:AuthPolicy", "policy"),
    "cedar": ("aws:verifiedaccess/group:Group", "policyDocument"),
    "core-network": ("aws:networkmanager/coreNetworkPolicyAttachment:CoreNetworkPolicyAttachment", "policyDocument"),
    "object-lambda": ("aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy", "policy"),
    "access-point": ("aws:s3control/accessPointPolicy:AccessPointPolicy", "policy"),
    "bucket": ("aws:s3/bucketPolicy:BucketPolicy", "policy"),
    "identity": ("aws:iam/policy:Policy", "policy"),
    "trust": ("aws:iam/role:Role", "assumeRolePolicy"),
}
_ANSWERS: dict[str, Callable[[str], Any]] = {
    "auth-policy": lambda text: {"policy": text, "state": "Active"},
    "cedar": lambda text: {"PolicyEnabled": True, "PolicyDocument": text},
    "core-network": lambda text: {"CoreNetworkPolicy": {"CoreNetworkId": "core-network-1", "PolicyDocument": text}},
    "object-lambda": lambda text: {"Policy": text},
    "access-point": lambda text: {"Policy": text},
    "bucket": lambda text: {"Policy": text},
    "identity": lambda text: {"PolicyVersion": {"Document": json.loads(text), "VersionId": "v1"}},
    "trust": lambda text: {"Role": {"RoleName": "orders", "AssumeRolePolicyDocument": json.loads(text)}},
}


def _head(kind: Kind) -> str:
    type_, _, more = _CFN[kind.name]
    lines = [f"      {key}: {value}" for key, value in more.items()]
    return "\n".join(["Resources:", "  It:", f"    Type: {type_}", "    Properties:", *lines])


def cfn_mapping(kind: Kind, text: str) -> str | None:
    """YAML with the document as a mapping."""
    if not kind.is_json:
        return None
    import yaml

    body = yaml.safe_dump(json.loads(text), sort_keys=False)
    return f"{_head(kind)}\n      {_CFN[kind.name][1]}:\n{indent(body, ' ' * 8)}"


def cfn_literal(kind: Kind, text: str) -> str:
    """YAML with the document as a literal block."""
    return f"{_head(kind)}\n      {_CFN[kind.name][1]}: |\n{indent(text, ' ' * 8)}\n"


def cfn_sub(kind: Kind, text: str) -> str:
    """YAML with `!Sub` over a literal block that names a parameter in a place where any text may stand."""
    put = text.replace("orders", "${Name}") if kind.is_json else text.replace('"GET"', '"${Name}"')
    parameters = "Parameters:\n  Name: { Type: String }\n"
    return f"{parameters}{_head(kind)}\n      {_CFN[kind.name][1]}: !Sub |\n{indent(put, ' ' * 8)}\n"


def cfn_quoted(kind: Kind, text: str) -> str:
    """YAML with the document as one quoted line."""
    return f"{_head(kind)}\n      {_CFN[kind.name][1]}: {json.dumps(text)}\n"


def cfn_json(kind: Kind, text: str) -> str | None:
    """JSON with the document as an object."""
    type_, name, more = _CFN[kind.name]
    if not kind.is_json:
        return None
    return json.dumps({"Resources": {"It": {"Type": type_, "Properties": {**more, name: json.loads(text)}}}}, indent=1)


def cdk_join(kind: Kind, text: str) -> str:
    """JSON as CDK writes it: the document as a text that is cut by a reference."""
    type_, name, more = _CFN[kind.name]
    cut = text.partition("orders" if kind.is_json else "GET")
    parts = [cut[0], {"Ref": "Name"}, cut[2]] if cut[1] else [text[:3], text[3:]]
    joined = {"Fn::Join": ["", parts]}
    data = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"It": {"Type": type_, "Properties": {**more, name: joined}}},
    }
    return json.dumps(data, indent=1)


def kubernetes(kind: Kind, text: str) -> str:
    """A manifest of Crossplane among others."""
    version, name, member = _KUBERNETES[kind.name]
    first = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n---\n"
    head = f"apiVersion: {version}\nkind: {name}\nmetadata: {{ name: it }}\nspec:\n  forProvider:\n    {member}: |\n"
    return f"{first}{head}{indent(text, ' ' * 6)}\n"


def iam_auth_policy(kind: Kind, text: str) -> str | None:
    """The resource of the AWS Gateway API Controller."""
    if kind.name != "auth-policy":
        return None
    head = "apiVersion: application-networking.k8s.aws/v1alpha1\nkind: IAMAuthPolicy\nmetadata: { name: it }\nspec:\n  policy: |\n"
    return f"{head}{indent(text, ' ' * 4)}\n"


def answer(kind: Kind, text: str) -> str:
    """What a `get-…` command prints."""
    return json.dumps(_ANSWERS[kind.name](text), indent=2)


def pulumi(kind: Kind, text: str) -> str:
    """What `pulumi preview --json` prints."""
    type_, member = _PULUMI[kind.name]
    urn = f"urn:pulumi:dev::shop::{type_}::it"
    step = {"op": "create", "urn": urn, "newState": {"urn": urn, "type": type_, "inputs": {member: text}}}
    return json.dumps({"steps": [step]}, indent=2)


def markdown(kind: Kind, text: str) -> str:
    """A fence in prose."""
    return f"# Notes\n\nThe policy:\n\n```{'json' if kind.is_json else 'cedar'}\n{text}\n```\n"


CARRIERS: dict[str, tuple[str, Callable[[Kind, str], str | None]]] = {
    "cfn-mapping": ("template.yaml", cfn_mapping),
    "cfn-literal": ("template.yaml", cfn_literal),
    "cfn-sub": ("template.yaml", cfn_sub),
    "cfn-quoted": ("template.yaml", cfn_quoted),
    "cfn-json": ("template.json", cfn_json),
    "cdk-join": ("Shop.template.json", cdk_join),
    "kubernetes": ("policy.yaml", kubernetes),
    "controller": ("policy.yaml", iam_auth_policy),
    "answer": ("got.json", answer),
    "pulumi": ("preview.json", pulumi),
    "markdown": ("notes.md", markdown),
}


@dataclass(frozen=True)
class Planted:
    """One host file; `line` is where the wrong word stands, 0 for a right one."""

    name: str
    file: str
    text: str
    kind: Kind
    line: int


def planted() -> Iterator[Planted]:
    """Every carrier times every kind, right and wrong."""
    for carrier, (file, write) in CARRIERS.items():
        for kind in KINDS:
            for wrong in (False, True):
                text = write(kind, kind.written(wrong))
                if text is None:
                    continue
                # the wrong word, not as the beginning of the right one
                line = text[: text.index(kind.wrong)].count("\n") + 1 if wrong else 0
                yield Planted(f"{carrier}-{kind.name}-{'wrong' if wrong else 'right'}", file, text, kind, line)
