"""The checks on Cedar text against Cedar: what they say never happens does not happen, for any context that fits the documentation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.cedar.decide import decide, parse_policies
from policyc.syntax.cedar_nodes import Statement
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.text.kinds import Kind
from policyc.targets.cedar_documents.text.layout import lay_out
from policyc.targets.cedar_documents.text.statements import check_statement
from policyc.targets.verified_access.read.check import check_text
from policyc.targets.verified_access.read.context import context_kind
from policyc.text import Source, Span
from tests.cedar_texts import findings
from tests.property import drawing as st
from tests.property.drawing import Draw, cases

TRUST = {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike"}
CONTEXT = context_kind(TRUST)
EITHER = context_kind(TRUST, shared=True)
CASES = int(os.environ.get("POLICYC_CASES", "1500"))
OPEN = "(principal, action, resource)"
GROUP = "c242c5b0-6081-1845-6fa8-6e0d9513c107"


def values(kind: Kind, member: Any = None) -> st.Strategy[Any]:
    """Any value that the documentation allows."""
    match kind.name:
        case "string" if member is not None and member.values:
            return st.sampled_from(member.values)
        case "string" if member is not None and member.form:
            return st.sampled_from(["GET", "POST", "DELETE"])
        case "string" if member is not None and member.address:
            return st.sampled_from(["10.1.2.3", "10.200.0.1", "192.168.0.1", "2001:db8::1"])
        case "string":
            return st.sampled_from(["", "x", "xy", "10.1.2.3", "a@example.com", "/x"])
        case "long" if member is not None and member.text_too:
            return st.sampled_from([22, "22", 443, "443", -1])
        case "long" if member is not None and member.range is not None:
            return st.integers(*member.range)
        case "long":
            return st.integers(-2, 500)
        case "bool":
            return st.booleans()
        case "set":
            assert kind.item is not None
            return st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)
        case "record" if kind.keyed:
            return st.sampled_from([{}, {GROUP: {}}, {GROUP: {"group_name": "x"}}])
        case _:
            return records(kind)


def requests() -> st.Strategy[dict[str, Any]]:
    """A context of either kind of request."""
    roots = ("http_request", "tcp_flow")
    rest = Kind("record", members={name: item for name, item in EITHER.members.items() if name not in roots})
    one = st.sampled_from(roots).flatmap(lambda root: st.fixed_dictionaries({root: values(EITHER.members[root].kind)}))
    return st.builds(lambda first, second: {**first, **second}, one, records(rest))


def records(kind: Kind) -> st.Strategy[dict[str, Any]]:
    needed = {name: values(member.kind, member) for name, member in kind.members.items() if member.required}
    others = {name: values(member.kind, member) for name, member in kind.members.items() if not member.required}
    return st.fixed_dictionaries(needed, optional=others)


TESTS = st.sampled_from(
    [
        'context.idc.user.email.address like "*@example.com"',
        "context.idc.user.email.verified",
        "context.idc.user.email.verified == true",
        f'context.idc.groups has "{GROUP}"',
        'context.idc.groups has "finance"',
        f'context.idc.groups["{GROUP}"].group_name == "x"',
        'context.idc.user.email != ""',
        'context.idc.groups.contains("x")',
        'context.idc.user.email.address.contains("x")',
        "context has okta",
        "context has jamf",
        "context.okta has groups",
        'context.okta.groups.contains("x")',
        "context has nope",
        'context.okta.groups == "x"',
        "context.okta.email_verified",
        'context.okta.other == "x"',
        "context.okta has other",
        "context.jamf has risk",
        'context.jamf.risk == "LOW"',
        'context.jamf.risk == "low"',
        'context.jamf.risk != "low"',
        '["LOW", "SECURE"].contains(context.jamf.risk)',
        '["low"].contains(context.jamf.risk)',
        'context.jamf.risk in ["LOW"]',
        'context.jamf.osv > "14"',
        "context has jamf && context.jamf has risk",
        "context has crwd && context.crwd has assessment",
        "context.crwd.assessment has overall",
        "context.crwd.assessment.overall > 50",
        "context.crwd.assessment.overall > 100",
        "context.crwd.assessment.overall >= 0",
        'context.crwd.assessment.overall == "x"',
        "context.crwd.assessment.overall < 20",
        'context.http_request.http_method == "GET"',
        'context.http_request.http_method != "NO_SUCH"',
        "context.http_request.port == 443",
        'context.http_request.path like "*"',
        "context.http_request has query",
        'context.http_request.query == "x"',
        "context has crwd.assessment.overall",
        "1 + 1 == 2",
        "true",
        "false",
        "principal in [principal]",
        "context.http_request.port + 1 > 2",
        'ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))',
        'ip("10.0.0.300").isIpv4()',
        "[1, 2].containsAny([2])",
        '"x".contains("y")',
        'context.http_request.hostname like "x*"',
        'context.http_request.hostname like "*y"',
        'context.http_request.hostname == "x"',
        '["x", "xy"].contains(context.http_request.hostname)',
        'context.http_request.hostname != "x"',
        "context.http_request.port > 30",
        'ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8"))',
        "ip(context.http_request.client_ip).isIpv6()",
        'ip(context.http_request.client_ip).isInRange(ip("10.128.0.0/9"))',
        'context.http_request.client_ip == "10.1.2.3"',
        'ip(context.http_request.client_ip) == ip("10.1.2.3")',
        '[443, "443"].contains(context.http_request.port)',
        'context.okta.groups.containsAll(["x", "y"])',
        'context.okta.groups.containsAny(["y", "z"])',
        "context.okta.groups.containsAll([])",
        'context.jamf.risk like "*OW"',
        '["LOW", "HIGH", "MEDIUM"].contains(context.jamf.risk)',
        "context.crwd.assessment.overall <= 50",
        "context has http_request",
        "context has tcp_flow",
        'context.jamf.groups.contains("x")',
        "context.okta.exp * 2 > 10",
        "context.okta.exp * 9000000000000000000 > 10",
        'context.okta.x == "x"',
        'context.okta.x like "x*"',
        'context.okta.x != "x"',
        '(if context has jamf then context.jamf.risk else "x") == "LOW"',
        "context.http_request.hostname == context.okta.sub",
        'principal == Caller::"caller"',
        'principal != Caller::"caller"',
        "2 > 1",
        '"x" like "y"',
        "context.jamf.iat >= 0",
        'decimal(context.jamf.osv).lessThan(decimal("14.0"))',
        'context.okta.email == "x"',
        "context.tcp_flow.destination_port == 22",
    ]
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("{} && {}".format, inner, inner).map(lambda text: f"({text})"),
        st.builds("{} || {}".format, inner, inner).map(lambda text: f"({text})"),
        st.builds("!({})".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)


@cases(max(60, CASES // 60), CONDITIONS, records(CONTEXT))
def test_a_forbid_of_which_nothing_is_said_never_fails(condition: str, context: dict[str, Any]) -> None:
    text = f"forbid {OPEN} when {{ {condition} }};"
    document = parse_cedar(Source("p.cedar", text), Diagnostics())
    assert document is not None
    diagnostics = Diagnostics()
    check_statement(document.statements[0], CONTEXT, diagnostics)
    (result,) = decide(parse_policies(text), context).statements
    if result.error:
        assert any(item.severity is not Severity.INFO for item in diagnostics), result.error


def claims(text: str) -> tuple[list[Statement], dict[str, list[tuple[int, Diagnostic]]]]:
    """The statements of a text, and what is found: by rule, with the statement that each finding is in."""
    document = parse_cedar(Source("p.cedar", text), Diagnostics())
    assert document is not None
    out: dict[str, list[tuple[int, Diagnostic]]] = {}
    for item in findings(text, TRUST):
        assert item.span is not None
        out.setdefault(item.rule, []).append((place(document.statements, item.span), item))
    return list(document.statements), out


def place(statements: Sequence[Statement], span: Span) -> int:
    return next((at for at, item in enumerate(statements) if item.span.start <= span.start < item.span.end), -1)


def outcomes(text: str, context: dict[str, Any]) -> list[str]:
    """What each statement of a text comes to: `true`, `false`, `fails`, or `open` where it hangs on what nobody knows."""
    results = decide(parse_policies(text), context).statements
    words = {True: "true", False: "false", None: "open"}
    return ["fails" if item.error else words[item.matched] for item in results]


def is_for(text: str, context: dict[str, Any]) -> bool:
    """Whether a context is of the kind of request that a text is about: any, where it asks or reads both."""
    read = [root for root in ("http_request", "tcp_flow") if f"context.{root}" in text]
    asks = "context has http_request" in text or "context has tcp_flow" in text
    return asks or len(read) != 1 or read[0] in context


STATEMENTS = st.builds(
    "{} (principal, action, resource) {} {{ {} }};".format,
    st.sampled_from(["permit", "permit", "forbid"]),
    st.sampled_from(["when", "when", "unless"]),
    CONDITIONS,
)


@cases(
    max(60, CASES // 100), st.lists(STATEMENTS, min_size=1, max_size=3), st.lists(requests(), min_size=8, max_size=8)
)
def test_whatever_is_claimed_of_a_text_is_so(lines: list[str], contexts: list[dict[str, Any]]) -> None:
    """Never, always, only for those who have it, covered, overruled, cannot fail: each against contexts of both kinds."""
    statements, found = claims("\n".join(lines))
    read = Diagnostics()
    check_text(Source("p.cedar", "\n".join(lines)), read, TRUST)
    unsafe = {place(statements, item.span) for item in read if item.rule in FAILING and item.span is not None}
    effects = [item.effect for item in statements]
    for context in contexts:
        if not is_for("\n".join(lines), context):
            continue
        got = outcomes("\n".join(lines), context)
        for at, item in found.get("condition-never-holds", ()):
            assert got[at] != "true" or "alternative" in item.message
        for at, _ in found.get("everyone-allowed", ()):
            permits = [one for one, effect in enumerate(effects) if effect == "permit"]
            asked = "has" in lines[at]
            assert asked or any(got[one] in ("true", "open", "fails") for one in permits)
        for at, item in found.get("redundant-statement", ()):
            (other,) = (place(statements, label.span) for label in item.labels)
            assert got[at] != "true" or got[other] in ("true", "open")
        for at, item in found.get("allow-covered-by-deny", ()):
            others = [place(statements, label.span) for label in item.labels]
            assert got[at] != "true" or any(got[other] in ("true", "open") for other in others)
        if "policy-allows-nobody" in found:
            assert not any(state == "true" for state, effect in zip(got, effects, strict=True) if effect == "permit")
        assert all(at in unsafe or effects[at] == "permit" for at, state in enumerate(got) if state == "fails")


#: what tells that a forbid can fail
FAILING = (
    "cedar-forbid-fails-open",
    "cedar-type-mismatch",
    "cedar-unknown-attribute",
    "cedar-group-name",
    "cedar-no-entities",
    "cedar-address-list",
)


@cases(max(60, CASES // 100), CONDITIONS, st.lists(requests(), min_size=8, max_size=8))
def test_whatever_is_claimed_of_a_part_is_so(condition: str, contexts: list[dict[str, Any]]) -> None:
    """A part that is said to hold always is never false by itself, one that never holds is never true."""
    line = f"permit {OPEN} when {{ {condition} }};"
    _, found = claims(line)
    for rule, wrong in (
        ("cedar-always-true", "false"),
        ("condition-never-holds", "true"),
        ("cedar-always-false", "true"),
    ):
        for _, item in found.get(rule, ()):
            assert item.span is not None
            if not item.message.endswith(("never holds", "of the request")) and rule != "cedar-always-true":
                continue  # it never holds together with others
            part = line[item.span.start : item.span.end]
            for context in contexts:
                if is_for(line, context):
                    assert outcomes(f"permit {OPEN} when {{ {part} }};", context) != [wrong], (rule, part)


COMMENTS = st.sampled_from(["", "", "", " // c\n", "\n// d\n"])


@st.composite
def texts(draw: Draw) -> str:
    """Statements with comments in places where people put them."""
    out = []
    for _ in range(draw(st.integers(0, 3))):
        condition = draw(CONDITIONS).replace("&&", "&&" + draw(COMMENTS)).replace("||", draw(COMMENTS) + "||")
        effect, clause = draw(st.sampled_from(["permit", "forbid"])), draw(st.sampled_from(["when", "unless"]))
        note = draw(st.sampled_from(["", '@id("a")\n', "// first\n// second\n", "//\n"]))
        out.append(
            f"{note}{effect} {OPEN}{draw(COMMENTS)} {clause} {{{draw(COMMENTS)} {condition}{draw(COMMENTS)} }}{draw(COMMENTS)};{draw(COMMENTS)}"
        )
    return "\n\n".join(out)


@cases(max(60, CASES // 100), texts())
def test_formatting_twice_is_formatting_once(text: str) -> None:
    diagnostics = Diagnostics()
    once = lay_out(Source("p.cedar", text), diagnostics)
    if once is None:
        assert {item.rule for item in diagnostics} == {"cedar-layout"}
        return
    assert lay_out(Source("p.cedar", once), Diagnostics()) == once
