"""CloudTrail data events of the Object Lambda chain. Source: access log reference, section 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policyc.record import record
from policyc.replay.recorded import RESOURCE_ACCOUNT, Data, Fields, ReadLine, Recorded, text_of, utc
from policyc.targets.base import NoRequest

#: the type of a resource in an event -> whether it is the one that is asked, the most telling first
_ASKED: Final = (
    "AWS::S3ObjectLambda::AccessPoint",
    "AWS::S3::AccessPoint",
    "AWS::Lambda::Function",
    "AWS::S3::Object",
    "AWS::S3::Bucket",
)
_REFUSALS: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "Client.UnauthorizedOperation"}
)
#: errors that a request meets after the policies let it pass
_LATER: Final = frozenset(
    {"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NoSuchTagSet", "NotModified", "PreconditionFailed", "InvalidRange"}
    | {"InvalidObjectState", "NoSuchObjectLockConfiguration"}
)
#: a field of the digest files that lie beside the logs
_DIGEST: Final = "digestS3Object"
_ADDRESS: Final = re.compile(r"[0-9.]{7,15}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_TLS: Final = re.compile(r"TLSv([0-9](?:\.[0-9])?)")
_AUTH_TYPES: Final = {"AuthHeader": "REST-HEADER", "QueryString": "REST-QUERY-STRING", "HtmlForm": "POST"}
_SIGNATURES: Final = {"SigV4": "AWS4-HMAC-SHA256", "SigV2": "AWS"}


@record
class CloudTrail:
    name: str = "cloudtrail"
    title: str = "CloudTrail data event"

    @property
    def fields(self) -> Fields:
        return _COLUMNS

    def recognizes(self, data: Data) -> bool:
        return ("eventVersion" in data and "eventSource" in data and "eventName" in data) or _DIGEST in data

    def read(self, data: Data) -> Recorded:
        if _DIGEST in data:
            raise NoRequest("it is a digest of CloudTrail's files, which holds no request")
        if text_of(data, "eventCategory") not in ("Data", "") or text_of(data, "managementEvent") == "true":
            raise NoRequest("it is no data event, and the policies here guard data")
        where, path, kind = _resource(data)
        return Recorded(
            self.name,
            _caller(data),
            _call(data),
            where,
            path,
            "",
            tuple(dict(_keys(data, *kind.split(" "))).items()),
            _verdict(text_of(data, "errorCode")),
            text_of(data, "eventID"),
            utc(text_of(data, "eventTime")),
        )

    def lines(self, first: str) -> ReadLine | None:
        return None


def _resource(data: Data) -> tuple[str, str, str]:
    """The resource that has policies, the key of an object, and the type of what was asked with the account of the resource."""
    kind, arn = _asked(data)
    if not arn:
        raise NoRequest("it is about nothing of an Object Lambda chain")
    where, path = _split(kind, arn)
    return where, text_of(data, "requestParameters", "key") or path, f"{kind} {_owner(data, where)}"


def _asked(data: Data) -> tuple[str, str]:
    listed = data.get("resources")
    held = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    for kind in _ASKED:
        for item in held:
            arn = text_of(item, "ARN") or text_of(item, "arn")
            if text_of(item, "type") == kind and arn:
                return kind, arn
    return "", ""


def _owner(data: Data, where: str) -> str:
    """The account of the resource that has policies, empty where the event does not tell it."""
    told = {
        text_of(item, "accountId")
        for item in data["resources"]
        if isinstance(item, Mapping) and where == (text_of(item, "ARN") or text_of(item, "arn"))
    }
    named = [account for account in told if _ACCOUNT.fullmatch(account)]
    return named[0] if len(named) == 1 else ""


def _split(kind: str, arn: str) -> tuple[str, str]:
    """The resource that has policies, and the key of an object."""
    if kind == "AWS::S3::Object":
        bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
        return f"arn:aws:s3:::{bucket}", key
    if kind == "AWS::Lambda::Function":
        return ":".join(arn.split(":")[:7]), ""
    return arn, ""


def _caller(data: Data) -> str:
    """Who calls: the role with its path where the event tells it."""
    kind = text_of(data, "userIdentity", "type")
    issuer = text_of(data, "userIdentity", "sessionContext", "sessionIssuer", "arn")
    arn = text_of(data, "userIdentity", "arn")
    if kind == "AWSService":
        service = text_of(data, "userIdentity", "invokedBy")
        if not service:
            raise NoRequest("it does not say which service called")
        return service
    if kind in ("AWSAccount", "Unknown") and not arn:
        if text_of(data, "userIdentity", "accountId").upper() == "ANONYMOUS_PRINCIPAL":
            return "anonymous"
        raise NoRequest("it names its caller by an account alone")
    if kind == "AssumedRole" and ":role/" in issuer:
        return issuer
    if not arn:
        raise NoRequest("it does not say who called")
    return arn


def _call(data: Data) -> str:
    name = text_of(data, "eventName")
    if name == "ListObjects" and text_of(data, "requestParameters", "list-type") == "2":
        return "ListObjectsV2"
    return "InvokeFunction" if name.startswith("Invoke") else name


def _keys(data: Data, kind: str, account: str) -> Iterator[tuple[str, str]]:
    """The condition keys that the event tells; those that CloudTrail was told to write down come last, for they are what IAM saw."""
    own = "s3-object-lambda" if kind == _ASKED[0] else "s3"
    address = text_of(data, "sourceIPAddress")
    told = {
        "aws:SourceIp": address if _ADDRESS.fullmatch(address) and not text_of(data, "vpcEndpointId") else "",
        "aws:SourceVpce": text_of(data, "vpcEndpointId"),
        "aws:SourceIdentity": text_of(data, "userIdentity", "sessionContext", "sourceIdentity"),
        "aws:MultiFactorAuthPresent": text_of(data, "userIdentity", "sessionContext", "attributes", "mfaAuthenticated"),
        "aws:UserAgent": text_of(data, "userAgent").removeprefix("[").removesuffix("]"),
        RESOURCE_ACCOUNT: account,
        "aws:userid": text_of(data, "userIdentity", "principalId"),
        f"{own}:authType": _AUTH_TYPES.get(text_of(data, "additionalEventData", "AuthenticationMethod"), ""),
        "s3:signatureversion": _SIGNATURES.get(text_of(data, "additionalEventData", "SignatureVersion"), ""),
        f"{own}:TlsVersion": _tls(text_of(data, "tlsDetails", "tlsVersion")),
        "s3:prefix": text_of(data, "requestParameters", "prefix"),
        "s3:delimiter": text_of(data, "requestParameters", "delimiter"),
        "s3:max-keys": text_of(data, "requestParameters", "max-keys"),
        f"{own}:{'versionid' if own != 's3' else 'VersionId'}": text_of(data, "requestParameters", "versionId"),
    }
    yield from ((name, value) for name, value in told.items() if value)
    context = data.get("eventContext")
    if isinstance(context, Mapping):
        yield from _written_down(context)


def _written_down(context: Data) -> Iterator[tuple[str, str]]:
    seen = context.get("requestContext")
    if isinstance(seen, Mapping):
        yield from ((name, text_of(seen, name)) for name in seen if ":" in name and text_of(seen, name))
    tags = context.get("tagContext")
    if isinstance(tags, Mapping):
        yield from _tags("aws:PrincipalTag/", tags.get("principalTags"))
        yield from _tags("aws:ResourceTag/", tags.get("resourceTags"))


def _tags(start: str, value: Any) -> Iterator[tuple[str, str]]:
    """Tags as an object, or as a list of objects that hold one each under `tags`; of several resources none are told."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0].get("tags", value[0])
    if isinstance(value, Mapping):
        yield from ((start + name, item) for name, item in value.items() if isinstance(item, str))


