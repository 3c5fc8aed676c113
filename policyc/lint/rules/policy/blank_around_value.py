"""A text begins or ends with a blank.

## What it does
Finds texts that a test compares with, or patterns, that begin or end with white space.

## Why is this bad
Every character counts: `"finance "` is another group than `"finance"`. The blank came along when the text was copied and is hard to see; an allow
lets nobody in, and a deny guards nothing.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ana" { when okta.preferred_username == "ana " }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ana" { when okta.preferred_username == "ana" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Severity, write_instead
from policyc.ir.authz import Atom, Op, RawTest
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("value-never-matches", "cedar-group-name", "not-a-host-name", "template-in-text")


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        for test in tests(statement.when):
            for text, span in _texts(test):
                better = text.strip()
                if better and better != text:
                    end = "begins" if text[0] != better[0] else "ends"
                    lint.report(
                        span or test.span,
                        f"`{text}` {end} with a blank, and every character counts",
                        write_instead(text, better),
                    )


def _texts(test: Atom | RawTest) -> Iterator[tuple[str, Span | None]]:
    if test.spelling is not None:
        operator = test.spelling.operator
        yield from ((value.text, value.span) for value in test.spelling.values if "String" in operator)
    elif isinstance(test, Atom) and test.op in (Op.EQ, Op.LIKE):
        yield from ((str(value.value), value.span) for value in test.values if isinstance(value.value, str))
