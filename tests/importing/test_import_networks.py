"""Core network policies become networks of the language and are built as the same documents again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.importing.documents import Imported
from policyc.importing.modules import Layout
from policyc.lint.raw.network import check_network
from policyc.lint.registry import families, run_rules
from policyc.syntax.json_text import parse_json
from policyc.targets.cloud_wan.check import read_text
from policyc.targets.cloud_wan.emit import plain_document
from policyc.targets.cloud_wan.raising import lowered, normal
from policyc.text import Source
from tests.importing.round_trip import assert_laid_out, built, imported, refused

GOLDEN = sorted((Path(__file__).parent.parent / "golden" / "cloudwan_emit").glob("*/output.json"))
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cloud-wan"
ONE = Layout(file="d.policy")
SMALL = {
    "version": "2021.12",
    "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
    "segments": [{"name": "production"}, {"name": "development"}],
}
RULE = {"rule-number": 100, "action": {"association-method": "constant", "segment": "production"}}


def rules_of_document(text: str) -> Counter[str]:
    source, found = Source("d.json", text), Diagnostics()
    check_network(source, found, parse_json(source, found))
    return Counter(item.rule for item in found)


def rules_of_policy(found: Imported) -> Counter[str]:
    diagnostics = Diagnostics()
    run_rules(found.settled.program, found.settled.documents, diagnostics)
    return Counter(item.rule for item in diagnostics if families()[item.rule] != "project")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_documents_that_build_wrote_come_back_byte_by_byte(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = imported({"d.json": text}, layout=ONE)
    assert_laid_out(found)
    assert built(found) == {"d.json": text}
    assert rules_of_policy(found) == rules_of_document(text)


@pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the collection of published policies lies beside the project, and is not there"
)
def test_published_policies_come_back_as_they_were() -> None:
    paths = sorted(CORPUS.glob("*.json"))
    assert len(paths) > 10
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found = imported({"d.json": text}, layout=ONE)
        assert_laid_out(found)
        original = read_text(Source("d.json", text), Diagnostics())
        (again,) = lowered(found.settled.program).values()
        assert original is not None
        assert plain_document(normal(again)) == plain_document(normal(original)), path.name
        (became,) = found.policies
        if became.refused:
            assert set(became.refused) <= set(rules_of_document(text)), path.name
        else:
            assert rules_of_policy(found) == rules_of_document(text), path.name


@pytest.mark.parametrize(
    ("conditions", "logic", "wanted"),
    [
        ([{"type": "any"}], None, "otherwise"),
        ([{"type": "tag-exists", "key": "stage"}], "and", 'exists tag["stage"]'),
        (
            [{"type": "tag-value", "key": "stage", "operator": "begins-with", "value": "a*"}],
            None,
            'tag["stage"] like "a\\**"',
        ),
        (
            [{"type": "account-id", "operator": "equals", "value": "111122223333"}],
            None,
            "account == account_111122223333",
        ),
        ([{"type": "region", "operator": "not-equals", "value": "us-east-1"}], None, "region != us-east-1"),
        (
            [
                {"type": "attachment-type", "operator": "equals", "value": "site-to-site-vpn"},
                {"type": "resource-id", "operator": "contains", "value": "0a1b"},
            ],
            "or",
            'type == site_to_site_vpn or resource_id like "*0a1b*"',
        ),
    ],
)
def test_conditions_of_rules(conditions: list[object], logic: str | None, wanted: str) -> None:
    rule = RULE | {"conditions": conditions} | ({"condition-logic": logic} if logic else {})
    text = json.dumps(SMALL | {"attachment-policies": [rule]})
    found = imported({"d.json": text}, layout=ONE)
    assert f"    100: {wanted} -> segment production\n" in found.files["d.policy"]


def test_what_the_language_cannot_say_is_refused_at_its_place() -> None:
    mixed = [{"type": "any"}, {"type": "tag-exists", "key": "stage"}]
    rule = RULE | {"conditions": mixed, "condition-logic": "or"}
    ((name, at),) = refused(json.dumps(SMALL | {"attachment-policies": [rule]}))
    assert (name, json.loads(at)) == ("not-importable", rule)


def test_what_the_service_ignores_is_refused_at_its_place() -> None:
    groups = [{"name": "fw", "require-attachment-acceptance": False}]
    sent = {"action": "send-to", "segment": "production", "via": {"network-function-groups": ["fw"]}}
    actions = [{**sent, "when-sent-to": {"segments": ["development"]}}]
    [(name, at)] = refused(json.dumps({**SMALL, "network-function-groups": groups, "segment-actions": actions}))
    assert (name, at) == ("not-importable", '["development"]')


def test_a_document_of_the_wrong_shape_is_refused_with_its_own_error() -> None:
    found = refused(json.dumps(SMALL | {"segments": [{"name": 7}]}))
    assert [name for name, _ in found] == ["network-wrong-type"]
    assert found[0][1] == "7"


def test_a_document_that_the_service_refuses_keeps_its_errors() -> None:
    doubled = json.dumps(SMALL | {"segments": [{"name": "production"}, {"name": "production"}]})
    found = imported({"d.json": doubled}, layout=ONE)
    assert [item.refused for item in found.policies] == [("network-duplicate",)]
    assert "segment production\n  segment production\n" in found.files["d.policy"]
