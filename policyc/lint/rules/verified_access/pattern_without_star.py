"""A pattern has no `*`, so nothing but its own text fits.

## What it does
Finds `like` with a pattern that holds no wildcard, in policies and in Cedar text; among them those that no e-mail address and no host
name can be, such as `@example.com`.

## Why is this bad
`like "@example.com"` reads as "ends in", and the whole value has to fit: an `allow` turns into a refusal and a `deny` into an open
door.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ours" { when okta.email like "@example.com" and okta.email_verified == true }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ours" { when okta.email like "*@example.com" and okta.email_verified == true }
}
```

## Source
https://docs.cedarpolicy.com/policies/syntax-operators.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Atom, Op, Policy
from policyc.ir.conditions import atoms
from policyc.ir.pattern import Wild, pattern_tokens
from policyc.lint.emails import is_address
from policyc.lint.rule import Lint
from policyc.lint.speech import attribute_word, pattern_text
from policyc.targets.verified_access.slips import HOST, without_star
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("value-never-matches", "regex-in-pattern", "not-a-host-name", "template-in-text")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in atoms(statement.when):
                for value in atom.values if atom.op is Op.LIKE else ():
                    _check_pattern(lint, policy, atom, str(value.value), value.span or atom.span)


def _check_pattern(lint: Lint, policy: Policy, atom: Atom, pattern: str, span: Span | None) -> None:
    pieces = tuple(None if isinstance(token, Wild) else token.char for token in pattern_tokens(pattern))
    kind = "email" if is_address(atom.attribute) else "host" if atom.attribute.native == HOST else ""
    slip = without_star(pieces, pattern_text(policy, pattern), kind, f"{attribute_word(policy, atom.attribute)} == …")
    if slip is not None:
        lint.report(span, slip.message, slip.help)
