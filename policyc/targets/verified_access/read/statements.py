"""One statement as a whole: can it apply, must it, and does it fail where it should forbid."""

from __future__ import annotations

from enum import Enum

from policyc.diagnostics import Diagnostics
from policyc.syntax.cedar_nodes import And, Clause, Expr, Not, Statement
from policyc.syntax.cedar_plain import attribute, written
from policyc.targets.verified_access.read.kinds import Kind
from policyc.targets.verified_access.read.typing import Checker, Info, Path


class Verdict(Enum):
    """Whether a statement applies to every request, to none, or to some."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"


def condition_of(statement: Statement) -> Expr | None:
    """All clauses of a statement as one condition; None when it has none."""
    parts = [_clause(clause) for clause in statement.clauses]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts), parts[0].span.to(parts[-1].span))


def _clause(clause: Clause) -> Expr:
    return clause.body if clause.kind == "when" else Not(clause.body, clause.body.span)


def check_statement(statement: Statement, context: Kind, diagnostics: Diagnostics) -> Verdict:
    """Report what is wrong with the conditions of one statement, and with what they come to."""
    before = len(diagnostics)
    condition = condition_of(statement)
    constrained = any(part.constrained for part in statement.scope)
    if condition is None:
        info = Info(context, True)
    else:
        checker = Checker(context, statement.effect, diagnostics)
        info = checker.truth(condition, frozenset())
        if statement.effect == "permit":
            _check_killers(checker, diagnostics)
        else:
            _check_failing(info, diagnostics)
    if constrained:
        return Verdict.SOMETIMES
    constant = False if info.dead else info.constant
    _check_constant(statement, constant, diagnostics, told=len(diagnostics) > before)
    if constant is None:
        return Verdict.SOMETIMES
    return Verdict.ALWAYS if constant else Verdict.NEVER


def _check_constant(statement: Statement, constant: bool | None, diagnostics: Diagnostics, *, told: bool) -> None:
    """Report a statement that applies to no request, or to every one. One that never applies is not reported
    again when a mistake inside it says so."""
    permit, span = statement.effect == "permit", statement.effect_span
    if constant is False and not told:
        rule = "cedar-permit-cannot-apply" if permit else "cedar-forbid-cannot-fire"
        what = "allows nobody" if permit else "forbids nothing"
        diagnostics.error(
            rule, f"the condition of this {statement.effect} never holds, so it {what}", span,
            "correct the condition, or remove the statement",
        )  # fmt: skip
    elif constant is True and permit:
        diagnostics.warning(
            "cedar-everyone-allowed", "this permit lets in everybody who can log in", span,
            "test groups, e-mail or device, unless the other policy of the pair (group or endpoint) does",
        )  # fmt: skip
    elif constant is True:
        diagnostics.warning(
            "cedar-everyone-refused", "this forbid refuses every request", span, "narrow its condition, or remove the statement"
        )  # fmt: skip


def _check_failing(info: Info, diagnostics: Diagnostics) -> None:
    """A forbid that reads what may be absent: Cedar skips it then, and access stays open."""
    seen: set[Path] = set()
    for risk in info.risks:
        if not any(risk.path[: len(path)] == path for path in seen):
            deepest = max((other.path for other in info.risks if other.path[: len(risk.path)] == risk.path), key=len)
            diagnostics.error(
                "cedar-forbid-fails-open", f"`{_shown(risk.path)}` may be absent; then Cedar skips this forbid and lets the "
                "request through", risk.span, f"put `{_guard(deepest, risk.path)}` before it",
            )  # fmt: skip
        seen.add(risk.path)


def _check_killers(checker: Checker, diagnostics: Diagnostics) -> None:
    """A permit with `||` whose first side may fail takes the other side down with it."""
    seen: set[Path] = set()
    for risk, other in checker.killers:
        if risk.path in seen or any(risk.path[: len(path)] == path for path in seen):
            continue
        seen.add(risk.path)
        deepest = max((one.path for one, _ in checker.killers if one.path[: len(risk.path)] == risk.path), key=len)
        if isinstance(other, Not):
            message = f"`{_shown(risk.path)}` may be absent; then this permit fails, although a negation looks true"
        else:
            message = f"where `{_shown(risk.path)}` is absent the whole permit fails, `{_short(other)}` too"
        diagnostics.warning(
            "cedar-permit-dies",
            message,
            risk.span,
            f"put `{_guard(deepest, risk.path)}` before it, in the same parentheses",
        )


def _shown(path: Path) -> str:
    return "context." + ".".join(path) if all(step.isidentifier() for step in path) else "context" + "".join(
        f".{step}" if step.isidentifier() else f'["{step}"]' for step in path
    )  # fmt: skip


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
