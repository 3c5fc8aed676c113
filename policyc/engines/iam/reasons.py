"""Why each part of a statement matches, does not match, or cannot be known.

Source: IAM evaluation reference, sections 3 to 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.elements import ActionPart, Hit, PrincipalPart, ResourcePart
from policyc.engines.iam.operators import Family, Qualifier
from policyc.engines.iam.request import Request
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Unknown, Values
from policyc.engines.iam.variables import variables_of
from policyc.engines.trace import EXCLUDES, Reason
from policyc.holes import has_hole

#: how a part says what it is about
_WANTS = "wants"


def reasons_for(statement: Statement, asked: Request, bounded: bool, switches: Switches) -> tuple[Reason, ...]:
    """One reason per part that the statement has, conditions last."""
    return tuple(each_reason(statement, asked, bounded, switches))


def each_reason(statement: Statement, asked: Request, bounded: bool, switches: Switches) -> Iterator[Reason]:
    """The same, each made when it is asked for."""
    if statement.principals is not None:
        yield _principal(statement.principals, asked.caller, bounded, statement.deny, switches)
    yield _action(statement.actions, asked)
    if statement.resources is not None:
        yield _resource(statement.resources, asked, statement.deny, switches)
    for atom in statement.conditions:
        yield _condition(atom, asked.get, switches)
    if statement.inert:
        yield Reason("condition", False, "Condition", "is empty", (), ("{}",), statement.span)
    for hole in statement.holes:
        yield Reason(hole.part, None, hole.text, _unknown_value(hole.text), (), None, hole.span)


def _principal(part: PrincipalPart, caller: Caller, bounded: bool, deny: bool, switches: Switches) -> Reason:
    answer = part.decide(caller, bounded, deny, switches)
    named = tuple(text for text in part.texts if _names(text, caller))
    actual = (caller.arn or "anonymous",)
    operator = EXCLUDES if part.negated else _WANTS
    if answer is None:
        subject = part.open_names[0].partition(":")[2] if part.open_names else caller.unsaid
        return Reason("principal", None, subject, operator, part.texts, None, part.span)
    return Reason("principal", answer, "principal", operator, named or part.texts, actual, part.span)


def _names(text: str, caller: Caller) -> bool:
    return any(
        name == text or (name.endswith(f":{text}") and name.split(":", 1)[1] == text) for name in caller.identity
    )


def _action(part: ActionPart, asked: Request) -> Reason:
    hits = tuple(pattern.text for pattern in part.patterns if pattern.test(asked.folded_action))
    expected = hits or tuple(pattern.text for pattern in part.patterns)
    operator = EXCLUDES if part.negated else _WANTS
    return Reason("action", part.decide(asked.folded_action), "action", operator, expected, (asked.action,), part.span)


def _resource(part: ResourcePart, asked: Request, deny: bool, switches: Switches) -> Reason:
    answer = part.decide(asked.resource, asked.get, deny, switches)
    hits = {pattern.text: pattern.hit(asked.resource, asked.get, switches) for pattern in part.patterns}
    expected = tuple(text for text, hit in hits.items() if hit is not Hit.NO) or tuple(hits)
    operator = EXCLUDES if part.negated else _WANTS
    unknown = _first_unknown(
        (
            (variable.key, variable.spelled)
            for pattern in part.patterns
            for variable in variables_of(pattern.template)
            if variable.spelled not in asked.resource
        ),
        asked.get,
    )
    if answer is None and unknown is not None:
        return Reason("resource", None, unknown, operator, expected, None, part.span)
    return Reason("resource", answer, "resource", operator, expected, (asked.resource,), part.span)


def _condition(atom: Atom, get: Callable[[str], Values], switches: Switches) -> Reason:
    answer = atom.decide(get, switches)
    values = get(atom.key)
    expected = tuple(value.text for value in atom.values)
    actual = values if isinstance(values, tuple) else None
    subject = atom.spelled
    if answer is None:
        named = [(atom.key, atom.spelled)]
        named += [(variable.key, variable.spelled) for v in atom.values for variable in variables_of(v.template)]
        subject = _first_unknown(named, get) or subject
    elif atom.operator.family is Family.NULL and atom.operator.qualifier is Qualifier.ONE and values is Unknown.PRESENT:
        actual = ("present",)
    return Reason("condition", answer, subject, atom.operator.text, expected, actual, atom.span)


def _first_unknown(named: Iterable[tuple[str, str]], get: Callable[[str], Values]) -> str | None:
    """The spelling of the first key that is not known."""
    return next((spelled for key, spelled in named if has_hole(key) or isinstance(get(key), Unknown)), None)


def _unknown_value(text: str) -> str:
    return "a template that nobody rendered" if "${" in text else "a value that is not known"
