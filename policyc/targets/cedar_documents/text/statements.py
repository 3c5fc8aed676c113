"""One statement as Cedar evaluates it: what is wrong with its tests, and where it fails, so that Cedar skips it.

Whether its condition can hold, and must, is asked by the lint rules of the policy that the text states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeGuard

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.syntax.cedar_nodes import And, Clause, Expr, Get, Has, Lit, Not, Statement, path_of, walk
from policyc.syntax.cedar_printer import attribute, written
from policyc.targets.cedar_documents.text.doubts import check_doubts
from policyc.targets.cedar_documents.text.info import Info, Path, Risk
from policyc.targets.cedar_documents.text.kinds import Kind
from policyc.targets.cedar_documents.text.parts import check_alternatives, check_parts
from policyc.targets.cedar_documents.text.proof import Proof
from policyc.targets.cedar_documents.text.to_conditions import Meaning
from policyc.targets.cedar_documents.text.typing import Checker


def condition_of(statement: Statement) -> Expr | None:
    """All clauses of a statement as one condition; None when it has none."""
    parts = [_clause(clause) for clause in statement.clauses]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts), parts[0].span.to(parts[-1].span))


def _clause(clause: Clause) -> Expr:
    return clause.body if clause.kind == "when" else Not(clause.body, clause.body.span)


def check_statement(
    statement: Statement, context: Kind, diagnostics: Diagnostics, *, one_of: tuple[str, ...] = ()
) -> dict[Expr, bool | None]:
    """Report what is wrong with the tests of one statement, and where its evaluation fails; the tests that have one value come back, with
    it (None: they always fail).

    Of the names in `one_of` each request has one and never two (see `Meaning`).
    """
    found = Diagnostics()
    condition = condition_of(statement) or Lit(True, statement.effect_span)
    checker = Checker(context, statement.effect, found)
    info = checker.truth(condition, frozenset())
    settled = dict(checker.settled)
    meaning = Meaning(context, checker.settled, one_of=one_of)
    proof = Proof()
    check_parts(condition, meaning, proof, settled, found)
    if statement.effect == "permit":
        _check_killers(checker, meaning, proof, found)
        _check_guards(condition, info, context, found)
    elif not proof.impossible(meaning.of(condition).fails):
        _check_failing(info, found)
    _check_hazards(checker, statement.effect, found)
    check_doubts(condition, statement.effect, context, found)
    check_alternatives(condition, meaning, proof, found)
    diagnostics.extend(found)
    return settled


#: what of the context is of the request and of no provider
REQUESTS: Final = frozenset({"http_request", "tcp_flow", "connection"})

#: How many sides of an `||` behind a failing one are looked at.
_SIDES = 20


def _check_failing(info: Info, diagnostics: Diagnostics) -> None:
    """A forbid that reads what may be absent: Cedar skips it then, and access stays open."""
    seen: set[Path] = set()
    for risk in info.risks:
        if not any(risk.path[: len(path)] == path for path in seen):
            deepest = max((other.path for other in info.risks if other.path[: len(risk.path)] == risk.path), key=len)
            diagnostics.warning(
                "cedar-forbid-fails-open",
                f"`{_shown(risk.path)}` may be absent when this is read; then Cedar skips this forbid",
                risk.span,
                f"put `{_guard(deepest, risk.path)}` before it, or what it should forbid stays open",
            )
        seen.add(risk.path)


def _check_hazards(checker: Checker, effect: str, diagnostics: Diagnostics) -> None:
    """Operations that fail for some values: a permit does not apply then, a forbid is skipped."""
    for hazard in checker.hazards:
        if effect == "forbid":
            diagnostics.warning(
                "cedar-forbid-fails-open", f"{hazard.what}; then Cedar skips this forbid", hazard.span, hazard.help
            )
        else:
            diagnostics.warning(
                "cedar-may-fail", f"{hazard.what}; then this permit does not apply", hazard.span, hazard.help
            )


def _check_killers(checker: Checker, meaning: Meaning, proof: Proof, diagnostics: Diagnostics) -> None:
    """A permit with `||` whose first side may fail takes down the sides behind it that could hold without what is missing,
    and turns negations around (place 0)."""
    found: list[tuple[Risk, Expr | None]] = []
    for risk, items, place in checker.killers:
        other = _taken_down(risk, items[place : place + _SIDES], meaning, proof) if place else None
        if other is not None or not place:
            found.append((risk, other))
    seen: set[Path] = set()
    for risk, other in found:
        if any(risk.path[: len(path)] == path for path in seen):
            continue
        seen.add(risk.path)
        deepest = max((one.path for one, _ in found if one.path[: len(risk.path)] == risk.path), key=len)
        if other is None:
            message = f"`{_shown(risk.path)}` may be absent when this is read; then this permit fails, although a negation looks true"
        else:
            message = f"where this is read and `{_shown(risk.path)}` is absent, the permit fails and `{_short(other)}` is never tried"
        severity = Severity.WARNING
        if risk.counted_on:
            severity = Severity.INFO
            message += f"; AWS's own example counts on all data of `{risk.path[0]}` behind a test of its key"
        help = f"put `{_guard(deepest, risk.path)}` before it, in the same parentheses"
        diagnostics.add(Diagnostic("cedar-permit-dies", message, risk.span, help, severity))


def _check_guards(condition: Expr, info: Info, context: Kind, diagnostics: Diagnostics) -> None:
    """A test for one provider before a read of another, where nothing of the first is read: the wrong one is asked for."""
    known = {name for name in context.members if "." not in name} - REQUESTS  # a path in quotes is told by itself
    nodes = walk(condition)
    read = {path[0] for node in nodes if isinstance(node, Get) and (path := path_of(node))}
    for both in nodes:
        guards = [item for item in both.items if _asks_for_root(item)] if isinstance(both, And) else []
        idle = [guard for guard in guards if guard.names[0] in known - read]
        risks = (risk for risk in info.risks if len(risk.path) == 1 and risk.path[0] in known)
        unsure = next((risk for risk in risks if both.span.start <= risk.span.start < both.span.end), None)
        if idle and unsure is not None:
            message = f"`{written(idle[0])}` is asked, nothing of it is read, and `{_shown(unsure.path)}` may be absent when this is read"
            help = f"write `{_guard(unsure.path, unsure.path)}`, or test something of `{idle[0].names[0]}`"
            diagnostics.warning("cedar-permit-dies", message, idle[0].span, help)


def _asks_for_root(item: Expr) -> TypeGuard[Has]:
    return isinstance(item, Has) and path_of(item.of) == () and len(item.names) == 1


def _taken_down(risk: Risk, sides: Sequence[Expr], meaning: Meaning, proof: Proof) -> Expr | None:
    """The first side that could hold where the risk's attribute is absent."""
    missing = meaning.missing(risk.path)
    return next((side for side in sides if not proof.impossible(meaning.of(side).true, missing)), None)


def _shown(path: Path) -> str:
    return (
        "context." + ".".join(path)
        if all(step.isidentifier() for step in path)
        else "context" + "".join(f".{step}" if step.isidentifier() else f'["{step}"]' for step in path)
    )


def _guard(path: Path, first: Path) -> str:
    """The `has` tests that `path` needs, from `first` on."""
    tests = []
    for count in range(len(first), len(path) + 1):
        parent = path[: count - 1]
        tests.append(f"{_shown(parent) if parent else 'context'} has {attribute(path[count - 1])}")
    return " && ".join(tests)


def _short(node: Expr) -> str:
    text = written(node)
    return text if len(text) <= 60 else text[:59] + "…"
