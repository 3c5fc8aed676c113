"""A Verified Access group has no policy, so its endpoints serve nobody.

## What it does
Finds a declared group that no policy is on.

## Why is this bad
Without a group policy every request to the group's endpoints is blocked. What a policy on an endpoint alone does is not
documented, so it is no way out.

## Example
```policy
resource contractors: verified_access.group { id: "vagr-0fedcba9876543210", trust: { idc: iam_identity_center } }
```

## Use instead
```policy
use "shop.policy" { finance }

resource contractors: verified_access.group { id: "vagr-0fedcba9876543210", trust: { idc: iam_identity_center } }

policy contractors_policy for verified_access on contractors {
  allow "finance" { when finance in idc.groups }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import name_of
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("verified_access.group",)


def check(lint: Lint) -> None:
    for resource in lint.program.resources.values():
        if resource.type == "verified_access.group" and not lint.program.policies_on(resource):
            lint.report(
                name_of(lint, resource),
                f"the group `{resource.name}` has no policy, so its endpoints refuse every request",
                f"write `policy … for verified_access on {resource.name} {{ … }}`"
                if resource.file in lint.program.modules
                else f"give `{resource.name}` a policy",
            )
