"""What changes between two versions of Cedar policies, over all requests: classes of requests with one context of each that Cedar
confirms on both versions, or a proof that there are none.

Both versions are formulas over the same tests of the same attributes (`policyc.analysis.cedar_formula`), and a SAT solver looks for a way that
these can be in which the answers differ. A test that has no form (arithmetic, times, who asks) may
come out either way: what is the same whatever it comes to is proven, what hangs on it is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from policyc.analysis.cedar_formula import CedarFormula
from policyc.analysis.compare import MOST_CLASSES, Change, Disagreement
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.solver import Solution, Solver
from policyc.engines.cedar.decide import About, PartialEvaluation, Path, PolicyText, decide
from policyc.engines.cedar.diagrams import TooManyCases
from policyc.engines.cedar.predicates import Test, find_tests
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Domain
from policyc.engines.trace import Verdict
from policyc.record import record, replace
from policyc.syntax.cedar_nodes import And, Expr, Has, Not, Or, Statement, path_of
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.facts import cedar_path
from policyc.targets.cedar_documents.labels import label_of
from policyc.text import listed

#: cases that one comparison may look at
WORK: Final = 2_000_000
#: what becomes of a request at all gates of a version together
_YES, _NO, _DOUBT = 0, 1, 2
#: questions that one comparison may have; each test has few of them
_QUESTIONS: Final = 5_000
_VERDICTS: Final = {_YES: Verdict.ALLOW, _NO: Verdict.IMPLICIT_DENY, _DOUBT: Verdict.UNDECIDED}
_CHANGES: Final = {
    (_NO, _YES): Change.ALLOWED,
    (_DOUBT, _YES): Change.ALLOWED,
    (_YES, _NO): Change.DENIED,
    (_DOUBT, _NO): Change.DENIED,
    (_YES, _DOUBT): Change.UNDECIDED,
    (_NO, _DOUBT): Change.UNDECIDED,
}


@record
class Gate:
    """One text that a request meets, with its name; `text` None where there is none: `allows` then says what that means."""

    name: str
    text: PolicyText | None
    allows: bool = False


@record
class Part:
    """What one gate owes its answer to: the statement, and its conditions."""

    gate: str
    label: str
    conditions: tuple[str, ...]


@record
class CedarDifference:
    """A class of requests: `by` is the statement that the new answer is owed to (or was the old one), `other` the one that decided on
    the other side; either is empty where none did. `conditions` are those of `by`, `parts` what every gate owes that answer to; `context` is one request."""

    change: Change
    by: str
    other: str
    conditions: tuple[str, ...]
    because: tuple[str, ...]
    context: Mapping[str, Any]
    old: Verdict
    new: Verdict
    parts: tuple[Part, ...] = ()


@record
class CedarCompared:
    """All differences; `open` says what keeps it from being so that there are no others."""

    differences: tuple[CedarDifference, ...]
    open: tuple[str, ...] = ()


def compare_cedar(
    old: Sequence[Gate], new: Sequence[Gate], about: About | None = None, work: int = WORK
) -> CedarCompared:
    """Every class of requests that the two versions answer differently; of each version all gates have to allow, each at the place of
    its counterpart. `about` tells what is documented of the attributes. Raises Disagreement, CedarError."""
    if all(_alike(one, other) for one, other in zip(old, new, strict=True)):
        return CedarCompared(())
    found: list[CedarDifference] = []
    left: list[str] = []
    try:
        comparison = _Comparison(old, new, about, work)
        for pair, change in _CHANGES.items():
            found.extend(comparison.differences(pair, change, left))
        comparison.solver.close()
    except (TooManyCases, TooLarge):
        left.append("the budget of steps ran out")
    return CedarCompared(tuple(found), tuple(dict.fromkeys(left)))


@record
class CedarCover:
    """The classes of requests that texts allow together, each as a request that nothing else allows (`differences`), with the forbids that take some of
    its requests out, in Cedar's own words; `open` says what keeps it from being so that nothing else is allowed."""

    differences: tuple[CedarDifference, ...]
    unless: tuple[tuple[str, ...], ...]
    open: tuple[str, ...] = ()


