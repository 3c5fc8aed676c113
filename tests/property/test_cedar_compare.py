"""The comparison of Cedar texts against enumeration: every context over tiny domains, asked of Cedar itself.

Groups with endpoints are drawn, and what somebody changes in one of both. What the enumeration sees change has to be among the changes
found, each of which Cedar has confirmed on its context, and a pair called the same must never be answered differently. Cedar is asked of
every test in every context once. `POLICYC_CASES` divided by 100 is the number of pairs.
"""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import dataclass, replace
from typing import Any

import pytest

from policyc.analysis.cedar import Gate, compare_cedar
from policyc.analysis.compare import Change
from policyc.engines.cedar import texts
from policyc.engines.cedar.authorize import authorize, authorize_each, permits, policy_set
from policyc.engines.cedar.decide import About, Documented, Path, parse_policies

PAIRS = max(60, int(os.environ.get("POLICYC_CASES", "10000")) // 100)
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


#: a condition: a test by its place in TESTS, or what joins others
Node = int | tuple[Any, ...]


def condition(chance: random.Random, depth: int = 0) -> Node:
    kind = chance.random()
    if depth == 2 or kind < 0.45:
        return chance.randrange(len(TESTS))
    inner = [condition(chance, depth + 1) for _ in range(2)]
    if kind < 0.9:
        return ("&&" if kind < 0.7 else "||", *inner)
    return ("!", inner[0])


def written(node: Node) -> str:
    if isinstance(node, int):
        return TESTS[node]
    if node[0] == "!":
        return f"!({written(node[1])})"
    return f"({written(node[1])} {node[0]} {written(node[2])})"


def changed_condition(node: Node, chance: random.Random) -> Node:
    """One test exchanged, or one `&&` loosened."""
    if isinstance(node, int):
        return chance.randrange(len(TESTS))
    if node[0] == "&&" and chance.random() < 0.4:
        return ("||", *node[1:])
    at = chance.randrange(1, len(node))
    return (*node[:at], changed_condition(node[at], chance), *node[at + 1 :])


@dataclass(frozen=True)
class Drawn:
    """A statement of a text."""

    effect: str
    clause: str
    node: Node

    @property
    def text(self) -> str:
        return f"{self.effect} (principal, action, resource) {self.clause} {{ {written(self.node)} }};"


def statement(chance: random.Random) -> Drawn:
    effect = "permit" if chance.random() < 0.7 else "forbid"
    return Drawn(effect, "when" if chance.random() < 0.8 else "unless", condition(chance))


def changed(chance: random.Random, text: list[Drawn]) -> list[Drawn]:
    out = list(text)
    kind = chance.randrange(4)
    if kind == 0:
        return [*out, statement(chance)]
    if kind == 1 and len(out) > 1:
        del out[chance.randrange(len(out))]
        return out
    if kind == 3:
        chance.shuffle(out)
    at = chance.randrange(len(out))
    out[at] = replace(out[at], node=changed_condition(out[at].node, chance))
    return out


def contexts(documented: bool) -> list[dict[str, Any]]:
    """The contexts over the tiny domains, all of those with documented kinds in a long run."""
    domains = [first if documented else (*first, *second) for first, second in DOMAINS.values()]
    rows = list(itertools.product(*domains))
    rows = random.Random(3).sample(rows, min(len(rows), 20 * PAIRS))
    out = []
    for values in rows:
        data: dict[str, Any] = {}
        for path, value in zip(DOMAINS, values, strict=True):
            if value is not ABSENT:
                data.setdefault(path[0], {})[path[1]] = value
        out.append(data)
    return out


@dataclass(frozen=True)
class Truth:
    """In which contexts a condition holds, and in which it cannot be evaluated, as bits."""

    true: int
    error: int


class Oracle:
    """What Cedar says of each test in each context, put together as Cedar's documentation puts it: `&&` and `||` look at their right side
    only where the left one leaves it open, and what fails on the way fails."""

    def __init__(self, asked: list[dict[str, Any]]) -> None:
        self.asked, self.all = asked, (1 << len(asked)) - 1
        self.tests: list[Truth] = []
        told = authorize_each(policy_set(permits(TESTS)), asked)
        for place in range(len(TESTS)):
            true = sum(1 << at for at, (_, reasons, _) in enumerate(told) if place in reasons)
            self.tests.append(Truth(true, sum(1 << at for at, (_, _, errors) in enumerate(told) if place in errors)))

    def truth(self, node: Node) -> Truth:
        if isinstance(node, int):
            return self.tests[node]
        one = self.truth(node[1])
        no = self.all & ~one.true & ~one.error
        if node[0] == "!":
            return Truth(no, one.error)
        other = self.truth(node[2])
        if node[0] == "&&":
            return Truth(one.true & other.true, one.error | (one.true & other.error))
        return Truth(one.true | (no & other.true), one.error | (no & other.error))

    def answers(self, gates: list[list[Drawn]]) -> dict[str, int]:
        """The contexts by what both gates say; a forbid that cannot be evaluated leaves an allow in doubt."""
        refused = doubt = 0
        for text in gates:
            said = {"permit": 0, "forbid": 0}
            for item in text:
                found = self.truth(item.node if item.clause == "when" else ("!", item.node))
                said[item.effect] |= found.true
                doubt |= found.error if item.effect == "forbid" else 0
            refused |= self.all & (~said["permit"] | said["forbid"])
        return {"no": refused, "doubt": doubt & ~refused, "yes": self.all & ~doubt & ~refused}


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
    oracle = Oracle(contexts(documented))
    differs = same = 0
    for number in range(PAIRS // 2):
        old = [[statement(chance) for _ in range(chance.randint(1, 3))] for _ in range(chance.randint(1, 2))]
        new = [list(text) for text in old]
        at = chance.randrange(len(new))
        new[at] = changed(chance, new[at])
        before, after = (
            [Gate(f"gate {at}", parse_policies("\n".join(item.text for item in text))) for at, text in enumerate(side)]
            for side in (old, new)
        )
        found = compare_cedar(before, after, about)
        seen = {item.change for item in found.differences}
        if found.open:  # a text that has to fit a pattern is compared with another one
            texts = " ".join(item.text for side in (old, new) for text in side for item in text)
            assert "context.http.name" in texts and " like " in texts, (number, old, new, found.open)
            continue
        said = [oracle.answers(side) for side in (old, new)]
        expected = {change_of(word) for word in ("yes", "no", "doubt") if said[1][word] & ~said[0][word]}
        assert expected <= seen, (number, old, new, expected, seen)
        for item in found.differences:
            one, other = answer(before, dict(item.context)), answer(after, dict(item.context))
            assert change_of(other) is item.change and one != other, (number, old, new, item)
        place = chance.randrange(len(oracle.asked))  # the oracle is held to Cedar's answer on the whole text
        assert said[1][answer(after, oracle.asked[place])] >> place & 1, (number, new, oracle.asked[place])
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


def test_patterns_too_many_for_cases_say_what_cases_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the texts of an attribute are too many to be told apart, one is found for the patterns that it has to fit: the answers are those of all
    cases, over an alphabet so small that patterns overlap everywhere."""
    chance = random.Random(int(os.environ.get("POLICYC_SEED", "5")))

    def like() -> str:
        path, pattern = chance.choice(("x.m", "x.n", "x.m")), "".join(chance.choices("ab*", k=chance.randint(0, 5)))
        return (
            f'context.{path} == "{pattern.replace("*", "a")}"'
            if chance.random() < 0.2
            else f'context.{path} like "{pattern}"'
        )

    def text(tests: list[str]) -> str:
        joined = "".join(f"{chance.choice(('', '!'))}({test}) {chance.choice(('&&', '||'))} " for test in tests)
        return f"{chance.choice(('permit', 'forbid'))}(principal, action, resource) when {{ context has x && ({joined}true) }};"

    settled = 0
    for _ in range(PAIRS // 12):
        tests = [like() for _ in range(6)]
        sides = [
            [Gate("g", parse_policies("permit(principal, action, resource);" + text(chance.sample(tests, 4))))]
            for _ in "ab"
        ]
        every = compare_cedar(*sides)
        with monkeypatch.context() as patch:
            patch.setattr(texts, "_MOST_STATES", -1000)
            found = compare_cedar(*sides)
        settled += not found.open
        if not every.open and not found.open:
            assert {item.change for item in found.differences} == {item.change for item in every.differences}, sides
    assert settled > PAIRS // 12 * 9 // 10
