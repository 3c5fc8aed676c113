"""A request's method is compared with one that nobody registered.

## What it does
Finds tests of `http_request.http_method` against a word that is in no registry of HTTP methods.

## Why is this bad
No browser sends such a method: an `allow` lets nobody in, and a `deny` guards nothing.

## Example
```policy
use "shop.policy" { payroll, finance }

policy payroll_policy for verified_access on payroll {
  allow "finance" { when finance in idc.groups }
  deny "no-removal" { when http_request.http_method == DELTE }
}
```

## Use instead
```policy
use "shop.policy" { payroll, finance }

policy payroll_policy for verified_access on payroll {
  allow "finance" { when finance in idc.groups }
  deny "no-removal" { when http_request.http_method == DELETE }
}
```

## Source
https://www.iana.org/assignments/http-methods/http-methods.xhtml
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.targets.cedar_documents.methods import is_odd_method, method_help, odd_method

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("http_request.http_method",)
YIELDS_TO = ("template-in-text", "value-never-matches")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        if policy.target != "verified_access":
            continue
        for atom in atoms(statement.when):
            for value in (
                atom.values if atom.op is Op.EQ and atom.attribute.native == "http_request.http_method" else ()
            ):
                if is_odd_method(str(value.value)):
                    text = str(value.value)
                    lint.report(value.span or atom.span, odd_method(text), method_help(text))
