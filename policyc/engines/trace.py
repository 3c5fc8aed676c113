"""The answer to "what if, and why": decisions, gates, statements and the reason for each part.

Every engine returns these shapes, so that `simulate`, `test` and the reports render one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from policyc.record import field, light, record
from policyc.text import Span


class Decision(StrEnum):
    """The outcome of a whole request."""

    ALLOW = "allow"
    DENY = "deny"
    UNDECIDED = "undecided"


class Verdict(StrEnum):
    """What one gate (a policy on the way of a request) says."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"
    SKIPPED = "skipped"
    UNDECIDED = "undecided"

    @property
    def decision(self) -> Decision:
        match self:
            case Verdict.ALLOW | Verdict.SKIPPED:
                return Decision.ALLOW
            case Verdict.UNDECIDED:
                return Decision.UNDECIDED
            case Verdict.EXPLICIT_DENY | Verdict.IMPLICIT_DENY:
                return Decision.DENY


#: the operator of a reason about a principal, an action or a resource that a statement leaves out
EXCLUDES: Final = "wants other than"


@record
class Reason:
    """Why one part of a statement matched, did not, or cannot be known (`matched` is None).

    `part` is `principal`, `action`, `resource` or `condition`; for a condition `subject` is the key as the document
    spells it and `operator` the operator. `actual` is None when the request lacks the value.
    """

    part: str
    matched: bool | None
    subject: str
    operator: str
    expected: tuple[str, ...]
    actual: tuple[str, ...] | None
    span: Span | None = None

    def sentence(self) -> str:
        """One line for people, such as ``aws:PrincipalOrgID is absent, wants `o-1```; a reason without values is its own sentence."""
        if not self.expected and not self.actual and self.actual is not None:
            return f"{self.subject} {self.operator}".rstrip()
        wants = ", ".join(f"`{value}`" for value in self.expected[:3])
        if len(self.expected) > 3:
            wants += f" or {len(self.expected) - 3} more"
        if self.matched is None:
            return f"{self.subject} is not known, {self.operator} {wants}".rstrip()
        if self.actual is None:
            return f"{self.subject} is absent, {self.operator} {wants}".rstrip()
        seen = ", ".join(f"`{value}`" for value in self.actual[:3])
        if len(self.actual) > 3:
            seen += f" and {len(self.actual) - 3} more"
        return f"{self.subject} is {seen}, {self.operator} {wants}".rstrip()


class _Late:
    """A record whose fields can be made when somebody looks at them: reasons are for people, and most answers are not shown."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        """The value of a field that `late` left open."""
        make = None if name == "make" or name.startswith("__") else self.make
        if make is None or name not in type(self).__slots__:
            raise AttributeError(name)
        value = make(name)
        getattr(type(self), name).__set__(self, value)
        return value


L = TypeVar("L", bound=_Late)


def late(cls: type[L], make: Callable[[str], Any], **known: Any) -> L:
    """A record of `cls` with the `known` fields; `make` gives each of the others by its name when it is first asked for."""
    setters = _SETTERS.get(cls)
    if setters is None:
        slots: tuple[str, ...] = vars(cls)["__slots__"]
        setters = _SETTERS[cls] = {name: getattr(cls, name).__set__ for name in slots}
    made = object.__new__(cls)
    for name, value in known.items():
        setters[name](made, value)
    setters["make"](made, make)
    return made


#: what sets the fields of a kind of record, by name
_SETTERS: dict[type, Mapping[str, Callable[[Any, Any], None]]] = {}


def changed(given: L, **fields: Any) -> L:
    """The record with other values for some fields; what is still open stays open."""
    return late(type(given), lambda name: getattr(given, name), **fields)


@record
class StatementTrace(_Late):
    """One statement of one document against one request.

    `policy` names the document, `index` counts its statements from 0, `label` is the Sid or the source label,
    `span` the place to show: the `.policy` statement when there is one, else the place in the document.
    """

    policy: str
    index: int
    label: str
    effect: str
    matched: bool | None
    reasons: tuple[Reason, ...]
    span: Span | None = None
    make: Callable[[str], Any] | None = field(default=None, compare=False, repr=False)

    @property
    def misses(self) -> tuple[Reason, ...]:
        """The parts that kept the statement from matching."""
        return tuple(reason for reason in self.reasons if reason.matched is not True)


#: gates whose name is the kind of policy itself
OWN_TITLES: Final = frozenset(
    {
        "identity policy",
        "resource policy",
        "service control policy",
        "resource control policy",
        "permissions boundary",
        "session policy",
        "endpoint policy",
    }
)


@light
class GateTrace(_Late):
    """One gate: `name` as the user knows it, `kind` such as `service`, `network`, `identity`, `bucket`.

    `decided_by` holds the statements that settled the verdict (matching denies, else matching allows; for an implicit
    deny none); `nearest` is the allow that came closest when nothing matched; `statements` is the full record.
    `switches` names the documented switches that mattered here; `wants` what an undecided gate lacks besides condition keys:
    a document, or a part of the request, in words for people.
    """

    name: str
    kind: str
    verdict: Verdict
    summary: str
    decided_by: tuple[StatementTrace, ...] = ()
    nearest: StatementTrace | None = None
    statements: tuple[StatementTrace, ...] = ()
    switches: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    make: Callable[[str], Any] | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """The gate for people: its kind and its name; one of them where it says what the other does, as `identity policy` does."""
        kind = self.kind.replace("_", " ")
        if kind.endswith(self.name.replace("-", " ")):
            return kind
        return self.name if self.name.rstrip(" 0123456789") in OWN_TITLES else f"{self.kind} {self.name}"


@light
class Outcome(_Late):
    """The answer for one request: the decision, each gate in the order of evaluation, and what the caller sees.

    `deciding` names the gate that settled it (on an allow the one that people ask about, None for the last); `error` is the text or code
    that the caller would get; `missing` lists what an undecided request lacks; `notes` are further facts; `assumed` what a decided
    request does not state and was taken to be absent, where another decision could come of it.
    """

    decision: Decision
    gates: tuple[GateTrace, ...]
    deciding: str | None = None
    error: str = ""
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    make: Callable[[str], Any] | None = field(default=None, compare=False, repr=False)
