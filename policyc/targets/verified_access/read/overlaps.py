"""Statements of one text that make one another pointless: repeated, covered, overruled, or without any permit beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics, Label
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Document, Expr, Lit, Statement
from policyc.syntax.cedar_printer import written
from policyc.targets.verified_access.read.outcome import natives
from policyc.targets.verified_access.read.proof import FOR_A_TEXT, Proof
from policyc.targets.verified_access.read.statements import Judged, Verdict
from policyc.text import Source

#: How many pairs of statements are compared by what they mean; all are by how they are written.
_MOST_PAIRS: Final = 4_000
#: What a statement without conditions is found by.
_NOTHING: Final = Lit(True)
#: How many statements one question takes together.
_MOST_TOGETHER: Final = 30


@record
class _Part:
    """A statement that may apply: its conjuncts as written, and the attributes that it speaks of."""

    judged: Judged
    conjuncts: frozenset[Expr]
    names: frozenset[str]

    @property
    def statement(self) -> Statement:
        return self.judged.statement


def check_overlaps(document: Document, verdicts: Sequence[Judged], source: Source, diagnostics: Diagnostics) -> None:
    """Report statements that another one repeats, covers or overrules, and texts whose permits let in nobody or everybody.

    A statement covers another when it applies wherever the other does; every such finding is proven.
    """
    parts = [_part(judged) for judged in verdicts if _compared(judged)]
    overlaps = _Overlaps(parts, Proof(FOR_A_TEXT), diagnostics)
    overlaps.check_pairs()
    if document.statements and not any(item.effect == "permit" for item in document.statements):
        diagnostics.warning(
            "cedar-admits-nobody",
            f"`{source.file}` holds no permit, so it refuses every request",
            document.statements[0].effect_span,
            "write a `permit`; without one a forbid has nothing to narrow",
        )
    elif all(_compared(judged) for judged in verdicts):
        overlaps.check_together()


def _compared(judged: Judged) -> bool:
    return judged.verdict is not Verdict.NEVER and not any(part.constrained for part in judged.statement.scope)


def _part(judged: Judged) -> _Part:
    return _Part(judged, frozenset(_flat(judged.condition)) - {_NOTHING}, natives(judged.outcome.not_true))


class _Overlaps:
    """Compares the statements of one text."""

    def __init__(self, parts: Sequence[_Part], proof: Proof, diagnostics: Diagnostics) -> None:
        self.parts = parts
        self.proof = proof
        self.diagnostics = diagnostics
        self.pairs = _MOST_PAIRS
        self.by_conjunct = _index(parts)
        self.forbids = [part for part in parts if part.statement.effect == "forbid"]

    def check_pairs(self) -> None:
        gone: set[int] = set()
        for place, part in enumerate(self.parts):
            found = next((at for at in self._wider(place) if at not in gone), None)
            if found is None:
                if part.statement.effect == "permit":
                    self._check_forbids_together(part)
                continue
            other = self.parts[found]
            if other.statement.effect == part.statement.effect:
                gone.add(place)
                _report_covered(part, other, self.diagnostics)
            else:
                _report_overruled(part, [other], self.diagnostics)

    def _wider(self, place: int) -> Iterator[int]:
        """The statements that apply wherever one does, by how they are written and then by what they mean. Of two that say the
        same the earlier one stays."""
        part = self.parts[place]
        alike = {at for name in (_NOTHING, *part.conjuncts) for at in self.by_conjunct.get(name, ())}
        for at in sorted(alike - {place}):
            other = self.parts[at]
            first = other.conjuncts < part.conjuncts or at < place or other.statement.effect != part.statement.effect
            if first and other.conjuncts <= part.conjuncts and self._outweighs(other, part):
                yield at
        for at, other in enumerate(self.parts):
            if at == place or at in alike or not self._outweighs(other, part) or not other.names <= part.names:
                continue
            self.pairs -= 1
            if self.pairs < 0:
                return
            if self._covers(other, part) and (
                at < place or not self._covers(part, other) or other.statement.effect == "forbid"
            ):
                yield at

    def _outweighs(self, other: _Part, part: _Part) -> bool:
        return other.statement.effect in (part.statement.effect, "forbid")

    def _covers(self, wide: _Part, narrow: _Part) -> bool:
        return self.proof.impossible(narrow.judged.outcome.true, wide.judged.outcome.not_true)

    def _check_forbids_together(self, permit: _Part) -> None:
        near = [forbid for forbid in self.forbids if forbid.names & permit.names or not forbid.names]
        if not 1 < len(near) <= _MOST_TOGETHER:
            return
        if self.proof.impossible(permit.judged.outcome.true, *(forbid.judged.outcome.not_true for forbid in near)):
            _report_overruled(permit, near, self.diagnostics)

    def check_together(self) -> None:
        """Several permits of which one always applies, with no forbid to narrow them."""
        permits = [part for part in self.parts if part.statement.effect == "permit"]
        if self.forbids or not 1 < len(permits) <= _MOST_TOGETHER:
            return
        if any(part.judged.verdict is Verdict.ALWAYS for part in permits):
            return
        if self.proof.impossible(*(part.judged.outcome.not_true for part in permits)):
            self.diagnostics.warning(
                "cedar-everyone-allowed",
                "together the permits let in everybody who can log in",
                permits[-1].statement.effect_span,
                "test groups, e-mail or device, unless the other policy of the pair (group or endpoint) does",
                tuple(Label(part.statement.effect_span, "one of the permits") for part in permits[:-1][:5]),
            )


def _index(parts: Sequence[_Part]) -> dict[Expr, list[int]]:
    """Statements by the rarest of their conjuncts, so that few have to be compared; an unconditional one by what is always true."""
    count: dict[Expr, int] = {}
    for part in parts:
        for name in part.conjuncts:
            count[name] = count.get(name, 0) + 1
    out: dict[Expr, list[int]] = {}
    for place, part in enumerate(parts):
        rarest = min(part.conjuncts, key=lambda name: (count[name], written(name)), default=_NOTHING)
        out.setdefault(rarest, []).append(place)
    return out


def _report_covered(part: _Part, other: _Part, diagnostics: Diagnostics) -> None:
    what = "repeats another one" if part.conjuncts == other.conjuncts else "adds nothing to a wider one"
    diagnostics.warning(
        "cedar-redundant",
        f"this {part.statement.effect} {what}",
        part.statement.effect_span,
        "remove it, or narrow the other",
        (Label(other.statement.effect_span, "the other one"),),
    )


def _report_overruled(part: _Part, forbids: Sequence[_Part], diagnostics: Diagnostics) -> None:
    one = len(forbids) == 1
    diagnostics.warning(
        "cedar-overruled",
        f"{'a forbid applies' if one else 'the forbids apply'} wherever this permit does, so it allows nobody",
        part.statement.effect_span,
        "narrow the forbid, or remove one of the two" if one else "narrow a forbid, or remove the permit",
        tuple(Label(forbid.statement.effect_span, "the forbid" if one else "a forbid") for forbid in forbids[:5]),
    )


def _flat(node: Expr) -> list[Expr]:
    out: list[Expr] = []
    work = [node]
    while work:
        current = work.pop()
        if isinstance(current, And):
            work.extend(reversed(current.items))
        else:
            out.append(current)
    return out
