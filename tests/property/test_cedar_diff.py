"""Random policies and requests: what the normal form means, and what Cedar decides on the emitted text, are the same.

`POLICYC_CASES` sets the number of decisions compared (`make test` asks for 10,000), three to a policy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar import decide, parse_policies
from policyc.engines.trace import Decision, Verdict
from policyc.ir import decide as reference
from policyc.ir.authz import Always, Atom, Cond, Constant, Never, Op, Policy, Statement
from policyc.ir.lower import conjunction, disjunction
from policyc.ir.program import Program
from policyc.model.types import GROUP, RECORD, STRING, Named
from policyc.model.values import Group, Principal, Resource, Scalar, Value
from policyc.model.vocabulary import Verb
from policyc.targets.verified_access.context import build_context
from policyc.targets.verified_access.emit import emit_policy, failing_kinds
from policyc.targets.verified_access.explain import Stated, truth
from policyc.targets.verified_access.gates import verdict_of
from policyc.targets.verified_access.limits import atoms as atoms_of
from policyc.targets.verified_access.limits import check_policy
from policyc.targets.verified_access.read.check import check_text
from policyc.targets.verified_access.scope import Fact, facts
from policyc.text import Source, Span

CASES = int(os.environ.get("POLICYC_CASES", "900"))
REQUESTS = 3
SETTINGS = settings(
    max_examples=-(-CASES // REQUESTS), deadline=None, suppress_health_check=list(HealthCheck), database=None
)
#: for properties that are checked beside the main one
SIDE = settings(SETTINGS, max_examples=min(300, CASES))

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
        ("trust", record({"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"})),
        ("references", record({"okta": "my-idp"}, words=False)),
        ("claims", record({'okta["cognito:groups"]': "string_set", "okta.address.in": "string", "okta.level": "int"})),
    ),
    "a.policy",
    SPAN,
)  # fmt: skip
KNOWN = facts(STAFF, {STAFF.id: STAFF})
GROUPS = "idc.groups"
#: The names of single groups by group id, as attributes of their own.
NAMED = {key: KNOWN["idc.groups[].group_name"].with_key(key) for key in UUIDS[:2]}
FACTS = {name: fact for name, fact in KNOWN.items() if not fact.attribute.keyed} | {
    fact.attribute.name: fact for fact in NAMED.values()
}

#: One attribute of each way to be lowered; a policy draws a few names, so that its statements meet.
FOCUS = (
    "idc.groups", "idc.user.email.verified", "okta.groups", 'okta["cognito:groups"]', "okta.address.in", "okta.level",
    "okta.email", "jamf.groups", "jamf.risk", "crwd.assessment.overall", "http_request.http_method", "http_request.path",
    "http_request.client_ip", "http_request.port", "tcp_flow.destination_port", "tcp_flow.client_ip",
    *(fact.attribute.name for fact in NAMED.values()),
)  # fmt: skip


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
def atoms(draw: st.DrawFn, names: list[str]) -> Atom:
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


def conditions(names: list[str]) -> st.SearchStrategy[Cond]:
    return st.recursive(
        atoms(names),
        lambda inner: st.lists(inner, min_size=2, max_size=4).flatmap(
            lambda items: st.sampled_from([conjunction(items), disjunction(items)])
        ),
        max_leaves=6,
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    count = draw(st.integers(1, 4))
    pick = st.one_of(st.sampled_from(FOCUS), st.sampled_from(FOCUS), st.sampled_from(sorted(FACTS)))
    condition = conditions(draw(st.lists(pick, min_size=1, max_size=4, unique=True)))
    statements = tuple(
        Statement(
            effect=draw(st.sampled_from(["allow", "deny"] if place else ["allow"])),  # type: ignore[arg-type]
            label=draw(st.sampled_from(["s", 'a "b"', "// c", "*/"])) + str(place),
            who=None,
            can=None,
            on=(),
            path=None,
            when=draw(st.one_of(condition, condition, condition, st.sampled_from([Always(), Never()]))),
            index=place,
            span=SPAN,
            doc=draw(st.sampled_from(["", "two\nlines", "}; permit (principal, action, resource);\r permit"])),
        )
        for place in range(count)
    )
    return Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)


@st.composite
def requests(draw: st.DrawFn, policy: Policy) -> dict[str, tuple[Scalar, ...]]:
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


def meaning(policy: Policy, values: Mapping[str, tuple[Scalar, ...]]) -> Decision:
    return Decision.ALLOW if reference.decide(policy.statements, facts_of(values)) == "allow" else Decision.DENY


@SETTINGS
@given(st.data())
def test_cedar_decides_what_the_normal_form_means(data: st.DataObject) -> None:
    policy = data.draw(policies())
    diagnostics = Diagnostics()
    check_policy(policy, Program({}, {}, {STAFF.id: STAFF}, (), (policy,), (), ()), diagnostics)
    assert list(diagnostics) == []
    document = emit_policy(policy, KNOWN)
    parsed = parse_policies(document.text)
    for _ in range(REQUESTS):
        values = data.draw(requests(policy))
        answer = decide(parsed, build_context(values, KNOWN).data)
        assert answer.failed == ()
        for statement, result in zip(policy.statements, answer.statements, strict=True):
            matches = reference.statement_matches(statement, facts_of(values))
            assert result.matched is matches
            assert truth(statement.when, Stated(values)) is matches
            assert result.effect == {"allow": "permit", "deny": "forbid"}[statement.effect]
        assert answer.decision is meaning(policy, values)


@SIDE
@given(st.data())
def test_a_definite_answer_holds_whatever_the_unknown_values_are(data: st.DataObject) -> None:
    policy = data.draw(policies())
    parsed = parse_policies(emit_policy(policy, KNOWN).text)
    values = data.draw(requests(policy))
    stated = [name for name in values if values[name]]
    if any(values[fact.attribute.name] for fact in NAMED.values()) and GROUPS in stated:
        stated.remove(GROUPS)  # a stated name lies inside the record
    hidden = set(data.draw(st.lists(st.sampled_from(stated), unique=True, max_size=3))) if stated else set()
    context = build_context({name: () if name in hidden else seen for name, seen in values.items()}, KNOWN)
    answer = decide(parsed, context.data, [FACTS[name].path for name in hidden])
    assert set(answer.missing) <= {FACTS[name].path for name in hidden}
    if answer.decision is Decision.UNDECIDED:
        assert answer.missing
        return
    assert answer.decision is meaning(policy, values)
    for name in hidden:
        for other in pool(FACTS[name]):
            assert answer.decision is meaning(policy, {**values, name: (other,)})


@SIDE
@given(st.data())
def test_groups_told_in_part_are_never_guessed(data: st.DataObject) -> None:
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
    answer = decide(parse_policies(emit_policy(policy, KNOWN).text), context.data, context.unknown)
    assert answer.failed == ()
    if answer.decision is not Decision.UNDECIDED:
        assert answer.decision is meaning(policy, values)
    else:
        assert {context.unknown[path] for path in answer.missing} & set(names)
    for statement in statements:
        assert truth(statement.when, context.stated) in (None, reference.statement_matches(statement, facts_of(values)))


@SIDE
@given(st.data())
def test_a_value_of_a_wrong_type_fails_only_where_it_was_said(data: st.DataObject) -> None:
    """No portable guard asks for a type. A deny that fails on one is among those that `build --explain` names, and its answer is left
    open; an allow that fails stays closed."""
    policy = data.draw(policies())
    document = emit_policy(policy, KNOWN)
    values = data.draw(requests(policy))
    context = json.loads(json.dumps(build_context(values, KNOWN).data))
    wrong = data.draw(st.sampled_from(sorted(name for name in values if values[name]) or [""]))
    if not wrong:
        return
    place = context
    for step in FACTS[wrong].path[:-1]:
        place = place[step]
    place[FACTS[wrong].path[-1]] = data.draw(st.sampled_from([True, 3, "text", ["text"], {"text": 1}]))
    answer = decide(parse_policies(document.text), context)
    for failure in answer.failed:
        statement = policy.statements[failure.index]
        failing = {name for atom in atoms_of(statement.when) for name, _ in failing_kinds(atom, KNOWN)}
        assert wrong in failing
        if failure.effect == "forbid" and not wrong.startswith(("http_request.", "tcp_flow.")):
            told = [item.message for item in document.added if item.span == statement.span]
            assert any(message.startswith(f"a `{wrong}` that is no ") for message in told)
            if answer.decision is not Decision.DENY:
                assert verdict_of(answer) == (Verdict.UNDECIDED, ("erroring-forbid",))


@SIDE
@given(st.data())
def test_a_port_decides_alike_as_number_and_as_text(data: st.DataObject) -> None:
    policy = data.draw(policies())
    parsed = parse_policies(emit_policy(policy, KNOWN).text)
    values = data.draw(requests(policy))
    number = build_context(values, KNOWN).data
    text = {key: dict(value) for key, value in number.items()}
    for root, name in (("http_request", "port"), ("tcp_flow", "destination_port")):
        if name in text.get(root, {}):
            text[root][name] = str(text[root][name])
    assert decide(parsed, text).statements == decide(parsed, number).statements


#: what a text that policyc wrote never gives reason for
MISTAKES = {
    "cedar-type-mismatch", "cedar-unlike-kinds", "cedar-unknown-attribute", "cedar-unknown-root", "cedar-forbid-fails-open",
    "cedar-permit-dies", "cedar-group-name", "cedar-no-entities",
}  # fmt: skip
TRUST = {"idc": "iam_identity_center", "my-idp": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"}


@SIDE
@given(st.data())
def test_emitted_text_passes_the_checks_on_cedar_text(data: st.DataObject) -> None:
    text = emit_policy(data.draw(policies()), KNOWN).text
    diagnostics = Diagnostics()
    assert check_text(Source("p.cedar", text), diagnostics, TRUST) is not None
    assert MISTAKES & {item.rule for item in diagnostics} == set()
