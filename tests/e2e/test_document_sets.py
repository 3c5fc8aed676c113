"""Documents that are checked together: a network's auth policy with those of its services; and what `build` writes, checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from policyc.data import data_root

HOME = "111122223333"
PREFIX = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service"


def auth(effect: str, principal: Any, resource: str, condition: Any = None) -> dict[str, Any]:
    out = {"Effect": effect, "Principal": principal, "Action": "vpc-lattice-svcs:Invoke", "Resource": resource}
    return out | ({"Condition": condition} if condition else {})


def role(account: str, name: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:role/{name}"}


ORDERS = [auth("Allow", role(HOME, "web"), f"{PREFIX}/svc-0123456789abcdef0/*")]
STOCK = [auth("Allow", role("444455556666", "partner"), f"{PREFIX}/svc-0fedcba9876543210/*")]
OWN = auth("Allow", "*", "*", {"StringEquals": {"aws:PrincipalAccount": HOME}})


def found(folder: Path, capsys: pytest.CaptureFixture[str], *names: str) -> list[tuple[str, str]]:
    main(["check", *names, "--as", "auth-policy", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    return [(item["location"]["file"], item["rule"]) for item in report["findings"] if item["severity"] != "info"]


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        ([OWN, auth("Allow", "*", "*", {"StringEquals": {"aws:PrincipalAccount": "444455556666"}})], []),
        ([OWN], [("stock.json", "blocked-by-network")]),
        (
            [OWN, auth("Deny", "*", f"{PREFIX}/svc-0123456789abcdef0/*")],
            [("orders.json", "allow-covered-by-deny"), ("stock.json", "blocked-by-network")],
        ),
        (
            [auth("Deny", "*", "*", {"StringNotEquals": {"aws:PrincipalAccount": HOME}})],
            # the partner's account is not the network's
            [("mesh.json", "policy-allows-nobody"), ("stock.json", "allow-covered-by-deny")],
        ),
    ],
)
def test_a_network_and_its_services(
    mesh: list[Any], expected: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policyc.toml").write_text("")
    for name, statements in (("mesh", mesh), ("orders", ORDERS), ("stock", STOCK)):
        Path(f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1))
    together = found(tmp_path, capsys, "mesh.json", "orders.json", "stock.json")
    assert [item for item in together if item in expected] == expected
    assert {rule for _, rule in together} == {rule for _, rule in expected}
    alone = [item for name in ("orders.json", "stock.json") for item in found(tmp_path, capsys, name)]
    assert alone == []


def test_what_build_writes_passes_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(data_root() / "policies", tmp_path / "policies")
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["policies"]\n')
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 0
    for path in sorted(tmp_path.glob("out/*/*.json")):
        if "source_map" in path.name or path.parent.name not in ("lattice", "identity", "object_lambda"):
            continue
        capsys.readouterr()
        assert main(["check", str(path.relative_to(tmp_path))]) == 0, capsys.readouterr().out
        assert "kind-guessed" not in capsys.readouterr().out


def test_the_documents_of_a_chain_are_looked_at_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(data_root() / "policies", tmp_path / "policies")
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["policies"]\n')
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 0
    chain = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.glob("out/object_lambda/*.json"))]
    assert len(chain) == 5

    def rules() -> set[tuple[str, str]]:
        capsys.readouterr()
        main(["check", *chain, "--format", "json"])
        report = json.loads(capsys.readouterr().out)
        return {(item["location"]["file"].rpartition("/")[2], item["rule"]) for item in report["findings"]}

    whole = rules()
    assert whole == {("resize.function_policy.json", "any-distribution-invokes")}
    bucket = tmp_path / "out/object_lambda/photos.bucket_policy.json"
    bucket.write_text(bucket.read_text().replace(HOME, "444455556666"))
    assert rules() - whole == {("photo_ap.supporting_access_point_policy.json", "hop-refuses-caller")}
    role = tmp_path / "out/object_lambda/resize.execution_role_policy.json"
    role.write_text(role.read_text().replace("accesspoint/", "accesspoint/other-"))
    assert ("resize.execution_role_policy.json", "role-answers-elsewhere") in rules()
    chain = [name for name in chain if "bucket" not in name]
    assert ("resized.access_point_policy.json", "hop-not-given") in rules()


def test_callers_are_looked_at_with_the_services_that_they_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policyc.toml").write_text("")
    method = {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}}
    service = f"{PREFIX}/svc-0123456789abcdef0"
    caller = [
        {"Effect": "Allow", "Action": "vpc-lattice-svcs:Invoke", "Resource": f"{service}/*", "Condition": condition}
        for condition in (method, {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "PUT"}})
    ]
    documents = {"mesh": [auth("Allow", "*", "*", {"StringEquals": {"aws:PrincipalAccount": HOME}})]}
    documents |= {"orders": [auth("Allow", role(HOME, "web"), f"{service}/*", method)], "caller": caller}
    for name, statements in documents.items():
        Path(f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1))
    main(["check", "mesh.json", "orders.json", "caller.json", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    told = [item for item in report["findings"] if item["severity"] != "info"]
    assert [(item["location"]["file"], item["rule"]) for item in told] == [("caller.json", "call-not-admitted")]
    assert "`statement 2`" in told[0]["message"]
