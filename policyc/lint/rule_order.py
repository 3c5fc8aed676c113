"""The association rules of a core network in the order in which the service tries them, and which rule may take what a later one
waits for.

A network may have thousands of rules. So they are indexed by one of their conditions each, the one that fewest others have: of a rule whose
conditions all have to hold, that one has to hold too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from heapq import merge
from typing import TypeVar

from policyc.engines.wan.resource_ids import type_of_resource
from policyc.ir.network import ATTACHMENT_TYPES, AttachCondition, AttachRule, ConditionType, CoreNetwork
from policyc.per_object import PerObject

#: the type of a condition and the key of its tag
Subject = tuple[str, str]
_TAG = ("tag-value", "tag-exists")
#: what every attachment has one of; a Direct Connect gateway may be in several Regions
_SINGLE: tuple[ConditionType, ...] = ("attachment-type", "account-id", "resource-id")
K = TypeVar("K")


def ordered_rules(network: CoreNetwork) -> list[AttachRule]:
    """The association rules in the order in which the service tries them."""
    return _order_of(network).rules


def shadowing(network: CoreNetwork, rule: AttachRule) -> AttachRule | None:
    """The rule before `rule` that is proven to match every attachment which `rule` matches."""
    return _order_of(network).shadowing(rule)


def meeting(network: CoreNetwork, rule: AttachRule) -> Iterator[AttachRule]:
    """The rules before `rule` that may match an attachment which just meets it (see `may_meet`), the first one first."""
    return (item for item in _order_of(network).may_meet(rule) if may_meet(item, rule))


# --- one rule and another ---------------------------------------------------------------------------------------


def rule_covers(outer: AttachRule, inner: AttachRule) -> bool:
    """Whether every attachment that matches `inner` is proven to match `outer`."""
    wanted = any if outer.logic == "or" else all
    return all(
        wanted(any(condition_covers(need, given) for given in alternative) for need in outer.conditions)
        for alternative in inner.alternatives
    )


def may_meet(one: AttachRule, other: AttachRule) -> bool:
    """Whether an attachment that just meets `other` may match `one` too: not when that wants another value of the same thing, or
    a tag that `other` does not speak of."""
    return any(_fits(mine, theirs) for mine in one.alternatives for theirs in other.alternatives)


def _fits(mine: tuple[AttachCondition, ...], theirs: tuple[AttachCondition, ...]) -> bool:
    tags = {item.key for item in theirs if item.key is not None}
    if any(item.key is not None and item.key not in tags for item in mine):
        return False
    wanted = [(_subject(item), item.value) for item in mine if item.operator == "equals"]
    given = [(_subject(item), item.value) for item in theirs if item.operator == "equals"]
    return not any(one[0] == other[0] and one != other for one in wanted for other in given)


def _subject(condition: AttachCondition) -> Subject:
    return condition.type, "" if condition.key is None else condition.key.text


def takes_all(rule: AttachRule, kind: ConditionType, network: CoreNetwork) -> bool:
    """Whether what a rule asks of one thing that every attachment has, leaves no value of it out: a value and all but that one, every
    type, or the Region of every edge."""
    if rule.logic != "or" and len(rule.conditions) > 1:
        return False
    asked = [item for item in rule.conditions if item.type == kind and item.operator is not None]
    others = (item for item in asked if item.operator == "not-equals")
    if any(any(item.admits(value_of(but)) for item in asked) for but in others):
        return True
    values = {"attachment-type": ATTACHMENT_TYPES, "region": network.locations}.get(kind, ())
    return bool(values) and all(any(item.admits(value) for item in asked) for value in values)


def takes_everything(rule: AttachRule, network: CoreNetwork) -> bool:
    """Whether every attachment, in whatever Regions, meets a rule by the one thing that it asks."""
    return any(takes_all(rule, kind, network) for kind in _SINGLE)


def condition_covers(outer: AttachCondition, inner: AttachCondition) -> bool:
    """Whether an attachment that meets `inner` is proven to meet `outer`."""
    if outer.type == "any" or outer == inner:
        return True
    if inner.type not in _TAG or outer.type not in _TAG:
        return outer.type == inner.type and inner.operator == "equals" and outer.admits(value_of(inner))
    if (outer.key or "") != (inner.key or "") or inner.operator == "not-equals":
        return False
    if outer.type == "tag-exists":
        return True
    if inner.type == "tag-exists":
        return False
    if inner.operator == "equals":
        return outer.admits(value_of(inner))
    part, wanted = value_of(inner), value_of(outer)
    if outer.operator == "begins-with":
        return inner.operator == "begins-with" and part.startswith(wanted)
    return outer.operator == "contains" and wanted in part


def contradict(one: AttachCondition, other: AttachCondition) -> bool:
    """Whether no attachment at one edge meets both conditions: two values of one thing, two beginnings, or a type and the id of what
    attachments of another type connect."""
    if {one.type, other.type} == {"attachment-type", "resource-id"}:
        kind, resource = (one, other) if one.type == "attachment-type" else (other, one)
        types = type_of_resource(value_of(resource)) if resource.operator in ("equals", "begins-with") else None
        return types is not None and kind.operator == "equals" and value_of(kind) != types
    if _subject(one) != _subject(other) or one.type in ("any", "tag-exists"):
        return False
    for wanted, need in ((one, other), (other, one)):
        if wanted.operator == "equals":
            return not need.admits(value_of(wanted))
    begins = [value_of(item) for item in (one, other) if item.operator == "begins-with"]
    return len(begins) == 2 and not (begins[0].startswith(begins[1]) or begins[1].startswith(begins[0]))


def edges_for(conditions: Iterable[AttachCondition], network: CoreNetwork) -> list[str]:
    """The edges in whose Regions these conditions about the Region all hold."""
    asked = [item for item in conditions if item.type == "region"]
    return [edge for edge in network.locations if all(item.admits(edge) for item in asked)]


def value_of(condition: AttachCondition) -> str:
    return condition.value.text if condition.value is not None else ""


# --- the index --------------------------------------------------------------------------------------------------


class _Order:
    """The rules in order, and their places: `covers` by what a rule has to say to be covered by one, `by_value` by what one of their
    conditions wants, `by_subject` by what they want some value of, `open` those that want no certain value of anything."""

    def __init__(self, network: CoreNetwork) -> None:
        self.rules = sorted(network.attach_rules, key=lambda rule: rule.number.value)
        #: by the identity of rules, which live as long as this
        self._shadowing: dict[int, AttachRule | None] = {}
        every = Counter(_sign(item) for rule in self.rules for item in rule.conditions)
        self._covers: dict[Hashable, list[int]] = {}
        self._parts: dict[tuple[str, Subject], _Texts] = {}
        self._by_value: dict[tuple[Subject, str], list[int]] = {}
        self._by_subject: dict[Subject, list[int]] = {}
        self._open: list[int] = []
        #: by the identity of rules, as above
        self._everything: set[int] = set()
        for at, rule in enumerate(self.rules):
            if takes_everything(rule, network):
                self._everything.add(id(rule))
                _put(self._covers, "always", at)
            for alternative in rule.alternatives:
                pivot = min(alternative, key=lambda item: every[_sign(item)], default=None)
                _put(self._covers, "always" if pivot is None else _sign(pivot), at)
                if pivot is not None and pivot.operator == "not-equals":
                    _put(self._covers, ("differs", _subject(pivot)), at)
                elif pivot is not None and pivot.operator in ("begins-with", "contains"):
                    self._parts.setdefault((pivot.operator, _subject(pivot)), _Texts()).add(value_of(pivot))
                wanting = [item for item in alternative if item.operator == "equals"]
                if not wanting:
                    if self._open[-1:] != [at]:
                        self._open.append(at)
                    continue
                rare = min(wanting, key=lambda item: every[_sign(item)])
                _put(self._by_value, (_subject(rare), value_of(rare)), at)
                _put(self._by_subject, _subject(rare), at)

    def shadowing(self, rule: AttachRule) -> AttachRule | None:
        if id(rule) not in self._shadowing:
            found = (item for item in self._may_cover(rule) if id(item) in self._everything or rule_covers(item, rule))
            self._shadowing[id(rule)] = next(found, None)
        return self._shadowing[id(rule)]

    def _may_cover(self, rule: AttachRule) -> Iterator[AttachRule]:
        """The rules before this one that may cover it, in order: each has to cover its first alternative."""
        given = next(iter(rule.alternatives), ())
        signs = {"always", ("any",), *(sign for item in given for sign in self._covered_by(item))}
        return self._before(rule, (self._covers[sign] for sign in signs if sign in self._covers))

    def _covered_by(self, given: AttachCondition) -> Iterator[Hashable]:
        """The signs of all conditions that may be covered by this one."""
        yield _sign(given)
        subject, value, tag = _subject(given), value_of(given), given.type in _TAG
        if tag:
            yield "exists", subject[1]
        if given.operator == "equals":
            yield "differs", subject
        if given.operator in ("equals", "begins-with") and (beginnings := self._parts.get(("begins-with", subject))):
            yield from (("begins-with", subject, text) for text in beginnings.begin(value))
        if (given.operator == "equals" or tag) and (pieces := self._parts.get(("contains", subject))):
            yield from (("contains", subject, text) for text in pieces.within(value))

    def may_meet(self, rule: AttachRule) -> Iterator[AttachRule]:
        lists: list[Iterable[int]] = [self._open]
        for theirs in rule.alternatives:
            wanted = {_subject(item): value_of(item) for item in theirs if item.operator == "equals"}
            for subject, places in self._by_subject.items():
                lists.append(self._by_value.get((subject, wanted[subject]), ()) if subject in wanted else places)
        return self._before(rule, lists)

    def _before(self, rule: AttachRule, lists: Iterable[Iterable[int]]) -> Iterator[AttachRule]:
        last = -1
        for at in merge(*lists):
            if self.rules[at].number.value >= rule.number.value:
                return
            if at != last:
                yield self.rules[at]
            last = at


class _Texts:
    """Texts, of which those are asked for that another one begins with or contains."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lengths: set[int] = set()

    def add(self, text: str) -> None:
        self._texts.add(text)
        self._lengths.add(len(text))

    def begin(self, value: str) -> set[str]:
        return self._texts & {value[:length] for length in self._lengths}

    def within(self, value: str) -> set[str]:
        if len(self._texts) <= len(value) * len(self._lengths):
            return {text for text in self._texts if text in value}
        starts = range(len(value) + 1)
        return self._texts & {value[at : at + length] for length in self._lengths for at in starts}


def _put(found: dict[K, list[int]], key: K, at: int) -> None:
    places = found.setdefault(key, [])
    if places[-1:] != [at]:
        places.append(at)


def _sign(need: AttachCondition) -> Hashable:
    """What a condition says, as the index has it; `_Order._covered_by` has the other side."""
    if need.type == "any":
        return ("any",)
    if need.type == "tag-exists":
        return "exists", _subject(need)[1]
    return need.operator, _subject(need), value_of(need)


_order_of = PerObject(_Order, 16)
