"""A pattern for e-mail addresses has a domain with capital letters.

## What it does
Finds patterns and addresses that grant access and whose part behind the `@` holds a capital letter.

## Why is this bad
Cedar compares letter by letter, and nearly all directories keep domains in small letters: `ana@acme.com` does not fit `*@Acme.com`. Look at a user's trust data in the access log before you
silence this.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*@Example.com" and idc.user.email.verified == true }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*@example.com" and idc.user.email.verified == true }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/built-in-policy-operators.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, write_instead
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.emails import is_address
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("template-in-text", "email-pattern-without-domain", "pattern-without-star", "wildcard-without-like")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in atoms(statement.when):
                for value in atom.values if is_address(atom.attribute) and atom.op in (Op.EQ, Op.LIKE) else ():
                    name, at, domain = str(value.value).rpartition("@")
                    if at and domain != domain.lower():
                        better = f"{name}@{domain.lower()}"
                        lint.report(
                            value.span or atom.span,
                            f"letter case counts, and directories keep domains in small letters, unlike `{domain}`",
                            write_instead(str(value.value), better),
                        )
