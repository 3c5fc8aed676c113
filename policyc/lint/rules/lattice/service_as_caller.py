"""An allow is for a service of AWS, and what runs there calls with a role.

## What it does
Finds an allow of an auth policy for the service that runs a program (`ec2.amazonaws.com`, `ecs-tasks.amazonaws.com`, `lambda.amazonaws.com`, …), and one for everybody
on condition of `aws:SourceArn` or `aws:SourceAccount`, which services alone carry that act for somebody.

## Why is this bad
Instances, tasks and functions sign their requests with the role that they run with, and that role is the caller. The statement lets none of them in.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "ecs-tasks.amazonaws.com"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "*"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "*"}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.lint.doors import is_for_services
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow", "auth-policy", ("by:service", "by:anyone"))

#: services whose programs run with a role
_RUN: Final = frozenset(
    {"ec2", "ecs", "ecs-tasks", "lambda", "edgelambda", "eks", "eks-fargate-pods", "pods.eks", "batch", "codebuild"}
    | {"build.apprunner", "tasks.apprunner", "sagemaker", "glue", "emr-serverless"}
)


def check(lint: Lint) -> None:
    for _, statement in lint.statements("auth-policy"):
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        for item in who.principals:
            if item.kind == "service" and item.args[0].removesuffix(".amazonaws.com") in _RUN:
                lint.report(
                    item.span or who.span,
                    f"what runs in `{item.args[0]}` calls with its role, not as the service",
                    "name the role that the caller runs with",
                )
            elif item.kind == "anyone" and is_for_services(statement.when):
                lint.report(
                    item.span or who.span,
                    "no service is known to call VPC Lattice for somebody, and other callers lack the keys of this condition",
                    "test `aws:PrincipalArn` or `aws:PrincipalAccount`, which say who calls",
                )
