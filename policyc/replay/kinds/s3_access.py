"""S3 server access logs: lines of text in a bucket, or JSON in CloudWatch Logs. Source: access log reference, section 3.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_plus

from policyc.record import record
from policyc.replay.recorded import Data, Fields, ReadLine, Recorded, is_time, text_of, utc
from policyc.targets.base import NoRequest

#: the fields of a line in their order (https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html); new ones are appended
TEXT_FIELDS: Final = (
    "bucket_owner_id",
    "bucket_name",
    "request_time",
    "remote_ip",
    "requester",
    "request_id",
    "operation",
    "key",
    "request_uri",
    "http_status",
    "error_code",
    "bytes_sent",
    "object_size",
    "total_time",
    "turn_around_time",
    "referer",
    "user_agent",
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
    "source_region",
)
#: the line up to the error code, and what lies behind
_LINE: Final = re.compile(
    r'([0-9a-f]{64}) (\S+) \[([^\]]+)\] (\S+) (\S+) (\S+) (\S+) (\S+) (?:"(.*?)"|-) ([0-9]{3}|-) (\S+)(?: (.*))?',
    re.DOTALL,
)
#: referer and user agent, in which clients may write quotation marks as they like, and the fields behind, which have none
_CLIENT: Final = re.compile(r'(?:"(.*?)"|-) (?:"(.*)"|-)(?: ([^"]*))?', re.DOTALL)
_NUMBERS: Final = 4
_OPERATION: Final = re.compile(r"(REST|SOAP|BATCH|WEBSITE|S3)\.([A-Z]+)\.([A-Z_]+)")
_CALLS: Final = {
    ("GET", "OBJECT"): "GetObject",
    ("HEAD", "OBJECT"): "HeadObject",
    ("PUT", "OBJECT"): "PutObject",
    ("DELETE", "OBJECT"): "DeleteObject",
    ("GET", "BUCKET"): "ListBucket",
    ("GET", "BUCKETVERSIONS"): "ListObjectVersions",
    ("GET", "OBJECT_TAGGING"): "GetObjectTagging",
    ("PUT", "OBJECT_TAGGING"): "PutObjectTagging",
    ("GET", "ACL"): "GetObjectAcl",
    ("PUT", "ACL"): "PutObjectAcl",
    ("POST", "UPLOADS"): "CreateMultipartUpload",
    ("PUT", "PART"): "UploadPart",
    ("POST", "UPLOAD"): "CompleteMultipartUpload",
    ("DELETE", "UPLOAD"): "AbortMultipartUpload",
    ("POST", "MULTI_OBJECT_DELETE"): "DeleteObjects",
    ("POST", "OBJECT"): "PostObject",
    ("POST", "RESTORE"): "RestoreObject",
    ("DELETE", "OBJECT_TAGGING"): "DeleteObjectTagging",
    ("COPY", "OBJECT"): "CopyObject",
    ("COPY", "PART"): "UploadPartCopy",
    # a copy leaves two records: that of what was read stands in the log of the bucket that it was read from
    ("COPY", "OBJECT_GET"): "GetObject",
    ("COPY", "PART_GET"): "GetObject",
    ("GET", "UPLOAD"): "ListParts",
    ("GET", "UPLOADS"): "ListMultipartUploads",
    ("HEAD", "BUCKET"): "HeadBucket",
}
#: errors that come before policies are asked
_EARLIER: Final = frozenset({"NoSuchBucket", "PermanentRedirect", "TemporaryRedirect"})
_SIGNATURES: Final = {"SigV4": "AWS4-HMAC-SHA256", "SigV2": "AWS"}
_AUTH_TYPES: Final = {"AuthHeader": "REST-HEADER", "QueryString": "REST-QUERY-STRING"}
_CANONICAL: Final = re.compile(r"[0-9a-f]{64}")
#: within a line the beginning of another record, which lost its own line
ANOTHER: Final = r".[0-9a-f]{64} [^ ]+ \[[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:"
_ANOTHER: Final = re.compile(ANOTHER, re.DOTALL)
_TLS: Final = re.compile(r"TLSv([0-9](?:\.[0-9])?)")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK: Final = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})")


@record
class S3Access:
    name: str = "s3-access"
    title: str = "S3 server access log"

    @property
    def fields(self) -> Fields:
        return _COLUMNS

    def recognizes(self, data: Data) -> bool:
        return "bucket_name" in data and "requester" in data and "operation" in data

    def read(self, data: Data) -> Recorded:
        found = _OPERATION.fullmatch(text_of(data, "operation"))
        if found is not None and found[1] == "S3":
            raise NoRequest("S3 itself did it, which is no request")
        call = None if found is None else _CALLS.get((found[2], found[3]))
        if found is None or call is None:
            raise NoRequest("its operation is none that reads, lists or writes objects")
        where, path, _ = _resource(data)
        return Recorded(
            self.name,
            _caller(data),
            call,
            where,
            path,
            "",
            tuple(_keys(data)),
            _verdict(text_of(data, "http_status"), text_of(data, "error_code")),
            text_of(data, "request_id"),
            _time(text_of(data, "request_time")),
        )

    def lines(self, first: str) -> ReadLine | None:
        return None if _read_line(first) is None else _read_line


def _read_line(line: str) -> Data | None:
    found = _LINE.fullmatch(line.rstrip())
    if found is None or (line.count("[") > 1 and _ANOTHER.search(line) is not None):
        return None
    *parts, rest = found.groups(default="-")
    numbers = rest.split(" ", _NUMBERS)
    parts += numbers[:_NUMBERS]
    if len(numbers) > _NUMBERS and (client := _CLIENT.fullmatch(numbers[_NUMBERS])) is not None:
        referer, agent, more = client.groups(default="-")
        parts += [referer, agent, *more.split()]
    return dict(zip(TEXT_FIELDS, parts))


def _resource(data: Data) -> tuple[str, str, str]:
    key = text_of(data, "key")
    # keys are encoded twice in lines of text
    path = unquote_plus(unquote_plus(key)) if "schema_version_id" not in data else key
    return text_of(data, "access_point_arn") or f"arn:aws:s3:::{text_of(data, 'bucket_name')}", path, ""


def _caller(data: Data) -> str:
    requester = text_of(data, "requester")
    if not requester:
        return "anonymous"
    if requester.startswith("svc:"):
        return requester.removeprefix("svc:")
    if _CANONICAL.fullmatch(requester):
        raise NoRequest("its caller is a canonical id, which does not say which principal of the account it was")
    return requester


def _keys(data: Data) -> Iterator[tuple[str, str]]:
    tls = _TLS.fullmatch(text_of(data, "tls_version"))
    told = {
        "aws:UserAgent": text_of(data, "user_agent"),
        "aws:Referer": text_of(data, "referer"),
        "s3:TlsVersion": "" if tls is None else tls[1],
        "s3:authType": _AUTH_TYPES.get(text_of(data, "authentication_type"), ""),
        "s3:signatureversion": _SIGNATURES.get(text_of(data, "signature_version"), ""),
        "s3:VersionId": text_of(data, "version_id"),
    }
    yield from ((name, value) for name, value in told.items() if value)


def _verdict(status: str, error: str) -> str:
    if status == "403" and error in ("AccessDenied", ""):
        return "deny"
    if error not in _EARLIER and (status[:1] == "2" or status in ("304", "404", "412", "416")):
        return "allow"
    raise NoRequest("its status does not tell whether policies let it pass")


def _time(text: str) -> str:
    """As other logs write times, `06/Feb/2026:00:00:38 +0000`; what is none stays as it is."""
    found = _CLOCK.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return utc(text)
    day, month, year, clock, offset = found.groups()
    time = utc(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{clock}{offset}")
    return time if is_time(time) else text


_COLUMNS: Final = Fields(
    ("bucket_name", "requester", "operation"),
    "request_id",
    "request_time",
    ("requester",),
    ("bucket_name", "access_point_arn", "key", "schema_version_id"),
    {
        "operation": (),
        "http_status": (),
        "error_code": (),
        "version_id": (),
        "user_agent": ("aws:UserAgent",),
        "referer": ("aws:Referer",),
        "tls_version": ("s3:TlsVersion",),
        "authentication_type": ("s3:authType",),
        "signature_version": ("s3:signatureversion",),
    },
    _caller,
    _resource,
    _time,
)
