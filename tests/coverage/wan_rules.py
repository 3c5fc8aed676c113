"""Claims about the rules of a core network: association, routing policies, and what only the engine can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Standing, associate
from policyc.engines.wan.attachments import Attachment
from policyc.targets.cloud_wan.read import read_document
from policyc.text import Source
from tests.coverage.lab import Claim, Row, compile_text
from tests.coverage.wan_keys import document_keys
from tests.coverage.wan_lab import (
    ATTACHMENTS,
    BARE,
    FIREWALLS,
    SECTION,
    SILENT,
    Experiment,
    Net,
    attachment,
    experiment,
    path,
)


def attach_rules() -> Iterator[Experiment]:
    def rules(text: str) -> Net:
        return replace(BARE, rules=f"{text}\n 90: otherwise -> segment c")

    def decide(entries: str, condition: str, other: str, **fields: str) -> Experiment:
        return experiment(
            entries,
            rules(f"10: {condition} -> segment a"),
            rules(f"10: {other} -> segment a"),
            [attachment("xa", **fields)],
            "expect xa in segment a by rule 10",
            "expect xa in segment c by rule 90",
        )

    yield experiment(
        "attachment-policies[].rule-number",
        rules('10: tag["s"] == "a" -> segment a\n 20: region == us-east-1 -> segment b'),
        rules('30: tag["s"] == "a" -> segment a\n 20: region == us-east-1 -> segment b'),
        [attachment("xa")],
        "expect xa in segment a by rule 10",
        "expect xa in segment b by rule 20",
    )
    both, one = 'tag["s"] == "a" and tag["t"] == "b"', 'tag["s"] == "a" or tag["t"] == "b"'
    yield experiment(
        "attachment-policies[].condition-logic\nattachment-policies[].condition-logic = or",
        rules(f"10: {one} -> segment a"),
        rules(f"10: {both} -> segment a"),
        [attachment("xa")],
        "expect xa in segment a",
        "expect xa in segment c",
    )
    yield experiment(
        "attachment-policies[].condition-logic = and",
        rules(f"10: {both} -> segment a"),
        rules(f"10: {one} -> segment a"),
        [attachment("xa")],
        "expect xa in segment c",
        "expect xa in segment a",
    )
    yield experiment(
        "attachment-policies[].conditions[].type\nattachment-policies[].conditions[].type = any",
        replace(BARE, rules="10: otherwise -> segment a"),
        replace(BARE, rules='10: tag["z"] == "z" -> segment a'),
        [attachment("xa")],
        "expect xa in segment a",
        "expect xa unassociated",
    )
    yield decide("attachment-policies[].conditions[].type = tag-exists", 'exists tag["s"]', 'exists tag["z"]')
    yield decide(
        "attachment-policies[].conditions[].type = tag-value\nattachment-policies[].conditions[].operator\nattachment-policies[].conditions[].operator = equals",
        'tag["s"] == "a"',
        'tag["s"] == "z"',
    )
    yield decide("attachment-policies[].conditions[].key", 'tag["s"] == "a"', 'tag["t"] == "a"')
    yield decide("attachment-policies[].conditions[].value", 'tag["s"] == "a"', 'tag["s"] == "b"')
    yield decide("attachment-policies[].conditions[].operator = not-equals", 'tag["s"] != "z"', 'tag["s"] != "a"')
    yield decide(
        "attachment-policies[].conditions[].operator = contains",
        'tag["s"] like "*od*"',
        'tag["s"] like "*zz*"',
        tags='{ s: "prods" }',
    )
    yield decide(
        "attachment-policies[].conditions[].operator = begins-with",
        'tag["s"] like "pr*"',
        'tag["s"] like "zz*"',
        tags='{ s: "prods" }',
    )
    yield decide(
        "attachment-policies[].conditions[].type = resource-id",
        'resource_id == "vpc-1"',
        'resource_id == "vpc-2"',
        resource_id='"vpc-1"',
    )
    yield decide("attachment-policies[].conditions[].type = region", "region == us-east-1", "region == eu-west-1")
    yield decide("attachment-policies[].conditions[].type = attachment-type", "type == vpc", "type == connect")
    yield decide(
        "attachment-policies[].conditions[].type = account-id", 'account == "111122223333"', 'account == "444455556666"'
    )
    tagged = rules('10: exists tag["s"] -> tag "s"')
    yield experiment(
        "attachment-policies[].action.association-method = tag\nattachment-policies[].action.tag-value-of-key",
        tagged,
        rules('10: exists tag["s"] -> tag "t"'),
        [attachment("xa", tags='{ s: "a", t: "b" }')],
        "expect xa in segment a",
        "expect xa in segment b",
    )
    asking = rules('10: tag["s"] == "a" -> segment a { require acceptance }')
    yield experiment(
        "attachment-policies[].action.require-acceptance",
        asking,
        BARE,
        [attachment("xa", accepted="")],
        "expect xa pending acceptance",
        "expect xa in segment a",
    )


def routing_policies() -> Iterator[Experiment]:
    """Routes of a labelled VPN are taken in, dropped or changed by the policies of its label."""
    rest = "routing-policies[].routing-policy-rules"
    definition = f"{rest}[].rule-definition"

    def net(rules: str, items: str = 'labels { 1: "l" -> p }', direction: str = "inbound", more: str = "") -> Net:
        return replace(BARE, items=f"filter p direction {direction} number 10 {{ {rules} }} {more} {items}")

    def vpn(name: str, **route: str) -> str:
        cidr = ATTACHMENTS["xb"][2]
        fields = {"prefix": f'"{cidr}"', "as_path": "[65001]"} | route
        label = '"l"' if name == "xb" else '"m"'
        inside = ", ".join(f"{key}: {value}" for key, value in fields.items())
        return attachment(
            name, type="site_to_site_vpn", cidrs="", routes=f"[{{ {inside} }}]", label=label, tags='{ s: "a" }'
        )

    routes = (attachment("xa"), vpn("xb"))
    lost, found = path("xa", '"10.2.0.1"', "blocked"), path("xa", '"10.2.0.1"', "reachable")

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
        net(drop),
        net(drop, 'labels { 1: "z" -> p }'),
    )
    keep = 'filter q direction inbound number 20 { 1: prefix == "10.99.0.0/16" -> drop }'
    yield decide(
        "attachment-routing-policy-rules[].action.associate-routing-policies\nrouting-policies[].routing-policy-name",
        net(drop, more=keep),
        net(drop, 'labels { 1: "l" -> q }', more=keep),
    )
    gateway = attachment(
        "xb",
        type="direct_connect_gateway",
        region="",
        regions="[us-east-1, eu-west-1]",
        cidrs="",
        label='"l"',
        tags='{ s: "a" }',
        routes='[{ prefix: "10.2.0.0/16", as_path: [65001] }]',
    )
    yield decide(
        "attachment-routing-policy-rules[].edge-locations",
        net(drop, 'labels { 1: "l" -> p { edges us-east-1, eu-west-1 } }'),
        net(drop, 'labels { 1: "l" -> p { edges eu-west-1 } }'),
        (attachment("xa"), gateway),
    )
    first = 'labels { 1: "l" -> p\n 2: "l" -> q }'
    yield experiment(
        "attachment-routing-policy-rules[].rule-number",
        net(drop, first, more=keep),
        net(drop, first.replace("2:", "3:"), more=keep),
        routes,
        lost,
        lost,
        SILENT + "all rules of a label apply (switch `several-label-rules`)",
    )
    yield decide(
        "routing-policies[].routing-policy-direction\nrouting-policies[].routing-policy-direction = inbound",
        net(drop),
        net(drop, direction="outbound"),
    )
    outbound = net(drop, "share b with a { apply p }", "outbound")
    shared = (attachment("xa"), attachment("xb"))
    yield experiment(
        "routing-policies[].routing-policy-direction = outbound",
        outbound,
        net(drop, "share a with b { apply p }", "outbound"),
        shared,
        lost,
        found,
    )
    letting = 'filter q direction inbound number {} {{ 1: prefix == "10.2.0.0/16" -> allow }}'
    two = 'labels { 1: "l" -> p, q }'
    yield decide(
        "routing-policies[].routing-policy-number",
        net(drop, two, more=letting.format(20)),
        net(drop, two, more=letting.format(5)),
    )
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
        net(drop),
        net(other),
    )
    yield decide(
        f"{definition}.match-conditions[].type = prefix-in-cidr",
        net('1: prefix in "10.0.0.0/8" -> drop'),
        net('1: prefix in "172.16.0.0/12" -> drop'),
    )
    yield decide(
        f"{definition}.match-conditions[].type = asn-in-as-path",
        net("1: 65001 in as_path -> drop"),
        net("1: 65002 in as_path -> drop"),
    )
    tagged = (attachment("xa"), vpn("xb", communities='["65000:1"]'))
    yield decide(
        f"{definition}.match-conditions[].type = community-in-list",
        net('1: "65000:1" in communities -> drop'),
        net('1: "65000:2" in communities -> drop'),
        tagged,
    )
    yield decide(
        f"{definition}.match-conditions[].type = med-equals",
        net("1: med == 50 -> drop"),
        net("1: med == 60 -> drop"),
        (attachment("xa"), vpn("xb", med="50")),
    )
    conditions = '1: prefix == "10.2.0.0/16" {} 65009 in as_path -> drop'
    yield decide(
        f"{definition}.condition-logic\n{definition}.condition-logic = or",
        net(conditions.format("or")),
        net(conditions.format("and")),
    )
    yield experiment(
        f"{definition}.condition-logic = and",
        net(conditions.format("and")),
        net(conditions.format("or")),
        routes,
        found,
        lost,
    )
    allowed = '1: prefix == "10.2.0.0/16" -> {}\n 2: prefix == "10.2.0.0/16" -> drop'
    yield experiment(
        f"{definition}.action.type = allow",
        net(allowed.format("allow")),
        net(allowed.format("set_med 10")),
        routes,
        found,
        lost,
    )
    changed = '1: prefix == "10.2.0.0/16" -> {}\n 2: {} -> drop'
    for word, action, test in (
        ("add-community", 'add_community "65000:7"', '"65000:7" in communities'),
        ("set-med", "set_med 7", "med == 7"),
        ("prepend-asn-list", "prepend_asns [65077]", "65077 in as_path"),
    ):
        nothing = action.replace("65000:7", "65000:8").replace("set_med 7", "set_med 8").replace("65077", "65078")
        yield decide(
            f"{definition}.action.type = {word}", net(changed.format(action, test)), net(changed.format(nothing, test))
        )
    for word, action, test in (
        ("remove-community", 'remove_community "65000:1"', '"65000:1" in communities'),
        ("remove-asn-list", "remove_asns [65001]", "65001 in as_path"),
    ):
        nothing = action.replace("65000:1", "65000:2").replace("65001", "65002")
        yield experiment(
            f"{definition}.action.type = {word}",
            net(changed.format(action, test)),
            net(changed.format(nothing, test)),
            tagged,
            found,
            lost,
        )
    # Two routes to one prefix: what is preferred shows in the next hop.
    rivals = (attachment("xa"), vpn("xb"), vpn("xc"))
    hop = path("xa", '"10.2.0.1"', "next hop {}")
    rule = '1: prefix == "10.2.0.0/16" -> set_local_preference 200'
    low = 'filter q direction inbound number 20 { 1: prefix == "10.2.0.0/16" -> set_local_preference 100 }'
    yield experiment(
        f"{definition}.action.type = set-local-preference",
        net(rule, 'labels { 1: "l" -> p\n 2: "m" -> q }', more=low),
        net(rule, 'labels { 1: "m" -> p\n 2: "l" -> q }', more=low),
        rivals,
        hop.format("xb"),
        hop.format("xc"),
    )
    yield experiment(
        f"{definition}.action.value",
        net(changed.format("set_med 7", "med == 7")),
        net(changed.format("set_med 8", "med == 7")),
        routes,
        lost,
        found,
    )


# --- what the language refuses, or the inline tests cannot ask --------------------------------------------------


def refused() -> Iterator[Claim]:
    """The service ignores `when-sent-to` of `send-to`, so the language has no form for it."""
    for entry, text in (
        ("segment-actions[send-to].when-sent-to", "send to fw from a to b"),
        ("segment-actions[send-to].when-sent-to.segments", "send to fw from a to b"),
        ("segment-actions[send-to].when-sent-to.segments.except", "send to fw from a to * except b"),
    ):
        program = replace(FIREWALLS, items=text).text("core")
        yield Claim(SECTION, entry, program, refused="syntax-error")


def by_engine() -> Iterator[Claim]:
    """Keys whose answers are `undecided`, which no inline test expects of a path, and the spelling that is only read."""
    definition = "routing-policies[].routing-policy-rules[].rule-definition"
    rule, block = "filter p direction {} number 10 {{ {} }}", '"10.2.0.0/16"'
    labelled = rule.format("inbound", '1: prefix_list == "list" -> drop') + ' labels { 1: "l" -> p }'
    members = (attachment("xa"), attachment("xb", label='"l"', tags='{ s: "a" }'))
    plain = replace(BARE, items="share a with b")
    yield _asked(
        f"{definition}.match-conditions[].type = prefix-in-prefix-list",
        replace(BARE, items=labelled),
        plain,
        members,
        "undecided: no test can say what the list holds",
    )
    gone = "1: 65001 in as_path -> replace_asns [{}]\n 2: 65077 in as_path -> drop"
    replaced, other = (
        replace(BARE, items=rule.format("inbound", gone.format(asn)) + ' labels { 1: "l" -> p }')
        for asn in (65001, 65002)
    )
    routes = '[{ prefix: "10.2.0.0/16", as_path: [65001] }]'
    vpn = attachment("xb", type="site_to_site_vpn", cidrs="", label='"l"', tags='{ s: "a" }', routes=routes)
    yield _asked(
        f"{definition}.action.type = replace-asn-list",
        replaced,
        other,
        (attachment("xa"), vpn),
        "yes: which number stands in the place is undecided",
    )
    summary = (
        rule.format("outbound", f'1: prefix == {block} -> summarize "10.2.0.0/15"') + " share b with a { apply p }"
    )
    yield _asked(
        f"{definition}.action.type = summarize",
        replace(BARE, items=summary),
        plain,
        (attachment("xa"), attachment("xb")),
        "undecided: sources conflict on aggregates",
    )
    number = rule.format("inbound", "1: 64540 in as_path -> drop") + " apply p in a from us-east-1 to eu-west-1"
    unpinned = replace(BARE, items=number, head="asns 64512..64555\n edges us-east-1, eu-west-1")
    far = attachment("xb", region="eu-west-1", tags='{ s: "a" }')
    yield _asked(
        "core-network-configuration.asn-ranges",
        unpinned,
        replace(unpinned, head=unpinned.head.replace("64512..64555", "64600..64655")),
        (attachment("xa"), far),
        "yes: whether an edge without a number of its own has one of the range is undecided",
    )
    text = BARE.text("core")
    yield Claim(SECTION, "attachment-policies[].conditions[].type = tag-name", text, proof=_read_tag_name)
    yield Claim(SECTION, "attachment-policies[].conditions[].type = account", text, proof=_read_account)


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
    test = f'test "asks" {{\n on core {{\n {chr(10).join(members)}\n }}\n {path("xa", chr(34) + "10.2.0.1" + chr(34), "blocked")}\n}}\n'
    built = compile_text(text + test)
    assert not built.errors, built.messages
    said = " ".join(built.failed) or "blocked: as expected"
    verdict = next(
        word for word in ("undecided", "reachable", "blocked") if f"path is {word}" in said or said.startswith(word)
    )
    return verdict, built.documents["cloudwan/core.json"].text


def _read_account(claim: Claim) -> Row:
    """`account` is a newer word for `account-id`: documents with it are read and decided alike, and none is written."""
    rules = '10: account == "111122223333" -> segment a'
    document = compile_text(replace(BARE, rules=rules).text("core")).documents["cloudwan/core.json"].text
    assert '"account-id"' in document
    network = read_document(Source("newer.json", document.replace('"account-id"', '"account"')), Diagnostics())
    assert network is not None
    for account, standing in (("111122223333", Standing.SEGMENT), ("444455556666", Standing.UNASSOCIATED)):
        assert associate(network, Attachment("xa", "vpc", ("us-east-1",), account)).standing is standing
    return Row("yes, in documents that are read", "no: `account-id` means the same", "yes")


def _read_tag_name(claim: Claim) -> Row:
    """`tag-name` is an older word for `tag-exists`: documents with it are read and decided alike, and none is written."""
    document = (
        compile_text(replace(BARE, rules='10: exists tag["s"] -> segment a').text("core"))
        .documents["cloudwan/core.json"]
        .text
    )
    assert '"tag-exists"' in document
    for key, standing in (("s", Standing.SEGMENT), ("z", Standing.UNASSOCIATED)):
        older = document.replace("tag-exists", "tag-name").replace('"key": "s"', f'"key": "{key}"')
        network = read_document(Source("older.json", older), Diagnostics())
        assert network is not None
        member = Attachment("xa", "vpc", ("us-east-1",), tags=(("s", "a"),))
        assert associate(network, member).standing is standing
    return Row("yes, in documents that are read", "no: `tag-exists` means the same", "yes")
