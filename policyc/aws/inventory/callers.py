"""Roles and users that policies name: trust policy, permissions boundary, inline and attached policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import CALLERS
from policyc.aws.found import Held, Part, Resource, file_name, joined

_CLIENT: Final = "iam"
_CALLER: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(role|user)/((?:[\w+=,.@-]+/)*[\w+=,.@-]+)")


_POLICY: Final = re.compile(r"arn:[a-z-]+:iam::(?:[0-9]{12}|aws):policy/(?:[\w+=,.@-]+/)*[\w+=,.@-]+")
_GONE: Final = "the policy is gone"


def named(texts: Iterable[str], account: str) -> list[str]:
    """The ARNs of the account's own roles and users that policies name, without those that hold a wildcard or a variable."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            data: Any = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for string in _strings(data):
            match = _CALLER.fullmatch(string)
            if match is not None and match[1] == account:
                found[string] = None
    return sorted(found)


def _strings(data: Any) -> Iterable[str]:
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def read(ask: Asker, folder: str, arns: Iterable[str]) -> Part:
    """Everything about callers of the account, and about managed policies; an ARN of anything else is left out."""

    def one(arn: str) -> Part:
        if _POLICY.fullmatch(arn):
            return _policy(ask, folder, arn)
        return _caller(ask, folder, arn) if _CALLER.fullmatch(arn) else Part()

    return joined(ask.each("callers", one, arns))


def _policy(ask: Asker, folder: str, arn: str) -> Part:
    """A managed policy by itself."""
    document, version, why = _managed(ask, arn)
    name = arn.rpartition("/")[2]
    if document is None and why == _GONE:
        return Part()
    path = f"{folder}/policies/{file_name(name)}.json"
    role = "managed-policy"
    if document is None:
        return Part((), (Resource(arn, "iam.policy", name, {}, {}, {role: why}),))
    held = Held(path, json.dumps(document, indent=2), "identity", CALLERS, role, arn, {"PolicyArn": arn, **version})
    return Part((held,), (Resource(arn, "iam.policy", name, {}, {role: path}),))


def _caller(ask: Asker, folder: str, arn: str) -> Part:
    match = _CALLER.fullmatch(arn)
    assert match is not None
    sort, name = match[2], match[3].rpartition("/")[2]
    Sort = sort.capitalize()
    of = {f"{Sort}Name": name}
    found = ask.get(_CLIENT, f"get_{sort}", "", arn, **of)
    home = f"{folder}/{sort}s/{file_name(name)}"
    documents: list[Held] = []
    unread: dict[str, str] = {}
    data = (found.data or {}).get(Sort) or {}
    if found.unread is not None:
        unread["trust-policy"] = unread["boundary"] = found.unread.why

    def hold(file: str, document: Any, kind: str, role: str, revision: Mapping[str, Any]) -> str:
        path = f"{home}/{file}.json"
        documents.append(Held(path, json.dumps(document, indent=2), kind, CALLERS, role, arn, revision))
        return path

    policies: dict[str, str] = {}
    if "AssumeRolePolicyDocument" in data:
        policies["trust-policy"] = hold("trust", data["AssumeRolePolicyDocument"], "trust", "trust-policy", {})
    boundary = (data.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    if boundary:
        document, version, why = _managed(ask, boundary)
        if document is not None:
            policies["boundary"] = hold(
                "boundary", document, "boundary", "boundary", {"PolicyArn": boundary, **version}
            )
        else:
            unread["boundary"] = why
    identity: list[str] = []
    inline = ask.all(_CLIENT, f"list_{sort}_policies", "PolicyNames", "", arn, **of)
    attached = ask.all(_CLIENT, f"list_attached_{sort}_policies", "AttachedPolicies", "", arn, **of)
    for answer in (inline, attached):
        if answer.unread is not None:
            unread["identity"] = answer.unread.why
    for policy in inline.data or ():
        one = ask.get(_CLIENT, f"get_{sort}_policy", "", f"{arn} {policy}", PolicyName=policy, **of)
        document = (one.data or {}).get("PolicyDocument")
        if document is not None:
            identity.append(
                hold(f"inline-{file_name(policy)}", document, "identity", "identity", {"PolicyName": policy})
            )
        elif one.unread is not None:
            unread["identity"] = one.unread.why
    for item in attached.data or ():
        document, version, why = _managed(ask, item["PolicyArn"])
        if document is None:
            unread["identity"] = why
            continue
        file = f"managed-{file_name(item['PolicyName'])}"
        identity.append(hold(file, document, "identity", "identity", {"PolicyArn": item["PolicyArn"], **version}))
    if sort == "user" and ask.all(_CLIENT, "list_groups_for_user", "Groups", "", arn, **of).data != []:
        unread["identity"] = "the policies of the user's groups are not pulled"
    facts = {
        "boundary": boundary,
        "identity": identity,
        "tags": {tag["Key"]: tag["Value"] for tag in data.get("Tags") or ()},
        "there": bool(data) if found.known else None,
    }
    return Part(tuple(documents), (Resource(arn, f"iam.{sort}", name, facts, policies, unread),))


def _managed(ask: Asker, arn: str) -> tuple[Any, dict[str, str], str]:
    """The document of a managed policy's default version, the version, or why there is none."""
    found = ask.get(_CLIENT, "get_policy", "", arn, PolicyArn=arn)
    version = ((found.data or {}).get("Policy") or {}).get("DefaultVersionId")
    if not version:
        return None, {}, found.unread.why if found.unread is not None else _GONE
    one = ask.get(_CLIENT, "get_policy_version", "", arn, PolicyArn=arn, VersionId=version)
    document = ((one.data or {}).get("PolicyVersion") or {}).get("Document")
    why = one.unread.why if one.unread is not None else "the version is gone"
    return document, {"VersionId": version}, why
