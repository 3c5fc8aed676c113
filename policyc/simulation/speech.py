"""Answers in the words of the one who asks: what somebody wrote in the language is told in it, not in the keys, operators and values
of the document that came of it (`source.vpc is vpc-…, wants home`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.explanation import missing_keys
from policyc.engines.iam.operators import Family, Operator, Qualifier, Relation, read_operator
from policyc.engines.iam.principals import principal_arn
from policyc.engines.trace import GateTrace, Outcome, Reason, StatementTrace, Verdict, changed, late
from policyc.ir.program import Program
from policyc.model.values import Group, Principal
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.simulation.keys import attribute_of_key
from policyc.syntax import nodes

_RELATIONS: Final = {
    Relation.EQUAL: "",
    Relation.LESS: "less than",
    Relation.LESS_EQUAL: "at most",
    Relation.GREATER: "more than",
    Relation.GREATER_EQUAL: "at least",
}
#: of how many values an operator speaks
_SOME: Final = {Qualifier.ALL: "all", Qualifier.ANY: "some", Qualifier.ONE: ""}


@record
class _Speech:
    """`attributes` are the words for keys, `names` the declared names of values by file."""

    attributes: Mapping[str, Attribute]
    names: Mapping[str, Mapping[str, str]]


def in_words(outcome: Outcome, program: Program, attributes: Mapping[str, Attribute]) -> Outcome:
    """The outcome with the reasons of statements of the language in its words; those of raw documents stay as they are."""
    if not program.scopes:
        return outcome
    speech: list[_Speech] = []

    def words() -> _Speech:
        if not speech:
            speech.append(_Speech(attributes, {file: _names(program, file) for file in program.scopes}))
        return speech[0]

    def told(gate: GateTrace) -> GateTrace:
        def make(name: str) -> Any:
            value = getattr(gate, name)
            match name:
                case "decided_by" | "statements":
                    return tuple(_statement(item, words()) for item in value)
                case "nearest":
                    return None if value is None else _statement(value, words())
                case "summary" if gate.verdict is Verdict.UNDECIDED and not gate.wants:
                    keys = missing_keys(_statement(item, words()) for item in gate.statements)
                    return "depends on " + ", ".join(f"`{key}`" for key in keys) if keys else value
                case _:
                    return value

        return late(GateTrace, make, name=gate.name, kind=gate.kind, verdict=gate.verdict)

    return changed(outcome, gates=tuple(told(gate) for gate in outcome.gates))


def _statement(trace: StatementTrace, speech: _Speech) -> StatementTrace:
    names = speech.names.get(trace.span.file) if trace.span is not None else None
    if names is None:
        return trace
    return changed(trace, reasons=tuple(_reason(reason, speech.attributes, names) for reason in trace.reasons))


def _reason(reason: Reason, attributes: Mapping[str, Attribute], names: Mapping[str, str]) -> Reason:
    expected = tuple(names.get(text, text) for text in reason.expected)
    if reason.part != "condition":
        return Reason(
            reason.part, reason.matched, reason.subject, reason.operator, expected, reason.actual, reason.span
        )
    attribute = attribute_of_key(reason.subject, attributes)
    operator = read_operator(reason.operator)
    subject = reason.subject if attribute is None else attribute.name
    if operator is None:
        return Reason(reason.part, reason.matched, subject, reason.operator, expected, reason.actual, reason.span)
    if operator.family is Family.NULL:
        wanted = "wants it absent" if expected == ("true",) else "wants it present"
        return Reason(reason.part, reason.matched, subject, wanted, (), reason.actual, reason.span)
    return Reason(reason.part, reason.matched, subject, _verb(operator, expected), expected, reason.actual, reason.span)


def _verb(operator: Operator, expected: tuple[str, ...]) -> str:
    """What an operator wants of a value, in words."""
    if operator.family is Family.IP:
        how = "an address outside" if operator.negated else "an address in"
    elif operator.glob and any("*" in text or "?" in text for text in expected):
        how = "unlike" if operator.negated else "like"
    else:
        how = "other than" if operator.negated else _RELATIONS[operator.relation]
    words = ("wants", _SOME[operator.qualifier], how, "if present" if operator.if_exists else "")
    return " ".join(word for word in words if word)


def _names(program: Program, file: str) -> Mapping[str, str]:
    """What a file calls the values that it declares or imports: its `let`s, groups and principals, by the text in documents."""
    scope = program.scopes[file]
    found: dict[str, str] = {}
    for name, definition in scope.table.items():
        if not isinstance(definition.node, nodes.Let | nodes.GroupDecl | nodes.PrincipalDecl):
            continue
        value = scope.definition_value(definition, Diagnostics())
        match None if value is None else value.data:
            case Principal() as principal:
                text = principal_arn(principal)
            case Group(id=text):
                pass
            case str(text) if len(text) > 3:  # a short text, such as `GET`, says more than its name
                pass
            case _:
                text = ""
        if text:
            found.setdefault(text, name)
    return found
