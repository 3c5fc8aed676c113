"""The front door of every command that the quick answers in `policyc.__main__` do not serve."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from policyc.cli import exits
from policyc.cli.console import Console, Unwritable, reason, standard_console
from policyc.cli.output_file import OutputFile
from policyc.cli.parser import WITH_VALUE, HelpText, Parser, UnknownOption, WrongUse, add_shared, close_option
from policyc.cli.terminal import silence
from policyc.diagnostics import closest, did_you_mean
from policyc.packages import MissingPackage
from policyc.report.registry import writes_commands
from policyc.report.screen import clean, paint, wrap

if TYPE_CHECKING:
    import argparse

#: command -> (module, what it does in one line)
COMMANDS = {
    "check": ("policyc.cli.check", "report everything that is wrong or doubtful"),
    "build": ("policyc.cli.build", "write the documents of every service"),
    "test": ("policyc.cli.test", "run the tests written in the policies"),
    "simulate": ("policyc.cli.simulate.command", "answer one request: allowed or not, and why"),
    "replay": ("policyc.cli.replay.command", "ask policies about recorded traffic"),
    "diff": ("policyc.cli.diff", "say what a change grants and takes, over all requests"),
    "prove": ("policyc.cli.prove", "prove a guarantee for all requests, or break it with one"),
    "who": ("policyc.cli.who", "say who may do what, over all requests"),
    "matrix": ("policyc.cli.matrix", "ask who gets in where: users and devices against applications"),
    "routes": ("policyc.cli.routes", "compute the route tables of a core network"),
    "graph": ("policyc.cli.graph", "draw a core network, with who reaches whom"),
    "aws": ("policyc.cli.aws.command", "read, compare and change the policies that are on AWS"),
    "import": ("policyc.cli.import_", "write policies for documents that there are already"),
    "list": ("policyc.cli.list_", "list the policies that stand in documents, templates and manifests"),
    "fmt": ("policyc.cli.fmt", "lay out policy files in the one style"),
    "explain": ("policyc.cli.explain", "say what a rule, an attribute or a switch means"),
    "facts": ("policyc.cli.facts", "show what is known of AWS's services, and from when"),
    "lsp": ("policyc.cli.lsp", "serve an editor: findings, completion, hover, rename"),
    "doctor": ("policyc.cli.doctor", "show what policyc runs with, ready to paste into a report"),
    "play": ("policyc.cli.play", "try policies in a browser, on a page that runs policyc itself"),
    "completion": ("policyc.cli.completion", "print a script that completes in a shell"),
    "init": ("policyc.cli.init", "start a project that passes check and test"),
}

#: an option that more commands have says nothing about which was meant
_MOST_OWNERS = 3
#: what other tools call a command -> its name here
_ELSEWHERE = {
    "validate": "check",
    "verify": "check",
    "lint": "check",
    "analyze": "check",
    "watch": "check --watch",
    "compile": "build",
    "synth": "build",
    "format": "fmt",
    "eval": "simulate",
    "authorize": "simulate",
    "plan": "aws plan",
    "apply": "aws apply",
    "deploy": "aws apply",
    "pull": "aws pull",
    "drift": "aws drift",
    "rollback": "aws rollback",
    "version": "--version",
}

USAGE = """usage: policyc COMMAND [options]

Policy as code for zero-trust access and networks on AWS: one language for VPC
Lattice auth policies, Verified Access, Cloud WAN, S3 Object Lambda and the
callers' IAM policies; and an answer to "what if this request came, and why?".

commands:
{commands}

start here:
  policyc init shop         a small project in the folder shop
  policyc check             find mistakes in every *.policy file below the project root
  policyc test              run the tests that the policies hold
  policyc build             write the documents to out/
  policyc explain list      everything that can be explained

