"""Cedar texts read into the normal form: Cedar decides on a text what its normal form means, and emitted policies read back.

The normal form says where a condition is true; a Cedar evaluation that fails is not true. Requests lack attributes, records on the way
to them, or have every one. `POLICYC_CASES` sets the number of decisions compared (`make test` asks for 10,000), 32 to a text.

Read back, a policy is what it was but for this: a question for presence goes where another test of the same conjunction answers it,
neighbours of a disjunction that compare one attribute the same way are one test. Ports, which sources give as text or as number,
and `all` of a set are kept as the expressions that stand in the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import authorize, authorize_each, policy_set
from policyc.ir.authz import All, AnyOf, Atom, Cond, Op, Origin, Policy, RawExpression, Statement
from policyc.ir.conditions import atoms as atoms_of
from policyc.model.types import Named
from policyc.syntax.cedar_printer import written
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.context import build_context
from policyc.targets.cedar_documents.emit import write_apart
from policyc.targets.cedar_documents.read import read_document
from policyc.text import Source
from tests.property import cedar_policies as drawn
from tests.property import drawing as st
from tests.property.drawing import Data, Draw, assume, cases


def read(text: str) -> Policy:
    diagnostics = Diagnostics()
    document = parse_cedar(Source("a.cedar", text), diagnostics)
    assert document is not None, list(diagnostics)
    return read_document(document, drawn.KNOWN, drawn.STAFF, "verified_access", "a.cedar")


def is_true(permit: str, context: Mapping[str, Any]) -> bool:
    """Whether the one permit of a text applies: its condition is true, neither false nor failing."""
    return authorize(policy_set(permit), context)[0] == "allow"


def holds(cond: Cond, context: Mapping[str, Any]) -> bool:
    """The truth of a normal form on a context: typed tests by the documented values, expressions as Cedar evaluates them."""
    match cond:
        case RawExpression(expression, negated):
            text = f"permit (principal, action, resource) when {{ {written(expression)} }};"
            return is_true(text, context) is not negated
        case Atom():
            return drawn.answer_of_test(cond, context) is True
        case All(items):
            return all(holds(item, context) for item in items)
        case AnyOf(items):
            return any(holds(item, context) for item in items)
        case _:
            return drawn.answer_of(cond, context) is True


# --- texts ----------------------------------------------------------------------------------------------------------

LEAVES = (
    "true",
    "false",
    'context has "my-idp"',
    "context has idc",
    "context has idc.groups",
    "context has idc.user.email",
    'context["my-idp"] has level',
    'context["my-idp"] has email',
    'context["my-idp"] has unheard',
    "context.idc.groups has " + json.dumps(drawn.UUIDS[0]),
    "context.idc has groups",
    'context["my-idp"].level == 50',
    '50 != context["my-idp"].level',
    'context["my-idp"].level == -1',
    'context["my-idp"].level == "50"',
    'context["my-idp"].level > 1',
    '1 >= context["my-idp"].level',
    'context["my-idp"].level + 1 > 50',
    '[1, 50].contains(context["my-idp"].level)',
    '[1, "a"].contains(context["my-idp"].level)',
    'context["my-idp"].email like "a*"',
    'context["my-idp"].email == "a"',
    'context["my-idp"].email != "b*"',
    'context["my-idp"].email == context["my-idp"].address["in"]',
    'context["my-idp"].groups.contains("a")',
    'context["my-idp"].groups.contains("ab")',
    'context["my-idp"].groups.containsAny(["a", "ab"])',
    'context["my-idp"].groups.containsAll(["a"])',
    '["a", "ab"].containsAll(context["my-idp"].groups)',
    'context["my-idp"]["cognito:groups"].contains("a")',
    "context.idc.user.email.verified",
    "context.idc.user.email.verified == true",
    "context.http_request.port == 443",
    'context.http_request.http_method == "GET"',
    'context.http_request.client_ip == "10.1.1.1"',
    'ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8"))',
    'ip(context.http_request.client_ip) == ip("2001:db8::1")',
    "ip(context.http_request.client_ip).isIpv4()",
    'principal == Caller::"caller"',
    'resource == Other::"x"',
    "context.unheard",
)
GUARDED = (
    'context has "my-idp" && context["my-idp"] has level && context["my-idp"].level == 50',
    '!(context has "my-idp" && context["my-idp"] has level && context["my-idp"].level == 50)',
    'context has "my-idp" && context["my-idp"] has groups && context["my-idp"].groups.contains("a")',
    "context has http_request && context.http_request has client_ip && "
    '!ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8"))',
)


def wider(inner: st.Strategy[str]) -> st.Strategy[str]:
    return st.one_of(
        inner.map(lambda one: f"!({one})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: " && ".join(f"({one})" for one in items)),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: " || ".join(f"({one})" for one in items)),
        st.tuples(inner, inner, inner).map(lambda three: "if ({}) then ({}) else ({})".format(*three)),
    )


EXPRESSIONS = st.recursive(st.one_of(st.sampled_from(LEAVES), st.sampled_from(GUARDED)), wider, max_leaves=6)


@st.composite
def texts(draw: Draw) -> list[str]:
    """Statements, each a text of its own."""
    out = []
    for _ in range(draw(st.integers(1, 3))):
        scope = draw(
            st.sampled_from(["principal, action, resource", 'principal == Caller::"caller", action, resource'])
        )
        clauses = draw(st.lists(st.tuples(st.sampled_from(["when", "unless"]), EXPRESSIONS), max_size=2))
        body = " ".join(f"{kind} {{ {text} }}" for kind, text in clauses)
        out.append(f"{draw(st.sampled_from(['permit', 'permit', 'forbid']))} ({scope}) {body};")
    return out


READ = ("okta.level", "okta.email", "okta.groups", 'okta["cognito:groups"]', "okta.address.in", "idc.groups")
READ += ("idc.user.email.verified", "http_request.client_ip", "http_request.port", "http_request.http_method")


@st.composite
def contexts(draw: Draw) -> dict[str, Any]:
    """A value of the documented kind, or absence, for every attribute that texts read; at times a whole record is absent."""
    values: dict[str, Any] = dict.fromkeys(drawn.FACTS, ())
    for name in READ:
        fact = drawn.FACTS[name]
        most = 1 if fact.form == "scalar" else 2
        values[name] = tuple(draw(st.lists(st.sampled_from(drawn.pool(fact)), max_size=most, unique=True)))
    context: dict[str, Any] = json.loads(json.dumps(build_context(values, drawn.KNOWN).data))
    for root in draw(st.sampled_from([[], [], [], ["my-idp"], ["idc"]])):
        context.pop(root, None)
    return context


@cases(drawn.POLICIES, texts(), st.data())
def test_cedar_decides_what_the_normal_form_of_a_text_means(statements: list[str], data: Data) -> None:
    policy = read("\n".join(statements))
    whole = policy_set("\n".join(statements))
    permits = policy_set("\n".join(text.replace("forbid (", "permit (", 1) for text in statements))
    asked = [data.draw(contexts()) for _ in range(drawn.REQUESTS)]
    told = zip(authorize_each(permits, asked), authorize_each(whole, asked), strict=True)
    for context, ((_, holding, _), (decision, _, _)) in zip(asked, told, strict=True):
        meant = [holds(statement.when, context) for statement in policy.statements]
        assert meant == [place in holding for place in range(len(statements))]
        effects = {item.effect for item, found in zip(policy.statements, meant, strict=True) if found}
        assert decision == ("allow" if effects == {"allow"} else "deny")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('context["my-idp"].groups.contains("a")', 'context["my-idp"].groups.contains("ab")'),
        ('context["my-idp"].groups.contains("a")', 'context["my-idp"].groups.containsAny(["a", "ab"])'),
        ('context["my-idp"].groups.containsAll(["a"])', 'context["my-idp"].groups.containsAny(["ab", "a"])'),
        (GUARDED[2], 'context["my-idp"]["cognito:groups"].contains("a")'),
        (
            "context.idc.groups has " + json.dumps(drawn.UUIDS[0]),
            "context.idc.groups has " + json.dumps(drawn.UUIDS[1]),
        ),
    ],
)
def test_two_tests_of_one_set_stay_two(one: str, other: str) -> None:
    """A member that is asked for is no question for the presence of the set, which another test of the set would answer."""
    (statement,) = read(f"permit (principal, action, resource) when {{ {one} && {other} }};").statements
    found = [atom for atom in atoms_of(statement.when) if atom.op is Op.EQ and atom.quantifier == "any"]
    assert len(found) == 2 or any(isinstance(item, RawExpression) for item in statement.when.items)  # type: ignore[union-attr]


# --- read(emit(policy)) ---------------------------------------------------------------------------------------------


#: attributes whose tests are read as they were: not what stays text, and not addresses, which are read in an equal form that may be written
#: another way the second time (the test above holds what they decide)
KEPT = frozenset(name for name, fact in drawn.FACTS.items() if not fact.text_too and fact.attribute.type != Named("ip"))


@cases(drawn.CASES, drawn.policies(1, KEPT))
def test_an_emitted_statement_reads_back(policy: Policy) -> None:
    """What was read once is read again as the same. Each statement is written and read by itself, and a text that comes again is the same question."""
    (statement,) = policy.statements
    assume(all(atom.quantifier != "all" for atom in atoms_of(statement.when)))
    found = read_again(write_apart(policy, drawn.KNOWN))
    assert found.effect == statement.effect


@lru_cache(None)
def read_again(text: str) -> Statement:
    """What a text says, of which nothing is left as text, and which is written as a text that says the same."""
    back = read(text)
    (found,) = back.statements
    assert back.origin is Origin.CEDAR and not list(raw(found.when))
    again = write_apart(back, drawn.KNOWN)
    assert again == text or [item.when for item in read(again).statements] == [found.when]
    return found


def raw(cond: Cond) -> list[RawExpression]:
    """The parts of a condition that no typed test says."""
    if isinstance(cond, RawExpression):
        return [cond]
    return [part for item in cond.items for part in raw(item)] if isinstance(cond, All | AnyOf) else []


# --- by hand --------------------------------------------------------------------------------------------------------


def shown(cond: Cond) -> str:
    """A condition in the language's words, expressions in backticks."""
    match cond:
        case RawExpression(expression, negated):
            return ("not " if negated else "") + f"`{written(expression)}`"
        case Atom(op=Op.EXISTS):
            return ("not " if cond.negated else "") + f"exists {cond.attribute.name}"
        case Atom():
            values = ", ".join(str(item.value) for item in cond.values)
            return ("not " if cond.negated else "") + f"{cond.attribute.name} {cond.quantifier or cond.op} {values}"
        case All(items) | AnyOf(items):
            return "(" + (" and " if isinstance(cond, All) else " or ").join(map(shown, items)) + ")"
        case _:
            return type(cond).__name__.lower()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('context.jamf.risk == "HIGH"', "jamf.risk == HIGH"),
        ('!(context.jamf.risk == "HIGH")', "(exists jamf.risk and not jamf.risk == HIGH)"),
        ('context.jamf.risk != "HIGH"', "(exists jamf.risk and not jamf.risk == HIGH)"),
        ('context has jamf && context.jamf has risk && context.jamf.risk == "HIGH"', "jamf.risk == HIGH"),
        ('!(context has jamf && context.jamf has risk && context.jamf.risk == "HIGH")', "not jamf.risk == HIGH"),
        ('context.jamf.risk like "H*"', "jamf.risk like H*"),
        ("context.jamf.risk == 3", "`context.jamf.risk == 3`"),
        ("!(context.jamf.risk == 3)", "`!(context.jamf.risk == 3)`"),
        ("context.unheard == context.jamf", "`context.unheard == context.jamf`"),
        ('context.idc.groups has "g"', "idc.groups any g"),
        # the second side is reached only where the first is false, not where it fails
        (
            'context.jamf.risk == "HIGH" || context.idc.groups has "g"',
            "(jamf.risk == HIGH or (exists jamf.risk and not jamf.risk == HIGH and idc.groups any g))",
        ),
        ('if true then context.jamf.risk == "LOW" else context.unheard', "jamf.risk == LOW"),
        ("true", "always"),
        ("false && context.unheard", "never"),
    ],
)
def test_a_condition_reads_as(text: str, meant: str) -> None:
    assert shown(read(f"permit (principal, action, resource) when {{ {text} }};").statements[0].when) == meant


