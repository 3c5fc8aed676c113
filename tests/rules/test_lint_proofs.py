"""What rules prove about patterns, conditions and statements, against plain enumeration and the IR's own meaning.

A wrong "proven" is a false finding, so soundness is tested on random cases; that the easy proofs are found is tested by
example.
"""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.engines.proofs.conditions import always_holds, implies, may_be_met, never_holds
from policyc.engines.proofs.globs import covers, may_exist, may_overlap
from policyc.holes import mark
from policyc.ir.authz import (
    All,
    Always,
    AnyOf,
    Atom,
    Can,
    Cond,
    Constant,
    Glob,
    Never,
    Op,
    Paths,
    RawTest,
    Statement,
    Who,
    raw_attribute,
)
from policyc.ir.decide import Facts, condition_holds, statement_matches
from policyc.ir.pattern import pattern_matches
from policyc.lint.covering import names, principals_may_meet, statement_covers, statements_may_meet
from policyc.model.types import BOOL, INT, Named, Type
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute, Verb
from policyc.record import replace

WORDS = ["".join(letters) for length in range(6) for letters in product("ab", repeat=length)]
GLOBS = st.text(alphabet="ab*?", max_size=5)


# --- patterns ---------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(GLOBS, min_size=1, max_size=3), GLOBS)
def test_cover_agrees_with_enumeration(outer: list[str], inner: str) -> None:
    counter = [w for w in WORDS if pattern_matches(inner, w) and not any(pattern_matches(p, w) for p in outer)]
    if covers(outer, inner):
        assert not counter
    elif not counter:
        # A witness may need a third letter or more than five characters; then longer words have to show it.
        longer = ("".join(letters) for n in range(9) for letters in product("abc", repeat=n))
        assert any(pattern_matches(inner, w) and not any(pattern_matches(p, w) for p in outer) for w in longer)


@settings(max_examples=50, deadline=None)
@given(GLOBS, GLOBS)
def test_overlap_agrees_with_enumeration(first: str, second: str) -> None:
    longer = ("".join(letters) for n in range(9) for letters in product("ab", repeat=n))
    assert may_overlap([first], [second]) == any(
        pattern_matches(first, w) and pattern_matches(second, w) for w in longer
    )


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (["a?"], "a*", False),
        (["a*"], "a?", True),
        (["/x", "/x/*"], "/x/*", True),
        (["/x/*"], "/x", False),
        (["*"], "", True),
        (["a*", "?*", ""], "*", True),
        ([r"\*"], "*", False),
        (["*"], r"\*\?", True),
        ([r"a\*"], "a*", False),
        (["*a*a*"], "*aa*", True),
        (["*aa*"], "*a*a*", False),
    ],
)
def test_cover_examples(outer: list[str], inner: str, expected: bool) -> None:
    assert covers(outer, inner) is expected


def test_arn_patterns_stop_at_colons() -> None:
    role = "arn:aws:iam::111122223333:role/x"
    assert covers(["arn:aws:iam::*:role/*"], role, arn=True)
    assert not covers(["arn:aws:*"], role, arn=True)  # fewer than six parts fit nothing
    assert covers(["arn:aws:*"], role)
    assert not may_overlap(["arn:*:role/x"], [role], arn=True)


def test_a_hard_pattern_gives_up_quickly_and_says_perhaps() -> None:
    hard = "*a" + "?" * 40
    assert may_exist([[hard], ["*b" + "?" * 41]], ["*c" + "?" * 42])
    assert not covers(["*a" + "?" * 40 + "*"], "*b*")


# --- conditions -------------------------------------------------------------------------------------------------

TEXT = Attribute("t", "t", Named("string"))
FIXED = Attribute("f", "f", Named("string"), presence="always")
CLOSED = Attribute("c", "c", Named("string"), values=("a", "b"))
MANY = Attribute("m", "m", Named("string"), many=True)
NUMBER = Attribute("n", "n", INT)
SCORE = Attribute("s", "s", INT, minimum=0, maximum=3)
FLAG = Attribute("b", "b", BOOL)
WHEN = Attribute("w", "w", Named("datetime"))
PLACE = Attribute("i", "i", Named("ip"))

