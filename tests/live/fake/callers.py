"""IAM roles with their policies, and the organization above the account."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.live.fake.core import ACCOUNT, Refused, page

START = datetime(2026, 1, 1, tzinfo=UTC)


def group_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:group/{name}"


def _encoded(document: Any) -> str:
    """As IAM sends it."""
    return quote(json.dumps(document))


@dataclass
class Iam:
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    inline: dict[str, dict[str, Any]] = field(default_factory=dict)
    attached: dict[str, list[str]] = field(default_factory=dict)
    managed: dict[str, Any] = field(default_factory=dict)
    #: ARN of a managed policy -> its versions, the default one, and the highest number that was ever given
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    of_users: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: group -> its inline policies, and user -> the groups that she is in
    of_groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    #: actions that a simulation of the caller's permissions denies
    lacking: set[str] = field(default_factory=set)

    def simulate_principal_policy(
        self, PolicySourceArn: str, ActionNames: list[str], ResourceArns: list[str]
    ) -> dict[str, Any]:
        results = [
            {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in self.lacking else "allowed"}
            for name in ActionNames
        ]
        return {"EvaluationResults": results}

    def add_role(self, name: str, trust: Any, boundary: str = "") -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        role: dict[str, Any] = {
            "Path": "/", "RoleName": name, "RoleId": "AROAEXAMPLEEXAMPLE00", "Arn": arn, "CreateDate": START, "AssumeRolePolicyDocument": _encoded(trust),
        }  # fmt: skip
        if boundary:
            role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        self.roles[name] = role
        return arn

    def get_role(self, RoleName: str) -> dict[str, Any]:
        return {"Role": self._role(RoleName)}

    def list_role_policies(self, RoleName: str, Marker: str | None = None) -> dict[str, Any]:
        self._role(RoleName)
        return {"PolicyNames": list(self.inline.get(RoleName, {}))}

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
        held = self.inline.get(RoleName, {})
        if PolicyName not in held:
            raise Refused("NoSuchEntity", 404)
        return {"RoleName": RoleName, "PolicyName": PolicyName, "PolicyDocument": _encoded(held[PolicyName])}

    def put_role_policy(self, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:
        self._role(RoleName)
        self.inline.setdefault(RoleName, {})[PolicyName] = json.loads(PolicyDocument)

    def delete_role_policy(self, RoleName: str, PolicyName: str) -> None:
        if self.inline.get(RoleName, {}).pop(PolicyName, None) is None:
            raise Refused("NoSuchEntity", 404)

    def list_attached_role_policies(self, RoleName: str, Marker: str | None = None) -> dict[str, Any]:
        arns = self.attached.get(RoleName, [])
        return {"AttachedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]}

    def get_policy(self, PolicyArn: str) -> dict[str, Any]:
        held = self._versions(PolicyArn)
        carried = sum(arns.count(PolicyArn) for arns in self.attached.values())
        return {"Policy": {"Arn": PolicyArn, "DefaultVersionId": self._default(held), "AttachmentCount": carried}}

    def get_policy_version(self, PolicyArn: str, VersionId: str) -> dict[str, Any]:
        held = self._versions(PolicyArn)
        if VersionId not in held:
            raise Refused("NoSuchEntity", 404)
        return {"PolicyVersion": {"Document": _encoded(held[VersionId]), "VersionId": VersionId}}

    def list_policy_versions(self, PolicyArn: str, Marker: str | None = None) -> dict[str, Any]:
        held = self._versions(PolicyArn)
        default = self._default(held)
        listed = [{"VersionId": one, "IsDefaultVersion": one == default} for one in reversed(held)]
        return {"Versions": listed, "IsTruncated": False}

    def create_policy_version(self, PolicyArn: str, PolicyDocument: str, SetAsDefault: bool = False) -> dict[str, Any]:
        held = self._versions(PolicyArn)
        if len(held) >= 5:
            raise Refused("LimitExceeded", 409)
        number = max(self.made.get(PolicyArn, 0), *(int(one[1:]) for one in held)) + 1
        self.made[PolicyArn] = number
        self.versions.setdefault(PolicyArn, dict(held))[f"v{number}"] = json.loads(PolicyDocument)
        assert SetAsDefault
        self.managed[PolicyArn] = json.loads(PolicyDocument)
        self.defaults[PolicyArn] = f"v{number}"
        return {"PolicyVersion": {"VersionId": f"v{number}", "IsDefaultVersion": True}}

    def set_default_policy_version(self, PolicyArn: str, VersionId: str) -> None:
        held = self._versions(PolicyArn)
        if VersionId not in held:
            raise Refused("NoSuchEntity", 404)
        self.managed[PolicyArn] = held[VersionId]
        self.defaults[PolicyArn] = VersionId

    def delete_policy_version(self, PolicyArn: str, VersionId: str) -> None:
        held = self._versions(PolicyArn)
        if VersionId not in held:
            raise Refused("NoSuchEntity", 404)
        if VersionId == self.defaults.get(PolicyArn, "v3"):
            raise Refused("DeleteConflict", 409)
        del self.versions[PolicyArn][VersionId]

    def _versions(self, arn: str) -> dict[str, Any]:
        """The versions of a policy by id, oldest first; `managed` has the text of the default one."""
        if arn not in self.managed:
            raise Refused("NoSuchEntity", 404)
        held = self.versions.setdefault(arn, {"v3": self.managed[arn]})
        held[self.defaults.get(arn, "v3")] = self.managed[arn]
        return held

    def _default(self, held: dict[str, Any]) -> str:
        return next(self.defaults.get(arn, "v3") for arn, versions in self.versions.items() if versions is held)

    def update_assume_role_policy(self, RoleName: str, PolicyDocument: str) -> None:
        self._role(RoleName)["AssumeRolePolicyDocument"] = _encoded(json.loads(PolicyDocument))

    def add_user(self, name: str) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        self.users[name] = {
            "Path": "/",
            "UserName": name,
            "UserId": "AIDAEXAMPLEEXAMPLE00",
            "Arn": arn,
            "CreateDate": START,
        }
        return arn

    def get_user(self, UserName: str) -> dict[str, Any]:
        return {"User": self._user(UserName)}

    def list_user_policies(self, UserName: str, Marker: str | None = None) -> dict[str, Any]:
        self._user(UserName)
        return {"PolicyNames": list(self.of_users.get(UserName, {}))}

    def get_user_policy(self, UserName: str, PolicyName: str) -> dict[str, Any]:
        held = self.of_users.get(UserName, {})
        if PolicyName not in held:
            raise Refused("NoSuchEntity", 404)
        return {"UserName": UserName, "PolicyName": PolicyName, "PolicyDocument": _encoded(held[PolicyName])}

    def put_user_policy(self, UserName: str, PolicyName: str, PolicyDocument: str) -> None:
        self._user(UserName)
        self.of_users.setdefault(UserName, {})[PolicyName] = json.loads(PolicyDocument)

    def delete_user_policy(self, UserName: str, PolicyName: str) -> None:
        if self.of_users.get(UserName, {}).pop(PolicyName, None) is None:
            raise Refused("NoSuchEntity", 404)

    def list_attached_user_policies(self, UserName: str, Marker: str | None = None) -> dict[str, Any]:
        arns = self.attached.get(UserName, [])
        return {"AttachedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]}

    def list_groups_for_user(self, UserName: str, Marker: str | None = None) -> dict[str, Any]:
        self._user(UserName)
        groups = [
            {
                "Path": "/",
                "GroupName": name,
                "GroupId": "AGPAEXAMPLEEXAMPLE00",
                "Arn": group_arn(name),
                "CreateDate": START,
            }
            for name in self.members.get(UserName, ())
        ]
        found = page(groups, "Groups", Marker, 1, "Marker")
        return {**found, "IsTruncated": "Marker" in found}

    def list_group_policies(self, GroupName: str, Marker: str | None = None) -> dict[str, Any]:
        return {"PolicyNames": list(self._group(GroupName))}

    def get_group_policy(self, GroupName: str, PolicyName: str) -> dict[str, Any]:
        held = self._group(GroupName)
        if PolicyName not in held:
            raise Refused("NoSuchEntity", 404)
        return {"GroupName": GroupName, "PolicyName": PolicyName, "PolicyDocument": _encoded(held[PolicyName])}

    def put_group_policy(self, GroupName: str, PolicyName: str, PolicyDocument: str) -> None:
        self._group(GroupName)[PolicyName] = json.loads(PolicyDocument)

    def delete_group_policy(self, GroupName: str, PolicyName: str) -> None:
        if self._group(GroupName).pop(PolicyName, None) is None:
            raise Refused("NoSuchEntity", 404)

    def list_attached_group_policies(self, GroupName: str, Marker: str | None = None) -> dict[str, Any]:
        self._group(GroupName)
        arns = self.attached.get(GroupName, [])
        return {"AttachedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]}

    def _group(self, name: str) -> dict[str, Any]:
        if name not in self.of_groups:
            raise Refused("NoSuchEntity", 404)
        return self.of_groups[name]

    def put_role_permissions_boundary(self, RoleName: str, PermissionsBoundary: str) -> None:
        self._versions(PermissionsBoundary)
        held = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": PermissionsBoundary}
        self._role(RoleName)["PermissionsBoundary"] = held

    def delete_role_permissions_boundary(self, RoleName: str) -> None:
        if self._role(RoleName).pop("PermissionsBoundary", None) is None:
            raise Refused("NoSuchEntity", 404)

    def put_user_permissions_boundary(self, UserName: str, PermissionsBoundary: str) -> None:
        self._versions(PermissionsBoundary)
        held = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": PermissionsBoundary}
        self._user(UserName)["PermissionsBoundary"] = held

    def delete_user_permissions_boundary(self, UserName: str) -> None:
        if self._user(UserName).pop("PermissionsBoundary", None) is None:
            raise Refused("NoSuchEntity", 404)

    def _user(self, name: str) -> dict[str, Any]:
        if name not in self.users:
            raise Refused("NoSuchEntity", 404)
        return self.users[name]

    def _role(self, name: str) -> dict[str, Any]:
        if name not in self.roles:
            raise Refused("NoSuchEntity", 404)
        return self.roles[name]


@dataclass
class Organizations:
    """`parents`: id -> the one above it; `attached`: (id, filter) -> policies; `contents`: policy -> text."""

    there: bool = True
    parents: dict[str, str] = field(default_factory=dict)
    attached: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)

    def describe_organization(self) -> dict[str, Any]:
        if not self.there:
            raise Refused("AWSOrganizationsNotInUseException", 400)
        return {"Organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "999988887777"}}

    def list_parents(self, ChildId: str, NextToken: str | None = None) -> dict[str, Any]:
        above = self.parents[ChildId]
        return {"Parents": [{"Id": above, "Type": "ROOT" if above.startswith("r-") else "ORGANIZATIONAL_UNIT"}]}

    def list_policies_for_target(self, TargetId: str, Filter: str, NextToken: str | None = None) -> dict[str, Any]:
        return {"Policies": [{"Id": id, "Type": Filter} for id in self.attached.get((TargetId, Filter), [])]}

    def describe_policy(self, PolicyId: str) -> dict[str, Any]:
        return {"Policy": {"PolicySummary": {"Id": PolicyId}, "Content": self.contents[PolicyId]}}
