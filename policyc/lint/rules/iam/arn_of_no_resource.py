"""An ARN in a condition is one that no resource has.

## What it does
Finds ARNs in tests such as `ArnLike` on `aws:SourceArn` whose service, Region or account field is none that the service authorization
reference knows: a misspelt service, a Region where the service's ARNs have none. Keys that hold one kind of ARN are told by
value-never-matches. In `Resource` the same mistakes are found by the checks of a document's words.

## Why is this bad
No request has such a value: a test of it never holds, and its negation always does. A service that is newer than the facts may be
missing there (`policyc facts`).

## Example
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "orders" { who account("111122223333")  when aws.SourceArn like "arn:aws:cloudfrnt::111122223333:distribution/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "orders" { who account("111122223333")  when aws.SourceArn like "arn:aws:cloudfront::111122223333:distribution/*" }
}
```

## Source
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Severity
from policyc.engines.proofs.misfits import ARN, misfit
from policyc.ir.authz import Atom, Op, RawTest, Variable
from policyc.ir.conditions import tests
from policyc.lint.raw.arns import arn_problem
from policyc.lint.rule import Lint, kind_of
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("arn",)

#: what is told of services whose list of forms may lack some: they act for more than what their pages list for actions
_TOLD = ("unknown-service", "unknown-region", "invalid-arn-region", "arn-region-not-allowed", "arn-account-not-allowed")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when) if kind_of(policy) in KINDS else ():
            for text, span in _arns(test):
                found = arn_problem(text)
                if found is not None and (found.certain or found.rule in _TOLD):
                    lint.report(span or test.span, found.message, found.help)


def _arns(test: Atom | RawTest) -> Iterator[tuple[str, Span | None]]:
    """The ARNs of a test with their places, as patterns; those that the key never has are left to another rule."""
    attribute = test.attribute
    if isinstance(test, RawTest):
        if attribute.type != ARN and "Arn" not in test.operator:
            return
        for glob in test.values:
            if not any(isinstance(token, Variable) for token in glob.tokens) and misfit(attribute, glob.text) is None:
                yield glob.text, glob.span
        return
    for value in test.values if attribute.type == ARN and test.op in (Op.EQ, Op.LIKE) else ():
        if misfit(attribute, str(value.value), wild=test.op is Op.LIKE) is None:
            yield str(value.value), value.span
