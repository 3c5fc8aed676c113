"""`policyc completion`: what a shell needs to complete commands, options and their values. The scripts are made by `make docs`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.parser import FORMATS_HERE, one_of
from policyc.data import read_text

SHARED = ()
REPORT = ""
FORMATS = ("human",)
SHELLS = ("bash", "zsh", "fish", "powershell")

DESCRIPTION = """Print a script that completes commands, options and their values in a shell."""

EPILOG = """examples:
  policyc completion bash > ~/.local/share/bash-completion/completions/policyc
  policyc completion zsh > ~/.zfunc/_policyc          with ~/.zfunc in fpath
  policyc completion fish > ~/.config/fish/completions/policyc.fish
  policyc completion powershell >> $PROFILE

exit status: 0 printed, 2 unknown shell."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("shell", type=one_of("shell", SHELLS), metavar="SHELL", help=", ".join(SHELLS))


def run(args: argparse.Namespace, console: Console) -> int:
    console.write(read_text(place_of(args.shell)))
    return exits.CLEAN


def place_of(shell: str) -> str:
    """Where the script of a shell lies."""
    return f"schemas/completion/policyc.{shell}"


def scripts() -> dict[str, str]:
    """Place -> script for every shell, as shtab makes them (a package for development)."""
    import shtab

    from policyc.cli.app import COMMANDS, parser_of

    top = argparse.ArgumentParser("policyc", add_help=False)
    top.add_argument("-V", "--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command")
    for name, (_, text) in COMMANDS.items():
        made = parser_of(name)
        for action in made._actions:  # INVARIANT: argparse has no public list of what was added
            listed = getattr(action, "choices_of_help", None)
            named = listed().split(", ") if listed is not None else getattr(action.type, "choices", None)
            if named is not None:
                action.choices = list(named)
                action.help = _beside_choices(action.help or "", named)
            elif action.metavar in ("FILE", "PATH", "LOG"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        made.description, made.epilog = text, None
        commands.add_parser(name, parents=[made], add_help=False, help=text, description=text)
    return {place_of(shell): shtab.complete(top, shell).rstrip() + "\n" for shell in SHELLS}


def _beside_choices(help: str, choices: Sequence[str]) -> str | None:
    """What a shell shows beside the words that it offers: nothing that lists them again."""
    if help == ", ".join(choices):
        return None
    return help.replace(f"one of {FORMATS_HERE}", "how the report is written")
