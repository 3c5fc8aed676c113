"""What far sides announce against the blocks of VPCs, and paths as an edge hears them: Cloud WAN reference, section 3.11 and last section."""

from __future__ import annotations

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.candidates import Candidates
from policyc.engines.wan.core import TableName
from policyc.ir.network import AttachmentType
from policyc.targets.cloud_wan.announcement_checks import check_announcements
from policyc.targets.cloud_wan.inventory import type_hint
from tests.conformance.wan_networks import EU, US, attached, labelled, network, policy, share, tables_of

VPC = attached("a", "apps", EU, "10.1.0.0/16", "2001:db8:1::/48")


def found(*attachments: Attachment, shared: bool = True) -> list[tuple[str, Severity, str]]:
    net = network(["apps", "hybrid"], [share("apps", "hybrid")] if shared else [])
    diagnostics = Diagnostics()
    check_announcements(tables_of(net, VPC, *attachments), diagnostics)
    return [(item.rule, item.severity, item.message) for item in diagnostics]


KINDS: tuple[AttachmentType, ...] = ("site-to-site-vpn", "connect", "transit-gateway-route-table")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "prefix, rule, severity",
    [
        ("10.1.4.0/24", "more-specific-from-outside", Severity.WARNING),
        ("10.1.0.0/16", "wider-from-outside", Severity.INFO),  # in its own Region the VPC's route comes first
        ("2001:db8:1:7::/64", "more-specific-from-outside", Severity.WARNING),
        ("10.0.0.0/8", "wider-from-outside", Severity.INFO),
        ("0.0.0.0/0", "default-from-outside", Severity.INFO),
        ("::/0", "default-from-outside", Severity.INFO),
        ("192.168.0.0/16", "", None),
    ],
)
def test_the_three_dangerous_announcements(
    kind: AttachmentType, prefix: str, rule: str, severity: Severity | None
) -> None:
    got = found(attached("site", "hybrid", EU, prefix, kind=kind, as_path=(65010,)))
    assert [item[:2] for item in got] == ([(rule, severity)] if rule else [])
    assert all(prefix in message and "`site`" in message for _, _, message in got)
    assert all("`a`" in message for name, _, message in got if name != "default-from-outside")


def test_a_segment_that_shares_nothing_and_a_vpc_take_nothing_from_it() -> None:
    assert found(attached("site", "hybrid", EU, "10.1.4.0/24", kind="connect", as_path=(65010,)), shared=False) == []
    assert found(attached("b", "hybrid", EU, "10.1.4.0/24")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_block_itself_is_taken_where_the_vpc_is_not(kind: AttachmentType) -> None:
    """Where both are one hop away a VPN and a Connect peer of the Region come before what is remote, and a transit gateway may."""
    (item,) = found(attached("site", "hybrid", US, "10.1.0.0/16", kind=kind, as_path=(65010,)))
    assert item[:2] == ("more-specific-from-outside", Severity.WARNING)
    assert item[2].endswith(f"the block itself of VPC `a`, and takes its traffic at {US}")


def test_an_announcement_that_a_share_keeps_out_takes_nothing_of_those_behind_it() -> None:
    net = network(
        ["apps", "hybrid"],
        [{**share("apps", "hybrid"), "routing-policy-names": ["p"]}],
        routing_policies=[policy("p", 1, "drop", cidr="10.1.0.0/16")],
    )
    site = attached("site", "hybrid", EU, "10.1.4.0/24", kind="connect", as_path=(65010,))
    peer = attached("peer", "hybrid", EU, "192.168.0.0/16", kind="site-to-site-vpn", as_path=(65011,))
    for others, told in (((site,), []), ((site, peer), ["more-specific-from-outside"])):
        diagnostics = Diagnostics()
        check_announcements(tables_of(net, VPC, *others), diagnostics)
        assert [item.rule for item in diagnostics] == told, (
            "a second attachment in the segment itself is not behind the share"
        )


def test_an_announcement_that_an_inbound_policy_drops_takes_nothing() -> None:
    net = network(
        ["apps"],
        routing_policies=[policy("p", 1, "drop", cidr="10.1.0.0/16")],
        attachment_routing_policy_rules=labelled("p"),
    )
    diagnostics = Diagnostics()
    site = attached("site", "apps", EU, "10.1.4.0/24", kind="connect", as_path=(65010,), label="x")
    check_announcements(tables_of(net, VPC, site), diagnostics)
    assert len(diagnostics) == 0


# --- paths before the own inbound policy ------------------------------------------------------------------------


def heard(
    tables_args: tuple[Attachment, ...], edge: str, **parts: object
) -> dict[tuple[int, ...], tuple[int, ...] | None]:
    """The AS path of each candidate with the one that was heard, None where they are the same."""
    tables = tables_of(network(["apps"], **parts), *tables_args)
    rows = {
        str(row.prefix): some for row, some in Candidates(tables).of(tables.table(TableName("segment", "apps"), edge))
    }
    return {
        item.path.as_path: None if item.heard is None else item.heard.as_path
        for item in rows["192.168.0.0/16"]
        if item.path is not None
    }


SITE = (attached("site", "apps", EU, "192.168.0.0/16", kind="connect", as_path=(65010, 65020), label="x"),)


@pytest.mark.parametrize(
    "action, value, after",
    [
        ("remove-asn-list", [65020], (65010,)),
        ("prepend-asn-list", [65030], (65030, 65010, 65020)),
        ("set-med", "50", (65010, 65020)),
    ],
)
def test_the_listing_has_the_path_that_the_attachment_announced(
    action: str, value: object, after: tuple[int, ...]
) -> None:
    got = heard(
        SITE, EU, routing_policies=[policy("p", 1, action, value)], attachment_routing_policy_rules=labelled("p")
    )
    assert got == {after: (65010, 65020)}
    # Another edge hears what the first one made of it.
    away = heard(
        SITE, US, routing_policies=[policy("p", 1, action, value)], attachment_routing_policy_rules=labelled("p")
    )
    assert away[(64513, *after)] is None


def test_the_listing_has_what_the_peer_sent_before_the_policy_of_the_pair() -> None:
    act = {
        "action": "associate-routing-policy",
        "segment": "apps",
        "edge-location-association": {"edge-location": US, "peer-edge-location": EU, "routing-policy-names": ["p"]},
    }
    tables = tables_of(network(["apps"], [act], routing_policies=[policy("p", 1, "prepend-asn-list", [65030])]), *SITE)
    table = tables.table(TableName("segment", "apps"), US)
    some = {str(row.prefix): items for row, items in Candidates(tables).of(table)}["192.168.0.0/16"]
    direct = next(item for item in some if item.via == EU)
    assert direct.path is not None and direct.path.as_path == (65030, 64513, 65010, 65020)
    assert direct.heard is not None and direct.heard.as_path == (64513, 65010, 65020)


@pytest.mark.parametrize(
    "slip, meant",
    [
        ("vpn", "site-to-site-vpn"),
        ("tgw", "transit-gateway-route-table"),
        ("dxgw", "direct-connect-gateway"),
        ("vcp", "vpc"),
    ],
)
def test_a_common_name_of_a_type_is_understood(slip: str, meant: str) -> None:
    from policyc.ir.network import ATTACHMENT_TYPES

    assert type_hint(slip, ATTACHMENT_TYPES) == f"did you mean `{meant}`?"
