"""A host name is compared with a scheme, a port, a path or capitals in it.

## What it does
Finds tests of `http_request.hostname`, in policies and in Cedar text, against a value or pattern that holds more than a host name.

## Why is this bad
A request's host name is the name alone, such as `app.example.com`; scheme, port and path stand elsewhere, so the test is never
true. Cedar tells letter cases apart, and browsers send host names in small letters.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "wiki" { when http_request.hostname == "https://wiki.example.com" }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "wiki" { when http_request.hostname == "wiki.example.com" }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-default-context.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.lint.speech import pattern_text
from policyc.targets.verified_access.slips import HOST, host_name

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = (HOST,)
YIELDS_TO = ("value-never-matches", "template-in-text")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in atoms(statement.when):
                if atom.attribute.native != HOST or atom.op not in (Op.EQ, Op.LIKE):
                    continue
                for value in atom.values:
                    text, span = pattern_text(policy, str(value.value)), value.span or atom.span
                    slip = host_name(text, atom.op is Op.LIKE)
                    if slip is not None:
                        lint.report(span, slip.message, slip.help)
