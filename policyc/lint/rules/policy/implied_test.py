"""A test is passed by every request that passes another one beside it.

## What it does
Finds tests of one key of which the wider one adds nothing: the same test twice, once with and once without `IfExists` or `ForAnyValue`, `StringLike`
beside the `StringEquals` that it takes in, a larger range of addresses beside the smaller, the question whether a key is there beside a test of its value.

## Why is this bad
It changes no decision, but whoever reads the statement takes each test for a reason. Often alternatives were meant, which are one list of values.

## Example
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when source.vpc like "vpc-0a*" and source.vpc == mesh_vpc }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when source.vpc == mesh_vpc }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Label, Severity, dropped
from policyc.engines.proofs.conditions import always_holds, implies, never_holds
from policyc.engines.proofs.values import same_key
from policyc.ir.authz import All, Atom, Cond, Origin, RawTest, Statement
from policyc.ir.conditions import tests
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of
from policyc.record import replace
from policyc.targets.iam_documents import services
from policyc.text import Span

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("condition",)
YIELDS_TO = ("condition-always-holds", "condition-never-holds", "value-never-matches", "presence-by-pattern")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        when = statement.when
        if not isinstance(when, All) or policy.origin is Origin.CEDAR or never_holds(when):
            continue
        for inner, outer in _pairs(when.items):
            span, other = condition_of(inner, statement), condition_of(outer, statement)
            lint.report(
                span,
                f"every request that passes the other test of `{_key(inner)}` passes this one",
                "drop it, or write one list of values if either is enough",
                (Label(other, "the other one"),) if other is not None and other != span else (),
                dropped(span) if policy.origin is Origin.LANGUAGE and _is_inside(span, statement) else None,
            )


def _is_inside(span: Span | None, statement: Statement) -> bool:
    """Whether a test stands in the statement itself, and not in a predicate that others call."""
    whole = statement.span
    return (
        span is not None
        and whole is not None
        and span.file == whole.file
        and whole.start <= span.start < span.end <= whole.end
    )


def _pairs(items: tuple[Cond, ...]) -> Iterator[tuple[Cond, Cond]]:
    """The items that another one implies, each with the first that does; of two that imply each other the later one."""
    about = [(item, _one_key(item)) for item in items]
    for at, (inner, key) in enumerate(about):
        if key is None or always_holds(inner):
            continue
        for before, (outer, other) in enumerate(about):
            if before == at or other is None or not same_key(key.attribute, other.attribute):
                continue
            if implies(_single(outer), _single(inner)) and (before < at or not implies(_single(inner), _single(outer))):
                yield inner, outer
                break


def _one_key(item: Cond) -> Atom | RawTest | None:
    """A test of an item that is about one key only."""
    found = list(tests(item))
    return found[0] if found and all(same_key(one.attribute, found[0].attribute) for one in found) else None


def _single(item: Cond) -> Cond:
    """A test by `ForAnyValue` of a key that its service gives one value, as the plain test that it is."""
    if not isinstance(item, RawTest) or not item.operator.startswith("ForAnyValue:"):
        return item
    type_ = services.key_type(item.attribute.native)
    one = type_ != "" and not type_.startswith("ArrayOf")
    return replace(item, operator=item.operator.partition(":")[2]) if one else item


def _key(item: Cond) -> str:
    found = _one_key(item)
    return key_of(found) if found is not None else ""
