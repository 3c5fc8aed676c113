"""The comparison of Cedar texts against enumeration: every context over tiny domains, asked of Cedar itself.

Groups with endpoints are drawn, and what somebody changes in one of both. What the enumeration sees change has to be among the changes
found, each of which Cedar has confirmed on its context, and a pair called the same must never be answered differently.
`POLICYC_CASES` divided by 200 is the number of pairs.
"""

from __future__ import annotations

import itertools
import os
import random
from typing import Any

import pytest

from policyc.analysis.cedar import Gate, compare_cedar
from policyc.analysis.compare import Change
from policyc.engines.cedar.authorize import authorize
from policyc.engines.cedar.decide import About, Documented, Path, parse_policies

PAIRS = max(60, int(os.environ.get("POLICYC_CASES", "10000")) // 200)
#: how many times the contexts of a pair are more than in a quick run; 100 are all of them
THOROUGH = int(os.environ.get("POLICYC_ATTACKS", "200")) // 200
ABSENT = object()
TESTS = (
    'context.http.method == "GET"',
    'context.http.method != "GET"',
    '["GET", "PUT"].contains(context.http.method)',
    'context.http.method like "P*"',
    "context.idp.verified",
    "context.idp.verified == true",
    "context.idp.score > 50",
    "context.idp.score >= 50",
    "context.idp.score == 51",
    'context.idp.groups.contains("a")',
    'context.idp.groups.containsAll(["a", "b"])',
    'context.idp.groups.containsAny(["a", "b"])',
    "context.idp.groups.isEmpty()",
    "context.idp.score > context.idp.level",
    "context.idp.score == context.idp.level",
    "context.idp.level <= context.idp.floor",
    "context.idp.level >= 51",
    "context.http.method != context.http.name",
    "context has idp",
    "context.idp has verified",
    "context has idp.score",
)
#: the values that attributes may have; with documented kinds the first ones only
DOMAINS: dict[Path, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    ("http", "method"): (("GET", "PUT", "x"), (ABSENT, 1)),
    ("idp", "verified"): ((True, False, ABSENT), ("true",)),
    ("idp", "score"): ((49, 50, 51, 52, ABSENT), ("51",)),
    ("idp", "level"): ((49, 50, 51, ABSENT), ("51",)),
    ("idp", "floor"): ((48, 50, 51), ("x", ABSENT)),
    ("http", "name"): (("GET", "x", "y"), (1, ABSENT)),
    ("idp", "groups"): (([], ["a"], ["b"], ["a", "b", "c"], ["c"], ABSENT), ("a",)),
}
KINDS: dict[Path, Documented] = {
    ("http",): Documented(frozenset({"record"}), always=True),
    ("http", "method"): Documented(frozenset({"text"}), always=True),
    ("idp",): Documented(frozenset({"record"})),
    ("idp", "verified"): Documented(frozenset({"bool"})),
    ("idp", "score"): Documented(frozenset({"number"})),
    ("idp", "level"): Documented(frozenset({"number"}), range=(0, 100)),
    ("idp", "floor"): Documented(frozenset({"number"})),
    ("http", "name"): Documented(frozenset({"text"}), always=True),
    ("idp", "groups"): Documented(frozenset({"list"})),
}


def condition(chance: random.Random, depth: int = 0) -> str:
    kind = chance.random()
    if depth == 2 or kind < 0.45:
        return chance.choice(TESTS)
    inner = [condition(chance, depth + 1) for _ in range(2)]
    if kind < 0.7:
        return f"({inner[0]} && {inner[1]})"
    if kind < 0.9:
        return f"({inner[0]} || {inner[1]})"
    return f"!({inner[0]})"


def statement(chance: random.Random) -> str:
    effect = "permit" if chance.random() < 0.7 else "forbid"
    clause = "when" if chance.random() < 0.8 else "unless"
    return f"{effect} (principal, action, resource) {clause} {{ {condition(chance)} }};"


def changed(chance: random.Random, text: list[str]) -> list[str]:
    out = list(text)
    match chance.randrange(4):
        case 0:
            out.append(statement(chance))
        case 1 if len(out) > 1:
            del out[chance.randrange(len(out))]
        case 2:
            at = chance.randrange(len(out))
            old, new = chance.sample(TESTS, 2)
            out[at] = out[at].replace(old, new)
        case _:
            chance.shuffle(out)
            at = chance.randrange(len(out))
            out[at] = out[at].replace(" && ", " || ", 1)
    return out


def contexts(documented: bool) -> list[dict[str, Any]]:
    out = []
    domains = [first if documented else (*first, *second) for first, second in DOMAINS.values()]
    for values in itertools.product(*domains):
        data: dict[str, Any] = {}
        for path, value in zip(DOMAINS, values, strict=True):
            if value is not ABSENT:
                data.setdefault(path[0], {})[path[1]] = value
        out.append(data)
    return out


def answer(gates: list[Gate], data: dict[str, Any]) -> str:
    """What Cedar says of both gates; a forbid that it cannot evaluate leaves an allow in doubt."""
    out = "yes"
    for gate in gates:
        assert gate.text is not None
        told, _, errors = authorize(gate.text.handle, data)
        if told == "deny":
            return "no"
        if any(gate.text.effects[at] == "forbid" for at in errors):
            out = "doubt"
    return out


def change_of(new: str) -> Change:
    return {"yes": Change.ALLOWED, "no": Change.DENIED, "doubt": Change.UNDECIDED}[new]


@pytest.mark.parametrize("documented", [False, True])
def test_comparison_agrees_with_enumeration(documented: bool) -> None:
    chance = random.Random(17 + documented)
    about: About | None = KINDS.get if documented else None
    asked = contexts(documented)
    differs = same = 0
    for number in range(PAIRS // 2):
        old = [[statement(chance) for _ in range(chance.randint(1, 3))] for _ in range(chance.randint(1, 2))]
        new = [list(text) for text in old]
        at = chance.randrange(len(new))
        new[at] = changed(chance, new[at])
        before, after = (
            [Gate(f"gate {at}", parse_policies("\n".join(text))) for at, text in enumerate(side)] for side in (old, new)
        )
        found = compare_cedar(before, after, about)
        seen = {item.change for item in found.differences}
        if found.open:  # a text that has to fit a pattern is compared with another one
            texts = " ".join(line for side in (old, new) for text in side for line in text)
            assert "context.http.name" in texts and " like " in texts, (number, old, new, found.open)
            continue
        expected: set[Change] = set()
        for data in chance.sample(asked, min(len(asked), (60 if seen else 200) * THOROUGH)):
            one, other = answer(before, data), answer(after, data)
            if one != other:
                expected.add(change_of(other))
        assert expected <= seen, (number, old, new, expected, seen)
        for item in found.differences:
            one, other = answer(before, dict(item.context)), answer(after, dict(item.context))
            assert change_of(other) is item.change and one != other, (number, old, new, item)
        differs += bool(seen)
        same += not seen
    assert differs > PAIRS // 10 and same > PAIRS // 30, (differs, same)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("context.a.x < context.a.y", "context.a.y > context.a.x", None),
        ("context.a.x < context.a.y", "context.a.x <= context.a.y && context.a.x != context.a.y", None),
        ("context.a.x < context.a.y", "context.a.x <= context.a.y", Change.ALLOWED),
        (
            "context.a.x < context.a.y && context.a.y < context.a.z",
            "context.a.x < context.a.y && context.a.y < context.a.z && context.a.x < context.a.z",
            None,
        ),
        # between 5 and 7 there is one number
        (
            "context.a.x > 5 && context.a.x < 7 && context.a.y > 5 && context.a.y < 7 && context.a.x == context.a.y",
            "context.a.x == 6 && context.a.y == 6",
            None,
        ),
        (
            "context.a.x == context.a.y && context.a.y == context.a.z",
            "context.a.x == context.a.z && context.a.y == context.a.z && context.a.x == context.a.y",
            None,
        ),
        ('context.a.x == context.a.y && context.a.x == "a"', 'context.a.y == "a" && context.a.x == context.a.y', None),
        ('context.a.x == context.a.y && context.a.x == "a"', 'context.a.y == "a"', Change.ALLOWED),
    ],
)
def test_two_attributes_are_compared_by_cases(old: str, new: str, change: Change | None) -> None:
    before, after = (
        [Gate("g", parse_policies(f"permit (principal, action, resource) when {{ {text} }};"))] for text in (old, new)
    )
    kinds = {("a",): Documented(frozenset({"record"}), always=True)}
    kinds |= {("a", name): Documented(frozenset({"text" if '"' in old else "number"}), always=True) for name in "xyz"}
    found = compare_cedar(before, after, kinds.get)
    assert not found.open
    assert {item.change for item in found.differences} == (set() if change is None else {change})


