"""Something goes wrong at every call of an apply, in every way: whatever it is, the run can be finished or taken back, and then AWS means exactly
the new or exactly the old."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import pytest

from tests.live.fake.core import Fault
from tests.live.lab import Lab, held, lab_world, opened, steps, wanted

#: what goes wrong -> before or after the effect
FAULTS = [
    ("throttle", "before"),
    ("timeout", "before"),
    ("timeout", "after"),
    ("conflict", "before"),
    ("denied", "before"),
    ("error", "before"),
    ("error", "after"),
    ("kill", "before"),
    ("kill", "after"),
]
OLD, NEW = held(lab_world()), wanted()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    saved = {
        name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    }
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-west-2",
    }
    with opened(tmp_path_factory.mktemp("lab")) as made:
        yield made
    for name, value in saved.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def count(lab: Lab) -> int:
    """The calls of a run in which nothing goes wrong."""
    lab.start()
    assert lab.apply() == "done"
    assert held(lab.world) == NEW
    return len(lab.aws.log)


def some(calls: range, kind: str, when: str) -> Iterable[int]:
    """With few cases every call meets a third of the faults, with many all of them."""
    if int(os.environ.get("POLICYC_CASES", "1000")) > 10_000:
        return calls
    return [at for at in calls if at % 3 == FAULTS.index((kind, when)) % 3]


def each_is_old_or_new(lab: Lab) -> None:
    for number, now in held(lab.world).items():
        assert now in (OLD[number], NEW[number]), number


@pytest.mark.parametrize(("kind", "when"), FAULTS)
def test_after_any_fault_going_on_ends_with_exactly_the_new(lab: Lab, kind: str, when: str) -> None:
    calls = range(count(lab))
    for at in some(calls, kind, when) if kind in ("error", "conflict") else calls:
        lab.start()
        fault = Fault(kind, when, at)
        lab.aws.faults = [fault]
        first = lab.apply()
        assert fault.hits > at, "the fault was met"
        each_is_old_or_new(lab)
        if first != "done":
            assert held(lab.world) != NEW or first == "killed" or "could not be read" in first
            assert lab.apply() == "done", (at, first)
        assert held(lab.world) == NEW


@pytest.mark.parametrize(("kind", "when"), FAULTS)
def test_after_any_fault_going_back_ends_with_exactly_the_old(lab: Lab, kind: str, when: str) -> None:
    for at in some(range(count(lab)), kind, when):
        lab.start()
        lab.aws.faults = [Fault(kind, when, at)]
        first = lab.apply()
        assert lab.back() == "done", (at, first)
        assert held(lab.world) == OLD, (at, first)


@pytest.mark.parametrize(("kind", "when"), FAULTS)
def test_after_any_fault_on_the_way_back_going_back_again_ends_with_the_old(lab: Lab, kind: str, when: str) -> None:
    lab.start()
    lab.apply()
    lab.aws.log.clear()
    assert lab.back() == "done"
    for at in some(range(len(lab.aws.log)), kind, when):
        lab.start()
        assert lab.apply() == "done"
        lab.aws.faults = [Fault(kind, when, at)]
        first = lab.back()
        each_is_old_or_new(lab)
        if first != "done":
            assert lab.back() == "done", (at, first)
        assert held(lab.world) == OLD


def test_every_step_of_the_plan_is_met_by_the_faults(lab: Lab) -> None:
    lab.start()
    lab.apply()
    written = {method for _, method, _ in lab.aws.log if not method.startswith(("get_", "list_"))}
    assert written == {
        "put_role_policy",
        "put_resource_policy",
        "put_bucket_policy",
        "put_access_point_policy",
        "put_access_point_policy_for_object_lambda",
        "put_auth_policy",
        "update_service",
        "modify_verified_access_group_policy",
        "put_core_network_policy",
        "execute_core_network_change_set",
    }
    assert len(steps()) == 11
