"""`policyc diff` through the callers' own policies: a request to a service passes the identity policy of its caller, the network, the service.

Expectations derive from VPC Lattice's guide: every gate has to allow, and a deny at any refuses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

PROJECT = """
let shop: account = "111122223333"
resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
principal order_fn = role(shop, "order")
principal batch_fn = role(shop, "batch")
policy inventory_auth for lattice on inventory { allow "callers" { who order_fn, batch_fn  path "SERVICE" } }
policy order_calls for identity on order_fn { allow "call" { can invoke  on inventory  path "CALLER" } DENY }
"""
ORDER = "arn:aws:sts::111122223333:assumed-role/order/example"
BATCH = "arn:aws:sts::111122223333:assumed-role/batch/example"


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compare two versions, each as (path of the service, path of the caller, a deny of the caller); the changes at the service."""
    monkeypatch.chdir(tmp_path)

    def run(old: tuple[str, ...], new: tuple[str, ...]) -> list[dict[str, Any]]:
        for side, (service, caller, *deny) in (("old", old), ("new", new)):
            Path(side).mkdir(exist_ok=True)
            text = PROJECT.replace("SERVICE", service).replace("CALLER", caller).replace("DENY", "".join(deny))
            Path(side, "shop.policy").write_text(text, encoding="utf-8")
        main(["diff", "old", "new", "--format", "json"])
        documents = json.loads(capsys.readouterr().out)["documents"]
        (way,) = [item for item in documents if item["kind"] == "lattice.service"]
        assert not way["open"]
        changes: list[dict[str, Any]] = way["changes"]
        return changes

    return run


def who(change: dict[str, Any]) -> str:
    return str(next(row["value"] for row in change["witness"] if row["part"] == "who"))


def test_what_the_caller_may_not_ask_is_no_new_access(diff: Any) -> None:
    """The service opens to all paths: that is new for the caller without a declared policy, and for the other one where its own allows."""
    changes = diff(("/stock/*", "/stock/*"), ("/*", "/stock/*"))
    assert {(item["change"], who(item)) for item in changes} == {("newly allowed", BATCH)}


def test_a_wider_policy_of_the_caller_is_new_access_where_the_service_allows_it(diff: Any) -> None:
    assert not diff(("/stock/*", "/stock/*"), ("/stock/*", "/*"))
    (change,) = diff(("/*", "/stock/*"), ("/*", "/*"))
    assert (change["change"], change["statement"], who(change)) == ("newly allowed", "Call", ORDER)


def test_a_deny_of_one_caller_denies_that_caller_alone(diff: Any) -> None:
    deny = 'deny "never" { can invoke  on inventory  path "/stock/secret" }'
    changes = diff(("/stock/*", "/stock/*"), ("/stock/*", "/stock/*", deny))
    assert {(item["change"], who(item)) for item in changes if item["change"] == "newly denied"} == {
        ("newly denied", ORDER)
    }


def test_nothing_changes(diff: Any) -> None:
    assert not diff(("/stock/*", "/stock/*"), ("/stock/*", "/stock/*"))
