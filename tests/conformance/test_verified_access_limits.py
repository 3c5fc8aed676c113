"""What Verified Access cannot say is an error at the place that says it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from policyc.data import data_root
from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Atom, Constant, Op, Policy, Statement
from policyc.ir.program import Program
from policyc.model.types import INT, STRING
from policyc.model.values import Resource
from policyc.model.vocabulary import Attribute
from policyc.targets.verified_access import TARGET
from policyc.targets.verified_access.limits import check_policy
from policyc.targets.verified_access.scope import facts
from policyc.text import Span
from tests.alone import checked

HEAD = """module a
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
group ops = oidc_group("ops")
resource staff: verified_access.group { trust: { idc: iam_identity_center, okta: oidc, jamf: jamf, crwd: crowdstrike } }
resource web: verified_access.endpoint { group: staff, protocol: https }
resource shell: verified_access.endpoint { group: staff, protocol: tcp }
"""


def findings(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """(rule, the text that its span covers, help) of every finding, in the order of the file."""
    (folder / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = checked(TARGET, folder, diagnostics, "a.policy")
    TARGET.check_program(program, diagnostics)
    return [
        (item.rule, text[item.span.start : item.span.end] if item.span else "", item.help)
        for item in diagnostics.sorted()
    ]


def condition(folder: Path, text: str, on: str = "staff") -> list[tuple[str, str, str]]:
    return findings(folder, f'{HEAD}policy p for verified_access on {on} {{ allow "a" {{ when {text} }} }}\n')


@pytest.mark.parametrize(
    ("text", "rule", "shown"),
    [
        # a group of the wrong kind, section 2.3 and 2.4
        ("ops in idc.groups", "group-kind", "ops"),
        ("finance in okta.groups", "group-kind", "finance"),
        ("ops in jamf.groups", "group-kind", "ops"),
        # sets and records
        ('idc.groups == "x"', "missing-qualifier", "idc.groups"),
        ("all idc.groups in [finance]", "all-of-record", "all idc.groups in [finance]"),
        ('any okta.groups like "ops-*"', "pattern-over-set", 'any okta.groups like "ops-*"'),
        # patterns
        ('okta.email like "a?@example.com"', "one-character-wildcard", '"a?@example.com"'),
        # version compare, L22
        ('jamf.osv > "14.0"', "wrong-operator", '"14.0"'),
        # scores, L30
        ('crwd.assessment.overall == "pass"', "type-mismatch", '"pass"'),
        # ports of unsure type, L24
        ("http_request.port > 1024", "order-of-unsure-type", "http_request.port > 1024"),
        # addresses, L20
        ('http_request.client_ip == "::ffff:10.1.1.1"', "unreadable-address", '"::ffff:10.1.1.1"'),
        ('http_request.client_ip like "10.1.*"', "wrong-operator", '"10.1.*"'),
        # invented or misspelt data, L10 and L11
        ('http_request.method == "GET"', "unknown-attribute", "http_request.method"),
        ("crwd.assessent.overall > 50", "unknown-attribute", "crwd.assessent.overall"),
        ('okta.claims.department == "x"', "unknown-attribute", "okta.claims.department"),
        ('identity.email == "x"', "unknown-attribute", "identity.email"),
    ],
)
def test_a_condition_without_cedar_form(tmp_path: Path, text: str, rule: str, shown: str) -> None:
    found = condition(tmp_path, text)
    assert [(name, place) for name, place, _ in found] == [(rule, shown)]
    assert found[0][2]


def test_names_are_suggested(tmp_path: Path) -> None:
    assert condition(tmp_path, 'http_request.method == "GET"')[0][2] == "did you mean `http_request.http_method`?"


@pytest.mark.parametrize(
    ("on", "text"), [("web", 'tcp_flow.client_ip == "192.0.2.1"'), ("shell", "http_request.http_method == GET")]
)
def test_request_data_follows_the_protocol(tmp_path: Path, on: str, text: str) -> None:
    assert [rule for rule, _, _ in condition(tmp_path, text, on)] == ["unknown-attribute"]
    assert condition(tmp_path, text, "staff") == []


@pytest.mark.parametrize(
    ("clause", "word"), [("who anyone", "who"), ("can GET", "can"), ('path "/x"', "path"), ("on web", "on")]
)
def test_the_scope_stays_open(tmp_path: Path, clause: str, word: str) -> None:
    found = findings(tmp_path, f'{HEAD}policy p for verified_access on staff {{ allow "a" {{ {clause} }} }}\n')
    rule, place, help = found[0]
    assert (rule, place) == ("clause-not-allowed", clause)
    assert help == TARGET.vocabulary().hints[word]


def test_one_policy_for_each_resource(tmp_path: Path) -> None:
    text = HEAD + "".join(
        f'policy {name} for verified_access on staff {{ allow "a" {{ when true }} }}\n' for name in "pq"
    )
    assert [(rule, place) for rule, place, _ in findings(tmp_path, text)] == [("second-policy", "q")]


def test_one_document_for_each_name(tmp_path: Path) -> None:
    for name in "ab":
        text = f"""module {name}
