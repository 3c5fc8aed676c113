"""What a Cedar text comes to for every context that agrees with what is known: which outcomes there are, and what they hang on.

Cedar's own partial evaluation loses failures (`(unknown && fails) || true` becomes `true`), so it is not used. Every test is asked of
Cedar as a permit of its own: those of known attributes once, those of an open one for each of its ways; what joins them is put together
here by Cedar's rules (left to right, short circuit, a failure fails the whole). So a definite answer holds in every context, and one that
is not definite has a context for each outcome, but for the tests that have no form (arithmetic, times, a text that has to fit a pattern
compared with another one): those may come out any way. Past a bound on work the answer is told from the sets of what each test can come to, which
is as safe and less sharp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from policyc.engines.cedar.authorize import sanitise
from policyc.engines.cedar.diagrams import Diagram, TooManyCases
from policyc.engines.cedar.encoding import FAILED, HOLDS, LACKS, Encoding, OpenTest, copy, ends_of, put
from policyc.engines.cedar.opened import opened
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE, Truths, both, choose, either, opposite
from policyc.engines.cedar.predicates import Path, Test, find_tests
from policyc.engines.cedar.unknowns import Marks, Slots, mark
from policyc.engines.cedar.values import About, unlike
from policyc.syntax.cedar_nodes import And, Expr, If, Not, Or
from policyc.syntax.cedar_printer import written

_WORDS: Final[Mapping[int, Truths]] = {HOLDS: TRUE, LACKS: FALSE, FAILED: FAILS}
_WORK = 400_000
#: questions that diagrams of whole conditions may have
_QUESTIONS = 250


class PartialEvaluation:
    """The tests of one text on one context; `names` are the texts of its nodes, where they are at hand."""

    def __init__(
        self,
        tests: Mapping[str, Test],
        context: Mapping[str, object],
        unknown: Iterable[Path] = (),
        doubtful: Iterable[Path] = (),
        about: About | None = None,
        names: Mapping[Expr, str] = MappingProxyType({}),
        work: int = _WORK,
        most: int = _QUESTIONS,
    ) -> None:
        self.data = sanitise(context)
        self._names = names
        self.marks: Marks = mark(self.data, unknown, doubtful)
        #: what is known, with any value at all for what is there unknown: for tests that read nothing open
        self.base = copy(self.data) if self.marks.sure else self.data
        for path in self.marks.open & self.marks.sure:
            put(self.base, path, unlike(()))
        self.slots = Slots(self.data, self.marks, about)
        #: tests of something open that hold others, as what they come to
        self._opened: dict[str, Expr] = {}
        self._tests = self._apart(tests)
        found = {text: self._open_test(test) for text, test in self._tests.items()}
        self._open = {text: item for text, item in found.items() if item is not None}
        self.encoding = Encoding(self._open, self.slots, self.base, about, work, most)
        self.diagrams = self.encoding.diagrams
        self._told: Mapping[str, int] | None = None
        self._diagrams: dict[Expr, Diagram] = {}
        self._sets: dict[Expr, Truths] = {}
        self.exact = True
        if self._open:
            try:
                self.encoding.make()
            except TooManyCases:
                self.give_up()

    @property
    def settled(self) -> bool:
        """Whether nothing that a test reads is open."""
        return not self._open

    def truths(self, node: Expr) -> Truths:
        """What a condition, or a part of one, can come to."""
        if self.exact:
            try:
                return self.words(self.diagram(node))
            except TooManyCases:
                self.give_up()
        return self._set(node)

    def words(self, diagram: Diagram) -> Truths:
        """What a condition's diagram can come to."""
        return frozenset[Any]().union(*(_WORDS[end] for end in self.diagrams.outcomes(diagram)))

    def diagram(self, node: Expr) -> Diagram:
        """The same with what it hangs on. Raises TooManyCases."""
        found = self._diagrams.get(node)
        if found is None:
            found = self._diagrams[node] = self._joined(node)
        return found

    def caller_diagram(self, text: str) -> Diagram:
        """A constraint on principal, action or resource: true or not."""
        return self.encoding.caller(text)

    def hangs_on(self, questions: Iterable[int]) -> tuple[tuple[Path, ...], bool]:
        """The open attributes behind questions, and whether the caller is among them. Below an attribute that is there with an unknown value
        it is that one; below one that may not be there, the attribute itself."""
        asked = set(questions)
        paths: set[Path] = set()
        caller = False
        for slot in self.slots.all():
            if asked & {slot.question, slot.others, *slot.members.values()}:
                top = self.marks.over(slot.path)
                paths.add(top if top in self.marks.sure and top is not None else slot.path)
        for question in asked:
            read, asks = self.encoding.wild.get(question, ((), False))
            paths.update(read)
            caller = caller or asks
        return tuple(sorted(paths)), caller

    def open_reads(self, node: Expr) -> tuple[tuple[Path, ...], bool]:
        """The open attributes that a condition reads in tests that are not settled, and whether one asks of the caller."""
        paths: set[Path] = set()
        caller = False
        for test in find_tests([node]).values():
            if len(self.truths(test.node)) > 1:
                paths.update(self.marks.touched(test))
                caller = caller or test.caller
        return tuple(sorted(paths)), caller

    def context(
        self, chosen: Mapping[int, int], guess: bool = False, texts: Mapping[Path, str] = MappingProxyType({})
    ) -> dict[str, Any] | None:
        """A context of that choice, with the `texts` of attributes whose patterns it takes; None where it takes another test without a form, unless
        it may be a guess."""
        known = {question for question, (slot, _) in self.encoding.patterns.items() if slot.path in texts}
        if not guess and any(question in self.encoding.wild and question not in known for question in chosen):
            return None
        data = copy(self.base)
        for slot in self.slots.tops.values():
            self.encoding.fill(data, slot, chosen, texts)
        return data

    def give_up(self) -> None:
        """Go on with sets of truths alone."""
        self.exact = False
        self._diagrams.clear()

    @property
    def _ends(self) -> Mapping[str, int]:
        """How the tests end that read nothing open; asked of Cedar when it is first needed."""
        if self._told is None:
            known = tuple(text for text in self._tests if text not in self._open)
            self._told = dict(zip(known, ends_of(known, self.base), strict=True))
        return self._told

    def _apart(self, tests: Mapping[str, Test]) -> Mapping[str, Test]:
        """The tests, and in place of those that hold others and read something open what they hold."""
        out: dict[str, Test] = {}
        work = list(tests.values())
        for test in work:
            condition = opened(test.node) if self.marks.touched(test) else None
            if condition is None:
                out.setdefault(test.text, test)
            elif test.text not in self._opened:
                self._opened[test.text] = condition
                work += find_tests([condition]).values()
        return out

    def _open_test(self, test: Test) -> OpenTest | None:
        """The test with its form where it reads something open, or asks of the caller."""
        touched = tuple(self.marks.touched(test))
        if test.caller:
            return OpenTest(test, None, touched)
        return OpenTest(test, self.slots.add(test), touched) if touched else None

    # --- what joins them --------------------------------------------------------------------------------------------

    def _joined(self, node: Expr) -> Diagram:
        match node:
            case And(items):
                end: Diagram = HOLDS
                for item in reversed(items):
                    end = self.diagrams.then(self.diagram(item), (end, LACKS, FAILED))
                return end
            case Or(items):
                end = LACKS
                for item in reversed(items):
                    end = self.diagrams.then(self.diagram(item), (HOLDS, end, FAILED))
                return end
            case Not(of):
                return self.diagrams.then(self.diagram(of), (LACKS, HOLDS, FAILED))
            case If(test, then, otherwise):
                return self.diagrams.then(self.diagram(test), (self.diagram(then), self.diagram(otherwise), FAILED))
            case _:
                text = self._names.get(node) or written(node)
                if text in self._opened:
                    return self.diagram(self._opened[text])
                return self.encoding.made[text] if text in self._open else self._ends[text]

    def _set(self, node: Expr) -> Truths:
        kept = self._sets.get(node)
        if kept is not None:
            return kept
        match node:
            case And(items):
                found = TRUE
                for item in items:
                    found = both(found, self._set(item))
            case Or(items):
                found = FALSE
                for item in items:
                    found = either(found, self._set(item))
            case Not(of):
                found = opposite(self._set(of))
            case If(test, then, otherwise):
                found = choose(self._set(test), self._set(then), self._set(otherwise))
            case _:
                text = self._names.get(node) or written(node)
                if text in self._opened:
                    found = self._set(self._opened[text])
                else:
                    found = self.encoding.coarse(text) if text in self._open else _WORDS[self._ends[text]]
        self._sets[node] = found
        return found
