"""Random policies and requests: what the normal form means, and what Cedar decides on the emitted text, are the same.

Requests lack attributes, have them, or have something of another type in their place or in the place of a record on the way. What that
means is told here by a small evaluator of its own: tests from left to right with short circuit, a value of another type than documented
leaves a test without an answer, an allow without an answer does not apply and a deny without one does.

`POLICYC_CASES` sets the number of decisions compared (`make test` asks for 10,000), two dozen to a policy: what is emitted takes far longer
to make than a request.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any, Literal
from unittest.mock import patch

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import authorize_each, policy_set
from policyc.engines.cedar.decide import decide, look, parse_policies
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE, holds, holds_or_fails
from policyc.engines.trace import Decision, StatementTrace
from policyc.ir import decide as reference
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op, Policy, Statement
from policyc.ir.conditions import atoms as atoms_of
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.pattern import pattern_matches
from policyc.ir.program import Program
from policyc.model.types import GROUP, RECORD, STRING, Named
from policyc.model.values import Group, Principal, Resource, Scalar, Value
from policyc.model.vocabulary import Verb
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents import fold
from policyc.targets.cedar_documents.context import build_context
from policyc.targets.cedar_documents.emit import emit_policy, lowered, write_apart
from policyc.targets.cedar_documents.explain import Asked
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.stated import Stated, trace_statement, truth
from policyc.targets.cedar_documents.text.layout import lay_out
from policyc.targets.cedar_documents.text.remainder import trace_text
from policyc.targets.verified_access.limits import check_policy
from policyc.targets.verified_access.read.check import check_text
from policyc.targets.verified_access.scope import facts
from policyc.text import Source, Span
from tests.property import drawing as st
from tests.property.drawing import Data, Draw, cases

CASES = int(os.environ.get("POLICYC_CASES", "900"))
REQUESTS = 24
POLICIES = -(-CASES // REQUESTS)
#: for properties that are checked beside the main one
SIDE = min(200, max(50, CASES // 50))

SPAN = Span("a.policy", 0, 1)
WORD = Named("word")
UUIDS = (
    "c242c5b0-6081-1845-6fa8-6e0d9513c107",
    "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11",
    "00000000-0000-0000-0000-000000000000",
)
TEXTS = ("", "a", "A", "ab", "b*", "a?b", "a\\b", 'q"q', "a\nb", "ä€😀", "a@example.com", "${x}", "\u2028//", "if")
PATTERNS = (
    "*",
    "a*",
    "*b",
    "\\*",
    "b\\*",
    "a\\?b",
    "a\\\\b",
    "a\\b",
    "*\n*",
    "*@example.com",
    "**",
    "",
    "*😀",
    '*"*',
    "//*",
)
ADDRESSES = ("10.1.1.1", "10.200.0.7", "192.0.2.7", "2001:db8::1", "2001:db8:0:0:0:0:0:1", "::1")
BLOCKS = ("10.0.0.0/8", "10.1.1.1/32", "192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0", "::/0")


def record(pairs: Mapping[str, str], *, words: bool = True) -> Value:
    return Value(
        RECORD, tuple((key, Value(WORD if words else STRING, text, SPAN)) for key, text in pairs.items()), SPAN
    )


STAFF = Resource(
    "staff",
    "verified_access.group",
    (
        (
            "trust",
            record(
                {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"}
            ),
        ),
        ("references", record({"okta": "my-idp"}, words=False)),
        ("claims", record({'okta["cognito:groups"]': "string_set", "okta.address.in": "string", "okta.level": "int"})),
    ),
    "a.policy",
    SPAN,
)
KNOWN = facts(STAFF, {STAFF.id: STAFF})
GROUPS = "idc.groups"
#: The names of single groups by group id, as attributes of their own.
NAMED = {key: KNOWN["idc.groups[].group_name"].with_key(key) for key in UUIDS[:2]}
FACTS = {name: fact for name, fact in KNOWN.items() if not fact.attribute.keyed} | {
    fact.attribute.name: fact for fact in NAMED.values()
}

#: One attribute of each way to be lowered; a policy draws a few names, so that its statements meet.
FOCUS = (
    "idc.groups",
    "idc.user.email.verified",
    "okta.groups",
    'okta["cognito:groups"]',
    "okta.address.in",
    "okta.level",
    "okta.email",
    "jamf.groups",
    "jamf.risk",
    "crwd.assessment.overall",
    "http_request.http_method",
    "http_request.path",
    "http_request.client_ip",
    "http_request.port",
    "tcp_flow.destination_port",
    "tcp_flow.client_ip",
    *(fact.attribute.name for fact in NAMED.values()),
)


def pool(fact: Fact) -> tuple[Scalar, ...]:
    """Values that the attribute can have, few enough for literals and requests to meet."""
    kind = fact.attribute.type
    if fact.form == "record":
        return UUIDS
    if fact.attribute.values:
        return fact.attribute.values
    match str(kind):
        case "int":
            return (0, 1, 50, 80, 100)
        case "port":
            return (22, 80, 443)
        case "bool":
            return (True, False)
        case "ip":
            return ADDRESSES
        case "http_method":
            return ("GET", "POST", "DELETE")
        case _:
            return TEXTS


def constant(fact: Fact, value: Scalar) -> Constant:
    if fact.group and (fact.form == "record" or value in ("a", "ab")):
        return Constant(GROUP, value, Group(fact.group, str(value)))
    return Constant(fact.attribute.type, value)


@st.composite
def atoms(draw: Draw, names: list[str]) -> Atom:
    fact = FACTS[draw(st.sampled_from(names))]
    kind = str(fact.attribute.type)
    negated = draw(st.booleans())
    ops = [Op.EQ, Op.EQ, Op.EXISTS]
    if fact.form == "scalar":
        ops += [Op.LT, Op.LE, Op.GT, Op.GE] if kind == "int" else []
        ops += [Op.IN_CIDR, Op.IN_CIDR] if kind == "ip" else []
        ops += [Op.LIKE, Op.LIKE] if kind in ("string", "http_method") else []
    op = draw(st.sampled_from(ops))
    if op is Op.EXISTS:
        return Atom(fact.attribute, op, (), "", negated)
    if op in (Op.LIKE, Op.IN_CIDR):
        texts = draw(
            st.lists(st.sampled_from(PATTERNS if op is Op.LIKE else BLOCKS), min_size=1, max_size=3, unique=True)
        )
        kind_of = STRING if op is Op.LIKE else Named("cidr")
        return Atom(fact.attribute, op, tuple(Constant(kind_of, text) for text in texts), "", negated)
    most = 3 if op is Op.EQ else 1
    values = draw(st.lists(st.sampled_from(pool(fact)), min_size=1, max_size=most, unique=True))
    quantifier = ""
    if fact.form != "scalar":
        quantifier = draw(st.sampled_from(["any", "all"])) if fact.form == "set" else "any"
    return Atom(fact.attribute, op, tuple(constant(fact, value) for value in values), quantifier, negated)  # type: ignore[arg-type]


def conditions(names: list[str]) -> st.Strategy[Cond]:
    return st.recursive(
        atoms(names),
        lambda inner: st.lists(inner, min_size=2, max_size=4).flatmap(
            lambda items: st.sampled_from([conjunction(items), disjunction(items)])
        ),
        max_leaves=6,
    )


EFFECTS: tuple[Literal["allow", "deny"], ...] = ("allow", "deny")
CONSTANTS: st.Strategy[Cond] = st.sampled_from([Always(), Never()])


@st.composite
def policies(draw: Draw) -> Policy:
    count = draw(st.integers(1, 4))
    pick = st.one_of(st.sampled_from(FOCUS), st.sampled_from(FOCUS), st.sampled_from(sorted(FACTS)))
    condition = conditions(draw(st.lists(pick, min_size=1, max_size=4, unique=True)))
    statements = tuple(
        Statement(
            effect=draw(st.sampled_from(EFFECTS if place else EFFECTS[:1])),
            label=draw(st.sampled_from(["s", 'a "b"', "// c", "*/"])) + str(place),
            who=None,
            can=None,
            on=(),
            path=None,
            when=draw(st.one_of(condition, condition, condition, CONSTANTS)),
            index=place,
            span=SPAN,
            doc=draw(st.sampled_from(["", "two\nlines", "}; permit (principal, action, resource);\r permit"])),
        )
        for place in range(count)
    )
    return Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)


@st.composite
def requests(draw: Draw, policy: Policy) -> dict[str, tuple[Scalar, ...]]:
    """A value, or absence, for every attribute that the policy reads; every other one is absent."""
    out: dict[str, tuple[Scalar, ...]] = dict.fromkeys(FACTS, ())
    for statement in policy.statements:
        for name in names_in(statement.when):
            fact = FACTS[name]
            most = 1 if fact.form == "scalar" else 3
            least = draw(st.sampled_from([0, 1, 1, 1]))
            out[name] = tuple(draw(st.lists(st.sampled_from(pool(fact)), min_size=least, max_size=most, unique=True)))
    # whoever has a group's name is in that group
    out[GROUPS] = tuple(
        dict.fromkeys([*out[GROUPS], *(key for key, fact in NAMED.items() if out[fact.attribute.name])])
    )
    return out


def names_in(cond: Cond) -> list[str]:
    if isinstance(cond, Atom):
        return [cond.attribute.name]
    return [name for item in getattr(cond, "items", ()) for name in names_in(item)]


def facts_of(values: Mapping[str, tuple[Scalar, ...]]) -> reference.Facts:
    return reference.Facts(Principal("anonymous", ()), Verb("connect", "connect"), STAFF.id, None, values)


def plain_meaning(policy: Policy, values: Mapping[str, tuple[Scalar, ...]]) -> Decision:
    return Decision.ALLOW if reference.decide(policy.statements, facts_of(values)) == "allow" else Decision.DENY


# --- what a request of any kind means ----------------------------------------------------------------------------


def answer_of(cond: Cond, context: Mapping[str, Any]) -> bool | None:
    """The truth of a condition, None for one without an answer; from left to right, with short circuit."""
    match cond:
        case Atom():
            return answer_of_test(cond, context)
        case All(items) | AnyOf(items):
            settling = isinstance(cond, AnyOf)
            for item in items:
                found = answer_of(item, context)
                if found is None or found is settling:
                    return found
            return not settling
        case _:
            return isinstance(cond, Always)


def answer_of_test(atom: Atom, context: Mapping[str, Any]) -> bool | None:
    fact = FACTS[atom.attribute.name]
    value: Any = context
    for step in fact.path:
        if not isinstance(value, dict):
            return None
        if step not in value:
            return atom.negated
        value = value[step]
    found = atom.op is Op.EXISTS or present(fact, atom, value)
    return None if found is None else found is not atom.negated


def present(fact: Fact, atom: Atom, value: Any) -> bool | None:
    wanted = [item.value for item in atom.values]
    match fact.form:
        case "record":
            return any(key in value for key in wanted) if isinstance(value, dict) else None
        case "set" if not isinstance(value, list):
            return None
        case "set":
            hits = [any(same(item, other) for other in wanted) for item in value]
            return all(hits) and bool(hits) if atom.quantifier == "all" else any(hits)
    match atom.op:
        case Op.EQ if str(fact.attribute.type) == "ip":
            if value in [text for text in wanted if "." in str(text)]:
                return True
            others = [text for text in wanted if "." not in str(text)]
            return (
                readable(value) and any(ip_address(value) == ip_address(str(text)) for text in others)
                if others
                else False
            )
        case Op.EQ:
            forms = [*wanted, *map(str, wanted)] if fact.text_too else wanted
            return any(same(value, other) for other in forms)
        case Op.LIKE:
            return any(pattern_matches(str(text), value) for text in wanted) if isinstance(value, str) else None
        case Op.IN_CIDR:
            return readable(value) and any(ip_address(value) in ip_network(str(block)) for block in wanted)
        case _ if type(value) is not int:
            return None
        case Op.LT:
            return any(value < limit for limit in wanted)  # type: ignore[operator]
        case Op.LE:
            return any(value <= limit for limit in wanted)  # type: ignore[operator]
        case Op.GT:
            return any(value > limit for limit in wanted)  # type: ignore[operator]
        case _:
            return any(value >= limit for limit in wanted)  # type: ignore[operator]


def same(value: object, other: object) -> bool:
    """Equality across types is plainly false, `true` is no number."""
    return type(value) is type(other) and value == other


def readable(value: object) -> bool | None:
    """True for a bare address; None for what Cedar cannot read as one: an IPv4 address inside an IPv6 one, one with a zone."""
    if not isinstance(value, str) or ("." in value and ":" in value) or "%" in value:
        return None
    try:
        ip_address(value)
    except ValueError:
        return None
    return True


def meaning(policy: Policy, context: Mapping[str, Any]) -> Decision:
    applies = [
        answer is True or (answer is None and statement.effect == "deny")
        for statement in policy.statements
        for answer in [answer_of(statement.when, context)]
    ]
    effects = {statement.effect for statement, found in zip(policy.statements, applies, strict=True) if found}
    return Decision.ALLOW if effects == {"allow"} else Decision.DENY


#: what stands in the place of an attribute, or of a record on the way to one
STRANGE: tuple[Any, ...] = (
    True,
    False,
    0,
    3,
    50,
    "",
    "text",
    "GET",
    "50",
    [],
    ["a"],
    [50, "a", True],
    {},
    {"a": 1},
    {UUIDS[0]: "a"},
    "10.1.1.1:443",
    "10.1.1.1, 192.0.2.7",
    "::ffff:10.1.1.1",
    "::ffff:a01:101",
    "fe80::1%eth0",
)


@st.composite
def contexts(draw: Draw, policy: Policy) -> dict[str, Any]:
    """What Cedar gets for a request: each attribute that the policy reads is absent, present, or of any kind whatever."""
    out: dict[str, Any] = json.loads(json.dumps(build_context(draw(requests(policy)), KNOWN).data))
    for name in dict.fromkeys(name for statement in policy.statements for name in names_in(statement.when)):
        if draw(st.sampled_from([False, False, True])):
            path = FACTS[name].path
            put(
                out,
                path[: draw(st.sampled_from([*range(2, len(path) + 1), len(path)]))],
                draw(st.sampled_from(STRANGE)),
            )
    return out


def put(context: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """The records right below the context are the service's own; further down a value can lie in the way."""
    place: Any = context
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    place[path[-1]] = json.loads(json.dumps(value))


