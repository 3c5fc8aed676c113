"""Pictures of a packet's path and of the change of a core network: they tell what the answers tell, and nothing that a name brings in.

Expected ways: the service inserts `send-via` groups between segments (Cloud WAN user guide, service insertion), a segment has no route to
one that nobody shares with it.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from policyc.__main__ import main

SVG = "{http://www.w3.org/2000/svg}"
SHARED = {"action": "share", "mode": "attachment-route", "segment": "tools", "share-with": ["prod", "dev"]}
VIA = {
    "action": "send-via",
    "segment": "prod",
    "mode": "single-hop",
    "when-sent-to": {"segments": ["dev"]},
    "via": {"network-function-groups": ["fw"]},
}
BY_GROUP = {
    "rule-number": 100,
    "condition-logic": "or",
    "conditions": [{"type": "tag-value", "key": "nfg", "operator": "equals", "value": "fw"}],
    "action": {"add-to-network-function-group": "fw"},
}
BY_TAG = {
    "rule-number": 200,
    "condition-logic": "or",
    "conditions": [{"type": "tag-exists", "key": "segment"}],
    "action": {"association-method": "tag", "tag-value-of-key": "segment"},
}


def core(*actions: object) -> str:
    return json.dumps(
        {
            "version": "2025.11",
            "core-network-configuration": {
                "asn-ranges": ["64512-64555"],
                "edge-locations": [{"location": "us-east-1"}, {"location": "eu-west-1"}],
            },
            "segments": [{"name": name, "require-attachment-acceptance": False} for name in ("prod", "dev", "tools")],
            "network-function-groups": [{"name": "fw", "require-attachment-acceptance": False}],
            "segment-actions": list(actions),
            "attachment-policies": [BY_GROUP, BY_TAG],
        }
    )


def vpc(name: str, region: str, cidr: str, **tags: str) -> dict[str, object]:
    return {"name": name, "type": "vpc", "region": region, "tags": tags, "cidrs": [cidr]}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attachments = [
        vpc("shop<b>", "us-east-1", "10.1.0.0/16", segment="prod"),
        vpc("lab", "eu-west-1", "10.2.0.0/16", segment="dev"),
        vpc("desk", "us-east-1", "10.3.0.0/16", segment="tools"),
        vpc("fw1", "us-east-1", "10.9.0.0/24", nfg="fw"),
    ]
    (tmp_path / "old.json").write_text(core(SHARED, VIA), encoding="utf-8")
    (tmp_path / "core.json").write_text(core({**SHARED, "share-with": ["prod"]}), encoding="utf-8")
    (tmp_path / "there.json").write_text(json.dumps({"attachments": attachments}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def drawn(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, list[str], list[str]]:
    """The output of a command that draws, with its texts and its tool-tips. Two runs give equal bytes."""
    main(command.split())
    out = capsys.readouterr().out
    main(command.split())
    assert capsys.readouterr().out == out
    root = ElementTree.fromstring(out)
    texts = ["".join(item.itertext()) for item in root.iter(f"{SVG}text")]
    return out, texts, [item.text or "" for item in root.iter(f"{SVG}title")]


def path(network: str, sender: str, to: str, more: str = "") -> str:
    return f"simulate {network} --attachments there.json --from {sender} --to {to} --format svg {more}"


def test_a_path_shows_each_table_there_and_back(capsys: pytest.CaptureFixture[str]) -> None:
    out, texts, tips = drawn(path("old.json", "shop<b>", "lab"), capsys)
    whole = "\n".join(texts)
    assert "reachable: shop<b> to lab" in whole and "<b>" not in out
    for table, edge in (("segment prod", "us-east-1"), ("group fw", "eu-west-1"), ("segment dev", "eu-west-1")):
        assert table in whole and edge in whole
    assert "because: send-via `fw` (single-hop)" in whole
    assert any(tip.startswith("segment prod at us-east-1: 10.2.0.0/16 -> ") for tip in tips)
    assert "delivered to lab" in whole and "delivered to shop<b>" in whole
    assert "prefers-color-scheme:dark" in out


def test_a_path_that_ends_says_where_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    _, texts, tips = drawn(path("core.json", "shop<b>", "lab"), capsys)
    assert "blocked: shop<b> to lab" in texts
    assert any("no route" in text for text in texts)
    assert any("shares no routes with `dev`" in tip for tip in tips)
    assert not any(text.startswith("delivered") for text in texts)


def test_what_is_supposed_stands_beside_today(capsys: pytest.CaptureFixture[str]) -> None:
    _, texts, _ = drawn(path("old.json", "desk", "lab", "--without-edge eu-west-1"), capsys)
    assert any(text.startswith("today it is reachable") for text in texts)


def test_a_change_cuts_the_cells_that_change(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "core.json", "-o", "policies"])
    capsys.readouterr()
    _, texts, tips = drawn("build --diff old.json --format svg policies", capsys)
    assert "prod to dev: before inspected by fw, after blocked" in tips
    assert "tools to dev: before direct, after blocked" in tips
    assert "prod to tools: direct, as before" in tips
    assert "certain to be updated: us-east-1, eu-west-1" in texts
    assert any(text.startswith("who reaches whom: 4 changes") for text in texts)


def test_what_is_not_known_or_in_part_has_its_reason_in_the_picture(capsys: pytest.CaptureFixture[str]) -> None:
    shared = {**SHARED, "segment": "prod", "share-with": ["dev"]}
    Path("both.json").write_text(core(shared, VIA), encoding="utf-8")
    _, texts, _ = drawn("graph both.json --attachments there.json --format svg", capsys)
    main(["graph", "both.json", "--attachments", "there.json"])
    for words in (texts, capsys.readouterr().out.splitlines()):
        told = " ".join(" ".join(words).split())
        assert "not known: prod to dev" in told and "the switch `inserted-route-rank`" in told


def test_a_page_has_the_picture_and_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    main(path("old.json", "shop<b>", "lab").replace("svg", "html").split())
    out = capsys.readouterr().out
    assert out.startswith("<!doctype html>") and "<svg" in out and "<script" not in out and "<b>" not in out
    assert "there: reachable, delivered to `lab`, inspected by `fw`" in out


@pytest.mark.parametrize(
    "command",
    [
        "simulate old.json --attachments there.json --format svg",
        "simulate old.json --attachments there.json --from desk --to lab --inspected --format html",
        "build --format svg",
    ],
)
def test_what_has_no_picture_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 2
    shown = capsys.readouterr()
    assert not shown.out and "picture" in shown.err
