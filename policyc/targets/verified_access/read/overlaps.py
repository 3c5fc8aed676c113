"""Statements of one text that make one another pointless: repeated, covered, or overruled."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics, Label
from policyc.syntax.cedar_nodes import And, Document, Expr, Statement
from policyc.syntax.cedar_plain import key
from policyc.targets.verified_access.read.statements import Verdict, condition_of


def check_overlaps(document: Document, verdicts: Sequence[Verdict], diagnostics: Diagnostics) -> None:
    """Report statements that another one repeats, covers or overrules, by their conjuncts as written.

    A statement whose conjuncts are among those of another applies wherever the other does, unless it fails.
    """
    parts = [
        (statement, _conjuncts(statement))
        for statement, verdict in zip(document.statements, verdicts, strict=True)
        if verdict is not Verdict.NEVER and not any(part.constrained for part in statement.scope)
    ]
    for place, (statement, wants) in enumerate(parts):
        for other_place, (other, less) in enumerate(parts):
            if place == other_place or not less <= wants:
                continue
            if other.effect == statement.effect and (less < wants or other_place < place):
                _report_covered(statement, other, less == wants, diagnostics)
                break
            if other.effect == "forbid" and statement.effect == "permit":
                diagnostics.warning(
                    "cedar-overruled", "a forbid applies wherever this permit does, so it allows nobody", statement.effect_span,
                    "narrow the forbid, or remove one of the two", (Label(other.effect_span, "the forbid"),),
                )  # fmt: skip
                break


def _report_covered(statement: Statement, other: Statement, same: bool, diagnostics: Diagnostics) -> None:
    what = "repeats another one" if same else "adds nothing to a wider one"
    diagnostics.warning(
        "cedar-redundant", f"this {statement.effect} {what}", statement.effect_span, "remove it, or narrow the other",
        (Label(other.effect_span, "the other one"),),
    )  # fmt: skip


def _conjuncts(statement: Statement) -> frozenset[str]:
    condition = condition_of(statement)
    return frozenset() if condition is None else frozenset(key(item) for item in _flat(condition))


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
