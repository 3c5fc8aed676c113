"""What the commands of the AWS CLI and the SDKs answer with: a document in a member of a JSON object, often as a text, from IAM percent-encoded.

Source: https://docs.aws.amazon.com/cli/latest/reference/ (`get-auth-policy`, `get-bucket-policy`, `get-policy-version` …)
"""

from __future__ import annotations

import json
from typing import Any, Final

from policyc.carriers.bodies import documents_in
from policyc.carriers.embedded import Carried, Embedded, Options, Unreadable
from policyc.carriers.types import DocumentType
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax.json_text import parse_json
from policyc.text import Source


@record
class _Answer:
    """One command: the members that its answer has, and what it holds."""

    command: str
    needs: tuple[str, ...]
    at: str
    kind: str = ""
    by: str = ""
    kinds: tuple[tuple[str, str], ...] = ()


_ORGANIZATION: Final = (("SERVICE_CONTROL_POLICY", "scp"), ("RESOURCE_CONTROL_POLICY", "rcp"))
#: the first that fits counts
_ANSWERS: Final = (
    _Answer("vpc-lattice get-auth-policy", ("policy", "state"), "policy", "auth-policy"),
    _Answer("get-resource-policy", ("policy",), "policy"),
    _Answer("ec2 get-verified-access-policy", ("PolicyEnabled", "PolicyDocument"), "PolicyDocument", "cedar"),
    _Answer("iam get-policy-version", ("PolicyVersion",), "PolicyVersion.Document", "identity"),
    _Answer("iam get-role", ("Role",), "Role.AssumeRolePolicyDocument", "trust"),
    _Answer("iam get-role-policy", ("RoleName", "PolicyDocument"), "PolicyDocument", "identity"),
    _Answer("iam get-user-policy", ("UserName", "PolicyDocument"), "PolicyDocument", "identity"),
    _Answer("iam get-group-policy", ("GroupName", "PolicyDocument"), "PolicyDocument", "identity"),
    _Answer("lambda get-policy", ("Policy", "RevisionId"), "Policy", "function"),
    _Answer("kms get-key-policy", ("Policy", "PolicyName"), "Policy", "key"),
    _Answer(
        "organizations describe-policy", ("Policy",), "Policy.Content", "", "Policy.PolicySummary.Type", _ORGANIZATION
    ),
    _Answer("get-bucket-policy, get-access-point-policy", ("Policy",), "Policy"),
    _Answer(
        "networkmanager get-core-network-policy",
        ("CoreNetworkPolicy",),
        "CoreNetworkPolicy.PolicyDocument",
        "core-network",
    ),
    _Answer("get-resource-policy", ("ResourcePolicy",), "ResourcePolicy"),
)
_MEMBERS: Final = tuple({f'"{name}"'.encode() for answer in _ANSWERS for name in answer.needs[:1]})
_INSIDE: Final = (b"Statement", b"core-network-configuration", b"permit", b"forbid")


def recognize(name: str, raw: bytes) -> bool:
    """A JSON object with the members of one of the answers, and a policy in it."""
    if not any(member in raw for member in _MEMBERS) or not any(word in raw for word in _INSIDE):
        return False
    try:
        data: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and _answer(set(data), data) is not None


def _answer(keys: set[str], data: Any) -> _Answer | None:
    return next((one for one in _ANSWERS if set(one.needs) <= keys and _holds(data, one.at.split("."))), None)


def _holds(data: Any, path: list[str]) -> bool:
    """Whether a text or a mapping that looks like a document stands at a path."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    if isinstance(data, str):
        return any(word.decode() in data for word in _INSIDE)
    return isinstance(data, dict) and ("Statement" in data or "core-network-configuration" in data)


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The one document of an answer."""
    tree = parse_json(source, diagnostics)
    if tree is None:
        return Carried()
    data = tree.plain()
    found = _answer(set(data) if isinstance(data, dict) else set(), data)
    if found is None:
        return Carried()
    kind = DocumentType(found.at, found.kind, found.by, dict(found.kinds))
    items = list(documents_in(source, tree, (kind,), found.command, found.command))
    return Carried(
        tuple(item for item in items if isinstance(item, Embedded)),
        tuple(item for item in items if isinstance(item, Unreadable)),
    )
