"""A service allows a caller that its service network does not let through.

## What it does
For every caller that a service's policy allows, asks whether any `allow` of the service network's policy can match too.

## Why is this bad
Both gates have to say yes. The caller is refused, and the refusal names a policy that its owner may never have seen.

## Example
```policy
use "shop.policy" { shop, partner }

resource mesh:   lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, network: mesh, auth: aws_iam }

policy mesh_guard for lattice on mesh {
  allow "own-account" { who account(shop) }
}
policy prices_auth for lattice on prices {
  allow "partner-reads" { who role(partner, "reader")  can GET }
}
```

## Use instead
```policy
use "shop.policy" { shop, partner }

resource mesh:   lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, network: mesh, auth: aws_iam }

policy mesh_guard for lattice on mesh {
  allow "accounts" { who account(shop), account(partner) }
}
policy prices_auth for lattice on prices {
  allow "partner-reads" { who role(partner, "reader")  can GET }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Statement, Who
from policyc.lint.callers import facts_of
from policyc.lint.covering import statements_may_meet
from policyc.lint.gates import checks, network_of, policies_for, services
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.model.values import Principal, Resource
from policyc.record import replace

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("allow", "lattice.service", "lattice.service_network")


def check(lint: Lint) -> None:
    for service in services(lint):
        network = network_of(lint, service)
        if network is None or not checks(network) or not checks(service):
            continue
        passes = [
            item
            for policy in policies_for(lint, network, service)
            for item in policy.statements
            if item.effect == "allow"
        ]
        if not passes:
            continue
        for policy in policies_for(lint, service):
            for statement in policy.statements:
                if statement.effect == "allow" and not never_holds(statement.when):
                    _check_callers(lint, network, statement, passes)


def _check_callers(lint: Lint, network: Resource, statement: Statement, passes: list[Statement]) -> None:
    who = statement.who
    if who is None or who.negated:
        return
    for principal in who.principals:
        alone = replace(statement, who=Who((principal,), False, who.span))
        facts = facts_of(principal)
        if never_holds(statement.when, facts) or any(statements_may_meet(alone, item, facts) for item in passes):
            continue
        policy = lint.program.policies_on(network)[0]
        lint.report(
            caller_of(statement),
            f"`{network.name}` lets none of the requests through that `{statement.label}` allows {_name(principal)}",
            f"allow them in `{policy.name}` as well",
            (Label(policy.name_span or policy.span, "the service network's policy"),),
        )


def _name(principal: Principal) -> str:
    shown = principal.name or f"{principal.kind}({', '.join(principal.args)})".removesuffix("()")
    return f"`{shown}`"
