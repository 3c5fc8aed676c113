"""What `aws networkmanager` prints, as it comes: pages, single attachments, labels, routing information; and what AWS leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.reach import Verdict
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.check import check_document
from policyc.targets.cloud_wan.inventory_file import Inventory, read_inventory
from policyc.targets.cloud_wan.questions import PathAnswer, ask_path, find_attachment, situate
from policyc.text import Source

US, EU = "us-east-1", "eu-west-1"


def aws(number: int, segment: str = "a", kind: str = "VPC", **more: Any) -> dict[str, Any]:
    """One entry of `list-attachments`; it is called after its number."""
    resource = "vpn-connection/vpn" if kind == "SITE_TO_SITE_VPN" else "vpc/vpc"
    return {
        "AttachmentId": f"attachment-{number:017x}",
        "OwnerAccountId": "111122223333",
        "AttachmentType": kind,
        "State": "AVAILABLE",
        "EdgeLocation": US,
        "ResourceArn": f"arn:aws:ec2:{US}:111122223333:{resource}-{number:08x}",
        "Tags": [{"Key": "s", "Value": segment}, {"Key": "Name", "Value": f"n{number}"}],
        **more,
    }


def read(*texts: str) -> tuple[Inventory | None, list[tuple[str, str]]]:
    """The inventory of several files, and (rule, text at the span) of each finding."""
    found = Diagnostics()
    sources = [Source(f"f{at}.json", text) for at, text in enumerate(texts)]
    by_name = {source.file: source.text for source in sources}
    out = read_inventory(sources, found)
    spans = [(item.rule, item.span) for item in found]
    return out, [(rule, "" if span is None else by_name[span.file][span.start : span.end]) for rule, span in spans]


def names(*values: Any) -> list[str]:
    found, findings = read(*(value if isinstance(value, str) else json.dumps(value) for value in values))
    assert found is not None and findings == []
    return [item.name for item in found.attachments]


FIRST, SECOND = {"Attachments": [aws(1)], "NextToken": "x"}, {"Attachments": [aws(2)]}


@pytest.mark.parametrize(
    "files",
    [
        ([FIRST, SECOND],),
        (FIRST, SECOND),
        (json.dumps(FIRST) + "\n" + json.dumps(SECOND),),
        (f"{json.dumps(aws(1))}\n{json.dumps(aws(2))}\n",),
        ([aws(1), aws(2)],),
        ({"VpcAttachment": {"Attachment": aws(1), "SubnetArns": []}}, {"Attachment": aws(2)}),
        ({"ConnectAttachment": {"Attachment": aws(1)}}, {"DirectConnectGatewayAttachment": {"Attachment": aws(2)}}),
    ],
    ids=["jq -s", "files", "one after another", "lines", "list", "single", "other kinds"],
)
def test_pages_add_up(files: tuple[Any, ...]) -> None:
    assert names(*files) == ["n1", "n2"]


def test_the_last_page_says_when_another_one_is_missing() -> None:
    found, findings = read(json.dumps(SECOND), json.dumps(FIRST))
    assert found is not None and findings == [("inventory-incomplete", '"NextToken"')]


def test_what_cannot_be_placed_is_left_out_and_told_of() -> None:
    """A gateway that is being created has no edge yet, and AWS adds types of attachments."""
    young = aws(2, kind="DIRECT_CONNECT_GATEWAY", EdgeLocation=None, EdgeLocations=[], State="CREATING")
    strange = aws(3, kind="SOMETHING_NEW")
    found, findings = read(
        json.dumps({"Attachments": [aws(1), young, strange]}),
        json.dumps({"attachments": {young["AttachmentId"]: {"cidrs": []}}}),
    )
    assert found is not None and [item.name for item in found.attachments] == ["n1"]
    assert [rule for rule, _ in findings] == ["inventory-entry-skipped"] * 2


@pytest.mark.parametrize(
    "key", ["n1", "attachment-00000000000000001", "vpc-00000001", f"arn:aws:ec2:{US}:111122223333:vpc/vpc-00000001"]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_second_file_names_an_attachment_by_tag_id_or_resource(key: str, first: bool) -> None:
    files = [
        json.dumps({"Attachments": [aws(1), aws(2)]}),
        json.dumps({"attachments": {key: {"cidrs": ["10.1.0.0/16"]}}}),
    ]
    found, findings = read(*(files if first else files[::-1]))
    assert found is not None and findings == []
    assert [[str(prefix) for prefix in item.prefixes] for item in found.attachments] == [["10.1.0.0/16"], []]
    assert [item.silent for item in found.attachments] == [False, True]


@pytest.mark.parametrize("key", ["n3", "attachment-0000000000000000f"])
def test_an_unknown_key_is_told_of_at_its_place(key: str) -> None:
    found, findings = read(json.dumps(FIRST | SECOND), json.dumps({"attachments": {key: {"cidrs": []}}}))
    assert found is None and ("inventory-unknown-name", f'"{key}"') in findings


def test_a_near_miss_gets_a_hint_and_two_of_a_name_their_ids() -> None:
    found = Diagnostics()
    twin = {**aws(2), "Tags": [{"Key": "Name", "Value": "n1"}]}
    extra: dict[str, Any] = {"attachments": {"n1": {"cidrs": []}, "vpc-00000003": {"cidrs": []}}}
    assert read_inventory([Source("a", json.dumps([aws(1), twin])), Source("b", json.dumps(extra))], found) is None
    helps = sorted(item.help for item in found if item.rule == "inventory-unknown-name")
    assert "vpc-0000000" in helps[0] and "attachment-00000000000000001" in helps[1]


def test_labels_come_from_their_own_list() -> None:
    association = {
        "AttachmentId": aws(1)["AttachmentId"],
        "RoutingPolicyLabel": "vpns",
        "AssociatedRoutingPolicies": ["p"],
    }
    found, findings = read(json.dumps([aws(1)]), json.dumps({"AttachmentRoutingPolicyAssociations": [association]}))
    assert found is not None and findings == [] and found.attachments[0].label == "vpns"


def row(prefix: str, number: int, *path: str, **more: Any) -> dict[str, Any]:
    hop = {"CoreNetworkAttachmentId": f"attachment-{number:017x}", "ResourceType": "vpn"}
    return {
        "Prefix": prefix,
        "NextHop": hop,
        "LocalPreference": "0",
        "Med": "100",
        "AsPath": list(path),
        "Communities": [],
        **more,
    }


def test_routing_information_tells_what_attachments_announce() -> None:
    """Reference, section 3.10: the list is from before routing policies; numbers come as text."""
    rows = [
        row("192.168.0.0/16", 1, "65001", "65002", Med="50", Communities=["65001:7"]),
        row("192.168.0.0/16", 1, "65001", "65002", Med="50", Communities=["65001:7"]),
        {"Prefix": "10.9.0.0/16", "NextHop": {"EdgeLocation": EU}, "AsPath": ["64513"]},
    ]
    found, findings = read(
        json.dumps([aws(1, kind="SITE_TO_SITE_VPN")]), json.dumps({"CoreNetworkRoutingInformation": rows})
    )
    assert found is not None and findings == []
    (route,) = found.attachments[0].routes
    assert (str(route.prefix), route.as_path, route.med) == ("192.168.0.0/16", (65001, 65002), 50)
    assert route.communities == {"65001:7"} and not found.attachments[0].silent


def test_rows_that_disagree_are_refused() -> None:
    rows = [row("192.168.0.0/16", 1, "65001"), row("192.168.0.0/16", 1, "65009")]
    found, findings = read(json.dumps([aws(1, kind="CONNECT")]), json.dumps({"CoreNetworkRoutingInformation": rows}))
    assert found is None and [rule for rule, _ in findings] == ["inventory-shape"]


# --- what nobody stated -----------------------------------------------------------------------------------------


def policy(**more: Any) -> dict[str, Any]:
    return {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [{"location": US, "asn": 64512}, {"location": EU, "asn": 64513}],
        },
        "segments": [{"name": name, "require-attachment-acceptance": False} for name in "ab"],
        "attachment-policies": [
            {
                "rule-number": 1,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            }
        ],
        **more,
    }


def network(**more: Any) -> CoreNetwork:
    found = Diagnostics()
    built = check_document(Source("core.json", json.dumps(policy(**more))), found)
    assert built is not None and not found.has_errors
    return built


def ask(core: CoreNetwork, to: str, *files: Any) -> PathAnswer:
    inventory, findings = read(*map(json.dumps, files))
    assert inventory is not None and findings == []
    answer = ask_path(situate(core, inventory), "n1", to, Diagnostics())
    assert answer is not None
    return answer


STATED = {"attachments": {"n1": {"cidrs": ["10.1.0.0/16"]}}}
EMPTY: dict[str, Any] = {"attachments": {"n2": {"cidrs": []}}}
HOLE = {
    "action": "create-route",
    "segment": "a",
    "destination-cidr-blocks": ["10.0.0.0/8"],
    "destinations": ["blackhole"],
}


@pytest.mark.parametrize(
    "actions, files, verdict, reason",
    [
        # whoever is silent may be the one who has the address
        ([], [[aws(1), aws(2)], STATED], Verdict.UNDECIDED, "not-stated"),
        ([HOLE], [[aws(1), aws(2)], STATED], Verdict.UNDECIDED, "not-stated"),
        # an empty list is a statement
        ([], [[aws(1), aws(2)], STATED, EMPTY], Verdict.BLOCKED, "no-route"),
        ([HOLE], [[aws(1), aws(2)], STATED, EMPTY], Verdict.BLOCKED, "blackhole"),
        # nothing that it may announce gets into the segment
        ([], [[aws(1), aws(2, "b")], STATED], Verdict.BLOCKED, "no-route"),
        # one in no segment carries nothing
        ([], [[aws(1), aws(2, "nowhere")], STATED], Verdict.BLOCKED, "no-route"),
    ],
)
def test_a_missing_route_counts_only_when_everybody_has_spoken(
    actions: list[Any], files: list[Any], verdict: Verdict, reason: str
) -> None:
    answer = ask(network(**{"segment-actions": actions}), "10.2.0.1", *files).forward
    assert (answer.verdict, answer.reason) == (verdict, reason)
    assert verdict is Verdict.BLOCKED or ("1 of 2" in answer.sentence and "`n2`" in answer.sentence)


def test_an_answer_with_a_route_stands_with_a_note() -> None:
    answer = ask(
        network(), "10.2.0.1", [aws(1), aws(2), aws(3)], STATED, {"attachments": {"n2": {"cidrs": ["10.2.0.0/16"]}}}
    )
    assert answer.forward.verdict is Verdict.REACHABLE and any("1 of 3" in note for note in answer.forward.notes)


def test_a_question_about_an_attachment_is_not_about_the_routes_of_others() -> None:
    extra = {"attachments": {"n2": {"cidrs": ["10.2.0.0/16"]}}}
    answer = ask(network(), "n2", [aws(1), aws(2, "b"), aws(3)], STATED, extra)
    assert answer.forward.verdict is Verdict.BLOCKED


def test_a_static_route_in_a_table_of_the_service_is_no_announcement() -> None:
    """Reference, section 3.6: static routes do not cross a share, and in a table they look like the VPC's own."""
    here = aws(2)["AttachmentId"]
    route = {
        "action": "create-route",
        "segment": "a",
        "destination-cidr-blocks": ["10.5.0.0/16"],
        "destinations": [here],
    }
    share = {"action": "share", "mode": "attachment-route", "segment": "a", "share-with": ["b"]}
    rows = {"CoreNetworkRoutingInformation": [row("10.2.0.0/16", 2), row("10.5.0.0/16", 2)]}
    files = [[aws(1, "b"), aws(2)], STATED, rows]
    core = network(**{"segment-actions": [route, share]})
    assert ask(core, "10.2.0.1", *files).forward.verdict is Verdict.REACHABLE
    assert ask(core, "10.5.0.1", *files).forward.verdict is Verdict.BLOCKED


