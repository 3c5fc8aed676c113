"""A negated identity test lets callers in that have no identity.

## What it does
Finds an `allow` that excludes some callers with `!=`, `not in`, `not like` or `unless` on an identity key and is
otherwise open, on a service that unsigned requests can reach.

## Why is this bad
Unsigned requests lack the identity keys (and have the account `anonymous`), and a negated test of what is absent is
true. The statement reads "all but these" and means "all but these, and everyone unknown".

## Example
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "not-the-interns" { who anyone  path "/stock/*"  unless aws.PrincipalTag["team"] == "interns" }
}
```

## Use instead
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "not-the-interns" {
    who  anyone
    path "/stock/*"
    when exists aws.PrincipalTag["team"] and aws.PrincipalTag["team"] != "interns"
  }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Atom
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.lint.speech import attribute_word, clause, exists, is_document
from policyc.lint.unsigned import Door, doors

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("open", "allow", "test")
YIELDS_TO = ("value-never-matches",)


def check(lint: Lint) -> None:
    for door in doors(lint):
        atom = door.negated
        if atom is not None:
            lint.report(
                atom.span or caller_of(door.statement),
                f"unsigned callers pass this test, so `{door.statement.label}` lets them into `{door.resource.name}`",
                _help(door, atom),
            )


def _help(door: Door, atom: Atom) -> str:
    if atom.attribute.presence != "always":
        return f"add `{exists(door.policy, atom.attribute)}`, or list who may"
    if is_document(door.policy):
        key = attribute_word(door.policy, atom.attribute)
        return f"list who may in `{clause(door.policy, 'who')}`, or compare `{key}` with the values that may"
    return "list who may, or write `who authenticated`"
