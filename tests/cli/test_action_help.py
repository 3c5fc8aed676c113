"""`policyc aws ACTION --help` is about that action: its words, its options, its examples."""

from __future__ import annotations

import re

import pytest

from policyc.__main__ import main
from policyc.cli.app import parser_of
from policyc.cli.aws.command import ACTIONS, SAID

SHARED = {"root", "config", "param", "format", "output", "color", "quiet", "debug", "help"}


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["aws", *words, "--help"]) == 0
    return capsys.readouterr().out


def test_every_action_says_what_it_does() -> None:
    assert set(SAID) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_help_of_an_action_is_its_own(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told([action], capsys)
    assert shown.startswith(f"usage: policyc aws {action}")
    known = {name: item.dest for item in parser_of("aws")._actions for name in item.option_strings}
    listed = {known[name] for name in re.findall(r"^  (?:-\w, |-\w \w+, )?(--[a-z-]+)", shown, re.MULTILINE)}
    assert listed == {*ACTIONS[action][1], *SHARED}
    assert shown.count("(") == shown.count(")"), "a text that is cut"
    others = set(ACTIONS) - {action}
    assert not re.search(rf"^ .*\b(?:{'|'.join(others)}): ", shown, re.MULTILINE), (
        "what an option means to another action"
    )
    assert not re.search(rf"^  policyc aws (?:{'|'.join(others)})\b", shown, re.MULTILINE), (
        "an example of another action"
    )


def test_the_help_of_the_command_is_about_all(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told([], capsys)
    assert all(f"\n  {action}" in shown for action in ACTIONS)
    assert told(["nonsense"], capsys) == shown
