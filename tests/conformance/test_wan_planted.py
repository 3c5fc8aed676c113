"""One mistake planted into a sound core network is found, in the document as `check` reads it; the right way to say the same is silent.

Each pair derives from AWS's pages: `cloudwan-policies-json` for conditions and segment actions, `cloudwan-core-network-config` for edges, and
`cloudwan-routing-policies` for what a route can be.
"""

from __future__ import annotations

import pytest

from policyc.ir.network import ATTACHMENT_TYPES
from tests.conformance.wan_documents import ACTIONS, CONFIG, POLICY, RULE, Edit, both, drop, set_at
from tests.conformance.wan_planting import (
    EGRESS,
    LATER,
    MATCHES,
    OVERRIDES,
    REGIONS,
    SHARED,
    acting,
    by_tag,
    condition,
    edge,
    found,
    keep,
    labelled,
    of,
    pair,
    prefix,
    prepend,
    single_hop,
    sound,
    summed,
    tag,
    way_out,
)

PLANTED: list[tuple[str, Edit, str, Edit]] = [
    ("a summary of other addresses", summed("10.30.0.0/16"), "summary-elsewhere", summed("10.0.0.0/8")),
    (
        "an override that chooses nothing",
        set_at(ACTIONS, 1, "via", "with-edge-overrides", OVERRIDES),
        "override-on-dual-hop",
        both(set_at(ACTIONS, 1, "via", "with-edge-overrides", OVERRIDES), set_at(ACTIONS, 1, "mode", "single-hop")),
    ),
    ("a Region that there is not", edge("us-east-9"), "unknown-region", edge("us-east-2")),
    ("a Region slipped", edge("eu-wset-1"), "unknown-region", edge("eu-west-2")),
    ("a zone", edge("us-west-2a"), "edge-location", edge("us-west-2")),
    (
        "two values of a tag",
        condition(1, 2, tag("env", "production")),
        "rule-conditions-contradict",
        condition(1, 2, tag("team", "web")),
    ),
    (
        "two accounts",
        condition(1, 2, of("account-id", "444455556666")),
        "rule-conditions-contradict",
        condition(1, 2, of("account-id", "1111", "begins-with")),
    ),
    (
        "two Regions",
        condition(2, 3, of("region", "eu-west-1")),
        "rule-conditions-contradict",
        condition(2, 3, of("region", "us-", "begins-with")),
    ),
    (
        "two types",
        condition(2, 3, of("attachment-type", "connect")),
        "rule-conditions-contradict",
        both(condition(2, 2, of("attachment-type", "connect")), condition(2, 3, tag("team", "web"))),
    ),
    (
        "a value and its opposite",
        condition(1, 2, tag("env", "de", "begins-with")),
        "rule-conditions-contradict",
        condition(1, 2, tag("env", "pr", "begins-with")),
    ),
    (
        "a wildcard in a tag",
        condition(0, 0, tag("function", "inspect*")),
        "wildcard-in-condition",
        condition(0, 0, tag("function", "inspect", "begins-with")),
    ),
    (
        "a wildcard in a resource",
        condition(3, 0, of("resource-id", "vpc-*")),
        "wildcard-in-condition",
        condition(3, 0, of("resource-id", "vpc-", "begins-with")),
    ),
    (
        "a tag that contains nothing",
        condition(0, 0, tag("function", "", "contains")),
        "empty-part",
        condition(0, 0, {"type": "tag-exists", "key": "function"}),
    ),
    (
        "a resource that begins with nothing",
        condition(3, 0, of("resource-id", "", "begins-with")),
        "empty-part",
        condition(3, 0, of("resource-id", "vpc-", "begins-with")),
    ),
    (
        "letters in a part of an account",
        condition(1, 1, of("account-id", "12ab", "begins-with")),
        "account-condition",
        condition(1, 1, of("account-id", "1111", "begins-with")),
    ),
    (
        "a part of an account that is longer than one",
        condition(1, 1, of("account-id", "1111222233334", "contains")),
        "account-condition",
        condition(1, 1, of("account-id", "111122223333", "contains")),
    ),
    (
        "a share of two that are nowhere together",
        both(
            set_at("segments", 1, "edge-locations", [REGIONS[0]]), set_at("segments", 2, "edge-locations", [REGIONS[1]])
        ),
        "share-without-common-edge",
        both(
            set_at("segments", 1, "edge-locations", [REGIONS[0]]),
            set_at("segments", 2, "edge-locations", list(REGIONS)),
        ),
    ),
    (
        "an ARN for an id",
        condition(3, 0, of("resource-id", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d4e5f67890")),
        "resource-id-is-an-arn",
        condition(3, 0, of("resource-id", "tgw-rtb-0a1b2c3d4e5f67890")),
    ),
    (
        "a truth value",
        condition(3, 0, {"type": "tag-value", "key": "shared", "operator": "equals", "value": True}),
        "boolean-in-condition",
        condition(3, 0, tag("shared", "true")),
    ),
    (
        "a segment and a group",
        set_at(
            RULE,
            0,
            "action",
            {"association-method": "constant", "segment": "prod", "add-to-network-function-group": "inspect"},
        ),
        "association-target",
        set_at(RULE, 0, "action", {"add-to-network-function-group": "inspect", "require-acceptance": True}),
    ),
    (
        "two exact prefixes",
        set_at(*MATCHES, [prefix("equals", "10.1.0.0/16"), prefix("equals", "10.2.0.0/16")]),
        "rule-conditions-contradict",
        set_at(*MATCHES, [prefix("equals", "10.1.0.0/16"), {"type": "community-in-list", "value": "65000:1"}]),
    ),
    (
        "two blocks apart",
        set_at(*MATCHES, [prefix("in-cidr", "10.1.0.0/16"), prefix("in-cidr", "10.2.0.0/16")]),
        "rule-conditions-contradict",
        set_at(*MATCHES, [prefix("in-cidr", "10.0.0.0/8"), prefix("in-cidr", "10.2.0.0/16")]),
    ),
    (
        "a block and itself",
        set_at(*MATCHES, [prefix("in-cidr", "10.1.0.0/16"), prefix("equals", "10.1.0.0/16")]),
        "rule-conditions-contradict",
        set_at(*MATCHES, [prefix("in-cidr", "10.0.0.0/8"), prefix("equals", "10.1.0.0/16")]),
    ),
    (
        "two MEDs",
        set_at(*MATCHES, [{"type": "med-equals", "value": 10}, {"type": "med-equals", "value": 20}]),
        "rule-conditions-contradict",
        set_at(*MATCHES, [{"type": "med-equals", "value": 10}, prefix("in-cidr", "10.0.0.0/8")]),
    ),
    (
        "host bits in a list",
        set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/16", "10.1.0.4/16"]),
        "host-bits",
        set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/16", "10.1.0.0/16"]),
    ),
    ("a Region of another partition", edge("us-gov-west-1"), "edge-location", edge("us-west-2")),
    (
        "exceptions that leave nobody",
        set_at(ACTIONS, 0, "share-with", {"except": ["prod", "dev"]}),
        "share-without-partner",
        set_at(ACTIONS, 0, "share-with", {"except": ["prod"]}),
    ),
    (
        "a group that nothing is sent to",
        set_at("network-function-groups", 1, {"name": "ids", "require-attachment-acceptance": True}),
        "function-group-unused",
        set_at("network-function-groups", 0, "description", "firewalls"),
    ),
    (
        "a rule for Regions where its segment is not",
        set_at("segments", 1, "edge-locations", [REGIONS[1]]),
        "segment-not-at-edge",
        set_at("segments", 1, "edge-locations", [REGIONS[0]]),
    ),
    (
        "no Region left",
        both(
            condition(1, 2, of("region", REGIONS[0], "not-equals")), condition(1, 3, of("region", "u", "begins-with"))
        ),
        "rule-conditions-contradict",
        both(
            condition(1, 2, of("region", REGIONS[0], "not-equals")), condition(1, 3, of("region", "e", "begins-with"))
        ),
    ),
    (
        "parts of one address",
        set_at(*MATCHES, [prefix("in-cidr", "10.20.0.1/32")]),
        "rule-never-matches",
        set_at(*MATCHES, [prefix("equals", "10.20.0.1/32")]),
    ),
    (
        "parts of one address, IPv6",
        set_at(*MATCHES, [prefix("in-cidr", "2001:db8::1/128")]),
        "rule-never-matches",
        set_at(*MATCHES, [prefix("in-cidr", "2001:db8::/127")]),
    ),
    (
        "the id of a prefix list",
        set_at(*MATCHES, [prefix("in-prefix-list", "pl-0123456789abcdef0")]),
        "prefix-list-alias",
        set_at(*MATCHES, [prefix("in-prefix-list", "plants")]),
    ),
    (
        "a range the wrong way round, and the ASNs in it",
        set_at(CONFIG, "asn-ranges", ["64555-64512"]),
        "asn-range",
        set_at(CONFIG, "asn-ranges", ["64512-64515"]),
    ),
    (
        "a pool that is too small, and edges that need a piece of it",
        set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/25"]),
        "inside-cidr-size",
        set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/22"]),
    ),
    (
        "one set for a set of sets",
        set_at(ACTIONS, 1, single_hop(list(REGIONS))),
        "network-wrong-type",
        set_at(ACTIONS, 1, single_hop([list(REGIONS)])),
    ),
    (
        "a key slipped",
        set_at(
            ACTIONS,
            0,
            {
                "action": "share",
                "mode": "attachment-route",
                "segment": "shared",
                "shared-with": ["prod"],
                "routing-policy-names": ["few"],
            },
        ),
        "network-unknown-key",
        set_at(
            ACTIONS,
            0,
            {
                "action": "share",
                "mode": "attachment-route",
                "segment": "shared",
                "share-with": ["prod"],
                "routing-policy-names": ["few"],
            },
        ),
    ),
    (
        "a tag with a blank behind it",
        condition(1, 0, tag("env", "prod ")),
        "blank-in-condition",
        condition(1, 0, tag("env", "pr od")),
    ),
    (
        "a key with a blank before it",
        condition(1, 0, tag(" env", "prod")),
        "blank-in-condition",
        condition(1, 0, tag("env of app", "prod")),
    ),
    (
        "the id of a subnet",
        condition(3, 0, of("resource-id", "subnet-0a1b2c3d4e5f67890")),
        "resource-id-shape",
        condition(3, 0, of("resource-id", "attachment-0a1b2c3d4e5f67890")),
    ),
    (
        "an id that lacks a digit",
        condition(3, 0, of("resource-id", "vpc-0a1b2c3d4e5f6789")),
        "resource-id-shape",
        condition(3, 0, of("resource-id", "vpc-0a1b2c3d")),
    ),
    (
        "an id in capitals",
        condition(3, 0, of("resource-id", "VPN-", "begins-with")),
        "resource-id-shape",
        condition(3, 0, of("resource-id", "vpn-", "begins-with")),
    ),
    (
        "a VPC by the id of a VPN",
        condition(2, 1, of("resource-id", "vpn-0a1b2c3d4e5f67890")),
        "rule-conditions-contradict",
        condition(2, 1, of("resource-id", "vpc-0a1b", "begins-with")),
    ),
    (
        "an exception of the segment itself",
        set_at(ACTIONS, 0, "share-with", {"except": ["shared"]}),
        "segment-names-itself",
        set_at(ACTIONS, 0, "share-with", {"except": ["dev"]}),
    ),
    (
        "an override between edges of which the segments have one",
        both(
            set_at("segments", 0, "edge-locations", list(REGIONS[:2])),
            set_at("segments", 1, "edge-locations", list(REGIONS[:2])),
            set_at(ACTIONS, 1, single_hop([[*REGIONS[:2]], [REGIONS[0], REGIONS[2]]])),
        ),
        "override-outside-segments",
        both(
            set_at("segments", 0, "edge-locations", list(REGIONS[:2])),
            set_at("segments", 1, "edge-locations", list(REGIONS[:2])),
            set_at(ACTIONS, 1, single_hop([list(REGIONS)])),
        ),
    ),
    (
        "an ASN that no path holds",
        set_at(*MATCHES, [{"type": "asn-in-as-path", "value": 0}]),
        "rule-never-matches",
        set_at(*MATCHES, [{"type": "asn-in-as-path", "value": 1}]),
    ),
    (
        "a policy twice on one pair of edges",
        both(set_at(ACTIONS, 2, pair(0, 1)), set_at(ACTIONS, 3, pair(0, 1))),
        "listed-twice",
        both(set_at(ACTIONS, 2, pair(0, 1)), set_at(ACTIONS, 3, pair(1, 0))),
    ),
    (
        "an attribute of what was summed up before",
        both(summed("10.20.0.0/16"), set_at(POLICY, 0, "routing-policy-rules", 1, prepend("in-cidr"))),
        "filter-rule-after-the-end",
        both(summed("10.20.0.0/16"), set_at(POLICY, 0, "routing-policy-rules", 1, prepend("equals"))),
    ),
    (
        "every type in one rule",
        both(
            set_at(RULE, 1, "condition-logic", "or"),
            set_at(RULE, 1, "conditions", [of("attachment-type", kind) for kind in ATTACHMENT_TYPES]),
            set_at(RULE, 2, LATER),
            drop(RULE, 3),
        ),
        "shadowed-attachment-rule",
        both(
            set_at(RULE, 1, "condition-logic", "or"),
            set_at(RULE, 1, "conditions", [of("attachment-type", kind) for kind in ATTACHMENT_TYPES[1:]]),
            set_at(RULE, 2, LATER),
            drop(RULE, 3),
        ),
    ),
    (
        "a tag in two spellings",
        condition(2, 0, tag("Env", "dev")),
        "tag-key-case",
        condition(2, 0, tag("stage", "dev")),
    ),
    (
        "a segment by a tag in capitals",
        set_at(RULE, 4, by_tag("team", "Team")),
        "tag-key-case",
        set_at(RULE, 4, by_tag("team", "team")),
    ),
    ("a condition twice", condition(1, 2, tag("env", "prod")), "listed-twice", condition(1, 2, tag("team", "web"))),
    (
        "a match twice",
        set_at(*MATCHES, [prefix("in-cidr", "10.20.0.0/16"), prefix("in-cidr", "10.20.0.0/16")]),
        "listed-twice",
        set_at(*MATCHES, [prefix("in-cidr", "10.20.0.0/16"), {"type": "med-equals", "value": 5}]),
    ),
    (
        "everything, and something besides",
        condition(1, 2, {"type": "any"}),
        "condition-beside-any",
        condition(1, 2, {"type": "tag-exists", "key": "team"}),
    ),
    (
        "everything, or something",
        set_at(
            RULE,
            4,
            {"rule-number": 50, "condition-logic": "or", "conditions": [tag("a", "b"), {"type": "any"}]} | SHARED,
        ),
        "condition-beside-any",
        set_at(RULE, 4, {"rule-number": 50, "conditions": [{"type": "any"}]} | SHARED),
    ),
    (
        "ranges of ASNs that overlap",
        set_at(CONFIG, "asn-ranges", ["64512-64555", "64550-64600"]),
        "asn-ranges-overlap",
        set_at(CONFIG, "asn-ranges", ["64512-64555", "64555-64600"]),
    ),
    ("an ASN for two edges", set_at(CONFIG, "edge-locations", 1, "asn", 64512), "edge-asn", keep),
    (
        "an ASN in no range",
        set_at(CONFIG, "edge-locations", 0, "asn", 64600),
        "edge-asn",
        set_at(CONFIG, "asn-ranges", ["64512-64555", "64600-64601"]),
    ),
    (
        "two preferences",
        acting(("set-local-preference", "200"), ("set-local-preference", "300")),
        "attribute-set-again",
        acting(("set-local-preference", "200"), ("set-med", "300")),
    ),
    (
        "a community that comes and goes",
        acting(("add-community", "65100:1"), ("remove-community", "65100:1")),
        "attribute-set-again",
        acting(("add-community", "65100:1"), ("remove-community", "65100:2")),
    ),
    (
        "two MEDs that are set",
        acting(("set-med", "1"), ("set-med", "2")),
        "attribute-set-again",
        acting(("set-med", "1")),
    ),
    (
        "a pool of multicast",
        set_at(CONFIG, "inside-cidr-blocks", ["224.0.0.0/16"]),
        "no-unicast-block",
        set_at(CONFIG, "inside-cidr-blocks", ["100.64.0.0/16"]),
    ),
    (
        "a pool of everything",
        set_at(CONFIG, "inside-cidr-blocks", ["0.0.0.0/0"]),
        "no-unicast-block",
        set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/8"]),
    ),
    (
        "a preference for link-local routes",
        acting(("set-med", "5"), match=prefix("equals", "169.254.0.0/16")),
        "no-unicast-block",
        acting(("drop", None), match=prefix("equals", "169.254.0.0/16")),
    ),
    (
        "blocks of an edge, and no pool",
        both(
            drop(CONFIG, "inside-cidr-blocks"),
            set_at(CONFIG, "edge-locations", 0, "inside-cidr-blocks", ["10.0.0.0/24"]),
        ),
        "inside-cidr-outside-pool",
        set_at(CONFIG, "edge-locations", 0, "inside-cidr-blocks", ["10.0.0.0/24"]),
    ),
    (
        "a way out for some segments alone",
        both(set_at(ACTIONS, 2, way_out("egress", {"segments": ["prod"]})), EGRESS),
        "sent-to-ignored",
        both(set_at(ACTIONS, 2, way_out("egress")), EGRESS),
    ),
    (
        "two ways out",
        both(set_at(ACTIONS, 2, way_out("egress")), set_at(ACTIONS, 3, way_out("egress")), EGRESS),
        "send-to-twice",
        both(set_at(ACTIONS, 2, way_out("egress")), EGRESS),
    ),
    (
        "edges of a set that are in another",
        set_at(ACTIONS, 1, single_hop([list(REGIONS), list(REGIONS[:2])])),
        "listed-twice",
        set_at(ACTIONS, 1, single_hop([list(REGIONS), [REGIONS[1]]])),
    ),
    (
        "a label for two rules",
        labelled(("hq", ()), ("hq", ())),
        "label-of-two-rules",
        labelled(("hq", REGIONS[:1]), ("hq", REGIONS[1:])),
    ),
    (
        "a key that is too long",
        condition(1, 2, tag("k" * 129, "a")),
        "tag-too-long",
        condition(1, 2, tag("k" * 128, "a")),
    ),
    (
        "a value that is too long",
        condition(1, 2, tag("k", "a" * 257)),
        "tag-too-long",
        condition(1, 2, tag("k", "a" * 256)),
    ),
    (
        "an ASN that is removed twice",
        acting(("remove-asn-list", [65100, 65100])),
        "listed-twice",
        acting(("prepend-asn-list", [65100, 65100])),
    ),
    (
        "an ASN that nobody may have is prepended (RFC 7300)",
        acting(("prepend-asn-list", [65100, 65535])),
        "route-number",
        acting(("prepend-asn-list", [65100, 65536])),
    ),
    (
        "AS_TRANS is prepended (RFC 6793)",
        acting(("prepend-asn-list", [23456])),
        "route-number",
        acting(("prepend-asn-list", [23457])),
    ),
    (
        "a path that holds the last ASN (RFC 7300)",
        set_at(*MATCHES, [{"type": "asn-in-as-path", "value": 4294967295}]),
        "rule-never-matches",
        set_at(*MATCHES, [{"type": "asn-in-as-path", "value": 23456}]),
    ),
    (
        "a segment by a tag that nobody asks for",
        both(
            set_at(RULE, 4, by_tag("team", "segment")),
            set_at(RULE, 5, {"rule-number": 60, "conditions": [{"type": "any"}]} | SHARED),
        ),
        "tag-rule-without-its-tag",
        set_at(RULE, 4, by_tag("team", "segment")),
    ),
]


def test_the_sound_network_is_silent() -> None:
    assert found(sound()) == []


@pytest.mark.parametrize(("edit", "rule", "right"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_a_planted_mistake_is_one_finding(edit: Edit, rule: str, right: Edit) -> None:
    document = sound()
    edit(document)
    assert [item.rule for item in found(document)] == [rule]
    document = sound()
    right(document)
    assert found(document) == []
