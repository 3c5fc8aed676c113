"""An answer in short, as a replay counts it, and what gives one."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from policyc.engines.trace import Decision, Outcome, StatementTrace, Verdict
from policyc.record import record, replace
from policyc.replay.columns.likeness import METHODS, Side, no_problem
from policyc.replay.recorded import RESOURCE_ACCOUNT, Recorded
from policyc.report.outcome import deciding_gate
from policyc.targets.lattice.access_log import at_odds, session_free

Keys: TypeAlias = tuple[tuple[str, str], ...]
#: what no log tells of a request to a bucket (`IDENTITY`, `OWNER`), each as one of the things that it may be
State: TypeAlias = tuple[str, str]
IDENTITY: Final = "an identity policy of the caller"
OWNER: Final = "the account of the resource (`--resource-account`)"
_OPEN: Final = (IDENTITY, OWNER)


@record
class Said:
    """What policies say to one request: the decision, the statement and gate that decide, the condition that was missed, and for an
    undecided request what the record does not tell. `at_odds` is what speaks against the log even where it says the same. `way` is the path of a packet: a request may be let through by another one. `states` holds
    what is said in each state of affairs that no log tells; the answer follows from them and the outcome in the log (`as_logged`)."""

    decision: str
    by: str
    missed: str
    unknown: tuple[str, ...]
    way: str = ""
    states: tuple[tuple[State, Said], ...] = ()
    at_odds: str = ""

    def contradicts(self, verdict: str) -> bool:
        """Whether the log says otherwise."""
        return bool(verdict) and (bool(self.at_odds) or self.decision not in ("undecided", verdict))


#: protocols of a service that takes connections, and why others are not asked about one
OF_CONNECTIONS: Final = ("tls_passthrough", "mixed")
NO_CONNECTIONS: Final = (
    "it is a connection, and its service has no TLS passthrough (--protocol tls_passthrough, or mixed)"
)


def as_logged(verdict: str, old: Said, new: Said) -> tuple[Said, Said]:
    """The answers of the policies in force and of the new ones where they hang on what no log tells: a request that went through leaves those states of
    affairs alone in which the policies in force let it."""
    if not (old.states or new.states):
        return old, new
    left = [state for state, said in old.states if verdict != "allow" or said.decision != "deny"]
    return _joined(old, left), _joined(new, left)


def _joined(said: Said, left: Sequence[State]) -> Said:
    """One answer for the states that are left; for all of them where none is."""
    if not said.states:
        return said
    held = {state: one for state, one in said.states if state in left} or dict(said.states)
    answers = list(held.values())
    if len({one.decision for one in answers}) == 1 and answers[0].decision != "undecided":
        return answers[0]
    apart = [
        [at for at in range(len(_OPEN)) if state[at] != other[at]]
        for state, one in held.items()
        for other, two in held.items()
        if one.decision != two.decision
    ]
    named = {dims[0] for dims in apart if len(dims) == 1} or {at for dims in apart for at in dims}
    keys = dict.fromkeys(name for one in answers for name in one.unknown)
    return undecided(*(_OPEN[at] for at in sorted(named)), *keys)


def undecided(*unknown: str) -> Said:
    """The answer that hangs on what is not known."""
    return Said("undecided", "", f"not known: {', '.join(unknown[:3])}", unknown)


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

    def quotes(self, kind: str) -> bool:
        """Whether it may hold values of the request why policies cannot be asked about one of a kind."""


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
        return (item.where, item.path) if asker is None else asker.place(item)

    def quotes(self, kind: str) -> bool:
        return kind in self.askers and self.askers[kind].quotes(kind)

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

    def quotes(self, kind: str) -> bool:
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
            found = self.known[key] = key.lower() in _ALWAYS_READ or key.lower() in self.whole
        return found

    def caller(self, item: Recorded) -> str:
        """The caller as far as the documents can tell callers apart."""
        return self.told_apart(item.who)

    def told_apart(self, who: str) -> str:
        """A caller, of a role's session only the role where no document can tell sessions apart."""
        if self.sessions is None:
            self.sessions = any(word in self.whole for word in _OF_SESSIONS)
        return who if self.sessions else session_free(who)


#: keys that a record's action and the owner of its resource hang on, whatever documents read
_ALWAYS_READ: Final = ("s3:versionid", "s3-object-lambda:versionid", RESOURCE_ACCOUNT.lower())
#: without any of these a document knows no name of a session
_OF_SESSIONS: Final = (":sts:", "assumed-role", "userid", "rolesessionname")


def _spelled_out(text: str) -> str:
    """A document without the escapes behind which a name could hide."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


#: the gate of a caller, whose own name bears that of its session
OWN_POLICIES: Final = "the caller's own policies"
#: what decides where no gate asks
_AUTH: Final = "the auth types"


def said_of(outcome: Outcome, item: Recorded, supposed: bool = False) -> Said:
    """The answer in short, and what speaks against the log."""
    said, odds = _said_of(outcome, item, supposed), at_odds(outcome, item.refuser)
    return replace(said, at_odds=odds) if odds else said


def _said_of(outcome: Outcome, item: Recorded, supposed: bool) -> Said:
    """The answer in short. A request that went through had a caller whose own policies let it: where only those are open, that is known. What those
    say may be `supposed`, so that no statement of theirs has a name."""
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
        return undecided(*outcome.missing)
    by, missed = "", ""
    if gate is not None:
        # the gate of a caller bears the name of its session
        where = OWN_POLICIES if gate.kind == "identity" else gate.title
        by = f"`{gate.decided_by[0].label}` at {where}" if gate.decided_by else f"nothing at {where}"
        if supposed and gate.kind == "identity" and gate.decided_by:
            by = where
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
