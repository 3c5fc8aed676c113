"""The kinds of IAM-shaped documents that people bring as plain JSON: what each is attached to, and how large it may be.

Source: IAM evaluation reference, sections 1, 11 and 12; Lattice reference, section 1; Object Lambda reference, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.engines.iam.statement import Kind
from policyc.record import record
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue

_KB: Final = 1024
_IAM_QUOTAS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_ORG_QUOTAS: Final = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"
_S3_QUOTAS: Final = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html"
)


@record
class DocumentKind:
    """One kind. `engine` is what the deciding engine calls it, `services` the action prefixes that can match a request there
    (empty: any), `limit` its size in `unit` (0: none is published), `most` what some may have, inline or with a raised quota (0: the limit); `dense` tells that white space does not count. `target`
    writes such documents, for resources of the type `attached`; empty for kinds that no target writes.
    """

    name: str
    title: str
    engine: Kind
    services: tuple[str, ...] = ()
    limit: int = 0
    unit: str = "bytes"
    dense: bool = False
    source: str = ""
    target: str = ""
    attached: str = ""
    most: int = 0


_ALL: Final = (
    DocumentKind(
        "identity", "identity policy", Kind.IDENTITY, (), 6144, "characters", True, _IAM_QUOTAS, "identity", most=10240
    ),
    DocumentKind(
        "boundary", "permissions boundary", Kind.BOUNDARY, (), 6144, "characters", True, _IAM_QUOTAS, "identity"
    ),
    DocumentKind("session", "session policy", Kind.SESSION, (), 2048, "characters", False, _IAM_QUOTAS, "identity"),
    DocumentKind("trust", "role trust policy", Kind.TRUST, ("sts",), 2048, "characters", True, _IAM_QUOTAS, most=4096),
    DocumentKind("scp", "service control policy", Kind.SCP, (), 5120, "characters", False, _ORG_QUOTAS),
    DocumentKind("rcp", "resource control policy", Kind.RCP, (), 5120, "characters", False, _ORG_QUOTAS),
    DocumentKind(
        "auth-policy",
        "VPC Lattice auth policy",
        Kind.RESOURCE,
        ("vpc-lattice-svcs",),
        10 * _KB,
        "bytes",
        False,
        "https://docs.aws.amazon.com/vpc-lattice/latest/ug/quotas.html",
        "lattice",
        "lattice.service",
    ),
    DocumentKind(
        "object-lambda",
        "Object Lambda access point policy",
        Kind.RESOURCE,
        ("s3-object-lambda",),
        target="object_lambda",
        attached="object_lambda.access_point",
    ),
    DocumentKind(
        "access-point",
        "access point policy",
        Kind.RESOURCE,
        ("s3",),
        20 * _KB,
        source=_S3_QUOTAS,
        target="object_lambda",
        attached="s3.access_point",
    ),
    DocumentKind(
        "bucket",
        "bucket policy",
        Kind.RESOURCE,
        ("s3",),
        20 * _KB,
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-management.html",
        target="object_lambda",
        attached="s3.bucket",
    ),
    DocumentKind(
        "function",
        "function policy",
        Kind.RESOURCE,
        ("lambda",),
        20 * _KB,
        source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        target="object_lambda",
        attached="lambda.function",
    ),
    DocumentKind(
        "key",
        "key policy",
        Kind.RESOURCE,
        ("kms",),
        32 * _KB,
        source="https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html",
    ),
    DocumentKind(
        "endpoint",
        "VPC endpoint policy",
        Kind.ENDPOINT,
        (),
        20480,
        "characters",
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
    ),
    DocumentKind("resource", "resource policy", Kind.RESOURCE),
)
KINDS: Final[Mapping[str, DocumentKind]] = {kind.name: kind for kind in _ALL}

#: kinds whose allow of a caller by name needs no allow of an identity policy beside it (IAM evaluation reference, section 10.3)
GRANTING: Final = frozenset({"bucket", "access-point", "object-lambda", "function", "key", "trust", "resource"})

#: kinds whose services take no request without a signature (Object Lambda reference, section 0; https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html)
SIGNED: Final = frozenset({"key", "object-lambda"})

_BY_SERVICE: Final = {
    "vpc-lattice-svcs": "auth-policy",
    "s3-object-lambda": "object-lambda",
    "lambda": "function",
    "kms": "key",
}
_OLAP: Final = "s3-object-lambda"
_LATTICE: Final = frozenset({"vpc-lattice", "vpc-lattice-svcs"})
#: service of an ARN -> prefix of the actions that are asked of such a resource, where the two differ
_OWNERS: Final = {"vpc-lattice": "vpc-lattice-svcs"}
#: prefixes of services whose resource policies stand in the resource and name none
_ATTACHED: Final = frozenset({"ecr", "ecr-public", "elasticfilesystem", "cloudsearch"})
_PRINCIPALS: Final = ("Principal", "NotPrincipal")
#: what every statement of a data protection policy names, which has another language
#: (https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html)
_DATA: Final = "DataIdentifier"
#: what the policy of a stack of CloudFormation is about, which has another language as well
#: (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html)
_UPDATES: Final = "update:"


def is_policy(tree: JsonValue) -> bool:
    """Whether a JSON value looks like an IAM document at all."""
    if not isinstance(tree, JsonObject) or tree.get("Statement") is None:
        return False
    actions = [text for statement in _statements(tree) for text in _texts(statement, "Action")]
    if actions and all(text.lower().startswith(_UPDATES) for text in actions):
        return False
    return not any(statement.get(_DATA) is not None for statement in _statements(tree))


#: what roles are asked for, also with a slip in the name of the service
_ASSUMING: Final = regex(r"(?i)sts:|[^:]*:(?:assumerole|tagsession|setsourceidentity)")


def guess_kind(tree: JsonValue) -> DocumentKind:
    """The kind that the shape of a document tells: who is named, and whose actions. `resource` when it tells no more."""
    statements = list(_statements(tree))
    if not any(statement.get(name) is not None for statement in statements for name in _PRINCIPALS):
        return KINDS["identity"]
    bare = [item for item in statements if item.get("Resource") is None and item.get("NotResource") is None]
    prefixes = {text.partition(":")[0].lower() for item in statements for text in _texts(item, "Action")} - {"*"}
    if len(bare) == len(statements):
        if prefixes and prefixes <= _ATTACHED:
            return KINDS["resource"]
        # without actions of STS it is the policy of a resource that is forgotten
        if not prefixes or any(_ASSUMING.match(text) for item in statements for text in _texts(item, "Action")):
            return KINDS["trust"]
    owners = _owners(statements)
    if owners <= {_OLAP} and owners and prefixes <= {"s3", _OLAP}:
        return KINDS["object-lambda"]
    if prefixes == {"s3"} or (not prefixes and owners == {"s3"}):
        points = [text for item in statements for text in _texts(item, "Resource") if ":accesspoint/" in text]
        return KINDS["access-point" if points else "bucket"]
    told = prefixes or {_OWNERS.get(owner, owner) for owner in owners}
    return KINDS[_BY_SERVICE.get(next(iter(told)), "resource")] if len(told) == 1 else KINDS["resource"]


def may_lack_principals(tree: JsonValue) -> bool:
    """Whether a document without any `Principal` is about nothing but requests to one kind of resource that has a policy of its
    own, so that it may be that policy with its callers forgotten."""
    statements = list(_statements(tree))
    if _owners(statements) not in ({"vpc-lattice"}, {_OLAP}):
        return False
    actions = {text.lower() for item in statements for text in _texts(item, "Action")}
    if f"{_OLAP}:writegetobjectresponse" in actions:
        return False  # a function asks for that, never a client
    return {text.partition(":")[0] for text in actions} <= _LATTICE | {_OLAP, "*"}


def _owners(statements: list[JsonObject]) -> set[str]:
    """The services whose ARNs the statements name."""
    texts = [text for item in statements for text in _texts(item, "Resource")]
    return {text.split(":", 3)[2] for text in texts if text.startswith("arn:") and text.count(":") > 2}


def _statements(tree: JsonValue) -> Iterator[JsonObject]:
    found = tree.get("Statement") if isinstance(tree, JsonObject) else None
    items = found.items if isinstance(found, JsonArray) else (found,)
    yield from (item for item in items if isinstance(item, JsonObject))


def _texts(statement: JsonObject, element: str) -> Iterator[str]:
    for member in statement.members:
        if member.key.removeprefix("Not") == element:
            items = member.value.items if isinstance(member.value, JsonArray) else (member.value,)
            yield from [item.value for item in items if isinstance(item, JsonString)]