@cases(POLICIES, st.data())
def test_cedar_decides_what_the_normal_form_means(data: Data) -> None:
    policy = data.draw(policies())
    diagnostics = Diagnostics()
    check_policy(policy, Program({}, {}, {STAFF.id: STAFF}, (), (policy,), (), ()), diagnostics)
    assert list(diagnostics) == []
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    asked = [data.draw(contexts(policy)) for _ in range(REQUESTS)]
    for context, truths in zip(asked, truths_of(policy, asked), strict=True):
        answer = decide(deployed, context)
        assert [failure for failure in answer.failed if failure.effect == "forbid"] == []
        assert answer.decision is meaning(policy, context)
        assert truths == [answer_of(statement.when, context) for statement in policy.statements]
    for statement, result in zip(
        policy.statements, decide(parse_policies(write_apart(policy, KNOWN)), asked[0]).statements, strict=True
    ):
        assert result.effect == {"allow": "permit", "deny": "forbid"}[statement.effect]
        assert result.truths == {True: TRUE, False: FALSE, None: FAILS}[answer_of(statement.when, asked[0])]


def truths_of(policy: Policy, asked: Sequence[Mapping[str, Any]]) -> Iterator[list[bool | None]]:
    """What Cedar says of each statement on each context, as a permit of its own; None where it cannot evaluate it."""
    permits = replace(policy, statements=tuple(replace(item, effect="allow") for item in policy.statements))
    for _, holding, failing in authorize_each(policy_set(write_apart(permits, KNOWN)), asked):
        yield [None if place in failing else place in holding for place in range(len(policy.statements))]


