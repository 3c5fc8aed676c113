"""A statement on connections names callers that no connection has.

## What it does
Finds statements for `Connect` alone that name accounts, roles or other callers in `Principal`.

## Why is this bad
`Connect` is TLS passthrough: VPC Lattice sees no request and so no signature, and every caller is anonymous. The statement would never match: an
allow lets nobody in, a deny keeps nobody out. It is a note, because no sentence of the documentation says that `Connect` is asked for these connections alone.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Connect",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": "*",
   "Action": "vpc-lattice-svcs:Connect",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890",
   "Condition": {"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d4e5f67890"}}}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/tls-listeners.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document

SEVERITY = Severity.INFO  # that `Connect` is TLS passthrough is told by the resource type, and by no sentence
SCOPE = "document"
NEEDS = ("auth-policy",)

_CONNECT = "vpc-lattice-svcs:connect"


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("auth-policy"):
        who, can = statement.who, statement.can
        if who is None or who.negated or can is None or can.negated:
            continue
        connects = bool(can.verbs) and all(verb.action.lower() == _CONNECT for verb in can.verbs)
        if connects and not any(item.kind in ("anyone", "anonymous") for item in who.principals):
            lint.report(
                caller_of(statement),
                f"`{statement.label}` hardly matches: a TLS passthrough connection has no signature, so every caller is anonymous",
                'write `"Principal": "*"`, and test `vpc-lattice-svcs:SourceVpc`'
                if is_document(policy)
                else "write `who anyone`, and test `source.vpc`",
            )
