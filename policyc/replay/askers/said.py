"""An answer in short, as a replay counts it, and what gives one."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from policyc.engines.trace import Decision, Outcome, StatementTrace, Verdict
from policyc.record import record
from policyc.replay.columns.likeness import METHODS, Side, no_problem
from policyc.replay.recorded import Recorded
from policyc.report.outcome import deciding_gate
from policyc.targets.lattice.access_log import session_free

Keys: TypeAlias = tuple[tuple[str, str], ...]


@record
class Said:
    """What policies say to one request: the decision, the statement and gate that decide, the condition that was missed, and for an
    undecided request what the record does not tell. `way` is the path of a packet: a request may be let through by another one."""

    decision: str
    by: str
    missed: str
    unknown: tuple[str, ...]
    way: str = ""


def by_itself(item: Recorded, told: Keys) -> Hashable:
    """Requests with another path or another value are others."""
    return (item.path, told)


class Asker(Protocol):
    """The policies of one state of affairs, for one kind of log or several."""

    def reads(self, key: str) -> bool:
        """Whether a policy may read a key of a record: what nobody reads does not tell requests apart."""

    def caller(self, item: Recorded) -> str:
        """The caller as far as the policies can tell callers apart."""

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        """What is the same of requests with one answer, of those alike in all but their paths and the keys that are `told`."""

    def place(self, item: Recorded) -> Hashable:
        """What is the same of resources and paths with one answer, of requests alike in all else."""

    def side(self) -> Side | None:
        """What columns of VPC Lattice records need to know; None for policies that no such record meets."""

    def answer(self, item: Recorded) -> Said | str:
        """What the policies say, or why they cannot be asked."""


class Many:
    """Askers by kind of log."""

    def __init__(self, askers: Mapping[str, Asker]) -> None:
        self.askers = askers

    def side(self) -> Side | None:
        asker = self.askers.get("vpc-lattice")
        return None if asker is None else asker.side()

    def caller(self, item: Recorded) -> str:
        asker = self.askers.get(item.kind)
        return item.who if asker is None else asker.caller(item)

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        asker = self.askers.get(item.kind)
        return by_itself(item, told) if asker is None else asker.alike(item, told)

    def place(self, item: Recorded) -> Hashable:
        asker = self.askers.get(item.kind)
        return item.path if asker is None else asker.place(item)

    def reads(self, key: str) -> bool:
        return any(asker.reads(key) for asker in self.askers.values())

    def answer(self, item: Recorded) -> Said | str:
        asker = self.askers.get(item.kind)
        if asker is None:
            return f"no policy is given that a record of kind {item.kind} meets"
        return asker.answer(item)


class _Unasked:
    """No policy decides, so that nothing of a record bears on what is said."""

    def reads(self, key: str) -> bool:
        return False

    def caller(self, item: Recorded) -> str:
        return ""

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        return ()

    def place(self, item: Recorded) -> Hashable:
        return ()


class Unguarded(_Unasked):
    """No policy was in force: whoever came to a service of VPC Lattice with auth type NONE was let in."""

    def side(self) -> Side:
        nothing: Callable[[str], bool] = lambda _: False  # noqa: E731
        return Side((), "", nothing, lambda who: "", no_problem, None, False, (), True, METHODS, lambda arn: True)

    def answer(self, item: Recorded) -> Said | str:
        if item.kind != "vpc-lattice":
            return f"that nothing was in force says nothing of a record of kind {item.kind}: only services of VPC Lattice let everybody in then"
        return Said("allow", "no policy in force (auth none)", "", ())


NOT_ASKED: Final = "no policy is asked"


class Nobody(_Unasked):
    """No policies: nobody is asked."""

    def side(self) -> None:
        """There is nothing to know."""

    def answer(self, item: Recorded) -> Said | str:
        return NOT_ASKED


class Names:
    """The names of keys that a set of documents may read: a key whose name stands in none of them is read by none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.text = "\n".join(_spelled_out(text) for text in texts)
        self.whole = self.text.lower()
        self.known: dict[str, bool] = {}
        self.sessions: bool | None = None

    def reads(self, key: str) -> bool:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = key.lower() in _OF_ACTIONS or key.lower() in self.whole
        return found

    def caller(self, item: Recorded) -> str:
        """The caller as far as the documents can tell callers apart."""
        return self.told_apart(item.who)

    def told_apart(self, who: str) -> str:
        """A caller, of a role's session only the role where no document can tell sessions apart."""
        if self.sessions is None:
            self.sessions = any(word in self.whole for word in _OF_SESSIONS)
        return who if self.sessions else session_free(who)


#: keys that a record's action hangs on, whatever documents read
_OF_ACTIONS: Final = ("s3:versionid", "s3-object-lambda:versionid")
#: without any of these a document knows no name of a session
_OF_SESSIONS: Final = (":sts:", "assumed-role", "userid", "rolesessionname")


def _spelled_out(text: str) -> str:
    """A document without the escapes behind which a name could hide."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


#: what decides where no gate asks
_AUTH: Final = "the auth types"


def said_of(outcome: Outcome, item: Recorded) -> Said:
    """The answer in short. A request that went through had a caller whose own policies let it: where only those are open, that is known."""
    decision = outcome.decision
    waiting = [gate for gate in outcome.gates if gate.verdict is Verdict.UNDECIDED]
    if (
        decision is Decision.UNDECIDED
        and item.verdict == "allow"
        and waiting
        and all(g.kind == "identity" and not g.statements for g in waiting)
    ):
        decided = next((gate for gate in reversed(outcome.gates) if gate.decided_by), None)
        by = f"`{decided.decided_by[0].label}` at {decided.title}" if decided is not None else _AUTH
        return Said("allow", by, "", ())
    gate = deciding_gate(outcome)
    if decision is Decision.UNDECIDED:
        return Said(decision.value, "", f"not known: {', '.join(outcome.missing[:3])}", tuple(outcome.missing))
    by, missed = "", ""
    if gate is not None:
        # the gate of a caller bears the name of its session
        where = "the caller's own policies" if gate.kind == "identity" else gate.title
        by = f"`{gate.decided_by[0].label}` at {where}" if gate.decided_by else f"nothing at {where}"
        if gate.verdict is Verdict.SKIPPED:  # no gate asks
            by = _AUTH
        if decision is Decision.DENY and not gate.decided_by and gate.nearest is not None:
            missed = _missed(gate.nearest)
    return Said(decision.value, by, missed, ())


def _missed(nearest: StatementTrace) -> str:
    """What the nearest statement wants; the value that was there differs from record to record."""
    for reason in nearest.misses:
        wants = ", ".join(f"`{value}`" for value in reason.expected[:2])
        more = f" or {len(reason.expected) - 2} more" if len(reason.expected) > 2 else ""
        return f"`{nearest.label}` missed: {reason.subject} {reason.operator} {wants}{more}".rstrip()
    return ""


def distinct(keys: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Keys in any letter case once each; the last one counts."""
    return tuple({name.lower(): (name, value) for name, value in keys}.values())