def cover_cedar(gates: Sequence[Gate], about: About | None = None) -> CedarCover:
    """What texts allow that all have to: all that they differ in from ones that allow nothing. Raises Disagreement, CedarError."""
    found: list[CedarDifference] = []
    unless: list[tuple[str, ...]] = []
    left: list[str] = []
    try:
        comparison = _Comparison([Gate(gate.name, None) for gate in gates], gates, about, WORK)
        for change in (Change.ALLOWED, Change.UNDECIDED):
            pair = _NO, _YES if change is Change.ALLOWED else _DOUBT
            for item in comparison.differences(pair, change, left):
                found.append(item)
                unless.append(tuple(comparison.taken_out(gates, item.parts)))
        comparison.solver.close()
    except (TooManyCases, TooLarge):
        left.append("the budget of steps ran out")
    return CedarCover(tuple(found), tuple(unless), tuple(dict.fromkeys(left)))


@record
class CedarProof:
    """The answer to a claim on texts that all have to allow: proven where there is neither a `context` that breaks it, confirmed by Cedar, with what the
    texts say of that and the statement that it is owed to, nor anything `open`. With `empty` no request is like the claim's."""

    context: Mapping[str, Any] | None = None
    verdict: Verdict = Verdict.IMPLICIT_DENY
    by: str = ""
    open: tuple[str, ...] = ()
    empty: bool = False


def prove_cedar(
    gates: Sequence[Gate], claim: Gate, breaks: str, by: str = "", about: About | None = None
) -> CedarProof:
    """Whether a request that the text of `claim` permits is allowed, or denied (`breaks`), by the texts of `gates` together; with `by` only what permits of
    that label let in counts. Raises Disagreement, CedarError."""
    try:
        comparison = _Comparison([claim], gates, about, WORK)
        try:
            return comparison.proof(breaks, by)
        finally:
            comparison.solver.close()
    except (TooManyCases, TooLarge):
        return CedarProof(open=("the budget of steps ran out",))


def _alike(one: Gate, other: Gate) -> bool:
    """Whether the same statements stand in both, in any order."""
    if one.text is None or other.text is None:
        return one.text is other.text and one.allows is other.allows
    first, second = one.text.document.statements, other.text.document.statements
    return {_content(item) for item in first} == {_content(item) for item in second}


def _content(statement: Statement) -> tuple[object, ...]:
    scope = tuple(part.constraint for part in statement.scope)
    return (statement.effect, scope, tuple((clause.kind, clause.body) for clause in statement.clauses))


@record
class _Met:
    """How one gate ends for a request, and the statement that it owes it to; None where that is none in particular."""

    gate: Gate
    end: str
    statement: int | None

    @property
    def read(self) -> Statement:
        assert self.gate.text is not None and self.statement is not None
        return self.gate.text.document.statements[self.statement]


def _decided(gate: Gate, counterpart: Gate, data: Mapping[str, Any]) -> _Met:
    """What a gate says of a request; of the statements that matter the first that its counterpart lacks, if there is one."""
    if gate.text is None:
        return _Met(gate, "allowed" if gate.allows else "unpermitted", None)
    told = decide(gate.text, data)
    (end,) = told.ends
    effect = "permit" if end == "allowed" else "forbid"
    held = [
        item.index
        for item in told.statements
        if end != "unpermitted" and item.effect == effect and (item.error if end == "unsure" else item.matched)
    ]
    known = set() if counterpart.text is None else {_content(one) for one in counterpart.text.document.statements}
    own = [at for at in held if _content(gate.text.document.statements[at]) not in known]
    return _Met(gate, end, next(iter([*own, *held]), None))


def _part(met: _Met, data: Mapping[str, Any]) -> object:
    """How the gate ends for another request, and what its statement comes to."""
    if met.gate.text is None:
        return None
    told = decide(met.gate.text, data)
    return told.ends, None if met.statement is None else told.statements[met.statement].truths


