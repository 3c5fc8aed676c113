"""The commands about core networks, from the command line to the output: `simulate`, `routes`, `graph`, `build --diff`, `check`."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

POLICY = """module core_network

network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }
  segment payments { isolate  no acceptance }
  segment production { require acceptance }
  segment services { no acceptance }
  function_group firewalls { no acceptance }
  share services with payments, production
  send via firewalls from payments to production { mode dual_hop }
  attach {
    50: tag["fn"] == "fw" -> group firewalls
    100: tag["segment"] == "payments" and account == "111122223333" -> segment payments
    200: tag["segment"] == "production" -> segment production
    300: tag["segment"] == "services" -> segment services
  }
}

test "payments reach tools" {
  on core {
    attachment p { type: vpc, region: us-east-1, account: "111122223333", tags: { segment: "payments" }, cidrs: ["10.1.0.0/16"] }
  }
  expect p in segment payments by rule 100
}
"""


def listed(number: int, segment: str, region: str, name: str, kind: str = "VPC") -> dict[str, Any]:
    key = "fn" if segment == "fw" else "segment"
    return {
        "AttachmentId": f"attachment-0123456789abcde{number:02d}",
        "OwnerAccountId": "111122223333",
        "AttachmentType": kind,
        "State": "AVAILABLE",
        "EdgeLocation": region,
        "ResourceArn": f"arn:aws:ec2:{region}:111122223333:vpc/vpc-0a1b2c3d4e5f6789{number}",
        "Tags": [{"Key": key, "Value": segment}, {"Key": "Name", "Value": name}],
    }


LISTED = {
    "Attachments": [
        listed(1, "payments", "us-east-1", "pay"),
        listed(2, "services", "eu-west-1", "tools"),
        listed(3, "production", "us-east-1", "prod"),
        listed(4, "services", "us-east-1", "office", "SITE_TO_SITE_VPN"),
        listed(5, "fw", "us-east-1", "wall"),
    ]
}
PREFIXES = {
    "attachments": {
        f"attachment-0123456789abcde{number:02d}": fields
        for number, fields in {
            1: {"cidrs": ["10.1.0.0/16"]},
            2: {"cidrs": ["10.9.0.0/16"]},
            3: {"cidrs": ["10.3.0.0/16"]},
            4: {"routes": [{"prefix": "192.168.0.0/16", "as_path": [65001]}]},
        }.items()
    }
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in a project with one network and the two files of attachments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "policyc.toml").write_text("")
    (tmp_path / "core.policy").write_text(POLICY)
    (tmp_path / "aws.json").write_text(json.dumps(LISTED))
    (tmp_path / "prefixes.json").write_text(json.dumps(PREFIXES))

    def call(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


BOTH = ("--attachments", "aws.json", "--attachments", "prefixes.json")


def test_where_an_attachment_goes_and_why_not_by_earlier_rules(run: Run) -> None:
    status, out, _ = run(
        "simulate", "core", "--attachment", "type=vpc,region=us-east-1,account=111122223333,tag.segment=production"
    )
    assert status == 10
    lines = out.splitlines()
    assert lines[0] == "attachment1: pending acceptance for segment production"
    assert [line.split(":")[0].strip() for line in lines[2:]] == [
        "rule 50 does not match",
        "rule 100 does not match",
        "rule 200 matches",
    ]
    status, out, _ = run(
        "simulate", "core", "--attachment", "type=vpc,region=us-east-1,tag.segment=services", "--format", "json"
    )
    (found,) = json.loads(out)["attachments"]
    assert status == 0 and (found["standing"], found["place"], found["rule"]) == ("segment", "services", 300)
    status, out, _ = run("simulate", "core", "--attachment", "type=vpc,region=us-east-1,tag.segment=payments")
    assert status == 11 and "account-id" in out


def test_a_region_that_is_no_edge(run: Run, tmp_path: Path) -> None:
    """Given by hand it is a slip; in a list of attachments the answer says so."""
    status, out, err = run("simulate", "core", "--attachment", "type=vpc,region=eu-west-2,tag.segment=services")
    assert status == 2 and out == "" and "attachment-region" in err and "eu-west-1" in err
    far = {**listed(7, "services", "eu-west-2", "far")}
    (tmp_path / "far.json").write_text(json.dumps({"Attachments": [far]}))
    status, out, _ = run("simulate", "core", "--attachments", "far.json")
    assert status == 10 and out.startswith("far: unassociated\n  the core network has no edge in eu-west-2")


def test_every_attachment_of_a_list(run: Run) -> None:
    status, out, _ = run("simulate", "core", "--attachments", "aws.json", "--format", "json")
    found = {item["attachment"]: item["place"] for item in json.loads(out)["attachments"]}
    assert status == 0
    assert found == {
        "pay": "payments",
        "tools": "services",
        "prod": "production",
        "office": "services",
        "wall": "firewalls",
    }


def test_a_path_there_and_back(run: Run) -> None:
    status, out, _ = run("simulate", "core", *BOTH, "--from", "pay", "--to", "tools")
    assert status == 0 and out.startswith("reachable: pay to tools, and back\n")
    assert "10.9.0.0/16 -> the peering to eu-west-1" in out and "back: reachable" in out
    status, out, _ = run("simulate", "core", *BOTH, "--from", "pay", "--to", "10.3.0.7", "--format", "json")
    answer = json.loads(out)
    assert status == 0 and answer["verdict"] == "reachable"
    assert answer["forward"]["inspected_by"] == answer["back"]["inspected_by"] == ["firewalls"]
    assert answer["forward"]["ways"][0]["through"] == ["wall", "prod"]
    status, out, _ = run("simulate", "core", *BOTH, "--from", "pay", "--to", "8.8.8.8")
    assert status == 10 and out.startswith("blocked")


def test_a_document_without_any_policy_file(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    (tmp_path / "core.policy").unlink()
    document = "out/cloudwan/core.json"
    assert run("simulate", document, *BOTH, "--from", "pay", "--to", "tools")[0] == 0
    assert run("routes", document, *BOTH)[0] == 0
    assert run("graph", document)[0] == 0
    assert run("check", document)[0] in (0, 1)


def test_route_tables_in_three_forms(run: Run) -> None:
    status, out, _ = run("routes", "core", *BOTH, "--segment", "payments", "--edge", "us-east-1")
    assert status == 0 and out.startswith("segment payments at us-east-1\n")
    assert "group `firewalls` at us-east-1" in out and "eu-west-1\n" not in out.splitlines()[0]
    data = json.loads(run("routes", "core", *BOTH, "--format", "json")[1])
    assert {(table["name"], table["edge"]) for table in data["tables"]} == {
        (name, edge)
        for name in ("payments", "production", "services", "firewalls")
        for edge in ("us-east-1", "eu-west-1")
    }
    # One row is one line, and equal input gives equal bytes.
    text = run("routes", "core", *BOTH, "--format", "json")[1]
    assert text == run("routes", "core", *BOTH, "--format", "json")[1]
    assert sum(line.startswith('{"prefix": ') for line in text.splitlines()) == sum(
        len(t["routes"]) for t in data["tables"]
    )
    rows = list(csv.DictReader(io.StringIO(run("routes", "core", *BOTH, "--format", "csv")[1])))
    assert len(rows) == sum(len(route["next_hops"]) or 1 for table in data["tables"] for route in table["routes"])
    row = next(r for r in rows if (r["name"], r["edge"], r["prefix"]) == ("services", "eu-west-1", "192.168.0.0/16"))
    assert (row["next_hop"], row["next_hop_edge"], row["as_path"], row["certain"]) == (
        "edge",
        "us-east-1",
        "64512 65001",
        "yes",
    )


def test_what_a_far_side_hears(run: Run) -> None:
    data = json.loads(run("routes", "core", *BOTH, "--advertised", "office", "--format", "json")[1])
    assert {route["prefix"]: route["attributes"][0]["as_path"] for route in data["routes"]} == {
        "10.1.0.0/16": [64512],
        "10.3.0.0/16": [64512],
        "10.9.0.0/16": [64512, 64513],
    }
    status, out, _ = run("routes", "core", *BOTH, "--advertised", "pay")
    assert status == 0 and "a VPC hears nothing" in out


def test_a_file_stands_for_the_network_that_it_declares(run: Run, tmp_path: Path) -> None:
    expected = run("routes", "core", *BOTH)
    assert run("routes", "core.policy", *BOTH) == expected
    (tmp_path / "other.policy").write_text(POLICY.replace("module core_network", "module other").replace("core", "lab"))
    assert run("routes", "core.policy", *BOTH) == expected
    assert "name one of `core`, `lab`" in run("routes", *BOTH)[2]
    (tmp_path / "empty.policy").write_text('let a: string = "b"\n')
    assert run("routes", "empty.policy", *BOTH)[0] == 2
    assert run("routes", "missing.policy", *BOTH)[0] == 2


def test_what_is_doubtful_about_the_attachments(run: Run) -> None:
    status, out, _ = run("routes", "core", *BOTH, "--check")
    assert status == 1 and "group-without-attachment" in out and "eu-west-1" in out


def test_what_nobody_said_of_the_attachments_is_doubtful(run: Run, tmp_path: Path) -> None:
    status, out, err = run("routes", "core", "--attachments", "aws.json", "--check")
    assert status == 1 and "warning[prefixes-not-stated]" in out and err == ""
    (tmp_path / "aws.json").write_text(json.dumps(LISTED | {"NextToken": "AAAA"}))
    # a file of prefixes is no further page of the list
    status, out, err = run("routes", "core", *BOTH, "--check", "--format", "json")
    assert status == 1 and "inventory-incomplete" in {item["rule"] for item in json.loads(out)["findings"]}
    (tmp_path / "more.json").write_text(json.dumps({"Attachments": [listed(6, "payments", "us-east-1", "pay2")]}))
    assert "inventory-incomplete" not in run("routes", "core", *BOTH, "--attachments", "more.json", "--check")[1]


def test_pictures(run: Run) -> None:
    matrix = run("graph", "core")[1]
    assert matrix.splitlines()[0].split() == ["from", "\\", "to", "payments", "production", "services"]
    assert "via firewalls" in matrix
    svg = run("graph", "core", "--format", "svg")[1]
    root = ElementTree.fromstring(svg)
    titles = [found.text for found in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "payments to production: inspected by firewalls" in titles and "payments to payments: blocked" in titles
    assert run("graph", "core", "--format", "svg")[1] == svg
    mermaid = run("graph", "core", "--format", "mermaid")[1]
    assert mermaid.startswith("flowchart LR\n") and 's2["services' in mermaid and "s2 <--> s0" in mermaid
    dot = run("graph", "core", *BOTH, "--format", "dot")[1]
    assert dot.startswith('graph "core" {') and dot.rstrip().endswith("}") and "us-east-1: 1" in dot
    data = json.loads(run("graph", "core", "--format", "json")[1])
    assert {(item["from"], item["to"]): item["flow"] for item in data["reach"]}["payments", "services"] == "direct"


def test_a_wide_matrix_is_cut_into_blocks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, and every pair of segments stands in one block."""
    monkeypatch.setenv("COLUMNS", "80")
    whole = run("graph", "core")[1]
    monkeypatch.setenv("COLUMNS", "40")
    narrow = run("graph", "core")[1]
    assert max(map(len, narrow.splitlines())) <= 40 < max(map(len, whole.splitlines()))
    rows = [line.split(None, 1)[1] for line in narrow.splitlines() if line.startswith("payments ")]
    (row,) = [line.split(None, 1)[1] for line in whole.splitlines() if line.startswith("payments ")]
    assert len(rows) > 1 and " ".join(rows).split() == row.split()
    assert max(map(len, whole.splitlines())) <= 80