resource g: verified_access.group {{ }}
policy same for verified_access on g {{ allow "x" {{ when true }} }}
"""
        (tmp_path / f"{name}.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    checked(TARGET, tmp_path, diagnostics, "a.policy", "b.policy")
    (found,) = diagnostics
    assert (found.rule, found.span.file if found.span else "") == ("same-document", "b.policy")
    assert [label.span.file for label in found.labels] == ["a.policy"]


def test_a_statement_that_cedar_might_give_up_on(tmp_path: Path) -> None:
    wide = " and ".join(f'okta.email != "{number}@example.com"' for number in range(130))
    assert [rule for rule, _, _ in condition(tmp_path, wide)] == ["statement-too-large"]
    assert condition(tmp_path, " and ".join(f'jamf.osv != "{number}"' for number in range(80))) == []


def copies(allows: int, denies: int) -> str:
    lines = [f'allow "a{n}" {{ when okta.email == "u{n}@example.com" }}' for n in range(allows)]
    lines += [f'deny "d{n}" {{ when http_request.user_agent like "*agent-{n}*" }}' for n in range(denies)]
    return f"{HEAD}policy p for verified_access on staff {{ {' '.join(lines)} }}\n"


def test_a_document_that_grows_by_copies_is_told_with_its_size(tmp_path: Path) -> None:
    """More than a CloudFormation template body may have (51,200 bytes), with copies for each allow; fewer are no news."""
    ((rule, shown, help),) = findings(tmp_path, copies(60, 20))
    assert (rule, shown) == ("large-document", "p")
    assert 'unexpected-kinds = "trusted"' in help and "the deny does not hold" in help
    assert findings(tmp_path, copies(10, 10)) == []


def test_a_statement_that_nests_too_deep(tmp_path: Path) -> None:
    text = 'jamf.osv == "0"'
    for number in range(30):
        text = f'(({text} and jamf.sub == "{number}") or jamf.iss == "{number}")'
    assert [rule for rule, _, _ in condition(tmp_path, text)] == ["statement-too-large"]


@pytest.mark.parametrize(
    ("fields", "rule", "shown"),
    [
        ("trust: { a: oidcc }", "unknown-trust-type", "oidcc"),
        ("trust: { a: 3 }", "unknown-trust-type", "3"),
        ("trust: { http_request: oidc }", "reserved-reference", "oidc"),
        ('trust: { a: oidc, b: jamf }, references: { a: "x", b: "x" }', "duplicate-reference", "jamf"),
        ('trust: { a: oidc }, references: { a: "tcp_flow" }', "reserved-reference", "oidc"),
        ('trust: { a: oidc }, references: { b: "x" }', "unknown-trust-provider", '"x"'),
        ("trust: { a: oidc }, references: { a: x }", "malformed-reference", "x"),
        ("trust: { a: oidc }, claims: { a: string }", "malformed-claim", "string"),
        ("trust: { a: oidc }, claims: { b.x: string }", "unknown-trust-provider", "string"),
        ("trust: { a: oidc }, claims: { a.x: text }", "unknown-claim-type", "text"),
        ("trust: { a: jamf }, claims: { a.x: string }", "closed-trust-type", "string"),
        ("trust: { a: oidc }, claims: { a.x: string, a.x.y: int }", "claim-inside-claim", "int"),
    ],
)
def test_trust_data_of_a_group(tmp_path: Path, fields: str, rule: str, shown: str) -> None:
    text = f"""module a
