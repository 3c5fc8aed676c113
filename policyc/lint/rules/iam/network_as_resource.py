"""A service network is no resource of a request.

## What it does
Finds a statement of an auth policy, or one on calls alone (`vpc-lattice-svcs`) of a caller's policy, whose resource is a service network.

## Why is this bad
The resource of a request is the service, also in the policy of a service network. The resource never matches one.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "*",
   "Condition": {"StringEquals": {"vpc-lattice-svcs:ServiceNetworkArn": "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0"}}}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.holes import sampled
from policyc.lint.doors import OF_CALLERS, on_lattice_calls
from policyc.lint.paths import NETWORK
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("patterns", ("auth-policy", *OF_CALLERS))


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("auth-policy", *OF_CALLERS):
        if not on_lattice_calls(policy, statement):
            continue
        for glob in statement.resources.patterns if statement.resources is not None else ():
            if NETWORK.fullmatch(sampled(glob.text)) is not None:
                lint.report(
                    glob.span,
                    f"`{glob.text}` never matches: the resource of a request is a service",
                    'name services, or `"*"` with a condition on `vpc-lattice-svcs:ServiceNetworkArn`',
                )
