"""The sessions in docs/live.md, run against the stand-ins."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.live.world import World

PAGE = Path(__file__).parents[2] / "docs" / "live.md"


def test_the_sessions_of_the_page_run(there: World, policyc: Callable[..., tuple[int, str, str]]) -> None:
    sessions = re.findall(r"^```aws\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert sessions
    for session in sessions:
        for part in re.split(r"^\$ ", session, flags=re.M)[1:]:
            line, _, expected = part.partition("\n")
            words = shlex.split(line)
            assert words[0] == "policyc"
            _, out, err = policyc(*words[1:])
            assert out + err == expected, line
