"""What is known of an expression of a Cedar condition, and what the checks of operators ask of the one that walks through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from policyc.diagnostics import Diagnostics, Fix
from policyc.record import record
from policyc.syntax.cedar_nodes import Expr
from policyc.targets.cedar_documents.text.kinds import LONG, UNKNOWN, Kind, Member
from policyc.text import Span

Path: TypeAlias = tuple[str, ...]
Known: TypeAlias = frozenset[Path]
NOTHING: Known = frozenset()


@record
class Risk:
    """A read of an attribute that may be absent there. `counted_on` marks the documented data of a device behind a test of the
    provider's key, on which AWS's own examples count."""

    path: Path
    span: Span
    counted_on: bool = False


@record
class Hazard:
    """An operation that fails for some values of what it works on; `what` says on which, `help` what to do."""

    what: str
    span: Span
    help: str


@record
class Info:
    """What is known of an expression. `constant` is the value of a single test that has just one, wherever it does not fail;
    `broken` says that its evaluation always fails. A number lies within `reach`, where that is known."""

    kind: Kind
    constant: bool | None = None
    yes: Known = NOTHING
    no: Known = NOTHING
    risks: tuple[Risk, ...] = ()
    member: Member | None = None
    broken: bool = False
    reach: tuple[int, int] | None = None

    @property
    def record(self) -> Kind:
        """The kind to look up attributes in: of a claim that only samples show what they show."""
        return self.member.kind if self.member is not None and self.member.sampled else self.kind


class Checks(Protocol):
    """Who checks a condition, as an operator in it sees them: `effect` words the consequences, `hazards` collects what fails for some values, `bounded`
    are the tests that are one end of a range."""

    effect: str
    diagnostics: Diagnostics
    hazards: list[Hazard]
    bounded: set[Expr]

    def check(self, node: Expr, known: Known = NOTHING) -> Info:
        """An operand's kind and what it reads, its mistakes reported."""

    def error(self, rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> None:
        """Report a mistake."""

    def fails(self, message: str, span: Span, help: str) -> None:
        """Report a test whose evaluation always fails."""


def number(info: Info) -> bool:
    """Whether an operand can be a number."""
    return info.kind.name in (LONG.name, UNKNOWN.name)


def risks_of(infos: Sequence[Info]) -> tuple[Risk, ...]:
    return tuple(risk for info in infos for risk in info.risks)
