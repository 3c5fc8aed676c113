"""A statement repeats what another one of the same policy says already.

## What it does
Finds a statement that matches nothing which another statement with the same effect does not match. An allow that names a role, a user
or a session adds something to one that names their account: the account only hands the decision to its identity policies. VPC Lattice
asks these anyway.

## Why is this bad
It changes no decision, but the next reader has to find that out. Often it shows that the wider statement is wider than
meant: somebody wrote the narrow one on purpose.

## Example
```policy
use "shop.policy" { inventory, order_fn, batch_fn }

policy inventory_auth for lattice on inventory {
  allow "callers" { who order_fn, batch_fn  path "/stock/*" }
  allow "orders-read" { who order_fn  can GET  path "/stock/lists/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, batch_fn }

policy inventory_auth for lattice on inventory {
  allow "batch-runs" { who batch_fn  path "/stock/*" }
  allow "orders-read" { who order_fn  can GET  path "/stock/lists/*" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity, dropped
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Origin, Policy, Statement
from policyc.lint.coverers import Coverers
from policyc.lint.covering import who_covers
from policyc.lint.places import label_of
from policyc.lint.rule import Lint, kind_of
from policyc.lint.told import covers
from policyc.record import replace
from policyc.targets.iam_documents.kinds import GRANTING

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("several",)


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        _check_policy(lint, policy)


def _check_policy(lint: Lint, policy: Policy) -> None:
    gone: set[int] = set()
    coverers = Coverers(policy.statements)
    grants = kind_of(policy) in GRANTING
    for narrow in reversed(policy.statements):
        if never_holds(narrow.when):
            continue
        for wide in coverers.of(narrow):
            if wide.index == narrow.index or wide.effect != narrow.effect or wide.index in gone:
                continue
            if covers(policy, wide, narrow) and not (grants and _grants_more(wide, narrow)):
                gone.add(narrow.index)
                _report(lint, policy, narrow, wide)
                break
    coverers.tell(lint)


def _grants_more(wide: Statement, narrow: Statement) -> bool:
    """Whether `narrow` allows a caller by itself for whom `wide` only names the account."""
    if narrow.effect == "deny" or narrow.who is None or narrow.who.negated or wide.who is None or wide.who.negated:
        return False
    direct = replace(wide.who, principals=tuple(item for item in wide.who.principals if item.kind != "account"))
    named = replace(narrow.who, principals=tuple(item for item in narrow.who.principals if item.kind != "account"))
    return bool(named.principals) and not who_covers(direct, named)


def _report(lint: Lint, policy: Policy, narrow: Statement, wide: Statement) -> None:
    span = label_of(wide)
    lint.report(
        label_of(narrow),
        f"`{narrow.label}` adds nothing: `{wide.label}` matches all that it matches",
        "drop it, or narrow the other statement if that one is wider than meant",
        (Label(span, "this statement covers it"),) if span is not None else (),
        # tests of the language may name their statement, and comments speak of it
        dropped(narrow.span, safe=policy.origin is Origin.IAM),
    )