@cases(SIDE, st.data())
def test_allows_that_share_a_permit_decide_as_they_do_apart(data: Data) -> None:
    """Also where values are of other kinds than documented, so that an allow or a deny fails. Each statement has its place in the text."""
    first, second = data.draw(policies()), data.draw(policies())
    effects = ("allow", "allow", "deny", "allow", "deny", "allow", "deny", "allow")
    statements = tuple(
        replace(item, index=at, effect=effects[at], label=f"{item.label} {at}")
        for at, item in enumerate((*first.statements, *second.statements))
    )
    policy = replace(first, statements=statements)
    with patch.object(fold, "FEW_COPIES", 0):
        document = emit_policy(policy, KNOWN, "group")
    shared = parse_policies(document.text)
    for _ in range(REQUESTS):
        assert decide(shared, context := data.draw(contexts(policy))).decision is meaning(policy, context)
    assert lay_out(Source("p.cedar", document.text), Diagnostics()) == document.text
    assert {entry.label for entry in document.map} == {item.label for item in statements}


#: attributes that lie deep enough for a strange value in their way, and one that cannot fail
DEEP = (
    "idc.user.email.verified",
    "crwd.assessment.overall",
    "crwd.assessment.os",
    next(iter(NAMED.values())).attribute.name,
    "jamf.risk",
)