def test_arns_find_an_attachment() -> None:
    found, _ = read(json.dumps([aws(1), aws(2)]))
    assert found is not None
    for arn in (aws(2)["ResourceArn"], f"arn:aws:networkmanager::111122223333:attachment/{aws(2)['AttachmentId']}"):
        item = find_attachment(found.attachments, arn, Diagnostics())
        assert item is not None and item.name == "n2"


# --- the policy as the service prints it ------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda doc: doc, json.dumps], ids=["object", "text"])
def test_a_policy_is_taken_out_of_the_answer_of_the_service(wrap: Any) -> None:
    answer = {
        "CoreNetworkPolicy": {"CoreNetworkId": "core-network-0", "PolicyVersionId": 3, "PolicyDocument": wrap(policy())}
    }
    found = Diagnostics()
    assert check_document(Source("answer.json", json.dumps(answer)), found) == network() and len(found) == 0


def test_findings_about_a_policy_in_a_text_point_at_the_text() -> None:
    inner = json.dumps(policy(segments=[{"name": "non-prod"}]))
    text = json.dumps({"CoreNetworkPolicy": {"PolicyDocument": inner}})
    for broken, rule in ((text, "segment-name"), (text.replace(json.dumps(inner), '"{"'), "json-unclosed")):
        found = Diagnostics()
        check_document(Source("answer.json", broken), found)
        item = next(item for item in found if item.rule == rule)
        assert item.span is not None and broken[item.span.start : item.span.end].startswith('"{')
