"""A caller is allowed on a service and has no identity policy that lets it call.

## What it does
In a project with `identity` policies, finds roles and users that a service's policy allows while none of the identity
policies on them allows any request that the service does.

## Why is this bad
VPC Lattice asks the caller's own account first, within one account as well: without an identity policy that allows
`Invoke` the request is refused. It is the refusal that is reported most.

## Example
```policy
use "shop.policy" { inventory, order_fn, batch_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  allow "batch" { who batch_fn  path "/stock" }
}
policy order_calls for identity on order_fn {
  allow "call-inventory" { can invoke  on inventory }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, batch_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  allow "batch" { who batch_fn  path "/stock" }
}
policy order_calls for identity on order_fn {
  allow "call-inventory" { can invoke  on inventory }
}
policy batch_calls for identity on batch_fn {
  allow "call-inventory" { can invoke  on inventory  path "/stock*" }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Policy, Statement, Who
from policyc.lint.covering import principals_may_meet, statements_may_meet
from policyc.lint.gates import checks, policies_for, services
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.model.values import Principal, Resource
from policyc.record import replace

SEVERITY = Severity.WARNING
SCOPE = "tied"
NEEDS = ("allow", "identity", "lattice.service", ("by:role", "by:user"))


def check(lint: Lint) -> None:
    callers = [policy for policy in lint.program.policies if policy.target == "identity"]
    identity = _Callers(
        [policy for policy in callers if isinstance(policy.on, Principal)]
    )  # a document does not say whose it is
    if not identity.policies:
        return
    for service in services(lint):
        for policy in policies_for(lint, service) if checks(service) else ():
            for statement in policy.statements:
                if statement.effect == "allow" and statement.who is not None and not never_holds(statement.when):
                    _check_callers(lint, service, statement, statement.who, identity)


class _Callers:
    """Identity policies by their caller, so that a caller is not held against every policy of the project."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = policies
        self.named: dict[tuple[str, tuple[str, ...]], list[Policy]] = {}
        self.others: list[Policy] = []
        for policy in policies:
            on = policy.on
            if isinstance(on, Principal) and on.kind in ("role", "user") and not on.is_pattern:
                self.named.setdefault((on.kind, on.args), []).append(policy)
            else:
                self.others.append(policy)

    def policies_of(self, principal: Principal) -> list[Policy]:
        """Those whose caller may be meant by `principal`, a role or user."""
        plain = not principal.is_pattern
        near = [*self.named.get((principal.kind, principal.args), ()), *self.others] if plain else self.policies
        return [item for item in near if isinstance(item.on, Principal) and principals_may_meet(item.on, principal)]


def _check_callers(lint: Lint, service: Resource, statement: Statement, who: Who, identity: _Callers) -> None:
    wanted = replace(statement, who=None, on=(service,))
    for principal in who.principals if not who.negated else ():
        if principal.kind not in ("role", "user"):
            continue
        own = identity.policies_of(principal)
        allows = [item for policy in own for item in policy.statements if item.effect == "allow"]
        if any(statements_may_meet(item, wanted) for item in allows):
            continue
        name = principal.name or f"{principal.kind}({', '.join(principal.args)})"
        what = "has an identity policy that allows nothing of it" if own else "has no identity policy"
        lint.report(
            caller_of(statement), f"`{statement.label}` allows `{name}`, which {what}", _help(principal, service)
        )


def _help(principal: Principal, service: Resource) -> str:
    if principal.is_pattern:
        return "declare the roles that it stands for, each with a `policy … for identity on` it"
    return f"write `policy … for identity on {principal.name or '…'} {{ allow … {{ can invoke  on {service.name} }} }}`"