@cases(SIDE, st.data())
def test_guards_before_a_disjunction_change_nothing(data: Data) -> None:
    """Sides that share an attribute ask for it once, before the disjunction; only where that fails no sooner than the sides would."""
    names = data.draw(st.lists(st.sampled_from(DEEP), min_size=2, max_size=2, unique=True))
    plain: st.Strategy[Cond] = atoms(names).filter(lambda atom: not atom.negated or atom.op is Op.EQ)
    side = st.lists(plain, min_size=1, max_size=3).map(conjunction)
    cond = disjunction([data.draw(side) for _ in range(data.draw(st.integers(2, 3)))])
    policy = Policy(
        "p",
        "verified_access",
        STAFF,
        (Statement("allow", "a", None, None, (), None, cond, span=SPAN),),
        "a.policy",
        SPAN,
    )
    text = parse_policies(emit_policy(policy, KNOWN, "group").text)
    for _ in range(4):
        context = data.draw(contexts(policy))
        (result,) = decide(text, context).statements
        assert result.truths == {True: TRUE, False: FALSE, None: FAILS}[answer_of(cond, context)]


@cases(SIDE, st.data())
def test_a_well_typed_request_fails_nowhere(data: Data) -> None:
    """And it means what it means on every target; `answer_of` agrees with that."""
    policy = data.draw(policies())
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    apart = parse_policies(write_apart(policy, KNOWN))
    values = data.draw(requests(policy))
    context = build_context(values, KNOWN)
    answer = decide(deployed, context.data)
    assert answer.failed == ()
    assert answer.decision is plain_meaning(policy, values) is meaning(policy, context.data)
    for statement, result in zip(policy.statements, decide(apart, context.data).statements, strict=True):
        matches = reference.statement_matches(statement, facts_of(values))
        assert result.matched is matches
        assert holds(truth(statement.when, Stated(values))) is matches


