"""Differential: a random policy decides alike on the IR, in the IAM engine on the document that it is emitted as, and on
what is read from that document."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.decision import decide as engine_decide
from policyc.engines.iam.request import Request as EngineRequest
from policyc.engines.iam.statement import Kind
from policyc.engines.trace import Verdict
from policyc.ir.authz import All, Always, AnyOf, Atom, Can, Cond, Constant, Never, Op, Paths, Policy, Statement, Who
from policyc.ir.conditions import atoms as every_atom
from policyc.ir.decide import Facts, decide
from policyc.model.types import Named
from policyc.model.values import Place, Principal, Resource, ResourceLink, Value
from policyc.model.vocabulary import Attribute, Verb, load_vocabulary
from policyc.shape import misfits
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.gates import compile_emitted, context_texts, engine_caller
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.lattice.emit import emit_policy
from policyc.targets.lattice.words import CONNECT, INVOKE, METHOD_KEY, PATH_KEY
from policyc.text import Source, Span
from tests.property import drawing as st
from tests.property.drawing import Data, Draw, cases

#: decisions compared by each property, some to a policy; `make test` asks for 10,000
CASES = int(os.environ.get("POLICYC_CASES", "1500"))
#: decisions asked of each policy
REQUESTS = 8
SPAN = Span("t.policy", 0, 0)
SHOP, OTHER = "111122223333", "444455556666"
#: rules that may refuse a random policy: the lowering says that it has no exact form, instead of bending it
REFUSALS = {"condition-not-expressible", "condition-too-large", "empty-document"}

# --- resources --------------------------------------------------------------------------------------------------


def resource(name: str, kind: str, **fields: Any) -> Resource:
    data = {"at": Place(SHOP, "us-west-2"), "auth": "aws_iam", **fields}
    values = tuple((key, Value(Named("string"), value, SPAN)) for key, value in data.items())
    return Resource(name, kind, values, "t.policy", SPAN)


MESH = resource("mesh", "lattice.service_network", id="sn-0123456789abcdef0")
_LINK = {"network": ResourceLink(MESH.id)}
SHOPFRONT = resource("front", "lattice.service", id="svc-0a1b2c3d4e5f67890", protocol="https", **_LINK)
TUNNEL = resource("tunnel", "lattice.service", id="svc-1a1b2c3d4e5f67890", protocol="tls_passthrough", **_LINK)
BOTH = resource("both", "lattice.service", id="svc-2a1b2c3d4e5f67890", protocol="mixed", **_LINK)
SERVICES = (SHOPFRONT, TUNNEL, BOTH)
VERBS = load_vocabulary("lattice").resource_types["lattice.service"].verbs


def arn(service: Resource) -> str:
    return f"arn:aws:vpc-lattice:us-west-2:{SHOP}:service/{service.text('id')}"


# --- conditions -------------------------------------------------------------------------------------------------

TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "A",
    "*",
    "a*b",
    "?",
    "${*}",
    "${aws:username}",
    "$",
    "a${",
    "\\",
    "\\*",
    "a:b",
    "x y",
    "é",
]
PATTERNS = ["", "*", "a*", "*b", "a?", "?", "\\*", "a\\*b", "${*}", "*$*", "\\\\", "\\", "*:*", "$\\?", "é*"]
ARNS = [
    "arn:aws:s3:::b",
    "arn:aws:s3:::b:c",
    "arn:aws:s3:x::b",
    "arn:aws:iam::111122223333:role/a",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::${*}",
]
ARN_PATTERNS = ["arn:aws:s3:::*", "arn:*:s3:*:*:b", "arn:aws:s3:::b\\*", "arn:aws:iam::*:role/?", "arn:aws:s3:?::b"]
NUMBERS = [-3, 0, 1, 2, 10, 443]
DECIMALS = ["1.50", "1.5", "-0.25", "10", "0"]
MOMENTS = [
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31T23:59:59Z",
    "1767225600",
    "1767225601",
    "2026-01-01T00:00:00.5Z",
    "2026-01",
    "2026",
]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "2001:db8::1", "2001:db8:1::1", "::ffff:10.0.0.1"]
BLOCKS = ["10.0.0.0/8", "10.0.0.0/31", "10.0.0.1/32", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1/128", "::/0"]
TYPES: dict[str, tuple[list[Any], dict[Op, list[Any]]]] = {
    "string": (TEXTS, {Op.EQ: TEXTS, Op.LIKE: PATTERNS}),
    "arn": (ARNS, {Op.EQ: ARNS, Op.LIKE: ARN_PATTERNS}),
    "int": (NUMBERS, dict.fromkeys((Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE), NUMBERS)),
    "decimal": (DECIMALS, dict.fromkeys((Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE), DECIMALS)),
    "datetime": (MOMENTS, dict.fromkeys((Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE), MOMENTS)),
    "bool": ([True, False], {Op.EQ: [True, False]}),
    "ip": (ADDRESSES, {Op.EQ: ADDRESSES, Op.IN_CIDR: BLOCKS}),
}
ATTRIBUTES = [
    Attribute(f"t.{name}{suffix}", f"t:{name}{suffix}", Named(name), bool(suffix))
    for name in TYPES
    for suffix in ("", "s")
]
METHOD = load_vocabulary("lattice").attributes["method"]
REQUEST_PATH = load_vocabulary("lattice").attributes["request_path"]
PATHS = ["/", "/stock", "/stock/1", "/Stock", "/stock*", "/a/stock", "/${*}", "/a?b"]
PATH_PATTERNS = ["/", "/stock", "/stock/*", "*", "/stock\\*", "*/stock", "/?tock", "/${\\*}", "/*"]


@st.composite
def atoms(draw: Draw, pool: list[Attribute] = ATTRIBUTES) -> Atom:
    attribute = draw(st.sampled_from(pool))
    negated = draw(st.booleans())
    _, operators = TYPES[str(attribute.type)]
    op = draw(st.sampled_from([Op.EXISTS, *operators]))
    if op is Op.EXISTS:
        return Atom(attribute, op, (), "", negated)
    picked = draw(st.lists(st.sampled_from(operators[op]), min_size=1, max_size=3, unique_by=repr))
    values = tuple(Constant(attribute.type, value) for value in picked)
    quantifier = draw(st.sampled_from(["any", "all"])) if attribute.many else ""
    return Atom(attribute, op, values, quantifier, negated)


@st.composite
def line_atoms(draw: Draw) -> Atom:
    """Tests of the request line, which meet the ones that `can` and `path` add."""
    attribute = draw(st.sampled_from([METHOD, REQUEST_PATH]))
    words = ["GET", "POST", "PURGE"] if attribute is METHOD else PATHS
    op = draw(st.sampled_from([Op.EQ, Op.LIKE])) if attribute is REQUEST_PATH else Op.EQ
    picked = draw(
        st.lists(st.sampled_from(PATH_PATTERNS if op is Op.LIKE else words), min_size=1, max_size=2, unique=True)
    )
    values = tuple(Constant(attribute.type, value) for value in picked)
    return Atom(attribute, op, values, "", draw(st.booleans()))


def conditions() -> st.Strategy[Cond]:
    leaf: st.Strategy[Cond] = st.one_of(atoms(), atoms(), line_atoms())
    tree = st.recursive(
        leaf,
        lambda inner: st.builds(
            lambda join, items: join(tuple(items)),
            st.sampled_from([All, AnyOf]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        max_leaves=6,
    )
    return st.one_of(st.just(Always()), tree, tree, tree, st.just(Never()))


# --- callers ----------------------------------------------------------------------------------------------------

CALLERS = [
    Principal("role", (SHOP, "order")),
    Principal("role", (SHOP, "batch/night")),
    Principal("role", (OTHER, "order")),
    Principal("session", (SHOP, "order", "s1")),
    Principal("session", (SHOP, "batch/night", "s2")),
    Principal("user", (SHOP, "ann")),
    Principal("federated_user", (SHOP, "fed")),
    Principal("root", (SHOP,)),
    Principal("anonymous", ()),
    Principal("service", ("ec2.amazonaws.com",)),
]
NAMED = [
    *(item for item in CALLERS if item.kind not in ("root", "session")),
    Principal("session", (SHOP, "order", "s1")),
    Principal("anyone", ()),
    Principal("authenticated", ()),
    Principal("account", (SHOP,)),
    Principal("account", (OTHER,)),
    Principal("role", (SHOP, "batch/*")),
    Principal("role", (SHOP, "*")),
    Principal("user", (SHOP, "a?n")),
    Principal("federated_user", (SHOP, "f*")),
]


@st.composite
def whos(draw: Draw) -> Who:
    negated = draw(st.integers(0, 3)) == 0
    pool = [item for item in NAMED if not negated or item.kind not in ("session", "anyone")]
    picked = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))
    if negated and {"anonymous", "authenticated"} <= {item.kind for item in picked}:
        picked = [item for item in picked if item.kind != "anonymous"]
    return Who(tuple(picked), negated)


@st.composite
def statements(draw: Draw, on: Resource) -> tuple[Any, ...]:
    verbs = draw(st.none() | st.lists(st.sampled_from(list(VERBS.values())), min_size=1, max_size=3, unique=True))
    paths = draw(st.none() | st.lists(st.sampled_from(PATH_PATTERNS), min_size=1, max_size=2, unique=True))
    services = draw(st.lists(st.sampled_from(SERVICES), max_size=2, unique=True)) if on is MESH else []
    return (
        draw(st.sampled_from(["allow", "allow", "deny"])),
        draw(whos()),
        None if verbs is None else Can(tuple(verbs), draw(st.booleans())),
        tuple(services),
        None if paths is None else Paths(tuple(paths), draw(st.booleans())),
        draw(conditions()),
    )


@st.composite
def policies(draw: Draw) -> Policy:
    on = draw(st.sampled_from([MESH, *SERVICES]))
    drawn = draw(st.lists(statements(on), min_size=1, max_size=3))
    made = tuple(
        Statement(effect, f"rule-{index}", who, can, services, path, when, index, SPAN)
        for index, (effect, who, can, services, path, when) in enumerate(drawn)
    )
    return Policy("random", "lattice", on, made, "t.policy", SPAN)


# --- requests ---------------------------------------------------------------------------------------------------


@st.composite
def facts(draw: Draw, service: Resource) -> Facts:
    http = service is not TUNNEL and (service is SHOPFRONT or draw(st.booleans()))
    values: dict[str, tuple[Any, ...]] = {}
    for attribute in ATTRIBUTES:
        pool, _ = TYPES[str(attribute.type)]
        size = draw(st.integers(0, 3 if attribute.many else 1))
        values[attribute.name] = tuple(draw(st.sampled_from(pool)) for _ in range(size))
    who = draw(st.sampled_from(CALLERS))
    if not http:
        return Facts(who, VERBS["connect"], service.id, None, values)
    method, path = draw(st.sampled_from(["GET", "POST", "PURGE"])), draw(st.sampled_from(PATHS))
    values |= {"method": (method,), "request_path": (path,)}
    return Facts(who, Verb(method, INVOKE, ((METHOD_KEY, method),)), service.id, path, values)


def asked(known: Facts, service: Resource) -> Any:
    """The request as AWS would see it: written from the reference, not from the code that simulates."""
    http = known.can.action != CONNECT
    context: dict[str, Any] = {
        attribute.native: context_texts(known.values.get(attribute.name, ()), attribute.type)
        for attribute in ATTRIBUTES
    }
    if http:
        context |= {METHOD_KEY: known.values["method"], PATH_KEY: known.values["request_path"]}
    if known.who.kind == "service":
        context |= {"aws:PrincipalArn": (), "aws:PrincipalType": (), "aws:PrincipalAccount": ()}
    caller = engine_caller(known.who)
    assert caller is not None
    if (
        caller.kind is CallerKind.ROLE
    ):  # everything is known of these callers, the path of the role and the session as well
        caller = replace(caller, path=caller.path or "/", session=caller.session or "unnamed")
    if caller.kind is CallerKind.FEDERATED:  # and who made it
        caller = replace(caller, creator=f"arn:aws:iam::{caller.account}:root")
    return EngineRequest.of(known.can.action, arn(service) + (known.path or ""), caller, context)


VERDICTS = {"allow": Verdict.ALLOW, "deny": Verdict.EXPLICIT_DENY, None: Verdict.IMPLICIT_DENY}
SCHEMA = json.loads(read_text("schemas/lattice/auth_policy.schema.json"))


@cases(-(-CASES // REQUESTS), st.data())
def test_the_ir_and_the_document_decide_alike(data: Data) -> None:
    policy = data.draw(policies())
    diagnostics = Diagnostics()
    document = emit_policy(policy, diagnostics)
    if document is None:
        rules = {item.rule for item in diagnostics if item.severity == "error"}
        assert rules and rules <= REFUSALS
        if rules == {"empty-document"}:
            for service in SERVICES if policy.on is MESH else (policy.on,):
                assert isinstance(service, Resource)
                assert decide(policy.statements, data.draw(facts(service))) is None
        return
    assert misfits(json.loads(document.text), SCHEMA) == []
    compiled = compile_emitted(document, Kind.RESOURCE)
    tree = parse_json(Source("d.json", document.text), diagnostics)
    assert tree is not None
    read = read_policy(tree, KINDS["auth-policy"], "d.json")
    services = SERVICES if policy.on is MESH else (policy.on,)
    for _ in range(REQUESTS):
        service = data.draw(st.sampled_from(services))
        assert isinstance(service, Resource)
        known = data.draw(facts(service))
        expected = VERDICTS[decide(policy.statements, known)]
        request = asked(known, service)
        assert engine_decide(compiled, request) is expected, document.text
        assert VERDICTS[decide(read.statements, of_document(known, request, read))] is expected, document.text


def of_document(known: Facts, request: EngineRequest, read: Policy) -> Facts:
    """The request for the policy that is read from the document: by native key, and by name for the keys that it tests as typed ones,
    which hold texts in documents of the random attributes."""
    keys = {key: held for key, held in request.values.items() if isinstance(held, tuple)}
    values: dict[str, tuple[Any, ...]] = {
        test.attribute.name: keys.get(test.attribute.native.lower(), ())
        for statement in read.statements
        for test in every_atom(statement.when)
    }
    return Facts(known.who, Verb("asked", request.action), request.resource, None, values, keys)


@st.composite
def crowded(draw: Draw) -> Cond:
    """A condition whose tests crowd on two keys, so that the laws of merging and of slots are at work."""
    texts = [item for item in ATTRIBUTES if item.type in (Named("string"), Named("arn"))]
    pool = draw(st.lists(st.sampled_from([*ATTRIBUTES, *texts, *texts]), min_size=1, max_size=2, unique=True))
    leaf = atoms(pool)
    joined = st.builds(
        lambda join, items: join(tuple(items)),
        st.sampled_from([All, All, AnyOf]),
        st.lists(leaf, min_size=2, max_size=3),
    )
    return draw(
        st.builds(
            lambda join, items: join(tuple(items)),
            st.sampled_from([All, AnyOf]),
            st.lists(joined, min_size=2, max_size=3),
        )
    )


@cases(-(-CASES // REQUESTS // 3), st.data())
def test_conditions_that_crowd_on_few_keys(data: Data) -> None:
    when = data.draw(crowded())
    effect = data.draw(st.sampled_from(["allow", "deny"]))
    everyone = Who((Principal("anyone", ()),))
    made = (
        Statement(effect, "crowded", everyone, None, (), None, when, 0, SPAN),
        Statement("allow", "rest", everyone, None, (), None, Always(), 1, SPAN),
    )
    shown = made if effect == "deny" else made[:1]
    policy = Policy("crowded", "lattice", SHOPFRONT, shown, "t.policy", SPAN)
    diagnostics = Diagnostics()
    document = emit_policy(policy, diagnostics)
    if document is None:
        rules = {item.rule for item in diagnostics if item.severity == "error"}
        assert rules and rules <= REFUSALS
        if rules == {"empty-document"}:
            assert decide(policy.statements, data.draw(facts(SHOPFRONT))) is None
        return
    compiled = compile_emitted(document, Kind.RESOURCE)
    for _ in range(REQUESTS):
        known = data.draw(facts(SHOPFRONT))
        expected = VERDICTS[decide(policy.statements, known)]
        assert engine_decide(compiled, asked(known, SHOPFRONT)) is expected, document.text
