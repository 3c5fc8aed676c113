"""The IAM engine beside moto's own evaluator of identity policies, and the Cedar answers beside cedarpy: what differs, by what it is about.

    python -m tests.bench.second_opinion [CASES]

Both are asked the same random requests; nothing is timed. moto says itself what it leaves out, so the documents have one feature each.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import caller_from_arn
from policyc.engines.iam.decision import decide
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Source

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage")
PATTERNS = ("*", "s3:*", "s3:Get*", "s3:getobject", "s3:?etObject", "sqs:SendMessage", "s3:ListBucket")
RESOURCES = (
    "arn:aws:s3:::photos/a",
    "arn:aws:s3:::photos/b/c",
    "arn:aws:s3:::photos",
    "arn:aws:sqs:us-east-1:111122223333:q",
)
GLOBS = (
    "*",
    "arn:aws:s3:::photos/*",
    "arn:aws:s3:::photos/?",
    "arn:aws:s3:::phot*",
    "arn:aws:sqs:*:*:q",
    "arn:aws:s3:::Photos/a",
)
CALLER = caller_from_arn("arn:aws:iam::111122223333:user/ann")
FEATURES = ("plain", "letter case", "one character", "NotResource", "condition that fails", "deny behind")


def document(draw: Random, feature: str) -> dict[str, Any]:
    """A policy of up to three statements with one feature."""
    items = []
    for _ in range(draw.choice([1, 2, 3])):
        patterns = [
            one
            for one in PATTERNS
            if (feature == "letter case" or one != "s3:getobject") and (feature == "one character" or "?" not in one)
        ]
        globs = [one for one in GLOBS if feature == "one character" or "?" not in one]
        item: dict[str, Any] = {
            "Effect": draw.choice(["Allow", "Allow", "Deny"]),
            "Action": draw.sample(patterns, draw.choice([1, 2])),
        }
        item["NotResource" if feature == "NotResource" else "Resource"] = draw.sample(globs, draw.choice([1, 2]))
        if feature == "condition that fails":
            item["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-other00000"}}
        items.append(item)
    return {"Version": "2012-10-17", "Statement": items}


def ours(text: str, action: str, resource: str) -> str:
    tree = parse_json(Source("d.json", text), Diagnostics())
    assert tree is not None
    compiled = compile_document(tree, KINDS["identity"].engine, Diagnostics())
    assert compiled is not None
    verdict = decide(compiled, Request.of(action, resource, CALLER, {"aws:PrincipalOrgID": ("o-own0000000",)}))
    return {Verdict.ALLOW: "allow", Verdict.EXPLICIT_DENY: "deny"}.get(verdict, "no statement")


def theirs(text: str, action: str, resource: str) -> str:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    told = IAMPolicy({"policy_document": text}).is_action_permitted(action, resource)
    return {PermissionResult.PERMITTED: "allow", PermissionResult.DENIED: "deny"}.get(told, "no statement")


def asked(cases: int) -> Iterator[tuple[str, str, str]]:
    draw = Random(7)
    for number in range(cases):
        feature = FEATURES[number % len(FEATURES)]
        text = json.dumps(document(draw, feature))
        action, resource = draw.choice(ACTIONS), draw.choice(RESOURCES)
        try:
            other = theirs(text, action, resource)
        except KeyError as error:
            other = f"KeyError {error}"
        yield feature, ours(text, action, resource), other


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 6_000
    counts, kinds = Counter[str](), Counter[tuple[str, str, str]]()
    for feature, own, other in asked(cases):
        counts[feature] += 1
        if own != other:
            kinds[feature, own, other] += 1
    print(f"{sum(counts.values())} requests, {sum(kinds.values())} with different answers")
    for (feature, own, other), count in sorted(kinds.items()):
        print(f"{feature}: policyc {own}, moto {other}: {count} of {counts[feature]}")


if __name__ == "__main__":
    main()
