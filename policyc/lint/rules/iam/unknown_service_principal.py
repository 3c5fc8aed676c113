"""A service principal looks like a misspelt one.

## What it does
Finds principals such as `cloudfrnt.amazonaws.com`, whose first word is no prefix of a service and very close to one that is. Names that
are not close to any are left alone: services act under names that no list has whole (`ecs-tasks`, `edgelambda`).

## Why is this bad
No service calls by that name: an allow lets nobody in, a deny stops nobody. AWS refuses names that it does not know.

## Example
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfrnt.amazonaws.com"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
]}
```

## Use instead
```json as=bucket
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"Service": "cloudfront.amazonaws.com"},
   "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-photos/*",
   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, meant
from policyc.lint.raw.nearest import almost
from policyc.lint.rule import Lint
from policyc.targets.iam_documents import services

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("by:service",)
YIELDS_TO = ("invalid-service-principal-format",)

_END = ".amazonaws.com"
#: service principals that begin with the prefix of no service, from the guides of the services
_OTHERS = frozenset(
    {
        "ecs-tasks",
        "edgelambda",
        "spotfleet",
        "vpc-flow-logs",
        "eks-fargate-pods",
        "eks-nodegroup",
        "pods.eks",
        "monitoring.rds",
    }
    | {
        "delivery.logs",
        "build.apprunner",
        "tasks.apprunner",
        "ops.apigateway",
        "credentials.iot",
        "logging.s3",
        "replicator.lambda",
    }
    | {
        "export.rds",
        "tasks.ecs",
        "logdelivery.elasticloadbalancing",
        "config-multiaccountsetup",
        "codestar-notifications",
        "macie",
    }
)
#: ends that services have in their addresses on the web, and slips
_NEARLY = (".amazon.com", ".aws.com", ".aws.amazon.com", ".amazonaws.co", ".amazonaws.org", ".amazonaws")


def check(lint: Lint) -> None:
    for _, statement in lint.statements() if services.is_there() else ():
        who = statement.who
        for item in who.principals if who is not None else ():
            text = item.args[0] if item.kind == "service" else ""
            if text.endswith(_NEARLY) and text.partition(".")[0] in services.prefixes():
                right = text.partition(".")[0] + _END
                lint.report(
                    item.span or who.span if who is not None else None,
                    f"no service is known by a name like `{text}`",
                    f"did you mean `{right}`?",
                )
            name, end, rest = text.partition(_END)
            word, dot, region = name.partition(".")
            right = almost(word, services.prefixes()) if end and name not in _OTHERS else ""
            if end and not right and name not in services.prefixes() and (whole := almost(name, _OTHERS)):
                right, dot, region = whole, "", ""
            if right:
                lint.report(
                    item.span or who.span if who is not None else None,
                    f"no service is known by a name like `{item.args[0]}`",
                    meant(item.args[0], f"{right}{dot}{region}{end}{rest}"),
                )
