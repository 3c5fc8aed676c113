"""Core network policies in all their spellings: versions, odd forms, the JSON schema, published documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics, Severity
from policyc.lint.raw.network import check_network
from policyc.shape import misfits
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.check import check_document
from policyc.targets.cloud_wan.emit import plain_document, write_document
from policyc.targets.cloud_wan.read import read_document, read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source, Span
from tests.conformance.test_wan_validation import TABLE
from tests.conformance.wan_documents import ACTIONS, CONFIG, POLICY, RULE, Edit, base, drop, findings, set_at

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cloud-wan"


def test_the_old_version_has_no_routing_policies_at_all() -> None:
    document = base()
    document["version"] = "2021.12"
    assert [rule for rule, _ in findings(document)] == ["network-version-feature"] * 5
    for key in ("routing-policies", "attachment-routing-policy-rules"):
        del document[key]
    document[ACTIONS] = [item for item in document[ACTIONS] if item["action"] != "associate-routing-policy"]
    del document[ACTIONS][0]["routing-policy-names"]
    assert findings(document) == []


@pytest.mark.parametrize("key", ["routing-policies", "attachment-routing-policy-rules"])
def test_the_old_version_refuses_empty_routing_sections_too(key: str) -> None:
    text = json.dumps(
        {
            **base(),
            "version": "2021.12",
            "segment-actions": [],
            "attachment-routing-policy-rules": [],
            "routing-policies": [],
        }
    )
    document = json.loads(text)
    del document[{"routing-policies": "attachment-routing-policy-rules"}.get(key, "routing-policies")]
    found = Diagnostics()
    check_document(Source("policy.json", text := json.dumps(document)), found)
    (item,) = list(found)
    assert item.rule == "network-version-feature" and "ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12" in item.help
    assert item.span is not None and text[item.span.start : item.span.end] == "[]"


@pytest.mark.parametrize(
    "edit",
    [
        set_at(RULE, 1, "conditions", 1, "type", "account"),
        set_at(ACTIONS, 6, "when-sent-to", {"segments": "dev"}),
        set_at(ACTIONS, 0, "share-with", ["*"]),
    ],
    ids=["account", "bare name", "star in a list"],
)
def test_odd_spellings_are_read_with_a_warning_and_nothing_else(edit: Edit) -> None:
    """Reference, sections 1.5 and 1.6: emit `account-id` and accept `account`; one sample has a bare name under a send-to."""
    document = base()
    edit(document)
    found = Diagnostics()
    network = check_document(Source("policy.json", json.dumps(document)), found)
    assert network is not None and [item.severity for item in found] == [Severity.WARNING]


def test_an_edge_at_the_end_of_the_range_takes_none_of_its_asns() -> None:
    """Reference, section 6 row 11: a warning, and the other edge has the one ASN that is left."""
    document = base()
    document[CONFIG]["asn-ranges"] = ["64512-64513"]
    document[CONFIG]["edge-locations"][1]["asn"] = 64513
    assert [rule for rule, _ in findings(document)] == ["edge-asn-at-range-end"]


def test_an_address_where_a_block_is_wanted_is_told_of_once() -> None:
    document = base()
    document[CONFIG]["inside-cidr-blocks"].append("10.7.0.0")
    assert [rule for rule, _ in findings(document)] == ["network-cidr"]


def test_a_missing_action_is_a_share() -> None:
    document = base()
    del document[ACTIONS][1]["action"]
    assert findings(document) == []
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None and plain_document(network)[ACTIONS][1]["action"] == "share"


def test_the_base_document_survives_reading_and_writing() -> None:
    document = base()
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None and plain_document(network) == document


def test_med_and_local_preference_are_written_as_text() -> None:
    document = base()
    for index in (2, 4):
        document[POLICY][1]["routing-policy-rules"][index]["rule-definition"]["action"]["value"] = 200
    assert findings(document) == []
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None
    rules = plain_document(network)[POLICY][1]["routing-policy-rules"]
    assert [rules[index]["rule-definition"]["action"]["value"] for index in (2, 4)] == ["200", "200"]


SCHEMA = json.loads(read_text("schemas/cloud_wan/core_network_policy.schema.json"))


def test_the_schema_takes_the_base_document_and_both_checks_agree() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(base()) and misfits(base(), SCHEMA) == []
    for _, edit, _, _ in TABLE:
        document = base()
        edit(document)
        assert validator.is_valid(document) == (misfits(document, SCHEMA) == [])


def test_the_schema_refuses_newer_parts_in_the_old_version() -> None:
    document = base()
    document["version"] = "2021.12"
    places = {misfit.pointer for misfit in misfits(document, SCHEMA)}
    assert {"/routing-policies", "/attachment-routing-policy-rules"} <= places
    assert {"/segment-actions/0/routing-policy-names", "/segment-actions/7/action"} <= places


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document but the document itself."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(item, (*path, key))


VALUES = [
    *(None, "", [], {}, 0, "x", "a-b", "*", ["*"], "64512 - 64555", "fe80::%eth0/64", "10.0.0.0", "US-EAST-1"),
    *("account", "2021.12", -1, 2**32, True, 1.5, [[]], [{}], "attachment-0", "65000:1:2", "DROP"),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_the_reader_knows_all_that_the_schema_knows(value: Any) -> None:
    """Whatever stands in one place of a document: no mistake is left to the schema, whose finding would call it a bug of policyc.

    A run puts each value into one place in eight, another value into the next; `POLICYC_CASES` over 10,000 puts every one everywhere.
    """
    every = 1 if int(os.environ.get("POLICYC_CASES", "1000")) > 10_000 else 8
    for path in islice(places(base()), VALUES.index(value) % every, None, every):
        document = base()
        (drop(*path) if value == "DROP" else set_at(*path, value))(document)
        found = Diagnostics()
        check_document(Source("policy.json", json.dumps(document)), found)
        assert "document-breaks-schema" not in [item.rule for item in found], path


@pytest.mark.parametrize(
    "edit, code",
    [
        (set_at("network-function-groups", None), "TYPE_MISMATCH"),
        (drop(ACTIONS, 1, "mode"), "REQUIRED_PROPERTY"),
        (drop(ACTIONS, 1, "share-with"), "REQUIRED_PROPERTY"),
        (set_at(ACTIONS, 4, "destinations", 0, "attachment-0123456789abcdefg"), "INVALID_STRING"),
        (set_at(ACTIONS, 4, "destinations", 0, "attachment-0123456789abcdefg"), "CONSTANT_VIOLATION"),
        (set_at(ACTIONS, 4, "destinations", 1, "blackhole"), "MAXIMUM_ITEMS_EXCEEDED"),
        (set_at("prefix-lists", []), "ADDITIONAL_PROPERTIES"),
        (set_at("version", "2021.12"), "ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12"),
        (set_at(CONFIG, "asn-ranges", ["64512-64512"]), "INVALID_ASN_RANGE"),
    ],
)
def test_findings_carry_the_error_code_of_the_service(edit: Edit, code: str) -> None:
    """Reference, section 4. INVALID_ASN_UPDATE and ORPHANED_ATTACHMENT need the policy before: see `check_update`."""
    document = base()
    edit(document)
    found = Diagnostics()
    check_document(Source("policy.json", json.dumps(document)), found)
    assert any(code in item.help for item in found)


# --- published documents ----------------------------------------------------------------------------------------


#: Both feed a group of dual-hop from send-to, which the service has refused since (reference, section 6 row 28).
EXPECTED = {
    "02-baseline-infra-2-inspection.json": ["dual-hop-group"] * 2,
    "08-filter-then-inspect-policy-examples.json": ["dual-hop-group"] * 2,
}


@pytest.mark.parametrize(
    "path",
    sorted(CORPUS.glob("*.json")) or [pytest.param(None, marks=pytest.mark.skip(reason="no ../shared/corpus"))],
    ids=lambda path: "none" if path is None else path.stem,
)
def test_published_documents(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    network = read_document(Source(path.name, text), diagnostics)
    assert network is not None and len(diagnostics) == 0
    assert plain_document(network) == json.loads(text)
    again = read_document(Source("again.json", write_document(network)[0]), Diagnostics())
    assert again == network
    validate_network(network, diagnostics)
    assert [item.rule for item in diagnostics] == EXPECTED.get(path.name, [])
    assert all(item.severity is Severity.ERROR for item in diagnostics)
    valid = misfits(json.loads(text), SCHEMA) == []
    assert valid


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"version": 2021.12}, ["network-unknown-name", "network-wrong-type"]),
        (
            {
                "attachment-policies": [
                    {
                        "rule-number": "100",
                        "conditions": [{"type": "any"}],
                        "action": {"association-method": "constant", "segment": "prod"},
                    }
                ]
            },
            ["network-unknown-name", "network-wrong-type"],
        ),
        (
            {"segments": [{"name": "prod", "isolate-attachments": "true"}]},
            ["network-unknown-name", "network-wrong-type"],
        ),
        (
            {"segments": [{"name": "prod", "isolate_attachments": True}]},
            ["network-unknown-key", "network-unknown-name"],
        ),
        # a segment without a name may be the one that is missed
        ({"segments": [{"name": "prod"}, {"name": 7}]}, ["network-wrong-type"]),
    ],
)
def test_a_wrong_shape_hides_nothing_that_does_not_hang_on_it(changed: dict[str, object], told: list[str]) -> None:
    share = {"action": "share", "mode": "attachment-route", "segment": "prod", "share-with": ["prd"]}
    configuration = {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]}
    document = {
        "version": "2021.12",
        "core-network-configuration": configuration,
        "segments": [{"name": "prod"}],
        "segment-actions": [share],
        **changed,
    }
    found = Diagnostics()
    assert check_network(Source("policy.json", json.dumps(document)), found) is None
    assert sorted(item.rule for item in found if item.severity is Severity.ERROR) == told
