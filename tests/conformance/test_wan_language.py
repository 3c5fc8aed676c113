"""Networks in the language: what each form becomes, what is refused, and what tests of networks say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.engines.wan.associate import associate
from policyc.ir.program import Program
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.questions import ask_path, attachment_from_flag, check_names, situate
from policyc.targets.cloud_wan.steps import StepResult, run_network_steps
from policyc.targets.program import load_program
from policyc.targets.registry import back_end
from policyc.targets.schema_check import check_documents

RULES = json.loads(read_text("schemas/errors/cloud_wan.json"))

HEAD = """\
let shop: account = "111122223333"
let wide: cidr = "10.0.0.0/8"
let gate: attachment_id = "attachment-0123456789abcdef0"
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1 { asn 64512 }, eu-west-1
  segment prod { isolate  no acceptance }
  segment dev { no acceptance }
  segment hub { no acceptance }
  function_group fw { no acceptance }
"""


def load(root: Path, text: str) -> tuple[Program, Diagnostics]:
    (root / "main.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    return load_program(root, [Path("main.policy")], {}, diagnostics), diagnostics


def emit(root: Path, body: str, head: str = HEAD, tail: str = "") -> tuple[dict[str, Any], list[Diagnostic]]:
    """The document of a network (empty when there is none) and the findings."""
    program, diagnostics = load(root, head + body + "\n}\n" + tail)
    documents = () if diagnostics.has_errors else back_end("cloudwan").emit(program, diagnostics)
    check_documents(documents, diagnostics, thorough=True)
    return (json.loads(documents[0].text) if documents else {}), diagnostics.sorted()


def actions(root: Path, body: str) -> Any:
    document, found = emit(root, body)
    assert found == [], [item.message for item in found]
    return document["segment-actions"][0]


def conditions(root: Path, text: str) -> Any:
    document, _ = emit(root, f"attach {{ 10: {text} -> segment dev }}")
    entry = document["attachment-policies"][0]
    return [tuple(condition.values()) for condition in entry["conditions"]], entry.get("condition-logic")


# --- forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("share hub with prod, dev", {"share-with": ["prod", "dev"]}),
        ("share hub with *", {"share-with": "*"}),
        (
            'share hub with * except prod { describe "most" }',
            {"share-with": {"except": ["prod"]}, "description": "most"},
        ),
        (
            'route dev wide, "::/0" -> blackhole',
            {"destination-cidr-blocks": ["10.0.0.0/8", "::/0"], "destinations": ["blackhole"]},
        ),
        ("route dev wide -> gate", {"destinations": ["attachment-0123456789abcdef0"]}),
        ("send to fw from prod", {"action": "send-to", "segment": "prod", "via": {"network-function-groups": ["fw"]}}),
        (
            "send via fw from prod { mode dual_hop }",
            {"action": "send-via", "mode": "dual-hop", "via": {"network-function-groups": ["fw"]}},
        ),
        ("send via fw from prod to * { mode single_hop }", {"mode": "single-hop", "when-sent-to": {"segments": "*"}}),
        (
            "send via fw from prod to dev { mode single_hop edge [us-east-1, eu-west-1], [eu-west-1] use us-east-1 }",
            {
                "via": {
                    "network-function-groups": ["fw"],
                    "with-edge-overrides": [
                        {"edge-sets": [["us-east-1", "eu-west-1"], ["eu-west-1"]], "use-edge-location": "us-east-1"}
                    ],
                }
            },
        ),
        (
            "apply p in prod from us-east-1 to eu-west-1  filter p direction inbound number 1 { 1: prefix == wide -> drop }",
            {
                "edge-location-association": {
                    "edge-location": "us-east-1",
                    "peer-edge-location": "eu-west-1",
                    "routing-policy-names": ["p"],
                }
            },
        ),
    ],
)
def test_segment_actions(tmp_path: Path, text: str, wanted: dict[str, Any]) -> None:
    action = actions(tmp_path, text)
    assert {key: action.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "wanted", "logic"),
    [
        ("otherwise", [("any",)], None),
        ('exists tag["x"]', [("tag-exists", "x")], None),
        ('tag["x"] == "y"', [("tag-value", "x", "equals", "y")], None),
        ('tag["x"] like "y*"', [("tag-value", "x", "begins-with", "y")], None),
        ('tag["x"] like "*y*"', [("tag-value", "x", "contains", "y")], None),
        ("account == shop", [("account-id", "equals", "111122223333")], None),
        ("region == us-east-1", [("region", "equals", "us-east-1")], None),
        ("region != us-east-1", [("region", "not-equals", "us-east-1")], None),
        ("type == site_to_site_vpn", [("attachment-type", "equals", "site-to-site-vpn")], None),
        ('resource_id like "*vpc-*"', [("resource-id", "contains", "vpc-")], None),
        (
            'type in [vpc, connect] or tag["x"] == "y"',
            [
                ("attachment-type", "equals", "vpc"),
                ("attachment-type", "equals", "connect"),
                ("tag-value", "x", "equals", "y"),
            ],
            "or",
        ),
        (
            "type in [vpc, connect]",
            [("attachment-type", "equals", "vpc"), ("attachment-type", "equals", "connect")],
            "or",
        ),
        (
            "region not in [us-east-1, eu-west-1] and account == shop",
            [
                ("region", "not-equals", "us-east-1"),
                ("region", "not-equals", "eu-west-1"),
                ("account-id", "equals", "111122223333"),
            ],
            "and",
        ),
        (
            "not (region == us-east-1 or type == vpc)",
            [("region", "not-equals", "us-east-1"), ("attachment-type", "not-equals", "vpc")],
            "and",
        ),
    ],
)
def test_attach_conditions(tmp_path: Path, text: str, wanted: list[tuple[str, ...]], logic: str | None) -> None:
    assert conditions(tmp_path, text) == (wanted, logic)


def test_not_equals_on_a_tag_comes_with_a_warning(tmp_path: Path) -> None:
    document, found = emit(tmp_path, 'attach { 10: tag["x"] != "y" -> segment dev }')
    assert document["attachment-policies"][0]["conditions"][0]["operator"] == "not-equals"
    assert [(item.rule, item.severity.value) for item in found] == [("not-equals-missing-tag", "warning")]


def test_destinations(tmp_path: Path) -> None:
    text = """attach {
      1: exists tag["fn"] -> group fw { require acceptance  describe "firewalls" }
      2: exists tag["s"] -> tag "s"
      3: otherwise -> segment dev { require acceptance }
    }"""
    document, found = emit(tmp_path, text)
    assert found == []
    first, second, third = document["attachment-policies"]
    assert first["description"] == "firewalls"
    assert first["action"] == {"add-to-network-function-group": "fw", "require-acceptance": True}
    assert second["action"] == {"association-method": "tag", "tag-value-of-key": "s"}
    assert third["action"] == {"association-method": "constant", "segment": "dev", "require-acceptance": True}


@pytest.mark.parametrize(
    ("rule", "matches", "logic", "action"),
    [
        ("prefix == wide -> drop", [("prefix-equals", "10.0.0.0/8")], "and", {"type": "drop"}),
        (
            "prefix in wide or prefix == wide -> allow",
            [("prefix-in-cidr", "10.0.0.0/8"), ("prefix-equals", "10.0.0.0/8")],
            "or",
            {"type": "allow"},
        ),
        (
            'prefix in [wide, "172.16.0.0/12"] -> drop',
            [("prefix-in-cidr", "10.0.0.0/8"), ("prefix-in-cidr", "172.16.0.0/12")],
            "or",
            {"type": "drop"},
        ),
        ('prefix_list == "known" -> drop', [("prefix-in-prefix-list", "known")], "and", {"type": "drop"}),
        (
            "65001 in as_path and med == 100 -> set_med 200",
            [("asn-in-as-path", 65001), ("med-equals", "100")],
            "and",
            {"type": "set-med", "value": "200"},
        ),
        (
            '"65000:1" in communities -> add_community "65000:2"',
            [("community-in-list", "65000:1")],
            "and",
            {"type": "add-community", "value": "65000:2"},
        ),
        (
            "any as_path in [65001, 65002] -> prepend_asns [65100]",
            [("asn-in-as-path", 65001), ("asn-in-as-path", 65002)],
            "or",
            {"type": "prepend-asn-list", "value": [65100]},
        ),
        (
            "prefix in wide -> summarize wide",
            [("prefix-in-cidr", "10.0.0.0/8")],
            "and",
            {"type": "summarize", "value": "10.0.0.0/8"},
        ),
        (
            "prefix in wide -> set_local_preference 300",
            [("prefix-in-cidr", "10.0.0.0/8")],
            "and",
            {"type": "set-local-preference", "value": "300"},
        ),
        (
            "otherwise -> drop",
            [
                ("prefix-equals", "0.0.0.0/0"),
                ("prefix-in-cidr", "0.0.0.0/0"),
                ("prefix-equals", "::/0"),
                ("prefix-in-cidr", "::/0"),
            ],
            "or",
            {"type": "drop"},
        ),
    ],
)
def test_filter_rules(
    tmp_path: Path, rule: str, matches: list[tuple[str, Any]], logic: str, action: dict[str, Any]
) -> None:
    body = f'filter p direction outbound number 5 {{ describe "d" 10: {rule} }} labels {{ 7: "vpcs", "dx" -> p {{ edges us-east-1 describe "l" }} }}'
    document, found = emit(tmp_path, body)
    assert found == []
    (policy,) = document["routing-policies"]
    assert (policy["routing-policy-name"], policy["routing-policy-direction"], policy["routing-policy-number"]) == (
        "p",
        "outbound",
        5,
    )
    definition = policy["routing-policy-rules"][0]["rule-definition"]
    assert [(match["type"], match["value"]) for match in definition["match-conditions"]] == matches
    assert (definition["condition-logic"], definition["action"]) == (logic, action)
    (label,) = document["attachment-routing-policy-rules"]
    assert label == {
        "rule-number": 7,
        "description": "l",
        "edge-locations": ["us-east-1"],
        "conditions": [
            {"type": "routing-policy-label", "value": "vpcs"},
            {"type": "routing-policy-label", "value": "dx"},
        ],
        "action": {"associate-routing-policies": ["p"]},
    }


def test_configuration_and_segments(tmp_path: Path) -> None:
    head = """network core for cloudwan version "2021.12" {
      asns 64512..64555, 4200000000..4200000010
      inside cidrs "10.0.0.0/16", "2001:db8::/48"
      option vpn_ecmp off  option dns on  option security_group_referencing on
      edges us-east-1 { asn 64512 inside cidrs "10.0.0.0/24" }, eu-west-1
      segment a { require acceptance edges us-east-1 describe "first" deny from b }
      segment b { no isolate allow from a }
    """
    document, found = emit(tmp_path, "", head)
    assert found == []
    assert document["core-network-configuration"] == {
        "vpn-ecmp-support": False,
        "dns-support": True,
        "security-group-referencing-support": True,
        "inside-cidr-blocks": ["10.0.0.0/16", "2001:db8::/48"],
        "asn-ranges": ["64512-64555", "4200000000-4200000010"],
        "edge-locations": [
            {"location": "us-east-1", "asn": 64512, "inside-cidr-blocks": ["10.0.0.0/24"]},
            {"location": "eu-west-1"},
        ],
    }
    assert document["segments"] == [
        {
            "name": "a",
            "description": "first",
            "edge-locations": ["us-east-1"],
            "require-attachment-acceptance": True,
            "deny-filter": ["b"],
        },
        {"name": "b", "isolate-attachments": False, "allow-filter": ["a"]},
    ]


def test_source_map_and_additions(tmp_path: Path) -> None:
    body = "share hub with dev\nfilter p direction inbound number 5 { 10: otherwise -> drop }"
    text = HEAD + body + "\n}\n"
    program, diagnostics = load(tmp_path, text)
    (document,) = back_end("cloudwan").emit(program, diagnostics)
    spans = {entry.pointer: text[entry.span.start : entry.span.end] for entry in document.map}
    assert spans["/segment-actions/0"] == "share hub with dev"
    assert spans["/routing-policies/0/routing-policy-rules/0"] == "10: otherwise -> drop"
    assert [(item.pointer, item.span is not None) for item in document.added] == [
        ("/routing-policies/0/routing-policy-rules/0", True)
    ]
    assert (document.path, document.owner) == ("cloudwan/core.json", "core")
    assert document.quota is not None and document.quota.counted == len(document.text.encode())
    assert back_end("cloudwan").emit(program, diagnostics) == [document]


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "rule", "text"),
    [
        ('attach { 10: type == vpc and (account == shop or exists tag["x"]) -> segment dev }', "mixed-logic", None),
        (
            "attach { 10: type in [vpc, connect] and account == shop -> segment dev }",
            "mixed-logic",
            "type in [vpc, connect]",
        ),
        ('attach { 10: not exists tag["x"] -> segment dev }', "no-negation", 'exists tag["x"]'),
        ('attach { 10: tag["x"] not like "a*" -> segment dev }', "no-negation", None),
        ('attach { 10: tag["x"] like "a*b" -> segment dev }', "attach-pattern", '"a*b"'),
        ('attach { 10: tag["x"] like "a?*" -> segment dev }', "attach-pattern", '"a?*"'),
        ("attach { 10: exists account -> segment dev }", "always-present", "exists account"),
        ("attach { 10: false -> segment dev }", "rule-never-matches", "false"),
        ('attach { 10: prefix == "10.0.0.0/8" -> segment dev }', "unknown-attribute", "prefix"),
        ("attach { 10: type == vpc -> group fw }", "function-group-condition", "type == vpc"),
        ("attach { 10: otherwise -> segment deev }", "network-unknown-name", "deev"),
        ("attach { 10: otherwise -> segment dev 10: otherwise -> segment hub }", "rule-number", "10"),
        ("attach { 10: otherwise -> segment dev { isolate } }", "misplaced-isolate", "isolate"),
        ("filter p direction sideways number 1 { 1: otherwise -> drop }", "network-unknown-word", "sideways"),
        ("filter p direction inbound number 1 { 1: otherwise -> dorp }", "network-unknown-word", "dorp"),
        ("filter p direction inbound number 1 { 1: otherwise -> drop 5 }", "action-value", "5"),
        ("filter p direction inbound number 1 { 1: otherwise -> set_med }", "action-value", "set_med"),
        ("filter p direction inbound number 1 { 1: otherwise -> prepend_asns [] }", "action-value", "[]"),
        ("filter p direction inbound number 1 { 1: prefix != wide -> drop }", "no-negation", "prefix != wide"),
        ("filter p direction inbound number 1 { 1: med > 5 -> drop }", "filter-operator", "med > 5"),
        ("filter p direction inbound number 1 { 1: all as_path == 65001 -> drop }", "filter-operator", None),
        ("filter p direction inbound number 1 { 1: type == vpc -> drop }", "unknown-attribute", "type"),
        ("filter p direction inbound number 1 { 1: otherwise -> summarize wide }", "summarize-inbound", "wide"),
        ("send via fw from prod", "send-mode", "send via fw from prod"),
        ("send via fw from prod { mode triple_hop }", "send-mode", "triple_hop"),
        ("send to fw from prod { mode dual_hop }", "send-mode", "mode dual_hop"),
        ("send via fw from prod { mode dual_hop mode single_hop }", "network-given-twice", "mode single_hop"),
        ("send to fw from prod  send via fw from dev { mode dual_hop }", "dual-hop-group", "fw"),
        ('route dev "10.0.0.1/8" -> blackhole', "host-bits", '"10.0.0.1/8"'),
        ('route dev wide -> "attachment-1"', "malformed-value", '"attachment-1"'),
        ("route dev wide -> blackhole, gate", "blackhole-alone", "blackhole"),
        ("option ecmp on", "network-unknown-word", "ecmp"),
        ("option dns on option dns off", "network-given-twice", "option dns off"),
        ("segment my { deny from prod allow from dev }", "both-filters", "dev"),
        ("function_group g { isolate }", "misplaced-isolate", "isolate"),
        ("edges us-east-1", "network-duplicate", "us-east-1"),
    ],
)
def test_refusals(tmp_path: Path, body: str, rule: str, text: str | None) -> None:
    document, found = emit(tmp_path, body)
    assert document == {}
    source = HEAD + body + "\n}\n"
    shown = [(item.rule, source[item.span.start : item.span.end]) for item in found if item.span is not None]
    assert rule in [name for name, _ in shown], shown
    assert text is None or (rule, text) in shown, shown
    assert all(item.help for item in found)


def test_a_network_needs_its_parts(tmp_path: Path) -> None:
    _, found = emit(tmp_path, "", 'network n for cloudwan version "2025.11" {')
    assert [item.rule for item in found] == ["network-missing-part"] * 3


def test_version_gates_stand_at_the_source(tmp_path: Path) -> None:
    head = HEAD.replace("2025.11", "2021.12")
    _, found = emit(tmp_path, "filter p direction inbound number 1 { 1: otherwise -> drop }", head)
    assert [item.rule for item in found] == ["network-version-feature"]
    assert "ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12" in found[0].help


def test_policies_and_requests_are_not_for_core_networks(tmp_path: Path) -> None:
    found = back_end("cloudwan")
    vocabulary = found.vocabulary()
    assert vocabulary.resource_types == {} and set(vocabulary.clauses.values()) == {"forbidden"}


# --- tests in the language --------------------------------------------------------------------------------------

TOPOLOGY = """
  share hub with prod
  send via fw from prod to dev { mode single_hop }
  attach {
    10: tag["fn"] == "fw" -> group fw
    20: exists tag["segment"] -> tag "segment"
    30: type == connect -> segment hub { require acceptance }
  }
"""
PLACES = """
  on core {
    attachment p1 { type: vpc, region: us-east-1, account: shop, tags: { segment: "prod" }, cidrs: ["10.1.0.0/16"] }
    attachment p2 { type: vpc, region: us-east-1, account: shop, tags.segment: "prod", cidrs: ["10.2.0.0/16"] }
    attachment d1 { type: vpc, region: eu-west-1, account: shop, tags: { segment: "dev" }, cidrs: ["10.3.0.0/16"] }
    attachment h1 { type: vpc, region: eu-west-1, account: shop, tags: { segment: "hub" }, cidrs: ["10.9.0.0/16"] }
    attachment f1 { type: vpc, region: us-east-1, account: shop, tags: { fn: "fw" }, cidrs: ["100.64.0.0/16"] }
    attachment c1 { type: connect, region: us-east-1, routes: [{ prefix: "172.16.0.0/12", as_path: [65001] }] }
    attachment lost { type: vpc, region: us-east-1, cidrs: ["10.8.0.0/16"] }
  }
"""


def steps(root: Path, text: str) -> tuple[list[StepResult], list[Diagnostic]]:
    program, diagnostics = load(root, HEAD + TOPOLOGY + '}\ntest "t" {' + PLACES + text + "\n}\n")
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    return run_network_steps(program, program.tests[0], diagnostics), diagnostics.sorted()


@pytest.mark.parametrize(
    ("text", "passed", "says"),
    [
        ("expect p1 in segment prod by rule 20", True, "rule 20"),
        ("expect p1 in segment prod by rule 10", False, "but rule 20 did"),
        ("expect p1 in segment dev", False, "rule 20 puts it into segment `prod`"),
        ("expect f1 in group fw by rule 10", True, "rule 10"),
        ("expect c1 pending acceptance by rule 30", True, "waits for acceptance"),
        ("expect c1 in segment hub", False, "accepted: true"),
        ("expect lost unassociated", True, "no rule matches"),
        ("expect p1 unassociated", False, "segment `prod`"),
        ("path from p1 to h1  expect reachable", True, "delivered to `h1`"),
        ("path from p1 to h1  expect not inspected", True, "delivered to `h1`"),
        ("path from p1 to h1  expect inspected", False, "delivered to `h1`"),
        ("path from p1 to p2  expect blocked", True, "isolates"),
        ("path from p1 to p2  expect reachable", False, "isolates"),
        ("path from p1 to p2  expect not inspected", False, "isolates"),
        ('path from p1 to "10.3.0.9"  expect inspected by fw', True, "inspected by `fw`"),
        ("path from p1 to d1  expect next hop f1", True, "send-via `fw`"),
        ("path from p1 to d1  expect next hop fw", True, "send-via `fw`"),
        ("path from p1 to d1  expect next hop d1", False, "send-via `fw`"),
        ("path from p1 to d1  expect not inspected", False, "inspected by `fw`"),
        ("path from p1 to c1  expect blocked", True, "waits for acceptance"),
        ("path from lost to p1  expect blocked", True, "in no segment"),
        ('path from p1 to "198.51.100.1"  expect blocked', True, "no route"),
    ],
)
def test_expectations(tmp_path: Path, text: str, passed: bool, says: str) -> None:
    results, found = steps(tmp_path, text)
    assert found == []
    (result,) = results
    assert result.passed is passed and says in result.message, result.message


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("expect p9 in segment prod", "unknown-attachment"),
        ("expect p1 in segment prodd", "network-unknown-name"),
        ("expect p1 in group fww", "network-unknown-name"),
        ("path from p9 to p1 expect reachable", "unknown-attachment"),
        ("path from p1 to p9 expect reachable", "unknown-attachment"),
        ('path from p1 to "10.1.0.1/16" expect reachable', "host-bits"),
        ('path from p1 to "nowhere" expect reachable', "path-target"),
        ("expect reachable", "misplaced-step"),
        ("expect allow", "misplaced-step"),
        ("path from p1 to h1 expect inspected by fww", "network-unknown-name"),
        ("path from p1 to h1", "test-without-expectation"),
        ("on nowhere { }", "unknown-network"),
        ("on core { attachment p1 { type: vpc, region: us-east-1 } }", "duplicate-name"),
        ("on core { attachment x { type: vpcc, region: us-east-1 } }", "attachment-field"),
        ("on core { attachment x { region: us-east-1 } }", "attachment-field"),
        ("on core { attachment x { type: vpc } }", "attachment-field"),
        ("on core { attachment x { type: vpc, region: us-east-1, colour: red } }", "attachment-field"),
        ("on core { attachment x { type: vpc, region: us-east-1, state: asleep } }", "attachment-field"),
        ('on core { attachment x { type: vpc, region: us-east-1, account: "12" } }', "attachment-field"),
        ('on core { attachment x { type: vpc, region: us-east-1, cidrs: ["10.0.0.1/8"] } }', "host-bits"),
        ('on core { attachment x { type: vpc, region: us-east-1, cidrs: "10.0.0.0/8" } }', "attachment-field"),
        ("on core { attachment x { type: vpc, regions: [us-east-1, eu-west-1] } }", "attachment-field"),
        ("on core { attachment x { type: vpc, region: us-east-1, tags: { a: 1 } } }", "attachment-field"),
    ],
)
def test_mistakes_in_tests(tmp_path: Path, text: str, rule: str) -> None:
    results, found = steps(tmp_path, text)
    assert rule in [item.rule for item in found], [item.message for item in found]
    assert not any(result.passed for result in results)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("on nowhere { }  expect p1 in segment prod", "unknown-network"),
        ("on nowhere { }  path from p1 to h1  expect reachable", "unknown-network"),
        ("on core { attachment x { type: vpcc, region: us-east-1 } }  expect x in segment prod", "attachment-field"),
        ("on core { attachment x { type: vpc } }  path from x to p1  expect blocked", "attachment-field"),
        ("on core { attachment x { type: vpc } }  path from p1 to x  expect blocked", "attachment-field"),
    ],
)
def test_a_mistake_in_a_test_is_told_once(tmp_path: Path, text: str, rule: str) -> None:
    results, found = steps(tmp_path, text)
    assert [item.rule for item in found] == [rule], [item.message for item in found]
    assert results == []


# --- the command line's questions -------------------------------------------------------------------------------


def test_questions_over_plain_data(tmp_path: Path) -> None:
    from policyc.targets.cloud_wan.documents import checked_networks

    program, diagnostics = load(tmp_path, HEAD + TOPOLOGY + "}\n")
    ((_, lowered),) = checked_networks(program, diagnostics)
    flags = [
        "name=p1,type=vpc,region=us-east-1,tag.segment=prod,cidr=10.1.0.0/16,cidr=10.11.0.0/16",
        "name=h1,type=vpc,region=eu-west-1,tag.segment=hub,cidr=10.9.0.0/16,accepted=true",
        "type=site-to-site-vpn,region=us-east-1,account=111122223333",
    ]
    attachments = [attachment_from_flag(text, index, diagnostics) for index, text in enumerate(flags, 1)]
    assert len(diagnostics) == 0
    first, second, third = attachments
    assert first is not None and second is not None and third is not None
    assert third.name == "attachment3"
    assert (associate(lowered.network, first).place, associate(lowered.network, third).rule) == ("prod", None)
    tables = situate(lowered.network, Inventory((first, second)))
    answer = ask_path(tables, "p1", "h1", diagnostics)
    assert answer is not None and answer.back is not None
    assert (answer.forward.verdict, answer.back.verdict) == ("reachable", "reachable")
    assert ask_path(tables, "p1", "10.9.0.1", diagnostics) is not None
    assert ask_path(tables, "h2", "p1", diagnostics) is None
    assert not check_names([first, first], diagnostics)
    assert ask_path(tables, "p1", "h9", diagnostics) is None
    assert [item.rule for item in diagnostics] == ["unknown-attachment", "duplicate-name", "unknown-attachment"]


@pytest.mark.parametrize(
    "text", ["type", "=x", "type=vpc,region=us-east-1,color=red", "type=vpc,region=us-east-1,accepted=maybe"]
)
def test_malformed_flags(text: str) -> None:
    diagnostics = Diagnostics()
    assert attachment_from_flag(text, 1, diagnostics) is None
    assert [item.rule for item in diagnostics] == ["attachment-flag"]


def test_every_rule_is_documented() -> None:
    import re

    folder = Path(__file__).parents[2] / "policyc" / "targets" / "cloud_wan"
    used = set()
    for path in folder.rglob("*.py"):
        used |= set(
            re.findall(
                r'\.(?:error|warning|refuse)\(\s*(?:"[a-z]+",\s*)?"([a-z]+(?:-[a-z]+)+)"',
                path.read_text(encoding="utf-8"),
            )
        )
    elsewhere = {
        rule
        for name in ("model", "simulate", "cli", "documents")
        for rule in json.loads(read_text(f"schemas/errors/{name}.json"))
    }
    assert used - set(RULES) <= elsewhere
    assert {"summary", "why", "help"} == {key for entry in RULES.values() for key in entry}