DOMAINS: dict[str, list[tuple[Scalar, ...]]] = {
    "t": [(), *((w,) for w in WORDS if len(w) <= 3)],
    "f": [(w,) for w in WORDS if len(w) <= 3],
    "c": [(), ("a",), ("b",)],
    "m": [(), ("a",), ("b",), ("a", "b"), ("ab", "ba"), ("c",), ("a", "c")],
    "n": [(), *((n,) for n in range(-1, 6))],
    "s": [(), *((n,) for n in range(4))],
    "b": [(), (True,), (False,)],
    "w": [(), ("2025-12-31T23:59:59Z",), ("2026-01-01",), ("2026-01-01T12:00:00Z",), ("2026-01-02",), ("2027-01-01",)],
    "i": [(), ("10.0.0.0",), ("10.0.0.1",), ("10.0.1.0",), ("9.255.255.255",), ("11.0.0.0",), ("::1",)],
}


def atom(
    attribute: Attribute, op: Op, kind: Type, *values: Scalar, negated: bool = False, quantifier: str = ""
) -> Atom:
    assert quantifier in ("", "any", "all")
    return Atom(attribute, op, tuple(Constant(kind, value) for value in values), quantifier, negated)  # type: ignore[arg-type]


def exists(attribute: Attribute) -> st.SearchStrategy[Atom]:
    return st.booleans().map(lambda negated: Atom(attribute, Op.EXISTS, (), "", negated))


def comparisons(attribute: Attribute, op: Op, kind: Type, values: st.SearchStrategy[Scalar]) -> st.SearchStrategy[Atom]:
    size = 1 if op in (Op.LT, Op.LE, Op.GT, Op.GE) else 2
    quantifiers = st.sampled_from(["any", "all"] if attribute.many else [""])
    return st.builds(
        lambda chosen, negated, quantifier: atom(attribute, op, kind, *chosen, negated=negated, quantifier=quantifier),
        st.lists(values, min_size=1, max_size=size),
        st.booleans(),
        quantifiers,
    )