def _tls(text: str) -> str:
    found = _TLS.fullmatch(text)
    return "" if found is None else found[1]


def _verdict(error: str) -> str:
    if not error or error in _LATER:
        return "allow"
    if error in _REFUSALS:
        return "deny"
    raise NoRequest("its error does not tell whether policies let it pass")


_COLUMNS: Final = Fields(
    ("eventVersion", "eventSource", "eventName"),
    "eventID",
    "eventTime",
    (
        *("userIdentity.type", "userIdentity.arn", "userIdentity.invokedBy", "userIdentity.accountId"),
        "userIdentity.sessionContext.sessionIssuer.arn",
    ),
    ("resources", "requestParameters.key"),
    {
        "eventName": (),
        "eventCategory": (),
        "managementEvent": (),
        "errorCode": (),
        "requestParameters.list-type": (),
        "requestParameters.versionId": (),
        "eventContext": (),
        "vpcEndpointId": ("aws:SourceIp", "aws:SourceVpce"),
        "sourceIPAddress": ("aws:SourceIp",),
        "userIdentity.sessionContext.sourceIdentity": ("aws:SourceIdentity",),
        "userIdentity.sessionContext.attributes.mfaAuthenticated": ("aws:MultiFactorAuthPresent",),
        "userAgent": ("aws:UserAgent",),
        "userIdentity.principalId": ("aws:userid",),
        "additionalEventData.AuthenticationMethod": ("s3-object-lambda:authType", "s3:authType"),
        "additionalEventData.SignatureVersion": ("s3:signatureversion",),
        "tlsDetails.tlsVersion": ("s3-object-lambda:TlsVersion", "s3:TlsVersion"),
        "requestParameters.prefix": ("s3:prefix",),
        "requestParameters.delimiter": ("s3:delimiter",),
        "requestParameters.max-keys": ("s3:max-keys",),
    },
    _caller,
    _resource,
    utc,
)
