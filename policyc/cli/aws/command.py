"""`policyc aws`: policies on AWS itself. Each action has a module of its own; this one reads the command line."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from policyc.cli.console import Console
from policyc.cli.holes import HOLES, add_bindings
from policyc.cli.parser import Parser, WrongUse, name_and_value, one_of
from policyc.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policyc.aws.session import Sessions

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = ""
FORMATS = ("human", "json", "markdown")

_CONNECTION: Final = ("profile", "region", "role_arn", "endpoint_url")
_WRITING: Final = ("yes", "patience")
_SOURCE: Final = ("maps", *HOLES)
#: action -> (module, the options that mean something to it)
ACTIONS: Final = {
    "pull": ("policyc.cli.aws.pull", (*_CONNECTION, "into", "targets", "callers", "resume", "allow_unreadable")),
    "drift": ("policyc.cli.aws.drift", (*_CONNECTION, *_SOURCE, "live", "who_changed", "allow_uncompared")),
    "plan": ("policyc.cli.aws.plan", (*_CONNECTION, *_SOURCE, "into", "order", "print_policy")),
    "apply": ("policyc.cli.aws.apply", (*_CONNECTION, *_WRITING, "record", "resume", "no_execute")),
    "rollback": ("policyc.cli.aws.apply", (*_CONNECTION, *_WRITING)),
    "validate": ("policyc.cli.aws.validate", (*_CONNECTION, *HOLES)),
    "permissions": ("policyc.cli.aws.permissions", ("targets", "account", "region")),
}
#: what `--target` takes; the same as `policyc.aws.calls.TARGETS`, which is not imported for a help text
_TARGETS: Final = ("lattice", "verified_access", "cloudwan", "object_lambda", "callers", "organization")

#: action -> (what it does, its words, what those are)
SAID: Final = {
    "pull": ("write what answers need into a folder, on which every other command works", "", ""),
    "drift": (
        "compare what was written (paths as for `check`) with what is there, in meaning",
        "PATH",
        "files or folders (default: `paths` of policyc.toml)",
    ),
    "plan": (
        "the steps that make AWS mean the source, and what they change in decisions",
        "PATH",
        "files or folders (default: `paths` of policyc.toml)",
    ),
    "apply": (
        "carry out a plan, step by step, reading back each",
        "PLAN",
        "the file that `plan` wrote; with `--resume` its record",
    ),
    "rollback": ("put back what a record saved", "RECORD", "the file that `apply` kept"),
    "validate": (
        "ask IAM Access Analyzer about the documents of the source; costs nothing, changes nothing",
        "PATH",
        "files or folders (default: `paths` of policyc.toml)",
    ),
    "permissions": (
        "print the least permissions that an action needs, as an identity policy",
        "ACTION",
        "whose permissions (default: pull)",
    ),
}

_LISTED = "\n".join(f"  {name:<12} {text}" for name, (text, _, _) in SAID.items())
DESCRIPTION = f"""Read the policies that are on AWS, compare them with what was written, and change them step by step. Nothing
but this command (and `replay` of logs in S3) ever connects to AWS, and only with the credentials that the AWS CLI would take; it needs the
package boto3 (`pip install 'policyc[aws]'`).

actions:
{_LISTED}"""

EPILOG = """examples:
  policyc aws pull -o live --region us-west-2
  policyc aws pull -o live --region us-west-2 --region eu-west-1 --role-arn arn:aws:iam::111122223333:role/reader
  policyc aws pull -o live --target lattice --target callers
  policyc aws permissions pull --target lattice
  policyc check live
  policyc aws drift                       the project's policies against AWS
  policyc aws drift policies --live live  against what was pulled, without a connection
  policyc aws drift out/lattice/orders_auth.json --map orders_auth=svc-0123456789abcdef0
  policyc aws drift --who-changed
  policyc aws plan policies -o change.plan
  policyc aws plan policies -o change.plan --order widen-first
  policyc aws apply change.plan           asks first; `--yes` for machines
  policyc aws apply --resume change.plan.record
  policyc aws rollback change.plan.record
  policyc aws validate policies live

