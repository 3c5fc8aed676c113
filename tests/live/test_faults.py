"""Something goes wrong at every call of an apply, in every way: whatever it is, the run can be finished or taken back, and then AWS means exactly
the new or exactly the old.

A run meets one place in seven, others each day; `POLICYC_CASES` over 10,000 meets them all, and `tests/bench/aws_faults.py` prints the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from policyc.aws.steps import Kind
from tests.live.faults import FAULTS, NEW, WAYS, laboratory, places
from tests.live.lab import Lab, held, steps

SHARE = 7


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with laboratory(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS, ids=" ".join)
@pytest.mark.parametrize("way", WAYS)
def test_after_any_fault_everything_is_new_or_old(lab: Lab, way: str, fault: tuple[str, str]) -> None:
    go, is_back = WAYS[way]
    share = 1 if int(os.environ.get("POLICYC_CASES", "1000")) > 10_000 else SHARE
    turn = datetime.now(UTC).toordinal() + FAULTS.index(fault) + list(WAYS).index(way)
    for place in places(lab, *fault, is_back):
        if (place.at + turn) % share == 0:
            try:
                go(lab, *fault, place.at)
            except AssertionError as error:
                raise AssertionError(f"{place}: {error}") from error


def test_every_step_of_the_plan_is_met_by_the_faults(lab: Lab) -> None:
    for way, (_, is_back) in WAYS.items():
        for fault in FAULTS:
            met = {place.step for place in places(lab, *fault, is_back)}
            # nothing is called to take back a version that nobody executed
            none = {step.number for step in steps() if is_back and step.kind is Kind.WAN_PUT}
            assert met >= {step.number for step in steps()} - none, (way, fault)
    lab.start()
    lab.apply()
    assert held(lab.world) == NEW
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
        "delete_policy_version",
        "create_policy_version",
        "update_assume_role_policy",
        "put_user_policy",
        "put_group_policy",
        "put_role_permissions_boundary",
        "add_permission",
        "remove_permission",
    }
