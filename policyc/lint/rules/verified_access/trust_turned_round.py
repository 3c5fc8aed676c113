"""An allow is for those who are trusted less, or a deny for those who are trusted.

## What it does
Finds an `allow` that needs an unverified address, an unmanaged device, a device of high risk or a score below a limit, and a `deny` that needs the contrary.
Statements that also ask for something of the request are left alone: a page may be meant for just those devices. So are statements that compare
an address, of which `unverified-email` speaks.

## Why is this bad
Mostly the test is turned round: everybody who should pass is refused, and the others are let in.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "checked" { when idc.user.email.verified == false }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "checked" { when idc.user.email.verified == true }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-third-party-trust.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.ir.authz import All, Atom, Op, Statement
from policyc.ir.conditions import atoms
from policyc.lint.emails import is_address, is_flag
from policyc.lint.rule import Lint
from policyc.targets.verified_access.scope import REQUEST_ROOTS

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("condition-never-holds", "condition-always-holds", "value-never-matches")

_SCORES: Final = (".assessment.overall", ".assessment.os", ".assessment.sensor_config")
_BELOW: Final = {Op.LT: True, Op.LE: True, Op.GT: False, Op.GE: False}


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            found = _turned(statement)
            if found is not None:
                trusted = "are trusted less" if statement.effect == "allow" else "are trusted"
                lint.report(
                    found.span,
                    f"this {statement.effect} is for those alone who {trusted}: `{found.attribute.name}` has to say so",
                    "turn the test round, or say in the statement which requests it is for",
                )


def _turned(statement: Statement) -> Atom | None:
    tested = list(atoms(statement.when))
    if any(is_address(one.attribute) or one.attribute.native.partition(".")[0] in REQUEST_ROOTS for one in tested):
        return None
    needed = statement.when.items if isinstance(statement.when, All) else (statement.when,)
    wanted = [(item, _distrusts(item)) for item in needed if isinstance(item, Atom)]
    turned = [item for item, less in wanted if less is (statement.effect == "allow")]
    # A score between two limits is a choice of its own, and a deny that needs nothing else refuses those who are trusted.
    bounds = {item.attribute.name for item, less in wanted if less is not None and item not in turned}
    turned = [item for item in turned if item.attribute.name not in bounds]
    if statement.effect == "deny" and len(turned) < len([item for item in needed if _says_something(item)]):
        return None
    return turned[0] if turned else None


def _says_something(item: object) -> bool:
    return not (isinstance(item, Atom) and item.op is Op.EXISTS and not item.negated)


def _distrusts(atom: Atom) -> bool | None:
    """Whether a test is met by what is trusted less, and by nothing else; None where it is about something else."""
    name = atom.attribute.name
    if atom.op is Op.EQ and (is_flag(atom.attribute) or name.endswith(".device.is_managed")):
        values = {value.value for value in atom.values}
        return (values == {False}) is not atom.negated if len(values) == 1 else None
    if atom.op is Op.EQ and name.endswith(".risk"):
        values = {value.value for value in atom.values}
        return True if values == {"HIGH"} and not atom.negated else None
    if atom.op in _BELOW and name.endswith(_SCORES):
        return _BELOW[atom.op] is not atom.negated
    return None