`policyc COMMAND --help` tells more; `policyc --version` (`-V`) prints the version.
"""


#: characters of a name in a message
_SHOWN = 100


class Command(Protocol):
    """What a command's module offers. `SHARED` names the shared options that mean something to it. What it writes is a report
    of the kind `REPORT` in any format of the registry, or, where that is empty, its own in one of `FORMATS`."""

    SHARED: Sequence[str]
    REPORT: str
    FORMATS: Sequence[str]

    def describe(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments and help texts."""

    def run(self, args: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit status."""


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit status. Everything that goes wrong ends here, each in its own way."""
    console = standard_console()
    try:
        status = _ended(list(argv), console)
        console.flush()
    except Unwritable as error:
        silence(console.out, 1)
        console.error(f"error: standard output cannot be written: {error}\n")
        status = exits.WRONG_USE
    except BrokenPipeError:
        silence(console.out, 1)
        status = exits.PIPE_CLOSED
    return status


def _ended(argv: list[str], console: Console) -> int:
    try:
        return _dispatch(argv, console)
    except WrongUse as error:
        _say_wrong_use(error, console)
        return exits.WRONG_USE
    except MissingPackage as missing:
        _say_wrong_use(WrongUse(str(missing), missing.help), console)
        return exits.WRONG_USE
    except (Unwritable, BrokenPipeError):
        raise
    except OSError as error:
        if error.filename is None:
            return _say_internal_error(error, argv, console)
        _say_wrong_use(_unusable(error), console)
        _trace(error, argv, console)
        return exits.WRONG_USE
    except Exception as error:
        return _say_internal_error(error, argv, console)


def _dispatch(argv: list[str], console: Console) -> int:
    at = _command_index(argv)
    if at is None:
        return _without_command(argv, console)
    name = argv[at]
    if name not in COMMANDS:
        raise WrongUse(f"unknown command `{name}`", _meant(name, argv[at + 1 :]))
    command: Command = import_module(COMMANDS[name][0])
    parser = _parser(name, command)
    words = [*argv[:at], *argv[at + 1 :]]
    if any(word in ("-h", "--help") for word in words):
        if parser.narrow is not None:
            parser.narrow(words)
        console.write(parser.format_help())
        return exits.CLEAN
    try:
        args = parser.parse(words)
    except UnknownOption as error:
        raise WrongUse(error.message, _owners(error.name, name) or error.help) from None
    args.argv = tuple(argv)
    for word in words:
        _be_sayable(word)
    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        raise WrongUse(f"the current folder cannot be used: {reason(error)}", "change to another folder") from error
    console.color, console.quiet = getattr(args, "color", "auto"), getattr(args, "quiet", False)
    console.commands = writes_commands(getattr(args, "format", ""))
    if getattr(args, "output", None) is None:
        return command.run(args, console)
    try:
        with OutputFile(args.output) as file:
            console.out = file.stream
            status = command.run(args, console)
            if status in (exits.WRONG_USE, exits.NOTHING):
                file.leave()
            return status
    finally:
        console.out = sys.stdout


#: what to write for an option that people expect of another command as well
_INSTEAD = {
    ("who", "--who"): "write `--principal`",
    ("who", "--set"): "`who` is over all values: narrow it with `--can`, `--path` or `--principal`",
    ("simulate", "--principal"): "write `--who`",
    ("diff", "--base"): "name both sides, such as `policyc diff main..HEAD`",
}


def _meant(name: str, behind: Sequence[str]) -> str:
    """The command that was meant: a slip of the pen, or what other tools call it."""
    if name == "help":
        known = bool(behind) and behind[0] in COMMANDS
        return f"write `policyc {behind[0]} --help`" if known else "write `policyc --help`"
    meant = name if name in _ELSEWHERE else closest(name, [*COMMANDS, *_ELSEWHERE])
    if meant in _ELSEWHERE:
        return f"write `policyc {_ELSEWHERE[meant]}`"
    return did_you_mean(name, COMMANDS, "see `policyc --help`")


def _owners(option: str, command: str) -> str:
    """The help that says what to write for an option here, or names the commands which have it; empty where none has it."""
    if (command, option) in _INSTEAD:
        return _INSTEAD[command, option]
    # INVARIANT: argparse keeps every option's names here; there is no public list.
    if option == "-o" and "--output" in parser_of(command)._option_string_actions:
        return "write `--output`"
    owners = [name for name in COMMANDS if option in parser_of(name)._option_string_actions]
    return (
        f"it is an option of {' and '.join(f'`policyc {name}`' for name in owners)}"
        if 0 < len(owners) <= _MOST_OWNERS
        else ""
    )


def _be_sayable(word: str) -> None:
    """Programs may ask with words that no shell can write and no file has as its name. Raises WrongUse."""
    try:
        if b"\0" not in os.fsencode(word):
            return
    except UnicodeEncodeError:
        pass
    raise WrongUse(f"`{clean(word)}` is no word of a command line", "leave the characters out that no text has")


def _unusable(error: OSError) -> WrongUse:
    """What the file system refuses is no mistake of this program: a name that is too long, a disk that is full, a folder of somebody else's."""
    name = clean(os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else str(error.filename))
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    return WrongUse(f"`{shown}` cannot be used: {reason(error)}", "check the path, its permissions and the free space")


def _command_index(argv: Sequence[str]) -> int | None:
    """Where the command stands behind options that go before it."""
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] in WITH_VALUE else 1
    return at if at < len(argv) else None


def _without_command(argv: Sequence[str], console: Console) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        listed = "\n".join(f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items())
        console.write(USAGE.format(commands=listed))
        return exits.CLEAN if argv else exits.WRONG_USE
    if "--version" in argv or "-V" in argv:
        from policyc.version import VERSION

        console.write(f"policyc {VERSION}\n")
        return exits.CLEAN
    known = (*WITH_VALUE, "--help", "--version", "-V", "--quiet", "--debug")
    word = argv[0].partition("=")[0]
    if word in known or word == "-q":
        raise WrongUse("no command given", "the commands are " + ", ".join(f"`{name}`" for name in COMMANDS))
    raise WrongUse(f"unknown option `{word}`", close_option(word, known, "see `policyc --help`"))


def parser_of(name: str) -> Parser:
    """The parser of a command. Raises KeyError."""
    return _parser(name, import_module(COMMANDS[name][0]))


def _parser(name: str, command: Command) -> Parser:
    parser = Parser(prog=f"policyc {name}", add_help=False, allow_abbrev=False, formatter_class=HelpText)
    command.describe(parser)
    add_shared(parser, command.SHARED, command.REPORT, command.FORMATS)
    return parser


def _say_wrong_use(error: WrongUse, console: Console) -> None:
    options = console.error_options()
    named = f"[{error.rule}]" if error.rule else ""
    texts = wrap(f"error{named}: {error.message}", options.width, "  ")
    head = paint("error", "error", options.color) + texts[0].removeprefix("error")
    lines = [head, *texts[1:], *wrap(f"  = help: {error.help}", options.width, " " * 10)]
    console.error("\n".join(lines) + "\n")


def _say_internal_error(error: Exception, argv: Sequence[str], console: Console) -> int:
    summary = clean(f"{type(error).__name__}: {error}")[:500]
    console.error(
        f"internal error: {summary}\n"
        "This is a bug in policyc; nothing about your policies follows from it. Please report the command\n"
        "with the smallest input that shows it. POLICYC_DEBUG=1 or --debug prints the traceback.\n"
    )
    _trace(error, argv, console)
    return exits.INTERNAL


def _trace(error: Exception, argv: Sequence[str], console: Console) -> None:
    if os.environ.get("POLICYC_DEBUG") or "--debug" in argv:
        from traceback import format_exception

        console.error("".join(format_exception(error)))
