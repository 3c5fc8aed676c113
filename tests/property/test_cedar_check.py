"""The checks on Cedar text against Cedar: what they say never happens does not happen, for any context that fits the documentation."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar import decide, parse_policies
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.verified_access.read.kinds import Kind, context_kind
from policyc.targets.verified_access.read.layout import lay_out
from policyc.targets.verified_access.read.statements import Verdict, check_statement
from policyc.text import Source

TRUST = {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike"}
CONTEXT = context_kind(TRUST)
OPEN = "(principal, action, resource)"
GROUP = "c242c5b0-6081-1845-6fa8-6e0d9513c107"


def values(kind: Kind, member: Any = None) -> st.SearchStrategy[Any]:
    """Any value that the documentation allows."""
    match kind.name:
        case "string" if member is not None and member.values:
            return st.sampled_from(member.values)
        case "string" if member is not None and member.form:
            return st.sampled_from(["GET", "POST"])
        case "string":
            return st.sampled_from(["", "x", "10.1.2.3", "a@example.com", "/x"])
        case "long" if member is not None and member.range is not None:
            return st.integers(*member.range)
        case "long":
            return st.integers(-2, 500)
        case "bool":
            return st.booleans()
        case "set":
            assert kind.item is not None
            return st.lists(values(kind.item), max_size=2)
        case "record" if kind.keyed:
            return st.sampled_from([{}, {GROUP: {}}, {GROUP: {"group_name": "x"}}])
        case _:
            return records(kind)


def records(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    needed = {name: values(member.kind, member) for name, member in kind.members.items() if member.required}
    others = {name: values(member.kind, member) for name, member in kind.members.items() if not member.required}
    return st.fixed_dictionaries(needed, optional=others)


TESTS = st.sampled_from(
    [
        'context.idc.user.email.address like "*@example.com"', "context.idc.user.email.verified", "context.idc.user.email.verified == true",
        f'context.idc.groups has "{GROUP}"', 'context.idc.groups has "finance"', f'context.idc.groups["{GROUP}"].group_name == "x"',
        'context.idc.user.email != ""', 'context.idc.groups.contains("x")', 'context.idc.user.email.address.contains("x")',
        "context has okta", "context has jamf", "context.okta has groups", 'context.okta.groups.contains("x")', "context has nope",
        'context.okta.groups == "x"', "context.okta.email_verified", 'context.okta.other == "x"', "context.okta has other",
        "context.jamf has risk", 'context.jamf.risk == "LOW"', 'context.jamf.risk == "low"', 'context.jamf.risk != "low"',
        '["LOW", "SECURE"].contains(context.jamf.risk)', '["low"].contains(context.jamf.risk)', 'context.jamf.risk in ["LOW"]',
        'context.jamf.osv > "14"', "context has jamf && context.jamf has risk", "context has crwd && context.crwd has assessment",
        "context.crwd.assessment has overall", "context.crwd.assessment.overall > 50", "context.crwd.assessment.overall > 100",
        "context.crwd.assessment.overall >= 0", 'context.crwd.assessment.overall == "x"', "context.crwd.assessment.overall < 20",
        'context.http_request.http_method == "GET"', 'context.http_request.http_method != "NO_SUCH"', "context.http_request.port == 443",
        'context.http_request.path like "*"', "context.http_request has query", 'context.http_request.query == "x"',
        "context has crwd.assessment.overall", "1 + 1 == 2", "true", "false", "principal in [principal]", "context.http_request.port + 1 > 2",
        'ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))', 'ip("10.0.0.300").isIpv4()', "[1, 2].containsAny([2])", '"x".contains("y")',
    ]
)  # fmt: skip
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


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, records(CONTEXT))
def test_what_is_said_to_be_sure_is_sure(condition: str, context: dict[str, Any]) -> None:
    """No finding: the forbid never fails. Never and always mean that, except where the statement fails."""
    text = f"forbid {OPEN} when {{ {condition} }};"
    document = parse_cedar(Source("p.cedar", text), Diagnostics())
    assert document is not None
    diagnostics = Diagnostics()
    verdict = check_statement(document.statements[0], CONTEXT, diagnostics)
    (result,) = decide(parse_policies(text), context).statements
    if result.error:
        assert diagnostics.has_errors, result.error
    if verdict is Verdict.NEVER:
        assert result.matched is False
    if verdict is Verdict.ALWAYS:
        assert result.matched is True or result.error
    if verdict is not Verdict.SOMETIMES:
        assert len(diagnostics) > 0


COMMENTS = st.sampled_from(["", "", "", " // c\n", "\n// d\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
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


@settings(max_examples=150, deadline=None)
@given(texts())
def test_formatting_twice_is_formatting_once(text: str) -> None:
    diagnostics = Diagnostics()
    once = lay_out(Source("p.cedar", text), diagnostics)
    if once is None:
        assert {item.rule for item in diagnostics} == {"cedar-layout"}
        return
    assert lay_out(Source("p.cedar", once), Diagnostics()) == once
