"""How much of the policies some requests reach: every statement matched once, every condition seen both true and false.

A condition counts for a request only where the statement is about it: its caller, action and resource match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policyc.engines.iam.document import Document as Compiled
from policyc.engines.trace import Outcome, StatementTrace
from policyc.record import field, record
from policyc.targets.base import Document
from policyc.targets.registry import policy_targets
from policyc.text import Span

Key = tuple[str, int, str, Span | None]
_CORE = ("principal", "action", "resource")


@record
class Gap:
    """Something that no request reached: `what` is `statement`, `condition true` or `condition false`."""

    what: str
    label: str
    text: str
    span: Span | None


@record(frozen=False)
class Coverage:
    """What was reached so far. Feed it documents and outcomes, then ask."""

    texts: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    hit: set[Key] = field(default_factory=set)
    sides: dict[tuple[Key, int], set[bool]] = field(default_factory=dict)

    def add_document(self, document: Compiled) -> None:
        """Every statement of a document counts, whether or not a request meets it."""
        for statement in document.statements:
            texts = tuple(f"{atom.operator.text} {atom.spelled}" for atom in statement.conditions)
            self.texts[(document.name, statement.index, statement.label, statement.span)] = texts

    def add_outcome(self, outcome: Outcome) -> None:
        for gate in outcome.gates:
            for trace in gate.statements:
                self._add_trace(trace)

    def _add_trace(self, trace: StatementTrace) -> None:
        key: Key = (trace.policy, trace.index, trace.label, trace.span)
        conditions = [reason for reason in trace.reasons if reason.part == "condition"]
        self.texts.setdefault(key, tuple(f"{reason.operator} {reason.subject}" for reason in conditions))
        if trace.matched:
            self.hit.add(key)
        if any(reason.matched is not True for reason in trace.reasons if reason.part in _CORE):
            return
        for at, reason in enumerate(conditions):
            if reason.matched is not None:
                self.sides.setdefault((key, at), set()).add(reason.matched)

    @property
    def total(self) -> int:
        """Statements, and two sides of each condition."""
        return sum(1 + 2 * len(texts) for texts in self.texts.values())

    @property
    def reached(self) -> int:
        return self.total - len(self.gaps())

    @property
    def percent(self) -> float:
        """100 where there is nothing to reach."""
        return 100.0 * self.reached / self.total if self.total else 100.0

    def gaps(self) -> list[Gap]:
        """What is missing, in order of file and place."""
        out = []
        for key, texts in self.texts.items():
            _, _, label, span = key
            if key not in self.hit:
                out.append(Gap("statement", label, "never matched", span))
            for at, text in enumerate(texts):
                seen = self.sides.get((key, at), set())
                for side, word in ((True, "true"), (False, "false")):
                    if side not in seen:
                        out.append(Gap(f"condition {word}", label, f"`{text}` was never {word}", span))
        return sorted(out, key=lambda gap: (gap.span is None, gap.span or Span("", 0, 0), gap.what != "statement"))

    def data(self) -> Mapping[str, object]:
        """Plain numbers for a report."""
        return {"reached": self.reached, "total": self.total, "percent": round(self.percent, 1)}


def iam_documents(documents: Iterable[Document]) -> Iterable[Compiled]:
    """The emitted documents that consist of IAM statements, compiled."""
    from policyc.targets.iam_documents.gates import compile_emitted
    from policyc.targets.iam_documents.kinds import KINDS

    names = {schema: name for owner in policy_targets() for schema, name in owner.kinds.items()}
    for item in documents:
        kind = KINDS.get(names.get(item.kind, ""))
        if kind is not None:
            yield compile_emitted(item, kind.engine)
