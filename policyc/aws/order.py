"""The order of the steps of a plan: every moment of a run lies between what the policies of before and those of after let in.

Most policies are gates in a row: a request gets through where every one of them lets it. They are closed before they are opened, which lets nobody in who gets in neither before
nor after, and keeps nobody out who gets in before and after. Policies that only allow may be alternatives instead, of which one is enough: those of one caller, and these beside
that of a bucket, function or access point in their account. Alternatives are opened before they are closed. Where gates and alternatives cross, nobody is let in who should not
be, and a warning says who may be kept out meanwhile.

Whoever asks for it gets everything opened before anything is closed: nobody is kept out who gets in before and after, and a warning says between which steps more is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from policyc.aws.steps import Kind, Step
from policyc.record import record

#: what requests meet last comes first: callers, then who may become them, then the chain from the back. So gates are opened; they are closed the other way round
_RANK: Final = {
    Kind.ROLE: 0,
    Kind.USER: 0,
    Kind.GROUP: 0,
    Kind.BOUNDARY: 0,
    Kind.MANAGED: 0,
    Kind.TRUST: 1,
    Kind.FUNCTION: 2,
    Kind.BUCKET: 3,
    Kind.ACCESS_POINT: 4,
    Kind.OBJECT_LAMBDA: 5,
    Kind.LATTICE_POLICY: 6,
    Kind.LATTICE_AUTH: 6,
    Kind.VERIFIED_ACCESS: 7,
    Kind.WAN_PUT: 8,
    Kind.WAN_EXECUTE: 8,
}
CHAIN: Final = frozenset({Kind.FUNCTION, Kind.BUCKET, Kind.ACCESS_POINT, Kind.OBJECT_LAMBDA})
_LATTICE: Final = frozenset({Kind.LATTICE_POLICY, Kind.LATTICE_AUTH})
#: kinds whose policy and the caller's own are alternatives within an account
#: (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html); VPC Lattice wants both
_OR_CALLERS: Final = frozenset({*CHAIN, Kind.TRUST})


@record
class Draft:
    """The steps of one document, which are carried out in a row, and what they do: let somebody in, keep somebody out, or both where that is not known. `carrier` is
    what the document is on, `own` tells a policy of a caller that is no boundary, `alternative` one (or that of a bucket, function or access point) that only allows, so that
    others may allow the same beside it; `services` are those whose actions change, `*` for all; `waits` tells a switch to `AWS_IAM` that is made once the callers' policies let them."""

    steps: tuple[Step, ...]
    carrier: str
    lets_in: bool
    keeps_out: bool
    own: bool = False
    alternative: bool = False
    services: frozenset[str] = frozenset("*")
    waits: bool = False

    @property
    def kind(self) -> Kind:
        """What the steps write."""
        return self.steps[-1].kind

    @property
    def both(self) -> bool:
        """Whether it lets in and keeps out."""
        return self.lets_in and self.keeps_out


@record
class Ordered:
    """The steps, numbered; why they are in this order, empty where the other one is the same; and what no order can avoid, or this one lets happen."""

    steps: tuple[Step, ...]
    why: str
    warnings: tuple[str, ...]


def ordered(drafts: Sequence[Draft], widen_first: bool = False) -> Ordered:
    """The steps in their order; with `widen_first` whatever lets somebody in comes before whatever keeps somebody out."""
    tight, wide = _in_order(drafts), _widened_first(drafts)
    held = wide if widen_first else tight
    numbers: list[int] = []
    steps: list[Step] = []
    for one in held:
        numbers.append(len(steps) + 1)
        steps += [replace(step, number=number) for number, step in enumerate(one.steps, len(steps) + 1)]
    why = "" if tight == wide else _WIDE if widen_first else _TIGHT
    return Ordered(tuple(steps), why, tuple(_said(held, numbers, widen_first)))


_TIGHT: Final = (
    "of several policies that all have to allow, what is narrowed comes before what is widened, to let nobody in meanwhile whom neither the policies of before nor those of "
    "after let in (`--order widen-first` for the other way round)"
)
_WIDE: Final = "what is widened comes before what is narrowed, to refuse nobody meanwhile who gets in before and after"


def _widened_first(drafts: Sequence[Draft]) -> list[Draft]:
    """What lets in from the callers and the back of the chain on, then what does both, then what keeps out from the front on."""

    def place(one: Draft) -> tuple[int, int]:
        rank = _RANK[one.kind]
        return (2, -rank) if not one.lets_in else (0, rank) if not one.keeps_out else (1, rank)

    return sorted(drafts, key=lambda one: (*place(one), one.steps[0].label))


def _in_order(drafts: Sequence[Draft]) -> list[Draft]:
    if _is_either(drafts):
        return sorted(drafts, key=lambda one: (*_place_among_alternatives(one), one.steps[0].label))
    units = _units(drafts)
    return sorted(drafts, key=lambda one: (*_place(one, units.get(one.carrier, (False, False))), one.steps[0].label))


def _is_either(drafts: Sequence[Draft]) -> bool:
    """Whether callers' policies are nothing but alternatives to those of resources: within one account, with nothing that asks for both, and without a document
    with a `Deny` that lets in and keeps out."""
    return (
        len({step.account for one in drafts for step in one.steps}) == 1
        and not any(one.kind in _LATTICE or one.kind is Kind.TRUST for one in drafts)
        and not any(one.both and not one.alternative for one in drafts)
    )


