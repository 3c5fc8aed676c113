"""An item of a list is there twice, or another one takes it in.

## What it does
Finds callers, actions, resources, paths and values of one list that change nothing, because an equal one or a wider one stands beside them: `s3:GetObject` beside `s3:Get*`,
`203.0.113.7` beside `203.0.113.0/24`, the smaller of two limits. A role or a user beside its account is left alone: the account only hands the decision to its identity policies.

## Why is this bad
It changes no decision, but whoever reads the list takes each item for a reason. Often the wider one is wider than meant.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  path "/stock*", "/stock/lists" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  path "/stock*" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Label, Severity, dropped
from policyc.ir.authz import Atom, Op, Origin, Policy, Statement
from policyc.ir.conditions import tests
from policyc.lint.covering import action_pattern, names, verb_covers
from policyc.lint.lists import Found, block, by_blocks, by_equality, by_globs, by_patterns, by_test
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import caller
from policyc.model.values import Principal
from policyc.targets.iam_documents.kinds import GRANTING
from policyc.text import Span

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("lists",)

#: a list as its author wrote it: text and place of every item, and the pairs that were found in it
_List = tuple[list[tuple[str, Span | None]], Iterator[Found]]


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for items, found in _lists(policy, statement):
            for inner, outer in found:
                (text, span), (other, place) = items[inner], items[outer]
                same = text == other
                lint.report(
                    span or statement.span,
                    f"`{text}` stands twice in one list" if same else f"`{text}` adds nothing: `{other}` takes it in",
                    "drop it" if same else "drop it, or narrow the other one if that is wider than meant",
                    (Label(place, "the other one"),) if place is not None and place != span else (),
                    dropped(span) if policy.origin is Origin.IAM and place != span else dropped(span, text),
                )


def _lists(policy: Policy, statement: Statement) -> Iterator[_List]:
    yield from _callers(policy, statement)
    can, path, resources = statement.can, statement.path, statement.resources
    if can is not None and len(can.verbs) > 1:
        items = [(verb.name, verb.span or can.span) for verb in can.verbs]
        if any(verb.requires for verb in can.verbs):
            yield items, by_test(can.verbs, verb_covers)
        else:
            yield items, by_patterns([action_pattern(verb) for verb in can.verbs])
    if path is not None and len(path.patterns) > 1:
        yield [(text, path.span) for text in path.patterns], by_patterns(path.patterns)
    if resources is not None and len(resources.patterns) > 1:
        yield [(item.text, item.span) for item in resources.patterns], by_globs(resources.patterns, arn=True)
    told: set[Span | None] = set()  # one entry of a document may be several tests
    for test in tests(statement.when):
        if test.spelling is not None:
            if len(test.spelling.values) > 1 and test.spelling.key_span not in told:
                told.add(test.spelling.key_span)
                from policyc.lint.native_lists import by_operator

                found = by_operator(test.spelling.operator, test.spelling.values)
                yield [(value.text, value.span) for value in test.spelling.values], found
        elif isinstance(test, Atom) and len(test.values) > 1:
            yield from _typed(test)


def _callers(policy: Policy, statement: Statement) -> Iterator[_List]:
    who = statement.who
    if who is None or len(who.principals) < 2 or who.by_level:
        return
    hands_on = statement.effect == "allow" and kind_of(policy) in GRANTING
    trust = kind_of(policy) == "trust"

    def takes_in(outer: Principal, inner: Principal) -> bool:
        if not names(outer, inner) or len({_partition(outer), _partition(inner)} - {""}) > 1:
            return False
        return not hands_on or outer == inner or outer.kind == "anyone" or (trust and outer.kind == "role")

    yield [(caller(one), one.span or who.span) for one in who.principals], by_test(who.principals, takes_in)


def _partition(principal: Principal) -> str:
    """The partition of an ARN that stands in a document, empty for every other caller."""
    return principal.name.split(":")[1] if principal.name.startswith("arn:") and ":" in principal.name[4:] else ""


def _typed(test: Atom) -> Iterator[_List]:
    """The list of one test of the language or of Cedar."""
    items = [(str(value.value), value.span or test.span) for value in test.values]
    texts = [text for text, _ in items]
    match test.op:
        case Op.LIKE:
            yield items, by_patterns(texts)
        case Op.IN_CIDR:
            yield items, by_blocks([block(text) for text in texts])
        case Op.EQ:
            yield items, by_equality(test.values)
        case _:
            pass
