"""Requests to endpoints: the gates of section 3, what is unknown, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.ir.build import build_program
from policyc.ir.program import Program
from policyc.model.values import Principal, Scalar
from policyc.targets.base import Request
from policyc.targets.verified_access import TARGET
from policyc.targets.verified_access.chain import simulate
from tests.alone import checked, words_of

WORDS = words_of(TARGET)

FINANCE = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
HEAD = f"""module a
group finance = idc_group("{FINANCE}")
resource staff: verified_access.group {{ trust: {{ idc: iam_identity_center, jamf: jamf }} }}
resource web: verified_access.endpoint {{ group: staff, protocol: https }}
resource shell: verified_access.endpoint {{ group: staff, protocol: tcp }}
"""
GROUP_POLICY = """policy staff_policy for verified_access on staff {
  allow "finance" { when finance in idc.groups and idc.user.email.verified and jamf.risk in ["LOW", "SECURE"] }
  allow "boss" { when idc.user.user_name == "boss" }
  deny "old browsers" { when http_request.user_agent like "*MSIE*" }
}
"""
ENDPOINT_POLICY = """policy web_policy for verified_access on web {
  allow "reads" { when http_request.http_method in [GET, HEAD] }
}
"""
GOOD: dict[str, tuple[Scalar, ...]] = {
    "idc.groups": (FINANCE,),
    "idc.user.email.verified": (True,),
    "idc.user.user_name": ("alice",),
    "jamf.risk": ("LOW",),
    "http_request.http_method": ("GET",),
}


def project(folder: Path, *policies: str) -> Program:
    (folder / "a.policy").write_text(HEAD + "".join(policies), encoding="utf-8")
    diagnostics = Diagnostics()
    program = checked(TARGET, folder, diagnostics, "a.policy")
    assert list(diagnostics) == []
    return program


def ask(program: Program, values: Mapping[str, tuple[Scalar, ...]], to: str = "web") -> Outcome:
    diagnostics = Diagnostics()
    request = Request(program.resources[f"a.policy#{to}"], None, None, None, values)
    outcome = TARGET.simulate(program, TARGET.emit(program, diagnostics), request, diagnostics)
    assert list(diagnostics) == []
    assert outcome is not None
    return outcome


def verdicts(outcome: Outcome) -> list[tuple[str, str, Verdict]]:
    return [(gate.kind, gate.name, gate.verdict) for gate in outcome.gates]


def test_without_any_policy_all_is_blocked(tmp_path: Path) -> None:
    outcome = ask(project(tmp_path), GOOD)
    assert outcome.decision is Decision.DENY
    assert verdicts(outcome) == [("group", "staff", Verdict.IMPLICIT_DENY), ("endpoint", "web", Verdict.IMPLICIT_DENY)]
    assert [gate.switches for gate in outcome.gates] == [(), ()]


def test_a_group_policy_decides_alone(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY)
    outcome = ask(program, GOOD)
    assert outcome.decision is Decision.ALLOW
    assert verdicts(outcome) == [("group", "staff_policy", Verdict.ALLOW), ("endpoint", "web", Verdict.SKIPPED)]
    assert ask(program, {**GOOD, "jamf.risk": ("HIGH",)}).decision is Decision.DENY


@pytest.mark.parametrize(
    ("change", "decision", "deciding"),
    [
        ({}, Decision.ALLOW, None),
        ({"jamf.risk": ("HIGH",)}, Decision.DENY, "staff_policy"),
        ({"http_request.http_method": ("POST",)}, Decision.DENY, "web_policy"),
        ({"jamf.risk": (), "http_request.http_method": ("POST",)}, Decision.DENY, "staff_policy"),
        ({"http_request.user_agent": ("MSIE 6.0",)}, Decision.DENY, "staff_policy"),
    ],
)
def test_both_policies_have_to_allow(
    tmp_path: Path, change: Mapping[str, tuple[Scalar, ...]], decision: Decision, deciding: str | None
) -> None:
    outcome = ask(project(tmp_path, GROUP_POLICY, ENDPOINT_POLICY), {**GOOD, **change})
    assert (outcome.decision, outcome.deciding) == (decision, deciding)


def test_an_allow_of_the_endpoint_does_not_stand_in_for_the_groups(tmp_path: Path) -> None:
    """One concatenated policy set would allow this."""
    open_endpoint = 'policy web_policy for verified_access on web { allow "all" { when true } }\n'
    outcome = ask(project(tmp_path, GROUP_POLICY, open_endpoint), {**GOOD, "jamf.risk": ("HIGH",)})
    assert verdicts(outcome) == [
        ("group", "staff_policy", Verdict.IMPLICIT_DENY),
        ("endpoint", "web_policy", Verdict.ALLOW),
    ]
    assert outcome.decision is Decision.DENY


def test_an_endpoint_policy_alone_is_undocumented_and_denies_unless_chosen(tmp_path: Path) -> None:
    program = project(tmp_path, ENDPOINT_POLICY)
    outcome = ask(program, GOOD)
    assert outcome.decision is Decision.DENY
    assert outcome.gates[0].switches == ("endpoint-policy-alone",)
    assert "not document" in outcome.gates[0].summary
    diagnostics = Diagnostics()
    request = Request(program.resources["a.policy#web"], None, None, None, GOOD)
    chosen = simulate(program, TARGET.emit(program, diagnostics), request, diagnostics, endpoint_alone="allow")
    assert chosen is not None and chosen.decision is Decision.ALLOW
    assert chosen.gates[0].switches == ("endpoint-policy-alone",)
    denied = ask(program, {**GOOD, "http_request.http_method": ("POST",)})
    assert (denied.decision, denied.deciding, denied.gates[0].switches) == (Decision.DENY, "web_policy", ())


def test_what_every_request_has_is_unknown_until_stated(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY, ENDPOINT_POLICY)
    values = {name: value for name, value in GOOD.items() if name != "http_request.http_method"}
    outcome = ask(program, values)
    assert (outcome.decision, outcome.deciding) == (Decision.UNDECIDED, "web_policy")
    assert outcome.missing == ("http_request.http_method",)
    assert outcome.gates[1].nearest is not None and outcome.gates[1].nearest.label == "reads"
    assert [reason.matched for reason in outcome.gates[1].nearest.reasons] == [None]


def test_a_gap_that_cannot_matter_leaves_the_answer(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY, ENDPOINT_POLICY)
    refused = {"idc.user.user_name": ("alice",), "jamf.risk": ("HIGH",), "http_request.http_method": ("GET",)}
    assert ask(program, refused).decision is Decision.DENY
    browser = {"http_request.user_agent": ("MSIE",)}
    assert ask(program, browser).decision is Decision.DENY


def test_device_data_that_is_not_stated_is_absent(tmp_path: Path) -> None:
    outcome = ask(project(tmp_path, GROUP_POLICY), {name: value for name, value in GOOD.items() if name != "jamf.risk"})
    assert (outcome.decision, outcome.missing) == (Decision.DENY, ())


def test_a_refusal_names_the_nearest_statement_and_its_miss(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY, ENDPOINT_POLICY)
    values = {name: value for name, value in GOOD.items() if name != "jamf.risk"}
    gate = ask(program, {**values, "idc.user.user_name": ("boss2",)}).gates[0]
    text = program.sources["a.policy"].text
    assert gate.nearest is not None and gate.nearest.label == "finance"
    (miss,) = gate.nearest.misses
    assert (miss.subject, miss.operator, miss.expected, miss.actual) == (
        "context.jamf.risk",
        "in",
        ('"LOW"', '"SECURE"'),
        None,
    )
    assert miss.span is not None and text[miss.span.start : miss.span.end] == 'jamf.risk in ["LOW", "SECURE"]'
    assert gate.nearest.span is not None and text[gate.nearest.span.start :].startswith('allow "finance"')
    assert gate.nearest.policy == "staff_policy"


def test_an_allow_names_the_statement_and_a_deny_wins(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY)
    both = {**GOOD, "idc.user.user_name": ("boss",)}
    assert [item.label for item in ask(program, both).gates[0].decided_by] == ["finance", "boss"]
    gate = ask(program, {**both, "http_request.user_agent": ("MSIE",)}).gates[0]
    assert gate.verdict is Verdict.EXPLICIT_DENY
    assert [item.label for item in gate.decided_by] == ["old browsers"]
    assert gate.decided_by[0].reasons[0].actual == ('"MSIE"',)


def test_request_data_of_the_other_protocol_is_absent(tmp_path: Path) -> None:
    flows = 'policy p for verified_access on staff { allow "flows" { when not exists http_request.path } }\n'
    program = project(tmp_path, flows)
    assert ask(program, {}, "shell").decision is Decision.ALLOW
    assert ask(program, {}, "web").decision is Decision.DENY


def test_a_caller_sees_403_over_http(tmp_path: Path) -> None:
    program = project(tmp_path)
    assert ask(program, {}).error == "HTTP 403"
    assert ask(program, {}, "shell").error == ""


def test_the_leading_slash_of_a_path_is_named_where_it_decides(tmp_path: Path) -> None:
    """Section 2.1: AWS's example has no leading slash, its log URLs have one."""
    strict = 'policy p for verified_access on staff { allow "a" { when http_request.path like "/app/*" } }\n'
    outcome = ask(project(tmp_path, strict), {"http_request.path": ("/app/x",)})
    assert outcome.decision is Decision.ALLOW
    assert outcome.gates[0].switches == ("path-slash",)
    both = strict.replace('like "/app/*"', 'like "/app/*" or http_request.path like "app/*"')
    assert ask(project(tmp_path, both), {"http_request.path": ("/app/x",)}).gates[0].switches == ()