class _Comparison:
    """Two versions over the same attributes."""

    def __init__(self, old: Sequence[Gate], new: Sequence[Gate], about: About | None, work: int) -> None:
        self.old, self.new, self.about = tuple(old), tuple(new), about
        texts = [gate.text for gate in (*old, *new) if gate.text is not None]
        tests: dict[str, Test] = {}
        names: dict[Expr, str] = {}
        for text in texts:
            tests |= text.tests
            names |= text.names
        roots = {step for test in tests.values() for read in test.reads for step in (*read.path, *read.names)[:1]}
        sure = {root for root in roots if (told := about((root,)) if about else None) is not None and told.always}
        self.partial = PartialEvaluation(
            tests,
            {},
            [(root,) for root in sorted(sure)],
            [(root,) for root in sorted(roots - sure)],
            about,
            names,
            work,
            _QUESTIONS,
        )
        if not self.partial.exact:
            raise TooManyCases
        self.encoded = CedarFormula(self.partial)
        self.formula = self.encoded.formula
        self.ends = {id(gate): self.encoded.ends(gate.text) for gate in (*old, *new) if gate.text is not None}
        self.before, self.after = self._side(old), self._side(new)
        self.solver = Solver(self.formula, Domain)

    def _side(self, gates: Sequence[Gate]) -> dict[int, Lit]:
        """What becomes of a request at all gates, by the answer."""
        yes, refused = [], []
        for gate in gates:
            ends = self.ends.get(id(gate))
            if ends is None:
                yes.append(TRUE if gate.allows else FALSE)
                refused.append(-yes[-1])
            else:
                yes.append(ends.allowed)
                refused += (ends.forbidden, ends.unpermitted)
        every, no = self.formula.every, self.formula.some(refused)
        return {_YES: every(yes), _NO: no, _DOUBT: every((-no, -every(yes)))}

    def differences(self, pair: tuple[int, int], change: Change, left: list[str]) -> Iterator[CedarDifference]:
        """The classes of one pair of answers; what is not settled is added to `left`."""
        wanted = [*self.encoded.apart, self.before[pair[0]], self.after[pair[1]]]
        count = 0
        while (solution := self.solver.solve(wanted)) is not None:
            doubts, data = self._request(solution)
            if data is None or (doubts and (_state(self.old, data), _state(self.new, data)) != pair):
                left.extend(self._wild(doubts))
                return
            if count == MOST_CLASSES:
                left.append(f"more than {MOST_CLASSES} classes of requests are {change}")
                return
            count += 1
            found, marks = self._explained(change, pair, data)
            inside = self.formula.every(marks)
            if -inside in wanted:  # a guess that is of another class than was asked for
                left.extend(self._wild(doubts))
                return
            yield found
            wanted.append(-inside)

    def proof(self, breaks: str, by: str) -> CedarProof:
        """Whether the old version's requests, which it permits, are answered so by the new one."""
        inside = [*self.encoded.apart, self.before[_YES]]
        if by:
            permits = [
                truth.holds
                for gate in self.new
                if gate.text is not None
                for at, (truth, item) in enumerate(
                    zip(self.ends[id(gate)].statements, gate.text.document.statements, strict=True)
                )
                if item.effect == "permit" and label_of(item, at) == by
            ]
            if not permits:
                return CedarProof(open=(f"no statement that permits is called `{by}`",))
            inside.append(self.formula.some(permits))
        pair = _YES, _YES if breaks == "allow" else _NO
        solution = self.solver.solve([*inside, self.after[pair[1]]])
        if solution is not None:
            doubts, data = self._request(solution)
            if data is not None and (_state(self.old, data), _state(self.new, data)) == pair:
                met = [_decided(gate, gate, data) for gate in self.new]
                label = next((_label(item) for item in met if item.statement is not None), "")
                return CedarProof(data, self._verdict(self.new, pair[1], data), by or label)
            if data is not None and not doubts:
                raise Disagreement(f"a claim was found broken, and Cedar says otherwise of {data}")
            return CedarProof(open=tuple(self._wild(doubts)) or ("no request could be made of what was found",))
        if self.solver.solve([*inside, self.after[_DOUBT]]) is not None:
            return CedarProof(
                open=(
                    "it hangs on a `forbid` that cannot be evaluated: Cedar skips it, and AWS says that the policy denies",
                )
            )
        return CedarProof(empty=self.solver.solve([*self.encoded.apart, self.before[_YES]]) is None)

    def _request(self, solution: Solution) -> tuple[frozenset[int], dict[str, Any] | None]:
        """The questions of a solution whose answers are guesses, and its context; None where there is none."""
        doubts = self.encoded.doubts(solution)
        chosen, texts = self.encoded.chosen(solution), self.encoded.texts(solution)
        return doubts, self.partial.context(chosen, guess=bool(doubts), texts=texts)

    def _wild(self, doubts: Iterable[int]) -> Iterator[str]:
        """What a difference hangs on that is not understood, for people."""
        paths, caller = self.partial.hangs_on(doubts)
        if caller:
            yield "it hangs on `principal`, `action` or `resource`, whose values Verified Access does not publish"
        if paths:
            named = ", ".join(f"`context.{cedar_path(path)}`" for path in paths)
            yield f"it hangs on a test of {named} that is not understood for all values"

    def _explained(
        self, change: Change, pair: tuple[int, int], data: dict[str, Any]
    ) -> tuple[CedarDifference, list[Lit]]:
        """The class of a request, which Cedar is asked to confirm, and the literals that mark its requests."""
        if (_state(self.old, data), _state(self.new, data)) != pair:
            raise Disagreement(f"{change} was found, and Cedar says otherwise of {data}")
        gained = change is not Change.DENIED
        sides = (self.new, self.old) if gained else (self.old, self.new)
        met = [self._met(*gates, data) for gates in zip(*sides, strict=True)]
        met.sort(key=lambda item: item[0].end == item[1].end)  # the gates that make the difference come first
        self._shrink(data, [part for item in met for part in item])
        because: dict[str, None] = {}
        for mine, theirs in met:
            if mine.end != theirs.end:
                because |= dict.fromkeys(
                    (*_because(mine, theirs.gate, gained), *_because(theirs, mine.gate, not gained))
                )
        by = next((mine for mine, _ in met if mine.statement is not None), None)
        other = next((theirs for _, theirs in met if theirs.statement is not None and theirs.end != "allowed"), None)
        found = CedarDifference(
            change,
            "" if by is None else _label(by),
            "" if other is None else _label(other),
            () if by is None else tuple(_conditions(by.read)),
            tuple(because or dict.fromkeys(_gates_that_changed(self.old, self.new))),
            data,
            self._verdict(self.old, pair[0], data),
            self._verdict(self.new, pair[1], data),
            tuple(
                Part(mine.gate.name, _label(mine), tuple(_conditions(mine.read)))
                for mine, _ in met
                if mine.statement is not None
            ),
        )
        return found, [mark for item in met for part in item for mark in self._marks(part)]

    def taken_out(self, gates: Sequence[Gate], parts: Sequence[Part]) -> Iterator[str]:
        """The forbids of texts that some request meets which one permit of each lets in."""
        permits: list[Lit] = []
        forbids: list[tuple[str, Lit]] = []
        for gate in gates:
            ends = self.ends.get(id(gate))
            if ends is None or gate.text is None:
                continue
            mine = [part.label for part in parts if part.gate == gate.name]
            held: list[Lit] = []
            for at, (truth, item) in enumerate(zip(ends.statements, gate.text.document.statements, strict=True)):
                label = label_of(item, at)
                if item.effect == "permit" and label in mine:
                    held.append(truth.holds)
                elif item.effect == "forbid":
                    text = f"`{label}`{_of(gate.name, gates)}: {' && '.join(_conditions(item)) or 'true'}"
                    forbids.append((text, truth.holds))
            permits.append(self.formula.some(held))
        for text, lit in forbids:
            if self.solver.solve([*self.encoded.apart, *permits, lit]) is not None:
                yield text

    def _met(self, mine: Gate, theirs: Gate, data: Mapping[str, Any]) -> tuple[_Met, _Met]:
        """What decides at one gate, on either side."""
        return _decided(mine, theirs, data), _decided(theirs, mine, data)

    def _marks(self, met: _Met) -> Iterator[Lit]:
        """What marks requests that meet the same at a gate."""
        ends = self.ends.get(id(met.gate))
        if ends is None:
            return
        yield ends.of(met.end)
        if met.statement is not None:
            part = ends.statements[met.statement]
            yield part.fails if met.end == "unsure" else part.holds

    def _verdict(self, gates: Sequence[Gate], state: int, data: Mapping[str, Any]) -> Verdict:
        forbidden = any(gate.text is not None and "forbidden" in decide(gate.text, data).ends for gate in gates)
        return Verdict.EXPLICIT_DENY if state == _NO and forbidden else _VERDICTS[state]

    def _shrink(self, data: dict[str, Any], met: Sequence[_Met]) -> None:
        """Leave out of a request what its answers do not hang on, nor what some statements come to; never what every request is documented
        to have."""

        def told() -> object:
            return [_part(item, data) for item in met]

        wanted = told()
        for path in _paths(data):
            documented = None if self.about is None else self.about(path)
            if documented is not None and documented.always:
                continue
            holder: Any = data
            for step in path[:-1]:
                holder = holder[step]
            value = holder.pop(path[-1])
            if told() != wanted:
                holder[path[-1]] = value


