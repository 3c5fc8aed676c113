"""Reading command lines: argparse with kinder errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from policyc.cli.terminal import width_of
from policyc.diagnostics import did_you_mean
from policyc.report import registry


class WrongUse(Exception):
    """The command line makes no sense. The one exception for a user's mistake: argparse leaves its own code this way."""

    def __init__(self, message: str, help: str, rule: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        #: of a finding in a file that an option names
        self.rule = rule


class UnknownOption(WrongUse):
    """An option that the command does not have and that is no slip of one of its own."""

    def __init__(self, name: str, help: str) -> None:
        super().__init__(f"unknown option `{name}`", help)
        self.name = name


class HelpText(argparse.HelpFormatter):
    """Prose wrapped to the terminal; indented lines are examples and keep their place, a remark that does not fit beside
    its command goes below it."""

    def __init__(self, prog: str, **settings: Any) -> None:
        # argparse makes one for each option; left to itself it loads `shutil` and what compresses archives to ask for the width
        super().__init__(prog, **{"width": width_of(sys.stdout, os.environ) - 2, **settings})

    def _split_lines(self, text: str, width: int) -> list[str]:
        from textwrap import wrap

        words = [
            part
            for word in text.split()
            for part in (word.replace(",", ",\0").split("\0") if len(word) > width else [word])
        ]
        return wrap(" ".join(words), width, break_long_words=False, break_on_hyphens=False)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        listed = getattr(action, "choices_of_help", None)
        return action.help if listed is None or action.help is None else action.help.replace(FORMATS_HERE, listed())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill, wrap

        lines: list[str] = []
        prose: list[str] = []
        for line in [*text.splitlines(), ""]:
            if line.strip() and not line.startswith(" ") and not line.endswith(":"):
                prose.append(line)
                continue
            if prose:
                lines.append(fill(" ".join(prose), width, break_long_words=False, break_on_hyphens=False))
                prose = []
            margin = line[: len(line) - len(line.lstrip())]
            command, gap, remark = line.lstrip().partition("  ")
            if len(line) > width and gap and remark.strip():
                lines += [
                    margin + command,
                    *wrap(
                        remark.strip(),
                        width,
                        initial_indent=" " * 8,
                        subsequent_indent=" " * 8,
                        break_long_words=False,
                        break_on_hyphens=False,
                    ),
                ]
            else:
                lines.append(line)
        return "\n".join(lines).rstrip()


class Parser(argparse.ArgumentParser):
    """Reports through WrongUse, never abbreviates, and offers the option that was meant. `mixed` lets arguments stand between options;
    `narrow` leaves of the help text what concerns the words that stand there already."""

    mixed = False
    narrow: Callable[[Sequence[str]], None] | None = None

    def error(self, message: str) -> NoReturn:
        raise WrongUse(message.rstrip("."), f"see `{self.prog} --help`")

    def format_help(self) -> str:
        """The help text; its first line names the arguments, the options stand below in their groups."""
        positionals = [action for action in self._get_positional_actions() if action.help != argparse.SUPPRESS]
        shown = [f"{action.metavar}{'…' if action.nargs == '*' else ''}" for action in positionals]
        optional = [f"[{name}]" if action.nargs in ("?", "*") else name for name, action in zip(shown, positionals)]
        self.usage = " ".join([self.prog, *optional, "[options]"])
        return super().format_help()

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """The arguments as a namespace. Raises WrongUse."""
        # INVARIANT: argparse keeps every option's names here; there is no public list.
        actions = self._option_string_actions
        _refuse_empty(words, actions)
        read = self.parse_known_intermixed_args if self.mixed else self.parse_known_args
        options, extra = read(list(words))
        names = [word.partition("=")[0] for word in words]
        options.given = {actions[name].dest: name for name in names if name in actions}
        _refuse_twice(names[: names.index("--") if "--" in names else None], actions)
        if extra:
            word = extra[0]
            if word.startswith("-") and word != "-":
                name = word.partition("=")[0]
                if close := close_option(name, actions, ""):
                    raise WrongUse(f"unknown option `{name}`", close)
                raise UnknownOption(name, f"see `{self.prog} --help`")
            raise WrongUse(f"unexpected argument `{word}`", f"see `{self.prog} --help`")
        return options


def _refuse_twice(names: Sequence[str], actions: Mapping[str, argparse.Action]) -> None:
    """Of two values of one option the first would be dropped in silence. Raises WrongUse."""
    seen: dict[str, str] = {}
    for name in names:
        action = actions.get(name)
        if action is None or action.nargs == 0 or isinstance(action, argparse._AppendAction):
            continue
        if action.dest in seen:
            also = "" if seen[action.dest] == name else f", the first time as `{seen[action.dest]}`"
            raise WrongUse(f"`{name}` is given twice{also}", "leave one of the two out")
        seen[action.dest] = name


def _refuse_empty(words: Sequence[str], actions: Mapping[str, argparse.Action]) -> None:
    """What a shell variable without a value leaves behind would be taken for the current folder, or for everything. Raises WrongUse."""
    for before, word in zip(["", *words], words):
        name, sign, value = word.partition("=")
        taken = actions.get(name if sign else before)
        if word and not (sign and taken is not None and not value):
            continue
        given = (
            f"`{name if sign else before}` has an empty value"
            if taken is not None and taken.nargs != 0
            else "an argument is empty"
        )
        raise WrongUse(
            given, "write a value or leave it out; a shell variable that is not set leaves nothing in its place"
        )


def close_option(name: str, known: Iterable[str], otherwise: str) -> str:
    """The option that was meant. Compared without the hyphens, which all have in common, and only a slip away."""
    from difflib import get_close_matches

    options = {option.lstrip("-"): option for option in known}
    close = get_close_matches(name.lstrip("-").lower(), sorted(options), n=1, cutoff=0.75)
    return f"did you mean `{options[close[0]]}`?" if close else otherwise


def _bare(text: str, choices: Sequence[str]) -> str:
    """A word without an ending that people add to it, where that is a choice: `bucket` for `bucket-policy`."""
    bare = text.removesuffix("-policy")
    return bare if bare in choices else text


def one_of(noun: str, choices: Sequence[str]) -> Callable[[str], str]:
    """An argparse type for a closed list, with a hint at the closest choice."""

    def read(text: str) -> str:
        if text in choices:
            return text
        listed = ", ".join(f"`{choice}`" for choice in choices)
        raise argparse.ArgumentTypeError(
            f"unknown {noun} `{text}`; " + did_you_mean(_bare(text, choices), choices, f"choose one of {listed}")
        )

    read.choices = choices  # type: ignore[attr-defined]
    return read


def keyword(text: str) -> str:
    """An argparse type for `-k`: an expression that can be read."""
    from policyc.simulation.keyword import matches_keyword

    try:
        matches_keyword(text, "")
    except ValueError as error:
        raise WrongUse(f"`-k` cannot be read: {error}", "write words joined by `and`, `or`, `not`") from error
    return text


def name_and_value(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as a pair."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


#: options of several commands that take a value, for finding the command behind them
WITH_VALUE = ("--root", "--config", "--format", "--color", "--param", "--exclude", "--output")
#: what a command may share with others; each takes those that mean something to it
SHARED = ("root", "config", "exclude", "param", "format", "output", "color", "quiet")


def add_shared(parser: argparse.ArgumentParser, shared: Sequence[str], kind: str, formats: Sequence[str]) -> None:
    """Add the options of `shared` and those of every command. What `--format` takes is the formats that serve reports of
    a `kind`, or without a kind `formats`, the default first."""
    group = parser.add_argument_group("options that commands share")
    for name in shared:
        match name:
            case "root":
                group.add_argument(
                    "--root",
                    type=Path,
                    metavar="DIR",
                    help="the project root; nothing outside it is read (default: the folder of policyc.toml, else the "
                    "current folder)",
                )
            case "config":
                group.add_argument(
                    "--config", type=Path, metavar="FILE", help="the configuration in place of policyc.toml"
                )
            case "exclude":
                group.add_argument(
                    "--exclude",
                    action="append",
                    default=[],
                    metavar="PATH",
                    help="a file or folder to leave out, or a pattern such as `*.gen.policy`; may be given several times",
                )
            case "param":
                group.add_argument(
                    "--param",
                    type=name_and_value,
                    action="append",
                    default=[],
                    metavar="NAME=VALUE",
                    help="the value of a `param` declaration; may be given several times",
                )
            case "format":
                _add_format(group, kind, formats)
            case "output":
                group.add_argument(
                    "--output", metavar="FILE", help="write the report to this file, not to standard output"
                )
            case "color":
                group.add_argument(
                    "--color",
                    type=one_of("value", ("auto", "always", "never")),
                    default="auto",
                    metavar="WHEN",
                    help="auto, always or never; auto means on a terminal unless NO_COLOR is set (default: auto)",
                )
            case _:
                group.add_argument("-q", "--quiet", action="store_true", help="say nothing but findings")
    group.add_argument("--debug", action="store_true", help="show the traceback of an internal error")
    group.add_argument("-h", "--help", action="help", help="show this text and exit")


def _add_format(group: argparse._ActionsContainer, kind: str, formats: Sequence[str]) -> None:
    def read(text: str) -> str:
        # Only the format that is asked for is imported; all of them for help and mistakes.
        return text if kind and registry.serves(text, kind) else one_of("format", _formats(kind, formats))(text)

    default = registry.DEFAULT if kind else formats[0]
    help = f"one of {FORMATS_HERE} (default: {default})"
    action = group.add_argument("--format", type=read, default=default, metavar="FORMAT", help=help)
    action.choices_of_help = lambda: ", ".join(_formats(kind, formats))  # type: ignore[attr-defined]


def _formats(kind: str, formats: Sequence[str]) -> Sequence[str]:
    return (*registry.formats(kind), *formats) if kind else formats


#: stands in the help of `--format` until somebody reads it
FORMATS_HERE = "{formats}"
