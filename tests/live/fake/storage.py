"""S3 Object Lambda with access points, buckets and functions. A function's policy has a revision that changes with every write."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.live.fake.core import ACCOUNT, REGION, Refused, page

BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def olap_arn(name: str) -> str:
    return f"arn:aws:s3-object-lambda:{REGION}:{ACCOUNT}:accesspoint/{name}"


def point_arn(name: str) -> str:
    return f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/{name}"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


@dataclass
class Control:
    """S3 control."""

    lambdas: dict[str, dict[str, Any]] = field(default_factory=dict)
    points: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)

    def add_chain(
        self, name: str, point: str, bucket: str, function: str, actions: tuple[str, ...] = ("GetObject",)
    ) -> None:
        self.points[point] = {
            "Name": point,
            "Bucket": bucket,
            "NetworkOrigin": "Internet",
            "PublicAccessBlockConfiguration": BLOCK,
            "BucketAccountId": ACCOUNT,
        }
        transform = {"AwsLambda": {"FunctionArn": function}}
        self.lambdas[name] = {
            "SupportingAccessPoint": point_arn(point),
            "TransformationConfigurations": [{"Actions": list(actions), "ContentTransformation": transform}],
        }

    def list_access_points_for_object_lambda(self, AccountId: str, NextToken: str | None = None) -> dict[str, Any]:
        items = [{"Name": name, "ObjectLambdaAccessPointArn": olap_arn(name)} for name in self.lambdas]
        return page(items, "ObjectLambdaAccessPointList", NextToken, 100)

    def get_access_point_for_object_lambda(self, AccountId: str, Name: str) -> dict[str, Any]:
        self._there(self.lambdas, Name)
        return {"Name": Name, "PublicAccessBlockConfiguration": BLOCK}

    def get_access_point_configuration_for_object_lambda(self, AccountId: str, Name: str) -> dict[str, Any]:
        return {"Configuration": self._there(self.lambdas, Name)}

    def get_access_point(self, AccountId: str, Name: str) -> dict[str, Any]:
        return dict(self._there(self.points, Name))

    def get_public_access_block(self, AccountId: str) -> dict[str, Any]:
        return {"PublicAccessBlockConfiguration": BLOCK}

    def get_access_point_policy_for_object_lambda(self, AccountId: str, Name: str) -> dict[str, Any]:
        return self._read("olap:" + Name)

    def get_access_point_policy(self, AccountId: str, Name: str) -> dict[str, Any]:
        return self._read("ap:" + Name)

    def put_access_point_policy_for_object_lambda(self, AccountId: str, Name: str, Policy: str) -> None:
        self._write("olap:" + Name, Policy)

    def put_access_point_policy(self, AccountId: str, Name: str, Policy: str) -> None:
        self._write("ap:" + Name, Policy)

    def delete_access_point_policy_for_object_lambda(self, AccountId: str, Name: str) -> None:
        self.policies.pop("olap:" + Name, None)

    def delete_access_point_policy(self, AccountId: str, Name: str) -> None:
        self.policies.pop("ap:" + Name, None)

    def _there(self, where: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in where:
            raise Refused("NoSuchAccessPoint", 404)
        return where[name]

    def _read(self, key: str) -> dict[str, Any]:
        if key not in self.policies:
            raise Refused("NoSuchAccessPointPolicy", 404)
        return {"Policy": self.policies[key]}

    def _write(self, key: str, text: str) -> None:
        if "Statement" not in json.loads(text):
            raise Refused("MalformedPolicy", 400)
        self.policies[key] = text


@dataclass
class Buckets:
    """S3 itself."""

    policies: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def get_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        self._owned(Bucket, ExpectedBucketOwner)
        if Bucket not in self.policies:
            raise Refused("NoSuchBucketPolicy", 404)
        return {"Policy": self.policies[Bucket]}

    def put_bucket_policy(self, Bucket: str, Policy: str, ExpectedBucketOwner: str) -> None:
        self._owned(Bucket, ExpectedBucketOwner)
        if "Statement" not in json.loads(Policy):
            raise Refused("MalformedPolicy", 400)
        self.policies[Bucket] = Policy

    def delete_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str) -> None:
        self._owned(Bucket, ExpectedBucketOwner)
        self.policies.pop(Bucket, None)

    def get_public_access_block(self, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        return {"PublicAccessBlockConfiguration": BLOCK}

    def _owned(self, bucket: str, owner: str) -> None:
        if self.owners.get(bucket, ACCOUNT) != owner:
            raise Refused("AccessDenied", 403)


def _revision(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


@dataclass
class Functions:
    """Lambda, with the calls for whole policies, unless `whole` is False."""

    roles: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    whole: bool = True

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        name = FunctionName.split(":")[6]
        secret = {"Variables": {"PASSWORD": "TOP-SECRET-ENV"}}
        return {"FunctionName": name, "FunctionArn": FunctionName, "Role": self.roles[name], "Environment": secret}

    def list_aliases(self, FunctionName: str, Marker: str | None = None) -> dict[str, Any]:
        return {"Aliases": [{"Name": name} for name in self.aliases.get(FunctionName.split(":")[6], ())]}

    def get_policy(self, FunctionName: str, Qualifier: str = "") -> dict[str, Any]:
        return self._read(f"{FunctionName}:{Qualifier}" if Qualifier else FunctionName)

    def _served(self) -> None:
        if not self.whole:
            raise Refused("ResourceNotFoundException", 404, Type="User")

    def get_resource_policy(self, ResourceArn: str) -> dict[str, Any]:
        self._served()
        return self._read(ResourceArn)

    def put_resource_policy(self, ResourceArn: str, Policy: str, RevisionId: str | None = None) -> dict[str, Any]:
        self._served()
        self._expect(ResourceArn, RevisionId)
        if "Statement" not in json.loads(Policy):
            raise Refused("PolicyLengthExceededException", 400)
        self.policies[ResourceArn] = Policy
        self.revisions[ResourceArn] = self.revisions.get(ResourceArn, 0) + 1
        return self._read(ResourceArn)

    def delete_resource_policy(self, ResourceArn: str, RevisionId: str | None = None) -> None:
        self._served()
        self._expect(ResourceArn, RevisionId)
        if self.policies.pop(ResourceArn, None) is None:
            raise Refused("ResourceNotFoundException", 404, Type="User")
        self.revisions[ResourceArn] += 1

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        Qualifier: str = "",
        RevisionId: str | None = None,
        **conditions: str,
    ) -> dict[str, Any]:
        arn = f"{FunctionName}:{Qualifier}" if Qualifier else FunctionName
        self._expect(arn, RevisionId)
        held = json.loads(self.policies.get(arn, '{"Version":"2012-10-17","Id":"default","Statement":[]}'))
        if any(item["Sid"] == StatementId for item in held["Statement"]):
            raise Refused("ResourceConflictException", 409, Type="User")
        who: Any = Principal
        if Principal != "*":
            root = f"arn:aws:iam::{Principal}:root" if Principal.isdigit() else Principal
            who = {"Service": Principal} if Principal.endswith(".amazonaws.com") else {"AWS": root}
        made: dict[str, Any] = {
            "Sid": StatementId,
            "Effect": "Allow",
            "Principal": who,
            "Action": Action,
            "Resource": arn,
        }
        assert set(conditions) <= {"SourceArn", "SourceAccount"}
        if "SourceArn" in conditions:
            made["Condition"] = {"ArnLike": {"AWS:SourceArn": conditions["SourceArn"]}}
        if "SourceAccount" in conditions:
            made.setdefault("Condition", {})["StringEquals"] = {"AWS:SourceAccount": conditions["SourceAccount"]}
        held["Statement"].append(made)
        self._store(arn, held)
        return {"Statement": json.dumps(made)}

    def remove_permission(
        self, FunctionName: str, StatementId: str, Qualifier: str = "", RevisionId: str | None = None
    ) -> None:
        arn = f"{FunctionName}:{Qualifier}" if Qualifier else FunctionName
        self._expect(arn, RevisionId)
        held = json.loads(self.policies.get(arn, '{"Statement":[]}'))
        kept = [item for item in held["Statement"] if item["Sid"] != StatementId]
        if len(kept) == len(held["Statement"]):
            raise Refused("ResourceNotFoundException", 404, Type="User")
        self._store(arn, {**held, "Statement": kept})

    def _store(self, arn: str, held: dict[str, Any]) -> None:
        """The last statement takes the policy along."""
        self.policies[arn] = json.dumps(held)
        if not held["Statement"]:
            del self.policies[arn]
        self.revisions[arn] = self.revisions.get(arn, 0) + 1

    def _expect(self, arn: str, revision: str | None) -> None:
        if revision is not None and revision != _revision(self.revisions.get(arn, 0)):
            raise Refused("PreconditionFailedException", 412, Type="User")

    def _read(self, arn: str) -> dict[str, Any]:
        if arn not in self.policies:
            raise Refused("ResourceNotFoundException", 404, Type="User")
        return {"Policy": self.policies[arn], "RevisionId": _revision(self.revisions.setdefault(arn, 0))}
