"""One statement as a whole: can it apply, must it, and does it fail where it should forbid.

Verdicts are about requests that fit what AWS and the declared providers document.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Clause, Expr, Has, Lit, Not, Statement, path_of, walk
from policyc.syntax.cedar_printer import attribute, written
from policyc.targets.verified_access.read.doubts import check_doubts
from policyc.targets.verified_access.read.kinds import Kind, is_device
from policyc.targets.verified_access.read.outcome import Outcome
from policyc.targets.verified_access.read.parts import check_parts, odd_methods
from policyc.targets.verified_access.read.proof import Proof
from policyc.targets.verified_access.read.templates import is_template
from policyc.targets.verified_access.read.to_conditions import Meaning
from policyc.targets.verified_access.read.typing import Checker, Info, Path, Risk
from policyc.targets.verified_access.scope import REQUEST_ROOTS


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


@record
class Judged:
    """What came out of one statement: whether it applies, and its condition in normal form."""

    statement: Statement
    verdict: Verdict
    meaning: Meaning
    condition: Expr
    outcome: Outcome


def check_statement(
    statement: Statement, context: Kind, diagnostics: Diagnostics, *, either_root: bool = False
) -> Judged:
    """Report what is wrong with the conditions of one statement, and with what they come to.

    With `either_root` each request has `http_request` or `tcp_flow`, never both (see `Meaning`).
    """
    found = Diagnostics()
    condition = condition_of(statement) or Lit(True, statement.effect_span)
    checker = Checker(context, statement.effect, found)
    info = checker.truth(condition, frozenset())
    meaning = Meaning(context, checker.settled, either_root=either_root)
    outcome = meaning.of(condition)
    proof = Proof()
    usual = odd_methods(condition)
    check_parts(condition, meaning, proof, usual, found)
    never = proof.impossible(outcome.true)
    always = not never and proof.impossible(outcome.false, *usual)
    sure = always and proof.impossible(outcome.fails)
    if statement.effect == "permit":
        _check_killers(checker, meaning, proof, found)
    elif not proof.impossible(outcome.fails):
        _check_failing(info, found)
    _check_hazards(checker, statement.effect, found)
    check_doubts(condition, statement.effect, context, found)
    verdict = Verdict.NEVER if never else Verdict.ALWAYS if sure else Verdict.SOMETIMES
    if any(part.constrained for part in statement.scope):
        verdict = Verdict.SOMETIMES
    elif never and not any(item.rule in _EXPLAIN_NEVER for item in found):
        _report_never(statement, found)
    elif always:
        _report_always(statement, info, sure, found)
    elif statement.effect == "permit" and not never:
        _check_presence(statement, condition, meaning, proof, found)
    diagnostics.extend(found)
    return Judged(statement, verdict, meaning, condition, outcome)


#: How many sides of an `||` behind a failing one are looked at.
_SIDES = 20
#: findings inside a statement that tell already why it never applies
_EXPLAIN_NEVER = frozenset(
    {
        "cedar-always-false",
        "cedar-contradiction",
        "cedar-group-name",
        "cedar-impossible-value",
        "cedar-no-entities",
        "cedar-swapped-range",
        "cedar-type-mismatch",
        "cedar-unknown-attribute",
        "cedar-unlike-kinds",
    }
)


def _report_never(statement: Statement, diagnostics: Diagnostics) -> None:
    permit = statement.effect == "permit"
    rule = "cedar-permit-cannot-apply" if permit else "cedar-forbid-cannot-fire"
    what = "allows nobody" if permit else "forbids nothing"
    diagnostics.error(
        rule,
        f"the condition of this {statement.effect} never holds, so it {what}",
        statement.effect_span,
        "correct the condition, or remove the statement",
    )


def _report_always(statement: Statement, info: Info, sure: bool, diagnostics: Diagnostics) -> None:
    """A condition that is never false: it holds for everybody, or for everybody whose request has what it reads."""
    span, permit = statement.effect_span, statement.effect == "permit"
    if sure and permit:
        reads = {path[0] for node in walk(condition_of(statement) or Lit(True, span)) if (path := path_of(node))}
        over = [word for root, word in (("http_request", " over HTTP"), ("tcp_flow", " over TCP")) if root in reads]
        diagnostics.warning(
            "cedar-everyone-allowed",
            f"this permit lets in everybody who can log in{over[0] if len(over) == 1 else ''}",
            span,
            "test groups, e-mail or device, unless the other policy of the pair (group or endpoint) does",
        )
        return
    if sure:
        diagnostics.warning(
            "cedar-everyone-refused",
            "this forbid refuses every request",
            span,
            "narrow its condition, or remove the statement",
        )
        return
    read = sorted({risk.path for risk in info.risks})
    deepest = [path for path in read if not any(path != other and path == other[: len(path)] for other in read)]
    names = " and ".join(f"`{_shown(path)}`" for path in deepest[:3]) + (" and more" if len(deepest) > 3 else "")
    there = f"whose request has {names}" if names else "for whom its evaluation does not fail"
    what = f"lets in everybody {there}" if permit else f"refuses everybody {there}, and is skipped for others"
    diagnostics.warning(
        "cedar-only-presence",
        f"this {statement.effect} tests no value: it {what}",
        span,
        "write the values or limits that are meant",
    )


def _check_presence(
    statement: Statement, condition: Expr, meaning: Meaning, proof: Proof, diagnostics: Diagnostics
) -> None:
    """A permit that holds for everybody for whom there is what it asks for with `has`: of a user's provider that is everybody."""
    asked = [
        (*path, *node.names)
        for node in walk(condition)
        if isinstance(node, Has) and (path := path_of(node.of)) is not None
    ]
    told = any(item.rule == "cedar-always-true" for item in diagnostics)
    if told or not all(_of_provider(path, meaning) for path in asked) or not asked:
        return
    if not proof.impossible(meaning.of(condition).false, *(meaning.there(path) for path in asked)):
        return
    names = " and ".join(f"`{_shown(path)}`" for path in asked[:3]) + (" and more" if len(asked) > 3 else "")
    device = all(is_device(meaning.context, path[0]) for path in asked)
    diagnostics.add(
        Diagnostic(
            "cedar-presence-alone",
            f"this permit tests no value: it lets in everybody whose request has {names}",
            walk(condition)[0].span,
            "test what the device is like as well" if device else "test groups, e-mail or device",
            Severity.INFO if device else Severity.WARNING,
        )
    )


def _of_provider(path: Path, meaning: Meaning) -> bool:
    """Whether a path names trust data, and no group by its id, which says more than that something is there; a name that a template
    left open says nothing yet."""
    if any(is_template(name) for name in path):
        return False
    holder = meaning.member(path[:-1]) if len(path) > 1 else None
    return path[0] not in REQUEST_ROOTS and not (holder is not None and holder.kind.keyed)


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