TEXTS: st.SearchStrategy[Scalar] = st.sampled_from(["a", "b", "ab", ""])
ATOMS = st.one_of(
    *(exists(attribute) for attribute in (TEXT, FIXED, MANY, NUMBER)),
    *(comparisons(attribute, Op.EQ, Named("string"), TEXTS) for attribute in (TEXT, FIXED, MANY)),
    *(comparisons(attribute, Op.LIKE, Named("string"), GLOBS) for attribute in (TEXT, FIXED, CLOSED, MANY)),
    comparisons(CLOSED, Op.EQ, Named("string"), st.sampled_from(["a", "b"])),
    *(comparisons(NUMBER, op, INT, st.integers(0, 4)) for op in (Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE)),
    *(comparisons(SCORE, op, INT, st.integers(-1, 5)) for op in (Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE)),
    comparisons(FLAG, Op.EQ, BOOL, st.booleans()),
    *(
        comparisons(WHEN, op, Named("datetime"), st.sampled_from(["2026-01-01", "2026-01-02"]))
        for op in (Op.EQ, Op.LT, Op.GE)
    ),
    comparisons(PLACE, Op.EQ, Named("ip"), st.sampled_from(["10.0.0.0", "10.0.0.1"])),
    comparisons(PLACE, Op.IN_CIDR, Named("cidr"), st.sampled_from(["10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "::/0"])),
)
CONDS: st.SearchStrategy[Cond] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda items: All(tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: AnyOf(tuple(items))),
    ),
    max_leaves=5,
)
CALLER = Principal("role", ("111122223333", "r"))
GET = Verb("GET", "x:Invoke", (("x:Method", "GET"),))
PUT = Verb("PUT", "x:Invoke", (("x:Method", "PUT"),))
INVOKE = Verb("invoke", "x:Invoke")


def attributes_of(*conds: Cond) -> list[str]:
    out: set[str] = set()
    work = list(conds)
    while work:
        node = work.pop()
        if isinstance(node, Atom):
            out.add(node.attribute.name)
        elif isinstance(node, All | AnyOf):
            work.extend(node.items)
    return sorted(out)


def requests(*conds: Cond) -> list[Facts]:
    """Every combination of sample values of the attributes that the conditions mention, up to a bound."""
    used = attributes_of(*conds)
    combinations = list(product(*(DOMAINS[name] for name in used)))[:500]
    return [Facts(CALLER, GET, "r", "/", dict(zip(used, values, strict=True))) for values in combinations]


@settings(max_examples=50, deadline=None)
@given(CONDS)
def test_never_and_always_are_proofs(cond: Cond) -> None:
    outcomes = {condition_holds(cond, facts) for facts in requests(cond)}
    if never_holds(cond):
        assert outcomes == {False}
    if always_holds(cond):
        assert outcomes == {True}


@settings(max_examples=50, deadline=None)
@given(CONDS, CONDS)
def test_implication_is_a_proof(first: Cond, second: Cond) -> None:
    if implies(first, second):
        for facts in requests(first, second):
            assert not condition_holds(first, facts) or condition_holds(second, facts)
    if not may_be_met([(first, True), (second, False)]):
        assert implies(first, second)


@settings(max_examples=60, deadline=None)
@given(ATOMS, ATOMS)
def test_on_single_tests_the_proofs_are_complete(first: Atom, second: Atom) -> None:
    """Where the samples hold a value of every kind, what holds on them is proven as well."""
    samples = ("c", "b", "n", "s")
    if first.attribute.name in samples and second.attribute.name == first.attribute.name:
        both = [condition_holds(All((first, second)), facts) for facts in requests(first)]
        assert may_be_met([(first, True), (second, True)]) == any(both)


def raw(operator: str, *values: str, key: str = "x:k") -> RawTest:
    return RawTest(operator, raw_attribute(key), tuple(Glob(text, (text,)) for text in values))


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([raw("StringEquals", "a"), raw("StringEqualsIgnoreCase", "A")], True),
        ([raw("StringEquals", "a"), raw("StringEqualsIgnoreCase", "b")], False),
        ([raw("StringNotEqualsIgnoreCase", "a"), raw("StringEquals", "A", "b")], True),
        ([raw("StringNotEqualsIgnoreCase", "a"), raw("StringEquals", "A")], False),
        ([raw("NumericLessThan", "1"), raw("NumericGreaterThan", "1")], False),
        ([raw("NumericLessThan", "2"), raw("NumericGreaterThan", "1")], True),
        ([raw("NumericLessThan", "2"), raw("NumericNotEquals", "1"), raw("NumericGreaterThanEquals", "1")], True),
        ([raw("NumericEqualsIfExists", "1"), raw("NumericEqualsIfExists", "2")], True),  # absent
        ([raw("NumericEqualsIfExists", "1"), raw("NumericEqualsIfExists", "2"), raw("Null", "false")], False),
        ([raw("DateLessThan", "2026-01-01"), raw("DateGreaterThan", "2026-06-01")], False),
        ([raw("IpAddress", "10.0.0.0/8"), raw("NotIpAddress", "10.0.0.0/9")], True),
        ([raw("IpAddress", "10.0.0.0/9"), raw("NotIpAddress", "10.0.0.0/8")], False),
        (
            [raw("ForAnyValue:StringEquals", "a"), raw("ForAllValues:StringEquals", "b")],
            True,
        ),  # nothing known of the key
        ([raw("StringEquals", "a"), replace(raw("StringEquals", "a"), negated=True)], False),
        ([raw("StringNotEquals", "a"), replace(raw("StringNotEquals", "a"), negated=True)], False),
    ],
)
def test_raw_tests_of_one_key(tests: list[RawTest], expected: bool) -> None:
    assert may_be_met([(test, True) for test in tests]) is expected


def test_whole_numbers_have_nothing_between_two_neighbours() -> None:
    assert not may_be_met([(atom(NUMBER, Op.GT, INT, 2), True), (atom(NUMBER, Op.LT, INT, 3), True)])
    assert not may_be_met([(atom(SCORE, Op.GT, INT, 3), True)])
    assert may_be_met([(atom(SCORE, Op.GT, INT, 2), True)])


def test_a_value_that_is_open_may_be_anything() -> None:
    first, second = (atom(TEXT, Op.EQ, Named("string"), mark(name)) for name in ("A", "B"))
    assert may_be_met([(first, True), (second, True)])
    assert not may_be_met([(first, True), (atom(TEXT, Op.EXISTS, Named("string")), False)])
    ending = atom(TEXT, Op.EQ, Named("string"), f"{mark('A')}-x")
    assert not may_be_met([(ending, True), (atom(TEXT, Op.LIKE, Named("string"), "*y"), True)])


