"""Texts to start from for files that policyc writes itself, that hold logs, or that hold documents of others."""

from __future__ import annotations

import json
from typing import Any

from policyc.aws.checkpoint import digest, sealed
from tests.carriers.planted import planted

_WRITTEN: dict[str, Any] = {"text": '{"Statement": []}', "flag": "", "revision": {}}
_STEP: dict[str, Any] = {
    "number": 1,
    "kind": "bucket policy",
    "label": "photos",
    "resource": "arn:aws:s3:::photos",
    "account": "111122223333",
    "region": "us-west-2",
    "name": "",
    "old": {"text": None, "flag": "", "revision": {}},
    "new": _WRITTEN,
}
PLAN = sealed(
    {
        "format_version": 2,
        "made_at": "2026-05-01T10:00:00Z",
        "accounts": [{"account": "111122223333", "caller": "arn:aws:iam::111122223333:role/x", "partition": "aws"}],
        "steps": [_STEP],
        "order": "",
        "changes": {},
        "left": [],
        "warnings": [],
        "permissions": {},
        "missing": {},
    }
)
RECORD = sealed(
    {
        "format_version": 1,
        "plan": digest([_STEP]),
        "saved_at": "2026-05-01T10:00:00Z",
        "steps": [{**_STEP, "progress": "done", "undone": None, "before": _WRITTEN, "note": ""}],
    }
)
LOCK = {
    "format_version": 1,
    "pulled_at": "2026-05-01T10:00:00Z",
    "accounts": [
        {
            "account": "111122223333",
            "caller": "arn:aws:iam::111122223333:role/x",
            "partition": "aws",
            "regions": ["us-west-2"],
            "targets": ["lattice"],
        }
    ],
    "calls": {},
    "documents": {
        "x.json": {
            "kind": "auth-policy",
            "target": "lattice",
            "role": "service",
            "resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
            "account": "111122223333",
            "region": "us-west-2",
            "revision": {},
            "sha256": "0",
        }
    },
    "resources": {
        "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0": {
            "type": "lattice.service",
            "name": "orders",
            "facts": {"auth": "AWS_IAM", "trust": {"idc": "iam_identity_center"}},
            "policies": {"service": "x.json"},
            "unread": {},
        }
    },
    "files": ["x.json"],
    "unread": [],
}
BASELINE = {
    "format_version": 1,
    "findings": [{"rule": "unused-import", "file": "a.policy", "message": "x", "count": 1, "fingerprint": "0"}],
}
MANIFEST = {
    "format_version": 1,
    "project": "..",
    "files": {"lattice/a.json": {"sha256": "0", "target": "lattice", "source": "a.policy"}},
}
REQUEST = {
    "resource": "mesh",
    "who": "app",
    "can": "GET",
    "path": "/x",
    "attributes": {"source.vpc": "vpc-0a1b2c3d4e5f67890"},
}
USERS = {
    "users": {"ana": {"idc.groups": ["finance"], "devices": ["mac"]}},
    "devices": {"mac": {"jamf.risk": "LOW"}},
    "request": {"http_request.http_method": "GET"},
}
CLAIMS = {"sub": "1", "groups": ["a"], "email": "a@b.example", "email_verified": True, "level": 3, "more": {"x": []}}
BINDINGS = (
    {"Org": "o-a1b2c3d4e5"},
    [{"ParameterKey": "Org", "ParameterValue": "o-a1b2c3d4e5"}],
    {"Stacks": [{"Outputs": [{"OutputKey": "Org", "OutputValue": "x", "ExportName": "org"}], "Parameters": []}]},
    {"Org": {"value": ["a", "b"], "sensitive": False}},
)
KNOWN = {
    "callers": {"arn:aws:iam::111122223333:role/x": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    "users": {"ana@acme.example": {"idc": {"groups": {}}}},
}
GUARANTEES = """\
prove "only ours" {
  every request to x where aws.PrincipalOrgID != "o-a1b2c3d4e5" is deny
  no request to x can raw("s3:Delete*") is allowed
}
"""
CLOUDTRAIL = {
    "Records": [
        {
            "eventVersion": "1.09",
            "eventTime": "2026-05-01T10:00:00Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "awsRegion": "us-west-2",
            "sourceIPAddress": "203.0.113.7",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": "arn:aws:sts::111122223333:assumed-role/site/x",
                "accountId": "111122223333",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/site", "type": "Role"}},
            },
            "requestParameters": {"bucketName": "photos", "key": "a.jpg"},
            "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::photos/a.jpg"}],
            "additionalEventData": {"SignatureVersion": "SigV4"},
            "vpcEndpointId": "vpce-0a1b2c3d4e5f67890",
        }
    ]
}
VISITED = {
    "class_uid": "3006",
    "status_code": "100",
    "time": "1668580194344",
    "metadata": {"uid": "u-1", "version": "1.0.0-rc.2"},
    "actor": {"user": {"email_addr": "ana@acme.example"}},
    "http_request": {"http_method": "GET", "url": {"hostname": "pay.acme.example", "path": "/x", "port": 443}},
    "src_endpoint": {"ip": "203.0.113.7"},
    "data": {"context": {"idp": {"groups": ["a"]}, "http_request": {"path": "/x"}}},
}
S3_ACCESS = (
    "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 "
    "arn:aws:sts::111122223333:assumed-role/site/ana 3E57427F3EXAMPLE "
    'REST.GET.OBJECT cats/1%2520a.jpg "GET /photos/cats/1.jpg HTTP/1.1" 200 - 113 113 7 6 "-" "S3Console/0.4" - '
    "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader "
    "photos.s3.us-west-1.amazonaws.com TLSv1.2 - - us-west-1\n"
)
FLOWS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
    "2 111122223333 eni-0123456789abcdef0 10.1.0.5 10.2.0.9 40000 443 6 10 840 1761984000 1761984060 ACCEPT OK\n"
)


def hosts() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Carrier -> the file's name and texts that hold a document of every kind."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for item in planted():
        carrier = item.name[: -len(f"-{item.kind.name}-" + item.name.rpartition("-")[2])]
        file, texts = found.get(carrier, (item.file, ()))
        found[carrier] = file, (*texts, item.text)
    return found


def said(*data: Any) -> tuple[str, ...]:
    """Data as JSON texts."""
    return tuple(json.dumps(item, indent=1) for item in data)
