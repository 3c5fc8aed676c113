"""A resource without a path is no resource of a request.

## What it does
Finds a statement for `Invoke` whose resource, or what its `NotResource` leaves out, is a service without a path.

## Why is this bad
The resource of every HTTP request has a path, `/` at the least. The resource never matches one, and a deny of all but a service denies that service too.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*"}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, write_instead
from policyc.holes import sampled
from policyc.ir.authz import Can
from policyc.lint.covering import cans_may_meet
from policyc.lint.paths import BARE_SERVICE
from policyc.lint.rule import Lint
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("patterns", ("auth-policy", "identity"))

_INVOKE = Can((Verb("invoke", "vpc-lattice-svcs:Invoke"),))
_CONNECT = Can((Verb("connect", "vpc-lattice-svcs:Connect"),))


def check(lint: Lint) -> None:
    for _, statement in lint.statements("auth-policy", "identity"):
        resources = statement.resources
        if resources is None or not cans_may_meet(statement.can, _INVOKE):
            continue
        texts = {glob.text for glob in resources.patterns}
        for glob in resources.patterns:
            bare = BARE_SERVICE.fullmatch(sampled(glob.text)) is not None and f"{glob.text}/*" not in texts
            if bare and not (cans_may_meet(statement.can, _CONNECT) and len(texts) > 1):
                lint.report(
                    glob.span,
                    f"`{glob.text}` has no path, and the resource of every HTTP request has one",
                    write_instead(glob.text, f"{glob.text}/*"),
                )
