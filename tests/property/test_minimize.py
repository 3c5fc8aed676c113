"""The smallest equal document: proven the same, decided the same, and never larger than what the documented rule of AWS CDK makes of it.

The rule (AWS CDK, `PolicyDocument` with `minimize`): statements without Sids, with the same effect and conditions, no `Not…` element that
differs, and two of their three lists of principals, actions and resources equal, are one statement with the third lists joined.
Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_iam.PolicyDocument.html
`POLICYC_CASES` divided by 400 is the number of documents.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from typing import Any

from policyc.analysis.compare import Version
from policyc.analysis.minimize import minimize
from policyc.engines.iam.caller import Grant
from policyc.engines.iam.decision import weigh
from policyc.engines.iam.request import Request
from tests.property.test_analysis_compare import (
    ACTIONS,
    ASKED_ACTIONS,
    ASKED_RESOURCES,
    CALLERS,
    KEYS,
    RESOURCES,
    some,
    statement,
    version,
)

DOCUMENTS = max(20, int(os.environ.get("POLICYC_CASES", "10000")) // 400)
ROLES = tuple(f"arn:aws:iam::111122223333:role/r{at}" for at in range(3))


def read(statements: Sequence[dict[str, Any]]) -> Version | None:
    return version(list(statements), "minimized.json")


def size(statements: Sequence[dict[str, Any]]) -> int:
    return len(json.dumps(statements, separators=(",", ":")))


def items(value: Any) -> frozenset[str]:
    if isinstance(value, dict):
        return frozenset(
            f"{key}:{item}" for key, held in value.items() for item in (held if isinstance(held, list) else [held])
        )
    return frozenset(value if isinstance(value, list) else [value])


def by_the_rule(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the documented rule makes of a document, pair by pair until none is left that it joins."""
    held = [dict(item) for item in statements]
    lists = ("Principal", "Action", "Resource")
    at = 0
    while at < len(held):
        for other in range(at + 1, len(held)):
            one, two = held[at], held[other]
            if "Sid" in one or "Sid" in two or any(one.get(name) != two.get(name) for name in ("Effect", "Condition")):
                continue
            if any(items(one.get(f"Not{name}", [])) != items(two.get(f"Not{name}", [])) for name in lists):
                continue
            unlike = [name for name in lists if items(one.get(name, [])) != items(two.get(name, []))]
            if len(unlike) > 1 or (
                unlike == ["Principal"]
                and not (isinstance(one["Principal"], dict) and isinstance(two["Principal"], dict))
            ):
                continue
            for name in unlike:
                if name == "Principal":
                    keys = dict.fromkeys([*one[name], *two[name]])
                    one[name] = {
                        key: sorted(
                            {
                                text.partition(":")[2]
                                for text in items(one[name]) | items(two[name])
                                if text.partition(":")[0] == key
                            }
                        )
                        for key in keys
                    }
                else:
                    one[name] = sorted(items(one[name]) | items(two[name]))
            del held[other]
            break
        else:
            at += 1
    return held


def document(chance: random.Random) -> list[dict[str, Any]]:
    """Statements of which many could be one."""
    if chance.random() < 0.3:
        keys = chance.sample(tuple(KEYS), 2)
        return [statement(chance, keys) for _ in range(chance.randint(2, 5))]
    condition = chance.choice(({}, {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}))
    out = []
    for _ in range(chance.randint(2, 7)):
        item: dict[str, Any] = {"Effect": chance.choice(("Allow", "Allow", "Deny"))}
        item["Principal"] = chance.choice(("*", {"AWS": chance.choice(ROLES)}, {"AWS": list(ROLES[:2])}))
        item["Action"], item["Resource"] = some(chance, ACTIONS[:4], 2), some(chance, RESOURCES[1:4], 2)
        out.append({**item, **(condition if chance.random() < 0.5 else {})})
    return out


def test_the_smallest_document_is_the_same_and_no_larger_than_the_rule_makes_it() -> None:
    chance = random.Random(41)
    smaller = 0
    for number in range(DOCUMENTS):
        first = document(chance)
        old = read(first)
        if old is None:
            continue
        parts = minimize(first, read)
        made = [part.body for part in parts]
        assert size(made) <= size(by_the_rule(first)) <= size(first), (number, first, made, by_the_rule(first))
        assert [at for part in parts for at in part.of] or not first
        smaller += size(made) < size(first)
        new = read(made)
        assert new is not None
        for _ in range(80):
            context = {key: chance.choice(KEYS[key]["asked"]) for key in KEYS}
            if context["aws:SecureTransport"] == () or context["aws:SourceArn"] == ("arn",):
                continue
            caller = chance.choice([*CALLERS[:6]])
            request = Request.of(chance.choice(ASKED_ACTIONS), chance.choice(ASKED_RESOURCES), caller, context)
            told = [weigh([side.document], request) for side in (old, new)]
            answers = {
                (item.deny_must, item.allow_must and not item.deny_must and min(item.grant_must, Grant.STAR))
                for item in told
            }
            assert len(answers) == 1, (number, first, made, request)
    assert smaller > DOCUMENTS // 2


def test_an_account_beside_its_role_is_no_repeat() -> None:
    """An allow of the account leaves it to the role's own policies, so that of the role says more."""
    both = [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
        for who in ("111122223333", ROLES[0])
    ]
    (part,) = minimize(both, read)
    assert part.body["Principal"] == {"AWS": ["111122223333", ROLES[0]]}
    assert part.of == (0, 1)


def test_items_that_others_take_in_go() -> None:
    listed = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:Get*"],
        "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/a?"],
    }
    (part,) = minimize([listed], read)
    assert (part.body["Action"], part.body["Resource"]) == ("s3:Get*", "arn:aws:s3:::b/*")


def test_a_deny_that_another_one_covers_goes_and_one_that_matters_stays() -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    wide = {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}
    narrow = {**wide, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}
    assert [part.body for part in minimize([allow, narrow, wide], read)] == [allow, wide]
    assert [part.body for part in minimize([allow, narrow], read)] == [allow, narrow]