def test_the_legend_of_the_picture_explains_rings_dots_and_diamonds(run: Run) -> None:
    root = ElementTree.fromstring(run("graph", "core", "--format", "svg")[1])
    texts = {found.text for found in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"the segment that declares the action", "the segments that it joins", "the function group"} <= texts


def test_candidates_in_three_forms(run: Run) -> None:
    """Every candidate of every row: those that are chosen or possible are the next hops of the table."""
    asked = ("routes", "core", *BOTH, "--candidates")
    data = json.loads(run(*asked, "--format", "json")[1])
    tables = json.loads(run("routes", "core", *BOTH, "--format", "json")[1])["tables"]
    assert [(t["name"], t["edge"]) for t in data["tables"]] == [(t["name"], t["edge"]) for t in tables]
    total = 0
    for found, table in zip(data["tables"], tables, strict=True):
        assert [route["prefix"] for route in found["routes"]] == [route["prefix"] for route in table["routes"]]
        for route, row in zip(found["routes"], table["routes"], strict=True):
            kept = [item["next_hop"] for item in route["candidates"] if item["standing"] != "lost"]
            assert all(hop in kept for hop in [{k: h[k] for k in ("kind", "name", "edge")} for h in row["next_hops"]])
            total += len(route["candidates"])
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    assert len(rows) == total and {row["standing"] for row in rows} <= {"chosen", "possible", "lost"}
    status, out, _ = run(*asked)
    assert status == 0 and out.count("chosen") == sum(row["standing"] == "chosen" for row in rows)


