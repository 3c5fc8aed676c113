"""Random policies and requests: what the normal form means, and what Cedar decides on the emitted text, are the same.

`POLICYC_CASES` sets the number of decisions compared (`make test` asks for 10,000), 32 to a policy: what is emitted takes far longer
to make than a request.
"""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import authorize_each
from policyc.engines.cedar.decide import decide, parse_policies
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE, holds
from policyc.ir import decide as reference
from policyc.ir.authz import Cond, Op, Policy, Statement
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.program import Program
from policyc.targets.cedar_documents import fold
from policyc.targets.cedar_documents.context import build_context
from policyc.targets.cedar_documents.emit import emit_policy, write_apart
from policyc.targets.cedar_documents.stated import Stated, truth
from policyc.targets.cedar_documents.text.layout import lay_out
from policyc.targets.verified_access.limits import check_policy
from policyc.text import Source
from tests.property import drawing as st
from tests.property.cedar_policies import (
    FACTS,
    KNOWN,
    NAMED,
    POLICIES,
    REQUESTS,
    SIDE,
    SPAN,
    STAFF,
    answer_of,
    atoms,
    conditions,
    contexts,
    facts_of,
    holder,
    meaning,
    plain_meaning,
    policies,
    requests,
)
from tests.property.drawing import Data, cases


@cases(POLICIES, st.data())
def test_cedar_decides_what_the_normal_form_means(data: Data) -> None:
    policy = data.draw(policies())
    diagnostics = Diagnostics()
    check_policy(policy, Program({}, {}, {STAFF.id: STAFF}, (), (policy,), (), ()), diagnostics)
    assert list(diagnostics) == []
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    asked = [data.draw(contexts(policy)) for _ in range(REQUESTS)]
    apart = parse_policies(write_apart(policy, KNOWN))
    for context, (_, holding, failing) in zip(asked, authorize_each(apart.apart, asked), strict=True):
        answer = decide(deployed, context)
        assert [failure for failure in answer.failed if failure.effect == "forbid"] == []
        assert answer.decision is meaning(policy, context)
        for place, statement in enumerate(policy.statements):
            truth_of = None if place in failing else place in holding
            assert truth_of is answer_of(statement.when, context)
    for statement, result in zip(policy.statements, decide(apart, asked[0]).statements, strict=True):
        assert result.effect == {"allow": "permit", "deny": "forbid"}[statement.effect]
        assert result.truths == {True: TRUE, False: FALSE, None: FAILS}[answer_of(statement.when, asked[0])]


@cases(SIDE, st.data())
def test_allows_that_share_a_permit_decide_as_they_do_apart(data: Data) -> None:
    """Also where values are of other kinds than documented, so that an allow or a deny fails. Each statement has its place in the text."""
    first, second = data.draw(policies()), data.draw(policies())
    effects = ("allow", "allow", "deny", "allow", "deny", "allow", "deny", "allow")
    statements = tuple(
        replace(item, index=at, effect=effects[at], label=f"{item.label} {at}")
        for at, item in enumerate((*first.statements, *second.statements))
    )
    policy = replace(first, statements=statements)
    with patch.object(fold, "FEW_COPIES", 0):
        document = emit_policy(policy, KNOWN, "group")
    shared = parse_policies(document.text)
    for _ in range(REQUESTS // 3):
        assert decide(shared, context := data.draw(contexts(policy))).decision is meaning(policy, context)
    assert lay_out(Source("p.cedar", document.text), Diagnostics()) == document.text
    assert {entry.label for entry in document.map} == {item.label for item in statements}


#: attributes that lie deep enough for a strange value in their way, and one that cannot fail
DEEP = (
    "idc.user.email.verified",
    "crwd.assessment.overall",
    "crwd.assessment.os",
    next(iter(NAMED.values())).attribute.name,
    "jamf.risk",
)


@cases(SIDE, st.data())
def test_guards_before_a_disjunction_change_nothing(data: Data) -> None:
    """Sides that share an attribute ask for it once, before the disjunction; only where that fails no sooner than the sides would."""
    names = data.draw(st.lists(st.sampled_from(DEEP), min_size=2, max_size=2, unique=True))
    plain: st.Strategy[Cond] = atoms(names).filter(lambda atom: not atom.negated or atom.op is Op.EQ)
    side = st.lists(plain, min_size=1, max_size=3).map(conjunction)
    cond = disjunction([data.draw(side) for _ in range(data.draw(st.integers(2, 3)))])
    policy = Policy(
        "p",
        "verified_access",
        STAFF,
        (Statement("allow", "a", None, None, (), None, cond, span=SPAN),),
        "a.policy",
        SPAN,
    )
    text = parse_policies(emit_policy(policy, KNOWN, "group").text)
    for _ in range(4):
        context = data.draw(contexts(policy))
        (result,) = decide(text, context).statements
        assert result.truths == {True: TRUE, False: FALSE, None: FAILS}[answer_of(cond, context)]


@cases(SIDE, st.data())
def test_a_well_typed_request_fails_nowhere(data: Data) -> None:
    """And it means what it means on every target; `answer_of` agrees with that."""
    policy = data.draw(policies())
    deployed = parse_policies(emit_policy(policy, KNOWN, "group").text)
    apart = parse_policies(write_apart(policy, KNOWN))
    values = data.draw(requests(policy))
    context = build_context(values, KNOWN)
    answer = decide(deployed, context.data)
    assert answer.failed == ()
    assert answer.decision is plain_meaning(policy, values) is meaning(policy, context.data)
    for statement, result in zip(policy.statements, decide(apart, context.data).statements, strict=True):
        matches = reference.statement_matches(statement, facts_of(values))
        assert result.matched is matches
        assert holds(truth(statement.when, Stated(values))) is matches


@cases(SIDE, st.data())
def test_an_empty_list_is_there_and_empty(data: Data) -> None:
    """`exists` is true of it, `any … in`, `in` and `all` are false, and so Cedar decides; an attribute that is absent is no empty list."""
    focus = [name for name, fact in FACTS.items() if fact.form != "scalar"]
    cond = data.draw(conditions([*data.draw(st.lists(st.sampled_from(focus), min_size=1, max_size=3)), "jamf.risk"]))
    effects = data.draw(st.sampled_from([("allow",), ("allow", "deny"), ("allow", "deny", "allow")]))
    statements = tuple(
        Statement(
            effect, f"s{place}", None, None, (), None, cond if not place else data.draw(conditions(focus)), place, SPAN
        )  # type: ignore[arg-type]
        for place, effect in enumerate(effects)
    )
    policy = Policy("p", "verified_access", STAFF, statements, "a.policy", SPAN)
    values = data.draw(requests(policy))
    without = [name for name in focus if not values[name]]
    empty = frozenset(data.draw(st.lists(st.sampled_from(without), unique=True)) if without else [])
    context = build_context(values, KNOWN, (), empty)
    for name in without:
        found = holder(context.data, FACTS[name].path).get(FACTS[name].path[-1])
        assert (found in ([], {})) is (name in empty)
    answer = decide(parse_policies(emit_policy(policy, KNOWN, "group").text), context.data)
    assert answer.failed == ()
    assert answer.decision is meaning(policy, context.data)
    for statement in statements:
        told = answer_of(statement.when, context.data)
        assert truth(statement.when, context.stated) == {True: TRUE, False: FALSE, None: FAILS}[told]
