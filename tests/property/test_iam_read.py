"""Differential: a random IAM document decides alike in the engine and in the policy of the IR that is read from it; and what a
policy is emitted as reads back to the same decisions.

The documents hold every operator with every prefix and suffix, keys that the vocabularies know and keys that they do not, values of the
wrong type, variables, wildcards, `Not…` elements; the requests absent keys and sets.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Caller, anonymous, caller_from_arn, service
from policyc.engines.iam.decision import decide as engine_decide
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.operators import BASES
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.ir.authz import All, AnyOf, Atom, Cond, Constant, Op, Policy, Statement, raw_attribute
from policyc.ir.conditions import disjunction
from policyc.ir.conditions import tests as every_test
from policyc.ir.decide import Facts, decide
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import Settings
from policyc.model.types import BOOL, Named, shapes
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute, Verb
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.conditions import condition_block, lower_condition
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.leaves import Conjunct, family_of
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source, Span
from tests.property.drawing import assume, cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "1500"))
#: decisions asked of each document
ASKED = 8
SHOP, OTHER = "111122223333", "444455556666"
VERDICTS = {"allow": Verdict.ALLOW, "deny": Verdict.EXPLICIT_DENY, None: Verdict.IMPLICIT_DENY}

#: what the values of a key may look like, in a request and in a policy
TEXTS = ["", "a", "ab", "A", "a*", "?", "a:b", "${aws:username}", "é", "\\", "x y"]
GLOBS = [
    *TEXTS,
    "*",
    "*b",
    "${*}",
    "a${?}",
    "${$}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'ab'}",
    "\\*",
]
ARNS = ["arn:aws:s3:::b", "arn:aws:s3:::b:c", f"arn:aws:iam::{SHOP}:role/order", "arn:aws:s3:x::b*"]
ARN_GLOBS = [
    *ARNS,
    "arn:aws:s3:::*",
    "arn:*:s3:::b",
    "arn:aws:s3:?::b*",
    "*",
    "arn:aws:s3",
    "arn:aws:s3:::${aws:username}",
    "arn:aws:*",
]
NUMBERS = ["443", "80", "0", "-1", "443.0", "1.5", "4e2"]
DATES = [
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "2026-01-01T01:00:00+01:00",
    "1767225600",
    "2025-12-31T23:59:59.5Z",
    "2026-06",
]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "2001:db8::1"]
BLOCKS = [*ADDRESSES, "10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "2001:db8::/32", "::/0"]
TRUTHS = ["true", "false"]
#: key -> (values of requests, values of policies); the vocabularies know all but the last four
KEYS: dict[str, tuple[list[str], list[str]]] = {
    "vpc-lattice-svcs:RequestMethod": (["GET", "POST"], ["GET", "POST", "PUT", "G*", "*"]),
    "vpc-lattice-svcs:RequestPath": (["/a", "/a/b", "/"], ["/a", "/a/*", "/?", "*", ""]),
    "vpc-lattice-svcs:Port": (["443", "80"], NUMBERS),
    "vpc-lattice-svcs:RequestHeader/x-team": (["a", "ab", "A"], GLOBS),
    "vpc-lattice-svcs:RequestQueryString/q": (TEXTS, GLOBS),
    "aws:CalledVia": (["a.amazonaws.com", "b.amazonaws.com"], ["a.amazonaws.com", "*", "b*", ""]),
    "aws:TagKeys": (TEXTS, GLOBS),
    "aws:SourceArn": (ARNS, ARN_GLOBS),
    "aws:SourceIp": (ADDRESSES, BLOCKS),
    "aws:SecureTransport": (TRUTHS, [*TRUTHS, "True"]),
    "aws:CurrentTime": (["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"], DATES),
    "aws:MultiFactorAuthAge": (["0", "80", "443"], NUMBERS),
    "s3-object-lambda:TlsVersion": (["1.2", "1.3"], ["1.2", "1.3", "1.25", "1", "x"]),
    "aws:PrincipalTag/team": (["a", "ab"], GLOBS),
    "aws:username": (["ann", "a"], ["ann", "a*"]),
    "x:text": (TEXTS, GLOBS),
    "x:number": ([*NUMBERS, "n"], [*NUMBERS, "n"]),
    "x:date": ([*DATES, "d"], [*DATES, "d"]),
    "x:any": ([*TEXTS, *ARNS, *ADDRESSES, "YQ==", "true", "443"], [*GLOBS, "YQ==", "true", *BLOCKS, *ARN_GLOBS]),
}
#: keys that every request has, at least every one to VPC Lattice
ALWAYS = {"aws:CurrentTime", "aws:SecureTransport", "vpc-lattice-svcs:Port"}
MANY = {"vpc-lattice-svcs:RequestQueryString/q", "aws:CalledVia", "aws:TagKeys"}
UNKNOWN = [key for key in KEYS if key.startswith("x:")]
#: operators that a key's type asks for, so that typed tests are drawn often
FITTING = {
    "Port": "Numeric",
    "Age": "Numeric",
    "TlsVersion": "Numeric",
    "Arn": "Arn",
    "Ip": "Ip",
    "Transport": "Bool",
    "Time": "Date",
    "number": "Numeric",
    "date": "Date",
}
PREFIXES = [*[""] * 8, "ForAnyValue:", "ForAllValues:"]


def entry(draw: Random) -> tuple[str, str, Any]:
    """An operator, a key in some letter case, and its values."""
    key = draw.choice(list(KEYS))
    family = next((name for end, name in FITTING.items() if key.endswith(end)), "String")
    fitting = [base for base in BASES if family in base]
    base = draw.choice([*fitting, *fitting, *fitting, *fitting, *BASES])
    prefix = draw.choice(["ForAnyValue:", "ForAllValues:", ""] if key in MANY else PREFIXES)
    suffix = draw.choice(["", "", "IfExists"]) if base != "Null" else ""
    pool = TRUTHS if base == "Null" else KEYS[key][draw.choice([0, 1])]
    values = draw.sample(pool, min(len(pool), 0 if draw.random() < 0.04 else draw.choice([1, 1, 2, 3])))
    if base == "Bool":
        values = values[:1]
    return prefix + base + suffix, draw.choice([key, key, key.lower(), key.upper()]), values


CALLERS: dict[str, tuple[Principal, Caller]] = {
    "role": (
        Principal("session", (SHOP, "order", "s1")),
        caller_from_arn(f"arn:aws:sts::{SHOP}:assumed-role/order/s1", unique_id="AROAEXAMPLE"),
    ),
    "path": (
        Principal("session", (SHOP, "batch/night", "s2")),
        caller_from_arn(f"arn:aws:sts::{SHOP}:assumed-role/night/s2", path="/batch/", unique_id="AROAOTHER"),
    ),
    "other": (
        Principal("session", (OTHER, "order", "s1")),
        caller_from_arn(f"arn:aws:sts::{OTHER}:assumed-role/order/s1", unique_id="AROATHIRD"),
    ),
    "user": (Principal("user", (SHOP, "ann")), caller_from_arn(f"arn:aws:iam::{SHOP}:user/ann", unique_id="AIDAANN")),
    "root": (Principal("root", (SHOP,)), caller_from_arn(f"arn:aws:iam::{SHOP}:root")),
    "federated": (
        Principal("federated_user", (SHOP, "fed")),
        caller_from_arn(f"arn:aws:sts::{SHOP}:federated-user/fed", creator=f"arn:aws:iam::{SHOP}:root"),
    ),
    "anonymous": (Principal("anonymous", ()), anonymous()),
    "service": (Principal("service", ("ec2.amazonaws.com",)), service("ec2.amazonaws.com")),
}
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": SHOP},
    {"AWS": f"arn:aws:iam::{OTHER}:root"},
    {"AWS": f"arn:aws:iam::{SHOP}:role/order"},
    {"AWS": [f"arn:aws:iam::{SHOP}:role/batch/night", f"arn:aws:iam::{SHOP}:user/ann"]},
    {"AWS": f"arn:aws:sts::{SHOP}:assumed-role/order/s1"},
    {"AWS": [f"arn:aws:sts::{SHOP}:assumed-role/night/s2", f"arn:aws:iam::{SHOP}:role/batch/night", SHOP]},
    {"AWS": [SHOP, f"arn:aws:iam::{SHOP}:role/order", f"arn:aws:sts::{SHOP}:assumed-role/order/s1"]},
    {"AWS": f"arn:aws:sts::{SHOP}:federated-user/fed"},
    {"AWS": "AIDAQQQQQQQQQQQQQQQQQ"},
    {"Service": "ec2.amazonaws.com"},
    {"Service": "s3.amazonaws.com", "AWS": SHOP},
    {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
]
ACTIONS = [
    "vpc-lattice-svcs:Invoke",
    "VPC-Lattice-svcs:invoke",
    "vpc-lattice-svcs:*",
    "*",
    "s3:GetObject",
    "s3:Get*",
    "s3:?etObject",
    "s3*",  # from here on none is an action, so they match nothing
    "*GetObject",
    "s3:Get:Object",
    "**",
]
ASKABLE = ["vpc-lattice-svcs:Invoke", "s3:GetObject", "vpc-lattice-svcs:Connect"]
PREFIX = f"arn:aws:vpc-lattice:us-west-2:{SHOP}:service/svc-1"
RESOURCES = [
    "*",
    f"{PREFIX}/*",
    f"{PREFIX}/a",
    f"{PREFIX}/?",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:*:*:b/*",
    "arn:aws:vpc-lattice:*:service/svc-1/*",
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, 'a'}*",
    "arn:aws:s3:::b/${*}",
]
NAMED = [f"{PREFIX}/a", f"{PREFIX}/a/b", PREFIX, "arn:aws:s3:::b/a", "arn:aws:s3:::b/*", "arn:aws:s3:::b/ann", "*"]


def one_or_more(draw: Random, pool: list[str]) -> str | list[str]:
    return draw.choice(pool) if draw.random() < 0.5 else draw.sample(pool, draw.choice([1, 2]))


def document_of(draw: Random) -> tuple[str, dict[str, Any]]:
    """A kind and a document of it that the engine's reader takes, mostly."""
    kind = draw.choice(["auth-policy", "bucket", "resource", "identity", "scp"])
    items = []
    for index in range(draw.choice([1, 2, 3])):
        out: dict[str, Any] = {"Effect": draw.choice(["Deny", "Allow", "Allow"])}
        if draw.random() < 0.5:
            out["Sid"] = f"S{index}"
        if kind not in ("identity", "scp"):
            out[draw.choice(["NotPrincipal", *["Principal"] * 4])] = draw.choice([*PRINCIPALS, *["*"] * 8])
        out[draw.choice(["NotAction", *["Action"] * 5])] = one_or_more(draw, [*ACTIONS, "*", "*"])
        out[draw.choice(["NotResource", *["Resource"] * 5])] = one_or_more(draw, [*RESOURCES, "*", "*", "*"])
        block: dict[str, dict[str, Any]] = {}
        for operator, key, values in (entry(draw) for _ in range(draw.choice([0, 1, 1, 1, 2, 3]))):
            both = operator.startswith("ForAllValues:") and draw.random() < 0.5
            for name in [operator, operator.replace("ForAll", "ForAny").replace("Values", "Value")][: 2 if both else 1]:
                inner = block.setdefault(name, {})
                if key.lower() not in {other.lower() for other in inner}:
                    inner[key] = values[0] if len(values) == 1 and draw.random() < 0.5 else values
        if block:
            out["Condition"] = block
        items.append(out)
    document: dict[str, Any] = {"Statement": items[0] if len(items) == 1 and draw.random() < 0.5 else items}
    version = draw.choice(["2012-10-17", "2012-10-17", "2008-10-17", ""])
    return kind, {"Version": version, **document} if version else document


