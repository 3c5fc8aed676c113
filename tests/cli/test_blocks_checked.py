"""`check` tells what is wrong with `test` and `prove` blocks themselves: the findings of `test` and `prove`, at the same places, once each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

POLICY = """\
let shop: account = "111122223333"
principal app = role(shop, "app")
resource svc: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { id: "vagr-0a1b2c3d4e5f67890", at: shop/us-west-2, trust: { idc: iam_identity_center } }
resource wiki: verified_access.endpoint { id: "vae-0a1b2c3d4e5f67890", group: staff, protocol: https }
policy svc_auth for lattice on svc {
  allow "reads" { who app  can GET  path "/stock", "/stock/*" }
}
policy staff_in for verified_access on staff { allow "verified" { when idc.user.email.verified == true } }
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }
  segment production
  segment development
  attach {
    10: tag["s"] == "p" -> segment production
    20: tag["s"] == "d" -> segment development
  }
}
"""
VPC = 'attachment a { type: vpc, region: us-east-1, cidrs: ["10.0.0.0/16"], tags: { s: "p" }, accepted: true }'
#: a block -> the one finding that is told of it, and the text it stands at
WRONG = {
    'test "x" { request svcc { who: app, can: GET, path: "/stock" } expect allow }': ("unknown-name", "svcc"),
    'test "x" { request svc { who: appp, can: GET, path: "/stock" } expect allow }': ("unknown-name", "appp"),
    'test "x" { request app { can: GET, path: "/stock" } expect allow }': ("wrong-kind", "app"),
    'test "x" { request svc_auth { who: app, can: GET } expect allow }': ("wrong-kind", "svc_auth"),
    'test "x" { request core { who: app, can: GET } expect deny }': ("wrong-kind", "core"),
    'test "x" { request svc { who: app, can: gett, path: "/stock" } expect allow }': ("unknown-verb", "gett"),
    'test "x" { request svc { who: app, can: GET, pth: "/stock" } expect allow }': ("unknown-attribute", "pth"),
    'test "x" { request svc { who: anyone, can: GET, path: "/stock" } expect deny }': ("not-one-caller", "anyone"),
    'test "x" { request svc { who: app, can: GET, path: "/stock" } expect deny at svc_auht }': (
        "unknown-name",
        "svc_auht",
    ),
    'test "x" { request svc { who: app, can: GET, path: "/stock" } expect allow by "raeds" }': (
        "unknown-name",
        '"raeds"',
    ),
    'test "x" { request svc { who: app, can: GET, path: "/stock" } }': ("test-without-expectation", "svc"),
    'test "x" { request wiki { idc.user.email.verifed: true } expect allow }': (
        "unknown-attribute",
        "idc.user.email.verifed",
    ),
    'test "x" { expect allow }': ("misplaced-step", "expect allow"),
    f'test "x" {{ on coer {{ {VPC} }} expect a in segment production }}': ("unknown-network", "coer"),
    f'test "x" {{ on core {{ {VPC} }} expect a in segment prodution }}': ("network-unknown-name", "prodution"),
    f'test "x" {{ on core {{ {VPC} }} expect b in segment production }}': ("unknown-attachment", "b"),
    f'test "x" {{ on core {{ {VPC} }} path from a to b expect blocked }}': ("unknown-attachment", "b"),
    f'test "x" {{ on core {{ {VPC} }} expect no attachment of developmnt reaches production }}': (
        "network-unknown-name",
        "developmnt",
    ),
    f'test "x" {{ on core {{ {VPC.replace("vpc,", "vcp,")} }} expect a in segment production }}': (
        "attachment-field",
        "vcp",
    ),
    f'test "x" {{ on core {{ {VPC.replace("10.0.0.0/16", "10.0.0.0/66")} }} path from a to a expect blocked }}': (
        "attachment-field",
        '"10.0.0.0/66"',
    ),
    'prove "x" { no request to svcc is allowed }': ("unknown-name", "svcc"),
    'prove "x" { no request to svc who appp is allowed }': ("unknown-name", "appp"),
    'prove "x" { no request to svc where source.vcp == "x" is allowed }': ("unknown-attribute", "source.vcp"),
    'prove "x" { no request to app is allowed }': ("wrong-kind", "app"),
    'prove "x" { no request to svc_auth is allowed }': ("wrong-kind", "svc_auth"),
    'prove "x" { no request to staff is allowed }': ("unprovable-claim", "staff"),
    'prove "x" { no request to svc is allowed by "raeds" }': (
        "unknown-name",
        'no request to svc is allowed by "raeds"',
    ),
    'prove "x" { every request to svc is deny at svc_auht }': (
        "unknown-name",
        "every request to svc is deny at svc_auht",
    ),
    'prove "x" { no path from production to developmnt }': ("network-unknown-name", "developmnt"),
    'prove "x" { no path from production to development on coer }': ("unknown-network", "coer"),
}
#: what is no mistake of the block, whatever comes of it
RIGHT = (
    'test "x" { request svc { who: app, can: POST, path: "/stock" } expect allow by "reads" at svc_auth }',
    'test "x" { request svc { who: app, can: GET, path: "/stock" } expect deny at service }',
    f'test "x" {{ on core {{ {VPC} }} expect a in segment development }}',
    'prove "x" { no request to svc who app is allowed by "reads" }',
    'prove "x" { every request to svc is allow at svc_auth }',
    'prove "x" { no path from production to production }',
)
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(block: str, printed: Printed, *words: str) -> tuple[int, list[tuple[str, str]]]:
    """The status, and rule and text of every error."""
    text = POLICY + block + "\n"
    Path("a.policy").write_text(text, encoding="utf-8")
    status = main([*words, "a.policy", "--format", "json"])
    data = json.loads(printed.readouterr().out)
    found = data.get("findings") or [one for item in data.get("tests", []) for one in item["findings"]]
    found += [one for item in data.get("proofs", []) for one in item["findings"]] if "tests" in data else []
    return status, [
        (item["rule"], text[slice(*item["location"]["offsets"])]) for item in found if item["severity"] == "error"
    ]


@pytest.mark.parametrize("block", WRONG)
def test_a_mistake_in_a_block_is_told_once_by_both(block: str, capsys: Printed) -> None:
    assert told(block, capsys, "check", "--no-cache") == (1, [WRONG[block]])
    assert told(block, capsys, "test") == (1, [WRONG[block]])


@pytest.mark.parametrize("block", RIGHT)
def test_what_comes_of_a_block_is_not_for_check(block: str, capsys: Printed) -> None:
    assert told(block, capsys, "check", "--no-cache") == (0, [])
    assert told(block, capsys, "test")[0] == 1, "it is there to fail"