def test_trusted_kinds_leave_a_deny_that_cedar_may_skip(tmp_path: Path) -> None:
    """The switch `unexpected-kinds`: shorter text, and on an unexpected value nobody documents what becomes of the request."""
    text = """policy p for verified_access on staff {
  allow "all" { when true }
  deny "outside" { when http_request.client_ip not in "10.0.0.0/8" }
}
"""
    program = replace(project(tmp_path, text), switches={"unexpected-kinds": "trusted"})
    (document,) = TARGET.emit(program, Diagnostics())
    assert "forbid (principal, action, resource)" in document.text and "unless:" not in document.text
    gate = ask(program, {"http_request.client_ip": ("10.1.1.1, 192.0.2.1",)}).gates[0]
    assert (gate.verdict, gate.switches) == (Verdict.UNDECIDED, ("erroring-forbid",))
    assert "Cedar skips it" in gate.summary
    assert ask(program, {"http_request.client_ip": ("10.1.1.1",)}).decision is Decision.ALLOW
    assert ask(program, {"http_request.client_ip": ("192.0.2.1",)}).decision is Decision.DENY


def test_a_deny_that_cannot_be_answered_denies(tmp_path: Path) -> None:
    """Cedar would skip it as a `forbid`; inside the permits it keeps them from applying."""
    outside = """policy p for verified_access on staff {
  allow "all" { when true }
  deny "outside" { when http_request.client_ip not in "10.0.0.0/8" }
}
"""
    program = project(tmp_path, outside)
    gate = ask(program, {"http_request.client_ip": ("10.1.1.1, 192.0.2.1",)}).gates[0]
    assert (gate.verdict, gate.switches) == (Verdict.EXPLICIT_DENY, ())
    assert [item.label for item in gate.decided_by] == ["outside"]
    assert "`outside`" in gate.summary
    assert ask(program, {"http_request.client_ip": ("10.1.1.1",)}).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"jamf.rsk": ("LOW",)}, "unknown-attribute"),
        ({"tcp_flow.client_ip": ("192.0.2.1",)}, "unknown-attribute"),
        ({"jamf.risk": ("LOW", "HIGH")}, "type-mismatch"),
        ({"jamf.risk": (Decimal("1.5"),)}, "unusable-request"),
        ({"jamf.iat": (2**63,)}, "unusable-request"),
    ],
)
def test_requests_that_cannot_be_asked(tmp_path: Path, values: Mapping[str, tuple[Scalar, ...]], rule: str) -> None:
    program = project(tmp_path, GROUP_POLICY)
    request = Request(program.resources["a.policy#web"], None, None, None, values)
    assert refused(program, request) == [rule]