def _state(gates: Sequence[Gate], data: Mapping[str, Any]) -> int | None:
    """What Cedar itself says of a request at all gates; None where that hangs on who asks."""
    out = _YES
    for gate in gates:
        if gate.text is None:
            mine = _YES if gate.allows else _NO
        else:
            ends = decide(gate.text, data).ends
            if len(ends) > 1:
                return None
            mine = _YES if "allowed" in ends else _DOUBT if "unsure" in ends else _NO
        out = _NO if _NO in (out, mine) else max(out, mine)
    return out


def _paths(data: Mapping[str, Any], above: Path = ()) -> list[Path]:
    """Every attribute, what lies in it first."""
    out: list[Path] = []
    for key, value in data.items():
        if isinstance(value, dict):
            out += _paths(value, (*above, key))
        out.append((*above, key))
    return out


# --- in words -----------------------------------------------------------------------------------------------------


def _of(name: str, gates: Sequence[Gate]) -> str:
    """Whose statement it is, where there are several texts."""
    return f" of `{name}`" if len(gates) > 1 else ""


def _label(met: _Met) -> str:
    assert met.statement is not None
    return label_of(met.read, met.statement)


def _conditions(statement: Statement, whole: bool = False) -> Iterator[str]:
    """The conditions of a statement, without the parts that only ask whether there is what another one tests; with `whole` as they are."""
    for part in statement.scope:
        if part.constraint is not None:
            yield written(part.constraint)
    items = [
        (clause.kind, item)
        for clause in statement.clauses
        for item in (clause.body.items if isinstance(clause.body, And) and clause.kind == "when" else (clause.body,))
    ]
    read = {path[:length] for _, item in items for path in _reads(item) for length in range(1, len(path) + 1)}
    for kind, item in items:
        asked = path_of(item.of) if isinstance(item, Has) and kind == "when" else None
        if not (isinstance(item, Has) and asked is not None and (*asked, *item.names) in read):
            yield ("unless " if kind == "unless" else "") + written(item if whole else _unguarded(item))