@cases(SIDE, st.data())
def test_an_empty_list_is_there_and_empty(data: Data) -> None:
    """`exists` is true of it, `any … in`, `in` and `all` are false, and so Cedar decides; an attribute that is absent is no empty list."""
    focus = [name for name, fact in FACTS.items() if fact.form != "scalar"]
    cond = data.draw(conditions([*data.draw(st.lists(st.sampled_from(focus), min_size=1, max_size=3)), "jamf.risk"]))
    effects = data.draw(st.sampled_from([("allow",), ("allow", "deny"), ("allow", "deny", "allow")]))
    statements = tuple(
        Statement(
            effect, f"s{place}", None, None, (), None, cond if not place else data.draw(conditions(focus)), place, SPAN
        )  # type: ignore[arg-type]
        for place, effect in enumerate(effects)
    )
    policy = Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)
    values = data.draw(requests(policy))
    without = [name for name in focus if not values[name]]
    empty = frozenset(data.draw(st.lists(st.sampled_from(without), unique=True)) if without else [])
    context = build_context(values, KNOWN, (), empty)
    for name in without:
        found = holder(context.data, FACTS[name].path).get(FACTS[name].path[-1])
        assert (found in ([], {})) is (name in empty)
    answer = decide(parse_policies(emit_policy(policy, KNOWN, "group").text), context.data)
    assert answer.failed == ()
    assert answer.decision is meaning(policy, context.data)
    for statement in statements:
        told = answer_of(statement.when, context.data)
        assert truth(statement.when, context.stated) == {True: TRUE, False: FALSE, None: FAILS}[told]


@cases(SIDE, st.data())
def test_a_statement_without_an_answer_names_the_value(data: Data) -> None:
    policy = data.draw(policies())
    context = data.draw(contexts(policy))
    apart = decide(parse_policies(write_apart(policy, KNOWN)), context)
    stated = Stated(told_by(context), context=context, facts=KNOWN)
    for statement, result in zip(policy.statements, apart.statements, strict=True):
        trace = trace_statement(policy, statement, result, stated)
        said = [reason for reason in trace.reasons if reason.operator == "has to be"]
        if result.error:
            assert trace.matched is (statement.effect == "deny")
            assert said and all(reason.actual and reason.matched is trace.matched for reason in said)
        if result.truths == TRUE:
            assert trace.matched is True