OF_PEOPLE = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths")


def request_of(draw: Random) -> tuple[Principal, Request]:
    who, caller = CALLERS[draw.choice(list(CALLERS))]
    context: dict[str, Any] = {
        "aws:EpochTime": "1767225600",
        "aws:RequestedRegion": "us-west-2",
        "aws:UserAgent": "a",
        "aws:TokenIssueTime": (),
        "aws:MultiFactorAuthPresent": (),
    }
    if who.kind == "service":
        context |= {"aws:PrincipalArn": (), "aws:PrincipalType": (), "aws:PrincipalAccount": (), "aws:userid": ()}
    for key, (pool, _) in KEYS.items():
        if key == "aws:username" and who.kind == "user":
            continue
        if key == "aws:username" or (who.kind == "service" and key in OF_PEOPLE):
            context[key] = ()  # only a user has a user name, and a service acting as itself is in no organization
            continue
        most = 3 if key in MANY or key in UNKNOWN else 1
        least = 1 if key in ALWAYS else 0
        context[key] = tuple(draw.choices(pool, k=draw.choice([least, 1, 1, most])))
    return who, Request.of(draw.choice(ASKABLE), draw.choice(NAMED), caller, context)


def typed(attribute: Attribute, text: str) -> Scalar:
    """A value as a request of the language holds it."""
    if attribute.type == BOOL:
        return text.lower() == "true"
    if isinstance(attribute.type, Named) and shapes()[attribute.type.name].base == "int":
        return int(text)
    return text


