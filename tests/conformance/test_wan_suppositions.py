"""What if, and questions about all attachments of a place: the answer is that of the world with the change in it."""

from __future__ import annotations

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.round_trip import Trip
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.compare import compare, compare_tables
from policyc.targets.cloud_wan.crowds import crossings, find_crowd
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.questions import ask_path, situate
from policyc.targets.cloud_wan.what_if import Supposed, suppose
from tests.conformance.wan_networks import AP, EU, US, attached, network, share, tables_of

SEND = {
    "action": "send-via",
    "segment": "apps",
    "mode": "dual-hop",
    "when-sent-to": {"segments": ["tools"]},
    "via": {"network-function-groups": ["fw"]},
}
NET = network(["apps", "tools", "vault"], [SEND])
ATTACHED = (
    attached("a", "apps", US, "10.1.0.0/16"),
    attached("b.eu", "apps", EU, "10.2.0.0/16"),
    attached("t", "tools", EU, "10.3.0.0/16"),
    attached("v", "vault", AP, "10.4.0.0/16"),
    attached("fw1", "", US, tag="fw"),
    attached("fw2", "", EU, tag="fw"),
)


def trips(supposed: Supposed, source: str, to: str) -> tuple[Trip, Trip]:
    diagnostics = Diagnostics()
    worlds = suppose(NET, Inventory(ATTACHED), supposed, diagnostics)
    assert worlds is not None, [item.message for item in diagnostics]
    found = [ask_path(situate(world.network, world.inventory), source, to, diagnostics) for world in worlds]
    assert found[0] is not None and found[1] is not None
    return found[0].trip, found[1].trip


@pytest.mark.parametrize(
    "supposed, source, to, before, after",
    [
        (Supposed(without=["fw2"]), "a", "t", Trip.REACHABLE, Trip.BLOCKED),
        (Supposed(without=["v"]), "a", "t", Trip.REACHABLE, Trip.REACHABLE),
        (Supposed(without=["t"]), "a", "t", Trip.REACHABLE, Trip.BLOCKED),
        (Supposed(without_edges=[EU]), "a", "b.eu", Trip.REACHABLE, Trip.BLOCKED),
        (Supposed(without_edges=[AP]), "a", "b.eu", Trip.REACHABLE, Trip.REACHABLE),
        (Supposed(tags=["b.eu.s=vault"]), "a", "b.eu", Trip.REACHABLE, Trip.BLOCKED),
        (Supposed(tags=["v.s=apps"]), "a", "v", Trip.BLOCKED, Trip.REACHABLE),
        (
            Supposed(added=[f"name=n,type=vpc,region={US},tag.s=apps,cidr=10.9.0.0/16"]),
            "a",
            "n",
            Trip.BLOCKED,
            Trip.REACHABLE,
        ),
    ],
)
def test_a_path_today_and_as_supposed(supposed: Supposed, source: str, to: str, before: Trip, after: Trip) -> None:
    assert trips(supposed, source, to) == (before, after)


@pytest.mark.parametrize(
    "supposed, rule",
    [
        (Supposed(without=["nobody"]), "unknown-attachment"),
        (Supposed(without_edges=["us-west-9"]), "unknown-edge"),
        (Supposed(tags=["a"]), "attachment-flag"),
        (Supposed(tags=["nobody.s=x"]), "unknown-attachment"),
        (Supposed(added=[f"name=a,type=vpc,region={US}"]), "duplicate-name"),
    ],
)
def test_what_cannot_be_supposed_is_refused(supposed: Supposed, rule: str) -> None:
    diagnostics = Diagnostics()
    assert suppose(NET, Inventory(ATTACHED), supposed, diagnostics) is None
    assert [item.rule for item in diagnostics] == [rule]


def test_all_that_changes_is_what_asking_every_pair_says() -> None:
    diagnostics = Diagnostics()
    worlds = suppose(NET, Inventory(ATTACHED), Supposed(tags=["v.s=apps"]), diagnostics)
    assert worlds is not None
    found = compare_tables(*(situate(world.network, world.inventory) for world in worlds))
    assert [change.sentence() for change in found.associations] == ["v: segment vault -> segment apps"]
    told = " | ".join(change.sentence() for change in found.reach)
    assert "to v: blocked -> reachable" in told and "v to " in told


def test_crowds_are_asked_as_every_pair_is() -> None:
    tables = tables_of(network(["apps", "tools", "vault"], [SEND, share("vault", "apps")]), *ATTACHED)
    apps, tools, vault = (find_crowd(tables, name) or [] for name in ("apps", "tools", "vault"))
    assert {item.name for item in apps} == {"a", "b.eu"} and find_crowd(tables, "nothing") is None
    assert all(item.arrives and not item.uninspected for item in crossings(tables, apps, tools))
    assert all(item.arrives and item.uninspected for item in crossings(tables, apps, vault))
    assert not any(item.arrives for item in crossings(tables, tools, vault))


def test_a_packet_that_is_dropped_either_way_is_no_change_whatever_it_passes_before() -> None:
    """With a single hop the packet for `c` goes through the appliance and leaves by the VPN, with two it is lost at once: blocked both times."""

    def send(mode: str) -> CoreNetwork:
        via = {"network-function-groups": ["fw"]}
        return network(
            ["a", "b", "c"],
            [{"action": "send-via", "segment": "a", "mode": mode, "when-sent-to": {"segments": ["b"]}, "via": via}],
        )

    there = (
        attached("x", "a", US, "10.1.0.0/16"),
        attached("out", "b", EU, "0.0.0.0/0", kind="site-to-site-vpn", as_path=(65001,)),
        attached("y", "c", EU, "10.3.0.0/16"),
        attached("inspector", "x", EU, "10.9.0.0/16", tag="fw"),
    )
    found = compare(send("dual-hop"), send("single-hop"), Inventory(there))
    changes = {change.subject: (change.before, change.after) for change in found.reach}
    assert changes["x to out"][0] == "blocked" and changes["x to out"][1].startswith("reachable")
    assert "x to y" not in changes
    assert all(change.before != change.after for change in found.reach)
    assert "blocked" in {before for before, _ in changes.values()}
    assert not any("blocked, inspected" in text for change in changes.values() for text in change)
