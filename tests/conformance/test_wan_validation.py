"""Every finding about a core network policy document, each with a minimal document (Cloud WAN reference, sections 1 to 3.9 and 6)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.conformance.wan_documents import (
    ACTIONS,
    CONFIG,
    POLICY,
    RULE,
    Edit,
    base,
    both,
    drop,
    findings,
    route_rule,
    set_at,
)

SEND_VIA = (ACTIONS, 5)
RULES_OF_CUT = (POLICY, 0, "routing-policy-rules")
RULES_OF_SHAPE = (POLICY, 1, "routing-policy-rules")
GROUPS = (*SEND_VIA, "via", "network-function-groups")


def match_of(index: int) -> tuple[Any, ...]:
    return (*RULES_OF_SHAPE, index, "rule-definition", "match-conditions", 0, "value")


def value_of(index: int) -> tuple[Any, ...]:
    return (*RULES_OF_SHAPE, index, "rule-definition", "action", "value")


def send_via(segment: str, mode: str, group: str, *to: str) -> dict[str, Any]:
    return {
        "action": "send-via",
        "segment": segment,
        "mode": mode,
        "when-sent-to": {"segments": list(to)},
        "via": {"network-function-groups": [group]},
    }


def several(count: int) -> list[Edit]:
    """Edits that add routing policies `p0`, `p1`, …"""
    return [
        set_at(
            POLICY,
            2 + n,
            {**deepcopy(base()[POLICY][0]), "routing-policy-name": f"p{n}", "routing-policy-number": 300 + n},
        )
        for n in range(count)
    ]


def pair(*names: str) -> dict[str, Any]:
    where = {"edge-location": "eu-west-1", "peer-edge-location": "us-east-1", "routing-policy-names": list(names)}
    return {"action": "associate-routing-policy", "segment": "prod", "edge-location-association": where}


def label_rule(number: int, label: str, *names: str) -> dict[str, Any]:
    conditions = [{"type": "routing-policy-label", "value": label}]
    return {"rule-number": number, "conditions": conditions, "action": {"associate-routing-policies": list(names)}}


TABLE: list[tuple[str, Edit, str, str]] = [
    # shape
    ("unknown key", set_at("prefix-lists", []), "network-unknown-key", '"prefix-lists"'),
    ("comment key", set_at("segments", 0, "__comment", "x"), "network-unknown-key", '"__comment"'),
    ("key with a blank", set_at(CONFIG, "dns-support ", True), "network-unknown-key", '"dns-support "'),
    (
        "old override key",
        both(
            set_at(
                *SEND_VIA,
                "via",
                "with-edge-overrides",
                0,
                {"edge-sets": [["us-east-1"]], "use-edge-location": "us-east-1", "use-edge": "us-east-1"},
            )
        ),
        "network-unknown-key",
        '"use-edge"',
    ),
    ("missing key", drop("segments"), "network-missing-key", ""),
    ("share without mode", drop(ACTIONS, 0, "mode"), "network-missing-key", ""),
    ("share without share-with", drop(ACTIONS, 0, "share-with"), "network-missing-key", ""),
    ("create-route with mode", set_at(ACTIONS, 3, "mode", "attachment-route"), "network-unknown-key", '"mode"'),
    ("null for an array", set_at("network-function-groups", None), "network-wrong-type", "null"),
    ("version as a number", set_at("version", 2021.12), "network-wrong-type", "2021.12"),
    ("ASN as text", set_at(CONFIG, "edge-locations", 0, "asn", "64512"), "network-wrong-type", '"64512"'),
    ("bool as text", set_at("segments", 0, "isolate-attachments", "true"), "network-wrong-type", '"true"'),
    ("document is a list", lambda document: None, "network-wrong-type", "[]"),
    ("empty pool", set_at(CONFIG, "inside-cidr-blocks", []), "network-empty-list", "[]"),
    ("no segment", set_at("segments", []), "network-empty-list", "[]"),
    ("empty deny filter", set_at("segments", 0, "deny-filter", []), "network-empty-list", "[]"),
    ("empty allow filter", set_at("segments", 1, "allow-filter", []), "network-empty-list", "[]"),
    ("no policy on a share", set_at(ACTIONS, 0, "routing-policy-names", []), "network-empty-list", "[]"),
    ("empty conditions", set_at(RULE, 2, "conditions", []), "network-empty-list", "[]"),
    (
        "mode from before",
        set_at(*SEND_VIA, "mode", "source-destination"),
        "network-unknown-word",
        '"source-destination"',
    ),
    ("unknown action", set_at(ACTIONS, 0, "action", "shaer"), "network-unknown-word", '"shaer"'),
    ("bare segment name", set_at(*SEND_VIA, "when-sent-to", "segments", "dev"), "network-wrong-type", '"dev"'),
    (
        "edge sets flat",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "edge-sets", ["us-east-1"]),
        "network-wrong-type",
        '"us-east-1"',
    ),
    ("any with a value", set_at(RULE, 2, "conditions", 0, "value", "x"), "condition-parts", '"value"'),
    ("tag value without operator", drop(RULE, 0, "conditions", 0, "operator"), "condition-parts", ""),
    ("segment with tag", set_at(RULE, 1, "action", "segment", "dev"), "association-target", '"dev"'),
    ("no destination", set_at(RULE, 2, "action", {}), "association-target", ""),
    (
        "group and segment",
        set_at(RULE, 2, "action", "add-to-network-function-group", "fw"),
        "association-target",
        '"constant"',
    ),
    ("drop with a value", set_at(*RULES_OF_CUT, 0, "rule-definition", "action", "value", "x"), "action-value", '"x"'),
    ("local preference with a line break", set_at(*value_of(4), "300\n"), "network-wrong-type", '"300\\n"'),
    # version
    ("unknown version", set_at("version", "2021-01-01"), "network-version", '"2021-01-01"'),
    ("routing policies on the old version", set_at("version", "2021.12"), "network-version-feature", ""),
    # configuration
    ("no Region", set_at(CONFIG, "edge-locations", 2, {"location": "mars"}), "edge-location", '"mars"'),
    ("blanks in a range", set_at(CONFIG, "asn-ranges", 1, "64600 - 64700"), "asn-range", '"64600 - 64700"'),
    (
        "mask with a leading zero",
        set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0/016"),
        "network-cidr",
        '"10.0.0.0/016"',
    ),
    ("degenerate range", set_at(CONFIG, "asn-ranges", 1, "64512-64512"), "asn-range", '"64512-64512"'),
    ("inverted range", set_at(CONFIG, "asn-ranges", 1, "64600-64590"), "asn-range", '"64600-64590"'),
    ("public ASNs", set_at(CONFIG, "asn-ranges", 1, "100-200"), "asn-range", '"100-200"'),
    ("malformed range", set_at(CONFIG, "asn-ranges", 1, "64512"), "asn-range", '"64512"'),
    ("range past the window", set_at(CONFIG, "asn-ranges", 1, "65000-65535"), "asn-range", '"65000-65535"'),
    ("ASN outside", set_at(CONFIG, "edge-locations", 0, "asn", 64999), "edge-asn", "64999"),
    ("ASN at the end", set_at(CONFIG, "edge-locations", 0, "asn", 64555), "edge-asn-at-range-end", "64555"),
    ("ASN twice", set_at(CONFIG, "edge-locations", 1, "asn", 64512), "edge-asn", "64512"),
    (
        "too few ASNs",
        both(drop(CONFIG, "edge-locations", 0, "asn"), set_at(CONFIG, "asn-ranges", ["64600-64601"])),
        "asn-capacity",
        "",
    ),
    ("edge twice", set_at(CONFIG, "edge-locations", 2, {"location": "eu-west-1"}), "network-duplicate", '"eu-west-1"'),
    ("host bits in the pool", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.1/16"), "host-bits", '"10.0.0.1/16"'),
    ("no CIDR", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0"), "network-cidr", '"10.0.0.0"'),
    ("block too small", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0/25"), "inside-cidr-size", '"10.0.0.0/25"'),
    ("blocks overlap", set_at(CONFIG, "inside-cidr-blocks", 2, "10.0.4.0/22"), "inside-cidr-overlap", '"10.0.4.0/22"'),
    (
        "edges' blocks overlap",
        set_at(CONFIG, "edge-locations", 1, "inside-cidr-blocks", ["10.0.0.0/23"]),
        "inside-cidr-overlap",
        '"10.0.0.0/23"',
    ),
    (
        "block of an edge outside the pool",
        set_at(CONFIG, "edge-locations", 0, "inside-cidr-blocks", ["10.9.0.0/24"]),
        "inside-cidr-outside-pool",
        '"10.9.0.0/24"',
    ),
    (
        "CIDR with a zone",
        set_at(ACTIONS, 3, "destination-cidr-blocks", 0, "fe80::%eth0/64"),
        "network-cidr",
        '"fe80::%eth0/64"',
    ),
    (
        "Region in capitals",
        set_at(CONFIG, "edge-locations", 2, {"location": "US-WEST-2"}),
        "edge-location",
        '"US-WEST-2"',
    ),
    ("pool exhausted", set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/24"]), "inside-cidr-pool", ""),
    # names
    ("hyphen in a segment", set_at("segments", 3, {"name": "non-prod"}), "segment-name", '"non-prod"'),
    ("leading digit", set_at("segments", 3, {"name": "1prod"}), "segment-name", '"1prod"'),
    ("65 characters", set_at("segments", 3, {"name": "a" * 65}), "segment-name", '"' + "a" * 65 + '"'),
    ("segment twice", set_at("segments", 3, {"name": "dev"}), "network-duplicate", '"dev"'),
    ("group twice", set_at("network-function-groups", 2, {"name": "fw"}), "network-duplicate", '"fw"'),
    ("group with hyphen", set_at("network-function-groups", 2, {"name": "my-fw"}), "function-group-name", '"my-fw"'),
    ("policy twice", set_at(POLICY, 1, "routing-policy-name", "cut"), "network-duplicate", '"cut"'),
    (
        "policy with hyphen",
        set_at(POLICY, 2, {**base()[POLICY][0], "routing-policy-name": "a-b"}),
        "routing-policy-name",
        '"a-b"',
    ),
    (
        "policy with digit first",
        set_at(POLICY, 2, {**base()[POLICY][0], "routing-policy-name": "1a"}),
        "routing-policy-name",
        '"1a"',
    ),
    (
        "label too long",
        set_at("attachment-routing-policy-rules", 0, "conditions", 0, "value", "a" * 257),
        "routing-label",
        '"' + "a" * 257 + '"',
    ),
    (
        "label with hyphen",
        set_at("attachment-routing-policy-rules", 0, "conditions", 0, "value", "a-b"),
        "routing-label",
        '"a-b"',
    ),
    (
        "41 segments",
        set_at("segments", base()["segments"] + [{"name": f"s{n}"} for n in range(36)]),
        "network-quota",
        '"egress"',
    ),
    # references
    ("case-only difference", set_at(ACTIONS, 1, "share-with", ["Dev"]), "network-unknown-name", '"Dev"'),
    ("unknown filter name", set_at("segments", 0, "deny-filter", ["nope"]), "network-unknown-name", '"nope"'),
    ("unknown segment of a rule", set_at(RULE, 2, "action", "segment", "nope"), "network-unknown-name", '"nope"'),
    ("unknown group", set_at(*GROUPS, 0, "nope"), "network-unknown-name", '"nope"'),
    ("unknown policy", set_at(ACTIONS, 0, "routing-policy-names", ["nope"]), "network-unknown-name", '"nope"'),
    (
        "segment at an undeclared edge",
        set_at("segments", 0, "edge-locations", ["us-west-2"]),
        "network-unknown-name",
        '"us-west-2"',
    ),
    (
        "override at an undeclared edge",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "use-edge-location", "us-west-2"),
        "network-unknown-name",
        '"us-west-2"',
    ),
    (
        "pair with an undeclared edge",
        set_at(ACTIONS, 7, "edge-location-association", "peer-edge-location", "us-west-2"),
        "network-unknown-name",
        '"us-west-2"',
    ),
    # rules
    ("rule number zero", set_at(RULE, 0, "rule-number", 0), "rule-number", "0"),
    ("rule number too large", set_at(RULE, 0, "rule-number", 65536), "rule-number", "65536"),
    ("rule number twice", set_at(RULE, 0, "rule-number", 100), "rule-number", "100"),
    ("Region without an edge", set_at(RULE, 1, "conditions", 2, "value", "ap-"), "region-without-edge", '"ap-"'),
    (
        "misspelled Region",
        set_at(RULE, 1, "conditions", 2, {"type": "region", "operator": "equals", "value": "us-esat-1"}),
        "region-without-edge",
        '"us-esat-1"',
    ),
    ("empty tag key", set_at(RULE, 1, "conditions", 0, "key", ""), "condition-parts", '""'),
    ("segment from an empty tag key", set_at(RULE, 1, "action", "tag-value-of-key", ""), "association-target", '""'),
    ("no logic", drop(RULE, 1, "condition-logic"), "condition-logic", ""),
    (
        "group by type",
        set_at(RULE, 0, "conditions", [{"type": "attachment-type", "operator": "equals", "value": "vpc"}]),
        "function-group-condition",
        "",
    ),
    ("unknown type", set_at(RULE, 1, "conditions", 3, "value", "vpn"), "attachment-type", '"vpn"'),
    (
        "account of eleven digits",
        set_at(RULE, 1, "conditions", 1, "value", "11112222333"),
        "account-condition",
        '"11112222333"',
    ),
    ("not-equals on a tag", set_at(RULE, 0, "conditions", 0, "operator", "not-equals"), "not-equals-missing-tag", ""),
    ("bare name under send-to", set_at(ACTIONS, 6, "when-sent-to", {"segments": "dev"}), "bare-segment-name", '"dev"'),
    (
        "account instead of account-id",
        set_at(RULE, 1, "conditions", 1, "type", "account"),
        "account-condition",
        '"account"',
    ),
    # actions
    ("share with itself", set_at(ACTIONS, 1, "share-with", ["hub", "dev"]), "segment-names-itself", '"hub"'),
    ("filter of itself", set_at("segments", 0, "deny-filter", ["dev", "prod"]), "segment-names-itself", '"prod"'),
    ("share with one twice", set_at(ACTIONS, 1, "share-with", ["dev", "dev"]), "listed-twice", '"dev"'),
    ("filter with one twice", set_at("segments", 1, "allow-filter", ["hub", "hub"]), "listed-twice", '"hub"'),
    (
        "segment at one edge twice",
        set_at("segments", 0, "edge-locations", ["us-east-1"] * 2),
        "listed-twice",
        '"us-east-1"',
    ),
    (
        "override with one edge twice",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "edge-sets", [["eu-west-1"] * 2]),
        "listed-twice",
        '"eu-west-1"',
    ),
    ("sent to one twice", set_at(*SEND_VIA, "when-sent-to", "segments", ["dev", "dev"]), "listed-twice", '"dev"'),
    (
        "label rule with one edge twice",
        set_at("attachment-routing-policy-rules", 0, "edge-locations", ["us-east-1"] * 2),
        "listed-twice",
        '"us-east-1"',
    ),
    (
        "policies on an edge that the segment lacks",
        both(
            set_at("segments", 0, "edge-locations", ["eu-west-1"]),
            set_at(ACTIONS, 5, {**send_via("prod", "single-hop", "fw", "dev")}),
        ),
        "edge-pair-outside-segment",
        '"us-east-1"',
    ),
    ("both filters", set_at("segments", 0, "allow-filter", ["hub"]), "both-filters", '"hub"'),
    ("blackhole among others", set_at(ACTIONS, 4, "destinations", 1, "blackhole"), "blackhole-alone", '"blackhole"'),
    (
        "malformed attachment id",
        set_at(ACTIONS, 4, "destinations", 0, "attachment-01234567"),
        "attachment-id",
        '"attachment-01234567"',
    ),
    (
        "more destinations than edges",
        set_at(ACTIONS, 4, "destinations", [f"attachment-0000000000000000{n}" for n in range(3)]),
        "route-destinations",
        "",
    ),
    (
        "destination twice",
        set_at(ACTIONS, 4, "destinations", ["attachment-0123456789abcdef0"] * 2),
        "network-duplicate",
        '"attachment-0123456789abcdef0"',
    ),
    (
        "static with host bits",
        set_at(ACTIONS, 3, "destination-cidr-blocks", 0, "10.0.0.1/8"),
        "host-bits",
        '"10.0.0.1/8"',
    ),
    (
        "edge pair of one",
        set_at(ACTIONS, 7, "edge-location-association", "peer-edge-location", "us-east-1"),
        "edge-pair",
        '"us-east-1"',
    ),
    ("star in a list", set_at(ACTIONS, 0, "share-with", ["*"]), "star-in-a-list", '["*"]'),
    (
        "six policies",
        both(
            *(
                set_at(
                    POLICY,
                    2 + n,
                    {**deepcopy(base()[POLICY][0]), "routing-policy-name": f"p{n}", "routing-policy-number": 300 + n},
                )
                for n in range(5)
            ),
            set_at(ACTIONS, 0, "routing-policy-names", ["cut", "p0", "p1", "p2", "p3", "p4"]),
        ),
        "network-quota",
        '"p4"',
    ),
    (
        "six policies on a pair of edges in two actions",
        both(*several(4), set_at(ACTIONS, 8, pair("p0", "p1", "p2", "p3")), set_at(ACTIONS, 9, pair("shape"))),
        "network-quota",
        '"shape"',
    ),
    (
        "six policies on a share in two actions",
        both(*several(4), set_at(ACTIONS, 1, "routing-policy-names", ["shape", "p0", "p1", "p2", "p3"])),
        "network-quota",
        '"p3"',
    ),
    (
        "six policies on a label in two rules",
        both(
            *several(4),
            drop("attachment-routing-policy-rules", 0, "edge-locations"),
            set_at("attachment-routing-policy-rules", 1, label_rule(2, "vpcs", "p0", "p1", "p2", "p3")),
        ),
        "network-quota",
        '"p3"',
    ),
    (
        "policy twice on a share",
        set_at(ACTIONS, 0, "routing-policy-names", ["cut", "cut"]),
        "network-duplicate",
        '"cut"',
    ),
    # insertion
    ("two groups", set_at(*GROUPS, ["fw", "egress"]), "one-function-group", '"egress"'),
    ("both modes", set_at(ACTIONS, 8, send_via("prod", "dual-hop", "fw", "hub")), "send-via-modes", ""),
    (
        "two groups for a pair",
        set_at(ACTIONS, 8, send_via("dev", "single-hop", "egress", "prod")),
        "send-via-groups",
        '"egress"',
    ),
    (
        "dual-hop group in send-to",
        set_at(ACTIONS, 8, send_via("hub", "dual-hop", "egress", "hub")),
        "dual-hop-group",
        '"egress"',
    ),
    # routing policies
    ("policy number", set_at(POLICY, 0, "routing-policy-number", 10000), "rule-number", "10000"),
    ("route rule number twice", set_at(*RULES_OF_CUT, 1, "rule-number", 10), "rule-number", "10"),
    (
        "eleven rules",
        set_at(*RULES_OF_CUT, [route_rule(n, [("prefix-equals", "10.0.0.0/8")], "drop") for n in range(1, 12)]),
        "network-quota",
        "",
    ),
    (
        "six matches",
        set_at(*RULES_OF_CUT, 0, route_rule(10, [("prefix-equals", f"10.{n}.0.0/16") for n in range(6)], "drop")),
        "network-quota",
        '"10.5.0.0/16"',
    ),
    ("no match", set_at(*RULES_OF_CUT, 0, "rule-definition", "match-conditions", []), "rule-without-condition", ""),
    ("no logic in a route rule", drop(*RULES_OF_CUT, 0, "rule-definition", "condition-logic"), "condition-logic", ""),
    ("no logic for one match", drop(*RULES_OF_CUT, 1, "rule-definition", "condition-logic"), "condition-logic", ""),
    (
        "summarize inbound",
        set_at(*RULES_OF_CUT, 1, route_rule(20, [("prefix-in-cidr", "10.0.0.0/8")], "summarize", "10.0.0.0/8")),
        "summarize-inbound",
        '"10.0.0.0/8"',
    ),
    ("match with host bits", set_at(*match_of(3), "10.0.0.1/8"), "host-bits", '"10.0.0.1/8"'),
    (
        "empty alias",
        set_at(*RULES_OF_CUT, 1, "rule-definition", "match-conditions", 0, "value", ""),
        "prefix-list-alias",
        '""',
    ),
    ("malformed community", set_at(*match_of(1), "65000"), "community", '"65000"'),
    ("community of two wide halves", set_at(*match_of(1), "70000:70000"), "community", '"70000:70000"'),
    ("MED too large", set_at(*value_of(2), "4294967296"), "route-number", '"4294967296"'),
    ("own ASN removed", set_at(*value_of(6), [64520]), "own-asn", "[64520]"),
    ("own ASN in a community", set_at(*value_of(1), "64520:1"), "own-asn", '"64520:1"'),
    ("own ASN prepended", set_at(*value_of(0), [64520]), "own-asn", "[64520]"),
    (
        "replace on an edge pair",
        set_at(ACTIONS, 7, "edge-location-association", "routing-policy-names", ["shape"]),
        "replace-on-edge-pair",
        '"shape"',
    ),
    ("empty routing policy", set_at(*RULES_OF_CUT, []), "network-empty-list", "[]"),
]


def test_the_base_document_has_no_finding() -> None:
    assert findings(base()) == []


@pytest.mark.parametrize(("edit", "rule", "text"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_mistake_is_found_at_its_place(edit: Edit, rule: str, text: str) -> None:
    document: Any = base()
    edit(document)
    found = findings([] if text == "[]" and rule == "network-wrong-type" else document)
    texts = [at for name, at in found if name == rule]
    assert texts, found
    assert not text or text in texts, texts
