"""What changes between two versions of one document, over all requests: classes of requests with a confirmed witness each, or a proof
that there are none.

A class is one statement that a request owes its new answer to, and one thing on the other side that kept it from having that answer
before. It is found by its first witness and then excluded, until nothing is left: the classes together are all that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from policyc.analysis.callers import SIGNED
from policyc.analysis.classes import Region, because, is_told_whole, region_of, twin_of
from policyc.analysis.conditions import Bindings, some_bindings
from policyc.analysis.contents import content_of, contents_of
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.keys import MOST_VALUES
from policyc.analysis.overlap import touching
from policyc.analysis.question import Space
from policyc.analysis.resting import bearing_on
from policyc.analysis.solver import BUDGET, Solution
from policyc.analysis.unchanged import Split, Unchanged, split
from policyc.analysis.witness import Witness, decided, has_open_deny, opaque_of, witness_of
from policyc.engines.iam.caller import CallerKind, Grant
from policyc.engines.iam.decision import weigh
from policyc.engines.iam.document import Document
from policyc.engines.iam.explanation import other_choices
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.engines.proofs.texts import Pattern
from policyc.engines.trace import Verdict
from policyc.ir.authz import Policy, Statement
from policyc.record import record
from policyc.targets.iam_documents.kinds import GRANTING

#: classes of one document that are told apart; what is left past that is said to be left
MOST_CLASSES: Final = 50


class Change(StrEnum):
    """What becomes of a request."""

    ALLOWED = "newly allowed"
    DENIED = "newly denied"
    BLOCKED = "newly blocked"
    UNBLOCKED = "no longer blocked"
    UNDECIDED = "now undecided"
    GRANTED = "newly granted"
    UNGRANTED = "no longer granted"


#: classes that one deny makes with statements that did not change, before the rest of them is told as one
_MOST_ALIKE: Final = 3
#: kinds of documents that bound those who carry others, for people
_BOUNDING: Final = {"boundary": "permissions boundary", "scp": "service control policy"}
#: values of one key that are told apart at first, which is mostly enough and much less work
_FEW_VALUES: Final = 4
#: the changes that documents of IAM can make
_ASKED: Final = (Change.ALLOWED, Change.DENIED, Change.BLOCKED, Change.UNBLOCKED)


class Disagreement(Exception):
    """The engine does not say of a witness what the analysis says: a mistake in policyc. The text shows the witness."""


@record
class Perhaps:
    """What may refuse requests that a document allows, of which it is not known whether it does: `what` says so, `version` is its document where that
    is given."""

    what: str
    version: Version | None


@record
class Version:
    """One side: a document as the IR has it, and as the engine that decides does. With a `carrier` (the ARN of a role or user) only requests
    of that caller meet it, with the ARN of an account's root those of its callers, service-linked roles aside. One that does not `ask` stands for a gate that lets everybody pass. `whose` says in words
    whose requests a document is about that names no callers. Where it is looked at alone, `beside` are the others that have to allow, and
    `within` patterns of the resources that requests are about (none: all), and `perhaps` what may take requests away besides; `taken` are
    values of holes that nothing tells from others."""

    policy: Policy
    document: Document
    carrier: str = ""
    asks: bool = True
    whose: str = ""
    beside: tuple[Version, ...] = ()
    within: tuple[Pattern, ...] = ()
    perhaps: tuple[Perhaps, ...] = ()
    taken: Mapping[str, str] = MappingProxyType({})

    def meets(self, witness: Witness) -> bool:
        """Whether a request meets the document: what a user carries bounds the federated sessions that the user made, too."""
        caller = witness.request.caller
        if self.carrier.endswith(":root"):
            account = self.carrier.split(":")[4]
            return caller.kind in SIGNED and caller.account == account and not caller.is_service_linked
        return not self.carrier or self.carrier in (caller.principal_arn, caller.creator)


@record
class Difference:
    """A class of requests. `by` is the statement that a request owes its answer to on the side that has it (None for a default
    deny), `other` the statement that decided on the other side (None where none matched). `grants` are what both sides grant, where that
    makes the difference, `switches` are those of which another choice answers the witness otherwise."""

    change: Change
    by: Statement | None
    other: Statement | None
    witness: Witness
    old: Verdict
    new: Verdict
    region: Region
    because: tuple[str, ...]
    grants: tuple[Grant, Grant] | None = None
    switches: tuple[str, ...] = ()


@record
class Compared:
    """All differences of a document. `settled` tells that there are no others; `open` says what keeps it from being so, `rests` names the switches that bear on
    what changed: with other choices there may be others."""

    differences: tuple[Difference, ...]
    settled: bool
    open: tuple[str, ...] = ()
    rests: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether every request is proven to be answered alike."""
        return self.settled and not self.differences


