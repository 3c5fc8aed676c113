"""What the author wrote is what the whole chain does: the IR's decision equals that of all hops over the emitted documents.

Requests state everything that a statement may test, and callers have no rights of their own, so that only the documents
of the chain count. Consistency is by construction: whoever passes the first hop passes those behind it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision
from policyc.ir.authz import Always, Atom, Can, Cond, Constant, Op, Policy, Statement, Who
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.decide import Facts, condition_holds, decide
from policyc.ir.program import Program
from policyc.model.types import EnumOf, Named, SetOf
from policyc.model.values import Place, Principal, Resource, ResourceLink, Scalar, Value
from policyc.targets.base import Document, Request
from policyc.targets.object_lambda import TARGET
from policyc.targets.object_lambda.hops import carried, native, relax
from policyc.text import Span

SPAN = Span("a.policy", 0, 0)
SHOP = "111122223333"
VERBS = TARGET.vocabulary().resource_types["object_lambda.access_point"].verbs
KNOWN = TARGET.vocabulary().attributes
CALLS = ("GetObject", "HeadObject", "ListObjects", "ListObjectsV2")
PERMISSIONS = ("GetObject", "ListBucket", "PutObject", "GetObjectTagging")
REQUESTS = (*CALLS, "PutObject", "GetObjectTagging", "UploadPart")
ALICE, READER = Principal("user", (SHOP, "alice")), Principal("role", (SHOP, "reader"))
CDN, OTHER_CDN = (Principal("cloudfront", (SHOP, name)) for name in ("E2ABCDEF123456", "E9ABCDEF123456"))
CALLERS = (ALICE, CDN, READER, OTHER_CDN)
TAG = KNOWN["aws.PrincipalTag[]"].with_key("team")
DOMAINS: dict[str, tuple[Scalar, ...]] = {
    "aws.SourceIp": ("203.0.113.9", "198.51.100.7"),
    "olap.tls_version": (Decimal("1.2"), Decimal("1.3")),
    "olap.signature_age": (10, 900),
    "aws.PrincipalOrgID": ("o-a1b2c3d4e5", "o-zzzzzzzzzz"),
    TAG.name: ("web", "ops"),
}


def attribute(name: str) -> object:
    return TAG if name == TAG.name else KNOWN[name]


def field(name: str, data: object, kind: object = Named("string")) -> tuple[str, Value]:
    return name, Value(kind, data, SPAN)  # type: ignore[arg-type]


def resources(transformed: Sequence[str]) -> dict[str, Resource]:
    place = field("at", Place(SHOP, "us-east-1"))
    calls = tuple(Value(EnumOf(CALLS), call, SPAN) for call in transformed)
    held = {
        "bucket": ("s3.bucket", [field("name", "photos"), place]),
        "ap": (
            "s3.access_point",
            [field("name", "photos-ap"), place, field("bucket", ResourceLink("a.policy#bucket"))],
        ),
        "fn": ("lambda.function", [field("name", "resize"), place, field("qualifier", "1")]),
        "olap": (
            "object_lambda.access_point",
            [
                field("name", "resized"),
                place,
                field("supporting", ResourceLink("a.policy#ap")),
                field("function", ResourceLink("a.policy#fn")),
                field("actions", calls, SetOf(EnumOf(CALLS))),
            ],
        ),
    }
    return {
        f"a.policy#{name}": Resource(name, kind, tuple(fields), "a.policy", SPAN)
        for name, (kind, fields) in held.items()
    }


def likely(held: Sequence[Scalar]) -> st.SearchStrategy[Scalar]:
    """Mostly the first value, so that tests and requests often meet."""
    return st.sampled_from((held[0], held[0], held[0], held[1]))


@st.composite
def atoms(draw: st.DrawFn) -> Cond:
    name = draw(st.sampled_from(sorted(DOMAINS)))
    found = TAG if name == TAG.name else KNOWN[name]
    negated = draw(st.sampled_from([False, False, False, True]))
    if draw(st.integers(0, 9)) == 0:
        return Atom(found, Op.EXISTS, (), "", negated)
    ordered = found.type in (Named("decimal"), Named("int"))
    op = draw(st.sampled_from([Op.LT, Op.GE] if ordered else [Op.EQ]))
    value = draw(likely(DOMAINS[name]))
    return Atom(found, op, (Constant(found.type, value),), "", negated)


conditions = st.recursive(
    atoms() | st.just(Always()),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(conjunction)
        | st.lists(inner, min_size=1, max_size=3).map(disjunction)
    ),
    max_leaves=3,
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    effect = draw(st.sampled_from(["allow", "allow", "allow", "deny"]))
    who = tuple(draw(st.lists(st.sampled_from(CALLERS), min_size=1, max_size=3, unique=True)))
    can = draw(st.none() | st.lists(st.sampled_from(PERMISSIONS), min_size=2, max_size=3, unique=True))
    when = draw(conditions | st.just(Always()))
    verbs = None if can is None else Can(tuple(VERBS[name] for name in can))
    return Statement(effect, "x", Who(who), verbs, (), None, when, 0, SPAN)


values = st.fixed_dictionaries(
    {name: likely(held).map(lambda value: [value]) | st.just([]) for name, held in DOMAINS.items()}
)
NO_RIGHTS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
)


def no_rights(caller: Principal) -> Document:
    carrier = f"arn:aws:iam::{SHOP}:{caller.kind}/{caller.args[-1]}"
    return Document("identity/n.json", "identity/policy", NO_RIGHTS, "n", carrier, "identity", SPAN)


ADDRESS = Atom(KNOWN["aws.SourceIp"], Op.EQ, (Constant(KNOWN["aws.SourceIp"].type, "203.0.113.9"),))
FROM_ADDRESS = Statement("allow", "x", Who((ALICE,)), None, (), None, ADDRESS, 0, SPAN)
ALL_FIRST = {name: [held[0]] for name, held in DOMAINS.items()}


@settings(max_examples=40, deadline=None)
@example([FROM_ADDRESS], ALICE, "GetObject", ALL_FIRST, ["GetObject"])
@given(
    st.lists(statements(), min_size=1, max_size=3),
    st.sampled_from((ALICE, CDN)),
    st.sampled_from(REQUESTS),
    values,
    st.lists(st.sampled_from(CALLS), min_size=1, max_size=4, unique=True),
)
def test_the_chain_does_what_the_statements_say(
    held: list[Statement], who: Principal, call: str, stated: dict[str, list[Scalar]], transformed: list[str]
) -> None:
    found = resources(transformed)
    numbered = tuple(replace(item, index=index, label=f"s{index}") for index, item in enumerate(held))
    policy = Policy("p", "object_lambda", found["a.policy#olap"], numbered, "a.policy", SPAN)
    program = Program({}, {}, found, (), (policy,), (), ())
    if who.kind == "cloudfront":  # services have neither tags nor an organization
        stated = {**stated, TAG.name: [], "aws.PrincipalOrgID": []}
    # every request shows the version of its TLS connection
    stated["olap.tls_version"] = stated["olap.tls_version"] or [Decimal("1.2")]
    diagnostics = Diagnostics()
    documents = [*TARGET.emit(program, diagnostics), no_rights(ALICE), no_rights(READER)]
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    texts = {name: tuple(value) for name, value in stated.items()}
    facts = Facts(who, VERBS[call], found["a.policy#olap"].id, None, texts)
    request = Request(
        found["a.policy#olap"],
        who,
        call,
        "k",
        texts,
        {name: attribute(name) for name in texts},  # type: ignore[misc]
    )
    outcome = TARGET.simulate(program, documents, request, diagnostics)
    assert outcome is not None
    expected = Decision.ALLOW if decide(numbered, facts) == "allow" else Decision.DENY
    assert outcome.decision is expected, (outcome.deciding, [gate.summary for gate in outcome.gates])
    if expected is Decision.DENY:
        assert len(outcome.gates) == 1, "the first hop refuses, none behind it has to"


@settings(max_examples=40, deadline=None)
@given(conditions, values, st.booleans())
def test_what_is_asked_for_again_never_refuses_more(
    cond: Cond, stated: dict[str, list[Scalar]], by_service: bool
) -> None:
    facts = Facts(ALICE, VERBS["GetObject"], "r", None, {name: tuple(value) for name, value in stated.items()})
    weaker = relax(cond, lambda atom: carried(native(atom), by_service))
    assert condition_holds(weaker, facts) or not condition_holds(cond, facts)
    assert relax(cond, lambda atom: True) == cond
    assert isinstance(relax(cond, lambda atom: False), Always) or not condition_holds(cond, facts)
