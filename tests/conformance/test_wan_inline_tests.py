"""Tests written in the language about everything that a network does: prefix lists, labels, summaries, far sides, waiting changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.simulation.runner import run_tests
from policyc.targets.program import load_program

NETWORK = """\
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }
  segment a { no acceptance }
  segment b { no acceptance }
  share a with b { apply onlyCorp }
  labels { 10: "office" -> aggregate }
  filter onlyCorp direction inbound number 100 {
    10: prefix_list == "corp" -> allow
    20: otherwise -> drop
  }
  filter aggregate direction outbound number 100 {
    10: prefix in "10.20.0.0/16" -> summarize "10.0.0.0/8"
    REST
  }
  attach { 10: exists tag["s"] -> tag "s" }
}
"""
ATTACHED = """\
    attachment one { type: vpc, region: us-east-1, tags: { s: "a" }, cidrs: ["10.20.1.0/24"] }
    attachment two { type: vpc, region: eu-west-1, tags: { s: "b" }, cidrs: ["10.1.0.0/16", "10.2.0.0/16"] }
    attachment office { type: site_to_site_vpn, region: us-east-1, tags: { s: "a" }, label: "office", routes: [{ prefix: "192.168.0.0/16", as_path: [65001] }] }
"""


def run(root: Path, steps: str, rest: str = "", attached: str = ATTACHED) -> list[str]:
    """What failed in one test."""
    text = NETWORK.replace("REST", rest) + f'test "t" {{\n  on core {{\n{attached}  }}\n{steps}\n}}\n'
    (root / "main.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(root, [Path("main.policy")], {}, diagnostics)
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    (result,) = run_tests(program, ())
    assert result.passed is not bool(result.findings)
    return [item.message for item in result.findings]


LIST = '    attachment corp { type: prefix_list, cidrs: ["10.1.0.0/16"] }\n'


def test_the_contents_of_a_prefix_list_stand_beside_the_attachments(tmp_path: Path) -> None:
    steps = '  path from one to "10.1.0.1"\n  expect reachable\n  path from one to "10.2.0.1"\n  expect blocked'
    assert run(tmp_path, steps, attached=ATTACHED + LIST) == []
    named = '    attachment listed { type: prefix_list, id: "corp", cidrs: ["10.2.0.0/16"] }\n'
    swapped = '  path from one to "10.1.0.1"\n  expect blocked\n  path from one to "10.2.0.1"\n  expect reachable'
    assert run(tmp_path, swapped, attached=ATTACHED + named) == []


def test_an_unknown_prefix_list_decides_nothing(tmp_path: Path) -> None:
    failed = run(tmp_path, '  path from one to "10.1.0.1"\n  expect reachable')
    assert len(failed) == 1 and "cannot be known" in failed[0]


@pytest.mark.parametrize(
    "entry, text",
    [
        ('attachment corp { type: prefix_list, region: us-east-1, cidrs: ["10.1.0.0/16"] }', "no field `region`"),
        ('attachment corp { type: prefix_list, cidrs: ["10.1.0.1/16"] }', "bits set behind its mask"),
        ('attachment one { type: prefix_list, cidrs: ["10.1.0.0/16"] }', "declared twice"),
    ],
)
def test_a_prefix_list_is_read_strictly(tmp_path: Path, entry: str, text: str) -> None:
    failed = run(tmp_path, "  expect one in segment a by rule 10", attached=ATTACHED + f"    {entry}\n")
    assert len(failed) == 1 and text in failed[0]


def test_a_far_side_reaches_what_it_hears_of(tmp_path: Path) -> None:
    """Reference, section 3.13 E8: a drop behind the summary leaves nothing, an allow for the aggregate leaves all."""
    steps = '  path from office to "10.20.1.5"\n  expect {}'
    assert run(tmp_path, steps.format("reachable")) == []
    assert run(tmp_path, steps.format("blocked"), "20: otherwise -> drop") == []
    allowed = '20: prefix == "10.0.0.0/8" -> allow\n    30: otherwise -> drop'
    assert run(tmp_path, steps.format("reachable"), allowed) == []
    failed = run(tmp_path, steps.format("reachable"), "20: otherwise -> drop")
    assert "keep the route from its far side" in failed[0]


def test_a_waiting_tag_change(tmp_path: Path) -> None:
    moving = '    attachment x { type: vpc, region: us-east-1, tags: { s: "b" }, state: "pending_tag_acceptance", current: "segment a" }\n'
    assert run(tmp_path, "  expect x in segment a", attached=ATTACHED + moving) == []


INSPECTED = """\
network core for cloudwan version "2021.12" {
  asns 64512..64555
  edges us-east-1
  segment a { no acceptance }
  segment b { no acceptance }
  function_group fw { no acceptance }
  send via fw from a to b { mode single_hop }
  SHARE
  attach { 10: exists tag["fn"] -> group fw  20: exists tag["s"] -> tag "s" }
}
test "t" {
  on core {
    attachment one { type: vpc, region: us-east-1, tags: { s: "a" }, cidrs: ["10.1.0.0/16"] }
    attachment two { type: vpc, region: us-east-1, tags: { s: "b" }, cidrs: ["10.2.0.0/16"] }
    attachment wall { type: vpc, region: us-east-1, tags: { fn: "x" } }
  }
  STEPS
}
"""


def failures(root: Path, share: str, steps: str) -> list[tuple[str, str]]:
    text = INSPECTED.replace("SHARE", share).replace("STEPS", steps)
    (root / "main.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(root, [Path("main.policy")], {}, diagnostics)
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    (result,) = run_tests(program, ())
    return [(item.rule, item.message) for item in result.findings]


BOTH = "share a with b"


def test_a_path_that_cannot_be_known_is_expected_as_such(tmp_path: Path) -> None:
    """Reference, section 3.9: which of a share and a `send via` for one pair wins is not published."""
    assert failures(tmp_path, BOTH, "path from one to two\n expect undecided") == []
    found = failures(tmp_path, "", "path from one to two\n expect undecided")
    assert [rule for rule, _ in found] == ["test-failed"]
    assert found[0][1].startswith(
        "expected undecided, but the path is reachable: delivered to `two`, inspected by `fw`"
    )
    found = failures(tmp_path, BOTH, "path from one to two\n expect reachable")
    assert found[0][1].startswith("expected reachable, but the path is undecided")
    found = failures(tmp_path, BOTH, 'path from one to "198.51.100.1"\n expect undecided')
    assert found[0][1].startswith("expected undecided, but the path is blocked")


@pytest.mark.parametrize(
    "steps",
    [
        "expect undecided",
        'path from one to two\n expect undecided by "x"\n expect undecided',
        "path from one to two\n expect undecided at a\n expect undecided",
        "path from one to two\n expect deny\n expect undecided",
    ],
)
def test_a_decision_is_not_expected_of_a_path(tmp_path: Path, steps: str) -> None:
    assert [rule for rule, _ in failures(tmp_path, BOTH, steps)] == ["misplaced-step"]


@pytest.mark.parametrize("name, hint", [("wal", "wall"), ("nobody", "attachment")])
def test_a_next_hop_that_there_is_not_is_a_mistake_at_its_place(tmp_path: Path, name: str, hint: str) -> None:
    text = INSPECTED.replace("SHARE", BOTH).replace("STEPS", f"path from one to two\n expect next hop {name}")
    (tmp_path / "main.policy").write_text(text, encoding="utf-8")
    program = load_program(tmp_path, [Path("main.policy")], {}, Diagnostics())
    (result,) = run_tests(program, ())
    (item,) = result.findings
    assert item.rule == "network-unknown-name" and hint in item.help
    assert item.span is not None and text[item.span.start : item.span.end] == name


def test_an_attachment_is_at_an_edge_of_the_network(tmp_path: Path) -> None:
    """Otherwise `blocked` would hold for a misspelled Region. Who means a Region without an edge says `unassociated`."""
    stray = 'on core { attachment far { type: vpc, region: us-east-2, tags: { s: "a" } } }\n path from far to two\n expect blocked'
    (found,) = failures(tmp_path, BOTH, stray)
    assert found == ("attachment-region", "`far` is in `us-east-2`, where the core network has no edge")
    assert failures(tmp_path, BOTH, stray + "\n expect far unassociated") == []
