"""Requests that are taken for alike get the answer that each of them gets by itself."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.recorded import Recorded
from policyc.replay.tally import Kept
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source
from tests.property.drawing import cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "900"))
BUCKETS = ("arn:aws:s3:::photos", "arn:aws:s3:::other")
KEYS = ("open/1", "open/2", "open/2/x", "closed/1", "a?b", "a*", "a#b", "ä", "open/", "x", "${a}", "", "open/\n")
CALLS = ("GetObject", "HeadObject", "PutObject", "ListObjectsV2", "DeleteObject", "CopyObject", "Odd")
CALLERS = (
    "anonymous",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:sts::111122223333:assumed-role/app/ana",
    "arn:aws:iam::111122223333:user/ana",
    "cloudfront.amazonaws.com",
)
TOLD = {
    "aws:SourceIp": ("10.0.0.1", "10.0.0.2", "192.0.2.3", "2001:db8::1", "nonsense"),
    "aws:UserAgent": ("a", "b", "B", ""),
    "s3:VersionId": ("v1", "v2"),
    "s3:prefix": ("open/", "closed/", "x"),
    "aws:MultiFactorAuthPresent": ("true", "false"),
}
TESTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("IpAddress", "aws:SourceIp", ("10.0.0.0/30", "192.0.2.0/24")),
    ("NotIpAddress", "aws:SourceIp", ("10.0.0.1",)),
    ("StringLike", "aws:UserAgent", ("a*", "B")),
    ("StringEqualsIgnoreCase", "aws:UserAgent", ("b",)),
    ("StringNotEquals", "s3:prefix", ("open/",)),
    ("Bool", "aws:MultiFactorAuthPresent", ("true",)),
    ("StringEquals", "s3:VersionId", ("v1",)),
    ("StringLike", "aws:username", ("a*",)),
    ("StringEquals", "aws:UserAgent", ("${aws:username}",)),
)
PATTERNS = ("", "/*", "/open/*", "/open/?", "/*1", "/closed/${aws:username}", "/a*")


def policy(random: Random) -> str:
    statements = []
    for _ in range(random.randrange(1, 5)):
        item: dict[str, Any] = {
            "Effect": random.choice(["Allow", "Allow", "Deny"]),
            "Principal": random.choice(["*", {"AWS": "111122223333"}, {"AWS": CALLERS[1]}, {"Service": CALLERS[4]}]),
            "Action": random.choice(["s3:*", "s3:GetObject", "s3:*Version", ["s3:ListBucket", "s3:PutObject"]]),
            random.choice(["Resource", "Resource", "NotResource"]): [
                BUCKETS[0] + random.choice(PATTERNS) for _ in range(random.randrange(1, 3))
            ],
        }
        for operator, key, values in random.sample(TESTS, random.randrange(0, 3)):
            item.setdefault("Condition", {}).setdefault(operator, {})[key] = list(values)
        statements.append(item)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def item(random: Random) -> Recorded:
    keys = tuple((name, random.choice(values)) for name, values in TOLD.items() if random.random() < 0.4)
    kind, verdict = random.choice(["cloudtrail", "s3-access"]), random.choice(["allow", "deny"])
    return Recorded(
        kind,
        random.choice(CALLERS),
        random.choice(CALLS),
        random.choice(BUCKETS),
        random.choice(KEYS),
        "",
        keys,
        verdict,
        "",
        "",
    )


def asker(text: str) -> OfDocuments:
    given = read_attached("bucket-policy", Source("p.json", text), 0, DEFAULT, Diagnostics())
    assert isinstance(given, Attached)
    return OfDocuments([given], {}, {})


@cases(max(10, CASES // 60), seeds())
def test_what_is_kept_is_what_would_be_said(random: Random) -> None:
    text = policy(random)
    kept, plain = Kept(asker(text)), asker(text)
    for _ in range(40):
        one = item(random)
        assert kept.answer(one) == plain.answer(one), (text, one)
