"""Roles and users that policies name: trust policy, permissions boundary, inline and attached policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import CALLERS
from policyc.aws.found import Held, Part, Resource, apart, file_name, joined

_CLIENT: Final = "iam"
_CALLER: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(role|user)/((?:[\w+=,.@-]+/)*[\w+=,.@-]+)")


_POLICY: Final = re.compile(r"arn:[a-z-]+:iam::(?:[0-9]{12}|aws):policy/(?:[\w+=,.@-]+/)*[\w+=,.@-]+")
_GROUP: Final = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:group/(?:[\w+=,.@-]+/)*[\w+=,.@-]+")
_GONE: Final = "the policy is gone"


def named(texts: Iterable[str], account: str) -> list[str]:
    """The ARNs of the account's own roles and users that policies name, without those that hold a wildcard or a variable."""
    return sorted({arn for text in texts for arn in named_in(_read(text), account)})


def named_in(data: Any, account: str) -> set[str]:
    """The same of a part of a policy."""
    found = (_CALLER.fullmatch(string) for string in _strings(data))
    return {match[0] for match in found if match is not None and match[1] == account}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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
    """Everything about callers of the account, the groups of its users, and managed policies; an ARN of anything else is left out."""

    def one(arn: str) -> Part:
        if _POLICY.fullmatch(arn):
            return _policy(ask, folder, arn)
        return _caller(ask, folder, arn) if _CALLER.fullmatch(arn) else Part()

    wanted = list(arns)
    first = joined(ask.each("callers", one, [arn for arn in wanted if not _GROUP.fullmatch(arn)]))
    groups = {str(arn) for item in first.resources for arn in item.facts.get("groups") or ()}
    groups |= {arn for arn in wanted if _GROUP.fullmatch(arn)}
    return joined([first, *ask.each("groups", lambda arn: _group(ask, folder, arn), sorted(groups))])


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
    held = _Documents(f"{folder}/{sort}s/{file_name(name)}", arn)
    unread = held.unread
    data = (found.data or {}).get(Sort) or {}
    if found.unread is not None:
        unread["trust-policy"] = unread["boundary"] = found.unread.why
    policies: dict[str, str] = {}
    if "AssumeRolePolicyDocument" in data:
        policies["trust-policy"] = held.hold("trust", data["AssumeRolePolicyDocument"], "trust", "trust-policy", {})
    boundary = (data.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    if boundary:
        document, version, why = _managed(ask, boundary)
        if document is not None:
            revision = {"PolicyArn": boundary, **version}
            policies["boundary"] = held.hold("boundary", document, "boundary", "boundary", revision)
        else:
            unread["boundary"] = why
    facts = {
        "boundary": boundary,
        "identity": _identity(ask, held, sort, of)[1],
        "tags": {tag["Key"]: tag.get("Value", "") for tag in data.get("Tags") or ()},
        "there": bool(data) if found.known else None,
    }
    if sort == "user":
        groups = ask.all(_CLIENT, "list_groups_for_user", "Groups", "", arn, **of)
        facts["groups"] = [item["Arn"] for item in groups.data or ()]
        if groups.unread is not None:
            unread["identity"] = groups.unread.why
    return Part(tuple(held.found), (Resource(arn, f"iam.{sort}", name, facts, policies, unread),))


def _group(ask: Asker, folder: str, arn: str) -> Part:
    """A group of users: policies are all that it has."""
    name = arn.rpartition("/")[2]
    held = _Documents(f"{folder}/groups/{file_name(name)}", arn)
    there, identity = _identity(ask, held, "group", {"GroupName": name})
    facts = {"identity": identity, "there": there}
    return Part(tuple(held.found), (Resource(arn, "iam.group", name, facts, {}, held.unread),))


@dataclass(slots=True)
class _Documents:
    """What one carrier in the folder `home` has, each document in a file of its own."""

    home: str
    arn: str
    found: list[Held] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    def hold(self, file: str, document: Any, kind: str, role: str, revision: Mapping[str, Any]) -> str:
        path = f"{self.home}/{file}.json"
        self.found.append(Held(path, json.dumps(document, indent=2), kind, CALLERS, role, self.arn, revision))
        return path


def _identity(ask: Asker, held: _Documents, sort: str, of: Mapping[str, str]) -> tuple[bool | None, list[str]]:
    """Inline and attached policies: whether the carrier is there, None where nobody knows, and the paths."""
    identity: list[str] = []
    inline = ask.all(_CLIENT, f"list_{sort}_policies", "PolicyNames", "", held.arn, **of)
    attached = ask.all(_CLIENT, f"list_attached_{sort}_policies", "AttachedPolicies", "", held.arn, **of)
    for answer in (inline, attached):
        if answer.unread is not None:
            held.unread["identity"] = answer.unread.why
    files = apart(inline.data or ())
    for policy in inline.data or ():
        one = ask.get(_CLIENT, f"get_{sort}_policy", "", f"{held.arn} {policy}", PolicyName=policy, **of)
        document = (one.data or {}).get("PolicyDocument")
        if document is not None:
            file = f"inline-{files[policy]}"
            identity.append(held.hold(file, document, "identity", "identity", {"PolicyName": policy}))
        elif one.unread is not None:
            held.unread["identity"] = one.unread.why
    for item in attached.data or ():
        document, version, why = _managed(ask, item["PolicyArn"])
        if document is None:
            held.unread["identity"] = why
            continue
        # AWS's policy and one's own may be called alike
        beside = sum(other["PolicyName"].lower() == item["PolicyName"].lower() for other in attached.data or ()) > 1
        by_aws = "~aws" if beside and ":iam::aws:" in item["PolicyArn"] else ""
        file = f"managed-{file_name(item['PolicyName'])}{by_aws}"
        identity.append(held.hold(file, document, "identity", "identity", {"PolicyArn": item["PolicyArn"], **version}))
    return (inline.data is not None if inline.known else None), identity


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
