"""Random policies of Verified Access with requests, and what they mean.

Requests lack attributes, have them, or have something of another type in their place or in the place of a record on the way. What that
means is told here by a small evaluator of its own: tests from left to right with short circuit, a value of another type than documented
leaves a test without an answer, an allow without an answer does not apply and a deny without one does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from policyc.engines.trace import Decision
from policyc.ir import decide as reference
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op, Policy, Statement
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.pattern import pattern_matches
from policyc.model.types import GROUP, RECORD, STRING, Named
from policyc.model.values import Group, Principal, Resource, Scalar, Value
from policyc.model.vocabulary import Verb
from policyc.targets.cedar_documents.context import build_context
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.verified_access.scope import facts
from policyc.text import Span
from tests.property import drawing as st
from tests.property.drawing import Draw

CASES = int(os.environ.get("POLICYC_CASES", "900"))
REQUESTS = 32
POLICIES = -(-CASES // REQUESTS)
#: for properties that are checked beside the main one
SIDE = max(50, CASES // 200)
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
FAMILY = "idc.groups[].group_name"
NAMED = {key: KNOWN[FAMILY].with_key(key) for key in UUIDS[:2]}
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
def policies(draw: Draw, most: int = 4, names: frozenset[str] = frozenset(FACTS)) -> Policy:
    """Of as many statements at most, about attributes with these names."""
    count = draw(st.integers(1, most))
    focus = st.sampled_from([name for name in FOCUS if name in names])
    pick = st.one_of(focus, focus, st.sampled_from(sorted(names)))
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
    values = draw(requests(policy))
    read = dict.fromkeys(name for statement in policy.statements for name in names_in(statement.when))
    stated = {name: values[name] for name in (*read, GROUPS)}
    known = {name: KNOWN[name] for name in (*stated, FAMILY) if name in KNOWN}
    out: dict[str, Any] = json.loads(json.dumps(build_context(stated, known).data))
    for name in read:
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


def holder(context: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    place: Any = context
    for step in path[:-1]:
        place = place.get(step) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else {}