def _place_among_alternatives(one: Draft) -> tuple[int, int]:
    """Documents with a `Deny` close first and open last; between them alternatives are opened from the callers on, and theirs are closed last."""
    rank = _RANK[one.kind]
    if not one.alternative:
        return (0, -rank) if one.keeps_out else (7, rank)
    if one.both:
        return 3, rank
    if one.own:
        return (1, 0) if one.lets_in else (6, 0)
    return (2, -rank) if one.keeps_out else (5, rank)


def _units(drafts: Sequence[Draft]) -> dict[str, tuple[bool, bool]]:
    """What the alternatives of each caller do together. A managed policy may be anybody's, so that with one all are together."""
    found = [one for one in drafts if one.own and one.alternative]
    shared = any(one.kind is Kind.MANAGED for one in found)
    mine = {one.carrier: [other for other in found if shared or other.carrier == one.carrier] for one in found}
    return {
        carrier: (any(one.lets_in for one in those), any(one.keeps_out for one in those))
        for carrier, those in mine.items()
    }


def _place(one: Draft, unit: tuple[bool, bool]) -> tuple[int, ...]:
    rank = _RANK[one.kind]
    if one.waits:
        return (4, 0, -rank)
    loose = one.own and one.alternative
    opens, closes = unit if loose else (one.lets_in, one.keeps_out)
    if not opens:
        return (0, 0, -rank)
    if not closes:
        return (3, 0, 0) if one.own else (5, 0, rank)
    if not loose:
        return (1, 0, -rank)
    return (2, 1 if one.both else 0 if one.lets_in else 2, 0)


# --- what no order can avoid ------------------------------------------------------------------------------------


def _said(held: Sequence[Draft], numbers: Sequence[int], widened_first: bool) -> Iterator[str]:
    units = _units(held)
    either = _is_either(held)
    mixed = [all(units[one.carrier]) if not either and one.own and one.alternative else one.both for one in held]
    open_between: list[str] = []
    shut_between: list[str] = []
    for at, one in enumerate(held):
        for later, other in enumerate(held[at + 1 :], at + 1):
            pair = f"{numbers[at]} and {numbers[later]}"
            # by the one more is open, and the other is still as it was; in the usual order only where both open and close
            wider = mixed[at] and mixed[later]
            if widened_first:
                beside = either and (one.own or other.own) and one.alternative and other.alternative
                wider = one.lets_in and other.keeps_out and not beside
            if wider and _in_a_row(one, other):
                open_between.append(pair)
            if one.keeps_out and other.lets_in and _are_alternatives(one, other):
                shut_between.append(pair)
    if open_between:
        does = "each of the steps {} lets somebody in and keeps somebody out"
        if widened_first:
            does = "the first of the steps {} lets somebody in before the other keeps somebody out"
        yield (
            f"{does.format(_listed(open_between))}: between them somebody may get in whom neither the policies of before nor those of after let in"
        )
    if shut_between:
        yield (
            f"between the steps {_listed(shut_between)} somebody may be refused who gets in before and after, by the one before and by the other "
            "after"
        )


def _listed(pairs: Sequence[str]) -> str:
    return ", ".join(pairs[:3]) + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else "")


def _families(one: Draft) -> frozenset[str]:
    """What is in a row with others: callers' policies with each resource that asks for them."""
    if one.kind in _LATTICE:
        return frozenset({"lattice"})
    if one.kind in CHAIN:
        return frozenset({"chain"})
    if one.kind in (Kind.VERIFIED_ACCESS, Kind.WAN_PUT, Kind.WAN_EXECUTE):
        return frozenset({one.kind.value})
    return frozenset({"lattice", "chain", "callers"})


def _sort(one: Draft) -> str:
    """Of documents of one sort a request meets one: a service's, a network's, a group's, an endpoint's; the alternatives of a caller are one gate."""
    if one.own and one.alternative:
        return "alternatives"
    if one.kind in _LATTICE or one.kind is Kind.VERIFIED_ACCESS:
        return one.carrier.rpartition(":")[2].partition("/")[0]
    return one.kind.value if one.kind in CHAIN else f"{one.carrier} {one.steps[0].kind} {one.steps[0].name}"


def _in_a_row(one: Draft, other: Draft) -> bool:
    if "callers" in _families(one) & _families(other) and not _of_one_caller(one, other):
        return False
    return bool(_families(one) & _families(other)) and _sort(one) != _sort(other)


def _of_one_caller(one: Draft, other: Draft) -> bool:
    """Whether two documents of callers may be of the same one; a managed policy may be anybody's."""
    return one.carrier == other.carrier or Kind.MANAGED in (one.kind, other.kind)


def _are_alternatives(one: Draft, other: Draft) -> bool:
    """Whether a request may get through by either of two documents, whose changes are about the same service. `one` comes first."""
    if not (one.services & other.services or "*" in one.services | other.services):
        return False
    if one.own and other.own:
        return _of_one_caller(one, other)
    if other.own and one.kind is Kind.LATTICE_AUTH:
        return not one.lets_in
    return (one.own or other.own) and bool({one.kind, other.kind} & _OR_CALLERS)
