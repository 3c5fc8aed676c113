"""Carrying out steps, one after the other, so that after whatever goes wrong it is known what AWS has.

Before a write the place is read again, and a record of what was there is on the disk. A write is sent once; what became of it is found out by
reading: applied, not applied, or neither (somebody else wrote). The first refusal ends the run. The record leads on (`resume`) or back (`roll_back`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from policyc.aws import by_sid, wan
from policyc.aws.checkpoint import save, sealed
from policyc.aws.meaning import alike, as_written, difference
from policyc.aws.ports import read, write
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import DOCUMENTS, Kind, Refusal, State, Step, state_data, state_of, step_data, step_of
from policyc.record import record
from policyc.report.changes import CHANGED, Changes, Compared

FORMAT_VERSION: Final = 1
#: a throttled write did nothing, and is sent again
_AGAIN: Final = 4
#: what is sent at most for one step: a core network is restored, then executed; a managed policy gets its default back, then loses versions;
#: a function may be written statement by statement
_MOST_WRITES: Final = {Kind.FUNCTION: by_sid.MOST_WRITES, Kind.MANAGED: 8}
_FEW_WRITES: Final = 4


class Progress(StrEnum):
    """How far a step came. `WRITING` is set before the call and stays when the program dies in it."""

    PENDING = "pending"
    WRITING = "writing"
    DONE = "done"
    REFUSED = "refused"
    UNSEEN = "written, not seen yet"
    UNKNOWN = "unknown"
    FOREIGN = "changed by somebody else"
    LEFT = "left for later"


class Stopped(Exception):
    """A run that ended before its last step; the text says why."""

    @property
    def help(self) -> str:
        """What to do before going on, empty for nothing."""
        cause = self.__cause__
        return cause.failure.help if isinstance(cause, CallFailed) else ""


class NotKept(OSError):
    """The record could not be written."""


@dataclass(slots=True)
class Patience:
    """How long to wait for what was written to be seen: seconds between two looks, and in all, for documents and for core networks. `wait` sleeps."""

    wait: Callable[[float], None]
    pause: float = 1.0
    most: float = 30.0
    network_pause: float = 3.0
    network_most: float = 1800.0

    def looks(self, step: Step) -> tuple[float, int]:
        """The pause and the number of looks for a step."""
        network = step.kind in (Kind.WAN_PUT, Kind.WAN_EXECUTE)
        pause, most = (self.network_pause, self.network_most) if network else (self.pause, self.most)
        return pause, max(int(most / pause), 1)


@record
class Run:
    """What a run needs: a session for each account, how long to wait, and whom to tell of each step."""

    sessions: Mapping[str, Sessions]
    patience: Patience
    tell: Callable[[Step, str], None]


@dataclass(slots=True)
class Record:
    """What a plan's steps came to, on the disk at every moment. `back` are the steps of the roll-back, once there is one."""

    path: Path
    plan: str
    steps: list[Step]
    progress: dict[int, Progress]
    before: dict[int, State]
    notes: dict[int, str]
    undone: dict[int, Progress]

    def save(self) -> None:
        """Raises NotKept."""
        try:
            save(self.path, self.data())
        except OSError as error:
            raise NotKept(*error.args) from error

    def data(self) -> dict[str, Any]:
        """The shape of `schemas/aws/record.schema.json`."""
        data = {
            "format_version": FORMAT_VERSION,
            "plan": self.plan,
            "saved_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
            "steps": [
                {
                    **step_data(step),
                    "progress": self.progress[step.number].value,
                    "undone": self.undone[step.number].value if step.number in self.undone else None,
                    "before": state_data(self.before[step.number]) if step.number in self.before else None,
                    "note": self.notes.get(step.number, ""),
                }
                for step in self.steps
            ],
        }
        return sealed(data)

    @property
    def finished(self) -> bool:
        """Whether every step is done, or every step was taken back."""
        return all(value is Progress.DONE for value in self.progress.values()) or self.is_back

    @property
    def is_back(self) -> bool:
        """Whether a roll-back came to its end."""
        return bool(self.undone) and all(self.undone.get(number) is Progress.DONE for number in self.before)


def new_record(path: Path, plan: str, steps: Sequence[Step]) -> Record:
    """A record of which nothing is done."""
    pending = {step.number: Progress.PENDING for step in steps}
    return Record(path, plan, list(steps), pending, {}, {}, {})


