"""A resource with a path is no resource of a connection.

## What it does
Finds a statement that names `Connect` while every resource of it ends in a path.

## Why is this bad
A TLS passthrough connection has no path: its resource is the service alone. The statement never matches one.

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
from policyc.ir.authz import Can, Glob, Resources
from policyc.lint.paths import SERVICE
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("patterns", ("auth-policy", "identity"))

_CONNECT = "vpc-lattice-svcs:connect"


def check(lint: Lint) -> None:
    for _, statement in lint.statements("auth-policy", "identity"):
        can, resources = statement.can, statement.resources
        if can is None or resources is None or not _connects(can) or not _only_paths(resources):
            continue
        first: Glob = resources.patterns[0]
        service = _service(first)
        lint.report(
            first.span,
            f"`{first.text}` never matches `Connect`: a TLS passthrough connection has no path",
            f"write `{service}` for connections"
            + ("" if len(can.verbs) == 1 else f", beside `{first.text}` for requests"),
        )


def _connects(can: Can) -> bool:
    """Whether the action itself is named; a wildcard may be meant for requests alone."""
    return not can.negated and any(verb.action.lower() == _CONNECT for verb in can.verbs)


def _only_paths(resources: Resources) -> bool:
    return not resources.negated and all(_service(glob) for glob in resources.patterns)


def _service(glob: Glob) -> str:
    """The service in front of a path; empty when the resource has no path, or may be a service alone."""
    found = SERVICE.fullmatch(glob.text)
    return "" if found is None or found[1].endswith("*") else found[1]