def compare(
    old: Sequence[Version], new: Sequence[Version], budget: int = BUDGET, within: Sequence[Pattern] = ()
) -> Compared:
    """Every class of requests that the two sides answer differently. A side is one document, or several that must all allow, each at the
    place of its counterpart; `within` are patterns of the resources that requests are about, all when there are none. Raises Disagreement."""
    splits = [split(one.policy, other.policy) for one, other in zip(old, new, strict=True)]
    changed = [statement for item in splits for statement in (*item.old, *item.new)]
    rests = bearing_on(*([version.document for version in side] for side in (old, new)))
    if not changed:
        return Compared((), True, rests=rests)
    # a request that is answered otherwise matches something that changed
    splits = [replace(item, both=tuple(touching(item.both, changed))) for item in splits]
    for most in (_FEW_VALUES, MOST_VALUES):
        found: list[Difference] = []
        left: list[str] = []
        doubts: list[str] = []
        try:
            comparison = _Comparison(tuple(old), tuple(new), splits, budget, within, most=most)
            for change in _ASKED:
                found.extend(comparison.differences(change, left))
            found.extend(comparison.grants(left))
            doubts = comparison.space.doubts()
            comparison.close()
        except TooLarge:
            left.append("the budget of steps ran out")
        except Unmodelled as reason:
            left.append(str(reason))
        if not doubts:
            break
    left.extend(doubts)
    return Compared(tuple(found), not left, tuple(dict.fromkeys(left)), rests)


def covers(
    known: Sequence[Difference],
    of: Sequence[Sequence[Version]],
    old: Sequence[Version],
    new: Sequence[Version],
    within: Sequence[Pattern] = (),
) -> bool:
    """Whether the classes that are `known` are all that changes, whatever two sides leave open: they are those `of` the same documents with some values, and
    each is told with everything that its statement names."""
    own: dict[int, Statement] = {}
    for version, other in zip((*old, *new), (one for side in of for one in side), strict=True):
        own |= zip(map(id, other.policy.statements), version.policy.statements, strict=False)
    met = [statement for item in known for statement in (item.by, item.other) if statement is not None]
    whole = all(is_told_whole(item.by or item.other, item.region) for item in known)
    if not whole or not all(id(statement) in own for statement in met):
        return False
    meant = [
        replace(
            item,
            by=None if item.by is None else own[id(item.by)],
            other=None if item.other is None else own[id(item.other)],
        )
        for item in known
    ]
    left: list[str] = []
    try:
        splits = [split(one.policy, other.policy) for one, other in zip(old, new, strict=True)]
        comparison = _Comparison(tuple(old), tuple(new), splits, BUDGET, within)
        for change in _ASKED:
            every = comparison.space.formula.every
            marks = [-every(comparison._marks(change, item)) for item in meant if item.change is change]
            if comparison.ask(comparison._question(change)[2], *marks) is not None:
                return False
        comparison.grants(left)
        left += comparison.space.doubts()
        comparison.close()
    except (TooLarge, Unmodelled):
        return False
    return not left


@record
class _Said:
    """What documents say together: the statements that allow and that deny, and whether one does; `allowed` where all of them allow."""

    allows: tuple[Statement, ...]
    denies: tuple[Statement, ...]
    some_allow: Lit
    some_deny: Lit
    allowed: Lit


