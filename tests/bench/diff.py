"""What comparing two auth policies costs, in milliseconds: `python tests/bench/diff.py`.

Documents of 5 to 400 statements: auth policies over a fleet of services and teams, and bucket policies with every kind of operator, sets,
`Not…` and patterns with inner stars. Against each a copy with the statements split and in another order (equal), one with patterns and blocks
rewritten (equal after rewriting), one with a single resource more (different), one with a deny of its own that many allows meet, and one without
one of its denies. A time is CPU time, the least of five, of the comparison with its confirmed examples alone; the documents are read anew each time
and not yet asked anything.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import random
import sys
import time
from typing import Any

from policyc.analysis.compare import Version, compare
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source

ACCOUNTS = ("111122223333", "444455556666")
SERVICES = [f"arn:aws:vpc-lattice:us-west-2:{ACCOUNTS[at % 2]}:service/svc-{at:017x}" for at in range(60)]
NOUNS = ("orders", "users", "carts", "items", "payments", "admin", "health", "reports")
TEAMS = [f"team{at:02}" for at in range(20)]
METHODS = ("GET", "POST", "PUT", "DELETE")
VPCS = [f"vpc-{at:017x}" for at in range(12)]


def auth_policy(count: int, seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)

    def resources() -> list[str]:
        out = []
        for _ in range(chance.randint(1, 3)):
            service, noun = chance.choice(SERVICES), chance.choice(NOUNS)
            forms = (f"{service}/{noun}/*", f"{service}/*", f"arn:aws:vpc-lattice:us-west-2:*:service/*/{noun}/*")
            out.append(chance.choice((*forms, f"{service}/*/{noun}/??")))
        return sorted(set(out))

    def callers() -> list[str]:
        team = [chance.choice(TEAMS) for _ in range(chance.randint(1, 4))]
        return sorted(
            {f"arn:aws:iam::{chance.choice(ACCOUNTS)}:role/{name}{chance.choice(('', '-*', '/*'))}" for name in team}
        )

    out: list[dict[str, Any]] = []
    for at in range(count):
        allow: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke"}
        allow["Resource"] = resources()
        match at % 7:
            case 0:
                condition: dict[str, Any] = {
                    "ArnLike": {"aws:PrincipalArn": callers()},
                    "StringEquals": {"vpc-lattice-svcs:RequestMethod": chance.sample(METHODS, 2)},
                }
            case 1:
                condition = {"StringEquals": {"aws:PrincipalOrgID": chance.choice(("o-aaaaaaaaaa", "o-bbbbbbbbbb"))}}
            case 2:
                blocks = [f"10.{chance.randint(0, 9)}.0.0/{chance.choice((16, 17, 20, 24))}" for _ in range(3)]
                condition = {
                    "IpAddress": {"aws:VpcSourceIp": blocks},
                    "StringEquals": {"vpc-lattice-svcs:SourceVpc": chance.sample(VPCS, 3)},
                }
            case 3:
                allow |= {"Effect": "Deny", "Resource": "*/admin/*"}
                condition = {"StringNotEquals": {"vpc-lattice-svcs:SourceVpc": chance.sample(VPCS, 10)}}
            case 4:
                paths = [f"o-aaaaaaaaaa/r-ab12/ou-ab12-{chance.randint(0, 5):08}/*" for _ in range(2)]
                condition = {
                    "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": paths},
                    "ArnLike": {"aws:PrincipalArn": callers()},
                }
            case 5:
                allow |= {"Effect": "Deny"}
                condition = {
                    "Null": {"aws:PrincipalOrgID": "true"},
                    "StringNotEquals": {"vpc-lattice-svcs:RequestMethod": ["GET"]},
                }
            case _:
                condition = {
                    "StringLike": {"aws:PrincipalTag/team": callers()},
                    "StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"},
                }
        out.append({**allow, "Condition": condition})
    return out


BUCKETS = ("shop", "logs", "media", "backups", "exports", "models")
ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:Get*",
    "s3:List*",
    "s3:*",
    "s3:GetObject*",
    "s3:PutObjectTagging",
    "s3:?etObject",
)
ENDS = ("*", "a/*", "*/b/*", "team?/*", "x/*.csv", "*/tmp/*/y")


def bucket_policy(count: int, seed: int) -> list[dict[str, Any]]:
    """Statements with one to four conditions each, of 12 kinds."""
    chance = random.Random(seed)

    def entry() -> tuple[str, str, Any]:
        org, day = chance.choice(("o-aaaaaaaaaa", "o-bbbbbbbbbb")), f"20{chance.randint(20, 30)}-01-01T00:00:00Z"
        return chance.choice(
            (
                (
                    "StringLike",
                    "aws:PrincipalArn",
                    [f"arn:aws:iam::*:role/{chance.choice('abcdef')}*" for _ in range(3)],
                ),
                ("StringNotLike", "aws:PrincipalTag/team", [f"{letter}*" for letter in chance.sample("abcdef", 3)]),
                ("ForAllValues:StringEquals", "aws:TagKeys", chance.sample("abcdefgh", 3)),
                ("ForAnyValue:StringLike", "aws:TagKeys", [f"{letter}*" for letter in chance.sample("abcdefgh", 2)]),
                ("NumericLessThan", "s3:max-keys", str(chance.randint(1, 50))),
                ("DateGreaterThan", "aws:CurrentTime", day),
                ("Bool", "aws:SecureTransport", chance.choice(("true", "false"))),
                ("NotIpAddress", "aws:SourceIp", [f"10.{chance.randint(0, 20)}.0.0/16" for _ in range(3)]),
                ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{chance.choice(ACCOUNTS)}:{chance.choice('abcd')}*"),
                ("StringEqualsIfExists", "aws:PrincipalOrgID", org),
                ("Null", "s3:ExistingObjectTag/class", chance.choice(("true", "false"))),
                ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", chance.sample(("Alpha", "beta", "GAMMA"), 2)),
            )
        )

    out: list[dict[str, Any]] = []
    for _ in range(count):
        roles = [f"arn:aws:iam::444455556666:role/{letter}" for letter in chance.sample("abcdefgh", 3)]
        item: dict[str, Any] = {"Effect": "Deny" if chance.random() < 0.4 else "Allow"}
        item["Principal"] = chance.choice(("*", {"AWS": ["111122223333"]}, {"AWS": roles}))
        item["NotAction" if chance.random() < 0.15 else "Action"] = chance.sample(ACTIONS, chance.randint(1, 3))
        buckets = [f"{chance.choice(BUCKETS)}{chance.choice(('', '-*', '-??'))}" for _ in range(chance.randint(1, 4))]
        item["Resource"] = [f"arn:aws:s3:::{name}/{chance.choice(ENDS)}" for name in buckets]
        block: dict[str, Any] = {}
        for operator, key, values in (entry() for _ in range(chance.randint(1, 4))):
            block.setdefault(operator, {})[key] = values
        out.append({**item, "Condition": block})
    return out


def split(given: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """The same meaning: a statement of several resources as two, all in another order."""
    out: list[dict[str, Any]] = []
    for item in given:
        found = item["Resource"]
        if isinstance(found, list) and len(found) > 1:
            out += [{**item, "Resource": found[:1]}, {**item, "Resource": found[1:]}]
        else:
            out.append(item)
    chance.shuffle(out)
    return out


def rewritten(given: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """The same meaning in other patterns: `a*` as `a` and `a?*`, a block as its halves."""
    out = []
    for item in json.loads(json.dumps(given)):
        found = item["Resource"] if isinstance(item["Resource"], list) else [item["Resource"]]
        item["Resource"] = [
            part for text in found for part in ([text[:-1], f"{text[:-1]}?*"] if text.endswith("*") else [text])
        ]
        for key, blocks in item["Condition"].get("IpAddress", {}).items():
            halves = [str(half) for block in blocks for half in ipaddress.ip_network(block).subnets(1)]
            item["Condition"]["IpAddress"][key] = halves
        out.append(item)
    chance.shuffle(out)
    return out


def wider(given: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """One resource more in one allow."""
    out = split(given, chance)
    at = chance.choice([at for at, item in enumerate(out) if item["Effect"] == "Allow"])
    found = out[at]["Resource"] if isinstance(out[at]["Resource"], list) else [out[at]["Resource"]]
    out[at] = {**out[at], "Resource": [*found, f"{SERVICES[0]}/zz-internal/??/x*"]}
    return out


def denying(given: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """A deny more, which many allows meet."""
    condition = {"StringNotEquals": {"aws:PrincipalOrgID": "o-cccccccccc"}}
    action = "vpc-lattice-svcs:Invoke" if "vpc-lattice-svcs:Invoke" in json.dumps(given[0]) else "s3:*"
    return [*given, {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition}]


def without_deny(given: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """One deny less."""
    gone = chance.choice([at for at, item in enumerate(given) if item["Effect"] == "Deny"] or [0])
    return [item for at, item in enumerate(given) if at != gone]


CHANGES = (
    ("equal", split),
    ("equal after rewriting", rewritten),
    ("different", wider),
    ("a broad deny", denying),
    ("a deny gone", without_deny),
)
DOCUMENTS = (("auth-policy", auth_policy), ("bucket", bucket_policy))


def version(given: list[dict[str, Any]], name: str = "auth-policy") -> Version:
    diagnostics = Diagnostics()
    text = json.dumps({"Version": "2012-10-17", "Statement": given})
    tree = parse_json(Source("x.json", text), diagnostics)
    assert tree is not None
    document = compile_document(tree, KINDS[name].engine, diagnostics, name="x.json", stored=True)
    assert document is not None, list(diagnostics)
    return Version(read_policy(tree, KINDS[name], "x.json"), document)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [5, 20, 100, 400]
    for (name, make), count, (title, change) in itertools.product(DOCUMENTS, sizes, CHANGES):
        times: list[float] = []
        told = set()
        for seed in (11, 12, 13):
            old = make(count, seed)
            changed = change(old, random.Random(seed))
            least = 1e9
            for _ in range(5 if count <= 100 else 2):
                one, other = version(old, name), version(changed, name)
                begin = time.process_time()
                found = compare([one], [other])
                least = min(least, time.process_time() - begin)
            times.append(least * 1000)
            told.add("same" if found.same else f"{len(found.differences)} classes" if found.settled else "not settled")
        took = f"{sorted(times)[1]:8.1f} ms, at most {max(times):8.1f} ms"
        print(f"{name:11} {count:4} statements, {title:22} {took}: {', '.join(sorted(told))}")


if __name__ == "__main__":
    main()
