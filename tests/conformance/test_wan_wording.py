"""Findings about a document name the keys of the document, and those about a `network` the forms of the language: nobody can write the
other's."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.origin import Origin
from policyc.lint.raw.network import check_network
from policyc.lint.registry import RULES, Settings, rule, run_rules
from policyc.targets.cloud_wan.documents import emit_documents
from policyc.targets.cloud_wan.inventory_checks import check_inventory
from policyc.targets.cloud_wan.speech import speech
from policyc.targets.program import load_program
from policyc.text import Source
from tests.conformance.wan_networks import AP, EU, attached, network, policy, tables_of

DOCUMENT = network(["a"])
LANGUAGE = replace(DOCUMENT, origin=Origin.LANGUAGE)
FAMILY = [name for name in RULES if rule(name).family == "cloudwan"]
#: forms that only the language has
FORMS = re.compile(
    r"`(?:no acceptance|require acceptance|isolate|otherwise[^`]*|apply [^`]*|labels|attach|send to|send via|segment [^`]*|group [^`]*"
    r"|edge \[[^`]*|account|function_group|edges|filter|single_hop)`|in a test"
)
#: keys that only the document has
KEYS = re.compile(
    r"attachment-policies|routing-policy|require-|edge-locations|edge-sets|isolate-attachments|network-function|send-(?:via|to)"
)


@pytest.mark.parametrize("name", FAMILY)
def test_help_names_no_form_of_the_language(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "case.policy").write_text(rule(name).example("Example"), encoding="utf-8")
    found = Diagnostics()
    program = load_program(tmp_path, [tmp_path / "case.policy"], {}, found)
    (document,) = emit_documents(program, found)
    assert not found.has_errors
    run_rules(program, [document], found, Settings(select=frozenset({name})))
    assert name in [item.rule for item in found]
    for item in found:
        assert KEYS.search(" ".join((item.message, item.help, *(label.message for label in item.labels)))) is None, item
    seen = Diagnostics()
    check_network(Source("core.json", document.text), seen)
    assert name in [item.rule for item in seen]
    for item in seen:
        for text in (item.message, item.help, *(label.message for label in item.labels)):
            assert FORMS.search(text) is None and text.count("`") % 2 == 0, text


@pytest.mark.parametrize(
    ("kind", "declared", "document"),
    [
        ("segment", "`segment`", "`segments`"),
        ("function group", "`function_group`", "`network-function-groups`"),
        ("routing policy", "`filter`", "`routing-policies`"),
        ("edge location", "`edges`", "`core-network-configuration.edge-locations`"),
    ],
)
def test_where_a_name_is_declared(kind: str, declared: str, document: str) -> None:
    assert document not in speech(LANGUAGE).declare(kind) and declared in speech(LANGUAGE).declare(kind)
    assert declared not in speech(DOCUMENT).declare(kind) and document in speech(DOCUMENT).declare(kind)


def test_an_override_can_be_put_into_the_document() -> None:
    """The help for flows of which no edge is named holds edges of this network, in the form that the document takes."""
    send = {"action": "send-via", "segment": "a", "mode": "single-hop", "via": {"network-function-groups": ["fw"]}}
    help = checked(send)["inspection-edge-unknown"]
    found = re.search(r"`(\{.*\})`", help)
    assert found is not None and EU in found[1]
    override = json.loads(found[1])
    with_it = {**send, "via": {**send["via"], "with-edge-overrides": [override]}}
    left = checked(with_it).get("inspection-edge-unknown", "")
    assert found[1] not in left


def checked(action: dict[str, Any]) -> dict[str, str]:
    there = [
        attached("one", "a", EU, "10.1.0.0/16"),
        attached("two", "a", AP, "10.2.0.0/16"),
        attached("appliance", "x", EU, "10.8.0.0/16", tag="fw"),
        attached("other", "x", AP, "10.9.0.0/16", tag="fw"),
    ]
    diagnostics = Diagnostics()
    check_inventory(tables_of(network([{"name": "a", "isolate-attachments": True}], [action]), *there), diagnostics)
    return {item.rule: item.help for item in diagnostics}


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0"])
def test_a_filter_of_one_ip_version_is_not_told_to_drop_the_other(block: str) -> None:
    """AWS's pattern 4.2: IPv4 and IPv6 are kept out apart. The help, followed, leaves nothing."""
    share_ = {"action": "share", "mode": "attachment-route", "segment": "a", "share-with": ["b"]}
    document = {
        "version": "2025.11",
        "core-network-configuration": {"asn-ranges": ["64512-64600"], "edge-locations": [{"location": EU}]},
        "segments": [{"name": "a"}, {"name": "b"}],
        "segment-actions": [share_ | {"routing-policy-names": ["one"]}],
        "routing-policies": [policy("one", 1, "drop", cidr=block)],
    }

    def helps() -> list[str]:
        seen = Diagnostics()
        check_network(Source("core.json", json.dumps(document)), seen)
        return [item.help for item in seen if item.rule == "filter-misses-default-route"]

    assert helps() == [f"add a rule that drops `{block}` by `prefix-equals`"]
    rules: Any = document["routing-policies"][0]["routing-policy-rules"]  # type: ignore[index]
    rules += policy("x", 1, "drop", cidr=block)["routing-policy-rules"]
    rules[1] |= {"rule-number": 2}
    rules[1]["rule-definition"]["match-conditions"] = [{"type": "prefix-equals", "value": block}]
    assert helps() == []
