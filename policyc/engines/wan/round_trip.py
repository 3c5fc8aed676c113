"""Both directions of a path: what somebody who wants a connection has to know. An answer that does not come back is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from policyc.engines.wan.reach import Answer, Part, Verdict
from policyc.record import record

#: prefixes that are told one by one
_FEW = 8


class Trip(StrEnum):
    """`one-way`: it arrives and nothing comes back; `partly`: it differs by IP version or by prefix."""

    REACHABLE = "reachable"
    ONE_WAY = "one-way"
    PARTLY = "partly"
    BLOCKED = "blocked"
    UNDECIDED = "undecided"


@record
class RoundTrip:
    """Both directions of one path; `back` is None when nothing was delivered to an attachment that could answer."""

    forward: Answer
    back: Answer | None

    @property
    def trip(self) -> Trip:
        """What comes of a connection."""
        back = None if self.back is None else self.back.verdict
        found = set(self.by_family().values()) or {_combined(self.forward.verdict, back)}
        if len(found) == 1:
            return found.pop()
        return Trip.UNDECIDED if Trip.UNDECIDED in found else Trip.PARTLY

    def by_family(self) -> dict[int, Trip]:
        """The same for each IP version that was asked about; empty when no table had to be asked."""
        out: dict[int, Trip] = {}
        for family in sorted({part.prefix.family for part in self.forward.parts}):
            back = None if self.back is None else _of_family(self.back, family) or self.back.verdict
            out[family] = _combined(_of_family(self.forward, family) or self.forward.verdict, back)
        return out

    def differences(self) -> Iterator[str]:
        """What differs by IP version, and by prefix within one, a line each."""
        found = self.by_family()
        if len(set(found.values())) > 1:
            for family, trip in found.items():
                yield f"IPv{family}: {trip.value}{self._why(family, trip)}"
        for way, answer in (("to", self.forward), ("back to", self.back)):
            for family in found if answer is not None else ():
                parts = [part for part in answer.parts if part.prefix.family == family] if answer is not None else []
                if len({part.verdict for part in parts}) > 1:
                    yield from _lines(way, parts)

    def _why(self, family: int, trip: Trip) -> str:
        match trip:
            case Trip.ONE_WAY:
                return f", nothing comes back ({_sentence(self.back, family)})"
            case Trip.BLOCKED | Trip.UNDECIDED:
                text = _sentence(self.forward, family)
                return f", {text}" if text else ""
            case _:
                return ""


def _combined(forward: Verdict, back: Verdict | None) -> Trip:
    if forward in (Verdict.BLOCKED, Verdict.UNDECIDED) or back is None or back is Verdict.REACHABLE:
        return Trip(forward.value)
    return {Verdict.BLOCKED: Trip.ONE_WAY, Verdict.UNDECIDED: Trip.UNDECIDED}.get(back, Trip.PARTLY)


def _of_family(answer: Answer, family: int) -> Verdict | None:
    verdicts = {part.verdict for part in answer.parts if part.prefix.family == family}
    if len(verdicts) > 1:
        return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.PARTLY
    return verdicts.pop() if verdicts else None


def _sentence(answer: Answer | None, family: int) -> str:
    if answer is None:
        return ""
    found = [
        part.sentence for part in answer.parts if part.prefix.family == family and part.verdict is not Verdict.REACHABLE
    ]
    return found[0] if found else answer.sentence


def _lines(way: str, parts: Iterable[Part]) -> Iterator[str]:
    told = list(parts)
    for part in told[:_FEW]:
        yield f"{way} {part.prefix}: {part.verdict.value}, {part.sentence}"
    if len(told) > _FEW:
        yield f"{way} {len(told) - _FEW} more prefixes"