def facts(who: Principal, asked: Request, policy: Policy) -> Facts:
    """The same request for the oracle."""
    keys: Mapping[str, tuple[str, ...]] = {
        key: values for key, values in asked.values.items() if isinstance(values, tuple)
    }
    values: dict[str, tuple[Scalar, ...]] = {}
    for statement in policy.statements:
        for test in every_test(statement.when):
            if isinstance(test, Atom):
                held = keys.get(test.attribute.native.lower(), ())
                values[test.attribute.name] = tuple(typed(test.attribute, text) for text in held)
    return Facts(who, Verb("asked", asked.action), asked.resource, None, values, keys)


@cases(-(-CASES // ASKED), seeds())
def test_a_document_and_what_is_read_from_it_decide_alike(draw: Random) -> None:
    name, document = document_of(draw)
    kind = KINDS[name]
    tree = parse_json(Source("d.json", json.dumps(document, ensure_ascii=False)), Diagnostics())
    assert tree is not None
    diagnostics = Diagnostics()
    compiled = compile_document(tree, kind.engine, diagnostics, stored=True)
    policy = read_policy(tree, kind, "d.json")
    labels_and_places(policy, document)
    assume(compiled is not None)
    for _ in range(ASKED):
        who, request = request_of(draw)
        expected = VERDICTS[decide(policy.statements, facts(who, request, policy))]
        assert engine_decide(compiled, request) is expected, (document, request)


def labels_and_places(policy: Policy, document: dict[str, Any]) -> None:
    """Every statement has its Sid or number as label, and everything in it a place."""
    found = document["Statement"]
    items = found if isinstance(found, list) else [found]
    assert [item.label for item in policy.statements] == [
        item.get("Sid") or f"statement {index}" for index, item in enumerate(items, 1)
    ]
    for statement in policy.statements:
        assert statement.span is not None and statement.label_span is not None
        assert all(test.span is not None and test.spelling is not None for test in every_test(statement.when))
        assert all(item.span is not None for item in who_and_what(statement))


def who_and_what(statement: Statement) -> list[Any]:
    principals = statement.who.principals if statement.who is not None else ()
    verbs = statement.can.verbs if statement.can is not None else ()
    globs = statement.resources.patterns if statement.resources is not None else ()
    return [*principals, *verbs, *globs]


def test_the_vocabularies_know_the_keys_that_are_meant_to_be_known() -> None:
    assert {key for key in KEYS if known_keys().find(key) is None} == set(UNKNOWN)
    many = {key for key in KEYS if (found := known_keys().find(key)) is not None and found.many}
    assert many == MANY


# --- what is emitted reads back -----------------------------------------------------------------------------------

ORDERS = (Op.LT, Op.LE, Op.GT, Op.GE)
OPERATORS = {"String": (Op.EQ, Op.LIKE), "Arn": (Op.EQ, Op.LIKE), "Ip": (Op.IN_CIDR,), "Bool": (Op.EQ,)}
PLAIN = {
    "String": ["a", "ab", "*", "a*", "${*}", "$", "${aws:username}", "x y", "é"],
    "Arn": ["arn:aws:s3:::b", "arn:aws:s3:::b:c", "arn:*:s3:::b?", "arn:aws:iam::111122223333:role/a"],
    "Numeric": [0, 1, 443],
    "Date": ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"],
    "Ip": ["10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32"],
}


def atom_of(draw: Random) -> Atom:
    """A typed test of a key that the vocabularies know, in the one spelling that reading gives: dates as moments in UTC, addresses as
    blocks, one bound for an order."""
    attribute = known_keys().find(draw.choice([key for key in KEYS if key not in UNKNOWN and "Tls" not in key]))
    assert attribute is not None
    if not attribute.native.startswith("aws:"):
        attribute = replace(attribute, presence="optional")  # in the policy of just any resource
    family = family_of(attribute.type)
    assert family is not None
    op = draw.choice([Op.EXISTS, *OPERATORS.get(family, (Op.EQ, *ORDERS))])
    negated = draw.random() < 0.5
    if op is Op.EXISTS:
        return Atom(attribute, op, (), "", negated)
    pool: list[Any] = [True, False] if family == "Bool" else PLAIN[family]
    size = 1 if op in ORDERS or family == "Bool" else draw.choice([1, 2, 3])
    values = tuple(Constant(attribute.type, value) for value in draw.sample(pool, min(size, len(pool))))
    quantifier: Any = draw.choice(["any", "all"]) if attribute.many else ""
    return Atom(attribute, op, values, quantifier, negated)


@cases(CASES, seeds())
def test_a_typed_test_comes_back_as_itself(draw: Random) -> None:
    """Up to what IAM has no word for: the negation of `all` is "absent" or "some value fits none", and so two statements; the order of
    values; a test of a truth value and its complement (`Bool` has no negated form)."""
    atom = atom_of(draw)
    diagnostics = Diagnostics()
    alternatives = lower_condition(atom, None, diagnostics)
    if alternatives is None:
        assert [item.rule for item in diagnostics] == ["condition-not-expressible"]
        return
    read = disjunction([read_back(conjunct) for conjunct in alternatives])
    if atom.quantifier == "all" and atom.negated:
        assert same(
            read,
            AnyOf(
                (
                    replace(ABSENT, attribute=atom.attribute),
                    All((replace(ABSENT, attribute=atom.attribute, negated=False), atom)),
                )
            ),
        )
    else:
        assert same(read, atom)


ABSENT = Atom(raw_attribute("any"), Op.EXISTS, (), "", True)


def read_back(conjunct: Conjunct) -> Cond:
    block = condition_block(conjunct)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": block}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement}, ensure_ascii=False)
    tree = parse_json(Source("d.json", text), Diagnostics())
    assert tree is not None
    return read_policy(tree, KINDS["resource"], "d.json").statements[0].when


def same(left: Cond, right: Cond) -> bool:
    """Whether two conditions are one but for the order of values."""
    if isinstance(left, All | AnyOf) and type(left) is type(right):
        assert isinstance(right, All | AnyOf)
        return len(left.items) == len(right.items) and all(map(same, left.items, right.items))
    if isinstance(left, Atom) and isinstance(right, Atom):
        one, other = replace(left, values=()), replace(right, values=())
        return one == other and set(left.values) == set(right.values)
    return left == right


# --- what rules prove of documents --------------------------------------------------------------------------------

IDLE = ("redundant-statement", "allow-covered-by-deny", "condition-never-holds", "caller-contradicts-condition")


@cases(-(-CASES // 25), seeds())
def test_a_statement_that_a_rule_calls_idle_changes_no_decision(draw: Random) -> None:
    """Statements are left out one at a time: each of two that say the same is idle only beside the other."""
    name, document = document_of(draw)
    source = Source("d.json", json.dumps(document, ensure_ascii=False))
    tree = parse_json(source, Diagnostics())
    assert tree is not None
    policy = read_policy(tree, KINDS[name], "d.json")
    found = Diagnostics()
    lint_documents([policy], [source], found, Settings(select=frozenset(IDLE)))
    for item in found:
        assert item.rule in IDLE and item.span is not None, item.message
        idle = next(one for one in policy.statements if one.span is not None and inside(item.span, one.span))
        if item.rule == "caller-contradicts-condition" and idle.who is not None and len(idle.who.principals) > 1:
            continue  # the other callers may pass
        if item.message.startswith("no request passes this alternative"):
            continue
        rest = [one for one in policy.statements if one is not idle]
        for _ in range(ASKED):
            who, request = request_of(draw)
            known = facts(who, request, policy)
            assert decide(policy.statements, known) == decide(rest, known), (item.message, document, request)


def inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