exit status: 0 done, the same; 1 something differs; 2 wrong use, or AWS cannot be asked; 3 internal error; 4 nothing
was found; 11 not settled: something could not be read, was not compared, or is not understood."""


class Action(Protocol):
    """What an action's module offers."""

    def run(self, args: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit status."""


def describe(parser: argparse.ArgumentParser) -> None:
    if isinstance(parser, Parser):
        parser.mixed, parser.narrow = True, lambda words: _narrow(parser, words)
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "action", nargs="?", type=one_of("action", tuple(ACTIONS)), metavar="ACTION", help=", ".join(ACTIONS)
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="what the action is about")
    group = parser.add_argument_group("whom to ask")
    group.add_argument("--profile", default="", metavar="NAME", help="a profile of the AWS CLI's configuration")
    group.add_argument(
        "--region", action="append", default=[], metavar="NAME", help="a Region; may be given several times"
    )
    group.add_argument(
        "--role-arn",
        action="append",
        default=[],
        metavar="ARN",
        help="a role to assume, one for each account; may be given several times",
    )
    group.add_argument(
        "--endpoint-url", default="", metavar="URL", help="a server in place of AWS, such as an emulator"
    )
    group = parser.add_argument_group("what to read")
    group.add_argument(
        "-o", "--into", type=Path, metavar="PATH", help="pull: the folder to write; plan: the file to write"
    )
    group.add_argument(
        "--target",
        dest="targets",
        action="append",
        default=[],
        type=one_of("target", _TARGETS),
        metavar="NAME",
        help=f"only a part: {', '.join(_TARGETS)}; may be given several times",
    )
    group.add_argument(
        "--caller",
        dest="callers",
        action="append",
        default=[],
        metavar="ARN",
        help="a role or user beside those that policies name; may be given several times",
    )
    group.add_argument("--live", metavar="DIR", help="drift: a folder that was pulled, in place of AWS itself")
    group.add_argument(
        "--map",
        dest="maps",
        action="append",
        default=[],
        type=name_and_value,
        metavar="NAME=ARN",
        help="what a document, policy or network of the source is on: an ARN, an id, or a name, `none` for nothing; may be given several times",
    )
    add_bindings(group)
    group.add_argument(
        "--who-changed", action="store_true", help="drift: ask CloudTrail who changed what differs, and when"
    )
    group.add_argument(
        "--allow-uncompared",
        action="store_true",
        help="drift: what has no counterpart that anybody knows of is a note and changes no exit status",
    )
    group.add_argument(
        "--allow-unreadable",
        action="store_true",
        help="pull: end with 0 though something could not be read, which is told all the same",
    )
    group.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    group = parser.add_argument_group("what to write")
    group.add_argument(
        "--print-policy", action="store_true", help="plan: print the least permissions for it, in place of the plan"
    )
    group.add_argument(
        "--order",
        choices=("never-wider", "widen-first"),
        default="never-wider",
        metavar="ORDER",
        help="plan: `never-wider` (default) lets nobody in meanwhile whom neither the old nor the new policies let in; `widen-first` refuses nobody meanwhile whom both let in, and warns of the moments that are wider",
    )
    group.add_argument("--yes", action="store_true", help="apply, rollback: do not ask before writing")
    group.add_argument(
        "--record",
        metavar="FILE",
        help="apply: where to keep what was there and how far it came (default: PLAN.record)",
    )
    group.add_argument(
        "--no-execute",
        action="store_true",
        help="apply: put versions of core networks and leave their execution to somebody else's `--resume`",
    )
    group.add_argument(
        "--patience",
        type=_seconds,
        metavar="SECONDS",
        help="apply, rollback: how long to wait for what was written to be seen (default: 30; core networks: 1800)",
    )
    group.add_argument("--account", metavar="ID", help="permissions: the account that the resources are in")


def _narrow(parser: Parser, words: Sequence[str]) -> None:
    """The help of one action: its own words, options and examples."""
    action = next((word for word in words if word in ACTIONS), None)
    if action is None:
        return
    text, word, help = SAID[action]
    parser.prog = f"policyc aws {action}"
    parser.description = f"{text[:1].upper()}{text[1:]}."
    examples = [line for line in EPILOG.splitlines() if line.startswith(f"  policyc aws {action} ")]
    _, _, status = EPILOG.partition("\n\n")
    parser.epilog = "\n".join(["examples:", *examples, "", status] if examples else [status])
    kept = {*ACTIONS[action][1], *SHARED, "words", "debug", "help"}
    for item in parser._actions:  # INVARIANT: argparse has no public list of what was added
        if item.dest == "words" and word:
            item.metavar, item.help = word, help
            item.nargs = {"PLAN": None, "RECORD": None, "ACTION": "?"}.get(word, "*")
        elif item.dest not in kept or item.dest == "words":
            item.help = argparse.SUPPRESS
        elif item.help:
            item.help = _for(action, item.help)


def _for(action: str, help: str) -> str:
    """What a help text says of an action: `pull: the folder; plan: the file` says one thing of each."""
    import re

    name = "|".join(ACTIONS)
    for actions, said in re.findall(rf"((?:{name})(?:, (?:{name}))*): (.*?)(?=; (?:{name})[:,]|$)", help):
        if action in actions.split(", "):
            return str(said)
    return help


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 86_400:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds")
    return number


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.session import NoSession

    if args.action is None:
        raise WrongUse("`aws` needs an action", f"name one of {', '.join(ACTIONS)}")
    module, taken = ACTIONS[args.action]
    _refuse_others(args, taken)
    action = cast(Action, import_module(module))
    try:
        return action.run(args, console)
    except NoSession as error:
        raise WrongUse(str(error), error.help) from error


def _refuse_others(args: argparse.Namespace, taken: Sequence[str]) -> None:
    """An option that means nothing to the action is a mistake."""
    shared = {"root", "config", "param", "format", "output", "color", "quiet", "debug"}
    for name, option in args.given.items():
        if name not in taken and name not in shared:
            those = [action for action, (_, names) in ACTIONS.items() if name in names]
            raise WrongUse(f"`{option}` means nothing to `aws {args.action}`", f"it belongs to {', '.join(those)}")


def no_words(args: argparse.Namespace) -> None:
    """Raises WrongUse where an action that takes none is given words."""
    if args.words:
        help = did_you_mean(args.words[0], ACTIONS, "see `policyc aws --help`")
        raise WrongUse(f"unexpected argument `{args.words[0]}`", help)


def command(action: str, file: str | Path, args: argparse.Namespace) -> str:
    """What to type for an action on a file from where somebody stands, who asks whom this command line asks."""
    import os
    from shlex import quote

    try:
        place = os.path.relpath(file)
    except ValueError:  # another drive
        place = str(file)
    given = [("--profile", args.profile), *(("--region", one) for one in args.region)]
    given += [*(("--role-arn", one) for one in args.role_arn), ("--endpoint-url", args.endpoint_url)]
    options = (f" {name} {quote(text)}" for name, text in given if text)
    return f"`policyc aws {action} {quote(place)}{''.join(options)}`"


def sessions_of(args: argparse.Namespace) -> list[Sessions]:
    """A session for each account that the command line names. Raises NoSession."""
    from policyc.aws.session import Access, NoSession, Sessions

    made: dict[str, Sessions] = {}
    for role in args.role_arn or [""]:
        one = Sessions(Access(args.profile, role, args.endpoint_url, args.region[0] if args.region else ""))
        account = one.identity.account
        if account in made:
            raise NoSession(f"two roles are in the account {account}", "give one role for each account")
        made[account] = one
    return list(made.values())
