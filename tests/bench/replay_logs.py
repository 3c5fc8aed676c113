"""Replay of logs other than those of VPC Lattice: record by record beside columns, by processor time.

    python tests/bench/replay_logs.py [--rows 100000] [--kind cloudtrail,s3,verified-access] [--distinct] [--only columns]

Makes a log of each kind (200 roles on 40,000 objects, or 500 users on 3,000 paths; with `--distinct` every record is about another one), replays two
policies over it with each engine, and holds the reports against one another. Ends with 1 where they differ.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

from policyc.__main__ import main as policyc

ACCOUNT = "111122223333"
FOLDERS = ("in", "out", "tmp", "reports")


def when(number: int, rows: int) -> tuple[int, str]:
    """The day of November and the time of a record."""
    second = number * 30 * 86_400 // rows
    return 1 + second // 86_400, f"{second // 3_600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"


def cloudtrail(rows: int, distinct: bool) -> Iterator[str]:
    """Source of the shape: access log reference, section 3.1."""
    drawn = random.Random(7)
    for number in range(rows):
        day, clock = when(number, rows)
        role, session = f"role-{min(int(drawn.paretovariate(0.8)), 200):03}", f"i-{number % 997:05}"
        key = f"{drawn.choice(FOLDERS)}/{number if distinct else drawn.randrange(10_000):07}.json"
        identity = {
            "type": "AssumedRole",
            "principalId": f"AROA{role}:{session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
            "accountId": ACCOUNT,
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "userName": role},
                "attributes": {"creationDate": "2026-11-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        }
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": f"2026-11-{day:02}T{clock}Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": drawn.choice(["GetObject", "GetObject", "PutObject", "HeadObject", "DeleteObject"]),
            "awsRegion": "us-west-2",
            "sourceIPAddress": f"10.0.{number % 4}.{number % 251}",
            "userAgent": f"[aws-sdk-go/1.{number % 7}]",
            "requestParameters": {"bucketName": "photos", "Host": "photos.s3.us-west-2.amazonaws.com", "key": key},
            "responseElements": None,
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "AuthenticationMethod": "AuthHeader",
                "x-amz-id-2": "abc" * 10,
            },
            "requestID": f"REQ{number:013}",
            "eventID": f"{number:08x}-0000-4000-8000-{number:012x}",
            "resources": [
                {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::photos/{key}"},
                {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::photos"},
            ],
            "managementEvent": False,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Data",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
        }
        yield json.dumps(record if drawn.random() > 0.02 else {**record, "errorCode": "AccessDenied"})


def s3(rows: int, distinct: bool) -> Iterator[str]:
    """Source of the shape: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html."""
    drawn = random.Random(7)
    for number in range(rows):
        day, clock = when(number, rows)
        role = f"role-{min(int(drawn.paretovariate(0.8)), 200):03}"
        key = f"{drawn.choice(FOLDERS)}/{number if distinct else drawn.randrange(10_000):07}.json"
        call = drawn.choice(["GET", "GET", "PUT", "HEAD"])
        outcome = "200 -" if drawn.random() > 0.02 else "403 AccessDenied"
        yield (
            f"{'a' * 64} photos [{day:02}/Nov/2026:{clock} +0000] 10.0.{number % 4}.{number % 251}"
            f" arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-{number % 997:05} REQ{number:013} REST.{call}.OBJECT {key}"
            f' "{call} /{key} HTTP/1.1" {outcome} {number % 9_999} 1000 20 19 "-" "aws-sdk-go/1.{number % 7}" -'
            f" {'h' * 56}= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader photos.s3.us-west-2.amazonaws.com TLSv1.3 - - us-west-2"
        )


def verified_access(rows: int, distinct: bool) -> Iterator[str]:
    """Source of the shape: access log reference, section 2."""
    drawn = random.Random(7)
    for number in range(rows):
        user = min(int(drawn.paretovariate(0.8)), 500)
        path = f"/{drawn.choice(['app', 'admin', 'api'])}/{number if distinct else drawn.randrange(1_000)}"
        groups = {
            f"{at:08}-1111-4111-8111-111111111111": {"group_name": f"g{at}"} for at in range(user % 5, user % 5 + 8)
        }
        person = {"user_id": f"u{user}", "email": {"address": f"u{user}@acme.example", "verified": True}}
        asked = {"http_method": "GET", "hostname": "app.example.com", "path": path, "port": "443"}
        yield json.dumps(
            {
                "class_uid": "3006",
                "time": str(1_793_491_200_000 + number * 30 * 86_400_000 // rows),
                "status_code": "100" if drawn.random() > 0.02 else "300",
                "message": "",
                "metadata": {"uid": f"Root=1-{number:08x}", "version": "1.0.0-rc.2"},
                "http_request": {
                    "http_method": "GET",
                    "url": {"hostname": "app.example.com", "path": path, "port": 443},
                },
                "src_endpoint": {"ip": f"10.0.{user % 4}.{user % 251}", "port": 46_246},
                "actor": {"user": {"email_addr": f"u{user}@acme.example", "uid": f"u{user}"}},
                "proxy": {"uid": "vai-0123456789abcdef0"},
                "data": {"context": {"idc": {"user": person, "groups": groups}, "http_request": asked}},
            }
        )


def flow_logs(rows: int, distinct: bool) -> Iterator[str]:
    """As a transit gateway writes them, which tells drops for want of a route. Source of the shape: access log reference, section 5."""
    drawn = random.Random(7)
    yield "version tgw-src-vpc-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status packets-lost-no-route"
    for number in range(rows):
        to = number if distinct else min(int(drawn.paretovariate(0.8)), 4_000)
        lost = 6 if to % 3 == 2 else 0
        ends = f"10.1.{number % 4}.{number % 251} 10.{2 + to % 3}.{to // 250 % 250}.{to % 250}"
        start = 1_793_491_200 + number * 30 * 86_400 // rows
        yield f"6 vpc-a {ends} {drawn.randrange(1_024, 65_536)} 443 6 {6 - lost} 840 {start} {start + 60} OK {lost}"


def core(name: Path, share: bool) -> str:
    """A core network of two segments, which share their routes or do not."""
    segments = [{"name": segment, "require-attachment-acceptance": False} for segment in ("dev", "prod")]
    rule = {"rule-number": 100, "conditions": [{"type": "tag-exists", "key": "segment"}]}
    tagged = {"association-method": "tag", "tag-value-of-key": "segment"}
    locations = [{"location": "us-east-1"}]
    document = {
        "version": "2025.11",
        "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": locations},
        "segments": segments,
        "attachment-policies": [{**rule, "action": tagged}],
    }
    if share:
        action = {"action": "share", "mode": "attachment-route", "segment": "dev", "share-with": ["prod"]}
        document["segment-actions"] = [action]
    name.write_text(json.dumps(document))
    return str(name)


def attached(name: Path) -> str:
    held = {
        at: {
            "type": "vpc",
            "region": "us-east-1",
            "resource_id": f"vpc-{at}",
            "tags": {"segment": segment},
            "cidrs": [block],
        }
        for at, segment, block in (
            ("a", "dev", "10.1.0.0/16"),
            ("b", "dev", "10.2.0.0/16"),
            ("c", "prod", "10.3.0.0/16"),
        )
    }
    name.write_text(json.dumps({"attachments": held}))
    return str(name)


def bucket(name: Path, folder: str, roles: str) -> str:
    """A policy of a bucket that lets everybody read, and write below two folders."""
    photos = "arn:aws:s3:::photos/"
    statements = [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:DeleteObject"],
            "Resource": photos + "*",
        },
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": [f"{photos}in/*", f"{photos}{folder}/*"],
        },
        {
            "Sid": "No",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": photos + "tmp/*",
            "Condition": {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{roles}*"}},
        },
    ]
    name.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return str(name)


def cedar(name: Path, group: int, path: str) -> str:
    name.write_text(
        f'permit(principal, action, resource) when {{ context.idc.groups has "{group:08}-1111-4111-8111-111111111111" && '
        'context.http_request.path like "/app/*" };\n'
        f'permit(principal, action, resource) when {{ context.idc.user.email.address like "*@acme.example" && '
        f'context.http_request.path like "{path}" }};\n'
    )
    return str(name)


def asked(kind: str, folder: Path) -> list[str]:
    """The options that say which policies are asked."""
    if kind == "verified-access":
        old, new = cedar(folder / "old.cedar", 3, "/api/*"), cedar(folder / "new.cedar", 5, "/admin/*")
        return ["--group-policy", new, "--old-group-policy", old, "--trust", "idc=iam_identity_center"]
    if kind == "flow-logs":
        old, new = core(folder / "old.json", False), core(folder / "new.json", True)
        return ["--core-network", new, "--old-core-network", old, "--attachments", attached(folder / "attached.json")]
    old, new = bucket(folder / "old.json", "out", "role-1"), bucket(folder / "new.json", "reports", "role-02")
    return ["--bucket-policy", new, "--old-bucket-policy", old]


MAKERS = {"cloudtrail": cloudtrail, "s3": s3, "verified-access": verified_access, "flow-logs": flow_logs}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--kind", default=",".join(MAKERS))
    options.add_argument("--distinct", action="store_true")
    options.add_argument("--only", choices=("rows", "columns"))
    args = options.parse_args()
    differ = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for kind in args.kind.split(","):
            log = folder / f"{kind}.log"
            with log.open("w") as stream:
                stream.writelines(f"{line}\n" for line in MAKERS[kind](args.rows, args.distinct))
            reports = []
            for engine in ("rows", "columns") if args.only is None else (args.only,):
                out, start = folder / f"{engine}.json", process_time()
                flags = [*asked(kind, folder), "--engine", engine, "--format", "json", "--output", str(out)]
                status = policyc(["replay", str(log), "--root", made, *flags])
                took = process_time() - start
                reports.append(out.read_bytes())
                print(
                    f"{kind:16} {engine:8} {args.rows:,} records, {took:.1f} s of processors, status {status}",
                    flush=True,
                )
            if reports[-1] != reports[0]:
                differ = 1
                print(f"{kind:16} the reports differ")
    sys.exit(differ)


if __name__ == "__main__":
    main()
