"""Records as tables hold them: names of columns in lower case, objects as texts of JSON, times and maps of their own types, null for what is not there.

Source: access log reference, section 7 (tables of Athena and Glue).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

#: names of fields that are written with capitals, of records that are told apart by their fields
_NAMES: Final = (
    # CloudTrail
    *(
        "eventVersion",
        "eventSource",
        "eventName",
        "eventCategory",
        "managementEvent",
        "eventTime",
        "eventID",
        "errorCode",
    ),
    *("userIdentity", "sessionContext", "sessionIssuer", "sourceIdentity", "invokedBy", "accountId", "principalId"),
    *("mfaAuthenticated", "sourceIPAddress", "userAgent", "requestParameters", "additionalEventData", "eventContext"),
    *("AuthenticationMethod", "SignatureVersion", "tlsDetails", "tlsVersion", "vpcEndpointId", "requestContext"),
    *("tagContext", "principalTags", "resourceTags", "versionId", "logFiles", "digestS3Object"),
    # VPC Lattice
    *("serviceArn", "resolvedUser", "callerPrincipal", "callerPrincipalOrgID", "callerPrincipalTags", "requestMethod"),
    *("requestPath", "serviceNetworkArn", "failureReason", "authDeniedReason", "sourceVpcId", "sourceVpcArn"),
    *("hostHeader", "requestId", "startTime", "resourceConfigurationArn", "responseCode", "grpcResponseCode"),
)
_SPELLED: Final = {name.lower(): name for name in _NAMES}
#: columns of S3 server access logs as AWS's own table for Athena names them
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html)
_OF_S3: Final = {
    "bucketowner": "bucket_owner_id",
    "requestdatetime": "request_time",
    "remoteip": "remote_ip",
    "requestid": "request_id",
    "httpstatus": "http_status",
    "errorcode": "error_code",
    "referrer": "referer",
    "useragent": "user_agent",
    "versionid": "version_id",
    "sigv": "signature_version",
    "authtype": "authentication_type",
    "tlsversion": "tls_version",
    "accesspointarn": "access_point_arn",
}
#: fields that tables have as texts of JSON
_HELD: Final = frozenset(
    {
        "userIdentity",
        "requestParameters",
        "additionalEventData",
        "eventContext",
        "tlsDetails",
        "resources",
        "data",
        "context",
    }
    | {"http_request", "src_endpoint", "dst_endpoint", "actor", "device", "proxy", "metadata", "url"}
)


def record_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the record that a log would have."""
    lower = all(name == name.lower() for name in row)
    if "bucket_name" in row and "operation" in row:
        # nobody who signed is null there, and the name of the field is a mark of the log
        row = {
            _OF_S3.get(name, name): "-" if name == "requester" and value is None else value
            for name, value in row.items()
        }
        lower = False
    return {name: value for name, value in _fields(row, lower) if value is not None}


def text_in(name: str, value: Any) -> str | None:
    """The value of a column of texts that has another type; an object or a list is none, but for tags, which are a text of JSON."""
    found = _value(name, value, False)
    if isinstance(found, dict | list):
        return json.dumps(found) if name == "callerPrincipalTags" else None
    return json.dumps(found) if isinstance(found, bool) else None if found is None else str(found)


def _fields(row: Mapping[str, Any], lower: bool) -> list[tuple[str, Any]]:
    out = []
    for name, value in row.items():
        spelled = _SPELLED.get(name.lower(), name) if lower else name
        out.append((spelled, _value(spelled, value, lower)))
    return out


def _value(name: str, value: Any, lower: bool) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            if name in _HELD and value.lstrip()[:1] in ("{", "["):
                try:
                    return json.loads(value)
                except (ValueError, RecursionError):
                    return value
            return value
        case datetime():
            moment = value if value.tzinfo is None else value.astimezone(UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond:06}".rstrip("0").rstrip(".")) + "Z"
        case date() | Decimal():
            return str(value)
        case bytes():
            return value.decode("utf-8", "replace")
        case Mapping():
            return {name: item for name, item in _fields(value, lower) if item is not None}
        case list() if value and all(
            isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in value
        ):
            return {
                key: _value(key, item, False) for key, item in value if item is not None
            }  # a map: its keys are data
        case list() | tuple():
            return [_value(name, item, lower) for item in value]
    return str(value)
