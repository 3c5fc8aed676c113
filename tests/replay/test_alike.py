"""Requests that are taken for alike get the answer that each of them gets by itself."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.cedar import OfCedar
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.kinds.verified_access import VerifiedAccess
from policyc.replay.recorded import Recorded
from policyc.replay.tally import Kept
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.protocol import Providers, no_files
from policyc.targets.cedar_texts import logging
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


@cases(max(10, CASES // 1000), seeds())
def test_what_is_kept_is_what_would_be_said(random: Random) -> None:
    text = policy(random)
    kept, plain = Kept(asker(text)), asker(text)
    for _ in range(40):
        one = item(random)
        assert kept.answer(one) == plain.answer(one), (text, one)


TEXTS = (
    'context.idc.groups has "g1"',
    "context has idc",
    "context.idc.user has email",
    'context.idc.user.email.address like "*@x.example"',
    'context.idc.user.email.address != "a@x.example"',
    "context.idc.user.email.verified",
    "context.idc.user == context.idc.owner",
    "context.idc.level > 3",
    'context.http_request.path like "/app/*"',
    'context.http_request.path == "app/1"',
    'context.http_request.http_method == "GET"',
    'context.http_request.port == "443"',
    'ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/31"))',
    "context == context",
)


def cedar(random: Random) -> OfCedar:
    found = Diagnostics()
    texts = {}
    for gate in random.choice([("group",), ("endpoint", "group")]):
        tests = [" && ".join(random.sample(TEXTS, 2)) for _ in range(random.randrange(1, 4))]
        effects = [random.choice(["permit", "permit", "forbid"]) for _ in tests]
        clauses = [f"{random.choice(['when', 'when', 'unless'])} {{ {test} }}" for test in tests]
        source = Source(
            f"{gate}.cedar", "".join(f"{e}(principal, action, resource) {c};\n" for e, c in zip(effects, clauses))
        )
        tree = parse_cedar(source, found)
        assert tree is not None
        texts[gate] = (source, tree)
    providers = Providers({"idc": "iam_identity_center"}, {}, no_files)
    return OfCedar(
        {"": logging().guard_of(texts, providers, {}, found)}, {"known@x.example": {"idc": {"groups": {"g1": {}}}}}
    )


def access(random: Random) -> dict[str, Any]:
    addresses = ("a@x.example", "b@x.example", "c@y.example", "", None, 5, {"x": 1})
    user = {
        "email": {"address": random.choice(addresses), "verified": random.choice([True, False])},
        "id": random.randrange(9),
    }
    idc: Any = random.choice(
        [
            {"user": user, "groups": random.choice([{}, {"g1": {"name": "n"}}, {"g2": None}])},
            {"user": user, "owner": user},
            {},
            5,
        ]
    )
    if isinstance(idc, dict) and random.random() < 0.3:
        idc = {**idc, "level": random.choice([3, 4, "4", 1.5])}
    context: Any = random.choice([None, {}, {"idc": idc}, {"idc": idc}, {"other": random.choice([5, {"x": 10**30}])}])
    path = random.choice(["/app/1", "/app/2", "app/1", "/x", "/y", "", "-", None])
    if context and random.random() < 0.3:
        context = {**context, "http_request": random.choice([{"path": path}, {"odd": 1}, {}])}
    return {
        "class_uid": "3006",
        "time": "1",
        "status_code": random.choice(["100", "300"]),
        "http_request": {
            "http_method": random.choice(["GET", "PUT"]),
            "url": {"hostname": "h", "path": path, "port": random.choice([443, "443", 80])},
        },
        "src_endpoint": {"ip": random.choice(["10.0.0.1", "10.0.0.2"])},
        "device": {"ip": random.choice(["10.0.0.1", "-"])},
        "actor": {"user": {"email_addr": random.choice(["known@x.example", "u@x.example"])}},
        "data": {"context": context},
    }


@cases(max(10, CASES // 800), seeds())
def test_users_and_paths_that_texts_cannot_tell_apart(random: Random) -> None:
    asker = cedar(random)
    kept = Kept(asker)
    for _ in range(15):
        one = VerifiedAccess().read(access(random))
        assert kept.answer(one) == asker.answer(one), one


def test_many_users_on_many_paths_are_asked_about_a_few_times() -> None:
    found = Diagnostics()
    source = Source(
        "p.cedar",
        'permit(principal, action, resource) when { context.idc.groups has "g1" && context.http_request.path like "/app/*" };',
    )
    tree = parse_cedar(source, found)
    assert tree is not None
    asker = OfCedar({"": logging().guard_of({"group": (source, tree)}, Providers({}, {}, no_files), {}, found)})
    kept = Kept(asker)
    for user in range(30):
        for page in range(5):
            idc = {"user": {"name": f"u{user}"}, "groups": {f"g{user % 2}": {"name": f"n{user}"}}}
            data = {
                **access(Random(1)),
                "status_code": "100",
                "data": {"context": {"idc": idc, "http_request": {"path": f"/app/{page}"}}},
            }
            said = kept.answer(VerifiedAccess().read(data))
            assert not isinstance(said, str)
            assert said.decision == ("allow" if user % 2 else "deny")
    assert len(kept.kept) <= 4
