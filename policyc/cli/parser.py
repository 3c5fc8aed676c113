"""Reading command lines: argparse with kinder errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from policyc.cli.terminal import width_of
from policyc.diagnostics import did_you_mean


class WrongUse(Exception):
    """The command line makes no sense. The one exception for a user's mistake: argparse leaves its own code this way."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class HelpText(argparse.HelpFormatter):
    """Prose wrapped to the terminal; indented lines are examples and keep their place, a remark that does not fit beside
    its command goes below it."""

    def __init__(self, prog: str, **settings: Any) -> None:
        # argparse makes one for each option; left to itself it loads `shutil` and what compresses archives to ask for the width
        super().__init__(prog, **{"width": width_of(sys.stdout, os.environ) - 2, **settings})

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill, wrap

        lines: list[str] = []
        prose: list[str] = []
        for line in [*text.splitlines(), ""]:
            if line.strip() and not line.startswith(" ") and not line.endswith(":"):
                prose.append(line)
                continue
            if prose:
                lines.append(fill(" ".join(prose), width))
                prose = []
            margin = line[: len(line) - len(line.lstrip())]
            command, gap, remark = line.lstrip().partition("  ")
            if len(line) > width and gap and remark.strip():
                lines += [
                    margin + command,
                    *wrap(remark.strip(), width, initial_indent=" " * 8, subsequent_indent=" " * 8),
                ]
            else:
                lines.append(line)
        return "\n".join(lines).rstrip()


class Parser(argparse.ArgumentParser):
    """Reports through WrongUse, never abbreviates, and offers the option that was meant."""

    def error(self, message: str) -> NoReturn:
        raise WrongUse(message.rstrip("."), f"see `{self.prog} --help`")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """The arguments as a namespace. Raises WrongUse."""
        options, extra = self.parse_known_args(list(words))
        if extra:
            word = extra[0]
            if word.startswith("-") and word != "-":
                name = word.partition("=")[0]
                # INVARIANT: argparse keeps every option's names here; there is no public list.
                known = self._option_string_actions
                raise WrongUse(f"unknown option `{name}`", did_you_mean(name, known, f"see `{self.prog} --help`"))
            raise WrongUse(f"unexpected argument `{word}`", f"see `{self.prog} --help`")
        return options


def one_of(noun: str, choices: Sequence[str]) -> Callable[[str], str]:
    """An argparse type for a closed list, with a hint at the closest choice."""

    def read(text: str) -> str:
        if text in choices:
            return text
        listed = ", ".join(f"`{choice}`" for choice in choices)
        raise argparse.ArgumentTypeError(
            f"unknown {noun} `{text}`; " + did_you_mean(text, choices, f"choose one of {listed}")
        )

    return read


def name_and_value(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as a pair."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


#: options that every command has and that take a value, for finding the command behind them
WITH_VALUE = ("--root", "--config", "--format", "--color", "--param")


def add_common(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """The options that every command has; `formats` are those that this command can write, the default first."""
    group = parser.add_argument_group("options of every command")
    group.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="the project root; nothing outside it is read (default: the folder of policyc.toml, else the current folder)",
    )
    group.add_argument("--config", type=Path, metavar="FILE", help="the configuration in place of policyc.toml")
    group.add_argument(
        "--param",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the value of a `param` declaration; may be given several times",
    )
    group.add_argument(
        "--format",
        type=one_of("format", formats),
        default=formats[0],
        metavar="FORMAT",
        help=f"one of {', '.join(formats)} (default: {formats[0]})",
    )
    group.add_argument(
        "--color",
        type=one_of("value", ("auto", "always", "never")),
        default="auto",
        metavar="WHEN",
        help="auto, always or never; auto means on a terminal unless NO_COLOR is set (default: auto)",
    )
    group.add_argument("-q", "--quiet", action="store_true", help="say nothing but findings")
    group.add_argument("--debug", action="store_true", help="show the traceback of an internal error")
    group.add_argument("-h", "--help", action="help", help="show this text and exit")