def test_what_hangs_on_a_test_without_a_form_is_named() -> None:
    old = parse_policies("permit (principal, action, resource) when { context.a.x + context.a.y > 5 };")
    new = parse_policies("permit (principal, action, resource) when { context.a.x + context.a.z > 5 };")
    found = compare_cedar([Gate("g", old)], [Gate("g", new)])
    assert not found.differences
    assert found.open == ("it hangs on a test of `context.a` that is not understood for all values",)


def test_a_test_without_a_form_harms_no_proof() -> None:
    text = "permit (principal, action, resource) when { context.a.x == context.a.y };"
    more = text + '\npermit (principal, action, resource) when { context.a.x == context.a.y && context.b.c == "d" };'
    found = compare_cedar([Gate("g", parse_policies(text))], [Gate("g", parse_policies(more))])
    assert not found.differences and not found.open


def test_who_asks_is_not_known() -> None:
    old = parse_policies('permit (principal == User::"a", action, resource);')
    new = parse_policies("permit (principal, action, resource);")
    found = compare_cedar([Gate("g", old)], [Gate("g", new)])
    assert found.differences or found.open


@pytest.mark.parametrize("count", [20, 50])
def test_many_statements_over_many_attributes(count: int) -> None:
    """Groups of their own, a path each, and a few conditions that many share."""
    chance = random.Random(3)
    old = []
    for at in range(count):
        parts = [f'context.idc.groups has "g{at}"', f'context.http.path like "/app{at}/*"']
        parts.append(f'context.http.method == "{chance.choice(("GET", "POST"))}"')
        parts += ['context.jamf.risk == "LOW"'] if at % 3 == 0 else []
        old.append(f"permit (principal, action, resource) when {{ {' && '.join(parts)} }};")
    new = [*old[1:], old[0].replace(' && context.jamf.risk == "LOW"', "")]
    texts = [
        parse_policies("\n".join(item)) for item in (old, new, [*reversed(old), old[1].replace("permit", "forbid")])
    ]
    one, other, third = (Gate("g", text) for text in texts)
    found = compare_cedar([one], [other])
    assert {item.change for item in found.differences} == {Change.ALLOWED} and not found.open
    assert any(item.change is Change.DENIED for item in compare_cedar([one], [third]).differences)


def test_the_budget_is_told() -> None:
    old = [f'permit (principal, action, resource) when {{ context.a.g{at} == "x" }};' for at in range(120)]
    gates = [Gate("g", parse_policies("\n".join(item))) for item in (old, old[1:])]
    assert compare_cedar([gates[0]], [gates[1]], work=10).open == ("the budget of steps ran out",)