def test_a_wide_condition_stays_undecided_in_bounded_time() -> None:
    pairs = [
        AnyOf((atom(Attribute(f"x{i}", f"x{i}", BOOL), Op.EQ, BOOL, True), atom(TEXT, Op.EQ, Named("string"), str(i))))
        for i in range(60)
    ]
    assert may_be_met([(All(tuple(pairs)), True)])
    assert not always_holds(AnyOf(tuple(All((a, b)) for a, b in pairwise(pairs))))


def test_never_is_recognised_as_it_stands() -> None:
    assert never_holds(Never()) and not always_holds(Never())


# --- statements -------------------------------------------------------------------------------------------------

ACCOUNT, OTHER = "111122223333", "444455556666"
CALLERS = [
    Principal("anonymous", ()),
    Principal("role", (ACCOUNT, "a")),
    Principal("role", (ACCOUNT, "ab")),
    Principal("role", (OTHER, "a")),
    Principal("user", (ACCOUNT, "a")),
    Principal("session", (ACCOUNT, "a", "s")),
    Principal("session", (ACCOUNT, "b", "s")),
    Principal("cloudfront", (ACCOUNT, "E2ABCDEF123456")),
    Principal("service", ("cloudfront.amazonaws.com",)),
    Principal("service", ("ec2.amazonaws.com",)),
]
PRINCIPALS = st.sampled_from(
    [
        *CALLERS,
        Principal("anyone", ()),
        Principal("authenticated", ()),
        Principal("account", (ACCOUNT,)),
        Principal("account", (OTHER,)),
        Principal("role", (ACCOUNT, "a*")),
        Principal("role", (ACCOUNT, "?b")),
        Principal("user", (ACCOUNT, "*")),
    ]
)
WHOS = st.builds(
    lambda items, negated: Who(tuple(items), negated), st.lists(PRINCIPALS, min_size=1, max_size=2), st.booleans()
)
CANS = st.one_of(
    st.none(),
    st.builds(
        lambda verbs, negated: Can(tuple(verbs), negated),
        st.lists(st.sampled_from([GET, PUT, INVOKE]), min_size=1, max_size=2),
        st.booleans(),
    ),
)
PATHS = st.one_of(
    st.none(),
    st.builds(
        lambda texts, negated: Paths(tuple("/" + text for text in texts), negated),
        st.lists(GLOBS, min_size=1, max_size=2),
        st.booleans(),
    ),
)
SMALL_CONDS = st.one_of(
    st.just(Always()), comparisons(FLAG, Op.EQ, BOOL, st.booleans()), comparisons(NUMBER, Op.LT, INT, st.integers(0, 2))
)
STATEMENTS = st.builds(
    lambda who, can, path, when: Statement("allow", "s", who, can, (), path, when), WHOS, CANS, PATHS, SMALL_CONDS
)
ASKED = [
    Facts(who, can, "r", path, {"b": flag, "n": number})
    for who in CALLERS
    for can in (GET, PUT)
    for path in (None, "/", "/a", "/ab", "/b", "/ba")
    for flag in ((), (True,))
    for number in ((0,), (2,))
]


@settings(max_examples=50, deadline=None)
@given(STATEMENTS, STATEMENTS)
def test_covering_and_meeting_are_proofs(first: Statement, second: Statement) -> None:
    covered, apart = statement_covers(first, second), not statements_may_meet(first, second)
    for facts in ASKED if covered or apart else ():
        one, two = statement_matches(first, facts), statement_matches(second, facts)
        assert not (covered and two and not one), facts
        assert not (apart and one and two), facts


def test_callers_by_name() -> None:
    account, role = Principal("account", (ACCOUNT,)), Principal("role", (ACCOUNT, "batch/*"))
    assert names(account, role) and not names(role, account)
    assert names(role, Principal("role", (ACCOUNT, "batch/nightly")))
    assert names(Principal("role", (ACCOUNT, "a")), Principal("session", (ACCOUNT, "a", "s")))
    assert not names(Principal("authenticated", ()), Principal("anyone", ()))
    assert not principals_may_meet(role, Principal("role", (ACCOUNT, "web/*")))
    assert principals_may_meet(role, Principal("role", (ACCOUNT, "*/nightly")))
    assert not principals_may_meet(account, Principal("role", (OTHER, "x")))
