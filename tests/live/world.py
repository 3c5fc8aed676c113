"""One account with something of everything, behind the fake."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.live.fake.callers import Iam, Organizations
from tests.live.fake.cloud_wan import CloudWan
from tests.live.fake.core import ACCOUNT, REGION, Aws
from tests.live.fake.lattice import Lattice
from tests.live.fake.storage import Buckets, Control, Functions, function_arn, olap_arn, point_arn
from tests.live.fake.verified_access import VerifiedAccess

NETWORK, SERVICE = "sn-0123456789abcdef0", "svc-0123456789abcdef0"
GROUP, ENDPOINT, INSTANCE = "vagr-0123456789abcdef0", "vae-0123456789abcdef0", "vai-0123456789abcdef0"
CORE = "core-network-0123456789abcdef0"
ORDERS = f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:service/{SERVICE}"
MESH = f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:servicenetwork/{NETWORK}"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str, principal: Any = None, action: str = "vpc-lattice-svcs:Invoke", resource: str = "*", **more: Any
) -> dict[str, Any]:
    who = {} if principal is None else {"Principal": principal}
    return {"Sid": sid, "Effect": "Allow", **who, "Action": action, "Resource": resource, **more}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps(document(*statements), separators=(",", ":"))


CEDAR = (
    'permit (principal, action, resource)\nwhen { context.idc.groups has "c242c5b0-6081-1845-6fa8-6e0d9513c107" };\n'
)
NETWORK_POLICY = {
    "version": "2021.12",
    "core-network-configuration": {
        "asn-ranges": ["64512-64555"],
        "edge-locations": [{"location": "us-east-1"}, {"location": "eu-west-1"}],
    },
    "segments": [
        {"name": "prod", "require-attachment-acceptance": False},
        {"name": "dev", "require-attachment-acceptance": False},
    ],
    "attachment-policies": [
        {
            "rule-number": 100,
            "condition-logic": "or",
            "conditions": [{"type": "tag-value", "operator": "equals", "key": "segment", "value": name}],
            "action": {"association-method": "constant", "segment": name},
        }
        | {"rule-number": 100 + at}
        for at, name in enumerate(("prod", "dev"))
    ],
}


@dataclass
class World:
    aws: Aws = field(default_factory=Aws)
    lattice: Lattice = field(default_factory=Lattice)
    ec2: VerifiedAccess = field(default_factory=VerifiedAccess)
    wan: CloudWan = field(default_factory=CloudWan)
    control: Control = field(default_factory=Control)
    buckets: Buckets = field(default_factory=Buckets)
    functions: Functions = field(default_factory=Functions)
    iam: Iam = field(default_factory=Iam)
    organizations: Organizations = field(default_factory=Organizations)

    def __post_init__(self) -> None:
        self.aws.services |= {
            "vpc-lattice": [self.lattice],
            "ec2": [self.ec2],
            "networkmanager": [self.wan],
            "s3control": [self.control],
            "s3": [self.buckets],
            "lambda": [self.functions],
            "iam": [self.iam],
            "organizations": [self.organizations],
        }


def vpc_attachment(number: int, region: str, segment: str, vpc: str = "") -> dict[str, Any]:
    vpc = vpc or f"vpc-{number:017x}"
    return {
        "AttachmentId": f"attachment-{number:017x}",
        "CoreNetworkId": CORE,
        "OwnerAccountId": ACCOUNT,
        "AttachmentType": "VPC",
        "State": "AVAILABLE",
        "EdgeLocation": region,
        "ResourceArn": f"arn:aws:ec2:{region}:{ACCOUNT}:vpc/{vpc}",
        "SegmentName": segment,
        "Tags": [{"Key": "segment", "Value": segment}, {"Key": "Name", "Value": f"{segment}{number}"}],
    }


def world() -> World:
    """A mesh with one service, a group with one endpoint, a core network with two VPCs, one Object Lambda chain, and two roles."""
    made = World()
    made.lattice.add_network(
        NETWORK,
        "mesh",
        policy=text(allow("Members", "*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
    )
    made.lattice.add_service(SERVICE, "orders", policy=text(allow("App", {"AWS": APP})), network=NETWORK)
    made.lattice.listeners[SERVICE] = [
        {
            "id": "listener-0123456789abcdef0",
            "arn": f"{ORDERS}/listener/listener-0123456789abcdef0",
            "name": "https",
            "protocol": "HTTPS",
            "port": 443,
            "defaultAction": {"fixedResponse": {"statusCode": 404}},
        }
    ]
    made.ec2.add_instance(INSTANCE, idc="iam-identity-center", okta="oidc")
    made.ec2.add_group(GROUP, INSTANCE, CEDAR, "workforce")
    made.ec2.add_endpoint(ENDPOINT, GROUP, "payroll.example.com")
    network = made.wan.add_network(CORE, json.dumps(NETWORK_POLICY), "core")
    network.attachments = [vpc_attachment(1, "us-east-1", "prod"), vpc_attachment(2, "eu-west-1", "dev")]
    made.ec2.vpcs = [{"VpcId": f"vpc-{number:017x}", "CidrBlock": f"10.{number}.0.0/16"} for number in (1, 2)]
    function = function_arn("resize")
    made.control.add_chain("resized", "photos-ap", "acme-photos", function)
    made.control.policies["olap:resized"] = text(
        allow("Reader", {"AWS": APP}, "s3-object-lambda:GetObject", olap_arn("resized"))
    )
    made.control.policies["ap:photos-ap"] = text(
        allow(
            "Reader",
            {"AWS": APP},
            "s3:GetObject",
            point_arn("photos-ap") + "/object/*",
            Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}},
        )
    )
    made.buckets.policies["acme-photos"] = text(
        allow(
            "Delegate",
            {"AWS": "*"},
            "s3:*",
            "arn:aws:s3:::acme-photos/*",
            Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
        )
    )
    made.functions.policies[function] = text(allow("Invoke", {"AWS": APP}, "lambda:InvokeFunction", function))
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    made.functions.roles["resize"] = made.iam.add_role("resize", trust)
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/limits"
    made.iam.add_role("app", trust, boundary)
    made.iam.managed[boundary] = document(allow("All", None, "*"))
    made.iam.inline["app"] = {
        "invoke": document(
            allow("Invoke", None, "vpc-lattice-svcs:Invoke"),
            allow("Read", None, "s3-object-lambda:*"),
            allow("S3", None, "s3:GetObject"),
            allow("F", None, "lambda:InvokeFunction"),
        )
    }
    made.iam.inline["resize"] = {"write": document(allow("Write", None, "s3-object-lambda:WriteGetObjectResponse"))}
    made.organizations.parents = {ACCOUNT: "ou-ab12-cdefghij", "ou-ab12-cdefghij": "r-ab12"}
    made.organizations.contents["p-FullAWSAccess"] = text(allow("", None, "*") | {"Sid": "Full"})
    for level in (ACCOUNT, "ou-ab12-cdefghij", "r-ab12"):
        made.organizations.attached[level, "SERVICE_CONTROL_POLICY"] = ["p-FullAWSAccess"]
    return made