def record_of(path: Path, data: Mapping[str, Any]) -> Record:
    """A record from its file's data. Raises KeyError, TypeError and ValueError."""
    steps = [step_of(item) for item in data["steps"]]
    made = Record(path, str(data["plan"]), steps, {}, {}, {}, {})
    for step, item in zip(steps, data["steps"], strict=True):
        made.progress[step.number] = Progress(item["progress"])
        if item["before"] is not None:
            made.before[step.number] = state_of(item["before"])
        if item["undone"] is not None:
            made.undone[step.number] = Progress(item["undone"])
        if item["note"]:
            made.notes[step.number] = item["note"]
    return made


# --- comparing states -------------------------------------------------------------------------------------------


def same(step: Step, one: State, other: State) -> bool:
    """Whether two states of a place mean the same."""
    if step.kind in (Kind.LATTICE_AUTH, Kind.BOUNDARY):
        return one.flag == other.flag
    if step.kind is Kind.VERIFIED_ACCESS and one.flag != other.flag:
        return False
    return alike(DOCUMENTS[step.kind], one.text, other.text)


def stale(step: Step, now: State) -> str:
    """Why a step must not be carried out on what is there now; empty when it is what the plan was made for."""
    old = step.old
    if step.kind is Kind.LATTICE_AUTH:
        return "" if now.flag == old.flag else f"the auth type is `{now.flag}`, and was `{old.flag}`"
    if step.kind is Kind.BOUNDARY:
        held = (f"`{state.flag}`" if state.flag else "none" for state in (now, old))
        return "" if now.flag == old.flag else "the boundary is {}, and was {}".format(*held)
    if step.kind is Kind.VERIFIED_ACCESS and now.flag != old.flag:
        return f"the policy is {now.flag}, and was {old.flag}"
    if step.kind is Kind.WAN_PUT and now.revision.get("latest") != old.revision.get("latest"):
        return f"version {now.revision.get('latest')} is the latest, and was {old.revision.get('latest')}"
    if step.kind is Kind.WAN_EXECUTE and now.revision.get("live") != old.revision.get("live"):
        return f"version {now.revision.get('live')} is live, and was {old.revision.get('live')}"
    return "" if as_written(DOCUMENTS[step.kind], now.text, old.text) else "the policy is another one than in the plan"


def effect(moves: Sequence[tuple[Step, State, State]]) -> Changes:
    """What going from one state of each place to another changes in decisions, worked out from the texts themselves: a plan or a record may say anything of them."""
    out = []
    for step, old, new in moves:
        if step.kind is Kind.WAN_EXECUTE:
            continue
        name = f"{step.number}. {step.title}"
        kind = DOCUMENTS.get(step.kind, step.kind.value)
        found = Compared(name, kind, CHANGED)
        if step.kind in DOCUMENTS:
            found = difference(name, kind, old.text, new.text, step.resource)
        if old.flag != new.flag:
            sentence = f"`{old.flag or 'none'}` becomes `{new.flag or 'none'}`"
            found = replace(found, state=CHANGED, sentences=(*found.sentences, sentence))
        if found.open:  # then the text has to be read
            found = replace(found, sentences=(*found.sentences, f"the new text is {new.text}"))
        out.append(found)
    return Changes("AWS", "the plan", tuple(out), (), "aws apply")


def forged(found: Record) -> int | None:
    """The place of the first step (from 0) of a record of which it saved what neither the old nor the new one is, or nothing though it was begun; None
    for a sound record."""
    for at, step in enumerate(found.steps):
        saved = found.before.get(step.number)
        begun = found.progress[step.number] in (Progress.WRITING, Progress.DONE) or step.number in found.undone
        if begun and saved is None:
            return at
        if saved is not None and not (same(step, saved, step.old) or same(step, saved, step.new)):
            return at
    return None


# --- running ----------------------------------------------------------------------------------------------------


def check_fresh(found: Record, run: Run) -> list[tuple[Step, str]]:
    """The steps that have not begun and whose place is not what the plan was made for. Raises CallFailed."""
    out = []
    for step in found.steps:
        if found.progress[step.number] in (Progress.PENDING, Progress.LEFT):
            now = read(run.sessions[step.account], step)
            reason = "" if same(step, now, step.new) else stale(step, now)
            out += [(step, reason)] if reason else []
    return out