resource g: verified_access.group {{ {fields} }}
policy p for verified_access on g {{ allow "a" {{ when true }} }}
"""
    assert [(name, place) for name, place, _ in findings(tmp_path, text)] == [(rule, shown)]


def test_declared_claims_are_in_scope_and_replace_documented_ones(tmp_path: Path) -> None:
    text = """module a
resource g: verified_access.group {
  trust: { okta: oidc },
  claims: { okta.department: string, okta["cognito:groups"]: string_set, okta.groups: string, okta.level: int, okta.vip: bool }
}
policy p for verified_access on g {
  allow "a" {
    when okta.department == "x" and "y" in okta["cognito:groups"] and okta.groups like "ops*" and okta.level >= 3 and okta.vip
  }
}
"""
    assert findings(tmp_path, text) == []
    wrong = text.replace("when okta.department", "when okta.departmnt")
    assert [(rule, help) for rule, _, help in findings(tmp_path, wrong)] == [
        ("unknown-attribute", "did you mean `okta.department`?")
    ]


# --- the same limits for a normal form that no source has passed -----------------------------------------------------

SPAN = Span("a.policy", 0, 1)
GROUP = Resource("g", "verified_access.group", (), "a.policy", SPAN)
SEEN = facts(GROUP, {GROUP.id: GROUP})


@pytest.mark.parametrize(
    ("atom", "rule"),
    [
        (Atom(Attribute("x.y", "x.y", STRING), Op.EQ, (Constant(STRING, "a"),)), "unknown-attribute"),
        (
            Atom(SEEN["http_request.x_forwarded_for"].attribute, Op.IN_CIDR, (Constant(STRING, "10.0.0.0/8"),)),
            "wrong-operator",
        ),
        (Atom(SEEN["http_request.path"].attribute, Op.EQ, (Constant(INT, 3),)), "type-mismatch"),
        (Atom(SEEN["http_request.port"].attribute, Op.EQ, (Constant(STRING, "22"),)), "type-mismatch"),
        (Atom(SEEN["http_request.path"].attribute, Op.LT, (Constant(STRING, "a"),)), "wrong-operator"),
        (Atom(SEEN["http_request.path"].attribute, Op.EQ, (Constant(STRING, "a"),), "any"), "single-valued-attribute"),
    ],
)
def test_limits_of_the_normal_form(atom: Atom, rule: str) -> None:
    statement = Statement("allow", "a", None, None, (), None, atom, span=SPAN)
    policy = Policy("p", "verified_access", GROUP, (statement,), "a.policy", SPAN)
    diagnostics = Diagnostics()
    check_policy(policy, Program({}, {}, {GROUP.id: GROUP}, (), (policy,), (), ()), diagnostics)
    assert [item.rule for item in diagnostics] == [rule]


def test_every_rule_is_explained() -> None:
    """Each rule that the target's modules name has an entry in one of the error files."""
    folder = data_root() / "policyc" if (data_root() / "policyc").is_dir() else Path(__file__).parents[2] / "policyc"
    named: set[str] = set()
    for module in [*folder.glob("targets/verified_access/*.py"), *folder.glob("targets/cedar_documents/*.py")]:
        text = module.read_text(encoding="utf-8")
        named |= set(re.findall(r'(?:error\(|return|return \()\s*"([a-z]+(?:-[a-z]+)+)",', text))
    assert "statement-too-large" in named and "group-kind" in named
    known: set[str] = set()
    for file in sorted((data_root() / "schemas" / "errors").glob("*.json")):
        known |= set(json.loads(file.read_text(encoding="utf-8")))
    assert named - known == set()
