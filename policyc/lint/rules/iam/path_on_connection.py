"""A connection has no path, nor anything else of HTTP.

## What it does
Finds a statement that names `Connect` while every resource of it ends in a path, or that names it beside `Invoke` with a condition on the method,
path, headers or query string.

## Why is this bad
A TLS passthrough connection has no path: its resource is the service alone. Nor has it a method, headers or a query string. The statement never matches one.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": ["vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:Connect"],
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": ["vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:Connect"],
   "Resource": ["arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890", "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*"]}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.holes import sampled
from policyc.ir.authz import Can, Glob, Resources
from policyc.lint.paths import SERVICE
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = (("patterns", "vpc-lattice-svcs:request*"), ("auth-policy", "identity"))

_CONNECT = "vpc-lattice-svcs:connect"
_OF_HTTP = "vpc-lattice-svcs:request"


def check(lint: Lint) -> None:
    for _, statement in lint.statements("auth-policy", "identity"):
        can = statement.can
        if can is None or not _connects(can):
            continue
        if statement.resources is not None and _only_paths(statement.resources):
            _report_path(lint, can, statement.resources.patterns[0])
        elif len(can.verbs) > 1 and never_holds(statement.when, _lacks) and not never_holds(statement.when):
            lint.report(
                condition_of(statement.when, statement),
                "`Connect` never passes this condition: a TLS passthrough connection has no method, path, headers or query string",
                "give `Connect` a statement of its own without it",
            )


def _report_path(lint: Lint, can: Can, first: Glob) -> None:
    service = first.text.removesuffix(_parts(first)[1])
    lint.report(
        first.span,
        f"`{first.text}` never matches `Connect`: a TLS passthrough connection has no path",
        f"write `{service}` for connections" + ("" if len(can.verbs) == 1 else f", beside `{first.text}` for requests"),
    )


def _lacks(attribute: Attribute) -> tuple[Scalar, ...] | None:
    """What is known of a connection."""
    return () if attribute.native.lower().startswith(_OF_HTTP) else None


def _connects(can: Can) -> bool:
    """Whether the action itself is named; a wildcard may be meant for requests alone."""
    return not can.negated and any(verb.action.lower() == _CONNECT for verb in can.verbs)


def _only_paths(resources: Resources) -> bool:
    return not resources.negated and all(_parts(glob)[0] for glob in resources.patterns)


def _parts(glob: Glob) -> tuple[str, str]:
    """A service and the path behind it; empty when the resource has no path, or may be a service alone."""
    found = SERVICE.fullmatch(sampled(glob.text))
    return ("", "") if found is None or found[1].endswith("*") else (found[1], found[2])
