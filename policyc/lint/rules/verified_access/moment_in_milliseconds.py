"""A moment in milliseconds is compared with one in seconds.

## What it does
Finds numbers of more than eleven digits that `iat`, `exp`, `updated_at` and other claims in seconds since 1970 are compared with.

## Why is this bad
The claim has ten digits for the next two hundred years, so the test always comes out the same: `exp > 1735689600000` never holds, `exp < 1735689600000` always does.

## Example
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "enrolled-of-late" { when finance in idc.groups and jamf.iat > 1735689600000 }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "enrolled-of-late" { when finance in idc.groups and jamf.iat > 1735689600 }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-third-party-trust.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.lint.speech import attribute_word

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)

#: seconds until the year 5138, milliseconds since 1973
_MILLISECONDS: Final = 10**11


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for atom in atoms(statement.when):
            for value in atom.values if atom.attribute.unit == "epoch seconds" else ():
                if isinstance(value.value, int) and abs(value.value) >= _MILLISECONDS:
                    better = str(value.value // 1000)
                    lint.report(
                        value.span or atom.span,
                        f"`{attribute_word(policy, atom.attribute)}` counts seconds since 1970, and `{value.value}` counts milliseconds",
                        write_instead(str(value.value), better),
                    )