def carry_out(found: Record, run: Run, leave: frozenset[Kind] = frozenset()) -> None:
    """Every step that is not done yet, in order; kinds in `leave` are left for later. Raises Stopped and NotKept."""
    for step in found.steps:
        number = step.number
        if found.progress[number] is Progress.DONE:
            continue
        if step.kind in leave:
            found.progress[number] = Progress.LEFT
            found.save()
            run.tell(step, Progress.LEFT.value)
            continue
        begun = found.progress[number] not in (Progress.PENDING, Progress.LEFT)
        old = found.before.get(number) if begun else None

        def mark(value: Progress, note: str, number: int = number, step: Step = step) -> None:
            found.progress[number] = value
            found.notes[number] = note
            found.save()
            run.tell(step, value.value if not note else f"{value.value}: {note}")

        def keep(now: State, number: int = number) -> None:
            found.before.setdefault(number, now)

        _one(step, step.new, old, run, mark, keep)
        if step.kind is Kind.WAN_PUT:
            _show_change_set(step, run)


def _show_change_set(step: Step, run: Run) -> None:
    """What AWS says that a version will change, before anybody executes it."""
    session = run.sessions[step.account]
    try:
        lines = wan.change_set(session, step, read(session, step).revision.get("latest"))
    except CallFailed as error:
        run.tell(step, f"AWS's change set is not readable: {error}")
        return
    for line in lines:
        run.tell(step, f"AWS will {line}")


def roll_back(found: Record, run: Run) -> None:
    """Every place that was written, or may have been, as it was, the last one first. Raises Stopped and NotKept."""
    for step in reversed(found.steps):
        number = step.number
        if number not in found.before or found.undone.get(number) is Progress.DONE:
            continue
        if step.kind is Kind.WAN_PUT:
            # a version that nobody executes has no effect, and none can be deleted while it is the latest
            found.undone[number] = Progress.DONE
            found.save()
            continue
        target = found.before[number]
        back = replace(step, old=step.new, new=target)

        def mark(value: Progress, note: str, number: int = number, step: Step = step) -> None:
            found.undone[number] = value
            found.notes[number] = note
            found.save()
            run.tell(step, f"taken back, {value.value}" if not note else f"taken back, {value.value}: {note}")

        _one(back, target, step.new, run, mark, lambda now: None)


def _one(
    step: Step,
    target: State,
    old: State | None,
    run: Run,
    mark: Callable[[Progress, str], None],
    keep: Callable[[State], None],
) -> None:
    """Make one place hold `target`. `old` is what it held before an earlier try, None for the first. Raises Stopped."""
    sessions = run.sessions[step.account]
    now = _quiet(step, sessions, run, mark)
    if _is_at(step, target, now):
        keep(now)
        mark(Progress.DONE, "")
        return
    # a version that was put and is still being generated
    sent = step.kind is Kind.WAN_PUT and same(step, now, target)
    before = step.old if old is None else old
    halfway = old is not None and _is_halfway(step, target, now)
    if not sent and not halfway and not same(step, now, before) and not same(step, now, target):
        mark(Progress.FOREIGN, "what is there is neither the old nor the new policy")
        raise Stopped(f"{step.title} is neither the old nor the new one: somebody else changed it")
    reason = stale(step, now) if old is None and not sent else ""
    if reason:
        mark(Progress.FOREIGN, reason)
        raise Stopped(f"{step.title} changed after the plan was made: {reason}")
    keep(now)
    mark(Progress.WRITING, "")
    for _ in range(_MOST_WRITES.get(step.kind, _FEW_WRITES)):
        lost = "" if sent else _send(step, sessions, target, now, run, mark)
        sent = False
        verdict, reason, now = _seen(step, sessions, target, now, lost, run, mark)
        if verdict == "done":
            mark(Progress.DONE, "")
            return
        if verdict != "again":
            mark(_UNFINISHED[verdict], reason)
            raise Stopped(f"{step.title}: {reason}")
    mark(Progress.UNKNOWN, "it did not settle")
    raise Stopped(f"{step.title} did not settle")


#: what a write came to that is not to be seen -> how far its step came
_UNFINISHED: Final = {"failed": Progress.REFUSED, "lost": Progress.UNKNOWN, "unseen": Progress.UNSEEN}


