"""Client VPN: what an endpoint sees, what a policy on it becomes, and what a connection gets.

Sources: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/device-posture-policies-cedar.html (one permit needed, forbid first),
device-posture-step2.html (fixed names, connection data always there) and device-posture-concepts.html (shadow mode).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import decide, parse_policies
from policyc.engines.trace import Decision, Outcome
from policyc.simulation.runner import run_tests
from policyc.targets.program import emit_documents, load_program

ENDPOINT = """resource vpn: client_vpn.endpoint {
  trust: [crowdstrike], login: [saml, active_directory], signals: { connection.platform: string, active_directory.name: string }%s
}
"""
POLICY = """policy posture for client_vpn on vpn {
  allow "healthy" { when crowdstrike.assessment.overall > 50 }
  allow "named" { when active_directory.name like "adm-*" }
  deny "jailbroken" { when crowdstrike.jailbroken == true }
}
"""


def loaded(tmp_path: Path, text: str) -> tuple[list[str], list[Outcome], str]:
    """The rules of the findings, the answers to the requests of the tests, and the emitted text."""
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [tmp_path / "p.policy"], {}, diagnostics)
    if diagnostics.has_errors:
        return [item.rule for item in diagnostics], [], ""
    documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
    seen: list[Outcome] = []
    run_tests(program, documents, "", seen.append)
    return [item.rule for item in diagnostics], seen, "".join(item.text for item in documents)


def ask(fields: str) -> str:
    return f'test "t" {{ request vpn {{ {fields} }} expect allow }}\n'


@pytest.mark.parametrize(
    ("fields", "decision"),
    [
        ("crowdstrike.assessment.overall: 51", Decision.ALLOW),
        ("crowdstrike.assessment.overall: 50", Decision.DENY),
        ("crowdstrike.assessment.overall: 100, crowdstrike.jailbroken: true", Decision.DENY),
        ("crowdstrike.assessment.overall: 100, crowdstrike.jailbroken: false", Decision.ALLOW),
        ('active_directory.name: "adm-ana"', Decision.ALLOW),
        ('active_directory.name: "ana"', Decision.DENY),
        ("", Decision.DENY),
    ],
)
def test_one_permit_is_needed_and_a_forbid_wins(tmp_path: Path, fields: str, decision: Decision) -> None:
    rules, answers, _ = loaded(tmp_path, ENDPOINT % "" + POLICY + ask(fields))
    assert (rules, [answer.decision for answer in answers]) == ([], [decision])


def test_a_name_with_a_hyphen_is_the_services_own(tmp_path: Path) -> None:
    _, _, text = loaded(tmp_path, ENDPOINT % "" + POLICY)
    held = parse_policies(text)
    assert decide(held, {"active-directory": {"name": "adm-ana"}}).decision is Decision.ALLOW
    assert decide(held, {"active_directory": {"name": "adm-ana"}}).decision is Decision.DENY


def test_connection_data_is_always_there(tmp_path: Path) -> None:
    """What a request does not state of it is unknown; what a device does not report is absent."""
    policy = 'policy posture for client_vpn on vpn { allow "windows" { when connection.platform == "windows" } }\n'
    _, answers, _ = loaded(tmp_path, ENDPOINT % "" + policy + ask("crowdstrike.assessment.overall: 80"))
    assert [(item.decision, item.missing) for item in answers] == [(Decision.UNDECIDED, ("connection.platform",))]


def test_shadow_mode_blocks_nothing_and_says_so(tmp_path: Path) -> None:
    shadow = ENDPOINT % ", shadow_mode: enabled"
    _, answers, text = loaded(tmp_path, shadow + POLICY + ask("crowdstrike.assessment.overall: 10"))
    assert [item.decision for item in answers] == [Decision.DENY]
    assert "blocks no connection" in answers[0].notes[0]
    assert text == loaded(tmp_path, ENDPOINT % "" + POLICY)[2]


def test_an_endpoint_without_a_policy_is_undecided(tmp_path: Path) -> None:
    _, answers, _ = loaded(tmp_path, ENDPOINT % "" + ask("crowdstrike.assessment.overall: 80"))
    assert [item.decision for item in answers] == [Decision.UNDECIDED]


@pytest.mark.parametrize(
    ("when", "rule"),
    [
        ('jamf.risk == "LOW"', "unknown-attribute"),  # not in `trust`
        ('saml.memberOf == "a"', "missing-qualifier"),
        ('any saml.memberOf like "a*"', "pattern-over-set"),
        ("saml.department == 1", "unknown-attribute"),
    ],
)
def test_what_has_no_form_is_refused(tmp_path: Path, when: str, rule: str) -> None:
    policy = f'policy posture for client_vpn on vpn {{ allow "a" {{ when {when} }} }}\n'
    assert loaded(tmp_path, ENDPOINT % "" + policy)[0] == [rule]


@pytest.mark.parametrize(
    ("signals", "rules"),
    [
        ("jumpcloud.managed: bool", ["unknown-trust-provider"]),
        ("crowdstrike.assessment: string", ["documented-signal"]),
        ("crowdstrike.assessment.overall: string", ["documented-signal"]),
        ("saml.department: number", ["unknown-claim-type"]),
        ("connection: string", ["malformed-claim"]),
        ("saml.a: string, saml.a.b: string", ["claim-inside-claim"]),
        ("saml.department: string", []),
    ],
)
def test_signals_are_checked(tmp_path: Path, signals: str, rules: list[str]) -> None:
    endpoint = (
        f"resource vpn: client_vpn.endpoint {{ trust: [crowdstrike], login: [saml], signals: {{ {signals} }} }}\n"
    )
    assert loaded(tmp_path, endpoint)[0] == rules


def test_one_policy_for_each_endpoint(tmp_path: Path) -> None:
    assert loaded(tmp_path, ENDPOINT % "" + POLICY + POLICY.replace("posture", "second"))[0] == ["second-policy"]


def test_text_that_stands_by_itself_is_asked_by_its_own_gate(tmp_path: Path) -> None:
    """One gate: a connection has no group whose policy could be missing."""
    import policyc

    text = (
        'permit (principal, action, resource) when { context has saml && context.saml.memberOf.contains("a") &&'
        " context has crowdstrike && context.crowdstrike.assessment.overall > 50 };\n"
    )
    login = {"saml": {"memberOf": ["a"]}, "connection": {}}
    for score, decision in ((80, "allow"), (40, "deny")):
        context = {**login, "crowdstrike": {"assessment": {"overall": score}}}
        answer = policyc.simulate({"endpoint": text}, context=context)
        assert (answer.decision.value, [gate.kind for gate in answer.gates]) == (decision, ["endpoint"])
    asked = policyc.simulate({"endpoint": text}, context=login, unknown=["crowdstrike"])
    assert asked.decision.value == "undecided"