def test_answers_say_what_nobody_stated(run: Run, tmp_path: Path) -> None:
    """AWS's list has no prefixes: a warning says how many attachments lack them and how to add them."""
    status, out, err = run("routes", "core", "--attachments", "aws.json", "--format", "json")
    assert status == 0 and "warning[prefixes-not-stated]" in err and "5 of 5" in err and '"cidrs"' in err
    assert any("5 of 5" in note for note in json.loads(out)["notes"])
    asked = ("simulate", "core", "--attachments", "aws.json", "--from", "pay", "--to", "10.9.0.1")
    status, out, err = run(*asked)
    assert status == 11 and out.startswith("undecided") and "warning[prefixes-not-stated]" in err
    assert run("simulate", "core", "--attachments", "aws.json")[2] == ""
    # who reaches whom does not hang on what the prefixes are, and nobody is missing who is there
    status, out, err = run("graph", "core", "--attachments", "aws.json")
    assert status == 0 and "warning[prefixes-not-stated]" in err and "taken to have one of their own" in out
    assert out.splitlines()[:4] == run("graph", "core", *BOTH)[1].splitlines()[:4]
    assert "no routes\n" not in run("routes", "core", "--attachments", "aws.json")[1]


def test_a_policy_as_the_service_prints_it(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    document = (tmp_path / "out/cloudwan/core.json").read_text()
    answer = {"CoreNetworkPolicy": {"PolicyVersionId": 3, "PolicyDocument": document}}
    (tmp_path / "live.json").write_text(json.dumps(answer))
    assert run("check", "live.json")[0] == run("check", "out/cloudwan/core.json")[0]
    assert run("graph", "live.json")[1] == run("graph", "core")[1]


def test_names_that_svg_and_mermaid_would_take_for_syntax(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    document = json.loads((tmp_path / "out/cloudwan/core.json").read_text())
    document["network-function-groups"].append({"name": 'a<b>&"c', "require-attachment-acceptance": True})
    (tmp_path / "odd.json").write_text(json.dumps(document))
    ElementTree.fromstring(run("graph", "odd.json", "--format", "svg")[1])
    assert "a<b>" not in run("graph", "odd.json", "--format", "mermaid")[1]
    assert '\\"c' in run("graph", "odd.json", "--format", "dot")[1]


def test_what_a_new_policy_changes(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    live = tmp_path / "out/cloudwan/core.json"
    assert run("build", "--diff", str(live))[:2] == (0, run("build", "--diff", str(live))[1])
    document = json.loads(live.read_text())
    document["segment-actions"][0]["share-with"] = ["payments"]
    (tmp_path / "live.json").write_text(json.dumps(document))
    status, out, _ = run("build", "--diff", "live.json", "--network", "core")
    assert status == 1 and "production to services: blocked -> reachable" in out
    status, out, _ = run("build", "--diff", "live.json", *BOTH, "--format", "json")
    data = json.loads(out)
    assert status == 1 and not data["assumed"]
    assert {"subject": "prod to tools, office", "before": "blocked", "after": "reachable"} in data["reach"]
    document["core-network-configuration"]["edge-locations"][0]["asn"] = 64530
    (tmp_path / "live.json").write_text(json.dumps(document))
    assert "edge-asn-changed" in run("build", "--diff", "live.json")[2]


def test_a_wrong_document_is_reported_with_the_services_code(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    document = json.loads((tmp_path / "out/cloudwan/core.json").read_text())
    document["prefix-lists"] = []
    (tmp_path / "bad.json").write_text(json.dumps(document))
    for command in (
        ("check", "bad.json"),
        ("routes", "bad.json"),
        ("simulate", "bad.json", "--attachments", "aws.json"),
    ):
        status, out, err = run(*command)
        assert status == 1 and "ADDITIONAL_PROPERTIES" in out + err


def test_lint_rules_run_on_documents(run: Run, tmp_path: Path) -> None:
    assert run("build", "-q")[0] == 0
    document = json.loads((tmp_path / "out/cloudwan/core.json").read_text())
    document["segment-actions"] = []
    (tmp_path / "lonely.json").write_text(json.dumps(document))
    status, out, _ = run("check", "lonely.json", "--format", "concise")
    assert status == 0 and "info[lonely-segment]" in out and "lonely.json:" in out


@pytest.mark.parametrize(
    "argv",
    [
        ("simulate", "core", "--from", "pay"),
        ("simulate", "cor", "--attachments", "aws.json"),
        ("simulate", "core", "--attachments", "missing.json"),
        ("simulate", "core", "--attachment", "colour=red"),
        ("simulate", "core", "--attachment", "type=vpc,region=us-east-2,tag.segment=services"),
        ("simulate", "core", *BOTH, "--from", "pay", "--to", "nobody"),
        ("routes", "core", "--segment", "nope"),
        ("routes", "core", "--edge", "nope"),
        ("routes", "core", "--attachments", "core.policy"),
        ("routes", "core", *BOTH, "--advertised", "nobody"),
        ("routes", "core", *BOTH, "--candidates", "--check"),
        ("routes", "core", *BOTH, "--candidates", "--advertised", "office"),
        ("graph", "nope"),
        ("build", "--diff", "missing.json"),
    ],
)
def test_wrong_use_says_what_to_do(run: Run, argv: tuple[str, ...]) -> None:
    status, out, err = run(*argv)
    assert status == 2 and out == "" and "help:" in err


def test_json_answers_have_the_published_shape(run: Run, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from policyc.data import read_text

    validator = jsonschema.Draft202012Validator(json.loads(read_text("schemas/cloud_wan/answers.schema.json")))
    assert run("build", "-q")[0] == 0
    for argv in (
        ("simulate", "core", "--attachments", "aws.json"),
        ("simulate", "core", *BOTH, "--from", "pay", "--to", "prod"),
        ("simulate", "core", *BOTH, "--from", "pay", "--to", "8.8.8.8"),
        ("routes", "core", *BOTH),
        ("routes", "core", *BOTH, "--candidates"),
        ("routes", "core", *BOTH, "--advertised", "office"),
        ("graph", "core"),
        ("build", "--diff", "out/cloudwan/core.json"),
    ):
        data = json.loads(run(*argv, "--format", "json")[1])
        assert [error.message for error in validator.iter_errors(data)] == [], argv
    assert not validator.is_valid({"format_version": 1, "kind": "path"})


def test_a_question_about_nothing_is_refused(run: Run) -> None:
    assert run("build", "-q")[0] == 0
    status, out, err = run("simulate", "out/cloudwan/core.json")
    assert status == 2 and out == "" and "--attachments FILE" in err


@pytest.mark.parametrize("more", [[], ["--check"]])
def test_tables_without_attachments_say_so(run: Run, more: list[str]) -> None:
    """Empty tables mean nothing while nobody said what is attached."""
    said = "no attachments are given"
    assert said in run("routes", "core", *more)[2]
    assert said not in run("routes", "core", *more, *BOTH)[2]
    assert said not in run("routes", "core", *more, "--quiet")[2]


# --- crowds and suppositions ------------------------------------------------------------------------------------


def test_who_reaches_an_attachment(run: Run) -> None:
    # Services are shared with payments; production comes through the firewall.
    status, out, _ = run("simulate", "core", *BOTH, "--who-reaches", "pay")
    assert status == 0
    lines = [line.strip() for line in out.splitlines()]
    assert (
        "tools, office, wall to pay: reachable" in lines and "prod to pay: reachable, inspected by firewalls" in lines
    )


def test_whether_everything_between_two_places_is_inspected(run: Run) -> None:
    status, out, _ = run("simulate", "core", *BOTH, "--inspected", "--from", "payments", "--to", "production")
    assert status == 0 and "everything that arrives is inspected" in out
    status, out, _ = run("simulate", "core", *BOTH, "--inspected", "--from", "payments", "--to", "services")
    assert status == 10 and "pay to tools" in out


def test_without_an_edge_whatever_is_there_is_cut_off(run: Run) -> None:
    status, out, _ = run("simulate", "core", *BOTH, "--without-edge", "eu-west-1")
    assert status == 1
    assert "  tools: segment services -> nowhere\n" in out and "  pay to tools: reachable -> blocked\n" in out
    assert "pay to prod" not in out and "configuration" not in out


def test_questions_about_places_are_asked_of_what_is_supposed(run: Run) -> None:
    asked = ("simulate", "core", *BOTH, "--who-reaches", "pay")
    assert "  tools, office, wall to pay: reachable\n" in run(*asked)[1]
    status, out, _ = run(*asked, "--without", "tools")
    assert status == 0 and out.startswith("who reaches pay as supposed\n") and "tools" not in out
    more = "name=new,type=vpc,region=us-east-1,account=111122223333,tag.segment=services,cidr=10.77.0.0/16"
    assert "new" in run(*asked, "--add", more)[1].split(" to pay: reachable\n")[0]
    inspected = ("simulate", "core", *BOTH, "--inspected", "--from", "payments", "--to", "services")
    assert "pay to tools" in run(*inspected)[1] and "tools" not in run(*inspected, "--without", "tools")[1]
    status, _, err = run(*asked, "--without", "nobody")
    assert status == 2 and "no attachment is named `nobody`" in err


def test_one_attachment_more(run: Run) -> None:
    more = "name=new,type=vpc,region=us-east-1,account=111122223333,tag.segment=services,cidr=10.77.0.0/16"
    status, out, _ = run("simulate", "core", *BOTH, "--add", more)
    assert status == 1
    assert "  new: nowhere -> segment services\n" in out and "  pay to new: blocked -> reachable\n" in out
    status, out, _ = run("simulate", "core", *BOTH, "--add", more, "--from", "pay", "--to", "new")
    assert status == 0 and out.startswith("reachable")
