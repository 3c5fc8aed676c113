"""A condition, or a part of it, holds for every request and tests nothing.

## What it does
Finds a `when` or `unless`, or one of its conjuncts, that every request passes, or every request that has the attribute: a
score of at least 0, a list of all the values that are documented. Conditions that are true because of a `param` are left
alone; `StringLike` with `*` alone, by which documents ask whether a tag is there, is a note of its own (presence-by-pattern).

## Why is this bad
The statement reads as if it were restricted and is not, or only asks whether the attribute is there. Joining two
inequalities of one attribute with `or`, and `exists` on an attribute that every request has, are the usual causes.

## Example
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders-read" {
    who  order_fn
    path "/stock/*"
    when source.vpc != mesh_vpc or source.vpc != "vpc-0fedcba9876543210"
  }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders-read" {
    who  order_fn
    path "/stock/*"
    when source.vpc not in [mesh_vpc, "vpc-0fedcba9876543210"]
  }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from functools import lru_cache

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import always_holds, may_be_met
from policyc.ir.authz import All, Always, Atom, Cond, Never, Op, Origin, RawTest
from policyc.ir.conditions import atoms
from policyc.lint.doors import is_any_pattern
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.lint.speech import attribute_word, exists
from policyc.model.vocabulary import Attribute

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("condition",)
YIELDS_TO = ("value-never-matches", "everyone-allowed")
FOLLOWS = (
    "cedar-always-true",
    "value-never-matches",
    "cedar-type-mismatch",
    "cedar-unlike-kinds",
    "null-with-qualifier",
)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        when = statement.when
        if isinstance(when, Always | Never):
            continue
        for item in when.items if isinstance(when, All) else (when,):
            if _is_guard(item) and (policy.origin is Origin.CEDAR or _guards(item, when)):
                continue
            if _ends_a_range(item, when):
                continue
            if always_holds(item) or _takes_everything(item):
                lint.report(
                    condition_of(item, statement),
                    "every request passes this test",
                    "write what is meant, or drop the test",
                )
            elif not _asks_for_presence(item) and (found := _only_present(item)) is not None:
                lint.report(
                    condition_of(item, statement),
                    f"every value passes this test, so it only asks whether `{attribute_word(policy, found)}` is there",
                    f"write the limit that is meant, or `{exists(policy, found)}`",
                )


def _takes_everything(cond: Cond) -> bool:
    """Whether a document's test passes whatever the key holds, and without it."""
    return (
        isinstance(cond, RawTest)
        and not cond.negated
        and cond.operator.startswith("ForAllValues:") | cond.operator.endswith("IfExists")
        and is_any_pattern(cond)
    )


def _asks_for_presence(cond: Cond) -> bool:
    """Whether a document tests a key for `*` alone: AWS's guides ask so whether a tag is there."""
    return isinstance(cond, Atom) and cond.spelling is not None and is_any_pattern(cond)


def _is_guard(cond: Cond) -> bool:
    """A question for presence, which Cedar needs before a test and which does no harm where it is not needed."""
    return isinstance(cond, Atom) and cond.op is Op.EXISTS and not cond.negated


def _guards(asked: Cond, when: Cond) -> bool:
    """Whether something else in the condition tests what is asked for; in the language a negation needs that."""
    assert isinstance(asked, Atom)
    return any(atom.op is not Op.EXISTS and atom.attribute == asked.attribute for atom in atoms(when))


def _ends_a_range(end: Cond, when: Cond) -> bool:
    """Whether a test is one end of a range of which the condition has the other end too: that it may leave nothing out is no mistake."""
    is_upper = _is_upper(end)
    return is_upper is not None and any(
        test.attribute == end.attribute and _is_upper(test) is not is_upper
        for test in (when.items if isinstance(when, All) else ())
        if isinstance(end, Atom) and isinstance(test, Atom) and _is_upper(test) is not None
    )


def _is_upper(cond: Cond) -> bool | None:
    """Whether a test asks for less than a value; None when it asks for no order."""
    if not isinstance(cond, Atom) or cond.op not in (Op.LT, Op.LE, Op.GT, Op.GE):
        return None
    return (cond.op in (Op.LT, Op.LE)) is not cond.negated


@lru_cache(maxsize=4096)
def _only_present(cond: Cond) -> Attribute | None:
    """The one attribute that a condition is about, when it holds for all its values; None for any other condition."""
    tests = list(atoms(cond))
    if len({atom.attribute.native for atom in tests}) != 1 or all(atom.op is Op.EXISTS for atom in tests):
        return None
    attribute = tests[0].attribute
    there = Atom(attribute, Op.EXISTS, ())
    return None if may_be_met([(cond, False), (there, True)]) else attribute
