"""What rules claim of an auth policy, held against the deciding engine on requests that a VPC Lattice service may see.

Every request is whole and possible: ids, ARNs, methods and ports as the services document them, the caller's keys those of one caller
(Lattice reference, section 3; IAM evaluation reference, sections 4.3 and 9). So "never matches", "takes effect never", "adds nothing" and
"every request passes" must hold of all of them, and a request without a signature that is let in needs a finding that says so.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.engines.iam.caller import Caller, anonymous, caller_from_arn, service
from policyc.engines.iam.decision import decide
from policyc.engines.iam.document import Document, compile_document
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.lint.raw.rules import lint_documents
from policyc.syntax.json_text import JsonObject, JsonValue, parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source, Span
from tests.property.drawing import assume, cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "1500"))
ASKED = 24
HOME, AWAY = "111122223333", "444455556666"
KEY = "vpc-lattice-svcs:"
SERVICES = [f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef{digit}" for digit in "01"]
NETWORK = f"arn:aws:vpc-lattice:us-west-2:{HOME}:servicenetwork/sn-0123456789abcdef0"
ROLE = f"arn:aws:iam::{HOME}:role/orders"
ORG = "o-a1b2c3d4e5"
CALLERS: list[Caller] = [
    caller_from_arn(ROLE, session="i-1", unique_id="AROAEXAMPLEONE", org_id=ORG, tags={"team": "core"}),
    caller_from_arn(f"arn:aws:iam::{HOME}:role/batch", session="i-2", unique_id="AROAEXAMPLETWO", org_id=ORG),
    caller_from_arn(f"arn:aws:iam::{AWAY}:role/orders", session="i-3", unique_id="AROAEXAMPLESIX"),
    caller_from_arn(f"arn:aws:iam::{HOME}:user/ann", unique_id="AIDAEXAMPLEANN", org_id=ORG),
    service("cloudfront.amazonaws.com"),
    anonymous(),
    anonymous(),
]
PRINCIPALS: list[Any] = [
    "*",
    "*",
    {"AWS": ROLE},
    {"AWS": [ROLE, f"arn:aws:iam::{HOME}:user/ann"]},
    {"AWS": HOME},
    {"AWS": AWAY},
    {"Service": "cloudfront.amazonaws.com"},
]
#: values that requests have
SEEN: dict[str, list[str]] = {
    f"{KEY}RequestMethod": ["GET", "POST", "DELETE"],
    f"{KEY}RequestPath": ["/", "/a", "/a/b", "/A", "/admin"],
    f"{KEY}Port": ["80", "443"],
    f"{KEY}SourceVpc": ["vpc-0123456789abcdef0", "vpc-0123456789abcdef1"],
    f"{KEY}SourceVpcOwnerAccount": [HOME, AWAY],
    f"{KEY}RequestHeader/x-team": ["core", "web"],
    "aws:SecureTransport": ["true", "false"],
}
#: values that policies test, by the operators that are used for them; some are of no request
TEXTS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringEqualsIfExists",
)
TESTED: dict[str, tuple[tuple[str, ...], list[str]]] = {
    f"{KEY}RequestMethod": (TEXTS, ["GET", "POST", "get", "G*", "PATCH"]),
    f"{KEY}RequestPath": (TEXTS, ["/a", "/a/*", "a", "/admin", "*", "/a?x=1", "/A*"]),
    f"{KEY}Port": (
        ("NumericEquals", "NumericNotEquals", "NumericLessThan", "StringEquals"),
        ["80", "443", "0", "70000"],
    ),
    f"{KEY}SourceVpc": (TEXTS, [*SEEN[f"{KEY}SourceVpc"], "vpc-0*", "vpc-x"]),
    f"{KEY}SourceVpcOwnerAccount": (TEXTS, [HOME, "1111*", "main"]),
    f"{KEY}ServiceArn": (
        ("ArnEquals", "ArnNotEquals", "ArnLike", "StringLike"),
        [*SERVICES, SERVICES[0][:-1] + "*", NETWORK],
    ),
    f"{KEY}RequestHeader/x-team": (TEXTS, ["core", "web", "c*"]),
    "aws:PrincipalAccount": (TEXTS, [HOME, AWAY, "anonymous"]),
    "aws:PrincipalType": (TEXTS, ["Anonymous", "anonymous", "AssumedRole", "User"]),
    "aws:PrincipalOrgID": (TEXTS, [ORG, "o-*", "o-other"]),
    "aws:PrincipalArn": (
        ("ArnLike", "ArnNotLike", "StringEquals"),
        [ROLE, f"arn:aws:iam::{HOME}:*", "arn:aws:sts::1:assumed-role/a/b"],
    ),
    "aws:PrincipalTag/team": (TEXTS, ["core", "Core", "c*"]),
    "aws:username": (TEXTS, ["ann", "a*"]),
    "aws:SecureTransport": (("Bool", "BoolIfExists", "StringEquals"), ["true", "false"]),
}
NEVER = (
    "condition-never-holds",
    "value-never-matches",
    "resource-contradicts-condition",
    "caller-contradicts-condition",
)
#: the type of a service's principal is not published, so the engine leaves tests of it open
NO_MATCH = (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED)
OPEN = frozenset(
    {"open-to-anonymous", "everyone-allowed", "header-as-proof", "network-origin-only", "negated-test-admits-anonymous"}
)


def document_of(draw: Random) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement_of(draw) for _ in range(draw.randint(1, 3))]}


def statement_of(draw: Random) -> dict[str, Any]:
    path = draw.choice(["/*", "/*", "/a", "/a/*", "/admin", ""])
    out: dict[str, Any] = {
        "Effect": draw.choice(["Allow", "Allow", "Allow", "Deny"]),
        "Principal": draw.choice(PRINCIPALS),
        "Action": draw.choice(["vpc-lattice-svcs:Invoke", "*", "vpc-lattice-svcs:*"]),
        "Resource": draw.choice([draw.choice(SERVICES) + path, "*"]),
    }
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw.choice([0, 1, 1, 2, 2])):
        key = draw.choice(list(TESTED))
        operators, values = TESTED[key]
        picked = draw.sample(values, draw.choice([1, 1, 2]))
        block.setdefault(draw.choice(operators), {})[key] = picked if len(picked) > 1 else picked[0]
    if draw.random() < 0.15:
        block["Null"] = {draw.choice(list(TESTED)): draw.choice(["true", "false"])}
    return out | ({"Condition": block} if block else {})


def request_of(draw: Random) -> Request:
    values = {key: draw.choice(seen) for key, seen in SEEN.items()}
    if draw.random() < 0.5:
        del values[f"{KEY}RequestHeader/x-team"]
    arn = draw.choice(SERVICES)
    values |= {f"{KEY}ServiceArn": arn, f"{KEY}ServiceNetworkArn": NETWORK, "aws:ResourceAccount": HOME}
    return Request.of("vpc-lattice-svcs:Invoke", arn + values[f"{KEY}RequestPath"], draw.choice(CALLERS), values)


def read(document: dict[str, Any]) -> tuple[JsonValue, list[Diagnostic]]:
    source = Source("d.json", json.dumps(document))
    tree = parse_json(source, Diagnostics())
    assert tree is not None
    found = Diagnostics()
    lint_documents([read_policy(tree, KINDS["auth-policy"], "d.json")], [source], found)
    return tree, list(found)


def place(tree: JsonValue, span: Span | None) -> int:
    """Which statement a finding stands in."""
    assert isinstance(tree, JsonObject) and span is not None
    statements = tree.get("Statement")
    spans = [item.span for item in statements.items]  # type: ignore[union-attr]
    return next(at for at, one in enumerate(spans) if one.start <= span.start and span.end <= one.end)


def verdict(document: dict[str, Any], request: Request) -> Verdict:
    compiled = engine(json.dumps(document))
    return Verdict.IMPLICIT_DENY if compiled is None else decide(compiled, request)


@lru_cache(maxsize=64)
def engine(text: str) -> Document | None:
    tree = parse_json(Source("d.json", text), Diagnostics())
    assert tree is not None
    return compile_document(tree, KINDS["auth-policy"].engine, Diagnostics())


def of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@cases(-(-CASES // 25), seeds())
def test_what_rules_claim_holds_of_every_request(draw: Random) -> None:
    document = document_of(draw)
    assume(engine(json.dumps(document)) is not None)
    tree, found = read(document)
    statements = document["Statement"]
    requests = [request_of(draw) for _ in range(ASKED)]
    for item in found:
        if item.rule == "policy-allows-nobody":
            assert all(verdict(document, asked) is not Verdict.ALLOW for asked in requests), document
        if item.rule not in (*NEVER, "allow-covered-by-deny", "redundant-statement", "condition-always-holds"):
            continue
        at = place(tree, item.span)
        alone = statements[at]
        rest = of(*statements[:at], *statements[at + 1 :])
        for asked in requests:
            if never_matches(item, alone):
                assert verdict(of(alone), asked) in NO_MATCH, (item.message, alone, asked)
            elif item.rule == "condition-always-holds" and "every request" in item.message and one_test(alone):
                bare = {name: value for name, value in alone.items() if name != "Condition"}
                assert verdict(of(alone), asked) is verdict(of(bare), asked), (item.message, alone, asked)
            elif item.rule in ("allow-covered-by-deny", "redundant-statement") and len(statements) > 1:
                allowed = verdict(rest, asked) is Verdict.ALLOW
                assert (verdict(document, asked) is Verdict.ALLOW) is allowed, (item.message, document, asked)


def never_matches(item: Diagnostic, statement: dict[str, Any]) -> bool:
    """Whether a finding says of the whole statement that it never matches."""
    match item.rule:
        case "condition-never-holds" | "resource-contradicts-condition":
            return whole(item, statement)
        case "caller-contradicts-condition":
            return one_caller(statement)
        case "value-never-matches":
            return matches_value(item, statement)
        case _:
            return False


def whole(item: Diagnostic, statement: dict[str, Any]) -> bool:
    """Whether a finding is about the whole statement: not about one alternative, or one resource of several."""
    return "alternative" not in item.message and isinstance(statement["Resource"], str)


def one_caller(statement: dict[str, Any]) -> bool:
    return isinstance(statement["Principal"], dict) and all(
        isinstance(one, str) for one in statement["Principal"].values()
    )


def one_test(statement: dict[str, Any]) -> bool:
    return sum(map(len, statement["Condition"].values())) == 1


def matches_value(item: Diagnostic, statement: dict[str, Any]) -> bool:
    """Whether the value that is told never to match is the only one of a test that has to hold."""
    return any(
        not any(word in operator for word in ("Not", "IfExists", "Null"))
        and isinstance(value, str)
        and f"`{value}`:" in item.message
        for operator, entries in statement.get("Condition", {}).items()
        for value in entries.values()
    )


def asks_for_unsigned(statement: dict[str, Any]) -> bool:
    """Whether a statement names the type of callers without a signature: then they are meant."""
    return any(
        operator.startswith("StringEquals") and "anonymous" in str(entries.get("aws:PrincipalType", "")).lower()
        for operator, entries in statement.get("Condition", {}).items()
    )


@cases(-(-CASES // 25), seeds())
def test_an_unsigned_request_that_is_let_in_was_told(draw: Random) -> None:
    document = document_of(draw)
    assume(engine(json.dumps(document)) is not None)
    _, found = read(document)
    rules = {item.rule for item in found}
    if rules & OPEN or any(item.rule in NEVER for item in found) or any(map(asks_for_unsigned, document["Statement"])):
        return
    for _ in range(ASKED):
        asked = request_of(draw)
        if asked.caller == CALLERS[-1]:
            assert verdict(document, asked) is not Verdict.ALLOW, (document, asked, sorted(rules))


def test_the_claims_that_are_held_are_made() -> None:
    """The generator writes policies of which the rules have something to say."""
    draw = Random("claims")
    told = {item.rule for _ in range(150) for item in read(document_of(draw))[1]}
    assert told >= {
        *NEVER,
        "allow-covered-by-deny",
        "redundant-statement",
        "condition-always-holds",
        "open-to-anonymous",
    }