def _unguarded(node: Expr) -> Expr:
    """A condition without the parts of a conjunction that only ask whether there is what the rest of it tests."""
    match node:
        case Not(of):
            return replace(node, of=_unguarded(of))
        case Or(items):
            return replace(node, items=tuple(map(_unguarded, items)))
        case And(items):
            read = {path[:size] for item in items for path in _reads(item) for size in range(1, len(path) + 1)}
            kept = [
                _unguarded(item)
                for item in items
                if not (
                    isinstance(item, Has) and (path := path_of(item.of)) is not None and (*path, *item.names) in read
                )
            ]
            return kept[0] if len(kept) == 1 else replace(node, items=tuple(kept)) if kept else node
        case _:
            return node


def _reads(node: Expr) -> Iterator[Path]:
    for test in find_tests([node]).values():
        for read in test.reads:
            yield read.path


def _because(met: _Met, other: Gate, is_new: bool) -> Iterator[str]:
    """What became of a statement, or how it differs from the one that it was."""
    if met.statement is None or met.gate.text is None:
        return
    statement, label = met.read, _label(met)
    mine = {_content(one) for one in met.gate.text.document.statements}
    theirs = other.text.document.statements if other.text is not None else ()
    if _content(statement) in {_content(one) for one in theirs}:
        return
    own = set(_conditions(statement))
    left = [one for one in theirs if one.effect == statement.effect and _content(one) not in mine]
    named = [one for one in left if label_of(one, 0) == label and not label.startswith(f"{statement.effect} ")]
    near = named[0] if named else max(left, key=lambda one: len(own & set(_conditions(one))), default=None)
    mine_left = [one for one in met.gate.text.document.statements if one.effect == statement.effect]
    known = {_content(one) for one in theirs}
    alone = len(left) == 1 and [_content(one) in known for one in mine_left].count(False) == 1
    if near is None or not (named or alone or own & set(_conditions(near))):
        yield f"`{label}` ({statement.effect}) is {'new' if is_new else 'gone'}"
        return
    before, after = list(_conditions(near)), list(_conditions(statement))
    if before == after:  # what changed is what only asks whether there is something
        before, after = list(_conditions(near, whole=True)), list(_conditions(statement, whole=True))
    if not is_new:
        before, after = after, before
    lost = [text for text in before if text not in after]
    more = [text for text in after if text not in before]
    if lost and more:
        yield f"`{label}` has the condition {_listed(more)} in place of {_listed(lost)}"
    elif lost:
        yield f"`{label}` lost the condition {_listed(lost)}"
    elif more:
        yield f"`{label}` got the condition {_listed(more)}"


def _gates_that_changed(old: Sequence[Gate], new: Sequence[Gate]) -> Iterator[str]:
    for one, other in zip(old, new, strict=True):
        if one.text is None and other.text is not None:
            yield f"`{other.name}` is new"
        elif other.text is None and one.text is not None:
            yield f"`{one.name}` is gone"
        elif not _alike(one, other):
            yield f"`{other.name}` changed"


def _listed(texts: Sequence[str]) -> str:
    return listed([f"`{text}`" for text in texts])
