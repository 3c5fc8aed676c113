"""What is about to be written is shown before anybody says yes, and plans and records that somebody changed are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.aws.checkpoint import sealed
from tests.live.fake.core import ACCOUNT
from tests.live.world import APP, ORDERS, SERVICE, World, allow, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
EVERYBODY = text(allow("Open", "*"))
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"


class Terminal:
    """Somebody who says no."""

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return "no\n"


@pytest.fixture
def planned(imported: World, policyc: Run) -> World:
    """A plan for one auth policy, carried out, with its record."""
    imported.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": APP}), allow("Other", {"AWS": OTHER})))
    assert policyc("aws", "plan", "policies/lattice", "-o", "p.json")[0] == 1
    imported.aws.log.clear()
    return imported


def squeezed(text: str) -> str:
    return " ".join(text.split())


def held(there: World) -> list[Any]:
    return list(json.loads(there.lattice.policy(SERVICE) or "")["Statement"])


def test_what_is_written_is_shown_from_the_texts(planned: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes a plan can make its digest again, and leave what it says of its changes as it was."""
    plan = json.loads(Path("p.json").read_text())
    plan["steps"][0]["new"]["text"] = EVERYBODY
    plan = sealed(plan)
    Path("p.json").write_text(json.dumps(plan))
    monkeypatch.setattr("sys.stdin", Terminal())
    before = held(planned)
    status, out, err = policyc("aws", "apply", "p.json")
    assert status == 2 and "nothing was written" in err and held(planned) == before
    assert "newly allowed" in out and "`Open`" in out


def test_what_is_taken_back_is_shown_too(planned: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    monkeypatch.setattr("sys.stdin", Terminal())
    status, out, _ = policyc("aws", "rollback", "p.json.record")
    assert status == 2 and "newly allowed" in out and OTHER in out


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("before", {"text": EVERYBODY, "flag": "", "revision": {}}, "neither the old nor the new one"),
        ("old", {"text": EVERYBODY, "flag": "", "revision": {}}, "its steps are not its plan's"),
        ("new", {"text": EVERYBODY, "flag": "", "revision": {}}, "its steps are not its plan's"),
        ("label", "another", "its steps are not its plan's"),
        ("resource", f"arn:aws:vpc-lattice:us-west-2:{ACCOUNT}:service/svc-00000000000000001", "its steps are not its plan's"),
        ("region", "eu-west-1", "is not in the Region"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("words", [("rollback",), ("apply", "--resume")])
def test_a_changed_record_is_refused(
    planned: World, policyc: Run, words: tuple[str, ...], member: str, value: Any, said: str
) -> None:
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    record = json.loads(Path("p.json.record").read_text())
    record["steps"][0][member] = value
    record["steps"][0]["progress"] = "writing"
    Path("p.json.record").write_text(json.dumps(sealed(record)))
    planned.aws.log.clear()
    status, out, err = policyc("aws", *words, "p.json.record", "--yes")
    assert (status, out) == (2, "") and said in squeezed(err) and planned.aws.log == []


def test_a_plan_whose_text_was_changed_is_refused(planned: World, policyc: Run) -> None:
    plan = json.loads(Path("p.json").read_text())
    plan["steps"][0]["new"]["text"] = EVERYBODY
    Path("p.json").write_text(json.dumps(plan))
    status, _, err = policyc("aws", "apply", "p.json", "--yes")
    assert status == 2 and "was changed after it was made" in err and planned.aws.log == []


class Gone:
    """A terminal that somebody closes after the first line."""

    def __init__(self, error: OSError) -> None:
        self.lines: list[str] = []
        self.error = error

    def write(self, text: str) -> None:
        if self.lines:
            raise self.error
        self.lines.append(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "no space left on device")])
def test_a_run_whose_output_nobody_reads_says_where_it_is(
    planned: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    Path("some plans").mkdir()
    Path("p.json").rename("some plans/p.json")
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", Gone(error))
        status, _, err = policyc("aws", "apply", "some plans/p.json", "--yes", "--region", "us-west-2")
    assert status != 0 and "cannot be written: broken pipe" not in err
    resume = "`policyc aws apply --resume 'some plans/p.json.record' --region us-west-2`"
    assert f"1. lattice auth policy of {ORDERS}: done" in err and f"help: go on with {resume}" in err
    assert policyc("aws", "apply", "--resume", "some plans/p.json.record", "--yes")[0] == 0
    assert policyc("aws", "rollback", "some plans/p.json.record", "--yes")[0] == 0
    planned.aws.log.clear()
    assert "taken back already" in policyc("aws", "rollback", "some plans/p.json.record", "--yes")[1]
    assert not planned.aws.log
