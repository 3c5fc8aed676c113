"""The chain behind an Object Lambda access point, from pull to apply and back, on servers that do not have every call."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.fake.core import ACCOUNT, Fault, Killed
from tests.live.fake.storage import function_arn, point_arn
from tests.live.world import APP, World, allow, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
RESIZE = function_arn("resize")


def invokers(there: World) -> set[str]:
    """Who may invoke the function."""
    held: list[dict[str, Any]] = json.loads(there.functions.policies.get(RESIZE, '{"Statement": []}'))["Statement"]
    return {who for item in held for who in _listed(item["Principal"]["AWS"])}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def planned(there: World, policyc: Run) -> Run:
    """A plan that lets `other` invoke the function in place of `app`, on a server without the calls for whole policies."""
    there.functions.whole = False
    Path("resize.json").write_text(text(allow("New", {"AWS": OTHER}, "lambda:InvokeFunction", RESIZE)))
    assert policyc("aws", "plan", "resize.json", "--map", f"resize={RESIZE}", "-o", "p.json")[0] == 1
    there.aws.log.clear()
    return policyc


def test_a_server_without_whole_policies_is_written_statement_by_statement(there: World, planned: Run) -> None:
    assert planned("aws", "apply", "p.json", "--yes")[0] == 0
    assert invokers(there) == {OTHER} and not there.aws.calls("put_resource_policy")
    assert planned("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert invokers(there) == {APP}


@pytest.mark.parametrize("method", ["add_permission", "remove_permission"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("back", [False, True])
def test_so_it_is_after_a_crash(there: World, planned: Run, method: str, when: str, back: bool) -> None:
    there.aws.faults = [Fault("kill", when, method=method)]
    with pytest.raises(Killed):
        planned("aws", "apply", "p.json", "--yes")
    there.aws.faults = []
    assert invokers(there) in ({APP}, {APP, OTHER}, {OTHER})
    words = ("rollback",) if back else ("apply", "--resume")
    assert planned("aws", *words, "p.json.record", "--yes")[0] == 0
    assert invokers(there) == ({APP} if back else {OTHER})


def test_so_it_is_where_there_was_no_policy(there: World, policyc: Run) -> None:
    there.functions.whole = False
    del there.functions.policies[RESIZE]
    Path("resize.json").write_text(
        text(
            allow("One", {"AWS": APP}, "lambda:InvokeFunction", RESIZE),
            allow("Two", {"AWS": OTHER}, "lambda:InvokeFunction", RESIZE),
        )
    )
    policyc("aws", "plan", "resize.json", "--map", f"resize={RESIZE}", "-o", "p.json")
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert invokers(there) == {APP, OTHER}
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert RESIZE not in there.functions.policies


def test_a_server_that_has_them_gets_whole_ones(there: World, planned: Run) -> None:
    there.functions.whole = True
    assert planned("aws", "apply", "p.json", "--yes")[0] == 0
    assert len(there.aws.calls("put_resource_policy")) == 1 and not there.aws.calls("add_permission")


def test_what_no_statement_can_say_is_left_out_of_the_plan(there: World, policyc: Run) -> None:
    there.functions.whole = False
    Path("resize.json").write_text(
        text(allow("No", {"AWS": OTHER}, "lambda:InvokeFunction", RESIZE) | {"Effect": "Deny"})
    )
    status, out, _ = policyc("aws", "plan", "resize.json", "--map", f"resize={RESIZE}")
    assert status == 11 and "`AddPermission` cannot write one of the new statements" in squeezed(out)


@pytest.mark.parametrize(("kind", "told"), [("timeout", "no answer"), ("error", "failed (InternalServerException)")])
def test_an_answer_that_got_lost_is_not_called_written(there: World, policyc: Run, kind: str, told: str) -> None:
    arn = point_arn("photos-ap")
    Path("point.json").write_text(text(allow("Reader", {"AWS": OTHER}, "s3:GetObject", f"{arn}/object/*")))
    policyc("aws", "plan", "point.json", "--map", f"point={arn}", "-o", "p.json")
    there.aws.faults = [Fault(kind, method="put_access_point_policy")]
    status, out, err = policyc("aws", "apply", "p.json", "--yes", "--patience", "1")
    assert status == 1 and f"s3:PutAccessPointPolicy: {told}" in squeezed(err)
    assert ", and AWS still shows what was there before" in squeezed(err) and "written" not in out + err
    assert json.loads(Path("p.json.record").read_text())["steps"][0]["progress"] == "unknown"
    there.aws.faults = []
    assert policyc("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0
    there.aws.faults = [Fault(kind, method="put_access_point_policy")]
    status, _, err = policyc("aws", "rollback", "p.json.record", "--yes", "--patience", "1")
    assert status == 1 and "help: go on with `policyc aws rollback p.json.record`" in squeezed(err)
    there.aws.faults = []
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert OTHER not in there.control.policies["ap:photos-ap"]
