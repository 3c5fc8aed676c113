"""A group id carries the number of its identity store.

## What it does
Notes Identity Center group ids with ten digits and `-` before the UUID, in policies and in Cedar text.

## Why is this bad
Some identity stores give out such ids. AWS does not document whether trust data holds them as they are, and a group that is written
differently there never matches.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "finance" { when any idc.groups in [idc_group("0a1b2c3d4e-b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")] }
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
https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.group_ids import group_ids
from policyc.lint.rule import Lint
from policyc.targets.verified_access.slips import store_prefix

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("test",)


def check(lint: Lint) -> None:
    for group, span in group_ids(lint):
        slip = store_prefix(group)
        if slip is not None:
            lint.report(span, slip.message, slip.help)