@pytest.mark.parametrize(
    ("to", "name", "help"),
    [
        ("web", "tcp_flow.client_ip", "`tcp_flow` belongs to tcp endpoints"),
        ("shell", "http_request.client_ip", "`http_request` belongs to http and https endpoints"),
    ],
)
def test_request_data_of_the_other_protocol_is_explained(tmp_path: Path, to: str, name: str, help: str) -> None:
    program = project(tmp_path, GROUP_POLICY)
    diagnostics = Diagnostics()
    request = Request(program.resources[f"a.policy#{to}"], None, None, None, {name: ("192.0.2.1",)})
    assert TARGET.simulate(program, TARGET.emit(program, diagnostics), request, diagnostics) is None
    (found,) = diagnostics
    assert (found.rule, found.help.endswith(help)) == ("unknown-attribute", True)


def test_a_request_has_no_caller_and_goes_to_an_endpoint(tmp_path: Path) -> None:
    program = project(tmp_path, GROUP_POLICY)
    request = Request(program.resources["a.policy#web"], None, None, None, {})
    assert refused(program, replace(request, who=Principal("anonymous", ()))) == ["clause-not-allowed"]
    assert refused(program, replace(request, can="GET")) == ["clause-not-allowed"]
    assert refused(program, replace(request, path="/x")) == ["clause-not-allowed"]
    assert refused(program, replace(request, resource=program.resources["a.policy#staff"])) == ["request-to-group"]


def refused(program: Program, request: Request) -> list[str]:
    diagnostics = Diagnostics()
    documents = TARGET.emit(program, diagnostics)
    assert TARGET.simulate(program, documents, request, diagnostics) is None
    return [item.rule for item in diagnostics]


def test_the_domain_of_an_endpoint_is_the_host_of_its_requests(tmp_path: Path) -> None:
    named = HEAD.replace("protocol: https }", 'protocol: https, domain: "app.example.com" }')
    (tmp_path / "a.policy").write_text(
        named
        + 'policy web_policy for verified_access on staff { allow "host" { when http_request.hostname == "app.example.com" } }\n',
        encoding="utf-8",
    )
    diagnostics = Diagnostics()
    program = build_program(tmp_path, [tmp_path / "a.policy"], {}, WORDS, diagnostics)
    documents = TARGET.emit(program, diagnostics)
    web = next(resource for resource in program.resources.values() if resource.name == "web")
    for values, decision in [({}, Decision.ALLOW), ({"http_request.hostname": ("other.example.com",)}, Decision.DENY)]:
        outcome = simulate(program, documents, Request(web, None, None, None, values), diagnostics)
        assert outcome is not None
        assert outcome.decision is decision