@cases(SIDE, st.data())
def test_a_policy_and_the_text_that_comes_of_it_are_explained_alike(data: Data) -> None:
    """But for the statements of which the text needs two tests for one: every element of a list, a port as number and as text."""
    policy = data.draw(policies())
    context = build_context(data.draw(requests(policy)), KNOWN)
    text = write_apart(policy, KNOWN)
    answer, partial = look(parse_policies(text), context.data)
    document = parse_cedar(Source("p.cedar", text), Diagnostics())
    assert document is not None
    for own, native, result in zip(policy.statements, document.statements, answer.statements, strict=True):
        told = trace_statement(policy, own, result, context.stated)
        read = trace_text("p.cedar", own.index, native, result, Asked(context.data, partial.truths))
        assert told.matched is read.matched
        if not any(atom.quantifier == "all" or str(atom.attribute.type) == "port" for atom in atoms_of(own.when)):
            assert said(told) <= said(read)  # in the text an alternative may stand behind what is false already


def said(trace: StatementTrace) -> set[tuple[str, bool | None]]:
    return {(reason.sentence(), reason.matched) for reason in trace.reasons}


def told_by(context: Mapping[str, Any]) -> dict[str, tuple[Scalar, ...]]:
    """The values of a context by the names of the attributes, as far as a request could state them."""
    out: dict[str, tuple[Scalar, ...]] = {}
    for name, fact in FACTS.items():
        value: Any = context
        for step in fact.path:
            value = value.get(step) if isinstance(value, dict) else None
        found = list(value) if isinstance(value, dict | list) else [] if value is None else [value]
        out[name] = tuple(item for item in found if isinstance(item, str | int))
    return out


@cases(SIDE, st.data())
def test_a_definite_answer_holds_whatever_the_unknown_values_are(data: Data) -> None:
    policy = data.draw(policies())
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    apart = parse_policies(write_apart(policy, KNOWN))
    whole = data.draw(contexts(policy))
    hideable = sorted(name for name in FACTS if can_be_hidden(name, whole))
    hidden = data.draw(st.lists(st.sampled_from(hideable), unique=True, max_size=3)) if hideable else []
    context = json.loads(json.dumps(whole))
    for name in hidden:
        del holder(context, FACTS[name].path)[FACTS[name].path[-1]]
    paths = [FACTS[name].path for name in hidden]
    answer = decide(deployed, context, paths)
    parts = decide(apart, context, paths).statements
    assert set(answer.missing) <= set(paths)
    if any(result.effect == "forbid" and holds_or_fails(result.truths) for result in parts):
        assert answer.decision is Decision.DENY
    others = list(whole_contexts(whole, hidden))
    if answer.decision is Decision.UNDECIDED:
        assert answer.missing
    for other in others:
        if answer.decision is not Decision.UNDECIDED:
            assert answer.decision is meaning(policy, other)
        for statement, result in zip(policy.statements, parts, strict=True):
            found = answer_of(statement.when, other)
            assert {True: "true", False: "false", None: "error"}[found] in result.truths


def can_be_hidden(name: str, context: dict[str, Any]) -> bool:
    """Whether a context has the attribute, of its documented kind, with nothing in it that another attribute names."""
    place = holder(context, FACTS[name].path)
    value = place.get(FACTS[name].path[-1])
    match FACTS[name].form:
        case "record":
            return isinstance(value, dict) and not any(item for item in value.values())
        case "set":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case _:
            return value is not None and any(same(value, other) for other in pool(FACTS[name]))


