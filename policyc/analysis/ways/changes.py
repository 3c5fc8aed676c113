"""What becomes of requests on their way through several hops: classes of them by the hop that answers otherwise, each with a request that the
engine confirms on both sides.

Formulas let no request through that they should not refuse, but what nobody knows of a key behind the first hop may be anything, the same on both
sides: "the same" holds whatever it is, and a request of which the engine says that it hangs on such a key is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from policyc.analysis.classes import Region, because, region_of
from policyc.analysis.compare import MOST_CLASSES, Change
from policyc.analysis.contents import content_of
from policyc.analysis.formula import Lit
from policyc.analysis.solver import Solution
from policyc.analysis.ways.base import Asking, Beside, Gate, Line, Way, Ways, is_meant
from policyc.engines.iam.caller import CallerKind
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.authz import Policy
from policyc.record import record, replace

_NEEDS: Final = "allow if the caller's own policies do"
_HANGING: Final = "some requests hang on what nobody knows of them behind the first hop"


@record
class Answers:
    """One request, and what the engine says to it on the old and the new side."""

    fields: tuple[tuple[str, str], ...]
    old: Outcome
    new: Outcome


#: asks the engine of both sides a request by its fields; a text says why it cannot be asked
Confirm = Callable[[tuple[tuple[str, str], ...]], "Answers | str"]


@record
class HopDifference:
    """A class of requests. `by` lets them pass on the side that allows them, `other` refuses them on the other one, both at the same hop; each is
    empty where no statement does. `decision` is the new one."""

    change: Change
    by: str
    other: str
    region: Region
    because: tuple[str, ...]
    request: tuple[tuple[str, str], ...]
    old: str
    new: str
    decision: Decision


#: a statement that decides at a hop, with the documents that it is in: nothing for those of the hop itself
_Chosen = tuple[Beside, Line]


@record
class HopChanges:
    """All differences, and what keeps them from being all."""

    differences: tuple[HopDifference, ...]
    open: tuple[str, ...] = ()


def compare_ways(old: Ways, new: Ways, scope: Lit, confirm: Confirm) -> HopChanges:
    """What the two sides answer differently; all ways are formulas over one request."""
    compared = _Compared(old.best, new.best, scope, confirm)
    space, doubts = old.best.space, (*old.best.doubts, *new.best.doubts)
    try:
        if not doubts:
            compared.find(new.best, old.best, True)
            compared.find(old.best, new.best, False)
            # what both allow as soon as the caller's own policies do, and one allows without them, or with fewer of them
            both = (old.best.allowed, new.best.allowed)
            for one, other in ((old.worst, new.worst), (old.each, new.each)):
                compared.find(other, one, True, *both)
                compared.find(one, other, False, *both)
            compared.open += space.doubts()
    except TooLarge:
        compared.open.append("the budget of steps ran out")
    except Unmodelled as reason:
        compared.open.append(str(reason))
    finally:
        space.solver.close()
    return HopChanges(tuple(compared.found), tuple(dict.fromkeys((*compared.open, *doubts))))


class _Compared:
    def __init__(self, old: Way, new: Way, scope: Lit, confirm: Confirm) -> None:
        self.old, self.new, self.scope, self.confirm = old, new, scope, confirm
        self.space, self.formula = old.space, old.space.formula
        self.found: list[HopDifference] = []
        self.open: list[str] = []

    def find(self, first: Way, second: Way, gained: bool, *wanted: Lit) -> None:
        """The requests with all of `wanted` that one side alone allows, the new one if they are `gained`."""
        question = self.formula.every((self.scope, first.allowed, -second.allowed, *wanted))
        excluded: list[Lit] = []
        while (solution := self._ask(question, *excluded)) is not None:
            marks = self._class(first, second, gained, solution, (question, *excluded))
            excluded.append(-self.formula.every(marks))
            if len(self.found) > MOST_CLASSES:
                self.open.append(f"more than {MOST_CLASSES} classes of requests change")
                return

    def _ask(self, *wanted: Lit) -> Solution | None:
        """A request, of a role that reads an object where there is such."""
        callers = self.space.callers
        likely = [callers.kind(CallerKind.ROLE), -callers.service_linked()]
        reads = [lit for name, lit in self.new.verbs if name == "GetObject"]
        hopes = [[*likely, *reads], likely, []]
        return self.space.ask(*wanted, *self.old.world, *self.new.world, hopes=hopes)

    def _class(
        self, first: Way, second: Way, gained: bool, solution: Solution, asked: Sequence[Lit]
    ) -> tuple[Lit, ...]:
        """Note the class of a request, and return what marks it."""

        def holds(lit: Lit) -> bool:
            return self.space.solver.truth(lit, solution) is True

        at = next((at for at, gate in enumerate(second.gates) if holds(-gate.allowed)), -1)
        if at < 0:  # the key of the bucket, of which nothing is known
            self.open.append(_HANGING)
            return (-second.allowed,)
        passing, refusing = first.gates[at], second.gates[at]
        allow = _chosen(passing, refusing, "allow", holds)
        deny = _chosen(refusing, passing, "deny", holds)
        marks = [-refusing.allowed, *(found[1].lit for found in (allow, deny) if found is not None)]
        confirmed = self._confirmed(self.new.asking(solution), gained)
        if not isinstance(confirmed, tuple):
            self.open += confirmed
            return tuple(marks)
        change, answers = confirmed
        told = _told_by(refusing, answers.old if gained else answers.new)
        reasons = self._reasons(passing, refusing, allow, deny, gained)
        region = Region((), (), (), ())
        if allow is not None:
            region = self._region(*allow, passing, [*asked, *marks], solution)
        found = HopDifference(
            change,
            "" if allow is None else allow[1].label,
            "" if deny is None else deny[1].label,
            region,
            tuple(f"at the {told}: {text}" for text in reasons),
            answers.fields,
            _said(answers.old, answers.new),
            _said(answers.new, answers.old),
            answers.new.decision,
        )
        if all((one.change, one.because) != (found.change, found.because) for one in self.found):
            self.found.append(found)
        return tuple(marks)

    def _region(self, held: Beside, line: Line, gate: Gate, marks: Sequence[Lit], solution: Solution) -> Region:
        """What the requests of a class have in common, as the statement says that lets them pass."""
        region = region_of(self.space, line.statement, marks, self._ask, solution)
        can = line.statement.can
        if can is not None and not can.negated and len(can.verbs) > 1:
            asked = {
                verb.name: [lit for name, lit in self.new.verbs if is_meant(verb, gate.actions.get(name) or "")]
                for verb in can.verbs
            }
            kept = [name for name, lits in asked.items() if lits and self._ask(*marks, self.formula.some(lits))]
            region = replace(region, what=tuple(kept) or region.what)
        return replace(region, who=(held.whose,)) if held.whose else region

    def _confirmed(self, asking: Asking, gained: bool) -> tuple[Change, Answers] | list[str]:
        """What the engine says of a request that one side alone allows, the new one if it is `gained`, in the words that say less where that is enough; why that leaves it open."""
        why: list[str] = []
        for fields in dict.fromkeys((asking.plain, asking.fields)):
            answers = self.confirm(fields)
            if isinstance(answers, str):
                why = [f"the engine cannot be asked: {answers}"]
            elif (change := _change(answers, gained)) is not None:
                return change, answers
            else:
                open_gates = [
                    gate for outcome in (answers.old, answers.new) for gate in _open(outcome) if not gate.wants
                ]
                why = [f"some requests are left open at the {_hop(gate)}: {gate.summary}" for gate in open_gates]
        return why or [_HANGING]

    def _reasons(
        self, passing: Gate, refusing: Gate, allow: _Chosen | None, deny: _Chosen | None, gained: bool
    ) -> tuple[str, ...]:
        """What makes the difference at a hop, in sentences."""
        out: list[str] = []
        for chosen, mine, theirs, is_new in ((allow, passing, refusing, gained), (deny, refusing, passing, not gained)):
            if chosen is not None:
                title, line = chosen[0].title, chosen[1]
                found = [_groups(gate).get(title) for gate in (mine, theirs)]
                one, other = (() if item is None else item.lines for item in found)
                policies = [self._as_policy(lines) for lines in (one, other)]
                told = because(policies[0].statements[one.index(line)], None, policies[0], policies[1], is_new)
                out += [f"{text} in the {title}" if title else text for text in told]
        return tuple(dict.fromkeys(out)) or ("it " + ("no longer refuses them" if gained else "refuses them now"),)

    def _as_policy(self, lines: Sequence[Line]) -> Policy:
        """The statements of a gate as one document, each under the label that people know."""
        found = tuple(replace(line.statement, label=line.label) for line in lines)
        on = self.new.resource
        return Policy("gate", "", on, found, on.file, on.span)


def _groups(gate: Gate) -> dict[str, Beside]:
    """The documents that count at a gate, those of the gate itself without a title."""
    held = (Beside("", "", (*gate.allows, *gate.denies)), *gate.beside)
    return {item.title: item for item in held}


def _chosen(mine: Gate, theirs: Gate, effect: str, holds: Callable[[Lit], bool]) -> _Chosen | None:
    """The statement of a gate that matches, one that the other side lacks first."""
    others = {item.title: {content_of(line.statement) for line in item.lines} for item in _groups(theirs).values()}
    held = [
        (item, line)
        for item in _groups(mine).values()
        for line in item.lines
        if line.statement.effect == effect and holds(line.lit)
    ]
    changed = (one for one in held if content_of(one[1].statement) not in others.get(one[0].title, set()))
    return next(changed, held[0] if held else None)


def _told_by(gate: Gate, outcome: Outcome) -> str:
    """The hop for people, as the engine calls it."""
    found = next((item for item in outcome.gates if item.kind == gate.kind), None)
    return f"{gate.kind.replace('_', ' ')} `{gate.names[-1]}`" if found is None else _hop(found)


def _hop(gate: GateTrace) -> str:
    return f"{gate.kind.replace('_', ' ')} `{gate.name}`"


# --- what the engine says -----------------------------------------------------------------------------------------


def _change(answers: Answers, gained: bool) -> Change | None:
    """What becomes of a request; None where what one of the sides says hangs on more than policies of the caller that nobody gave."""
    denied = [outcome.decision is Decision.DENY for outcome in (answers.old, answers.new)]
    old, new = _needs(answers.old), _needs(answers.new)
    if all(denied) or old is None or new is None:
        return None
    if any(denied):
        return Change.ALLOWED if denied[0] else Change.DENIED
    if gained:
        return Change.GRANTED if old - new else None
    return Change.UNGRANTED if new - old else None


def _needs(outcome: Outcome) -> frozenset[str] | None:
    """The hops at which policies of the caller that nobody gave have to allow a request; None where it hangs on something else."""
    if outcome.decision is not Decision.UNDECIDED:
        return frozenset()
    wants = {text for gate in _open(outcome) for text in gate.wants}
    if not wants or not all(gate.wants for gate in _open(outcome)) or not wants.issuperset(outcome.missing):
        return None
    return frozenset(gate.kind for gate in _open(outcome))


def _open(outcome: Outcome) -> list[GateTrace]:
    return [gate for gate in outcome.gates if gate.verdict is Verdict.UNDECIDED]


def _said(outcome: Outcome, other: Outcome) -> str:
    """What the engine says, beside what it says on the other side."""
    if outcome.decision is Decision.UNDECIDED:
        hops = ", ".join(gate.kind.replace("_", " ") for gate in _open(outcome))
        return f"{_NEEDS} at the {hops}" if other.decision is Decision.UNDECIDED else _NEEDS
    found = next((gate for gate in outcome.gates if gate.name == outcome.deciding), None)
    return outcome.decision.value if found is None or outcome.decision is Decision.ALLOW else found.verdict.value
