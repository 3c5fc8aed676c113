"""The calls that reach an Object Lambda access point and the permission that each hop asks for.

Requests to the access point are authorised in the namespace `s3-object-lambda`, requests to the supporting access point and
the bucket under the same names in `s3`. Source: Object Lambda reference, sections 4 and 5;
https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3-object-lambda.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policyc.record import record

OLAP: Final = "s3-object-lambda"
INVOKE: Final = "lambda:InvokeFunction"
ANSWER: Final = "WriteGetObjectResponse"

#: permissions on the access point or the bucket itself; all others are on objects
LIST_ACTIONS: Final = frozenset({"ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"})

#: calls that a function can transform -> the permission that covers them
TRANSFORMABLE: Final = {
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
}
TRANSFORMED_BY_DEFAULT: Final = frozenset({"GetObject"})

#: permission -> its twin for a request that names an object version
_VERSIONED: Final = {
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
}
_UNVERSIONED: Final = {twin: name for name, twin in _VERSIONED.items()}


@record
class Operation:
    """One call: `call` as the API names it, `permission` the action without its service, `versioned` when the request names
    an object version."""

    call: str
    permission: str
    versioned: bool = False

    @property
    def on_object(self) -> bool:
        """Whether the permission is on objects rather than on the access point or bucket itself."""
        return self.permission not in LIST_ACTIONS

    @property
    def answers_through_service(self) -> bool:
        """Whether a transforming function answers with WriteGetObjectResponse; HEAD and LIST return JSON instead."""
        return self.call == "GetObject"


def operation(word: str, permission: str, version_stated: bool) -> Operation:
    """The call that a request's verb means; `permission` is the verb's action without its service.

    A version in the request turns a permission into its versioned twin, and `GetObjectVersion` is the call GetObject.
    """
    call = _UNVERSIONED.get(word, word)
    versioned = version_stated or word in _UNVERSIONED
    if versioned:
        permission = _VERSIONED.get(permission, permission)
    return Operation(call, permission, versioned)


def versions(permission: str) -> tuple[str, ...]:
    """The permission and its twin for requests that name an object version, where there is one."""
    twin = _VERSIONED.get(permission)
    return (permission, twin) if twin is not None else (permission,)


def ambiguous(word: str, transformed: Iterable[str]) -> bool:
    """Whether `ListBucket` leaves open which of two calls is meant, of which only one is transformed."""
    return word == "ListBucket" and len({"ListObjects", "ListObjectsV2"} & set(transformed)) == 1


def is_transformed(asked: Operation, transformed: Iterable[str]) -> bool:
    """Whether the call goes through the function. `ListBucket` stands for both list calls, which are then alike."""
    call = "ListObjectsV2" if asked.call == "ListBucket" else asked.call
    return call in set(transformed)
