"""Comparisons of two open attributes by case split: values for both, so that every way in which they can stand to each other is among them.

Attributes that comparisons join, directly or by way of others, form a group and get the same values. In any order of a group of n attributes and the
numbers that tests name, at most n of them lie between two neighbours of these, so n numbers there (or as many as there are) show every order;
of texts it takes n that no test names to show which are equal. Groups in which a value may be a list or a record, or a text has to fit
patterns or be an address, have no such list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, islice
from typing import Final

from policyc.engines.cedar.predicates import OfList, OfPair, OfValue, Path
from policyc.engines.cedar.unknowns import Slot
from policyc.engines.cedar.values import About, Choice
from policyc.record import record

#: attributes of a group, and combinations of values of two of them, that are looked at
_MOST_ATTRIBUTES: Final = 4
_MOST_COMBINATIONS: Final = 2_500
_LONG: Final = 2**63


@record
class Joined:
    """Attributes that comparisons join, and the values that show every way in which they can stand to each other."""

    paths: frozenset[Path]
    values: tuple[str | int | bool, ...]


def groups(pairs: Iterable[OfPair], slots: Iterable[Slot], about: About | None) -> list[Joined]:
    """The groups of attributes for which there are such values; those without are left out. The ways of each attribute by itself are
    in its slot."""
    by_path = {slot.path: slot for slot in slots}
    of: dict[Path, set[Path]] = {}
    for pair in pairs:
        both = of.get(pair.left, {pair.left}) | of.get(pair.right, {pair.right})
        for path in both:
            of[path] = both
    out: dict[frozenset[Path], Joined] = {}
    for paths in map(frozenset, of.values()):
        if paths not in out:
            values = _values([by_path[path] for path in sorted(paths)], about)
            if values is not None:
                out[paths] = Joined(paths, values)
    return list(out.values())


def choices_of(slot: Slot, joined: Joined, about: About | None) -> tuple[Choice, ...]:
    """The ways of an attribute in its group: those of its documented kinds, where they are documented."""
    documented = None if about is None else about(slot.path)
    if documented is not None and documented.values:
        return slot.choices  # a closed list shows all there is
    low, high = (documented.range if documented is not None else None) or (-_LONG, _LONG - 1)
    kinds = {bool: "bool", int: "number", str: "text"}
    out: dict[tuple[type, object], Choice] = {}
    for choice in slot.choices:
        out[type(choice.value), (choice.how, choice.value)] = choice
    for value in joined.values:
        if documented is not None and kinds[type(value)] not in documented.kinds:
            continue
        if type(value) is int and not low <= value <= high:
            continue
        out.setdefault((type(value), ("value", value)), Choice("value", value))
    return tuple(out.values())


def _values(slots: Sequence[Slot], about: About | None) -> tuple[str | int | bool, ...] | None:
    forms = [form for slot in slots for _, form in slot.tests]
    if len(slots) > _MOST_ATTRIBUTES or any(_is_deep(form) for form in forms) or any(slot.inside for slot in slots):
        return None
    held = [choice for slot in slots for choice in slot.choices]
    if any(choice.how in ("list", "record") for choice in held):
        return None
    points = [point for form in forms if isinstance(form, OfValue) for point in form.points]
    listed = [about(slot.path) for slot in slots] if about is not None else []
    numbers = {point for point in points if type(point) is int}
    numbers |= {end for item in listed if item is not None and item.range is not None for end in item.range}
    texts = dict.fromkeys(point for point in points if isinstance(point, str))
    texts |= dict.fromkeys(text for item in listed if item is not None for text in item.values)
    kinds = {type(choice.value) for choice in held if choice.how == "value"}
    out: list[str | int | bool] = [True, False] if bool in kinds else []
    out += sorted(_between(numbers, len(slots))) if int in kinds else []
    if str in kinds:
        strangers = ("x" * length for length in count(1))
        out += [*texts, *islice((text for text in strangers if text not in texts), len(slots))]
    return tuple(out) if len(out) ** 2 <= _MOST_COMBINATIONS else None


def _between(numbers: Iterable[int], size: int) -> set[int]:
    """The numbers, and so many between each two neighbours and on either side, or as many as there are."""
    ordered = sorted(numbers) or [0]
    out = set(ordered)
    for at, number in enumerate(ordered):
        end = ordered[at + 1] if at + 1 < len(ordered) else number + size + 1
        out.update(range(number + 1, min(end, number + size + 1)))
    out.update(range(ordered[0] - size, ordered[0]))
    return {number for number in out if -_LONG <= number < _LONG}


def _is_deep(form: OfValue | OfList) -> bool:
    """Whether a test tells values apart in more ways than by what they are equal to and in order with."""
    return isinstance(form, OfList) or form.pattern is not None or bool(form.blocks) or form.kind == "address"
