"""`build --minimize` and the fix of `redundant-statement`: fewer statements, the same decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

PROJECT = """
let shop: account = "111122223333"
resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
principal order_fn = role(shop, "order-service")
principal batch_fn = role(shop, "batch")
policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/stock" }
  allow "batch" { who batch_fn  path "/stock" }
  allow "orders-again" { who order_fn  path "/stock"  can GET }
  deny "retired" { who anyone  path "/old/*" }
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.policy").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def statements(folder: str) -> list[dict[str, Any]]:
    document = json.loads(Path(folder, "lattice", "inventory_auth.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["Statement"]
    return found


def test_statements_that_differ_in_their_callers_are_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "-o", "plain"]) == 0
    assert main(["build", "-o", "small", "--minimize"]) == 0
    plain, small = statements("plain"), statements("small")
    assert len(small) == 2 < len(plain)
    roles = {f"arn:aws:iam::111122223333:role/{name}" for name in ("order-service", "batch")}
    assert roles == set(small[0]["Principal"]["AWS"])
    capsys.readouterr()
    assert main(["diff", "plain", "small"]) == 0
    assert capsys.readouterr().out == "the same for all requests\n"


def test_the_source_map_leads_on_from_the_joined_statements(project: Path) -> None:
    assert main(["build", "-o", "small", "--minimize"]) == 0
    entries = json.loads(Path("small", "source-map.json").read_text(encoding="utf-8"))["documents"]
    labels = {entry["label"]: entry["pointer"] for entry in entries["lattice/inventory_auth.json"]["entries"]}
    assert labels["orders"].startswith("/Statement/0") and labels["batch"].startswith("/Statement/0")
    assert labels["retired"].startswith("/Statement/1")
    assert "orders-again" not in labels


def test_check_compares_with_what_minimize_writes(project: Path) -> None:
    assert main(["build", "-o", "small", "--minimize"]) == 0
    assert main(["build", "-o", "small", "--minimize", "--check"]) == 0
    assert main(["build", "-o", "small", "--check"]) == 1


@pytest.mark.parametrize("form", ["cloudformation", "terraform-json"])
def test_a_form_for_deployment_holds_the_smaller_document(
    form: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "-o", "small", "--minimize"]) == 0
    assert main(["build", "-o", "plain", "--to", form]) == 0
    assert main(["build", "-o", "forms", "--minimize", "--to", form]) == 0
    (written,) = [item for item in Path("forms").rglob("*.*") if "inventory_auth" in item.name]
    (before,) = [item for item in Path("plain").rglob("*.*") if "inventory_auth" in item.name]
    assert len(written.read_text("utf-8")) < len(before.read_text("utf-8"))
    capsys.readouterr()
    assert main(["diff", "small/lattice/inventory_auth.json", str(written)]) == 0


def test_a_form_that_is_minimized_has_no_open_values(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PROJECT.replace("let shop: account =", "param shop: account =")
    Path("shop.policy").write_text(text, encoding="utf-8")
    assert main(["build", "-o", "forms", "--minimize", "--to", "cloudformation"]) == 0
    (written,) = Path("forms").rglob("*.yaml")
    assert "111122223333" in written.read_text("utf-8") and "Parameters" not in written.read_text("utf-8")
    Path("shop.policy").write_text(text.replace(' = "111122223333"', ""), encoding="utf-8")
    capsys.readouterr()
    assert main(["build", "-o", "others", "--minimize", "--to", "cloudformation"]) == 1
    assert "`--param shop=…`" in capsys.readouterr().out and not Path("others").exists()


def allow(sid: str, action: str) -> dict[str, Any]:
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    rest = {"Principal": "*", "Action": action, "Resource": "arn:aws:s3:::b/*", "Condition": organization}
    return {"Sid": sid, "Effect": "Allow", **rest}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)])
def test_the_fix_of_a_repeat_changes_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], order: tuple[int, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = [allow("All", "s3:Get*"), allow("One", "s3:GetObject"), allow("Two", "s3:GetObjectAcl")]
    text = json.dumps({"Version": "2012-10-17", "Statement": [listed[at] for at in order]}, indent=2)
    for name in ("old.json", "new.json"):
        Path(name).write_text(text, encoding="utf-8")
    for _ in listed:
        main(["check", "new.json", "--fix"])
    assert [item["Sid"] for item in json.loads(Path("new.json").read_text(encoding="utf-8"))["Statement"]] == ["All"]
    assert main(["diff", "old.json", "new.json"]) == 0
