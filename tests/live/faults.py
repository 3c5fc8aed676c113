"""Every call of an apply and of a way back × everything that can go wrong there, and what must be true afterwards."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.bare import BARE
from tests.live.fake.core import Fault
from tests.live.lab import CHANGES, Lab, Plan, opened

#: what goes wrong at a call -> before or after its effect
CALL_FAULTS = (
    ("throttle", "before"),
    ("timeout", "before"),
    ("timeout", "after"),
    ("conflict", "before"),
    ("denied", "before"),
    ("error", "before"),
    ("error", "after"),
    ("kill", "before"),
    ("kill", "after"),
)
#: what goes wrong while the record is written
SAVE_FAULTS = (("kill", "before saving"), ("kill", "after saving"), ("disk full", "before saving"))
FAULTS = (*CALL_FAULTS, *SAVE_FAULTS)
PLANS = {"changes": CHANGES, "first policies": BARE}


@dataclass(frozen=True)
class Place:
    """The n-th call, or the n-th writing of the record, in a run without a fault, and the step that it belongs to."""

    at: int
    step: int


def going_on(lab: Lab, kind: str, when: str, at: int) -> None:
    """A fault in an apply, and then the rest of it: exactly the new."""
    lab.start()
    met = _strike(lab, kind, when, at)
    first = lab.apply()
    assert met(), "the fault was met"
    each_is_old_or_new(lab)
    _calm(lab)
    if first != "done":
        assert not is_new(lab) or first in ("killed", "disk full") or "could not be read" in first
        second = lab.apply()
        assert second == "done", (first, second)
    assert is_new(lab), first


def going_back(lab: Lab, kind: str, when: str, at: int) -> None:
    """A fault in an apply, and then the way back: exactly the old."""
    lab.start()
    met = _strike(lab, kind, when, at)
    first = lab.apply()
    assert met(), "the fault was met"
    _calm(lab)
    if lab.record() is not None:  # without a record nothing was written
        second = lab.back()
        assert second == "done", (first, second)
    assert is_old(lab), first


def back_again(lab: Lab, kind: str, when: str, at: int) -> None:
    """A fault on the way back, and then back again: exactly the old."""
    lab.start()
    assert lab.apply() == "done"
    met = _strike(lab, kind, when, at)
    first = lab.back()
    assert met(), "the fault was met"
    each_is_old_or_new(lab)
    _calm(lab)
    if first != "done":
        second = lab.back()
        assert second == "done", (first, second)
    assert is_old(lab), first


#: name -> what is done, and whether the fault is met on the way back
WAYS: dict[str, tuple[Callable[[Lab, str, str, int], None], bool]] = {
    "apply, then go on": (going_on, False),
    "apply, then go back": (going_back, False),
    "go back, then go back again": (back_again, True),
}


def each_is_old_or_new(lab: Lab) -> None:
    """No place holds anything else, but for what takes several writes."""
    old, new = lab.plan.held(lab.plan.world()), lab.plan.wanted()
    for number, now in lab.plan.held(lab.world).items():
        if number not in lab.plan.piecemeal:
            assert now in (old[number], new[number]), number


def is_new(lab: Lab) -> bool:
    return lab.plan.held(lab.world) == lab.plan.wanted()


def is_old(lab: Lab) -> bool:
    return lab.plan.held(lab.world) == lab.plan.held(lab.plan.world())


def _strike(lab: Lab, kind: str, when: str, at: int) -> Callable[[], bool]:
    """Let it go wrong at the n-th call or writing from here; what is returned tells whether it did."""
    if when.endswith("saving"):
        lab.save_fault = (kind, when, at)
        lab.saves = 0
        return lambda: lab.saves > at
    fault = Fault(kind, when, at)
    lab.aws.faults = [fault]
    return lambda: fault.hits > at


def _calm(lab: Lab) -> None:
    lab.save_fault = None


def places(lab: Lab, kind: str, when: str, is_back: bool) -> list[Place]:
    """Every place where a fault can strike, the same for all at calls, and for all at writings of the record."""
    key = (when.endswith("saving"), is_back)
    if key not in lab.places:
        lab.places[key] = _places(lab, *key)
    return lab.places[key]


def _places(lab: Lab, saving: bool, is_back: bool) -> list[Place]:
    lab.start()
    if is_back:
        assert lab.apply() == "done"
        lab.begin()
    assert (lab.back() if is_back else lab.apply()) == "done"
    total = lab.saves if saving else len(lab.aws.log)
    out: list[Place] = []
    for calls, saves, step in lab.marks:
        out += [Place(at, step) for at in range(len(out), saves if saving else calls)]
    return out + [Place(at, out[-1].step) for at in range(len(out), total)]


@contextmanager
def laboratory(folder: Path, plan: Plan = CHANGES) -> Iterator[Lab]:
    """A lab with the credentials of nobody."""
    given = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-west-2"}
    saved = {name: os.environ.get(name) for name in given}
    os.environ |= given
    with opened(folder, plan) as made:
        yield made
    for name, value in saved.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def table(lab: Lab, failures: list[str]) -> list[list[str]]:
    """Rows of steps, columns of faults: how many were met and survived, `n/m` where not all were."""
    met: Counter[tuple[int, tuple[str, str]]] = Counter()
    lost: Counter[tuple[int, tuple[str, str]]] = Counter()
    for way, (go, is_back) in WAYS.items():
        for fault in FAULTS:
            for place in places(lab, *fault, is_back):
                met[place.step, fault] += 1
                try:
                    go(lab, *fault, place.at)
                except AssertionError as error:
                    lost[place.step, fault] += 1
                    failures.append(f"{way}: {' '.join(fault)} at {place.at} (step {place.step}): {error}")

    def cell(step: int, fault: Any) -> str:
        all, bad = met[step, fault], lost[step, fault]
        return f"{all - bad}/{all}" if bad else str(all)

    rows = [["step", *(f"{kind}, {when}" for kind, when in FAULTS)]]
    rows += [
        [f"{step.number}. {step.kind.value}", *(cell(step.number, fault) for fault in FAULTS)]
        for step in lab.plan.steps()
    ]
    return [*rows, ["all", *(str(sum(met[step.number, fault] for step in lab.plan.steps())) for fault in FAULTS)]]
