"""The comparison of documents with open values against completions of them: what is called the same is the same for every value.

Texts of random documents are left open, the same names on both sides. A pair called the same answers every request alike whatever the
values are; a class that is found without a doubt is there whatever they are, and where the classes that some values show are said to be all, no
other values show another one. `POLICYC_CASES` divided by 200 is the number of pairs.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

from policyc.analysis.compare import Change, Difference, Version, compare, covers
from policyc.engines.iam.decision import decide
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.holes import filled, mark, names_in
from policyc.ir.authz import Statement
from tests.property.test_analysis_compare import ASKED_ACTIONS, ASKED_RESOURCES, CALLERS, KEYS, condition, pair, version

PAIRS = max(50, int(os.environ.get("POLICYC_CASES", "10000")) // 200)
#: values of holes: those that documents hold as well, wildcards, and others
VALUES = (
    "a",
    "b",
    "*",
    "1",
    "arn:aws:s3:::b/a",
    "arn:aws:iam::111122223333:role/a",
    "111122223333",
    "10.1.2.3",
    "s3:GetObject",
    "q",
)


def opened(chance: random.Random, value: Any, names: dict[str, str]) -> Any:
    """The value with some of its texts open; equal texts get one name."""
    if isinstance(value, dict):
        return {
            key: item if key in ("Effect", "Null", "Bool") else opened(chance, item, names)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [opened(chance, item, names) for item in value]
    if isinstance(value, str) and value not in ("*", "true", "false") and value in names:
        return names[value]
    return value


def texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return (
            set().union(*(texts(item) for key, item in value.items() if key not in ("Effect", "Null", "Bool")))
            if value
            else set()
        )
    if isinstance(value, list):
        return set().union(*map(texts, value)) if value else set()
    return {value} if isinstance(value, str) else set()


def shown_with_values(closed: list[Any], versions: list[Any]) -> tuple[Difference, ...]:
    """The classes that show with some values, those that the documents had, where they are all that change whatever the values are."""
    some = [version(side, "closed.json") for side in closed]
    if some[0] is None or some[1] is None:
        return ()
    shown = compare([some[0]], [some[1]]).differences
    return shown if covers(shown, [[some[0]], [some[1]]], [versions[0]], [versions[1]]) else ()


def meets(statement: Statement | None, side: Version, request: Request) -> bool:
    """Whether a request meets the statement at the same place of another version."""
    return statement is None or bool(side.document.masks.masks(request)[0] >> statement.index & 1)


def change_of(old: Verdict, new: Verdict) -> Change | None:
    if old is new or Verdict.UNDECIDED in (old, new):
        return None
    if Verdict.ALLOW in (old, new):
        return Change.ALLOWED if new is Verdict.ALLOW else Change.DENIED
    return Change.BLOCKED if new is Verdict.EXPLICIT_DENY else Change.UNBLOCKED


def test_what_is_the_same_is_so_for_every_value() -> None:
    chance = random.Random(29)
    same = differs = left = covered = 0
    for number in range(PAIRS):
        keys = chance.sample(tuple(KEYS), 2)
        old, new = pair(chance, keys)
        if chance.random() < 0.4:  # one that an allow covers
            new = [*json.loads(json.dumps(old)), {**old[0], "Condition": condition(chance, keys)}]
        held = sorted(texts(old) & texts(new))
        picked = chance.sample(held, min(len(held), chance.randint(1, 3)))
        names = {text: mark(f"P{at}") for at, text in enumerate(picked)}
        first, second = (opened(chance, side, names) for side in (old, new))
        versions = [version(side, name) for side, name in ((first, "old.json"), (second, "new.json"))]
        if None in versions:
            continue
        found = compare([versions[0]], [versions[1]])  # type: ignore[list-item]
        left += bool(found.open)
        same += found.same
        differs += bool(found.differences)
        known = shown_with_values([old, new], versions) if found.open and not found.differences else ()
        covered += bool(known)
        for _ in range(4):
            values = {name: chance.choice(VALUES) for name in names_in(json.dumps([first, second], ensure_ascii=False))}
            sides = []
            for side in (first, second):
                text = filled(json.dumps(side, ensure_ascii=False), values)
                sides.append(version(json.loads(text), "filled.json"))
            if None in sides:
                continue
            before, after = sides
            assert before is not None and after is not None
            for item in found.differences:
                told = decide(before.document, item.witness.request), decide(after.document, item.witness.request)
                granted = item.change in (Change.GRANTED, Change.UNGRANTED) and told == (item.old, item.new)
                assert granted or change_of(*told) is item.change, (number, first, second, values, item)
            if not found.same and not known:
                continue
            for _ in range(60):
                context = {key: chance.choice(KEYS[key]["asked"]) for key in keys}
                caller = chance.choice(CALLERS)
                if caller.kind.value in ("anonymous", "service"):
                    continue
                if context.get("aws:SecureTransport", ("x",)) == () or context.get("aws:SourceArn") == ("arn",):
                    continue
                request = Request.of(chance.choice(ASKED_ACTIONS), chance.choice(ASKED_RESOURCES), caller, context)
                answers = [decide(one.document, request) for one in (before, after)]
                change = change_of(*answers)
                if found.same:
                    assert change is None, (number, first, second, values, request)
                elif change is not None:  # of a class that is told, by the statement that it is told of
                    sides = [after, before] if change in (Change.ALLOWED, Change.BLOCKED) else [before, after]
                    assert any(
                        item.change is change
                        and meets(item.by, sides[0], request)
                        and meets(item.other, sides[1], request)
                        for item in known
                    ), (number, first, second, values, request, change)
    assert covered > PAIRS // 25
    assert same > PAIRS // 10 and differs > PAIRS // 20 and left > PAIRS // 10, (same, differs, left)
