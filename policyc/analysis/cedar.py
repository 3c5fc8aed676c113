"""What changes between two versions of Cedar policies, over all requests: classes of requests with one context of each that Cedar
confirms on both versions, or a proof that there are none.

Both versions are told as diagrams over the same tests of the same attributes (`policyc.engines.cedar.encoding`), so that two that answer
every request alike are one diagram. A test that has no form (two attributes compared with each other, arithmetic, times, who asks) may
come out either way: what is the same whatever it comes to is proven, what hangs on it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policyc.analysis.compare import MOST_CLASSES, Change, Disagreement
from policyc.engines.cedar.decide import ENDS, About, PartialEvaluation, Path, PolicyText, decide, end_of
from policyc.engines.cedar.diagrams import Diagram, TooManyCases
from policyc.engines.cedar.encoding import FAILED, HOLDS, LACKS
from policyc.engines.cedar.predicates import Test, find_tests
from policyc.engines.trace import Verdict
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Expr, Has, Statement, path_of
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.facts import cedar_path
from policyc.targets.cedar_documents.labels import label_of

#: cases that one comparison may look at
WORK: Final = 2_000_000
#: what becomes of a request at all gates of a version together
_YES, _NO, _DOUBT = 0, 1, 2
#: how a text ends (`policyc.engines.cedar.decide.ENDS`) as one of these
_STATES: Final = {3: _YES, 4: _NO, 5: _NO, 6: _DOUBT}
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
class CedarDifference:
    """A class of requests: `by` is the statement that the new answer is owed to (or was the old one), `other` the one that decided on
    the other side; either is empty where none did. `conditions` are those of `by`; `context` is one request."""

    change: Change
    by: str
    other: str
    conditions: tuple[str, ...]
    because: tuple[str, ...]
    context: Mapping[str, Any]
    old: Verdict
    new: Verdict


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
    except TooManyCases:
        left.append("the budget of steps ran out")
    return CedarCompared(tuple(found), tuple(dict.fromkeys(left)))


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
        )
        if not self.partial.exact:
            raise TooManyCases
        self.diagrams = self.partial.diagrams
        self.parts: dict[int, list[Diagram]] = {}
        self.ends: dict[int, Diagram] = {}
        self.pair = self._together(self._side(old), self._side(new))

    def _side(self, gates: Sequence[Gate]) -> Diagram:
        """What becomes of a request at all gates."""
        out: Diagram = _YES
        for gate in gates:
            if gate.text is None:
                mine: Diagram = _YES if gate.allows else _NO
            else:
                end, self.parts[id(gate)] = end_of(gate.text, self.partial)
                self.ends[id(gate)] = end
                mine = self.diagrams.merged(end, _STATES)
            doubt = self.diagrams.merged(mine, {_YES: _DOUBT})
            out = self.diagrams.then(out, (mine, _NO, doubt))
        return out

    def _together(self, old: Diagram, new: Diagram) -> Diagram:
        """Both answers as one number."""
        after = tuple(
            self.diagrams.merged(new, {state: _number(before, state) for state in (_YES, _NO, _DOUBT)})
            for before in (_YES, _NO, _DOUBT)
        )
        return self.diagrams.then(old, after)

    def differences(self, pair: tuple[int, int], change: Change, left: list[str]) -> Iterator[CedarDifference]:
        """The classes of one pair of answers; what is not settled is added to `left`."""
        diagrams, wild = self.diagrams, frozenset(self.partial.encoding.wild)
        ends = {end: HOLDS if end == _number(*pair) else LACKS for end in diagrams.outcomes(self.pair)}
        asked = diagrams.merged(self.pair, ends)
        count = 0
        while HOLDS in diagrams.outcomes(asked):
            data = self._example(asked, wild, pair)
            if data is None:
                left.extend(self._wild(asked))
                return
            if count == MOST_CLASSES:
                left.append(f"more than {MOST_CLASSES} classes of requests are {change}")
                return
            count += 1
            found, marks = self._explained(change, pair, data)
            yield found
            inside: Diagram = HOLDS
            for mark in marks:
                inside = diagrams.then(mark, (inside, LACKS, LACKS))
            rest = diagrams.then(inside, (LACKS, asked))
            if rest == asked:  # a guess that is of another class than the diagrams say
                left.extend(self._wild(asked))
                return
            asked = rest

    def _example(self, asked: Diagram, wild: frozenset[int], pair: tuple[int, int]) -> dict[str, Any] | None:
        """A request for which `asked` holds: one for which it does whatever the tests come to that are not understood, else a guess that
        Cedar agrees with."""
        sure = self.diagrams.example(self.diagrams.whatever(asked, wild, HOLDS, LACKS), HOLDS)
        data = None if sure is None else self.partial.context(sure)
        if data is not None:
            return data
        chosen = self.diagrams.example(asked, HOLDS)
        guessed = None if chosen is None else self.partial.context(chosen, guess=True)
        agrees = guessed is not None and (_state(self.old, guessed), _state(self.new, guessed)) == pair
        return guessed if agrees else None

    def _wild(self, asked: Diagram) -> Iterator[str]:
        """What a difference hangs on that is not understood, for people."""
        held = self.diagrams.questions(asked) & set(self.partial.encoding.wild)
        paths, caller = self.partial.hangs_on(held)
        if caller:
            yield "it hangs on `principal`, `action` or `resource`, whose values Verified Access does not publish"
        if paths:
            named = ", ".join(f"`context.{cedar_path(path)}`" for path in paths)
            yield f"it hangs on a test of {named} that is not understood for all values"

    def _explained(
        self, change: Change, pair: tuple[int, int], data: dict[str, Any]
    ) -> tuple[CedarDifference, list[Diagram]]:
        """The class of a request, which Cedar is asked to confirm, and the diagrams that mark its requests."""
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
        )
        return found, [mark for item in met for part in item for mark in self._marks(part)]

    def _met(self, mine: Gate, theirs: Gate, data: Mapping[str, Any]) -> tuple[_Met, _Met]:
        """What decides at one gate, on either side."""
        return _decided(mine, theirs, data), _decided(theirs, mine, data)

    def _marks(self, met: _Met) -> Iterator[Diagram]:
        """The diagrams that mark requests which meet the same at a gate."""
        if met.gate.text is None:
            return
        merged = self.diagrams.merged
        yield merged(self.ends[id(met.gate)], {end: HOLDS if name == met.end else LACKS for end, name in ENDS.items()})
        if met.statement is not None:
            part = self.parts[id(met.gate)][met.statement]
            yield merged(part, {FAILED: HOLDS, HOLDS: LACKS}) if met.end == "unsure" else part

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


def _number(old: int, new: int) -> int:
    return 3 * old + new


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


def _label(met: _Met) -> str:
    assert met.statement is not None
    return label_of(met.read, met.statement)


def _conditions(statement: Statement) -> Iterator[str]:
    """The conditions of a statement, without those that only ask whether there is what another one tests."""
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
            yield ("unless " if kind == "unless" else "") + written(item)


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
    if near is None or not (named or own & set(_conditions(near))):
        yield f"`{label}` ({statement.effect}) is {'new' if is_new else 'gone'}"
        return
    before, after = list(_conditions(near)), list(_conditions(statement))
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
    shown = ", ".join(f"`{text}`" for text in texts[:4])
    return f"{shown} and {len(texts) - 4} more" if len(texts) > 4 else shown
