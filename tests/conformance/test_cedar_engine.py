"""The Cedar engine against the facts of the Verified Access reference, sections 1.1, 2 and 3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from policyc.engines.cedar.decide import (
    CedarError,
    Documented,
    NotOpen,
    UnusableContext,
    decide,
    decision,
    parse_policies,
    sanitise,
)
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE
from policyc.engines.cedar.predicates import Kind
from policyc.engines.trace import Decision

OPEN = "(principal, action, resource)"


def permit(condition: str) -> str:
    return f"permit {OPEN} when {{ {condition} }};\n"


def forbid(condition: str) -> str:
    return f"forbid {OPEN} when {{ {condition} }};\n"


def test_default_deny_and_forbid_wins() -> None:
    text = permit("context.a == 1") + forbid("context.b == 1")
    assert decide(parse_policies(text), {"a": 2, "b": 0}).decision is Decision.DENY
    assert decide(parse_policies(text), {"a": 1, "b": 0}).decision is Decision.ALLOW
    both = decide(parse_policies(text), {"a": 1, "b": 1})
    assert both.decision is Decision.DENY
    assert [(result.effect, result.matched) for result in both.statements] == [("permit", True), ("forbid", True)]


def test_an_empty_text_denies() -> None:
    answer = decide(parse_policies("// nothing\n"), {})
    assert (answer.decision, answer.statements) == (Decision.DENY, ())


def test_a_failing_forbid_is_skipped_and_reported() -> None:
    text = f"permit {OPEN};\n" + forbid('!(context.identity.roles.contains("Administrator"))')
    answer = decide(parse_policies(text), {})
    assert answer.decision is Decision.ALLOW
    assert [result.index for result in answer.failed] == [1]
    assert "identity" in answer.failed[0].error
    assert answer.statements[1].matched is False


def test_statements_keep_their_order_past_ten() -> None:
    text = "".join(permit(f"context.a == {number}") for number in range(23))
    answer = decide(parse_policies(text), {"a": 11})
    assert [result.index for result in answer.statements if result.matched] == [11]


@pytest.mark.parametrize("text", ["permit", "permit (principal, action, resource) when { 'x' == 1 };", "when {}"])
def test_bad_text_is_a_fault(text: str) -> None:
    with pytest.raises(CedarError):
        parse_policies(text)


def test_a_template_is_a_fault() -> None:
    with pytest.raises(CedarError, match="template"):
        parse_policies("permit (principal == ?principal, action, resource);")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "null"),
        (1.5, "is a fraction"),
        (Decimal("1.5"), "is a fraction"),
        (b"x", "neither text"),
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        ({"__extn": {"fn": "ip", "arg": "10.0.0.1"}}, "escape"),
        ({"x": [{"__entity": {"type": "A", "id": "b"}}]}, "escape"),
        ({"__expr": "1"}, "escape"),
        ("\ud800", "Unicode"),
        ({1: 2}, "not text"),
    ],
)
def test_values_without_a_cedar_form_are_refused(value: object, why: str) -> None:
    with pytest.raises(UnusableContext, match=why) as caught:
        decide(parse_policies(permit("context.a == 1")), {"a": value})
    assert caught.value.path[0] == "a"


def test_nesting_is_bounded() -> None:
    value: object = 1
    for _ in range(10_000):
        value = {"x": value}
    with pytest.raises(UnusableContext, match="nested"):
        sanitise({"a": value})


def test_the_edges_of_a_long_are_fine() -> None:
    answer = decide(parse_policies(permit("context.a < context.b")), {"a": -(2**63), "b": 2**63 - 1})
    assert answer.decision is Decision.ALLOW


def test_an_unknown_that_cannot_matter_leaves_the_answer_definite() -> None:
    text = permit("context.a.x == 1 && context.b == 2") + permit('context.c == "x"')
    assert decide(parse_policies(text), {"b": 3, "c": "y"}, [("a", "x")]).decision is Decision.DENY
    assert decide(parse_policies(text), {"b": 2, "c": "x"}, [("a", "x")]).decision is Decision.ALLOW
    open_answer = decide(parse_policies(text), {"b": 2, "c": "y"}, [("a", "x")])
    assert open_answer.decision is Decision.UNDECIDED
    assert open_answer.missing == (("a", "x"),)
    assert [result.matched for result in open_answer.statements] == [None, False]


def test_what_fails_behind_an_unknown_is_no_answer_either_way() -> None:
    """Cedar keeps the failing side in the residual; whether it is reached hangs on the unknown."""
    fails = 'context.b.contains("x")'
    behind = decide(parse_policies(permit(f"context.a == 1 && {fails}")), {"b": "x"}, [("a",)])
    assert (behind.decision, behind.statements[0].truths) == (Decision.DENY, FALSE | FAILS)
    beside = decide(
        parse_policies(permit(f"(context.a == 1 && {fails}) || context.c == 1")), {"b": "x", "c": 1}, [("a",)]
    )
    assert (beside.decision, beside.missing) == (Decision.UNDECIDED, (("a",),))
    assert beside.statements[0].truths == TRUE | FAILS
    before = decide(parse_policies(permit(f"{fails} || context.a == 1")), {"b": "x"}, [("a",)])
    assert (before.decision, before.statements[0].truths, len(before.failed)) == (Decision.DENY, FAILS, 1)
    choice = decide(parse_policies(permit(f"if context.a == 1 then {fails} else true")), {"b": "x"}, [("a",)])
    assert (choice.decision, choice.statements[0].truths) == (Decision.UNDECIDED, TRUE | FAILS)


def test_missing_lists_only_what_matters() -> None:
    text = permit("context.a == 1 && context.b == 1") + forbid("context.c == 1 && context.d == 1")
    answer = decide(parse_policies(text), {"a": 1, "b": 1, "c": 1}, [("d",), ("e",)])
    assert answer.missing == (("d",),)
    blocked = decide(parse_policies(text), {"a": 1, "c": 2, "d": 1}, [("b",)])
    assert blocked.missing == (("b",),)


def test_an_unknown_record_of_groups() -> None:
    text = permit('context has idc && context.idc has groups && context.idc.groups has "g-1"')
    answer = decide(parse_policies(text), {}, [("idc", "groups")])
    assert (answer.decision, answer.missing) == (Decision.UNDECIDED, (("idc", "groups"),))
    absent = decide(parse_policies(text), {"idc": {}})
    assert absent.decision is Decision.DENY


def test_a_failure_in_front_of_what_is_true_is_not_lost() -> None:
    """With `LOW` the first side fails, and the statement with it (reference, section 3): `allow whatever it is` would be wrong."""
    text = '(context.jamf.risk == "LOW" && context.okta.x == 1) || context.m == "GET"'
    for value, truths in (("LOW", FAILS), ("HIGH", TRUE)):
        assert (
            decide(parse_policies(permit(text)), {"m": "GET", "jamf": {"risk": value}}).statements[0].truths == truths
        )
    answer = decide(parse_policies(permit(text)), {"m": "GET"}, [("jamf", "risk")])
    assert (answer.decision, answer.missing) == (Decision.UNDECIDED, (("jamf", "risk"),))
    forbids = decide(parse_policies(f"permit {OPEN};" + forbid(text)), {"m": "GET"}, [("jamf", "risk")])
    assert forbids.ends == {"forbidden", "unsure"}


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ('if context.a == "x" then context.b == 1 else context.b == 2', {"b": 3}, Decision.DENY),
        ('if context.a == "x" then context.b == 1 else context.b != 2', {"b": 1}, Decision.ALLOW),
        ('context.a == "x" || context.a != "x"', {}, Decision.ALLOW),
        ('context.a == "x" && context.a == "y"', {}, Decision.DENY),
        ('context.a like "x*" && context.a == "y"', {}, Decision.DENY),
        ('context.a like "*@x.com" && context.a like "*@y.com"', {}, Decision.DENY),
        ('context.a like "*" || context.b == 1', {}, Decision.ALLOW),
        ("context.a > 5 || context.a < 6", {}, Decision.ALLOW),
        ("context.a > 5 && context.a < 6", {}, Decision.DENY),
        ("context.a > 5 && context.a < 7", {}, Decision.UNDECIDED),
        ('context.a.contains("x") || !context.a.containsAny(["x", "y"])', {}, Decision.UNDECIDED),
        ('context.a.contains("x") || !context.a.containsAll(["x", "y"])', {}, Decision.ALLOW),
        ('context.a.isEmpty() && context.a.contains("x")', {}, Decision.DENY),
        ('ip(context.a).isInRange(ip("10.0.0.0/8")) && ip(context.a).isInRange(ip("11.0.0.0/8"))', {}, Decision.DENY),
        ("ip(context.a).isIpv4() || ip(context.a).isIpv6()", {}, Decision.ALLOW),
        ("context.a == context.b || context.a != context.b", {}, Decision.ALLOW),
    ],
)
def test_values_of_one_attribute_are_told_together(
    condition: str, context: dict[str, object], expected: Decision
) -> None:
    unknown = [path for path in (("a",), ("b",)) if path[0] not in context]
    assert decide(parse_policies(permit(condition)), context, unknown).decision is expected


def test_what_may_not_be_there() -> None:
    text = f"permit {OPEN};\n" + forbid("context has jamf")
    answer = decide(parse_policies(text), {}, (), [("jamf",)])
    assert (answer.decision, answer.missing) == (Decision.UNDECIDED, (("jamf",),))
    below = decide(parse_policies(permit('context has jamf && context.jamf.risk == "LOW"')), {}, (), [("jamf",)])
    assert (below.decision, below.statements[0].truths) == (Decision.UNDECIDED, TRUE | FALSE | FAILS)
    assert below.missing == (("jamf",), ("jamf", "risk"))
    with pytest.raises(NotOpen, match="both stated and unknown"):
        decide(parse_policies(text), {"jamf": {}}, (), [("jamf",)])
    with pytest.raises(NotOpen, match="below a value"):
        decide(parse_policies(text), {"jamf": 1}, [("jamf", "risk")])


def test_many_open_questions_are_answered_with_less_precision_but_safely() -> None:
    tests = [f'context.a{at} == "x" && context.b{at} == "y"' for at in range(200)]
    unknown = [(f"{name}{at}",) for at in range(200) for name in "ab"]
    text = permit(" || ".join(f"({test})" for test in tests))
    answer = decide(parse_policies(text), {}, unknown)
    assert (answer.decision, set(answer.missing)) == (Decision.UNDECIDED, set(unknown))
    assert decide(parse_policies(text + f"permit {OPEN};"), {}, unknown).decision is Decision.ALLOW
    thousands = permit(" || ".join(f'context.a == "{at}"' for at in range(2_500)))
    assert decide(parse_policies(thousands), {}, [("a",)]).missing == (("a",),)


@pytest.mark.parametrize("joint", [" && ", " || "])
def test_a_long_chain_with_an_unknown(joint: str) -> None:
    chain = joint.join(["context.a == 1"] + [f"context.b != {number}" for number in range(299)])
    answer = decide(parse_policies(permit(chain)), {"b": -1}, [("a",)])
    assert answer.missing == ((("a",),) if joint == " && " else ())
    assert answer.decision is (Decision.UNDECIDED if joint == " && " else Decision.ALLOW)


@pytest.mark.parametrize("number", [100, 3_000])
def test_a_chain_of_any_length_is_decided(number: int) -> None:
    """Cedar gives up on 2,000 operands in a row and falls over more; `(a || b) || c` is `a || (b || c)`, failures included."""
    either = " || ".join(f"context.b == {at}" for at in range(number))
    every = " && ".join(f"context.b != {at}" for at in range(number))
    for text, *answers in [
        (either, (number - 1, TRUE), (number, FALSE)),
        (every, (number, TRUE), (number - 1, FALSE)),
        (f"{either} || context.none == 1", (0, TRUE), (-1, FAILS)),
        (f"context.none == 1 || {either}", (0, FAILS)),
        (f"!({either}) || context.none == 1", (0, FAILS)),
    ]:
        policies = parse_policies(permit(text))
        for value, told in answers:
            answer = decide(policies, {"b": value})
            assert answer.statements[0].truths == told
            assert decision(policies, {"b": value}) is answer.decision


def test_the_deepest_nesting_with_long_chains_is_decided() -> None:
    text = "context.b == 1"
    for at in range(12):
        text = f"!({text}) || " + " || ".join(f"context.b == {at}{number}" for number in range(60))
    assert decide(parse_policies(permit(text)), {"b": 1}).statements[0].error == ""


def test_the_decision_alone_is_that_of_the_whole_answer() -> None:
    text = permit('context.a == 1 && context.b.contains("x")') + forbid("context.c > 3")
    for context in ({"a": 1, "b": ["x"]}, {"a": 1, "b": "x"}, {"a": 1, "b": ["x"], "c": 4}, {"a": 2}, {}):
        assert decision(parse_policies(text), context) is decide(parse_policies(text), context).decision
    with pytest.raises(UnusableContext):
        decision(parse_policies(text), {"a": None})


def test_the_request_knows_its_own_entities() -> None:
    """`principal in [principal]` (mistake L15) is true, not unknown."""
    answer = decide(parse_policies(permit("principal in [principal]")), {"a": 1}, [("b",)])
    assert answer.decision is Decision.ALLOW
    assert answer.statements[0].matched is True


@pytest.mark.parametrize(
    "statement",
    [
        permit('principal == User::"alice"'),
        permit('principal != User::"alice"'),
        permit("principal has email"),
        permit('principal.email == "a"'),
        permit('resource in Application::"x"'),
        permit("principal is User"),
        'permit (principal == User::"alice", action, resource);',
        'permit (principal, action == Action::"x", resource);',
        "permit (principal, action, resource is Application);",
        f'permit {OPEN};\nforbid (principal == User::"alice", action, resource);',
    ],
)
def test_what_the_caller_is_decides_nothing_by_itself(statement: str) -> None:
    """The service publishes no values of principal, action and resource; ours are stand-ins."""
    answer = decide(parse_policies(statement), {"a": 1})
    assert (answer.decision, answer.caller, answer.missing) == (Decision.UNDECIDED, True, ())


def test_the_caller_where_it_cannot_matter() -> None:
    text = permit('context.a == 1 && principal == User::"x"')
    assert decide(parse_policies(text), {"a": 2}).decision is Decision.DENY
    assert decide(parse_policies(text + f"permit {OPEN};"), {"a": 1}).decision is Decision.ALLOW
    both = decide(parse_policies(permit('context.a == 1 && principal == User::"x"')), {}, [("a",)])
    assert (both.missing, both.caller) == ((("a",),), True)
    twice = permit('principal == User::"x" || !(principal == User::"x")')
    assert decide(parse_policies(twice), {}).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("context.idp.manager == context.hr.manager", {"hr": {"manager": "u1"}}),
        ("context.idp.a.b.score > context.limits.floor", {"limits": {"floor": 50}}),
        ("context.limits.top >= context.idp.score", {"limits": {"top": 50}}),
        ("context.idp.tags.contains(context.hr.tag) && context.idp == context.hr", {"hr": {"tag": "x"}}),
    ],
)
def test_a_provider_of_which_nothing_is_known(condition: str, known: dict[str, Any]) -> None:
    """It is there with a value that nobody states; what is compared with known attributes stays open."""
    answer = decide(parse_policies(permit(condition)), known, [("idp",)])
    assert (answer.decision, answer.missing) == (Decision.UNDECIDED, (("idp",),))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("context.edr.score <= 100", Decision.ALLOW),
        ("context.edr.score > 100", Decision.DENY),
        ("context.edr.score >= 1", Decision.UNDECIDED),
        ("context.edr.score == 101 || context.edr.score < -5", Decision.DENY),
        ('["LOW", "HIGH"].contains(context.edr.risk)', Decision.ALLOW),
        ('context.edr.risk == "LOW"', Decision.UNDECIDED),
        ('context.edr.risk like "*O*"', Decision.UNDECIDED),
        ('context.edr.risk like "*"', Decision.ALLOW),
        ('context.edr.risk == "low"', Decision.DENY),
    ],
)
def test_every_documented_value_gives_the_answer(condition: str, expected: Decision) -> None:
    """A score of 0 to 100 and a risk of two words: what holds for all of them holds."""
    documented = {
        ("edr", "score"): Documented(frozenset({"number"}), True, range=(0, 100)),
        ("edr", "risk"): Documented(frozenset({"text"}), True, ("LOW", "HIGH")),
    }
    unknown = [("edr", "score"), ("edr", "risk")]
    assert decide(parse_policies(permit(condition)), {}, unknown, about=documented.get).decision is expected


@pytest.mark.parametrize("value", [1e30, Decimal("1e30"), Decimal("-1e999999"), Decimal("9223372036854775808.0")])
def test_a_large_number_with_an_exponent_is_no_fraction(value: object) -> None:
    with pytest.raises(UnusableContext, match="more than 64 bits"):
        sanitise({"edr": {"score": value}})


@pytest.mark.parametrize(("value", "why"), [(1e3, "exponent"), (Decimal("2.0"), "exponent"), (1.5, "fraction")])
def test_numbers_in_other_forms(value: object, why: str) -> None:
    with pytest.raises(UnusableContext, match=why):
        sanitise({"edr": {"score": value}})


@pytest.mark.parametrize(
    ("condition", "kinds", "expected"),
    [
        ("{0} >= 1 || {0} < 1", (), Decision.UNDECIDED),
        ("{0} >= 1 || {0} < 1", ("number",), Decision.ALLOW),
        ("{0} >= 1 || {0} < 1", ("number", "text"), Decision.UNDECIDED),
        ("!({0} > 5 && {0} < 5)", (), Decision.UNDECIDED),
        ("{0} > 5 && {0} < 5", (), Decision.DENY),
        ('{0} like "*"', (), Decision.UNDECIDED),
        ('{0} like "*"', ("text",), Decision.ALLOW),
        ('{0} like "*" || {0} == 1', (), Decision.UNDECIDED),
        ('{0} == "x" || {0} != "x"', (), Decision.ALLOW),
        ("{0} || !{0}", (), Decision.UNDECIDED),
        ("{0} || !{0}", ("bool",), Decision.ALLOW),
        ('{0}.contains("x") || !{0}.contains("x")', (), Decision.UNDECIDED),
        ('{0}.contains("x") || !{0}.contains("x")', ("list",), Decision.ALLOW),
        ("{0} has b || !({0} has b)", (), Decision.UNDECIDED),
        ("{0} has b || !({0} has b)", ("record",), Decision.ALLOW),
        ("ip({0}).isIpv4() || ip({0}).isIpv6()", (), Decision.UNDECIDED),
        ("ip({0}).isIpv4() || ip({0}).isIpv6()", ("address",), Decision.ALLOW),
    ],
)
def test_a_claim_that_nobody_documents_may_be_of_another_kind(
    condition: str, kinds: tuple[Kind, ...], expected: Decision
) -> None:
    """A comparison, a pattern, a list test or an address test of another kind of value fails, and the permit with it."""
    documented = {("idp", "claim"): Documented(frozenset(kinds), True)} if kinds else {}
    texts = parse_policies(permit(condition.format("context.idp.claim")))
    answer = decide(texts, {"idp": {"sub": "u"}}, [("idp", "claim")], about=documented.get)
    assert answer.decision is expected


#: condition over a provider `idc` that is there with nothing known of it: what it comes to. Equal expressions have equal values, no
#: record is a part of itself, and what is read below may be missing, which fails (Verified Access reference, section 3).
WHOLE_PROVIDER = [
    ("context == context", {"true"}),
    ("context != context", {"false"}),
    ("context.idc == context.idc", {"true"}),
    ("context.idc != context.idc", {"false"}),
    ("context.idc.user == context.idc.user", {"true", "error"}),
    ("context.idc.n < context.idc.n", {"false", "error"}),
    ("context.idc.n <= context.idc.n", {"true", "error"}),
    ("context.idc.n + 1 == context.idc.n + 1", {"true", "error"}),
    ("ip(context.idc.a) == ip(context.idc.a)", {"true", "error"}),
    ("context == context.idc", {"false"}),
    ("context.idc == {}", {"true", "false"}),
    ('context.idc == {"a": [1]}', {"true", "false"}),
    ("context.idc.user.email.verified && false", {"false", "error"}),
    ("false && context.idc.user.email.verified", {"false"}),
    ('context.idc.groups.contains("a") && false', {"false", "error"}),
    ("context has idc && context.idc == context.idc", {"true"}),
    ("context.idc == context.idc && context.idc has a", {"true", "false"}),
]


@pytest.mark.parametrize(("condition", "truths"), WHOLE_PROVIDER, ids=[row[0] for row in WHOLE_PROVIDER])
def test_a_whole_provider_may_be_unknown(condition: str, truths: set[str]) -> None:
    answer = decide(parse_policies(permit(condition)), {}, [("idc",)])
    assert answer.statements[0].truths == truths
    definite = Decision.ALLOW if truths == {"true"} else Decision.DENY if "true" not in truths else Decision.UNDECIDED
    assert answer.decision is definite


def test_a_provider_that_may_be_missing_is_compared_with_itself() -> None:
    assert decide(parse_policies(permit("context == context")), {}, [], [("idc",)]).decision is Decision.ALLOW
    assert decide(parse_policies(permit("context.idc == context.idc")), {}, [], [("idc",)]).statements[0].truths == {
        "true",
        "error",
    }
