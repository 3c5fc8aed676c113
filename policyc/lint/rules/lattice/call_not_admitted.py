"""A caller's policy allows calls that the service or its network admits from nobody who could make them.

## What it does
Takes each `allow` of a caller's policy on a service whose auth policy is known too, and asks whether some `allow` of that policy, and of
the service network's, may let such a call in, and whether a `deny` refuses all of them. Documents are held together that are checked
together: `policyc check mesh.json orders.json caller.json`.

## Why is this bad
Every gate has to say yes. The caller is refused although its own policy reads as if the call were allowed.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders-read" { who order_fn  can GET }
}
policy order_calls for identity on order_fn {
  allow "read" { can GET  on inventory }
  allow "write" { can POST  on inventory }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders-read" { who order_fn  can GET }
  allow "orders-write" { who order_fn  can POST }
}
policy order_calls for identity on order_fn {
  allow "read" { can GET  on inventory }
  allow "write" { can POST  on inventory }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.diagnostics import Label, Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Can, Policy, Resources, Statement, Who
from policyc.lint.covering import cans_may_meet, statement_covers, statements_may_meet
from policyc.lint.gates import checks, network_of, policies_for, services
from policyc.lint.paths import BARE_SERVICE, SERVICE
from policyc.lint.places import label_of
from policyc.lint.raw.sets import services_of
from policyc.lint.rule import Lint
from policyc.lint.speech import effect, is_document
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb
from policyc.record import replace
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "tied"
NEEDS = ("allow", "identity", "lattice.service")
YIELDS_TO = ("value-never-matches", "bare-service-arn", "path-on-connection", "resource-contradicts-condition")

_DATA_PLANE = Can((Verb("invoke", "vpc-lattice-svcs:Invoke"), Verb("connect", "vpc-lattice-svcs:Connect")))


def check(lint: Lint) -> None:
    known = {
        service: {name for found in policies for name in services_of(found)}
        for service in services(lint)
        if (policies := policies_for(lint, service))
    }
    for policy, statement in lint.statements("identity") if known else ():
        if statement.effect != "allow" or never_holds(statement.when) or not cans_may_meet(statement.can, _DATA_PLANE):
            continue
        for service, call, span in _calls(policy, statement, known):
            _check_gates(lint, service, call, span)


def _calls(
    policy: Policy, statement: Statement, known: Mapping[Resource, set[str]]
) -> Iterator[tuple[Resource, Statement, Span | None]]:
    """What a statement allows on each known service, and where it says so."""
    if not is_document(policy):
        who = Who((policy.on,)) if isinstance(policy.on, Principal) else None
        for service in statement.on:
            if service in known:
                yield service, replace(statement, who=who, on=()), label_of(statement)
        return
    resources = statement.resources
    for glob in resources.patterns if resources is not None and not resources.negated else ():
        found = SERVICE.fullmatch(glob.text)
        bare = BARE_SERVICE.fullmatch(glob.text)
        name = found[1] if found is not None else bare[0] if bare is not None else ""
        for service, names in known.items():
            if names == {name}:
                yield service, replace(statement, resources=Resources((glob,))), glob.span


def _check_gates(lint: Lint, service: Resource, call: Statement, span: Span | None) -> None:
    for gate in (service, network_of(lint, service)):
        if gate is None or not checks(gate):
            continue
        found = policies_for(lint, gate, None if gate is service else service)
        statements = [item for one in found for item in one.statements]
        allows = [item for item in statements if item.effect == "allow"]
        deny = next((item for item in statements if item.effect == "deny" and statement_covers(item, call)), None)
        if not allows or (deny is None and any(statements_may_meet(item, call) for item in allows)):
            continue
        owner = found[0]
        if deny is None:
            why, help = "admits no such call", f"admit it in `{owner.name}` as well, or drop it from `{call.label}`"
            label = Label(owner.name_span or owner.span, "nothing here lets it in")
        else:
            why, help = (
                "refuses every such call",
                f"narrow the `{effect(owner, 'deny')}`, or drop it from `{call.label}`",
            )
            label = Label(label_of(deny) or owner.span, f"this `{effect(owner, 'deny')}` covers it")
        lint.report(span, f"`{owner.name}` {why} as `{call.label}` allows", help, (label,))
        return
