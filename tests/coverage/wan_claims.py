"""Claims about Cloud WAN: two networks that differ in one key, and a question that they answer differently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Standing, associate
from policyc.engines.wan.attachments import Attachment
from policyc.targets.base import Document
from policyc.targets.cloud_wan.read import read_document
from policyc.text import Source
from tests.coverage.lab import Claim, Row, compile_text
from tests.coverage.wan_keys import document_keys, schema_keys

SECTION = "cloudwan document keys"
_ATTACHMENTS = {
    "xa": ("us-east-1", "a", "10.1.0.0/16"),
    "xa2": ("eu-west-1", "a", "10.11.0.0/16"),
    "xb": ("us-east-1", "b", "10.2.0.0/16"),
    "xb2": ("eu-west-1", "b", "10.12.0.0/16"),
    "xc": ("us-east-1", "c", "10.3.0.0/16"),
    "f1": ("us-east-1", "fw", "100.64.0.0/16"),
    "f2": ("eu-west-1", "fw", "100.65.0.0/16"),
}


def attachment(name: str, **changes: str) -> str:
    """One of the usual attachments, with fields changed or added; an empty text leaves a field out."""
    region, tag, cidr = _ATTACHMENTS[name]
    fields = {
        "type": "vpc", "region": region, "account": '"111122223333"', "tags": f'{{ s: "{tag}" }}',
        "cidrs": f'["{cidr}"]', "accepted": "true",
    } | changes  # fmt: skip
    return f"attachment {name} {{ {', '.join(f'{key}: {value}' for key, value in fields.items() if value)} }}"


@dataclass(frozen=True)
class Net:
    """The parts of a network; `items` come last."""

    items: str = ""
    head: str = "asns 64512..64555\n  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }"
    segments: str = "segment a { no acceptance } segment b { no acceptance } segment c { no acceptance }"
    rules: str = '10: tag["s"] == "a" -> segment a\n 20: tag["s"] == "b" -> segment b\n 30: tag["s"] == "c" -> segment c'
    groups: str = ""
    version: str = "2025.11"

    def text(self, name: str) -> str:
        attach = f"attach {{\n {self.rules}\n}}" if self.rules else ""
        return (
            f'network {name} for cloudwan version "{self.version}" {{\n  {self.head}\n  {self.segments}\n'
            f"  {self.groups}\n  {attach}\n  {self.items}\n}}\n"
        )


BARE = Net()
FIREWALLS = replace(
    BARE, groups="function_group fw { no acceptance }", rules=BARE.rules + '\n 40: tag["s"] == "fw" -> group fw'
)  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """`entries` are what the two networks differ in. `here` and `there` are what is asked of each: attachments, then
    expectations. `effect` replaces `yes` in the table when the key decides nothing."""

    entries: Sequence[str]
    core: Net
    bare: Net
    here: str
    there: str
    effect: str = "yes"
    other_attachments: str = ""
    attachments: str = ""

    def text(self) -> str:
        tests = [("with", "core", self.attachments, self.here)]
        tests.append(("without", "bare", self.other_attachments or self.attachments, self.there))
        out = self.core.text("core") + self.bare.text("bare")
        for label, network, attached, question in tests:
            out += f'test "{label}" {{\n on {network} {{\n {attached}\n }}\n {question}\n}}\n'
        return out


def experiment(
    entries: str, core: Net, bare: Net, attached: Sequence[str], here: str, there: str, effect: str = "yes",
    other: Sequence[str] = (),
) -> Experiment:  # fmt: skip
    """`entries` one per line."""
    names = [line.strip() for line in entries.strip().splitlines()]
    return Experiment(names, core, bare, here, there, effect, "\n ".join(other), "\n ".join(attached))


def _path(source: str, to: str, expectation: str) -> str:
    return f"path from {source} to {to}\n expect {expectation}"


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
    found |= {claim.entry: claim for claim in [*_refused(), *_by_engine()]}
    keys = schema_keys()
    assert set(found) == set(keys), set(found) ^ set(keys)
    yield from (found[key] for key in keys)


_ALL = tuple(attachment(name) for name in ("xa", "xa2", "xb", "xb2", "xc"))
_WITH_FIREWALLS = (*_ALL, attachment("f1"), attachment("f2"))
_SILENT = "no effect: "


def experiments() -> Iterator[Experiment]:
    yield from _configuration()
    yield from _segments()
    yield from _shares_and_routes()
    yield from _insertion()
    yield from _attach_rules()
    yield from _routing_policies()


def _configuration() -> Iterator[Experiment]:
    share = replace(BARE, items="share a with b")
    old = replace(share, version="2021.12")
    yield experiment(
        "version\nversion = 2025.11", share, old, _ALL, _path("xa", "xb", "reachable"), _path("xa", "xb", "reachable"),
        _SILENT + "the version says which keys a document may hold",
    )  # fmt: skip
    yield experiment("version = 2021.12", old, share, _ALL, _path("xa", "xb", "reachable"), _path("xa", "xb", "reachable"),
        _SILENT + "the version says which keys a document may hold",
    )  # fmt: skip
    one_edge = replace(BARE, head="asns 64512..64555\n  edges us-east-1 { asn 64512 }")
    yield experiment(
        """
        core-network-configuration
        core-network-configuration.edge-locations
        core-network-configuration.edge-locations[].location
        """,
        BARE, one_edge, [attachment("xa2")], "expect xa2 in segment a", "expect xa2 unassociated",
    )  # fmt: skip
    between = replace(BARE, items="filter p direction inbound number 1 { 1: 64512 in as_path -> drop }\n apply p in a from eu-west-1 to us-east-1")
    moved = replace(between, head=between.head.replace("{ asn 64512 }", "{ asn 64520 }"))
    yield experiment(
        "core-network-configuration.edge-locations[].asn", between, moved, [attachment("xa"), attachment("xa2")],
        _path("xa2", "xa", "blocked"), _path("xa2", "xa", "reachable"),
    )  # fmt: skip
    for entry, item, why in (
        ("inside-cidr-blocks", 'inside cidrs "10.0.0.0/16"', "addresses of Connect peers"),
        ("vpn-ecmp-support", "option vpn_ecmp off", "how flows spread over tunnels"),
        ("dns-support", "option dns off", "names, not routes"),
        ("security-group-referencing-support", "option security_group_referencing on", "security groups, not routes"),
    ):
        yield experiment(
            f"core-network-configuration.{entry}", replace(BARE, items=item), BARE, _ALL,
            _path("xa", "xa2", "reachable"), _path("xa", "xa2", "reachable"), _SILENT + why,
        )  # fmt: skip
    inside = BARE.head.replace("{ asn 64512 }", '{ asn 64512 inside cidrs "10.0.0.0/24" }')
    outer = 'inside cidrs "10.0.0.0/16"'
    yield experiment(
        "core-network-configuration.edge-locations[].inside-cidr-blocks", replace(BARE, head=inside, items=outer), BARE,
        _ALL, _path("xa", "xa2", "reachable"), _path("xa", "xa2", "reachable"), _SILENT + "addresses of Connect peers",
    )  # fmt: skip


def _segments() -> Iterator[Experiment]:
    renamed = replace(BARE, segments=BARE.segments.replace("segment a ", "segment d "), rules=BARE.rules.replace("segment a", "segment d"))
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
        BARE, renamed, [attachment("xa")], "expect xa in segment a by rule 10", "expect xa in segment d by rule 10",
    )  # fmt: skip
    for part, core in (
        ("segments[].description", replace(BARE, segments=BARE.segments.replace("segment a {", 'segment a { describe "x" '))),
        ("network-function-groups[].description", replace(FIREWALLS, groups='function_group fw { no acceptance describe "x" }')),
        ("segment-actions[share].description", replace(BARE, items='share b with c { describe "x" }')),
        ("segment-actions[create-route].description", replace(BARE, items='route c "10.99.0.0/16" -> blackhole { describe "x" }')),
        ("segment-actions[send-via].description", replace(FIREWALLS, items='send via fw from b to c { mode single_hop describe "x" }')),
        ("segment-actions[send-to].description", replace(FIREWALLS, items='send to fw from c { describe "x" }')),
        ("segment-actions[associate-routing-policy].description", replace(BARE, items='filter p direction inbound number 1 { 1: prefix == "10.99.0.0/16" -> drop } apply p in b from us-east-1 to eu-west-1 { describe "x" }')),
        ("attachment-policies[].description", replace(BARE, rules=BARE.rules.replace("segment a", 'segment a { describe "x" }', 1))),
        ("attachment-routing-policy-rules[].description", replace(BARE, items='filter p direction inbound number 1 { 1: prefix == "10.99.0.0/16" -> drop } labels { 1: "l" -> p { describe "x" } }')),
        ("routing-policies[].routing-policy-description", replace(BARE, items='filter p direction inbound number 1 { describe "x" 1: prefix == "10.99.0.0/16" -> drop } labels { 1: "l" -> p }')),
    ):  # fmt: skip
        same = _path("xa", "xa2", "reachable")
        yield experiment(part, core, BARE, _ALL, same, same, _SILENT + "text for people")
    here = BARE.segments.replace("segment a {", "segment a { edges us-east-1 ")
    yield experiment(
        "segments[].edge-locations", replace(BARE, segments=here), BARE, [attachment("xa2")],
        "expect xa2 unassociated", "expect xa2 in segment a",
    )  # fmt: skip
    isolated = replace(BARE, segments=BARE.segments.replace("segment a {", "segment a { isolate "))
    yield experiment(
        "segments[].isolate-attachments", isolated, BARE, _ALL, _path("xa", "xa2", "blocked"),
        _path("xa", "xa2", "reachable"),
    )  # fmt: skip
    waiting = replace(BARE, segments=BARE.segments.replace("segment a { no acceptance }", "segment a { require acceptance }"))
    yield experiment(
        "segments[].require-attachment-acceptance", waiting, BARE, [attachment("xa", accepted="")],
        "expect xa pending acceptance", "expect xa in segment a",
    )  # fmt: skip
    share = replace(BARE, items="share a with b")
    for word, key, named in (("deny", "deny-filter", "b"), ("allow", "allow-filter", "c")):
        filtered = replace(share, segments=BARE.segments.replace("segment a {", f"segment a {{ {word} from {named} "))
        yield experiment(
            f"segments[].{key}", filtered, share, _ALL, _path("xa", "xb", "blocked"), _path("xa", "xb", "reachable")
        )
    grouped = replace(FIREWALLS, rules=FIREWALLS.rules.replace("-> group fw", "-> segment a"))
    yield experiment(
        """
        network-function-groups
        network-function-groups[].name
        attachment-policies[].action.add-to-network-function-group
        """,
        FIREWALLS, grouped, [attachment("f1")], "expect f1 in group fw by rule 40", "expect f1 in segment a by rule 40",
    )  # fmt: skip
    waits = replace(FIREWALLS, groups="function_group fw { require acceptance }")
    yield experiment(
        "network-function-groups[].require-attachment-acceptance", waits, FIREWALLS, [attachment("f1", accepted="")],
        "expect f1 pending acceptance", "expect f1 in group fw",
    )  # fmt: skip


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
        share, BARE, _ALL, _path("xa", "xb", "reachable"), _path("xa", "xb", "blocked"),
    )  # fmt: skip
    yield experiment(
        "segment-actions[share].share-with", share, replace(BARE, items="share a with c"), _ALL,
        _path("xa", "xb", "reachable"), _path("xa", "xb", "blocked"),
    )  # fmt: skip
    yield experiment(
        "segment-actions[share].share-with.except", replace(BARE, items="share a with * except b"),
        replace(BARE, items="share a with *"), _ALL, _path("xa", "xb", "blocked"), _path("xa", "xb", "reachable"),
    )  # fmt: skip
    dropping = replace(BARE, items=f"{_DROP_B}\n share a with b {{ apply nob }}")
    loose = replace(BARE, items=f"{_DROP_B}\n share a with b\n labels {{ 1: \"l\" -> nob }}")
    yield experiment(
        "segment-actions[share].routing-policy-names", dropping, loose, _ALL, _path("xa", "xb", "blocked"),
        _path("xa", "xb", "reachable"),
    )  # fmt: skip
    hole = replace(BARE, items='route a "10.11.4.0/24" -> blackhole')
    to_hole, to_host = _path("xa", '"10.11.4.1"', "blocked"), _path("xa", '"10.11.4.1"', "reachable")
    yield experiment(
        """
        segment-actions[create-route].action
        segment-actions[create-route].action = create-route
        """,
        hole, BARE, _ALL, to_hole, to_host,
    )  # fmt: skip
    yield experiment(
        "segment-actions[create-route].segment", hole, replace(BARE, items='route b "10.11.4.0/24" -> blackhole'), _ALL,
        to_hole, to_host,
    )  # fmt: skip
    yield experiment(
        "segment-actions[create-route].destination-cidr-blocks", hole,
        replace(BARE, items='route a "10.11.5.0/24" -> blackhole'), _ALL, to_hole, to_host,
    )  # fmt: skip
    apply = 'filter noa direction inbound number 10 { 1: prefix == "10.11.0.0/16" -> drop }\n apply noa in a from us-east-1 to eu-west-1'
    applied, lost, kept = replace(BARE, items=apply), _path("xa", "xa2", "blocked"), _path("xa", "xa2", "reachable")
    between = "segment-actions[associate-routing-policy].edge-location-association"
    yield experiment(
        f"""
        segment-actions[associate-routing-policy].action
        segment-actions[associate-routing-policy].action = associate-routing-policy
        {between}
        {between}.edge-location
        {between}.peer-edge-location
        """,
        applied, replace(BARE, items=apply.replace("from us-east-1 to eu-west-1", "from eu-west-1 to us-east-1")), _ALL, lost, kept,
    )  # fmt: skip
    elsewhere = replace(BARE, items=apply.replace("in a", "in b"))
    yield experiment("segment-actions[associate-routing-policy].segment", applied, elsewhere, _ALL, lost, kept)
    more = apply + '\n filter other direction inbound number 20 { 1: prefix == "10.99.0.0/16" -> drop }\n labels { 1: "l" -> noa }'
    yield experiment(f"{between}.routing-policy-names", replace(BARE, items=more), replace(BARE, items=more.replace("apply noa", "apply other")), _ALL, lost, kept)
    led = 'route a "172.16.0.0/16" -> "attachment-0123456789abcdef0"'
    ids = (attachment("xa"), attachment("xa2", id='"attachment-0123456789abcdef0"'), attachment("xc", id='"attachment-0fffffffffffffff0"', tags='{ s: "a" }'))
    hop = _path("xa", '"172.16.0.1"', "next hop {}")
    yield experiment(
        "segment-actions[create-route].destinations", replace(BARE, items=led),
        replace(BARE, items=led.replace("0123456789abcdef0", "0fffffffffffffff0")), ids, hop.format("xa2"), hop.format("xc"),
    )  # fmt: skip


def _insertion() -> Iterator[Experiment]:
    via = "send via fw from a to b { mode single_hop }"
    through, bare = replace(FIREWALLS, items=via), replace(FIREWALLS, items="share a with b")
    inspected, direct = _path("xa", "xb", "inspected by fw"), _path("xa", "xb", "not inspected")
    yield experiment(
        """
        segment-actions[send-via].action
        segment-actions[send-via].action = send-via
        segment-actions[send-via].via
        """,
        through, bare, _WITH_FIREWALLS, inspected, direct,
    )  # fmt: skip
    other = replace(FIREWALLS, items="send via fw from c to b { mode single_hop }")
    yield experiment("segment-actions[send-via].segment", through, other, _WITH_FIREWALLS, inspected, _path("xa", "xb", "blocked"))
    both = replace(
        FIREWALLS, groups="function_group fw { no acceptance } function_group gw { no acceptance }",
        rules=FIREWALLS.rules + '\n 50: tag["s"] == "gw" -> group gw', items=via,
    )  # fmt: skip
    gates = (*_WITH_FIREWALLS, attachment("f1", tags='{ s: "gw" }').replace("f1", "g1").replace("100.64", "100.66"))
    yield experiment(
        "segment-actions[send-via].via.network-function-groups", both, replace(both, items=via.replace("via fw", "via gw")),
        gates, inspected, _path("xa", "xb", "inspected by gw"),
    )  # fmt: skip
    to_c = replace(FIREWALLS, items=via.replace("to b", "to c"))
    yield experiment(
        """
        segment-actions[send-via].when-sent-to
        segment-actions[send-via].when-sent-to.segments
        """,
        through, to_c, _WITH_FIREWALLS, inspected, _path("xa", "xb", "blocked"),
    )  # fmt: skip
    yield experiment(
        "segment-actions[send-via].when-sent-to.segments.except",
        replace(FIREWALLS, items=via.replace("to b", "to * except a, b")), replace(FIREWALLS, items=via.replace("to b", "to * except a, c")),
        _WITH_FIREWALLS, _path("xa", "xb", "blocked"), inspected,
    )  # fmt: skip
    # Only the far end has an appliance: by dual-hop, traffic that leaves the near end is lost.
    far = (*_ALL, attachment("f2"))
    dual = replace(FIREWALLS, items=via.replace("single", "dual"))
    lost, found = _path("xa", "xb2", "blocked"), _path("xa", "xb2", "inspected by fw")
    yield experiment(
        "segment-actions[send-via].mode\nsegment-actions[send-via].mode = dual-hop", dual, through, far, lost, found
    )
    yield experiment("segment-actions[send-via].mode = single-hop", through, dual, far, found, lost)
    chosen = "send via fw from a to b { mode single_hop edge [us-east-1, eu-west-1] use eu-west-1 }"
    hops = _path("xa", "xb2", "next hop f2"), _path("xa", "xb2", "next hop f1")
    yield experiment(
        """
        segment-actions[send-via].via.with-edge-overrides
        segment-actions[send-via].via.with-edge-overrides[].use-edge-location
        """,
        replace(FIREWALLS, items=chosen), replace(FIREWALLS, items=chosen.replace("use eu-west-1", "use us-east-1")),
        _WITH_FIREWALLS, *hops,
    )  # fmt: skip
    third = FIREWALLS.head + ", ap-south-1 { asn 64514 }"
    sets = "send via fw from a to b { mode single_hop edge [us-east-1, eu-west-1] use eu-west-1 edge [ap-south-1, eu-west-1] use us-east-1 }"
    turned = sets.replace("[us-east-1, eu-west-1] use eu-west-1", "[ap-south-1, us-east-1] use eu-west-1").replace("[ap-south-1, eu-west-1]", "[us-east-1, eu-west-1]")
    yield experiment(
        "segment-actions[send-via].via.with-edge-overrides[].edge-sets", replace(FIREWALLS, items=sets, head=third),
        replace(FIREWALLS, items=turned, head=third), _WITH_FIREWALLS, *hops,
    )  # fmt: skip
    out = "send to fw from a"
    leaving, stuck = _path("xa", '"203.0.113.10"', "inspected by fw"), _path("xa", '"203.0.113.10"', "blocked")
    egress = replace(FIREWALLS, items=out)
    yield experiment(
        """
        segment-actions[send-to].action
        segment-actions[send-to].action = send-to
        segment-actions[send-to].via
        """,
        egress, FIREWALLS, _WITH_FIREWALLS, leaving, stuck,
    )  # fmt: skip
    yield experiment("segment-actions[send-to].segment", egress, replace(FIREWALLS, items="send to fw from b"), _WITH_FIREWALLS, leaving, stuck)
    yield experiment(
        "segment-actions[send-to].via.network-function-groups", replace(both, items=out), replace(both, items="send to gw from a"),
        gates, leaving, _path("xa", '"203.0.113.10"', "inspected by gw"),
    )  # fmt: skip
    # A third Region without an appliance uses the one that an override names.
    regions = replace(FIREWALLS, head=third)
    remote = (*_WITH_FIREWALLS, attachment("xc", region="ap-south-1", tags='{ s: "a" }'))
    remote = tuple(item for item in remote if not (item.startswith("attachment xc") and "us-east-1" in item))
    eu, us = (_path("xc", '"203.0.113.10"', f"next hop {name}") for name in ("f2", "f1"))
    prefer = f"{out} {{ edge [ap-south-1, eu-west-1] use eu-west-1 }}"
    yield experiment(
        """
        segment-actions[send-to].via.with-edge-overrides
        segment-actions[send-to].via.with-edge-overrides[].use-edge-location
        """,
        replace(regions, items=prefer), replace(regions, items=prefer.replace("use eu-west-1", "use us-east-1").replace("[ap-south-1, eu-west-1]", "[ap-south-1, us-east-1]")),
        remote, eu, us,
    )  # fmt: skip
    two = f"{out} {{ edge [ap-south-1, eu-west-1] use eu-west-1 edge [us-east-1] use us-east-1 }}"
    swapped = f"{out} {{ edge [eu-west-1] use eu-west-1 edge [ap-south-1, us-east-1] use us-east-1 }}"
    yield experiment(
        "segment-actions[send-to].via.with-edge-overrides[].edge-sets", replace(regions, items=two), replace(regions, items=swapped),
        remote, eu, us,
    )  # fmt: skip


def _attach_rules() -> Iterator[Experiment]:
    def rules(text: str) -> Net:
        return replace(BARE, rules=f"{text}\n 90: otherwise -> segment c")

    def decide(entries: str, condition: str, other: str, **fields: str) -> Experiment:
        return experiment(
            entries, rules(f"10: {condition} -> segment a"), rules(f"10: {other} -> segment a"), [attachment("xa", **fields)],
            "expect xa in segment a by rule 10", "expect xa in segment c by rule 90",
        )  # fmt: skip

    yield experiment(
        "attachment-policies[].rule-number",
        rules('10: tag["s"] == "a" -> segment a\n 20: region == us-east-1 -> segment b'),
        rules('30: tag["s"] == "a" -> segment a\n 20: region == us-east-1 -> segment b'), [attachment("xa")],
        "expect xa in segment a by rule 10", "expect xa in segment b by rule 20",
    )  # fmt: skip
    both, one = 'tag["s"] == "a" and tag["t"] == "b"', 'tag["s"] == "a" or tag["t"] == "b"'
    yield experiment(
        "attachment-policies[].condition-logic\nattachment-policies[].condition-logic = or",
        rules(f"10: {one} -> segment a"), rules(f"10: {both} -> segment a"), [attachment("xa")],
        "expect xa in segment a", "expect xa in segment c",
    )  # fmt: skip
    yield experiment(
        "attachment-policies[].condition-logic = and", rules(f"10: {both} -> segment a"), rules(f"10: {one} -> segment a"),
        [attachment("xa")], "expect xa in segment c", "expect xa in segment a",
    )  # fmt: skip
    yield experiment(
        "attachment-policies[].conditions[].type\nattachment-policies[].conditions[].type = any",
        replace(BARE, rules="10: otherwise -> segment a"), replace(BARE, rules='10: tag["z"] == "z" -> segment a'), [attachment("xa")],
        "expect xa in segment a", "expect xa unassociated",
    )  # fmt: skip
    yield decide("attachment-policies[].conditions[].type = tag-exists", 'exists tag["s"]', 'exists tag["z"]')
    yield decide("attachment-policies[].conditions[].type = tag-value\nattachment-policies[].conditions[].operator\nattachment-policies[].conditions[].operator = equals", 'tag["s"] == "a"', 'tag["s"] == "z"')
    yield decide("attachment-policies[].conditions[].key", 'tag["s"] == "a"', 'tag["t"] == "a"')
    yield decide("attachment-policies[].conditions[].value", 'tag["s"] == "a"', 'tag["s"] == "b"')
    yield decide("attachment-policies[].conditions[].operator = not-equals", 'tag["s"] != "z"', 'tag["s"] != "a"')
    yield decide("attachment-policies[].conditions[].operator = contains", 'tag["s"] like "*od*"', 'tag["s"] like "*zz*"', tags='{ s: "prods" }')
    yield decide("attachment-policies[].conditions[].operator = begins-with", 'tag["s"] like "pr*"', 'tag["s"] like "zz*"', tags='{ s: "prods" }')
    yield decide("attachment-policies[].conditions[].type = resource-id", 'resource_id == "vpc-1"', 'resource_id == "vpc-2"', resource_id='"vpc-1"')
    yield decide("attachment-policies[].conditions[].type = region", "region == us-east-1", "region == eu-west-1")
    yield decide("attachment-policies[].conditions[].type = attachment-type", "type == vpc", "type == connect")
    yield decide("attachment-policies[].conditions[].type = account-id", 'account == "111122223333"', 'account == "444455556666"')
    tagged = rules('10: exists tag["s"] -> tag "s"')
    yield experiment(
        "attachment-policies[].action.association-method = tag\nattachment-policies[].action.tag-value-of-key",
        tagged, rules('10: exists tag["s"] -> tag "t"'), [attachment("xa", tags='{ s: "a", t: "b" }')],
        "expect xa in segment a", "expect xa in segment b",
    )  # fmt: skip
    asking = rules('10: tag["s"] == "a" -> segment a { require acceptance }')
    yield experiment(
        "attachment-policies[].action.require-acceptance", asking, BARE, [attachment("xa", accepted="")],
        "expect xa pending acceptance", "expect xa in segment a",
    )  # fmt: skip


def _routing_policies() -> Iterator[Experiment]:
    """Routes of a labelled VPN are taken in, dropped or changed by the policies of its label."""
    rest = "routing-policies[].routing-policy-rules"
    definition = f"{rest}[].rule-definition"

    def net(rules: str, items: str = 'labels { 1: "l" -> p }', direction: str = "inbound", more: str = "") -> Net:
        return replace(BARE, items=f"filter p direction {direction} number 10 {{ {rules} }} {more} {items}")

    def vpn(name: str, **route: str) -> str:
        cidr = _ATTACHMENTS["xb"][2]
        fields = {"prefix": f'"{cidr}"', "as_path": "[65001]"} | route
        label = '"l"' if name == "xb" else '"m"'
        inside = ", ".join(f"{key}: {value}" for key, value in fields.items())
        return attachment(name, type="site_to_site_vpn", cidrs="", routes=f"[{{ {inside} }}]", label=label, tags='{ s: "a" }')

    routes = (attachment("xa"), vpn("xb"))
    lost, found = _path("xa", '"10.2.0.1"', "blocked"), _path("xa", '"10.2.0.1"', "reachable")

    def decide(entries: str, core: Net, bare: Net, attached: Sequence[str] = routes) -> Experiment:
        return experiment(entries, core, bare, attached, lost, found)

    drop, other = '1: prefix == "10.2.0.0/16" -> drop', '1: prefix == "10.99.0.0/16" -> drop'
    yield decide(
        f"""
        attachment-routing-policy-rules
        attachment-routing-policy-rules[].conditions
        attachment-routing-policy-rules[].conditions[].type
        attachment-routing-policy-rules[].conditions[].type = routing-policy-label
        attachment-routing-policy-rules[].conditions[].value
        attachment-routing-policy-rules[].action
        routing-policies
        {rest}
        """,
        net(drop), net(drop, 'labels { 1: "z" -> p }'),
    )  # fmt: skip
    keep = 'filter q direction inbound number 20 { 1: prefix == "10.99.0.0/16" -> drop }'
    yield decide(
        "attachment-routing-policy-rules[].action.associate-routing-policies\nrouting-policies[].routing-policy-name",
        net(drop, more=keep), net(drop, 'labels { 1: "l" -> q }', more=keep),
    )  # fmt: skip
    gateway = attachment("xb", type="direct_connect_gateway", region="", regions="[us-east-1, eu-west-1]", cidrs="", label='"l"', tags='{ s: "a" }', routes='[{ prefix: "10.2.0.0/16", as_path: [65001] }]')
    yield decide(
        "attachment-routing-policy-rules[].edge-locations", net(drop, 'labels { 1: "l" -> p { edges us-east-1, eu-west-1 } }'),
        net(drop, 'labels { 1: "l" -> p { edges eu-west-1 } }'), (attachment("xa"), gateway),
    )  # fmt: skip
    first = 'labels { 1: "l" -> p\n 2: "l" -> q }'
    yield experiment(
        "attachment-routing-policy-rules[].rule-number", net(drop, first, more=keep), net(drop, first.replace("2:", "3:"), more=keep),
        routes, lost, lost, _SILENT + "all rules of a label apply (switch `several-label-rules`)",
    )  # fmt: skip
    yield decide(
        "routing-policies[].routing-policy-direction\nrouting-policies[].routing-policy-direction = inbound", net(drop), net(drop, direction="outbound")
    )
    outbound = net(drop, "share b with a { apply p }", "outbound")
    shared = (attachment("xa"), attachment("xb"))
    yield experiment("routing-policies[].routing-policy-direction = outbound", outbound, net(drop, "share a with b { apply p }", "outbound"), shared, lost, found)
    letting = 'filter q direction inbound number {} {{ 1: prefix == "10.2.0.0/16" -> allow }}'
    two = 'labels { 1: "l" -> p, q }'
    yield decide("routing-policies[].routing-policy-number", net(drop, two, more=letting.format(20)), net(drop, two, more=letting.format(5)))
    ordered = '{}: prefix == "10.2.0.0/16" -> drop\n {}: prefix == "10.2.0.0/16" -> allow'
    yield decide(f"{rest}[].rule-number", net(ordered.format(1, 2)), net(ordered.format(2, 1)))
    yield decide(
        f"""
        {definition}
        {definition}.match-conditions
        {definition}.match-conditions[].type
        {definition}.match-conditions[].type = prefix-equals
        {definition}.match-conditions[].value
        {definition}.action
        {definition}.action.type
        {definition}.action.type = drop
        """,
        net(drop), net(other),
    )  # fmt: skip
    yield decide(f"{definition}.match-conditions[].type = prefix-in-cidr", net('1: prefix in "10.0.0.0/8" -> drop'), net('1: prefix in "172.16.0.0/12" -> drop'))
    yield decide(f"{definition}.match-conditions[].type = asn-in-as-path", net("1: 65001 in as_path -> drop"), net("1: 65002 in as_path -> drop"))
    tagged = (attachment("xa"), vpn("xb", communities='["65000:1"]'))
    yield decide(f"{definition}.match-conditions[].type = community-in-list", net('1: "65000:1" in communities -> drop'), net('1: "65000:2" in communities -> drop'), tagged)
    yield decide(f"{definition}.match-conditions[].type = med-equals", net("1: med == 50 -> drop"), net("1: med == 60 -> drop"), (attachment("xa"), vpn("xb", med="50")))
    conditions = '1: prefix == "10.2.0.0/16" {} 65009 in as_path -> drop'
    yield decide(f"{definition}.condition-logic\n{definition}.condition-logic = or", net(conditions.format("or")), net(conditions.format("and")))
    yield experiment(f"{definition}.condition-logic = and", net(conditions.format("and")), net(conditions.format("or")), routes, found, lost)
    allowed = '1: prefix == "10.2.0.0/16" -> {}\n 2: prefix == "10.2.0.0/16" -> drop'
    yield experiment(
        f"{definition}.action.type = allow", net(allowed.format("allow")), net(allowed.format("set_med 10")), routes, found, lost
    )
    changed = '1: prefix == "10.2.0.0/16" -> {}\n 2: {} -> drop'
    for word, action, test in (
        ("add-community", 'add_community "65000:7"', '"65000:7" in communities'),
        ("set-med", "set_med 7", "med == 7"),
        ("prepend-asn-list", "prepend_asns [65077]", "65077 in as_path"),
    ):
        nothing = action.replace("65000:7", "65000:8").replace("set_med 7", "set_med 8").replace("65077", "65078")
        yield decide(f"{definition}.action.type = {word}", net(changed.format(action, test)), net(changed.format(nothing, test)))
    for word, action, test in (
        ("remove-community", 'remove_community "65000:1"', '"65000:1" in communities'),
        ("remove-asn-list", "remove_asns [65001]", "65001 in as_path"),
    ):
        nothing = action.replace("65000:1", "65000:2").replace("65001", "65002")
        yield experiment(
            f"{definition}.action.type = {word}", net(changed.format(action, test)), net(changed.format(nothing, test)), tagged, found, lost
        )
    # Two routes to one prefix: what is preferred shows in the next hop.
    rivals = (attachment("xa"), vpn("xb"), vpn("xc"))
    hop = _path("xa", '"10.2.0.1"', "next hop {}")
    rule = '1: prefix == "10.2.0.0/16" -> set_local_preference 200'
    low = 'filter q direction inbound number 20 { 1: prefix == "10.2.0.0/16" -> set_local_preference 100 }'
    yield experiment(
        f"{definition}.action.type = set-local-preference", net(rule, 'labels { 1: "l" -> p\n 2: "m" -> q }', more=low),
        net(rule, 'labels { 1: "m" -> p\n 2: "l" -> q }', more=low), rivals, hop.format("xb"), hop.format("xc"),
    )  # fmt: skip
    yield experiment(
        f"{definition}.action.value", net(changed.format("set_med 7", "med == 7")), net(changed.format("set_med 8", "med == 7")), routes, lost, found
    )


# --- what the language refuses, or the inline tests cannot ask --------------------------------------------------


def _refused() -> Iterator[Claim]:
    """The service ignores `when-sent-to` of `send-to`, so the language has no form for it."""
    for entry, text in (
        ("segment-actions[send-to].when-sent-to", "send to fw from a to b"),
        ("segment-actions[send-to].when-sent-to.segments", "send to fw from a to b"),
        ("segment-actions[send-to].when-sent-to.segments.except", "send to fw from a to * except b"),
    ):
        program = replace(FIREWALLS, items=text).text("core")
        yield Claim(SECTION, entry, program, refused="syntax-error")


def _by_engine() -> Iterator[Claim]:
    """Keys whose answers are `undecided`, which no inline test expects of a path, and the spelling that is only read."""
    definition = "routing-policies[].routing-policy-rules[].rule-definition"
    rule, block = 'filter p direction {} number 10 {{ {} }}', '"10.2.0.0/16"'
    labelled = rule.format("inbound", "1: prefix_list == \"list\" -> drop") + ' labels { 1: "l" -> p }'
    members = (attachment("xa"), attachment("xb", label='"l"', tags='{ s: "a" }'))
    plain = replace(BARE, items="share a with b")
    yield _asked(
        f"{definition}.match-conditions[].type = prefix-in-prefix-list", replace(BARE, items=labelled), plain, members,
        "undecided: no test can say what the list holds",
    )  # fmt: skip
    replaced = rule.format("inbound", f"1: prefix == {block} -> replace_asns [65077]") + ' labels { 1: "l" -> p }'
    routes = '[{ prefix: "10.2.0.0/16", as_path: [65001] }]'
    vpn = attachment("xb", type="site_to_site_vpn", cidrs="", label='"l"', tags='{ s: "a" }', routes=routes)
    yield _asked(
        f"{definition}.action.type = replace-asn-list", replace(BARE, items=replaced), plain, (attachment("xa"), vpn),
        "undecided: what stands in the place is not published",
    )  # fmt: skip
    summary = rule.format("outbound", f'1: prefix == {block} -> summarize "10.2.0.0/15"') + " share b with a { apply p }"
    yield _asked(
        f"{definition}.action.type = summarize", replace(BARE, items=summary), plain, (attachment("xa"), attachment("xb")),
        "undecided: sources conflict on aggregates",
    )  # fmt: skip
    number = rule.format("inbound", "1: 64540 in as_path -> drop") + " apply p in a from us-east-1 to eu-west-1"
    unpinned = replace(BARE, items=number, head="asns 64512..64555\n edges us-east-1, eu-west-1")
    far = attachment("xb", region="eu-west-1", tags='{ s: "a" }')
    yield _asked(
        "core-network-configuration.asn-ranges", unpinned, replace(unpinned, head=unpinned.head.replace("64512..64555", "64600..64655")),
        (attachment("xa"), far), "yes: whether an edge without a number of its own has one of the range is undecided",
    )  # fmt: skip
    text = BARE.text("core")
    yield Claim(SECTION, "attachment-policies[].conditions[].type = tag-name", text, proof=_read_tag_name)


def _asked(entry: str, core: Net, bare: Net, members: Sequence[str], effect: str) -> Claim:
    """In the first network the answer is undecided, in the second the path is open."""

    def proof(claim: Claim) -> Row:
        text, document = _verdict(core.text("core"), members)
        other, _ = _verdict(bare.text("core"), members)
        assert entry in document_keys(json.loads(document))
        assert (text, other) == ("undecided", "reachable"), (text, other)
        return Row("yes", "yes", effect)

    return Claim(SECTION, entry, core.text("core"), proof=proof)


def _verdict(text: str, members: Sequence[str]) -> tuple[str, str]:
    """What becomes of a packet from `xa` to `xb`, and the document."""
    test = f'test "asks" {{\n on core {{\n {chr(10).join(members)}\n }}\n {_path("xa", chr(34) + "10.2.0.1" + chr(34), "blocked")}\n}}\n'
    built = compile_text(text + test)
    assert not built.errors, built.messages
    said = " ".join(built.failed) or "blocked: as expected"
    verdict = next(word for word in ("undecided", "reachable", "blocked") if f"path is {word}" in said or said.startswith(word))
    return verdict, built.documents["cloudwan/core.json"].text


def _read_tag_name(claim: Claim) -> Row:
    """`tag-name` is an older word for `tag-exists`: documents with it are read and decided alike, and none is written."""
    document = compile_text(replace(BARE, rules='10: exists tag["s"] -> segment a').text("core")).documents["cloudwan/core.json"].text
    assert '"tag-exists"' in document
    for key, standing in (("s", Standing.SEGMENT), ("z", Standing.UNASSOCIATED)):
        older = document.replace("tag-exists", "tag-name").replace('"key": "s"', f'"key": "{key}"')
        network = read_document(Source("older.json", older), Diagnostics())
        assert network is not None
        member = Attachment("xa", "vpc", ("us-east-1",), tags=(("s", "a"),))
        assert associate(network, member).standing is standing
    return Row("yes, in documents that are read", "no: `tag-exists` means the same", "yes")
