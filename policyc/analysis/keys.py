"""What a request holds for each key, as atoms: present or not, and the tests that its values pass.

A key has one value, or where a quantified operator asks for it one value per quantified test, which is enough: each such test needs
one value that shows it. Some keys are not free: AWS derives them from the caller, so that tests of them are tests of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from policyc.analysis.formula import TRUE, Formula, Lit
from policyc.analysis.solver import Opaque, Present, Slot, Tested
from policyc.engines.proofs.domains import Domain, Fits, Readable, Test, passes
from policyc.engines.proofs.texts import ANYTHING, Pattern
from policyc.engines.proofs.value_tests import domain_of, family_of, shape_of, words_of
from policyc.model.types import Named, SetOf, shapes
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.targets.cedar_documents.methods import REGISTERED

#: what a request asks for, and of what: told apart like keys
ACTION: Final = "action"
RESOURCE: Final = "resource"
#: how many values of one key are told apart; past that, nothing is proven of it
MOST_VALUES: Final = 40


@record
class Use:
    """How policies use a key: what is known of it, and how many values of it a request may need: one for each quantified test, and two to
    fail a `plain` one, which wants a value alone."""

    attribute: Attribute
    quantified: int = 0
    plain: bool = False

    @property
    def many(self) -> bool:
        known = self.attribute.name != f'key["{self.attribute.native}"]'
        return self.attribute.many or (not known and self.quantified > 0)

    @property
    def values(self) -> int:
        return max(2 if self.plain else 1, self.quantified) if self.many else 1


@dataclass
class Keys:
    """The keys of one question. `derived` holds those that the caller determines: key -> (present, test of the value); `most` values of a key
    are told apart."""

    formula: Formula
    uses: Mapping[str, Use]
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derived: dict[str, tuple[Callable[[], Lit], Callable[[Test], Lit]]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    most: int = MOST_VALUES
    _slots: dict[str, list[Slot]] = field(default_factory=dict)

    def slots(self, key: str) -> list[Slot]:
        """The values of a key that a question tells apart."""
        found = self._slots.get(key)
        if found is None:
            use = self.uses.get(key)
            self.seen[key] = 1 if use is None or key in self.derived else min(use.values, self.most)
            found = self._slots[key] = [(key, index) for index in range(self.seen[key])]
        return found

    def is_crowded(self, key: str) -> bool:
        """Whether a request may need more values of the key than are told apart."""
        use = self.uses.get(key)
        return use is not None and use.values > self.most and key not in self.derived

    def present(self, slot: Slot) -> Lit:
        """Whether the request has this value."""
        self.slots(slot[0])
        if slot[0] in self.derived:
            return self.derived[slot[0]][0]()
        return self.formula.atom(Present(slot))

    def passes(self, slot: Slot, test: Test) -> Lit:
        """Whether this value, which is there, passes a test."""
        self.slots(slot[0])
        if slot[0] in self.derived:
            return self.derived[slot[0]][1](test)
        if isinstance(test, Fits) and test.pattern == ANYTHING:
            return TRUE
        if isinstance(test, Readable) and self.is_readable(slot[0]):
            return TRUE
        return self.formula.atom(Tested(slot, test))

    def opaque(self, name: str, slot: Slot, way: str) -> Lit:
        """Something about this value that is not understood; `way` tells apart what people see as one."""
        return self.formula.atom(Opaque(name, (slot, way)))

    def is_readable(self, key: str) -> bool:
        """Whether every value of the key is of the key's documented type."""
        use = self.uses.get(key)
        return use is not None and family_of(use.attribute.type) != "text"

    def domain(self, key: str) -> Domain:
        """The values that a free key may have."""
        use = self.uses.get(key)
        hints = self.hints.get(key, ())
        if use is None:
            return Domain(key, "text", hints)
        return domain_of(use.attribute, (*hints, *_examples(use.attribute)))

    def axioms(self) -> Iterable[Lit]:
        """What every request keeps to: values come in order and are of their types, and keys that are always there are there."""
        formula = self.formula
        for key, count in list(self.seen.items()):
            if key in self.derived:
                continue
            use = self.uses.get(key)
            there = [self.present((key, index)) for index in range(count)]
            yield from (formula.implies(later, earlier) for earlier, later in pairwise(there))
            if use is None:
                continue
            if use.attribute.presence == "always":
                yield there[0]
            for index, present in enumerate(there):
                shape = self._shape((key, index), use.attribute)
                if shape != TRUE:
                    yield formula.implies(present, shape)

    def _shape(self, slot: Slot, attribute: Attribute) -> Lit:
        looks = shape_of(attribute)
        if looks:
            return self.formula.some(self.passes(slot, test) for test in looks)
        return -self.passes(slot, Fits(())) if attribute.many else TRUE


#: methods that readers know
_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def _examples(attribute: Attribute) -> tuple[str, ...]:
    kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
    if words := words_of(attribute):
        return words
    if kind == Named("http_method"):
        return (*_METHODS, *sorted(REGISTERED - set(_METHODS)))
    if isinstance(kind, Named) and kind.name in shapes() and kind.name != "string":
        text = shapes()[kind.name].example
        return (text, *(text[:-1] + end for end in "123")) if family_of(kind) == "text" else (text,)
    return ()


def those_that_pass(test: Test, words: Iterable[str]) -> frozenset[str]:
    """Which of some texts pass a test."""
    return frozenset(word for word in words if passes(test, word))


def inside(pattern: Pattern, border: str) -> Pattern | None:
    """The same pattern for a part of a text that holds no `border`; None when no such part fits."""
    if ("=", border) in pattern or ("~", border) in pattern:
        return None
    swap = {"*": (".", border), "?": ("-", border)}
    if any(kind in ".-" and char != border for kind, char in pattern):
        return None
    return tuple(swap.get(kind, (kind, char)) for kind, char in pattern)
