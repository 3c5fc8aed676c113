"""docs/scorecard.md: its commands exist, and its points add up."""

from __future__ import annotations

import re
from pathlib import Path

from policyc.cli.app import COMMANDS, parser_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scorecard.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| .*? \| `([^`]+)` \| ([012]) \| (.*?) ?\|$", PAGE, re.MULTILINE)


def test_the_rows_are_counted() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 37))
    assert f"Together {sum(int(row[2]) for row in ROWS)} of 72." in PAGE
    assert all(bool(short.strip()) == (points != "2") for _, _, points, short in ROWS)


def test_the_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for _, command, _, _ in ROWS:
        program, *words = command.split()
        if program == "policyc":
            assert words[0] in COMMANDS
            known = {option for action in parser_of(words[0])._actions for option in action.option_strings}
            assert {word for word in words if word.startswith("--")} <= known, command
        elif program == "make":
            assert words[0] in targets
        else:
            assert (ROOT / words[-1]).exists(), command
