"""The comparison of two documents against enumeration: every request over tiny domains, asked of the engine that decides.

Documents are drawn with all operators, `Not…`, `…IfExists`, sets, absent keys, wildcards and policy variables, over few words. What the
enumeration sees change has to be among the changes found, each of which the engine has confirmed, and a pair called the same must
never be answered differently; it is attacked with random requests besides, `POLICYC_ATTACKS` of them. `POLICYC_CASES` divided by 50 is the
number of pairs.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from policyc.analysis import compare as comparing
from policyc.analysis.compare import Change, Version, compare
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Caller, Grant, anonymous, caller_from_arn, service
from policyc.engines.iam.columns import GrantMasks
from policyc.engines.iam.decision import Weight, weigh
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.globs import fold
from policyc.engines.iam.masks import MaskIndex
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source

PAIRS = max(100, int(os.environ.get("POLICYC_CASES", "10000")) // 50)
#: random requests to a pair that is called the same
ATTACKS = int(os.environ.get("POLICYC_ATTACKS", "200"))
ROLE, USER = "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:user/b"
SESSION = "arn:aws:sts::111122223333:assumed-role/a/s"
CALLERS: tuple[Caller, ...] = (
    caller_from_arn(ROLE, session="s", unique_id="AROAA"),
    caller_from_arn(ROLE, session="t", unique_id="AROAA"),
    caller_from_arn("arn:aws:iam::444455556666:role/p/a", session="s", unique_id="AROAP"),
    caller_from_arn(USER, unique_id="AIDAB"),
    caller_from_arn("arn:aws:iam::111122223333:root"),
    caller_from_arn("arn:aws:sts::111122223333:federated-user/f", creator="arn:aws:iam::111122223333:root"),
    service("logs.amazonaws.com"),
    anonymous(),
)
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "111122223333"},
    {"AWS": ROLE},
    {"AWS": [USER, SESSION]},
    {"AWS": ["AIDAB", "AROAP"]},
    {"AWS": ["444455556666", ROLE]},
    {"AWS": ["111122223333", ROLE, SESSION]},
    {"Service": "logs.amazonaws.com"},
)
ACTIONS = ("s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "*", "s3:?utObject", "s3:PutObject")
ASKED_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
RESOURCES = (
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::*",
    "arn:aws:s3:*:b/a",
    "arn:*:b/a",
    "arn:aws:s3:::b/${aws:username}",
)
ASKED_RESOURCES = (
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::b/b",
    "arn:aws:s3:::b/ab",
    "arn:aws:s3:x:y:b/a",
    "*",
)
TEXT = {
    "operators": (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "StringNotEqualsIgnoreCase",
    ),
    "values": ("a", "A", "b", "a*", "*", "?", "${aws:username}", "a:b:c:d:e:f"),
    "asked": ((), ("a",), ("A",), ("b",), ("ab",), ("a:b:c:d:e:f",)),
}
ARN = {
    "operators": ("ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "StringNotEquals"),
    "values": ("arn:aws:sns:*:1:t", "arn:*:1:*", "arn:aws:sns:e:1:t", "*", "arn:aws:sns:e:?:t:u"),
    "asked": ((), ("arn:aws:sns:e:1:t",), ("arn:aws:sns:e:1:t:u",), ("arn:aws:sns:f:2:t",), ("arn",)),
}
NUMBER = {
    "operators": (
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericGreaterThanEquals",
        "NumericLessThanEquals",
    ),
    "values": ("1", "2", "2.5", "3"),
    "asked": ((), ("1",), ("2",), ("2.2",), ("3",), ("no",)),
}
MOMENT = {
    "operators": ("DateLessThan", "DateGreaterThan", "DateNotEquals", "DateGreaterThanEquals"),
    "values": ("2020-01-01", "2021-01-01T00:00:00Z"),
    "asked": ((), ("2019-01-01T00:00:00Z",), ("2020-01-01T00:00:00Z",), ("2020-06-01T00:00:00Z",), ("no",)),
}
ADDRESS = {
    "operators": ("IpAddress", "NotIpAddress"),
    "values": ("10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32", "10.1.2.3"),
    "asked": ((), ("10.0.0.1",), ("10.200.0.1",), ("11.0.0.1",), ("2001:db8::1",)),
}
TRUTH = {"operators": ("Bool",), "values": ("true", "false"), "asked": (("true",), ("false",))}
SETS = {
    "operators": tuple(
        f"{prefix}:{base}"
        for prefix in ("ForAllValues", "ForAnyValue")
        for base in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
    ),
    "values": ("a", "b", "a*", "?"),
    "asked": ((), ("a",), ("b",), ("a", "b"), ("c", "a"), ("ab",)),
}
#: a documented set that is tested as one value, too: several fail every test of one
MANY = {**SETS, "operators": (*SETS["operators"], "StringEquals", "StringNotEquals", "StringLike")}
SIGNED_IN = {**TRUTH, "asked": ((), *TRUTH["asked"])}
PATHS = {
    "operators": SETS["operators"],
    "values": ("o-a1b2c3d4e5/r-ab12/*", "o-a1b2c3d4e5/*", "*", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"),
    "asked": ((), ("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",), ("o-b1b2c3d4e5/r-ab12/",)),
}
CHAIN = {
    "operators": SETS["operators"],
    "values": ("athena.amazonaws.com", "kms.*", "*"),
    "asked": ((), ("athena.amazonaws.com",), ("athena.amazonaws.com", "kms.amazonaws.com")),
}
KEYS = {
    "aws:RequestTag/x": TEXT,
    "aws:SourceIdentity": TEXT,
    "aws:MultiFactorAuthPresent": SIGNED_IN,
    "aws:TokenIssueTime": {**MOMENT, "asked": MOMENT["asked"][:-1]},
    "aws:PrincipalOrgPaths": PATHS,
    "aws:CalledVia": CHAIN,
    "aws:PrincipalTag/x": TEXT,
    "aws:SourceArn": ARN,
    "s3:n": NUMBER,
    "s3:d": MOMENT,
    "aws:SourceIp": ADDRESS,
    "aws:SecureTransport": TRUTH,
    "aws:TagKeys": MANY,
    "s3:many": SETS,
    "aws:PrincipalOrgID": TEXT,
}
#: what keys begin with that only callers with a signature have, and those that temporary credentials always have (IAM evaluation reference, section 9)
OF_TEMPORARY = ("aws:MultiFactorAuthPresent", "aws:TokenIssueTime")
OF_SIGNED = ("aws:PrincipalTag", "aws:PrincipalOrg", "aws:SourceIdentity", *OF_TEMPORARY)
#: the drawn keys as the engine spells them
DRAWN = {fold(key) for key in KEYS}
OF_CALLER = {
    "aws:PrincipalArn": ("ArnLike", "ArnNotEquals", "StringLike", "StringNotLike"),
    "aws:PrincipalAccount": ("StringEquals", "StringNotEquals", "StringLike"),
    "aws:PrincipalType": ("StringEquals", "StringNotEquals"),
    "aws:username": ("StringEquals", "StringLike", "StringNotEquals"),
    "aws:PrincipalIsAWSService": ("Bool",),
    "aws:userid": ("StringEquals", "StringLike", "StringNotLike", "StringNotEquals"),
}
CALLER_VALUES = {
    "aws:PrincipalArn": (ROLE, USER, "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:*", "*"),
    "aws:PrincipalAccount": ("111122223333", "444455556666", "anonymous", "1*", "*"),
    "aws:PrincipalType": ("User", "AssumedRole", "Anonymous", "Account"),
    "aws:username": ("b", "c", "?"),
    "aws:PrincipalIsAWSService": ("true", "false"),
    "aws:userid": ("AROAA:*", "AIDAB", "AIDA*", "111122223333", "1*:f", "*:s", "*"),
}
#: what AWS does not say of services: requests of them state it
OF_SERVICE: dict[str, tuple[str, ...]] = {
    "aws:PrincipalArn": (),
    "aws:PrincipalAccount": (),
    "aws:PrincipalType": (),
    "aws:userid": ("example",),
}


def some(chance: random.Random, items: tuple[Any, ...], most: int = 2) -> Any:
    picked = chance.sample(items, min(len(items), chance.randint(1, most)))
    return picked[0] if len(picked) == 1 else picked


def condition(chance: random.Random, keys: list[str]) -> dict[str, Any]:
    out: dict[str, dict[str, Any]] = {}
    for _ in range(chance.randint(0, 2)):
        if chance.random() < 0.25:
            key = chance.choice(tuple(OF_CALLER))
            operator, values = chance.choice(OF_CALLER[key]), some(chance, CALLER_VALUES[key])
            values = values if operator != "Bool" else chance.choice(("true", "false"))
        else:
            key = chance.choice(keys)
            if chance.random() < 0.15 and KEYS[key] is not TRUTH:
                out.setdefault("Null", {})[key] = chance.choice(("true", "false"))
                continue
            operator = chance.choice(KEYS[key]["operators"])
            values = some(chance, KEYS[key]["values"]) if operator != "Bool" else chance.choice(("true", "false"))
        if chance.random() < 0.25:
            operator += "IfExists"
        out.setdefault(operator, {})[key] = values
    return out


def statement(chance: random.Random, keys: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {"Effect": "Allow" if chance.random() < 0.65 else "Deny"}
    negated = out["Effect"] == "Deny" and chance.random() < 0.25
    out["NotPrincipal" if negated else "Principal"] = chance.choice(PRINCIPALS)
    out["NotAction" if chance.random() < 0.15 else "Action"] = some(chance, ACTIONS)
    out["NotResource" if chance.random() < 0.15 else "Resource"] = some(chance, RESOURCES)
    block = condition(chance, keys)
    return {**out, "Condition": block} if block else out


def pair(chance: random.Random, keys: list[str]) -> tuple[list[Any], list[Any]]:
    old = [statement(chance, keys) for _ in range(chance.randint(1, 4))]
    new = json.loads(json.dumps(old))
    for _ in range(chance.randint(0, 2)):
        at = chance.randrange(len(new))
        match chance.randrange(4):
            case 0:
                new[at] = statement(chance, keys)
            case 1 if len(new) > 1:
                del new[at]
            case 2:
                new.insert(at, statement(chance, keys))
            case _:
                block = condition(chance, keys)
                new[at] = (
                    {**new[at], "Condition": block} if block else {k: v for k, v in new[at].items() if k != "Condition"}
                )
    return old, new


def version(statements: list[Any], name: str) -> Version | None:
    tree = parse_json(Source(name, json.dumps({"Version": "2012-10-17", "Statement": statements})), Diagnostics())
    assert tree is not None
    document = compile_document(tree, KINDS["bucket"].engine, Diagnostics(), name=name)
    return None if document is None else Version(read_policy(tree, KINDS["bucket"], name), document)


def allowed_values(caller: Caller, key: str) -> list[tuple[str, ...]]:
    """The values of a key that a request of a caller may have: what every request keeps to (docs/diff.md)."""
    values = list(KEYS[key]["asked"])
    kind = caller.kind.value
    if key == "aws:SourceArn":
        values.remove(("arn",))
    if kind in ("anonymous", "service", "identity provider") and key.startswith(OF_SIGNED):
        return [()]
    if kind == "anonymous" and key in ("aws:SourceArn", "aws:CalledVia"):
        return [()]
    if kind in ("role session", "federated user") and key in OF_TEMPORARY:
        values.remove(())
    return values


@cache
def _asked(caller: Caller, action: str, resource: str, key: str, values: tuple[str, ...]) -> Request:
    context: dict[str, tuple[str, ...]] = {key: values} if key else {}
    if caller.kind.value == "service":
        context |= OF_SERVICE
    return Request.of(action, resource, caller, context)


Masks = tuple[int, int]


def _columns(index: MaskIndex, request: Request, key: str) -> Masks:
    """What the columns of the engine that look at a key say of a request: the statements that may and that surely match by them."""
    can, must = -1, -1
    for column in index.columns:
        if (fold(key) if key else "") in ({*column.keys} & DRAWN or {""}):
            own = tuple(map(request.get, column.keys))
            pair = column.miss(own[0] if len(own) == 1 else own, request.get, -1)
            can, must = can & pair[0], must & pair[1]
    return can, must


def changes(old: Version, new: Version, keys: list[str]) -> set[Change]:
    """What changes among all requests over the tiny domains.

    The engine is asked of every value by itself, and the answers are put together as it puts them together: the statements that match are
    those that match by caller, action, resource and every key. Values that no statement tells apart are looked at once.
    """
    out: set[Change] = set()
    indexes = [side.document.masks for side in (old, new)]
    for caller in CALLERS:
        plain = _asked(caller, ASKED_ACTIONS[0], ASKED_RESOURCES[0], "", ())
        named = [
            index.principals.miss(caller, False, -1) if index.principals is not None else (-1, -1) for index in indexes
        ]
        own = [_columns(index, plain, "") for index in indexes]
        sides = [
            (who[0] & derived[0] & index.alive, who[1] & derived[1] & index.whole & index.alive)
            for who, derived, index in zip(named, own, indexes, strict=True)
        ]
        parts = [
            {(sides[0], sides[1]): None},
            {tuple((index.actions.miss(fold(action)),) * 2 for index in indexes): None for action in ASKED_ACTIONS},
            {
                tuple(
                    index.resources.miss(
                        (resource, *map(plain.get, index.resources.needs)) if index.resources.needs else resource,
                        resource,
                        plain.get,
                    )
                    for index in indexes
                ): None
                for resource in ASKED_RESOURCES
            },
        ]
        for key in keys:
            asked = [
                _asked(caller, ASKED_ACTIONS[0], ASKED_RESOURCES[0], key, values)
                for values in allowed_values(caller, key)
            ]
            parts.append({tuple(_columns(index, request, key) for index in indexes): None for request in asked})
        together: set[tuple[Masks, ...]] = {((-1, -1), (-1, -1))}
        for part in parts:
            together = {
                tuple((a & c, b & d) for (a, b), (c, d) in zip(*row, strict=True))
                for row in itertools.product(together, part)
            }
        grants = [index.grants(caller)[1] for index in indexes]
        said = [
            {masks: _weighed(index, surely, *masks) for masks in column}
            for index, surely, column in zip(indexes, grants, map(set, zip(*together, strict=True)), strict=True)
        ]
        for pair in {(said[0][one], said[1][other]) for one, other in together}:
            out |= _change(*pair)
    return out


def _weighed(index: MaskIndex, surely: GrantMasks, can: int, must: int) -> tuple[Verdict, Grant]:
    must &= can
    weight = Weight(bool(can & index.deny), bool(must & index.deny), bool(can & index.allow), bool(must & index.allow))
    return weight.verdict, max((Grant.NONE, *(grant for grant, mask in surely if must & mask)))


def _change(old: tuple[Verdict, Grant], new: tuple[Verdict, Grant]) -> set[Change]:
    one, other = old[0], new[0]
    if one is other:
        if one is not Verdict.ALLOW:
            return set()
        before, after = min(old[1], Grant.STAR), min(new[1], Grant.STAR)
        return set() if before == after else {Change.GRANTED if after > before else Change.UNGRANTED}
    allowed = one is Verdict.ALLOW, other is Verdict.ALLOW
    if allowed[0] is not allowed[1]:
        return {Change.ALLOWED if allowed[1] else Change.DENIED}
    return {Change.BLOCKED if other is Verdict.EXPLICIT_DENY else Change.UNBLOCKED}


def attacked(old: Version, new: Version, keys: list[str], chance: random.Random, count: int) -> set[Change]:
    """What changes among some random requests, each asked of the engine as it is."""
    out: set[Change] = set()
    for _ in range(count):
        caller = chance.choice(CALLERS)
        context = {key: chance.choice(allowed_values(caller, key)) for key in keys}
        if caller.kind.value == "service":
            context |= OF_SERVICE
        request = Request.of(chance.choice(ASKED_ACTIONS), chance.choice(ASKED_RESOURCES), caller, context)
        weights = [weigh([side.document], request) for side in (old, new)]
        assert all(item.grant_can is item.grant_must for item in weights)
        out |= _change(*((item.verdict, item.grant_must) for item in weights))
    return out


def test_comparison_agrees_with_enumeration() -> None:
    settled, differs = pairs_agree(random.Random(11), PAIRS)
    assert settled > PAIRS * 3 // 4
    assert differs > PAIRS // 3


@pytest.mark.parametrize("count", [1, 2])
def test_few_values_of_a_key_are_no_proof_for_more(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a key may need more values than are told apart, what is proven is proven for any number of them."""
    monkeypatch.setattr(comparing, "_FEW_VALUES", count)
    monkeypatch.setattr(comparing, "MOST_VALUES", count)
    settled, _ = pairs_agree(random.Random(12 + count), PAIRS // 4, ("aws:TagKeys", "s3:many"))
    assert settled > PAIRS // 10


def pairs_agree(chance: random.Random, count: int, among: Sequence[str] = ()) -> tuple[int, int]:
    """So many pairs; how many of them were settled, and how many differ."""
    settled = differs = 0
    done = 0
    while done < count:
        keys = chance.sample(tuple(among or KEYS), 2)
        if all(key.startswith("aws:PrincipalOrg") for key in keys):
            continue  # a request has both or neither, which values that are put together at random do not keep to
        old, new = pair(chance, keys)
        first, second = version(old, "old.json"), version(new, "new.json")
        if first is None or second is None:
            continue
        done += 1
        found = compare([first], [second])
        seen = {item.change for item in found.differences}
        expected = changes(first, second, keys)
        if found.same:
            assert not attacked(first, second, keys, chance, ATTACKS), (json.dumps(old), json.dumps(new))
        elif done % 4 == 0:  # the enumeration sees what single requests show
            assert attacked(first, second, keys, chance, 50) <= expected, (json.dumps(old), json.dumps(new))
        if found.settled:
            settled += 1
            assert expected <= seen, (json.dumps(old), json.dumps(new), expected, seen)
        differs += bool(seen)
    return settled, differs