class _Comparison:
    """Two versions in one space."""

    def __init__(
        self,
        old: tuple[Version, ...],
        new: tuple[Version, ...],
        splits: Sequence[Split],
        budget: int,
        within: Sequence[Pattern] = (),
        bindings: Bindings | None = None,
        most: int = MOST_VALUES,
    ) -> None:
        self.old, self.new, self.budget, self.within, self.bindings = old, new, budget, within, bindings
        self.splits = splits
        self.unchanged: list[Unchanged] = []
        #: the same with some values for policy variables, by what is asked and which values they are; None for one that is too large. What one
        #: question looked into another might take for what it hangs on
        self.tried: dict[tuple[Change, int], _Comparison | None] = {}
        self.space = Space([item.policy for item in (*old, *new)], bindings, budget, within=within, most=most)
        #: who meets a document, by the statements of those that not everybody meets
        self.only = {
            id(item): self._callers(version)
            for version in (*old, *new)
            if version.carrier
            for item in version.policy.statements
        }
        self.before, self.after = self._said(Grant.DELEGATION)
        #: the weakest grants that are told apart beside whether there is one at all, where a caller's own policies may be left out
        levels = (Grant.LIMITED, Grant.STAR) if all(item.policy.kind in GRANTING for item in (*old, *new)) else ()
        self.granted = {level: self._said(level) for level in levels}

    def ask(self, *wanted: Lit, by: Sequence[CallerKind] = ()) -> Solution | None:
        """A request for which all of `wanted` hold, with regard to all statements, of a caller of the first kind of `by` that readily makes
        one; None: proven that there is none."""
        parts = self.unchanged
        while True:
            facts = [fact for item in parts for fact in item.facts]
            known = [-atom for item in parts for atom in item.others]
            kinds = [lit for kind in by if (lit := self.space.callers.kind(kind)) != FALSE]
            hopes = [*([*known, kind] for kind in kinds), *([known] if known else []), []]
            unsure, self.space.unsure = self.space.unsure, False
            solution = self.space.ask(*wanted, *facts, hopes=hopes)
            again = [item.spell_all() for item in parts] if solution is None and self.space.unsure else []
            self.space.unsure = unsure or (self.space.unsure and not any(again))
            if any(again):
                continue
            if solution is None:
                return None
            if opaque_of(self.space, solution):
                again = [item.spell_all() for item in parts]
            elif not any(again := [item.spell_out(solution) for item in parts]):
                request = witness_of(self.space, solution).request
                matching = {id(item.document): item.document.masks.masks(request, False)[0] for item in parts}
                again = [item.meet(solution, matching[id(item.document)]) for item in parts]
            if not any(again):
                return solution

    def _said(self, level: Grant) -> tuple[_Said, _Said]:
        """What both sides say, of allows what they grant at least."""

        def meaning(version: Version) -> Callable[[Statement], Lit]:
            callers = self._callers(version)

            def means(statement: Statement) -> Lit:
                parts = [self.space.statement(statement), callers]
                if level is not Grant.DELEGATION and statement.effect == "allow":
                    parts.append(self.space.callers.granted(statement.who, level))
                return self.space.formula.every(parts)

            return means

        shared: list[dict[str, Lit]] = []
        for at, (found, version) in enumerate(zip(self.splits, self.new, strict=True)):
            means = meaning(version)
            atoms: dict[str, Lit] = {}
            for effect in ("allow", "deny"):
                both = [item for item in found.both if item.effect == effect]
                name = effect if effect == "deny" else f"{effect} {level}"
                part = Unchanged(self.space, at, name, both, version.document, means)
                self.unchanged.append(part)
                atoms[effect] = part.atom
            shared.append(atoms)
        sides = ((self.old, [item.old for item in self.splits]), (self.new, [item.new for item in self.splits]))
        before, after = (self._side(side, own, shared, meaning) for side, own in sides)
        return before, after

    def _side(
        self,
        side: Sequence[Version],
        own: Sequence[Sequence[Statement]],
        shared: Sequence[Mapping[str, Lit]],
        meaning: Callable[[Version], Callable[[Statement], Lit]],
    ) -> _Said:
        """What documents say that must all allow."""
        formula = self.space.formula
        allows, denies = [], []
        for version, listed, atoms in zip(side, own, shared, strict=True):
            means = meaning(version)
            lits = {"allow": [atoms["allow"], -self._callers(version)], "deny": [atoms["deny"]]}
            for item in listed:
                lits[item.effect].append(means(item))
            allows.append(formula.some(lits["allow"]))
            denies.append(formula.some(lits["deny"]))
        allow, deny = formula.every(allows), formula.some(denies)
        of = {
            effect: tuple(item for one in side for item in one.policy.statements if item.effect == effect)
            for effect in ("allow", "deny")
        }
        return _Said(of["allow"], of["deny"], allow, deny, formula.every((allow, -deny)))

    def differences(self, change: Change, left: list[str]) -> Sequence[Difference]:
        """The classes of one change; what is not settled is added to `left`."""
        question = self._question(change)[2]
        found: list[Difference] = []
        excluded: list[Lit] = []
        # a stranger shows best what is granted, and a role what most callers are
        by = (CallerKind.ANONYMOUS, CallerKind.ROLE) if change is Change.ALLOWED else (CallerKind.ROLE,)
        while (solution := self.ask(question, *excluded, by=by)) is not None:
            if len(found) >= MOST_CLASSES:
                left.append(f"more than {MOST_CLASSES} classes of requests are {change}")
                break
            unknown = opaque_of(self.space, solution)
            one = self._bound(change, found) if unknown else self._explained(change, solution)
            if one is None:
                left.extend(unknown or ("what is decided hangs on values that are not known",))
                break
            alike = [item for item in found if item.other is one.other]
            if one.other is not None and len(alike) >= _MOST_ALIKE and not self._changed(one.by):
                one = self._by_deny(
                    change, one, [-self.space.formula.every(self._marks(change, item)) for item in alike]
                )
            found.append(one)
            excluded.append(-self.space.formula.every(self._marks(change, one)))
        return found

    def _changed(self, statement: Statement | None) -> bool:
        """Whether a statement stands on one side only."""
        held = [one.policy for side in (self.old, self.new) for one in side]
        return statement is not None and sum(content_of(statement) in contents_of(policy) for policy in held) < 2

    def _by_deny(self, change: Change, found: Difference, besides: Sequence[Lit]) -> Difference:
        """The class of all requests that owe their answer to the deny, whatever allows them."""
        assert found.other is not None
        first, _, question = self._question(change)
        whole = replace(found, by=None)
        region = region_of(self.space, found.other, [question, *self._marks(change, whole), *besides], self.ask)
        return replace(whole, region=region, because=self._because(None, found.other, first is self.after))

    def grants(self, left: list[str]) -> Sequence[Difference]:
        """The classes of requests that are allowed by both versions, but with more or less asked of the caller's own policies."""
        found: list[Difference] = []
        every = self.space.formula.every
        for level, (before, after) in self.granted.items():
            for change, one, other in ((Change.GRANTED, after, before), (Change.UNGRANTED, before, after)):
                question = every((one.allowed, -other.allowed, self.before.allowed, self.after.allowed))
                excluded: list[Lit] = []
                while (solution := self.ask(question, *excluded)) is not None:
                    known = not opaque_of(self.space, solution) and len(found) < MOST_CLASSES
                    made = self._granted(change, level, witness_of(self.space, solution)) if known else None
                    if made is None:
                        left.append(f"which requests are {change} hangs on values that are not known")
                        break
                    if not any(item.by is made.by and item.change is change for item in found):
                        found.append(made)
                    if made.by is None:
                        break
                    excluded.append(-self.space.statement(made.by))
        return found

    def _granted(self, change: Change, level: Grant, witness: Witness) -> Difference | None:
        """The class of a witness of `grants`; None where values that are not known leave it open."""
        gained = change is Change.GRANTED
        weights = [weigh([item.document for item in side], witness.request) for side in (self.old, self.new)]
        if any(item.grant_can is not item.grant_must for item in weights):
            return None
        old, new = (item.grant_must for item in weights)
        if not (old < level <= new if gained else new < level <= old):
            raise Disagreement(f"{change} was found, and the engine says otherwise: {'; '.join(witness.lines())}")
        side = self.new if gained else self.old
        by = None
        for one in side:
            can, _ = one.document.masks.masks(witness.request, False)
            for item in one.policy.statements:
                if (
                    item.effect == "allow"
                    and can >> item.index & 1
                    and self.space.callers.granted(item.who, level) != FALSE
                ):
                    by = by or item
        region = (
            Region((), (), (), ()) if by is None else region_of(self.space, by, [self.space.statement(by)], self.ask)
        )
        because = self._because(by, None, gained) or ("the caller is named, not only its account",)
        return Difference(change, by, None, witness, Verdict.ALLOW, Verdict.ALLOW, region, because, (old, new))

    def _bound(self, change: Change, known: Sequence[Difference]) -> Difference | None:
        """A class that shows when policy variables have some values; None where none of a few does."""
        if self.bindings is not None:
            return None
        for number, bindings in enumerate(some_bindings(self.space.policies)):
            at = (change, number)
            if at in self.tried and self.tried[at] is None:
                continue
            try:
                tried = self.tried.get(at) or _Comparison(
                    self.old, self.new, self.splits, self.budget, self.within, bindings
                )
                self.tried[at] = tried
                question = tried._question(change)[2]
                marks = [-tried.space.formula.every(tried._marks(change, one)) for one in known]
                solution = tried.ask(question, *marks)
                if solution is not None and not opaque_of(tried.space, solution):
                    return tried._explained(change, solution)
            except (TooLarge, Unmodelled):
                self.tried[at] = None  # what is too large is so for every class
        return None

    def close(self) -> None:
        """Give back what the solvers hold."""
        for one in (self, *filter(None, self.tried.values())):
            one.space.solver.close()

    def _question(self, change: Change) -> tuple[_Said, _Said, Lit]:
        before, after, every = self.before, self.after, self.space.formula.every
        match change:
            case Change.ALLOWED:
                return after, before, every((after.allowed, -before.allowed))
            case Change.DENIED:
                return before, after, every((before.allowed, -after.allowed))
            case Change.BLOCKED:
                return after, before, every((after.some_deny, -before.some_deny, -before.allowed))
            case Change.UNBLOCKED:
                return before, after, every((before.some_deny, -after.some_deny, -after.allowed))
            case Change.UNDECIDED | Change.GRANTED | Change.UNGRANTED:
                return after, before, FALSE  # asked otherwise, or never so of documents of IAM

    def _explained(self, change: Change, solution: Solution) -> Difference | None:
        """The class of a request, which the engine is asked to confirm; None where that leaves it open, for values that are not known."""
        witness = witness_of(self.space, solution)
        first, second, question = self._question(change)
        old, new = decided(self.old, witness), decided(self.new, witness)
        if Verdict.UNDECIDED in (old, new):
            return None
        if not _as_claimed(change, old, new):
            if change in (Change.BLOCKED, Change.UNBLOCKED) and has_open_deny((*self.old, *self.new), witness):
                return None
            shown = "; ".join(witness.lines())
            raise Disagreement(f"{change} was found, and the engine says `{old}` before and `{new}` after: {shown}")
        allowing = change in (Change.ALLOWED, Change.DENIED)
        by = self._matching(first.allows if allowing else first.denies, first is self.after, witness)
        other = self._matching(second.denies, second is self.after, witness) if allowing else None
        switches = self._deciding(witness, (old, new))
        found = Difference(change, by, other, witness, old, new, Region((), (), (), ()), (), switches=switches)
        region = found.region
        if by is not None:
            region = region_of(self.space, by, [question, *self._marks(change, found)], self.ask, solution)
        carrier = next(
            (one.carrier for one in (*self.old, *self.new) if any(item is by for item in one.policy.statements)), ""
        )
        region = replace(region, who=(whose(carrier),)) if carrier else region
        kept = by if change is not Change.DENIED or self._is_lost(by, witness) else None
        return replace(found, region=region, because=self._because(kept, other, first is self.after))

    def _deciding(self, witness: Witness, said: tuple[Verdict, Verdict]) -> tuple[str, ...]:
        """The switches of which another choice answers a request otherwise on one side."""
        documents = [item.document for item in (*self.old, *self.new) if item.meets(witness)]
        found = (
            choice[0]
            for choice in other_choices(documents, witness.request)
            if (decided(self.old, witness, choice), decided(self.new, witness, choice)) != said
        )
        return tuple(dict.fromkeys(found))

    def _is_lost(self, statement: Statement | None, witness: Witness) -> bool:
        """Whether what an old statement became no longer matches a request, so that its change is a cause."""
        for one, counterpart in zip(self.old, self.new, strict=True):
            if any(item is statement for item in one.policy.statements) and statement is not None:
                twin = twin_of(statement, one.policy, counterpart.policy)
                can, _ = counterpart.document.masks.masks(witness.request, False)
                return twin is None or twin.effect != statement.effect or not can >> twin.index & 1
        return True

    def _because(self, by: Statement | None, other: Statement | None, gained: bool) -> tuple[str, ...]:
        mine, theirs = (self.new, self.old) if gained else (self.old, self.new)
        out: list[str] = []
        for one, counterpart in zip(mine, theirs, strict=True):
            if counterpart.asks and not one.asks:
                bound = _BOUNDING.get(one.policy.kind)
                out.append(
                    f"a gate {'no longer asks' if gained else 'now asks'} who calls"
                    if bound is None
                    else f"no {bound} bounds them any more"
                    if gained
                    else f"a {bound} bounds them now"
                )
            elif counterpart.asks and by is not None and any(item is by for item in one.policy.statements):
                out += because(by, None, one.policy, counterpart.policy, gained)
            if other is not None and any(item is other for item in counterpart.policy.statements):
                out += because(None, other, one.policy, counterpart.policy, gained)
        return tuple(dict.fromkeys(out))

    def _marks(self, change: Change, found: Difference) -> list[Lit]:
        """The literals that mark the requests of a class."""
        first, second, _ = self._question(change)
        allowing = change in (Change.ALLOWED, Change.DENIED)
        default = first.some_allow if allowing else first.some_deny
        return [
            default if found.by is None else self._literal(found.by),
            -second.some_deny if found.other is None else self._literal(found.other),
        ]

    def _literal(self, statement: Statement) -> Lit:
        """Whether a statement matches, and its document is met."""
        return self.space.formula.every((self.space.statement(statement), self.only.get(id(statement), TRUE)))

    def _callers(self, version: Version) -> Lit:
        """Who meets a document."""
        return self.space.callers.carrying(version.carrier)

    def _matching(self, listed: Sequence[Statement], after: bool, witness: Witness) -> Statement | None:
        """The first of some statements that matches the witness, those that the other version lacks first."""
        mine, theirs = (self.new, self.old) if after else (self.old, self.new)
        wanted = {id(item) for item in listed}
        held: list[Statement] = []
        for one, counterpart in zip(mine, theirs, strict=True):
            if not one.meets(witness) or _is_no_boundary(one):
                continue
            can, _ = one.document.masks.masks(witness.request, False)
            others = contents_of(counterpart.policy)
            matching = [item for item in one.policy.statements if can >> item.index & 1 and id(item) in wanted]
            held += matching
            changed = next((item for item in matching if content_of(item) not in others), None)
            if changed is not None:
                return changed
        return held[-1] if held else None


def whose(carrier: str) -> str:
    """Who meets a document with a `carrier`, for people."""
    return f"callers of the account {carrier.split(':')[4]}" if carrier.endswith(":root") else carrier


def _is_no_boundary(version: Version) -> bool:
    """Whether a document stands for a boundary or control policies that are not there, of which there is nothing to tell."""
    return version.policy.kind in _BOUNDING and not version.asks


def _as_claimed(change: Change, old: Verdict, new: Verdict) -> bool:
    match change:
        case Change.ALLOWED:
            return new is Verdict.ALLOW and old in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
        case Change.DENIED:
            return old is Verdict.ALLOW and new in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
        case Change.BLOCKED:
            return new is Verdict.EXPLICIT_DENY and old is Verdict.IMPLICIT_DENY
        case Change.UNBLOCKED:
            return old is Verdict.EXPLICIT_DENY and new is Verdict.IMPLICIT_DENY
        case Change.UNDECIDED | Change.GRANTED | Change.UNGRANTED:
            return False
