"""The engine against the slow evaluator, and laws that hold for every policy and request."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import (
    Caller,
    CallerKind,
    Document,
    Kind,
    Policies,
    Request,
    anonymous,
    caller_from_arn,
    compile_document,
    decide,
    decide_request,
    explain,
    explain_request,
    identity_provider,
    service,
    weigh,
)
from policyc.engines.iam.caller import unstated
from policyc.engines.trace import Decision, Verdict
from policyc.syntax.json_text import from_plain
from policyc.text import Span
from tests.property import slow_iam

NOWHERE = Span("p.json", 0, 0)
HOME, AWAY = "111122223333", "444455556666"
KEYS = ("t:k", "t:K", "t:j", "aws:PrincipalTag/x", "aws:PrincipalTag/X", "aws:username", "aws:PrincipalArn")
PATTERNS = {
    "String": [
        "",
        "a",
        "A",
        "b",
        "a*",
        "*",
        "?",
        "a?b",
        "*b",
        "a*b*",
        "${*}",
        "a${t:j}",
        "${t:j, 'b'}",
        "${aws:username}*",
        "ab",
        "x.y",
    ],
    "Numeric": ["1", "10", "10.0", "1e1", "-3", ".5", "a", ""],
    "Date": [
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        "1577836800",
        "2020-01-01T01:00:00+01:00",
        "2020-01-01T00:00:00.5Z",
        "a",
        "2019-12-31T23:59:59",
    ],
    "Bool": ["true", "false", "TRUE", "yes"],
    "Binary": ["YQ==", "Yg==", "*"],
    "Ip": ["10.0.0.0/8", "10.1.2.3", "10.9.9.9/8", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0"],
    "Arn": [
        "arn:aws:s3:::b",
        "arn:aws:s3:::b*",
        "arn:*:s3:::*",
        "arn:aws:s3:*:*:b",
        "*",
        "arn:aws:s3",
        "arn:aws:iam::111122223333:role/r",
        "${aws:PrincipalArn}",
        "arn:aws:s3:::${t:j}",
    ],
}
VALUES = {
    "String": ["", "a", "A", "b", "ab", "aab", "axb", "*", "a\n", "u", "xzy"],
    "Numeric": ["1", "10", "10.00", "-3", "0.5", "b"],
    "Date": ["2020-01-01", "1577836800", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:01Z", "never"],
    "Bool": ["true", "False", "no"],
    "Binary": ["YQ==", "a"],
    "Ip": ["10.1.2.3", "11.0.0.1", "2001:db8::1", "a", "10.0.0.0/8"],
    "Arn": ["arn:aws:s3:::b", "arn:aws:s3:::b:c", "arn:aws:s3:x::b", "arn:aws-cn:s3:::bb", "b"],
}
RESOURCES = ["arn:aws:s3:::b/k", "arn:aws:s3:::b", "arn:aws:s3:r:1:a:b", "arn:aws:s3:r:1:2:b", "*", "arn:aws:s3:::u"]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b",
    "arn:aws:s3:*:b",
    "arn:aws:s3:*:1:*",
    "arn:aws:s3:r:*:2:b",
    "*/k",
    "arn:aws:s3:::${aws:username}",
    "arn:aws:s3:::${t:j, 'b'}",
    "arn:aws:s3:::?",
    "arn:aws:s3:r:1:*b",
]
ACTIONS = ["s3:Get", "S3:PUT", "t:Get"]
ACTION_PATTERNS = ["*", "s3:*", "S3:get", "s3:?et", "*:Get", "t:*t"]


def caller_forms(account: str) -> list[dict[str, Any]]:
    return [
        {"kind": "root", "account": account},
        {"kind": "user", "account": account, "name": "u", "tags": {"x": "a"}},
        {"kind": "role", "account": account, "name": "r", "session": "s", "tags": {"X": "b"}},
        {"kind": "federated", "account": account, "name": "f", "creator": f"arn:aws:iam::{account}:user/u"},
        {"kind": "federated", "account": account, "name": "f", "creator": f"arn:aws:iam::{account}:root"},
    ]


UNSAID = {"kind": "federated", "account": HOME, "name": "f"}  # nobody says who made the session
CALLERS = [
    *caller_forms(HOME),
    *caller_forms(AWAY),
    UNSAID,
    {"kind": "service", "name": "cloudfront.amazonaws.com"},
    {"kind": "anonymous"},
    {"kind": "provider", "name": f"arn:aws:iam::{HOME}:saml-provider/p"},
]
PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": HOME},
    {"AWS": f"arn:aws:iam::{HOME}:root"},
    {"AWS": []},
    {},
    {"AWS": [f"arn:aws:iam::{HOME}:role/r"]},
    {"AWS": f"arn:aws:sts::{HOME}:assumed-role/r/s"},
    {"AWS": [f"arn:aws:iam::{HOME}:user/u", f"arn:aws:iam::{AWAY}:role/r"]},
    {"AWS": f"arn:aws:sts::{HOME}:federated-user/f"},
    {"Service": "cloudfront.amazonaws.com"},
    {"AWS": [HOME, f"arn:aws:iam::{HOME}:role/r", f"arn:aws:sts::{HOME}:assumed-role/r/s"]},
    {"AWS": [HOME, f"arn:aws:iam::{HOME}:user/u"]},
]


def engine_caller(form: dict[str, Any]) -> Caller:
    match form["kind"]:
        case "anonymous":
            return anonymous()
        case "service":
            return service(form["name"])
        case "provider":
            return identity_provider(form["name"])
        case _:
            return caller_from_arn(slow_iam.own_arn(form), tags=form.get("tags"), creator=form.get("creator", ""))


def engine_request(form: dict[str, Any]) -> Request:
    return Request.of(form["action"], form["resource"], engine_caller(form["caller"]), form["context"], form["unknown"])


def engine_document(plain: dict[str, Any], kind: Kind) -> Document:
    diagnostics = Diagnostics()
    document = compile_document(from_plain(plain, NOWHERE), kind, diagnostics)
    assert document is not None, [item.message for item in diagnostics]
    return document


def some(items: list[str], most: int = 3) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(items), st.lists(st.sampled_from(items), max_size=most))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 2))):
        base = draw(st.sampled_from(sorted(slow_iam.FAMILY)))
        prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
        suffix = draw(st.sampled_from(["", "IfExists"])) if base != "Null" else ""
        family = slow_iam.FAMILY[base]
        patterns = ["true", "false", "maybe"] if family == "Null" else PATTERNS[family]
        if family == "Ip":
            values = draw(some(patterns))
        elif family == "Bool":
            values = draw(st.sampled_from(patterns))
        else:
            values = draw(some(patterns))
        found.setdefault(prefix + base + suffix, {})[draw(st.sampled_from(["t:k", "t:j", *KEYS[3:4], *KEYS[5:]]))] = (
            values
        )
    return found


@st.composite
def statements(draw: st.DrawFn, principals: bool) -> dict[str, Any]:
    effect = draw(st.sampled_from(["Allow", "Allow", "Deny"]))
    found: dict[str, Any] = {"Effect": effect}
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(ACTION_PATTERNS))
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(RESOURCE_PATTERNS))
    if principals:
        name = draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))
        found[name] = draw(st.sampled_from(PRINCIPALS))
    condition = draw(conditions())
    if condition:
        found["Condition"] = condition
    return found


@st.composite
def documents(draw: st.DrawFn, principals: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"Statement": draw(st.lists(statements(principals), min_size=1, max_size=4))}
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", ""]))
    return found | ({"Version": version} if version else {})


@st.composite
def requests(draw: st.DrawFn, unknowns: bool = True) -> dict[str, Any]:
    pool = sorted({value for values in VALUES.values() for value in values})
    context = {}
    for key in draw(st.lists(st.sampled_from(["t:k", "t:J", "aws:principaltag/x", "aws:PrincipalTag/y"]), unique=True)):
        context[key] = draw(st.lists(st.sampled_from(pool), max_size=3))
    names = ["t:k", "t:j", "aws:PrincipalTag/x", "aws:username"]
    return {
        "action": draw(st.sampled_from(ACTIONS)),
        "resource": draw(st.sampled_from(RESOURCES)),
        "caller": draw(st.sampled_from(CALLERS)),
        "context": context,
        "unknown": draw(st.lists(st.sampled_from(names), max_size=2)) if unknowns else [],
    }


EFFORT = settings(max_examples=25, deadline=None)


@EFFORT
@given(documents(), st.lists(requests(), min_size=1, max_size=4), st.booleans())
def test_fast_explained_and_slow_agree(plain: dict[str, Any], forms: list[dict[str, Any]], bounded: bool) -> None:
    document = engine_document(plain, Kind.RESOURCE)
    for form in forms * 2:  # the second round meets a warm memo
        asked = engine_request(form)
        trace = explain(document, asked, bounded=bounded)
        expected = slow_iam.verdict(plain, form, bounded)
        assert decide(document, asked, bounded=bounded) == expected
        assert trace.verdict == expected
        for statement, shown in zip(plain["Statement"], trace.statements, strict=True):
            version = plain.get("Version", "")
            assert shown.matched is slow_iam.statement_matches(statement, form, version, bounded)


@EFFORT
@given(documents(), st.lists(requests(), min_size=1, max_size=3), st.booleans())
def test_what_is_shown_is_what_was_decided(plain: dict[str, Any], forms: list[dict[str, Any]], bounded: bool) -> None:
    """Reasons are made one by one and the verdict is not; the parts of a statement must add up to its match."""
    document = engine_document(plain, Kind.RESOURCE)
    for form in forms:
        trace = explain(document, engine_request(form), bounded=bounded)
        for shown in trace.statements:
            answers = {reason.matched for reason in shown.reasons}
            assert shown.matched is (False if False in answers else None if None in answers else True)
        effect = {Verdict.ALLOW: "Allow", Verdict.EXPLICIT_DENY: "Deny"}.get(trace.verdict)
        assert trace.decided_by == tuple(s for s in trace.statements if s.matched and s.effect == effect)
        near = None
        if trace.verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED):
            others = [s for s in trace.statements if s.effect == "Allow" and s.matched is not True]
            near = min(
                others,
                key=lambda s: (sum(r.part in ("principal", "action", "resource") for r in s.misses), len(s.misses)),
                default=None,
            )
        assert trace.nearest == near


@EFFORT
@given(documents(), st.lists(requests(), min_size=1, max_size=2), st.booleans())
def test_a_turned_switch_is_the_document_read_with_it(plain: Any, forms: list[dict[str, Any]], bounded: bool) -> None:
    document = engine_document(plain, Kind.RESOURCE)
    for form in forms:
        asked = engine_request(form)
        verdict = decide(document, asked, bounded=bounded)
        matter = set()
        for name, other in document.switches.alternatives("deciding"):
            read = compile_document(from_plain(plain, NOWHERE), Kind.RESOURCE, Diagnostics(), switches=other)
            assert read is not None
            expected = weigh((read,), asked, bounded)
            assert weigh((document,), asked, bounded, turned=(name, other.choice(name))) == expected
            if expected.verdict is not verdict:
                matter.add(name)
        shaped = {name for statement in document.statements for name in statement.switches}
        reported = set(explain(document, asked, bounded=bounded).switches)
        assert matter <= reported <= matter | shaped


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    def some_of(principals: bool, most: int = 2) -> list[dict[str, Any]]:
        return draw(st.lists(documents(principals), max_size=most))

    policies: dict[str, Any] = {
        "identity": some_of(False),
        "resource": some_of(True),
        "owner": draw(st.sampled_from([HOME, AWAY])),
        "boundary": some_of(False, 1) if draw(st.booleans()) else None,
        "session": some_of(False, 1) if draw(st.booleans()) else None,
        "scps": [some_of(False, 1) for _ in range(draw(st.integers(0, 2)))],
        "must_allow": draw(st.booleans()),
    }
    form = draw(requests(unknowns=False))
    return policies, form


def engine_policies(plain: dict[str, Any]) -> Policies:
    def held(name: str, kind: Kind) -> tuple[Document, ...]:
        return tuple(engine_document(document, kind) for document in plain[name])

    return Policies(
        held("identity", Kind.IDENTITY),
        held("resource", Kind.RESOURCE),
        held("boundary", Kind.BOUNDARY) if plain["boundary"] is not None else None,
        held("session", Kind.IDENTITY) if plain["session"] is not None else None,
        tuple(tuple(engine_document(d, Kind.SCP) for d in level) for level in plain["scps"]),
        owner=plain["owner"],
        resource_must_allow=plain["must_allow"],
    )


def has_hidden_unknowns(form: dict[str, Any]) -> bool:
    caller = engine_caller(form["caller"])
    return form["caller"]["kind"] in ("service", "provider") or form["caller"] == UNSAID or caller.path is None


@EFFORT
@given(situations())
def test_the_whole_flow_agrees_with_the_slow_one(situation: tuple[dict[str, Any], dict[str, Any]]) -> None:
    plain, form = situation
    policies, asked = engine_policies(plain), engine_request(form)
    decided = decide_request(policies, asked)
    assert explain_request(policies, asked).decision is decided
    if decided is not Decision.UNDECIDED:
        if not has_hidden_unknowns(form):
            assert decided == ("allow" if slow_iam.flow(plain, form) else "deny")
    else:
        assert has_hidden_unknowns(form)


@EFFORT
@given(documents(), requests(), st.data())
def test_a_decision_despite_unknowns_holds_for_every_value(plain: Any, form: Any, data: st.DataObject) -> None:
    document = engine_document(plain, Kind.RESOURCE)
    decided = decide(document, engine_request(form))
    if decided is Verdict.UNDECIDED:
        return
    context = {k: v for k, v in form["context"].items() if k.lower() not in {u.lower() for u in form["unknown"]}}
    pool = sorted({value for values in VALUES.values() for value in values})
    for key in dict.fromkeys(form["unknown"]):
        context[key] = data.draw(st.lists(st.sampled_from(pool), max_size=2))
    told = decide(document, engine_request(form | {"context": context, "unknown": []}))
    assert told.decision is decided.decision or told is Verdict.UNDECIDED


@EFFORT
@given(documents(), requests(), statements(True))
def test_more_denies_never_allow_and_more_allows_never_deny(plain: Any, form: Any, extra: Any) -> None:
    asked = engine_request(form)
    before = decide(engine_document(plain, Kind.RESOURCE), asked)
    added = plain | {"Statement": [*plain["Statement"], extra]}
    after = decide(engine_document(added, Kind.RESOURCE), asked)
    if extra["Effect"] == "Deny":
        assert not (after is Verdict.ALLOW and before is not Verdict.ALLOW)
    else:
        assert not (before is Verdict.ALLOW and after is not Verdict.ALLOW)
        assert (after is Verdict.EXPLICIT_DENY) is (before is Verdict.EXPLICIT_DENY)


@EFFORT
@given(documents(), requests(), st.randoms())
def test_order_of_statements_never_matters(plain: Any, form: Any, random: Any) -> None:
    asked = engine_request(form)
    shuffled = list(plain["Statement"])
    random.shuffle(shuffled)
    turned = engine_document(plain | {"Statement": shuffled}, Kind.RESOURCE)
    assert decide(engine_document(plain, Kind.RESOURCE), asked) is decide(turned, asked)


@EFFORT
@given(documents(), requests())
def test_splitting_lists_never_matters(plain: Any, form: Any) -> None:
    """One statement per action and resource is the same policy; so is one document per statement."""
    split = []
    for statement in plain["Statement"]:
        rows = [statement]
        for name in ("Action", "Resource"):
            rows = (
                [
                    row | {name: item}
                    for row in rows
                    for item in (row[name] if isinstance(row.get(name), list) and row[name] else [row.get(name)])
                ]
                if name in statement
                else rows
            )
        split += rows
    asked = engine_request(form)
    whole = decide(engine_document(plain, Kind.RESOURCE), asked)
    assert decide(engine_document(plain | {"Statement": split}, Kind.RESOURCE), asked) is whole
    apart = [engine_document(plain | {"Statement": [one]}, Kind.RESOURCE) for one in plain["Statement"]]
    assert decide(apart, asked) is whole


@EFFORT
@given(st.data(), requests())
def test_if_exists_is_absent_or_the_operator(data: st.DataObject, form: Any) -> None:
    base = data.draw(st.sampled_from(sorted(set(slow_iam.FAMILY) - {"Null"})))
    prefix = data.draw(st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]))
    values = data.draw(st.lists(st.sampled_from(PATTERNS[slow_iam.FAMILY[base]]), min_size=1, max_size=1))
    key = data.draw(st.sampled_from(["t:k", "t:j"]))

    def matches(condition: Any) -> Verdict:
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        return decide(engine_document({"Version": "2012-10-17", "Statement": statement}, Kind.IDENTITY), asked)

    asked = engine_request(form)
    parts = [matches({"Null": {key: "true"}}), matches({prefix + base: {key: values}})]
    together = matches({f"{prefix}{base}IfExists": {key: values}})
    if Verdict.ALLOW in parts:
        assert together is Verdict.ALLOW
    elif Verdict.UNDECIDED in parts:
        assert together is Verdict.UNDECIDED
    else:
        assert together is Verdict.IMPLICIT_DENY


def test_every_kind_of_caller_is_covered() -> None:
    assert {engine_caller(form).kind for form in CALLERS} == set(CallerKind) - {CallerKind.UNSTATED}


@EFFORT
@given(documents(), requests())
def test_what_is_decided_whoever_calls_is_decided_so_for_each(plain: Any, form: Any) -> None:
    document = engine_document(plain, Kind.RESOURCE)
    whoever = decide(
        document, Request.of(form["action"], form["resource"], unstated(), form["context"], form["unknown"])
    )
    if whoever is not Verdict.UNDECIDED:
        for caller in CALLERS:
            if caller["kind"] not in ("service", "provider"):
                found = decide(document, engine_request({**form, "caller": caller}))
                assert (found is Verdict.ALLOW) is (whoever is Verdict.ALLOW) and found is not Verdict.UNDECIDED
