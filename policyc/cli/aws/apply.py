"""`policyc aws apply`, `policyc aws rollback`: carrying out a plan, going on with one, and taking it back."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.aws.command import command, sessions_of
from policyc.cli.console import Console, Unwritable, reason
from policyc.cli.folder_lock import locked
from policyc.cli.parser import WrongUse
from policyc.report.registry import renderer
from policyc.report.screen import clean, plural

if TYPE_CHECKING:
    from policyc.aws.apply import Record, Run, Stopped
    from policyc.aws.session import Sessions
    from policyc.aws.steps import State, Step


def run(args: argparse.Namespace, console: Console) -> int:
    if len(args.words) != 1:
        what = "RECORD" if args.action == "rollback" else "PLAN"
        raise WrongUse(f"`aws {args.action}` takes one file", f"write `policyc aws {args.action} {what}`")
    path = Path(os.path.abspath(args.words[0]))  # noqa: PTH100
    with ExitStack() as stack:
        # a run that goes on with a record knows no plan: whoever writes one holds its folder
        for folder in sorted({path.parent.resolve(), _place(path, args).parent.resolve()}):
            if stack.enter_context(locked(folder)) is None:
                raise WrongUse(f"somebody works with `{path.name}`", "wait until that run has ended")
        if args.action == "rollback":
            return _roll_back(_open_record(path), args, console)
        if args.resume:
            return _carry_out(_open_record(path), args, console)
        return _carry_out(_begin(path, args), args, console)


def _place(path: Path, args: argparse.Namespace) -> Path:
    """The record of a plan."""
    return Path(os.path.abspath(args.record)) if args.record else path.with_name(f"{path.name}.record")  # noqa: PTH100


def _load(path: Path, kind: str) -> dict[str, Any]:
    from policyc.aws.checkpoint import Unreadable, load

    try:
        return load(path, kind)
    except Unreadable as error:
        help = "give the file that `policyc aws plan -o` wrote"
        if kind == "record":
            help = "give the record that `policyc aws apply` wrote beside the plan"
        raise WrongUse(str(error), help) from error


def _begin(path: Path, args: argparse.Namespace) -> Record:
    """A new record for a plan. Raises WrongUse for a plan that was changed by hand, or that has a record already."""
    from policyc.aws.apply import new_record, record_of
    from policyc.aws.checkpoint import digest, sealed
    from policyc.aws.steps import step_of

    data = _load(path, "plan")
    if sealed(data) != data:
        raise WrongUse(f"`{path.name}` was changed after it was made", "make the plan again")
    steps = [step_of(item) for item in data["steps"]]
    _see_sound(path, steps)
    place = _place(path, args)
    if place.exists():
        known = record_of(place, _record_data(place))
        if known.plan != digest(data["steps"]):
            raise WrongUse(f"`{place.name}` is the record of another plan", "name another file with `--record`")
        if known.undone and not known.is_back:
            raise WrongUse(*_going_back(place, args))
        if not known.finished:
            raise WrongUse(f"the plan was begun, and `{place.name}` says how far it came", _ways(place, args))
        what = "and taken back" if known.is_back else "already"
        raise WrongUse(f"the plan was carried out {what}, see `{place.name}`", "make a new plan")
    return new_record(place, digest(data["steps"]), steps)


def _record_data(path: Path) -> dict[str, Any]:
    """Raises WrongUse for a record that is not as the last run left it: what it says of a step would be believed."""
    from policyc.aws.checkpoint import sealed

    data = _load(path, "record")
    if sealed(data) != data:
        raise WrongUse(
            f"`{path.name}` was changed after it was made: it is not as the last run left it",
            "see what is on AWS with `policyc aws drift`",
        )
    return data


def _open_record(path: Path) -> Record:
    """Raises WrongUse for a record that was changed by hand."""
    from policyc.aws.apply import forged, record_of
    from policyc.aws.checkpoint import digest
    from policyc.aws.steps import step_data

    found = record_of(path, _record_data(path))
    _see_sound(path, [replace(step, old=found.before.get(step.number, step.old)) for step in found.steps])
    changed = ""
    if digest([step_data(step) for step in found.steps]) != found.plan:
        changed = "its steps are not its plan's"
    elif (at := forged(found)) is not None:
        changed = f"`steps/{at}`: what it saved is neither the old nor the new one"
    if changed:
        raise WrongUse(
            f"`{path.name}` was changed after it was made: {changed}", "see what is on AWS with `policyc aws drift`"
        )
    return found


def _see_sound(path: Path, steps: Sequence[Step]) -> None:
    """Raises WrongUse for a file that names a place or a text that no plan has."""
    from policyc.aws.sound import unsound

    wrong = unsound(steps)
    if wrong is not None:
        raise WrongUse(
            f"`{path.name}` was changed after it was made: `steps/{wrong[0]}`: {wrong[1]}", "make the plan again"
        )


def _run_of(found: Record, args: argparse.Namespace, console: Console) -> Run:
    from policyc.aws.apply import Patience, Run

    sessions: dict[str, Sessions] = {one.identity.account: one for one in sessions_of(args)}
    for step in found.steps:
        if step.account not in sessions:
            others = ", ".join(sessions)
            raise WrongUse(f"the plan is for the account {step.account}, and {others} is asked", "give its role")

    def tell(step: Step, text: str) -> None:
        console.write(clean(f"{step.number}. {step.title}: {text}") + "\n")

    patience = Patience(time.sleep)
    if args.patience is not None:
        patience.most = float(args.patience)
        patience.network_most = max(patience.network_most, patience.most)
    return Run(sessions, patience, tell)


def _carry_out(found: Record, args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.apply import Stopped, carry_out, check_fresh
    from policyc.aws.session import CallFailed
    from policyc.aws.steps import Kind

    if found.undone:
        raise WrongUse(*_going_back(found.path, args))
    run = _run_of(found, args, console)
    try:
        wrong = check_fresh(found, run)
    except CallFailed as error:
        help = error.failure.help or "see `policyc aws plan --print-policy`"
        raise WrongUse(f"AWS did not say what is there: {error}", help) from error
    if wrong:
        console.error("error: the plan is stale, and nothing was written\n")
        for step, why in wrong:
            console.error(clean(f"  {step.number}. {step.title}: {why}") + "\n")
        console.error("  = help: make the plan again\n")
        return exits.FINDINGS
    left = [step for step in found.steps if found.progress[step.number].value != "done"]
    moves = [(step, found.before.get(step.number, step.old), step.new) for step in left]
    _confirm(f"carry out {plural(len(left), 'step')}", moves, args, console)
    leave = frozenset({Kind.WAN_EXECUTE}) if args.no_execute else frozenset()
    try:
        with _broken_off(found, args, console):
            found.save()
            carry_out(found, run, leave)
    except Stopped as stopped:
        return _stopped(found, stopped, args, console)
    if not found.finished:
        console.write(f"left for later; go on with {command('apply --resume', found.path, args)}\n")
        return exits.CLEAN
    console.write(clean(f"done, and read back; the record is {os.path.relpath(found.path)}") + "\n")
    return exits.CLEAN


def _going_back(path: Path, args: argparse.Namespace) -> tuple[str, str]:
    """What is wrong with going on, and what helps."""
    return "the plan is being taken back", f"finish that with {command('rollback', path, args)}"


def _ways(path: Path, args: argparse.Namespace) -> str:
    """How to go on from a record, or back."""
    return f"go on with {command('apply --resume', path, args)}, or back with {command('rollback', path, args)}"


def _roll_back(found: Record, args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.apply import Stopped, roll_back

    if not found.before or found.is_back:
        console.write(
            "it was taken back already\n" if found.before else "nothing was written, so nothing is taken back\n"
        )
        return exits.CLEAN
    run = _run_of(found, args, console)
    moves = [(step, step.new, found.before[step.number]) for step in found.steps if step.number in found.before]
    _confirm(f"take back {plural(len(found.before), 'step')}", moves, args, console)
    try:
        with _broken_off(found, args, console):
            roll_back(found, run)
    except Stopped as stopped:
        return _stopped(found, stopped, args, console)
    console.write("taken back, and read back\n")
    return exits.CLEAN


@contextmanager
def _broken_off(found: Record, args: argparse.Namespace, console: Console) -> Iterator[None]:
    """Steps that somebody may interrupt or stop listening to, and whose record has to be written."""
    from policyc.aws.apply import NotKept

    try:
        yield
    except (KeyboardInterrupt, Unwritable, BrokenPipeError):
        _tell_where(found, "", args, console)
        raise
    except NotKept as error:
        raise WrongUse(
            f"`{found.path.name}` cannot be written: {reason(error)}", "no further step was begun"
        ) from error


def _stopped(found: Record, stopped: Stopped, args: argparse.Namespace, console: Console) -> int:
    console.error(clean(f"error: {stopped}") + "\n")
    _tell_where(found, f"{stopped.help}, then " if stopped.help else "", args, console)
    return exits.FINDINGS


def _tell_where(found: Record, first: str, args: argparse.Namespace, console: Console) -> None:
    """What is done, what is not, and how to go on."""
    for step in found.steps:
        how, back = found.progress[step.number].value, found.undone.get(step.number)
        if found.undone and step.number in found.before:
            how = "not taken back yet" if back is None else f"taken back, {back.value}"
        console.error(clean(f"  {step.number}. {step.title}: {how}") + "\n")
    ways = f"go on with {command('rollback', found.path, args)}" if found.undone else _ways(found.path, args)
    console.error(f"  = help: {first}{ways}\n")


def _confirm(what: str, moves: Sequence[tuple[Step, State, State]], args: argparse.Namespace, console: Console) -> None:
    """Show what is about to be written. Raises WrongUse unless somebody says yes."""
    from policyc.aws.apply import effect

    if args.yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise WrongUse(f"nobody is there to say yes: {what}", "add `--yes`")
    console.write(renderer("changes", "human")(effect(moves), console.options()))
    sys.stderr.write(f"{what}? [yes/no] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("yes", "y"):
        raise WrongUse("nothing was written", "answer `yes` to go on")
