"""Claims about Cloud WAN: two networks that differ in one key, and a question that they answer differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from policyc.targets.base import Document
from tests.coverage.lab import Claim, unproven
from tests.coverage.wan_keys import document_keys, schema_keys
from tests.coverage.wan_lab import (
    BARE,
    FIREWALLS,
    SECTION,
    SILENT,
    USUAL,
    WITH_FIREWALLS,
    Experiment,
    attachment,
    experiment,
    path,
)
from tests.coverage.wan_rules import attach_rules, by_engine, refused, routing_policies


def _find(entry: str) -> object:
    def find(document: Document) -> str:
        return "yes" if entry in document_keys(json.loads(document.text)) else ""

    return find


def claims() -> Iterator[Claim]:
    """One claim per key and word of the schema. A key without an experiment fails here."""
    found: dict[str, Claim] = {}
    for item in experiments():
        for entry in item.entries:
            assert entry not in found, f"{entry} has two experiments"
            found[entry] = Claim(SECTION, entry, item.text(), _find(entry), "cloudwan/core.json", item.effect)  # type: ignore[arg-type]
    found |= {claim.entry: claim for claim in [*refused(), *by_engine()]}
    keys = schema_keys()
    assert not set(found) - set(keys), set(found) - set(keys)
    yield from (found.get(key) or unproven(SECTION, key) for key in keys)


def experiments() -> Iterator[Experiment]:
    yield from _configuration()
    yield from _segments()
    yield from _shares_and_routes()
    yield from _insertion()
    yield from attach_rules()
    yield from routing_policies()


def _configuration() -> Iterator[Experiment]:
    share = replace(BARE, items="share a with b")
    old = replace(share, version="2021.12")
    yield experiment(
        "version\nversion = 2025.11",
        share,
        old,
        USUAL,
        path("xa", "xb", "reachable"),
        path("xa", "xb", "reachable"),
        SILENT + "the version says which keys a document may hold",
    )
    yield experiment(
        "version = 2021.12",
        old,
        share,
        USUAL,
        path("xa", "xb", "reachable"),
        path("xa", "xb", "reachable"),
        SILENT + "the version says which keys a document may hold",
    )
    one_edge = replace(BARE, head="asns 64512..64555\n  edges us-east-1 { asn 64512 }")
    yield experiment(
        """
        core-network-configuration
        core-network-configuration.edge-locations
        core-network-configuration.edge-locations[].location
        """,
        BARE,
        one_edge,
        [attachment("xa2")],
        "expect xa2 in segment a",
        "expect xa2 unassociated",
    )
    between = replace(
        BARE,
        items="filter p direction inbound number 1 { 1: 64512 in as_path -> drop }\n apply p in a from eu-west-1 to us-east-1",
    )
    moved = replace(between, head=between.head.replace("{ asn 64512 }", "{ asn 64520 }"))
    yield experiment(
        "core-network-configuration.edge-locations[].asn",
        between,
        moved,
        [attachment("xa"), attachment("xa2")],
        path("xa2", "xa", "blocked"),
        path("xa2", "xa", "reachable"),
    )
    for entry, item, why in (
        ("inside-cidr-blocks", 'inside cidrs "10.0.0.0/16"', "addresses of Connect peers"),
        ("vpn-ecmp-support", "option vpn_ecmp off", "how flows spread over tunnels"),
        ("dns-support", "option dns off", "names, not routes"),
        ("security-group-referencing-support", "option security_group_referencing on", "security groups, not routes"),
    ):
        yield experiment(
            f"core-network-configuration.{entry}",
            replace(BARE, items=item),
            BARE,
            USUAL,
            path("xa", "xa2", "reachable"),
            path("xa", "xa2", "reachable"),
            SILENT + why,
        )
    inside = BARE.head.replace("{ asn 64512 }", '{ asn 64512 inside cidrs "10.0.0.0/24" }')
    outer = 'inside cidrs "10.0.0.0/16"'
    yield experiment(
        "core-network-configuration.edge-locations[].inside-cidr-blocks",
        replace(BARE, head=inside, items=outer),
        BARE,
        USUAL,
        path("xa", "xa2", "reachable"),
        path("xa", "xa2", "reachable"),
        SILENT + "addresses of Connect peers",
    )


def _segments() -> Iterator[Experiment]:
    renamed = replace(
        BARE,
        segments=BARE.segments.replace("segment a ", "segment d "),
        rules=BARE.rules.replace("segment a", "segment d"),
    )
    yield experiment(
        """
        segments
        segments[].name
        attachment-policies
        attachment-policies[].conditions
        attachment-policies[].action
        attachment-policies[].action.association-method
        attachment-policies[].action.association-method = constant
        attachment-policies[].action.segment
        """,
        BARE,
        renamed,
        [attachment("xa")],
        "expect xa in segment a by rule 10",
        "expect xa in segment d by rule 10",
    )
    for part, core in (
        (
            "segments[].description",
            replace(BARE, segments=BARE.segments.replace("segment a {", 'segment a { describe "x" ')),
        ),
        (
            "network-function-groups[].description",
            replace(FIREWALLS, groups='function_group fw { no acceptance describe "x" }'),
        ),
        ("segment-actions[share].description", replace(BARE, items='share b with c { describe "x" }')),
        (
            "segment-actions[create-route].description",
            replace(BARE, items='route c "10.99.0.0/16" -> blackhole { describe "x" }'),
        ),
        (
            "segment-actions[send-via].description",
            replace(FIREWALLS, items='send via fw from b to c { mode single_hop describe "x" }'),
        ),
        ("segment-actions[send-to].description", replace(FIREWALLS, items='send to fw from c { describe "x" }')),
        (
            "segment-actions[associate-routing-policy].description",
            replace(
                BARE,
                items='filter p direction inbound number 1 { 1: prefix == "10.99.0.0/16" -> drop } apply p in b from us-east-1 to eu-west-1 { describe "x" }',
            ),
        ),
        (
            "attachment-policies[].description",
            replace(BARE, rules=BARE.rules.replace("segment a", 'segment a { describe "x" }', 1)),
        ),
        (
            "attachment-routing-policy-rules[].description",
            replace(
                BARE,
                items='filter p direction inbound number 1 { 1: prefix == "10.99.0.0/16" -> drop } labels { 1: "l" -> p { describe "x" } }',
            ),
        ),
        (
            "routing-policies[].routing-policy-description",
            replace(
                BARE,
                items='filter p direction inbound number 1 { describe "x" 1: prefix == "10.99.0.0/16" -> drop } labels { 1: "l" -> p }',
            ),
        ),
    ):
        same = path("xa", "xa2", "reachable")
        yield experiment(part, core, BARE, USUAL, same, same, SILENT + "text for people")
    here = BARE.segments.replace("segment a {", "segment a { edges us-east-1 ")
    yield experiment(
        "segments[].edge-locations",
        replace(BARE, segments=here),
        BARE,
        [attachment("xa2")],
        "expect xa2 unassociated",
        "expect xa2 in segment a",
    )
    isolated = replace(BARE, segments=BARE.segments.replace("segment a {", "segment a { isolate "))
    yield experiment(
        "segments[].isolate-attachments",
        isolated,
        BARE,
        USUAL,
        path("xa", "xa2", "blocked"),
        path("xa", "xa2", "reachable"),
    )
    waiting = replace(
        BARE, segments=BARE.segments.replace("segment a { no acceptance }", "segment a { require acceptance }")
    )
    yield experiment(
        "segments[].require-attachment-acceptance",
        waiting,
        BARE,
        [attachment("xa", accepted="")],
        "expect xa pending acceptance",
        "expect xa in segment a",
    )
    share = replace(BARE, items="share a with b")
    for word, key, named in (("deny", "deny-filter", "b"), ("allow", "allow-filter", "c")):
        filtered = replace(share, segments=BARE.segments.replace("segment a {", f"segment a {{ {word} from {named} "))
        yield experiment(
            f"segments[].{key}", filtered, share, USUAL, path("xa", "xb", "blocked"), path("xa", "xb", "reachable")
        )
    grouped = replace(FIREWALLS, rules=FIREWALLS.rules.replace("-> group fw", "-> segment a"))
    yield experiment(
        """
        network-function-groups
        network-function-groups[].name
        attachment-policies[].action.add-to-network-function-group
        """,
        FIREWALLS,
        grouped,
        [attachment("f1")],
        "expect f1 in group fw by rule 40",
        "expect f1 in segment a by rule 40",
    )
    waits = replace(FIREWALLS, groups="function_group fw { require acceptance }")
    yield experiment(
        "network-function-groups[].require-attachment-acceptance",
        waits,
        FIREWALLS,
        [attachment("f1", accepted="")],
        "expect f1 pending acceptance",
        "expect f1 in group fw",
    )


_DROP_B = 'filter nob direction inbound number 10 { 1: prefix == "10.2.0.0/16" -> drop }'


def _shares_and_routes() -> Iterator[Experiment]:
    share = replace(BARE, items="share a with b")
    yield experiment(
        """
        segment-actions
        segment-actions[share].action
        segment-actions[share].action = share
        segment-actions[share].mode
        segment-actions[share].mode = attachment-route
        segment-actions[share].segment
        """,
        share,
        BARE,
        USUAL,
        path("xa", "xb", "reachable"),
        path("xa", "xb", "blocked"),
    )
    yield experiment(
        "segment-actions[share].share-with",
        share,
        replace(BARE, items="share a with c"),
        USUAL,
        path("xa", "xb", "reachable"),
        path("xa", "xb", "blocked"),
    )
    yield experiment(
        "segment-actions[share].share-with.except",
        replace(BARE, items="share a with * except b"),
        replace(BARE, items="share a with *"),
        USUAL,
        path("xa", "xb", "blocked"),
        path("xa", "xb", "reachable"),
    )
    dropping = replace(BARE, items=f"{_DROP_B}\n share a with b {{ apply nob }}")
    loose = replace(BARE, items=f'{_DROP_B}\n share a with b\n labels {{ 1: "l" -> nob }}')
    yield experiment(
        "segment-actions[share].routing-policy-names",
        dropping,
        loose,
        USUAL,
        path("xa", "xb", "blocked"),
        path("xa", "xb", "reachable"),
    )
    hole = replace(BARE, items='route a "10.11.4.0/24" -> blackhole')
    to_hole, to_host = path("xa", '"10.11.4.1"', "blocked"), path("xa", '"10.11.4.1"', "reachable")
    yield experiment(
        """
        segment-actions[create-route].action
        segment-actions[create-route].action = create-route
        """,
        hole,
        BARE,
        USUAL,
        to_hole,
        to_host,
    )
    yield experiment(
        "segment-actions[create-route].segment",
        hole,
        replace(BARE, items='route b "10.11.4.0/24" -> blackhole'),
        USUAL,
        to_hole,
        to_host,
    )
    yield experiment(
        "segment-actions[create-route].destination-cidr-blocks",
        hole,
        replace(BARE, items='route a "10.11.5.0/24" -> blackhole'),
        USUAL,
        to_hole,
        to_host,
    )
    apply = 'filter noa direction inbound number 10 { 1: prefix == "10.11.0.0/16" -> drop }\n apply noa in a from us-east-1 to eu-west-1'
    applied, lost, kept = replace(BARE, items=apply), path("xa", "xa2", "blocked"), path("xa", "xa2", "reachable")
    between = "segment-actions[associate-routing-policy].edge-location-association"
    yield experiment(
        f"""
        segment-actions[associate-routing-policy].action
        segment-actions[associate-routing-policy].action = associate-routing-policy
        {between}
        {between}.edge-location
        {between}.peer-edge-location
        """,
        applied,
        replace(BARE, items=apply.replace("from us-east-1 to eu-west-1", "from eu-west-1 to us-east-1")),
        USUAL,
        lost,
        kept,
    )
    elsewhere = replace(BARE, items=apply.replace("in a", "in b"))
    yield experiment("segment-actions[associate-routing-policy].segment", applied, elsewhere, USUAL, lost, kept)
    more = (
        apply
        + '\n filter other direction inbound number 20 { 1: prefix == "10.99.0.0/16" -> drop }\n labels { 1: "l" -> noa }'
    )
    yield experiment(
        f"{between}.routing-policy-names",
        replace(BARE, items=more),
        replace(BARE, items=more.replace("apply noa", "apply other")),
        USUAL,
        lost,
        kept,
    )
    led = 'route a "172.16.0.0/16" -> "attachment-0123456789abcdef0"'
    ids = (
        attachment("xa"),
        attachment("xa2", id='"attachment-0123456789abcdef0"'),
        attachment("xc", id='"attachment-0fffffffffffffff0"', tags='{ s: "a" }'),
    )
    hop = path("xa", '"172.16.0.1"', "next hop {}")
    yield experiment(
        "segment-actions[create-route].destinations",
        replace(BARE, items=led),
        replace(BARE, items=led.replace("0123456789abcdef0", "0fffffffffffffff0")),
        ids,
        hop.format("xa2"),
        hop.format("xc"),
    )


def _insertion() -> Iterator[Experiment]:
    via = "send via fw from a to b { mode single_hop }"
    through, bare = replace(FIREWALLS, items=via), replace(FIREWALLS, items="share a with b")
    inspected, direct = path("xa", "xb", "inspected by fw"), path("xa", "xb", "not inspected")
    yield experiment(
        """
        segment-actions[send-via].action
        segment-actions[send-via].action = send-via
        segment-actions[send-via].via
        """,
        through,
        bare,
        WITH_FIREWALLS,
        inspected,
        direct,
    )
    other = replace(FIREWALLS, items="send via fw from c to b { mode single_hop }")
    yield experiment(
        "segment-actions[send-via].segment", through, other, WITH_FIREWALLS, inspected, path("xa", "xb", "blocked")
    )
    both = replace(
        FIREWALLS,
        groups="function_group fw { no acceptance } function_group gw { no acceptance }",
        rules=FIREWALLS.rules + '\n 50: tag["s"] == "gw" -> group gw',
        items=via,
    )
    gates = (*WITH_FIREWALLS, attachment("f1", tags='{ s: "gw" }').replace("f1", "g1").replace("100.64", "100.66"))
    yield experiment(
        "segment-actions[send-via].via.network-function-groups",
        both,
        replace(both, items=via.replace("via fw", "via gw")),
        gates,
        inspected,
        path("xa", "xb", "inspected by gw"),
    )
    to_c = replace(FIREWALLS, items=via.replace("to b", "to c"))
    yield experiment(
        """
        segment-actions[send-via].when-sent-to
        segment-actions[send-via].when-sent-to.segments
        """,
        through,
        to_c,
        WITH_FIREWALLS,
        inspected,
        path("xa", "xb", "blocked"),
    )
    yield experiment(
        "segment-actions[send-via].when-sent-to.segments.except",
        replace(FIREWALLS, items=via.replace("to b", "to * except a, b")),
        replace(FIREWALLS, items=via.replace("to b", "to * except a, c")),
        WITH_FIREWALLS,
        path("xa", "xb", "blocked"),
        inspected,
    )
    # Only the far end has an appliance: by dual-hop, traffic that leaves the near end is lost.
    far = (*USUAL, attachment("f2"))
    dual = replace(FIREWALLS, items=via.replace("single", "dual"))
    lost, found = path("xa", "xb2", "blocked"), path("xa", "xb2", "inspected by fw")
    yield experiment(
        "segment-actions[send-via].mode\nsegment-actions[send-via].mode = dual-hop", dual, through, far, lost, found
    )
    yield experiment("segment-actions[send-via].mode = single-hop", through, dual, far, found, lost)
    chosen = "send via fw from a to b { mode single_hop edge [us-east-1, eu-west-1] use eu-west-1 }"
    hops = path("xa", "xb2", "next hop f2"), path("xa", "xb2", "next hop f1")
    yield experiment(
        """
        segment-actions[send-via].via.with-edge-overrides
        segment-actions[send-via].via.with-edge-overrides[].use-edge-location
        """,
        replace(FIREWALLS, items=chosen),
        replace(FIREWALLS, items=chosen.replace("use eu-west-1", "use us-east-1")),
        WITH_FIREWALLS,
        *hops,
    )
    third = FIREWALLS.head + ", ap-south-1 { asn 64514 }"
    sets = "send via fw from a to b { mode single_hop edge [us-east-1, eu-west-1] use eu-west-1 edge [ap-south-1, eu-west-1] use us-east-1 }"
    turned = sets.replace("[us-east-1, eu-west-1] use eu-west-1", "[ap-south-1, us-east-1] use eu-west-1").replace(
        "[ap-south-1, eu-west-1]", "[us-east-1, eu-west-1]"
    )
    yield experiment(
        "segment-actions[send-via].via.with-edge-overrides[].edge-sets",
        replace(FIREWALLS, items=sets, head=third),
        replace(FIREWALLS, items=turned, head=third),
        WITH_FIREWALLS,
        *hops,
    )
    out = "send to fw from a"
    leaving, stuck = path("xa", '"203.0.113.10"', "inspected by fw"), path("xa", '"203.0.113.10"', "blocked")
    egress = replace(FIREWALLS, items=out)
    yield experiment(
        """
        segment-actions[send-to].action
        segment-actions[send-to].action = send-to
        segment-actions[send-to].via
        """,
        egress,
        FIREWALLS,
        WITH_FIREWALLS,
        leaving,
        stuck,
    )
    yield experiment(
        "segment-actions[send-to].segment",
        egress,
        replace(FIREWALLS, items="send to fw from b"),
        WITH_FIREWALLS,
        leaving,
        stuck,
    )
    yield experiment(
        "segment-actions[send-to].via.network-function-groups",
        replace(both, items=out),
        replace(both, items="send to gw from a"),
        gates,
        leaving,
        path("xa", '"203.0.113.10"', "inspected by gw"),
    )
    # A third Region without an appliance uses the one that an override names.
    regions = replace(FIREWALLS, head=third)
    remote = (*WITH_FIREWALLS, attachment("xc", region="ap-south-1", tags='{ s: "a" }'))
    remote = tuple(item for item in remote if not (item.startswith("attachment xc") and "us-east-1" in item))
    eu, us = (path("xc", '"203.0.113.10"', f"next hop {name}") for name in ("f2", "f1"))
    prefer = f"{out} {{ edge [ap-south-1, eu-west-1] use eu-west-1 }}"
    yield experiment(
        """
        segment-actions[send-to].via.with-edge-overrides
        segment-actions[send-to].via.with-edge-overrides[].use-edge-location
        """,
        replace(regions, items=prefer),
        replace(
            regions,
            items=prefer.replace("use eu-west-1", "use us-east-1").replace(
                "[ap-south-1, eu-west-1]", "[ap-south-1, us-east-1]"
            ),
        ),
        remote,
        eu,
        us,
    )
    two = f"{out} {{ edge [ap-south-1, eu-west-1] use eu-west-1 edge [us-east-1] use us-east-1 }}"
    swapped = f"{out} {{ edge [eu-west-1] use eu-west-1 edge [ap-south-1, us-east-1] use us-east-1 }}"
    yield experiment(
        "segment-actions[send-to].via.with-edge-overrides[].edge-sets",
        replace(regions, items=two),
        replace(regions, items=swapped),
        remote,
        eu,
        us,
    )
