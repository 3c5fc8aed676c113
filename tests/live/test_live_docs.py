"""The sessions in docs/live.md, run against the stand-ins."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.fake.core import ACCOUNT, Fault, Killed
from tests.live.world import APP, SERVICE, World, allow, text

Run = Callable[..., tuple[int, str, str]]

PAGE = Path(__file__).parents[2] / "docs" / "live.md"


def _drifted(there: World, policyc: Run) -> None:
    assert policyc("import", "live", "-o", "policies")[0] == 0
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    there.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": APP}), allow("Other", {"AWS": other})))


def _edited(there: World, policyc: Run) -> None:
    there.lattice.services[SERVICE]["authType"] = "NONE"


def _killed(there: World, policyc: Run) -> None:
    """The program dies once the first write has been made."""
    assert policyc("aws", "plan", "policies/lattice", "-o", "killed.plan")[0] == 1
    there.aws.faults = [Fault("kill", "after", method="put_auth_policy")]
    with pytest.raises(Killed):
        policyc("aws", "apply", "killed.plan", "--yes")
    there.aws.faults = []


#: word behind the fence -> what happens before the session
BEFORE = {"drifted": _drifted, "edited": _edited, "killed": _killed}


def test_the_sessions_of_the_page_run(there: World, policyc: Run) -> None:
    sessions = re.findall(r"^```aws(.*?)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert sessions
    for before, session in sessions:
        if before:
            BEFORE[before.strip()](there, policyc)
        for part in re.split(r"^\$ ", session, flags=re.M)[1:]:
            line, _, expected = part.partition("\n")
            words = shlex.split(line)
            assert words[0] == "policyc"
            _, out, err = policyc(*words[1:])
            assert out + err == expected, line
