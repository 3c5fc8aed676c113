"""A group id is written with capitals.

## What it does
Finds Identity Center group ids with capitals, in policies and in Cedar text.

## Why is this bad
Cedar compares letter by letter. IAM Identity Center takes ids in capitals and in small letters, but the ids that it gives out, and that AWS shows in trust data, have small letters.
A group that is written otherwise is not found: an `allow` lets nobody in, a `deny` stops nobody.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "finance" { when any idc.groups in [idc_group("B4C8E438-20A1-70B2-1111-5F0E6D3A9C11")] }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "finance" { when any idc.groups in [idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")] }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.group_ids import group_ids
from policyc.lint.rule import Lint
from policyc.targets.verified_access.slips import capitals

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)


def check(lint: Lint) -> None:
    for group, span in group_ids(lint):
        slip = capitals(group)
        if slip is not None:
            lint.report(span, slip.message, slip.help)