def _is_at(step: Step, target: State, now: State) -> bool:
    """Whether nothing is left to write: a version counts once its change set is there, what is live once nothing is being executed."""
    if not same(step, now, target) or now.revision.get("made"):
        return False
    state = now.revision.get("state")
    if step.kind is Kind.WAN_PUT:
        return state in (wan.READY, wan.EXECUTING, wan.DONE)
    return step.kind is not Kind.WAN_EXECUTE or state != wan.EXECUTING


def _is_halfway(step: Step, target: State, now: State) -> bool:
    """Whether a place that takes several writes holds what one of them left: a version that is still to be deleted, statements of both policies."""
    if step.kind is Kind.MANAGED:
        return same(step, now, target) and bool(now.revision.get("made"))
    if step.kind is not Kind.FUNCTION or not now.revision.get("by_sid"):
        return False
    return by_sid.is_between(step.resource, now.text, step.old.text, target.text)


def _quiet(step: Step, sessions: Sessions, run: Run, mark: Callable[[Progress, str], None]) -> State:
    """What a place holds, once nothing is about to change it. Raises Stopped."""
    pause, looks = run.patience.looks(step)
    for _ in range(looks):
        now = _read(step, sessions, mark)
        try:
            busy = wan.is_busy(sessions, step, now)
        except CallFailed as error:
            mark(Progress.UNKNOWN, str(error))
            raise Stopped(f"{step.title} could not be read: {error}") from error
        if not busy:
            return now
        run.patience.wait(pause)
    mark(Progress.UNSEEN, "a change set is still being executed")
    raise Stopped(f"{step.title}: a change set is still being executed")


def _read(step: Step, sessions: Sessions, mark: Callable[[Progress, str], None]) -> State:
    try:
        return read(sessions, step)
    except CallFailed as error:
        mark(Progress.UNKNOWN, str(error))
        raise Stopped(f"{step.title} could not be read: {error}") from error


def _send(
    step: Step, sessions: Sessions, target: State, now: State, run: Run, mark: Callable[[Progress, str], None]
) -> str:
    """One write. A refusal ends the run; an answer that got lost does not, and is returned: what it did is read afterwards. Raises Stopped."""
    for attempt in range(_AGAIN):
        try:
            write(sessions, step, target, now)
            return ""
        except Refusal as refusal:
            mark(Progress.REFUSED, str(refusal))
            raise Stopped(f"{step.title}: {refusal}") from refusal
        except CallFailed as error:
            if error.failure.unsettled:
                return str(error)
            if error.failure.trouble is Trouble.THROTTLED and attempt + 1 < _AGAIN:
                run.patience.wait(run.patience.pause * 2**attempt)
                continue
            told = f"{error} {error.failure.message}".strip()
            if error.failure.details.get("Errors"):
                told += f": {wan.errors_of(error.failure.details['Errors'])}"
            mark(Progress.REFUSED, told)
            raise Stopped(f"{step.title} was refused: {told}") from error
    raise AssertionError  # the last attempt returns or raises


def _seen(
    step: Step,
    sessions: Sessions,
    target: State,
    before: State,
    lost: str,
    run: Run,
    mark: Callable[[Progress, str], None],
) -> tuple[str, str, State]:
    """What reading says after a write: `done`, `again`, `failed`, `unseen` or `lost`, the reason, and what is there, which was `before`; `lost` says why the write had
    no answer. Raises Stopped."""
    pause, looks = run.patience.looks(step)
    now, reason = State(), ""
    for look in range(looks):
        now = _read(step, sessions, mark)
        if step.kind in (Kind.WAN_PUT, Kind.WAN_EXECUTE):
            try:
                verdict, reason = wan.judge(sessions, step, target, now)
            except CallFailed as error:
                mark(Progress.UNKNOWN, str(error))
                raise Stopped(f"{step.title} could not be read: {error}") from error
            if verdict != "wait":
                return verdict, reason, now
        elif _is_at(step, target, now):
            return "done", "", now
        elif _is_halfway(step, target, now):
            if (now.text, now.revision.get("made")) != (before.text, before.revision.get("made")):
                return "again", "more is to be written", now
            reason = "AWS still shows what was there before the last write"
        elif not same(step, now, step.old):
            mark(Progress.FOREIGN, "what is there is neither the old nor the new policy")
            raise Stopped(f"{step.title} is neither the old nor the new one: somebody else changed it")
        else:
            reason = "AWS still shows what was there before"
        if look + 1 < looks:
            run.patience.wait(pause)
    return ("lost", f"{lost}, and {reason}", now) if lost else ("unseen", reason, now)