def test_statements_have_names_effects_and_scopes() -> None:
    policy = read(
        '@id("first")\npermit (principal == Caller::"a", action, resource);\n\n'
        "// second\n// more on it\nforbid (principal, action, resource) unless { true };\n\n"
        "permit (principal, action, resource);\n"
    )
    assert [(item.effect, item.label, shown(item.when)) for item in policy.statements] == [
        ("allow", "first", '`principal == Caller::"a"`'),
        ("deny", "second", "never"),
        ("allow", "permit 3", "always"),
    ]


def test_a_condition_whose_forms_grow_too_long_is_kept_as_text() -> None:
    text = 'context.jamf.risk == "LOW"'
    for count in range(30):
        text = f'({text}) {"&&" if count % 2 else "||"} context.jamf.risk == "A{count}"'
    when = read(f"permit (principal, action, resource) when {{ {text} }};").statements[0].when
    assert isinstance(when, RawExpression)
    assert written(when.expression).count("context.jamf.risk") == 31


def test_alternatives_on_one_attribute_are_one_test() -> None:
    """The first one asks for it; where that is false, it is there."""
    text = " || ".join(f'context.jamf.osv == "{count}"' for count in range(200))
    when = read(f"permit (principal, action, resource) when {{ {text} }};").statements[0].when
    assert not raw(when) and len(list(atoms_of(when))) < 500


@pytest.mark.parametrize("joint", ["||", "&&"])
def test_a_long_chain_of_what_may_fail_is_kept_as_text(joint: str) -> None:
    text = f" {joint} ".join(f'context["my-idp"].unheard{count} == "a"' for count in range(400))
    for condition in (text, f"!({text})"):
        (statement,) = read(f"permit (principal, action, resource) when {{ {condition} }};").statements
        assert raw(statement.when)
