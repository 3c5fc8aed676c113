"""`diff --tests`: the requests as test blocks, which hold when they are pasted beside the new policies and fail beside the old ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from policyc.__main__ import main

MESH = """
let shop: account = "111122223333"
let acme: org_id = "o-a1b2c3d4e5"
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
principal app = role(shop, "app")
principal batch = role(shop, "batch")
policy mesh_guard for lattice on mesh { allow "members" { who authenticated  when aws.PrincipalOrgID == acme } }
policy stock_auth for lattice on stock { allow "reads" { who WHO  can CAN  path "PATH" } }
policy app_calls for identity on app { allow "calls" { can invoke  on stock } }
"""
ACCESS = """
resource staff: verified_access.group {
  id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center, jamf: jamf },
}
resource pay: verified_access.endpoint { id: "vae-0123456789abcdef0", group: staff, protocol: https }
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
policy staff_access for verified_access on staff { allow "staff" { when GROUP } }
policy pay_access for verified_access on pay { allow "pay" { when finance in idc.groups and jamf.risk in [RISKS] } }
"""


def mesh(who: str = "app", can: str = "GET", path: str = "/stock/*") -> str:
    return MESH.replace("WHO", who).replace("CAN", can).replace("PATH", path)


def access(group: str = "idc.user.email.verified == true", risks: str = '"LOW"') -> str:
    return ACCESS.replace("GROUP", group).replace("RISKS", risks)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (mesh(), mesh(can="POST"), ["newly allowed", "newly denied"]),
        (mesh(), mesh(path="/*"), ["newly allowed"]),
        (mesh(), mesh(who="app, batch"), ["newly allowed"]),
        (mesh(who="authenticated"), mesh(), ["newly denied"]),
        (access(), access(risks='"LOW", "MEDIUM"'), ["newly allowed"]),
        (access(), access(group='idc.user.email.address like "*@example.com"'), ["newly allowed", "newly denied"]),
        (access(), access(group="not (idc.user.email.verified == true)"), ["newly allowed", "newly denied"]),
    ],
)
def test_pasted_blocks_hold_in_the_new_version_alone(
    old: str,
    new: str,
    changes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for side, text in (("old", old), ("new", new)):
        Path(side).mkdir()
        Path(side, "a.policy").write_text(text, encoding="utf-8")
    assert main(["diff", "old", "new", "--tests", "--format", "json"]) == 1
    documents = json.loads(capsys.readouterr().out)["documents"]
    found = [entry for item in documents for entry in item["changes"] if "test" in entry]
    assert sorted({entry["change"] for entry in found}) == changes
    blocks = "\n".join(entry["test"] for entry in found)
    for side, status in (("new", 0), ("old", 1)):
        file = Path(side, "a.policy")
        file.write_text(file.read_text(encoding="utf-8") + "\n" + blocks, encoding="utf-8")
        assert main(["test", side]) == status, capsys.readouterr().out
        capsys.readouterr()


def test_people_see_them_under_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for side, text in (("old", mesh()), ("new", mesh(path="/*"))):
        Path(side).mkdir()
        Path(side, "a.policy").write_text(text, encoding="utf-8")
    assert main(["diff", "old", "new", "--tests"]) == 1
    assert '    test "stock: newly allowed 1" {\n      request stock {' in capsys.readouterr().out
    assert main(["diff", "old", "new"]) == 1
    assert "test " not in capsys.readouterr().out


CALLERS = (
    "app",
    "anyone",
    "authenticated",
    "anonymous",
    "account(shop)",
    'session(shop, "app", "s1")',
    'federated_user(shop, "fed")',
    'user(shop, "eng/bob")',
    'role(shop, "team/*")',
    'service("logs.amazonaws.com")',
    'role("444455556666", "x")',
    "not app",
)
CONDITIONS = (
    "",
    'when source.vpc == "vpc-0a1b2c3d4e5f67890"',
    'when exists header["x-team"]',
    'when any query["v"] like "1*"',
    'when aws.PrincipalTag["team"] != "red"',
    "when source.vpc_owner == shop",
    "when aws.MultiFactorAuthPresent == true",
    'when any aws.PrincipalOrgPaths like "o-a1b2c3d4e5/*"',
    'when not (source.vpc == "vpc-0a1b2c3d4e5f67890")',
    'when aws.userid like "AROA*"',
)


def drawn(chance: random.Random, label: str) -> str:
    can, path = (
        chance.choice(("GET", "POST", "GET, PUT", "invoke")),
        chance.choice(("/*", "/stock/*", "/a?b", "/x/*/y")),
    )
    who, when = chance.choice(CALLERS), chance.choice(CONDITIONS)
    return f'{chance.choice(("allow", "allow", "deny"))} "{label}" {{ who {who}  can {can}  path "{path}" {when} }}'


def test_drawn_changes_are_shown_by_tests_that_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind of caller, with and without a path, and keys that AWS derives from it: what is written says all that the answer hangs on."""
    monkeypatch.chdir(tmp_path)
    chance = random.Random(4)
    head, _, rest = MESH.partition("policy stock_auth")
    pasted = 0
    for _ in range(16):
        old = [drawn(chance, str(at)) for at in range(chance.randint(1, 3))]
        new = [*old[1:], drawn(chance, "new")]
        for side, statements in (("old", old), ("new", new)):
            Path(side).mkdir(exist_ok=True)
            own = "policy stock_auth for lattice on stock {\n" + "\n".join(statements) + "\n}\n"
            Path(side, "a.policy").write_text(head + own + rest.partition("\n")[2], encoding="utf-8")
        main(["diff", "old", "new", "--tests", "--format", "json"])
        documents = json.loads(capsys.readouterr().out)["documents"]
        tests = [entry for item in documents for entry in item["changes"] if "test" in entry]
        decided = [entry["test"] for entry in tests if entry["change"] in ("newly allowed", "newly denied")]
        pasted += len(decided)
        for side, status in (("new", 0), ("old", 1)):
            file = Path(side, "a.policy")
            file.write_text("\n".join([file.read_text(encoding="utf-8"), *decided]), encoding="utf-8")
            assert not decided or main(["test", side]) == status, (old, new, capsys.readouterr().out)
            capsys.readouterr()
    assert pasted > 12
