"""A test of the request path relies on its first slash, which AWS leaves open.

## What it does
Finds tests of `http_request.path` in a statement that covers paths with a leading slash only, or without one only.

## Why is this bad
AWS's example path has no leading slash, its log samples have one. If the other one is true, an `allow` never matches
and a `deny` guards nothing.

## Example
```policy
use "shop.policy" { staff, payroll, finance }

policy payroll_policy for verified_access on payroll {
  allow "finance" { when finance in idc.groups }
  deny "no-admin" { when http_request.path like "/admin*" }
}
```

## Use instead
```policy
use "shop.policy" { staff, payroll, finance }

policy payroll_policy for verified_access on payroll {
  allow "finance" { when finance in idc.groups }
  deny "no-admin" { when http_request.path like "/admin*" or http_request.path like "admin*" }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-default-context.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.globs import covers
from policyc.ir.authz import Atom, Op
from policyc.ir.conditions import atoms
from policyc.ir.pattern import escape_pattern
from policyc.lint.rule import Lint
from policyc.lint.speech import pattern_text

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("http_request.path",)
YIELDS_TO = ("regex-in-pattern", "value-never-matches", "wildcard-without-like", "template-in-text")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            tests = [
                atom
                for atom in atoms(statement.when)
                if atom.attribute.native == "http_request.path" and atom.op in (Op.EQ, Op.LIKE)
            ]
            known = [pattern for atom in tests for pattern in _patterns(atom)]
            for atom in tests:
                lost = next((item for item in _patterns(atom) if not covers(known, _other(item))), None)
                if lost is not None:
                    other = pattern_text(policy, _other(lost))
                    lint.report(
                        atom.span,
                        f"whether the path begins with a slash is not documented, and `{other}` is not covered",
                        f'test `"{other}"` as well',
                    )


def _patterns(atom: Atom) -> list[str]:
    texts = [str(item.value) for item in atom.values]
    return texts if atom.op is Op.LIKE else [escape_pattern(text) for text in texts]


def _other(pattern: str) -> str:
    """The same path with the other spelling of its beginning; a leading `*` is both already."""
    if pattern.startswith("*"):
        return pattern
    return pattern[1:] if pattern.startswith("/") else "/" + pattern