def holder(context: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    place: Any = context
    for step in path[:-1]:
        place = place.get(step) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else {}


def whole_contexts(whole: dict[str, Any], hidden: list[str]) -> Iterator[dict[str, Any]]:
    """The context as it is, and with each other value of what is hidden."""
    yield whole
    for name in hidden:
        fact = FACTS[name]
        for other in pool(fact):
            value: Any = {other: {}} if fact.form == "record" else [other] if fact.form == "set" else other
            changed = json.loads(json.dumps(whole))
            put(changed, fact.path, value)
            yield changed


@cases(SIDE, st.data())
def test_groups_told_in_part_are_never_guessed(data: Data) -> None:
    """The list of groups, and names of groups, left out in any combination: a definite answer is that of the whole request."""
    focus = st.lists(
        st.sampled_from([GROUPS, *(fact.attribute.name for fact in NAMED.values()), "jamf.risk"]), min_size=1
    )
    condition = conditions(data.draw(focus))
    effects = data.draw(st.sampled_from([("allow",), ("allow", "deny"), ("allow", "allow", "deny")]))
    statements = tuple(
        Statement(effect, f"s{place}", None, None, (), None, data.draw(condition), place, SPAN)  # type: ignore[arg-type]
        for place, effect in enumerate(effects)
    )
    policy = Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)
    values = data.draw(requests(policy))
    for key, fact in NAMED.items():
        if key in values[GROUPS] and not values[fact.attribute.name]:
            values[fact.attribute.name] = (data.draw(st.sampled_from(TEXTS)),)
    names = [GROUPS, *(fact.attribute.name for fact in NAMED.values())]
    left_out = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    if not values[GROUPS]:
        left_out.discard(GROUPS)  # no request goes without the record, so its absence has to be stated
    told = {name: seen for name, seen in values.items() if name not in left_out}
    tests = [atom for statement in statements for atom in atoms_of(statement.when)]
    context = build_context(told, KNOWN, tests)
    answer = decide(parse_policies(emit_policy(policy, KNOWN, "group").text), context.data, context.unknown)
    assert answer.failed == ()
    if answer.decision is not Decision.UNDECIDED:
        assert answer.decision is plain_meaning(policy, values)
    else:
        assert {context.unknown[path] for path in answer.missing} & set(names)
    for statement in statements:
        found = holds(truth(statement.when, context.stated))
        assert found is None or found is reference.statement_matches(statement, facts_of(values))


@cases(SIDE, st.data())
def test_a_port_decides_alike_as_number_and_as_text(data: Data) -> None:
    policy = data.draw(policies())
    parsed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    values = data.draw(requests(policy))
    number = build_context(values, KNOWN).data
    text = {key: dict(value) for key, value in number.items()}
    for root, name in (("http_request", "port"), ("tcp_flow", "destination_port")):
        if name in text.get(root, {}):
            text[root][name] = str(text[root][name])
    assert decide(parsed, text).statements == decide(parsed, number).statements


#: what a text that policyc wrote never gives reason for
MISTAKES = {
    "cedar-type-mismatch",
    "cedar-unlike-kinds",
    "cedar-unknown-attribute",
    "cedar-unknown-root",
    "cedar-forbid-fails-open",
    "cedar-permit-dies",
    "cedar-group-name",
    "cedar-no-entities",
}
TRUST = {"idc": "iam_identity_center", "my-idp": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"}


@cases(SIDE, st.data())
def test_emitted_text_passes_the_checks_on_cedar_text(data: Data) -> None:
    text = emit_policy(data.draw(policies()), KNOWN, "group").text
    diagnostics = Diagnostics()
    assert check_text(Source("p.cedar", text), diagnostics, TRUST) is not None
    assert MISTAKES & {item.rule for item in diagnostics} == set()


@cases(SIDE, st.data())
def test_emitted_text_can_be_laid_out(data: Data) -> None:
    """`policyc fmt` keeps every statement and every comment of it, and has nothing left to do the second time."""
    diagnostics = Diagnostics()
    text = lay_out(Source("p.cedar", emit_policy(data.draw(policies()), KNOWN, "group").text), diagnostics)
    assert list(diagnostics) == [] and text is not None
    assert lay_out(Source("p.cedar", text), diagnostics) == text


@cases(SIDE, st.data())
def test_emitted_text_is_in_the_layout_of_fmt(data: Data) -> None:
    """What is built passes `policyc fmt --check`, and reads as the tree that it was printed from."""
    policy = data.draw(policies())
    text = emit_policy(policy, KNOWN, "group").text
    assert lay_out(Source("p.cedar", text), Diagnostics()) == text
    apart = parse_cedar(Source("p.cedar", write_apart(policy, KNOWN)), Diagnostics())
    assert apart is not None
    assert apart.statements == tuple(lowered(item, (), KNOWN) for item in policy.statements)
