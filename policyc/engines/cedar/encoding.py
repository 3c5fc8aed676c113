"""The tests of open attributes as diagrams: how each test ends for every way that the attributes which it reads can be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from policyc.engines.cedar.authorize import authorize, permits, policy_set
from policyc.engines.cedar.diagrams import Diagram, Diagrams, TooManyCases
from policyc.engines.cedar.outcome_sets import FAILS, OPEN, Truths
from policyc.engines.cedar.pairs import choices_of, groups
from policyc.engines.cedar.predicates import Form, OfList, OfPair, OfValue, Path, Presence, Scalar, Test, literal_of
from policyc.engines.cedar.texts import Pattern
from policyc.engines.cedar.unknowns import Slot, Slots
from policyc.engines.cedar.values import LIST, RECORD, About, Choice, unlike, ways
from policyc.record import record, replace
from policyc.syntax.cedar_nodes import Compare, Entity, Expr, Is, RecordOf, SetOf, Var, children, path_of
from policyc.syntax.cedar_printer import written

#: How a condition can end, as ends of diagrams.
HOLDS: Final = 0
LACKS: Final = 1
FAILED: Final = 2


#: the ends of a test that any value may give, by whether it may fail
_ENDS: Final = ((HOLDS, LACKS), (HOLDS, LACKS, FAILED))


@record
class OpenTest:
    """A test with its form (None: none) and the open attributes that it reads something of."""

    test: Test
    form: Form | None
    touched: tuple[Path, ...]


class Encoding:
    """The diagrams of open tests by their text. `base` is the context as far as it is known."""

    def __init__(
        self,
        tests: Mapping[str, OpenTest],
        slots: Slots,
        base: Mapping[str, Any],
        about: About | None,
        work: int,
        most: int,
    ) -> None:
        self.diagrams = Diagrams(work, most)
        #: questions of tests without a form: the open attributes that they read, and whether they are about the caller
        self.wild: dict[int, tuple[tuple[Path, ...], bool]] = {}
        #: those of them that ask whether the text of an attribute fits a pattern
        self.patterns: dict[int, tuple[Slot, Pattern]] = {}
        self.made: dict[str, Diagram] = {}
        self._tests = tests
        self._slots = slots
        self._base = base
        self._about = about
        self._free: dict[str, Diagram] = {}
        #: attributes of which comparisons with others are told by their values
        self._joined: set[Path] = set()

    def make(self) -> None:
        """Make all diagrams. Raises TooManyCases."""
        rows: dict[str, dict[int, int]] = {}
        slots = list(self._slots.all())
        for slot in slots:
            self._choose(slot)
        pairs = [item.form for item in self._tests.values() if isinstance(item.form, OfPair)]
        for joined in groups(pairs, slots, self._about) if pairs else ():
            for slot in slots:
                if slot.path in joined.paths:
                    slot.choices = choices_of(slot, joined, self._about)
                    self._joined.add(slot.path)
        for slot in slots:
            self._ask(slot)
            for place, choice in enumerate(slot.choices):
                if slot.tests and choice.how != "absent":
                    for (test, _), end in zip(slot.tests, self._row(slot, choice), strict=True):
                        rows.setdefault(test.text, {})[place] = end
        for text, item in self._tests.items():
            form = item.form
            self.made[text] = self._without_form(item) if form is None else self._shape(item, form, rows.get(text, {}))

    def caller(self, text: str) -> Diagram:
        """A constraint on principal, action or resource: true or not."""
        return self._any_way(text, (), True, _ENDS[False])

    def coarse(self, text: str) -> Truths:
        """What a test can come to, told without its diagram: never less than there is."""
        item = self._tests[text]
        if item.form is None or isinstance(item.form, OfPair) or not self._slots.always_there(item.test):
            return OPEN | FAILS
        if isinstance(item.form, Presence):
            above = self._slots.chain((*item.form.path, *item.form.names))[:-1]
            above = [slot for slot in above if len(slot.path) <= len(item.form.path)]
            return OPEN if len(item.form.names) == 1 and all(map(self._a_record, above)) else OPEN | FAILS
        *outer, slot = self._slots.chain(item.form.path)
        return OPEN if _never_fails(slot) and all(map(self._a_record, outer)) else OPEN | FAILS

    def fill(self, data: dict[str, Any], slot: Slot, chosen: Mapping[int, int], texts: Mapping[Path, str]) -> None:
        """Put an attribute into a context, in the way that is chosen, or for a sample of other texts one of `texts`; what is not asked for may be in any."""
        choice = slot.choices[chosen.get(slot.question, len(slot.choices) - 1)]
        if choice.how == "absent":
            return
        if choice == LIST:
            items: list[Scalar] = [
                value for (_, value), question in slot.members.items() if not chosen.get(question, 1)
            ]
            others = [] if chosen.get(slot.others, 1) else [unlike(value for _, value in slot.members)]
            put(data, slot.path, [*items, *others])
        else:
            found = texts.get(slot.path) if isinstance(choice.value, str) and choice.value not in slot.points else None
            put(data, slot.path, sample(choice) if found is None else found)
        if choice == RECORD:
            for inner in slot.inside.values():
                self.fill(data, inner, chosen, texts)

    def _choose(self, slot: Slot) -> None:
        """The ways of an attribute."""
        forms = [form for _, form in slot.tests]
        forms += [OfValue(slot.path, pair.kind) for pair in slot.pairs]
        documented = None if self._about is None else self._about(slot.path)
        root = len(slot.path) == 1
        found = ways(forms, inner=bool(slot.inside), optional=slot.optional, documented=documented, root=root)
        if found is None:
            raise TooManyCases
        slot.choices, slot.loose = found.choices, found.loose

    def _ask(self, slot: Slot) -> None:
        """The questions of an attribute."""
        forms = [form for _, form in slot.tests]
        slot.question = self.diagrams.question(len(slot.choices))
        if LIST in slot.choices:
            named = {(type(value), value): None for form in forms if isinstance(form, OfList) for value in form.values}
            slot.members = {key: self.diagrams.question(2) for key in named}
            slot.others = self.diagrams.question(2)

    def _row(self, slot: Slot, choice: Choice) -> tuple[int, ...]:
        """How every test of an attribute ends on one of its ways."""
        texts = tuple(test.text for test, _ in slot.tests)
        if all(read.path == slot.path for test, _ in slot.tests for read in test.reads):
            return _plain_row(texts, slot.path, choice.how, choice.value)
        data = copy(self._base)
        put(data, slot.path, sample(choice))
        return ends_of(texts, data)

    def _without_form(self, item: OpenTest) -> Diagram:
        """What compares attributes that are there, or only the caller, does not fail; anything else might."""
        test = item.test
        if self._slots.never_there(test):
            return FAILED
        match test.node:
            case Compare("==" | "!=", left, right):
                sure = _plain(left) and _plain(right) and self._slots.always_there(test)
                always = _always_equal(left, right)
                if always is not None:
                    settled = HOLDS if always is (test.node.operator == "==") else LACKS
                    return settled if sure else self._any_way(test.text, item.touched, test.caller, (settled, FAILED))
            case Compare("in", left, right):
                sure = _entities(left) and _entities(right)
            case Is(of, _, inside):
                sure = _entities(of) and (inside is None or _entities(inside))
            case _:
                sure = False
        if isinstance(test.node, Compare) and test.node.operator == "!=":
            equal = replace(test.node, operator="==")
            turned = self._any_way(written(equal), item.touched, test.caller, _ENDS[not sure])
            return self.diagrams.then(turned, (LACKS, HOLDS, FAILED))
        return self._any_way(test.text, item.touched, test.caller, _ENDS[not sure])

    def _any_way(self, text: str, read: tuple[Path, ...], caller: bool, ends: tuple[int, ...]) -> Diagram:
        if text not in self._free:
            question = self.diagrams.question(len(ends))
            self.wild[question] = (read, caller)
            self._free[text] = self.diagrams.ask(question, ends)
        return self._free[text]

    def _shape(self, item: OpenTest, form: Form, row: Mapping[int, int]) -> Diagram:
        match form:
            case Presence(path, names):
                slots = self._slots.chain((*path, *names))
                asked = len(slots) - sum(1 for slot in slots if len(slot.path) > len(path))
                end = HOLDS
                for place in range(len(slots) - 1, -1, -1):
                    missing = LACKS if place >= asked else FAILED
                    last = place == len(slots) - 1
                    end = self._branch(slots[place], missing, end, HOLDS if last else FAILED)
                return end
            case OfPair():
                return self._pair(item, form) if form.left in self._joined else self._without_form(item)
            case OfValue(path) | OfList(path):
                *outer, slot = self._slots.chain(path)
                end = self.diagrams.ask(
                    slot.question, [self._end(item, form, slot, place, row) for place in range(len(slot.choices))]
                )
                for above in reversed(outer):
                    end = self._branch(above, FAILED, end, FAILED)
                return end

    def _pair(self, item: OpenTest, form: OfPair) -> Diagram:
        """A comparison of two attributes: by the value of one, then by that of the other; without one of them it fails."""
        then = self.diagrams.then
        *_, left = self._slots.chain(form.left)
        *_, right = self._slots.chain(form.right)
        end: Diagram = FAILED
        for place, one in enumerate(left.choices):
            if one.how != "value":
                continue
            row = [
                FAILED
                if other.how != "value"
                else _pair_end(item.test.text, left.path, one.value, right.path, other.value)
                for other in right.choices
            ]
            chosen = [HOLDS if at == place else LACKS for at in range(len(left.choices))]
            after = self.diagrams.ask(right.question, row)
            end = then(self.diagrams.ask(left.question, chosen), (after, end, FAILED))
        for path in (form.right, form.left):
            end = then(self._there(path), (end, FAILED, FAILED))
        return end

    def _there(self, path: Path) -> Diagram:
        """Whether an attribute can be read."""
        *outer, slot = self._slots.chain(path)
        end = self.diagrams.ask(slot.question, [FAILED if item.how == "absent" else HOLDS for item in slot.choices])
        for above in reversed(outer):
            end = self._branch(above, FAILED, end, FAILED)
        return end

    def _branch(self, slot: Slot, missing: Diagram, record: Diagram, other: Diagram) -> Diagram:
        """What comes out by whether the attribute is missing, a record, or something else."""
        ends = {"absent": missing, "record": record}
        return self.diagrams.ask(slot.question, [ends.get(choice.how, other) for choice in slot.choices])

    def _end(self, item: OpenTest, form: OfValue | OfList, slot: Slot, place: int, row: Mapping[int, int]) -> Diagram:
        choice = slot.choices[place]
        if choice.how == "absent":
            return FAILED
        if choice.how == "list" and isinstance(form, OfList):
            return self._list_end(form, slot)
        text = choice.value
        if slot.loose and isinstance(form, OfValue) and form.pattern is not None and isinstance(text, str):
            if choice.how != "value" or text in slot.points:
                return row[place]
            found = self._any_way(item.test.text, item.touched, False, _ENDS[False])  # samples tell nothing of others
            if all(other.kind != "address" for _, other in slot.tests if isinstance(other, OfValue)):
                self.patterns[self.diagrams.node(found)[0]] = slot, form.pattern
            return found
        return row[place]

    def _list_end(self, form: OfList, slot: Slot) -> Diagram:
        """A test of a list by its elements; a later question stands further down."""
        asked = {slot.members[type(value), value] for value in form.values}
        match form.how:
            case "any":
                watched, met, otherwise = asked, HOLDS, LACKS
            case "all":
                end = HOLDS
                for question in sorted(asked, reverse=True):
                    end = self.diagrams.ask(question, (end, LACKS))
                return end
            case "within":
                watched, met, otherwise = {slot.others, *slot.members.values()} - asked, LACKS, HOLDS
            case "empty":
                watched, met, otherwise = {slot.others, *slot.members.values()}, LACKS, HOLDS
        end = otherwise
        for question in sorted(watched, reverse=True):
            end = self.diagrams.ask(question, (met, end))
        return end

    def _a_record(self, slot: Slot) -> bool:
        """Whether an attribute that is there can only be a record."""
        documented = None if self._about is None else self._about(slot.path)
        sure = len(slot.path) == 1 if documented is None else documented.kinds == {"record"}
        return sure and not slot.tests


def _never_fails(slot: Slot) -> bool:
    """Whether the tests of an attribute that is there take a value of any kind."""
    return all(isinstance(form, OfValue) and form.kind is None for _, form in slot.tests)


def _plain(node: Expr) -> bool:
    """Whether a side of a comparison is an attribute, a literal or an entity, so that nothing in it can fail but absence."""
    if isinstance(node, SetOf | RecordOf):
        return all(map(_plain, children(node)))
    return path_of(node) is not None or literal_of(node) is not None or _entities(node)


def _always_equal(left: Expr, right: Expr) -> bool | None:
    """Whether two sides are equal whatever is open, where they can be told: what is written alike is, and no record is a part of itself."""
    if left == right:
        return True
    one, other = path_of(left), path_of(right)
    if one is None or other is None:
        return None
    return False if one == other[: len(one)] or other == one[: len(other)] else None


def _entities(node: Expr) -> bool:
    """The principal, action or resource, entities by name, or a list of these."""
    match node:
        case SetOf(items):
            return all(_entities(item) for item in items)
        case Var(name):
            return name != "context"
        case _:
            return isinstance(node, Entity)


def ends_of(texts: tuple[str, ...], data: Mapping[str, Any]) -> tuple[int, ...]:
    """How Cedar says that tests end on a context."""
    if not texts:
        return ()
    _, holding, failing = authorize(policy_set(permits(texts)), data)
    return tuple(HOLDS if at in holding else FAILED if at in failing else LACKS for at in range(len(texts)))


@lru_cache(maxsize=50_000, typed=True)
def _pair_end(text: str, left: Path, one: Scalar, right: Path, other: Scalar) -> int:
    """How Cedar says that a comparison of two attributes ends on a value of each."""
    data: dict[str, Any] = {}
    put(data, left, one)
    put(data, right, other)
    return ends_of((text,), data)[0]


@lru_cache(maxsize=20_000, typed=True)
def _plain_row(
    texts: tuple[str, ...], path: Path, how: Literal["record", "list", "value"], value: Scalar
) -> tuple[int, ...]:
    """The same for tests that read one attribute and nothing else; kept for the next request."""
    data: dict[str, Any] = {}
    put(data, path, sample(Choice(how, value)))
    return ends_of(texts, data)


def sample(choice: Choice) -> object:
    """A value of that way."""
    return choice.value if choice.how == "value" else [] if choice.how == "list" else {}


def copy(data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which records can be added to."""
    return {key: copy(value) if isinstance(value, Mapping) else value for key, value in data.items()}


def put(data: dict[str, Any], path: Path, value: object) -> None:
    """Put a value into a context, with the records on the way to it; what stands in for one of them gives way."""
    for step in path[:-1]:
        if not isinstance(data.get(step), dict):
            data[step] = {}
        data = data[step]
    data[path[-1]] = value
