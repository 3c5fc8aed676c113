"""What a program has in it that lint rules speak of, so that a rule without anything to speak of is neither loaded nor run.

A rule's file says in `NEEDS` what it cannot do without: all of the items, each a trait or a collection of traits of which one is enough
(`"key:*"` stands for every trait that begins so). Traits are the kinds of documents and types of resources that a program has, the condition keys that it tests
(`aws:sourcevpc`, lower case), the kinds of callers that it names (`by:service`) and the words of `WORDS`. `schemas/rule_needs.json` holds the needs of all rules, and which of them look at one document alone, made from
their files (`python -m policyc.cli.pages`), since looking for them there would load the rules; a rule that is missing from it always runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policyc.data import read_json
from policyc.holes import has_hole
from policyc.ir.authz import Always, Atom, Cond, Op, Origin, Policy, RawTest, Statement, Who
from policyc.ir.conditions import tests
from policyc.model.types import Named
from policyc.model.values import Resource

if TYPE_CHECKING:
    from policyc.ir.program import Program

FILE: Final = "schemas/rule_needs.json"
#: trait -> which programs have it
WORDS: Final = {
    "language": "a policy of the language",
    "allow": "an allow",
    "deny": "a deny",
    "several": "a policy of more than one statement",
    "lists": "a list of more than one item",
    "unlabelled": "a statement of the language without a label",
    "condition": "a statement that does not match whatever the request holds",
    "test": "a test of a key",
    "raw": "a test that only documents can write",
    "unlisted": "a test of a key that the target's vocabulary lacks",
    "arn": "a test of a key that holds ARNs, or as one does",
    "wildcard": "a value with `*` or `?` in a test",
    "open": "a statement on a resource whose callers are not all named",
    "patterns": "a statement with other ARN patterns as resources than `*`",
    "import": "a file that imports",
    "foreign": "a file with characters outside ASCII",
    "placeholder": "a document with signs that placeholders are written with",
}

Needs: TypeAlias = Sequence[str | Collection[str]]

_ARN: Final = Named("arn")
#: callers that are somebody in particular
_NAMED: Final = frozenset({"account", "root", "role", "session", "user", "federated_user", "service", "cloudfront"})
_WILD: Final = frozenset("*?")
#: what placeholders are written with
_SIGNS: Final = ("{{", "%", "__", "@@", "<", "#{", "$")


def may_speak(rule: str, traits: Collection[str]) -> bool:
    """Whether a program with these traits has all that the rule needs."""
    return all(any(_has(traits, one) for one in item) for item in _facts()["needs"].get(rule, ()))


def looks_at_others(rule: str) -> bool:
    """Whether what a rule finds in a document hangs on other documents (its `SCOPE` is not `document`)."""
    return rule not in _facts()["document"]


def looks_at_all(rule: str) -> bool:
    """Whether what a rule finds in a policy hangs on all others (its `SCOPE` is `set`)."""
    facts = _facts()
    return rule not in facts["document"] and rule not in facts["tied"]


def written(needs: Needs) -> list[list[str]]:
    """`NEEDS` of a rule's file as `schemas/rule_needs.json` has it."""
    return [[item] if isinstance(item, str) else sorted(item) for item in needs]


@cache
def _facts() -> dict[str, Any]:
    found: dict[str, Any] = read_json(FILE)
    return {**found, "document": frozenset(found["document"]), "tied": frozenset(found["tied"])}


def _has(traits: Collection[str], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(trait.startswith(wanted[:-1]) for trait in traits)
    return wanted in traits


def traits_of(program: Program, kinds: Collection[str]) -> set[str]:
    """Everything that a rule can need of a program, whose policies are or become documents of `kinds`."""
    found = {*kinds, *(resource.type for resource in program.resources.values())}
    for file, module in program.modules.items():
        if module.uses:
            found.add("import")
        if not program.sources[file].text.isascii():
            found.add("foreign")
    for policy in program.policies:
        found.update(_of_policy(policy))
        for statement in policy.statements:
            found.update(_of_statement(policy, statement))
            if not isinstance(statement.when, Always):
                found.add("condition")
                found.update(_of_condition(statement.when))
    return found


def _of_policy(policy: Policy) -> Iterator[str]:
    if policy.origin is Origin.LANGUAGE:
        yield "language"
    if len(policy.statements) > 1:
        yield "several"
    if isinstance(policy.on, Resource):
        yield policy.on.type


def _of_statement(policy: Policy, statement: Statement) -> Iterator[str]:
    yield statement.effect
    if statement.label_span is None and policy.origin is Origin.LANGUAGE:
        yield "unlabelled"
    if statement.resources is not None and any(glob.text != "*" for glob in statement.resources.patterns):
        yield "patterns"
    who, can, path, resources = statement.who, statement.can, statement.path, statement.resources
    if (
        (who is not None and len(who.principals) > 1)
        or (can is not None and len(can.verbs) > 1)
        or (path is not None and len(path.patterns) > 1)
        or (resources is not None and len(resources.patterns) > 1)
    ):
        yield "lists"
    if isinstance(policy.on, Resource) and _is_open(who):
        yield "open"
    if resources is not None and any(_has_signs(glob.text) for glob in resources.patterns):
        yield "placeholder"
    for principal in who.principals if who is not None else ():
        yield f"by:{principal.kind}"
        if any(map(_has_signs, principal.args)):
            yield "placeholder"


def _is_open(who: Who | None) -> bool:
    return (
        who is None
        or who.negated
        or any(item.kind not in _NAMED or any(map(has_hole, item.args)) for item in who.principals)
    )


def _of_condition(when: Cond) -> Iterator[str]:
    for test in tests(when):
        attribute = test.attribute
        yield "test"
        yield attribute.native.lower()
        if attribute.native == attribute.key:
            yield "unlisted"
        if len(test.values if test.spelling is None else test.spelling.values) > 1:
            yield "lists"
        if isinstance(test, RawTest):
            yield "raw"
        if attribute.type == _ARN or (isinstance(test, RawTest) and "Arn" in test.operator):
            yield "arn"
        values = _values(test)
        if not _WILD.isdisjoint(values):
            yield "wildcard"
        if _has_signs(values):
            yield "placeholder"


def _has_signs(text: str) -> bool:
    return any(sign in text for sign in _SIGNS)


def _values(test: Atom | RawTest) -> str:
    """The key of a test and the texts that it compares with, as written."""
    if test.spelling is not None:
        return " ".join([test.spelling.key, *(value.text for value in test.spelling.values)])
    if isinstance(test, RawTest):
        return " ".join(value.text for value in test.values)
    return " ".join(str(value.value) for value in test.values) if test.op is Op.EQ else ""
