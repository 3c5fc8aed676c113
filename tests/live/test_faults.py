"""Something goes wrong at every call of an apply, in every way: whatever it is, the run can be finished or taken back, and then AWS means exactly
the new or exactly the old.

A run meets one place in eighteen, others each day; `POLICYC_CASES` over 10,000 meets them all, and `tests/bench/aws_faults.py` prints the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from policyc.aws.steps import Kind
from tests.live.faults import FAULTS, PLANS, WAYS, laboratory, places
from tests.live.lab import Lab

SHARE = 18


@pytest.fixture(scope="module", params=PLANS)
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with laboratory(tmp_path_factory.mktemp("lab"), PLANS[request.param]) as made:
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


def test_every_step_of_the_plans_is_met_by_the_faults(lab: Lab) -> None:
    for way, (_, is_back) in WAYS.items():
        for fault in FAULTS:
            met = {place.step for place in places(lab, *fault, is_back)}
            # nothing is called to take back a version that nobody executed
            none = {step.number for step in lab.plan.steps() if is_back and step.kind is Kind.WAN_PUT}
            assert met >= {step.number for step in lab.plan.steps()} - none, (way, fault)
