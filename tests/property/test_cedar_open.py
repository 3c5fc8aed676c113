"""Answers on contexts in which something is open, against Cedar on every context that agrees with what is known.

The values that open attributes take here are chosen apart from the engine's: near every literal, odd texts, addresses at the edges of blocks,
lists with and without the named elements. A definite answer is that of all of them; and every end that an answer names is one that some
context has, unless a test has no form (two open attributes in one test).

`POLICYC_CASES` divided by 250 is the number of policies, 40 at least.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from typing import Any

from policyc.engines.cedar.decide import Answer, decide, decision, look, parse_policies
from policyc.engines.cedar.texts import telling_texts
from policyc.engines.cedar.values import Documented
from policyc.engines.trace import Decision
from tests.property import drawing as st
from tests.property.drawing import Data, Draw, cases

CASES = int(os.environ.get("POLICYC_CASES", "900"))
POLICIES = max(40, -(-CASES // 250))

#: path -> its tests, and values of the kind that those tests take it to be
TESTS: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[Any, ...]]] = {
    ("r", "risk"): (
        ('{} == "LOW"', '{} != "LOW"', '["LOW", "SECURE"].contains({})', '"HIGH" == {}', "{} == context.known.word"),
        ("LOW", "SECURE", "HIGH", "low", "", "word", "other"),
    ),
    ("r", "mail"): (
        (
            '{} like "*@a.com"',
            '{} like "b*"',
            '{} == "b@a.com"',
            '{} like "*"',
            '{} like "b*@a.com"',
            '{} like "*@*@*"',
        ),
        ("b@a.com", "c@a.com", "b", "", "x", "bb@a.com", "b@c@a.com", "@", "b@a.co", "@a.com"),
    ),
    ("score",): (
        ("{} > 50", "{} <= 50", "50 < {}", "{} == 80", "{} >= context.known.number", "!({} < 81)"),
        (-(2**63), 0, 49, 50, 51, 69, 70, 71, 79, 80, 81, 82, 2**63 - 1),
    ),
    ("r", "flag"): (("{}", "{} == true", "!{}", "{} != false"), (True, False)),
    ("list",): (
        (
            '{}.contains("a")',
            '{}.containsAll(["a", "b"])',
            '{}.containsAny(["b", "c"])',
            "{}.isEmpty()",
            "{}.containsAny([])",
            '["a", "b"].containsAll({})',
            '["c"].containsAny({})',
            '{}.contains("b")',
        ),
        ([], ["a"], ["b"], ["c"], ["a", "b"], ["b", "a", "c"], ["z"], ["a", "z"], ["a", "b", "z"]),
    ),
    ("r", "address"): (
        (
            'ip({}).isInRange(ip("10.0.0.0/8"))',
            'ip({}).isInRange(ip("10.1.0.0/16"))',
            '{} == "10.1.0.1"',
            "ip({}).isIpv6()",
            'ip({}) == ip("10.1.0.1")',
            "ip({}).isLoopback()",
            'ip({}).isInRange(ip("2001:db8::/32"))',
        ),
        (
            "10.1.0.1",
            "10.1.0.0",
            "10.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "127.0.0.1",
            "::1",
            "2001:db8::1",
            "2001:DB8::1",
            "1.1.1.1",
        ),
    ),
    ("record", "inner"): (
        ("{}.k == 1", "{} has k", "{} has k && {}.k == 1", '{}.k == 1 || {}.l == "x"'),
        ({}, {"k": 1}, {"k": 2}, {"l": "x"}, {"k": 2, "l": "x"}, {"k": 1, "l": "y"}),
    ),
}
#: known attributes, what is not there, and tests that fail
GROUND = (
    'context.known.word == "word"',
    "context.known.number > 1",
    "context.none == 1",
    "context has none",
    "true",
    "false",
    'context.known.word.contains("x")',
    "context has known.word",
    "context.known.number",
    'context.known like "x"',
)
KNOWN = {"known": {"word": "word", "number": 70}}


def written(path: tuple[str, ...]) -> str:
    return "context." + ".".join(path)


def present(path: tuple[str, ...]) -> list[str]:
    """Tests of whether an attribute and the records above it are there."""
    return [f"{'.'.join(('context', *path[:length]))} has {path[length]}" for length in range(len(path))]


@st.composite
def one_test(draw: Draw, paths: list[tuple[str, ...]]) -> str:
    kind = draw(st.integers(0, 9))
    if kind < 2:
        return draw(st.sampled_from(GROUND))
    path = draw(st.sampled_from(paths))
    if kind == 9 and draw(st.booleans()):
        other = draw(
            st.sampled_from([*map(written, paths), "context.none", "context.known", "context.known.word", "[]"])
        )
        return f"{written(path)} {draw(st.sampled_from(('==', '!=')))} {other}"
    if kind < 4:
        return draw(st.sampled_from(present(path)))
    test = draw(st.sampled_from(TESTS[path][0])).replace("{}", written(path))
    return " && ".join([*present(path), test]) if kind < 6 else test


def conditions(paths: list[tuple[str, ...]]) -> st.Strategy[str]:
    def join(inner: st.Strategy[str]) -> st.Strategy[str]:
        several = st.lists(inner, min_size=2, max_size=3)
        return st.one_of(
            several.map(lambda items: " && ".join(f"({item})" for item in items)),
            several.map(lambda items: " || ".join(f"({item})" for item in items)),
            inner.map(lambda item: f"!({item})"),
            st.tuples(inner, inner, inner).map(lambda of: f"if {of[0]} then {of[1]} else ({of[2]})"),
        )

    return st.recursive(one_test(paths), join, max_leaves=5)


@st.composite
def texts(draw: Draw, paths: list[tuple[str, ...]]) -> str:
    count = draw(st.integers(1, 3))
    return "\n".join(
        f"{draw(st.sampled_from(('permit', 'permit', 'forbid')) if place else st.just('permit'))} (principal, action, resource) "
        f"{draw(st.sampled_from(('when', 'when', 'unless')))} {{ {draw(conditions(paths))} }};"
        for place in range(count)
    )


def put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1]] = value


def whole_contexts(
    unknown: list[tuple[str, ...]], doubtful: list[tuple[str, ...]], most: int
) -> Iterator[dict[str, Any]]:
    """Contexts with a value for everything unknown, and a value or none for everything doubtful."""
    absent = object()
    pools = [TESTS[path][1] for path in unknown] + [(absent, *TESTS[path][1]) for path in doubtful]
    step = max(1, _product([len(pool) for pool in pools]) // most) | 1
    for chosen in itertools.islice(itertools.product(*pools), 0, None, step):
        data = json.loads(json.dumps(KNOWN))
        for path, value in zip((*unknown, *doubtful), chosen, strict=True):
            if value is not absent:
                put(data, path, value)
        yield data


def ends(text: str, context: dict[str, Any]) -> Answer:
    return decide(parse_policies(text), context)


@cases(POLICIES, st.data())
def test_an_answer_names_the_ends_that_contexts_have(data: Data) -> None:
    paths = data.draw(st.lists(st.sampled_from(sorted(TESTS)), min_size=1, max_size=3, unique=True))
    text = data.draw(texts(paths))
    doubtful = [path for path in paths if len(path) == 1 and data.draw(st.booleans())]
    unknown = [path for path in paths if path not in doubtful]
    answer, partial = look(parse_policies(text), KNOWN, unknown, doubtful)
    seen = set()
    for context in whole_contexts(unknown, doubtful, 150):
        (end,) = ends(text, context).ends
        assert end in answer.ends, context
        seen.add(end)
        if answer.decision is not Decision.UNDECIDED:
            assert decision(parse_policies(text), context) is answer.decision
    assert partial.exact
    # the other way round: each named end is met by a context that the engine can show
    slots = list(partial.slots.all())
    sizes = {slot.question: len(slot.choices) for slot in slots}
    sizes |= {question: 2 for slot in slots for question in (*slot.members.values(), slot.others) if question >= 0}
    if not partial.encoding.wild:
        for chosen in itertools.islice(itertools.product(*(range(size) for size in sizes.values())), 1_000):
            if seen == answer.ends:
                break
            context = partial.context(dict(zip(sizes, chosen, strict=True)))
            assert context is not None
            seen |= ends(text, context).ends
        assert seen == answer.ends or _product(sizes.values()) > 1_000
    if answer.decision is Decision.UNDECIDED:
        assert answer.missing


def _product(sizes: Any) -> int:
    out = 1
    for size in sizes:
        out *= size
    return out


@cases(POLICIES, st.data())
def test_a_doubtful_provider_is_open_with_all_that_it_sends(data: Data) -> None:
    """`r` and `record` as a whole may be missing; what is below may be missing too."""
    paths = [path for path in sorted(TESTS) if path[0] in ("r", "record")]
    text = data.draw(texts(data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True))))
    answer = decide(parse_policies(text), KNOWN, (), [("r",), ("record",)])
    for context in itertools.chain(
        [KNOWN, {**KNOWN, "r": {}}, {**KNOWN, "record": {}}, {**KNOWN, "r": {}, "record": {}}],
        whole_contexts([], [path for path in paths if written(path) in text][:3], 100),
    ):
        assert ends(text, context).ends <= answer.ends


@cases(POLICIES, st.data())
def test_a_coarse_answer_covers_the_sharp_one(data: Data) -> None:
    """Past the bound on work the answer is told from what each statement can come to: never anything less than there is."""
    from policyc.engines.cedar import decide as cedar

    paths = data.draw(st.lists(st.sampled_from(sorted(TESTS)), min_size=1, max_size=3, unique=True))
    policies = parse_policies(data.draw(texts(paths)))
    sharp, partial = look(policies, KNOWN, paths)
    partial.give_up()
    coarse = cedar._coarse(policies, partial)
    assert sharp.ends <= coarse.ends
    for one, other in zip(sharp.statements, coarse.statements, strict=True):
        assert one.truths <= other.truths
    assert set(sharp.missing) <= set(coarse.missing)


PIECES = st.sampled_from(["a", "b", "ab", "@", None, None, ""])


@cases(
    POLICIES,
    st.lists(st.lists(PIECES, max_size=4).map(tuple), max_size=3),
    st.lists(st.text("ab@", max_size=4), max_size=2),
)
def test_telling_texts_meet_every_combination(patterns: list[tuple[str | None, ...]], literals: list[str]) -> None:
    found = telling_texts(patterns, literals)
    assert found is not None and set(literals) <= set(found)

    def told(text: str) -> tuple[object, ...]:
        return (text if text in literals else None, *(fits(pattern, text) for pattern in patterns))

    shown = {told(text) for text in found}
    for length in range(6):
        for chars in itertools.product("ab@z", repeat=length):
            assert told("".join(chars)) in shown


def fits(pattern: tuple[str | None, ...], text: str) -> bool:
    if not pattern:
        return text == ""
    if pattern[0] is None:
        return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return text.startswith(pattern[0]) and fits(pattern[1:], text[len(pattern[0]) :])


def test_what_is_documented_narrows_the_ways() -> None:
    policies = parse_policies(
        "permit (principal, action, resource) when { context.a.v == true || context.a.v == false };"
    )
    assert decide(policies, {}, [("a", "v")]).decision is Decision.UNDECIDED  # the text "true" is neither
    told = {("a", "v"): Documented(frozenset({"bool"}), True)}
    assert decide(policies, {}, [("a", "v")], about=told.get).decision is Decision.ALLOW
    assert decide(policies, {}, (), [("a",)], told.get).missing == (("a",),)


#: every kind of value, and of each a few
OF_KIND: dict[str, tuple[Any, ...]] = {
    "text": ("", "x", "LOW", "10.1.1.1", "::1", "x@y", "1.5"),
    "number": (-(2**63), -1, 0, 1, 2, 2**63 - 1),
    "bool": (True, False),
    "list": ([], ["x"], [1, "x"], [True]),
    "record": ({}, {"k": 1}, {"k": "x", "l": True}, {"k": {"m": 1}}),
    "address": ("10.1.1.1", "::1", "255.255.255.255"),
}
TERMS = st.sampled_from(
    [
        "context.a",
        "context.b",
        "context.a.k",
        "context.none",
        "context.s",
        "context",
        "1",
        "-2",
        '"x"',
        "true",
        '["x", 1]',
        "[]",
        "{k: 1}",
        'User::"u"',
        "principal",
        'ip("10.0.0.0/8")',
        "context.n",
        '"LOW"',
    ]
)


def any_expression() -> st.Strategy[str]:
    """Expressions of every form that the reader takes, whether they make sense or not."""

    def join(inner: st.Strategy[str]) -> st.Strategy[str]:
        pair = st.tuples(inner, inner)
        operators = st.sampled_from(["==", "!=", "<", "<=", ">", "in", "&&", "||", "&&", "||", "+", "*"])
        methods = st.sampled_from(["contains", "containsAll", "containsAny", "isInRange", "lessThan"])
        return st.one_of(
            st.tuples(pair, operators).map(lambda of: f"({of[0][0]}) {of[1]} ({of[0][1]})"),
            st.tuples(pair, methods).map(lambda of: f"({of[0][0]}).{of[1]}({of[0][1]})"),
            inner.map(lambda of: f"!({of})"),
            inner.map(lambda of: f"({of}) has k.m"),
            inner.map(lambda of: f"({of}) has k"),
            inner.map(lambda of: f'({of}) like "x*"'),
            inner.map(lambda of: f"({of}).isEmpty()"),
            inner.map(lambda of: f"ip({of}).isLoopback()"),
            inner.map(lambda of: f"ip({of})"),
            inner.map(lambda of: f"({of}) is User"),
            st.tuples(inner, inner, inner).map(lambda of: f"if {of[0]} then {of[1]} else {of[2]}"),
        )

    return st.recursive(TERMS, join, max_leaves=6)


@cases(POLICIES, st.data())
def test_nonsense_is_answered_soundly_too(data: Data) -> None:
    """Any expression, attributes of any documented kind, there for sure or not: no context has an end that the answer leaves out."""
    kinds = {name: data.draw(st.sampled_from(sorted(OF_KIND))) for name in "ab"}
    unknown = [(name,) for name in kinds if data.draw(st.booleans())]
    doubtful = [(name,) for name in kinds if (name,) not in unknown]
    text = "\n".join(
        f"{effect} (principal, action, resource) when {{ {data.draw(any_expression())} }};"
        for effect in data.draw(st.sampled_from([("permit",), ("permit", "forbid")]))
    )
    known = {"s": "x", "n": 1}
    told = {(name,): Documented(frozenset({kind})) for name, kind in kinds.items()}  # type: ignore[arg-type]
    told |= {(name, "k"): Documented(frozenset({"text", "number", "bool", "list", "record"})) for name in kinds}
    answer = decide(parse_policies(text), known, unknown, doubtful, told.get)
    absent = object()
    pools = [(*OF_KIND[kind], *([absent] if (name,) in doubtful else [])) for name, kind in kinds.items()]
    for chosen in itertools.product(*pools):
        context = {**known, **{name: value for name, value in zip(kinds, chosen, strict=True) if value is not absent}}
        found = decide(parse_policies(text), context)
        if not found.caller:
            assert found.ends <= answer.ends, context
