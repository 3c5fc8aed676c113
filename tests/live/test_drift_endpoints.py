"""Drift of Verified Access: what becomes of the requests to an endpoint, which the group's text and its own have to allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.world import ENDPOINT, GROUP, World

Run = Callable[..., tuple[int, str, str]]
TEAM = 'context.idc.groups has "c242c5b0-6081-1845-6fa8-6e0d9513c107"'
GET = 'context.http_request.http_method == "GET"'
POST = 'context.http_request.http_method == "POST"'
SOURCE = """
group team = idc_group("c242c5b0-6081-1845-6fa8-6e0d9513c107")
resource workforce: verified_access.group { trust: { idc: iam_identity_center } }
policy members for verified_access on workforce { allow "team" { when team in idc.groups } }
resource payroll: verified_access.endpoint { group: workforce, protocol: https, domain: "payroll.example.com" }
"""
OWN = 'policy reading for verified_access on payroll { allow "read" { when http_request.http_method == GET } }\n'


def permit(*tests: str) -> str:
    when = f" when {{ {' && '.join(tests)} }}" if tests else ""
    return f"permit (principal, action, resource){when};"


#: the group's text, the endpoint's (None for none), the status, what changes
LIVE = [
    (permit(TEAM), permit(GET), 0, []),
    (permit(TEAM, TEAM), permit(GET), 0, []),
    (permit(TEAM, GET), permit(), 0, []),
    (permit(GET), permit(TEAM), 0, []),
    (permit(TEAM), permit(POST), 1, ["newly allowed", "newly denied"]),
    (permit(TEAM), permit(), 1, ["newly allowed"]),
    (permit(TEAM), None, 1, ["newly allowed"]),
    (permit(GET), permit(GET), 1, ["newly allowed"]),
    (permit(TEAM, GET), permit(POST), 1, ["newly denied"]),
]


@pytest.mark.parametrize(("group", "endpoint", "status", "changes"), LIVE)
def test_both_texts_together_decide(
    there: World, policyc: Run, group: str, endpoint: str | None, status: int, changes: list[str]
) -> None:
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(GROUP, group)
    there.ec2._hold(ENDPOINT, endpoint)
    got, out, err = policyc("aws", "drift", "a.policy", "--format", "json")
    assert (got, err) == (status, ""), out
    found = json.loads(out)["documents"]
    assert sorted(one["change"] for item in found for one in item["changes"]) == changes
    assert {item["name"] for item in found if item["changes"]} <= {"payroll.example.com"}


def test_another_text_with_the_same_answers_is_a_note(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(GROUP, permit(TEAM, GET))
    there.ec2._hold(ENDPOINT, permit())
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert status == 0
    assert (
        "`verified_access/members.cedar` is another text on AWS, and every request to an endpoint is answered alike"
        in " ".join(out.split())
    )


def test_an_endpoint_of_the_group_that_the_source_does_not_have_is_no_proof(there: World, policyc: Run) -> None:
    # what the group lost, the endpoint of the source has; the other one, which has a text of its own, may not
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(GROUP, permit(GET))
    there.ec2._hold(ENDPOINT, permit(TEAM))
    there.ec2.add_endpoint("vae-00000000000000001", GROUP, "stock.example.com")
    there.ec2._hold("vae-00000000000000001", permit())
    status, out, _ = policyc("aws", "drift", "a.policy", "--format", "json")
    assert status == 1
    (item,) = [item for item in json.loads(out)["documents"] if item["changes"]]
    assert item["name"] == "verified_access/members.cedar"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("resource workforce:", "resource wf:"),  # the description of the group is `workforce`
        ("workforce", "vagr_0123456789abcdef0"),
    ],
)
def test_places_are_found_by_name_and_id(there: World, policyc: Run, old: str, new: str) -> None:
    found = new == "vagr_0123456789abcdef0"
    Path("a.policy").write_text(
        (SOURCE + OWN).replace(old, new).replace("on workforce", "on wf").replace("group: workforce", "group: wf")
        if not found
        else (SOURCE + OWN).replace(old, new)
    )
    there.ec2._hold(ENDPOINT, permit(GET))
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert (status == 0) is found, out
    if not found:
        assert "no group of Verified Access goes by the name `wf`; give its `id`, or `--map`" in " ".join(out.split())


def test_two_places_of_one_name_are_not_chosen_from(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(ENDPOINT, permit(GET))
    there.ec2.add_endpoint("vae-00000000000000001", GROUP, "payroll.example.com")
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert status == 11 and "2 resources have its name; give `--map`" in " ".join(out.split())


def test_an_endpoint_in_another_group_is_told(there: World, policyc: Run) -> None:
    there.ec2._hold(ENDPOINT, permit(GET))
    there.ec2.add_group("vagr-00000000000000001", "vai-0123456789abcdef0", permit(TEAM), "guests")
    there.ec2.endpoints[ENDPOINT]["VerifiedAccessGroupId"] = "vagr-00000000000000001"
    guests = 'resource guests: verified_access.group { trust: { idc: iam_identity_center } }\npolicy everybody for verified_access on guests { allow "all" { when team in idc.groups } }\n'
    Path("a.policy").write_text(SOURCE + OWN + guests)
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert status == 1 and "on AWS it is in the group" in " ".join(out.split())


def test_the_text_of_a_file_is_compared_at_the_endpoint_too(there: World, policyc: Run) -> None:
    Path("g.cedar").write_text(permit(GET))
    Path("e.cedar").write_text(permit(TEAM))
    there.ec2._hold(ENDPOINT, permit(GET))
    words = ("aws", "drift", "g.cedar", "e.cedar", "--map", f"g={GROUP}", "--map", f"e={ENDPOINT}")
    assert policyc(*words)[0] == 0
