"""Random policies and requests that leave something out: answers are explained, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import decide, look, parse_policies
from policyc.engines.cedar.outcome_sets import TRUE, holds, holds_or_fails
from policyc.engines.trace import Decision, StatementTrace
from policyc.ir import decide as reference
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import atoms as atoms_of
from policyc.model.values import Scalar
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.context import build_context
from policyc.targets.cedar_documents.emit import emit_policy, write_apart
from policyc.targets.cedar_documents.explain import Asked
from policyc.targets.cedar_documents.stated import Stated, trace_statement, truth
from policyc.targets.cedar_documents.text.remainder import trace_text
from policyc.text import Source
from tests.property import drawing as st
from tests.property.cedar_policies import (
    FACTS,
    GROUPS,
    KNOWN,
    NAMED,
    SIDE,
    SPAN,
    STAFF,
    TEXTS,
    answer_of,
    conditions,
    contexts,
    facts_of,
    holder,
    meaning,
    plain_meaning,
    policies,
    pool,
    put,
    requests,
    same,
)
from tests.property.drawing import Data, cases


@cases(SIDE, st.data())
def test_a_statement_without_an_answer_names_the_value(data: Data) -> None:
    policy = data.draw(policies())
    context = data.draw(contexts(policy))
    apart = decide(parse_policies(write_apart(policy, KNOWN)), context)
    stated = Stated(told_by(context), context=context, facts=KNOWN)
    for statement, result in zip(policy.statements, apart.statements, strict=True):
        trace = trace_statement(policy, statement, result, stated)
        said = [reason for reason in trace.reasons if reason.operator == "has to be"]
        if result.error:
            assert trace.matched is (statement.effect == "deny")
            assert said and all(reason.actual and reason.matched is trace.matched for reason in said)
        if result.truths == TRUE:
            assert trace.matched is True


@cases(SIDE, st.data())
def test_a_policy_and_the_text_that_comes_of_it_are_explained_alike(data: Data) -> None:
    """But for the statements of which the text needs two tests for one: every element of a list, a port as number and as text."""
    policy = data.draw(policies())
    context = build_context(data.draw(requests(policy)), KNOWN)
    text = write_apart(policy, KNOWN)
    answer, partial = look(parse_policies(text), context.data)
    document = parse_cedar(Source("p.cedar", text), Diagnostics())
    assert document is not None
    for own, native, result in zip(policy.statements, document.statements, answer.statements, strict=True):
        told = trace_statement(policy, own, result, context.stated)
        read = trace_text("p.cedar", own.index, native, result, Asked(context.data, partial.truths))
        assert told.matched is read.matched
        if not any(atom.quantifier == "all" or str(atom.attribute.type) == "port" for atom in atoms_of(own.when)):
            assert said(told) <= said(read)  # in the text an alternative may stand behind what is false already


def said(trace: StatementTrace) -> set[tuple[str, bool | None]]:
    return {(reason.sentence(), reason.matched) for reason in trace.reasons}


def told_by(context: Mapping[str, Any]) -> dict[str, tuple[Scalar, ...]]:
    """The values of a context by the names of the attributes, as far as a request could state them."""
    out: dict[str, tuple[Scalar, ...]] = {}
    for name, fact in FACTS.items():
        value: Any = context
        for step in fact.path:
            value = value.get(step) if isinstance(value, dict) else None
        found = list(value) if isinstance(value, dict | list) else [] if value is None else [value]
        out[name] = tuple(item for item in found if isinstance(item, str | int))
    return out


@cases(SIDE, st.data())
def test_a_definite_answer_holds_whatever_the_unknown_values_are(data: Data) -> None:
    policy = data.draw(policies())
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    apart = parse_policies(write_apart(policy, KNOWN))
    whole = data.draw(contexts(policy))
    hideable = sorted(name for name in FACTS if can_be_hidden(name, whole))
    hidden = data.draw(st.lists(st.sampled_from(hideable), unique=True, max_size=3)) if hideable else []
    context = json.loads(json.dumps(whole))
    for name in hidden:
        del holder(context, FACTS[name].path)[FACTS[name].path[-1]]
    paths = [FACTS[name].path for name in hidden]
    answer = decide(deployed, context, paths)
    parts = decide(apart, context, paths).statements
    assert set(answer.missing) <= set(paths)
    if any(result.effect == "forbid" and holds_or_fails(result.truths) for result in parts):
        assert answer.decision is Decision.DENY
    others = list(whole_contexts(whole, hidden))
    if answer.decision is Decision.UNDECIDED:
        assert answer.missing
    for other in others:
        if answer.decision is not Decision.UNDECIDED:
            assert answer.decision is meaning(policy, other)
        for statement, result in zip(policy.statements, parts, strict=True):
            found = answer_of(statement.when, other)
            assert {True: "true", False: "false", None: "error"}[found] in result.truths


def can_be_hidden(name: str, context: dict[str, Any]) -> bool:
    """Whether a context has the attribute, of its documented kind, with nothing in it that another attribute names."""
    place = holder(context, FACTS[name].path)
    value = place.get(FACTS[name].path[-1])
    match FACTS[name].form:
        case "record":
            return isinstance(value, dict) and not any(item for item in value.values())
        case "set":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case _:
            return value is not None and any(same(value, other) for other in pool(FACTS[name]))


def whole_contexts(whole: dict[str, Any], hidden: list[str]) -> Iterator[dict[str, Any]]:
    """The context as it is, and with each other value of what is hidden."""
    yield whole
    for name in hidden:
        fact = FACTS[name]
        for other in pool(fact):
            value: Any = {other: {}} if fact.form == "record" else [other] if fact.form == "set" else other
            changed = json.loads(json.dumps(whole))
            put(changed, fact.path, value)
            yield changed


@cases(SIDE, st.data())
def test_groups_told_in_part_are_never_guessed(data: Data) -> None:
    """The list of groups, and names of groups, left out in any combination: a definite answer is that of the whole request."""
    focus = st.lists(
        st.sampled_from([GROUPS, *(fact.attribute.name for fact in NAMED.values()), "jamf.risk"]), min_size=1
    )
    condition = conditions(data.draw(focus))
    effects = data.draw(st.sampled_from([("allow",), ("allow", "deny"), ("allow", "allow", "deny")]))
    statements = tuple(
        Statement(effect, f"s{place}", None, None, (), None, data.draw(condition), place, SPAN)  # type: ignore[arg-type]
        for place, effect in enumerate(effects)
    )
    policy = Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)
    values = data.draw(requests(policy))
    for key, fact in NAMED.items():
        if key in values[GROUPS] and not values[fact.attribute.name]:
            values[fact.attribute.name] = (data.draw(st.sampled_from(TEXTS)),)
    names = [GROUPS, *(fact.attribute.name for fact in NAMED.values())]
    left_out = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    if not values[GROUPS]:
        left_out.discard(GROUPS)  # no request goes without the record, so its absence has to be stated
    told = {name: seen for name, seen in values.items() if name not in left_out}
    tests = [atom for statement in statements for atom in atoms_of(statement.when)]
    context = build_context(told, KNOWN, tests)
    answer = decide(parse_policies(emit_policy(policy, KNOWN, "group").text), context.data, context.unknown)
    assert answer.failed == ()
    if answer.decision is not Decision.UNDECIDED:
        assert answer.decision is plain_meaning(policy, values)
    else:
        assert {context.unknown[path] for path in answer.missing} & set(names)
    for statement in statements:
        found = holds(truth(statement.when, context.stated))
        assert found is None or found is reference.statement_matches(statement, facts_of(values))


@cases(SIDE, st.data())
def test_a_port_decides_alike_as_number_and_as_text(data: Data) -> None:
    policy = data.draw(policies())
    parsed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    values = data.draw(requests(policy))
    number = build_context(values, KNOWN).data
    text = {key: dict(value) for key, value in number.items()}
    for root, name in (("http_request", "port"), ("tcp_flow", "destination_port")):
        if name in text.get(root, {}):
            text[root][name] = str(text[root][name])
    assert decide(parsed, text).statements == decide(parsed, number).statements
