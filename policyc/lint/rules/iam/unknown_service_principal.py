"""A service principal looks like a misspelt one.

## What it does
Finds principals such as `cloudfrnt.amazonaws.com`, whose first word is no prefix of a service and very close to one that is, or whose Region is a slip, and the same in tests of keys
that hold service principals (`iam:PassedToService`, `aws:CalledVia`, `kms:ViaService`, …). Names that are not close to any are left alone: services act under names that no list has whole (`ecs-tasks`, `edgelambda`).

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
from policyc.ir.authz import Glob
from policyc.ir.conditions import tests
from policyc.lint.raw.nearest import almost
from policyc.lint.rule import Lint
from policyc.targets.iam_documents import arns, services
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
#: keys whose values are service principals
_HOLD_SERVICES = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "iam:passedtoservice",
    "kms:viaservice",
)
NEEDS = (("by:service", *_HOLD_SERVICES),)
YIELDS_TO = ("invalid-service-principal-format", "value-never-matches")

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
            if item.kind == "service":
                _report(lint, item.args[0], item.span or (who.span if who is not None else None))
        for test in tests(statement.when):
            if test.attribute.native.lower() in _HOLD_SERVICES:
                for value in test.values:
                    _report(lint, value.text if isinstance(value, Glob) else str(value.value), value.span or test.span)


def _report(lint: Lint, text: str, span: Span | None) -> None:
    right = _meant(text)
    if right:
        lint.report(span, f"no service is known by a name like `{text}`", meant(text, right))


def _meant(text: str) -> str:
    """The name that is meant; empty for one that is known, or near to none."""
    if text.endswith(_NEARLY) and text.partition(".")[0] in services.prefixes():
        return text.partition(".")[0] + _END
    name, end, rest = text.partition(_END)
    word, dot, region = name.partition(".")
    if not end or name in _OTHERS:
        return ""
    if right := almost(word, services.prefixes()):
        return f"{right}{dot}{region}{end}{rest}"
    if (
        word in services.prefixes()
        and not arns.may_be_region(region)
        and (near := almost(region, arns.regions().names))
    ):
        return f"{word}.{near}{end}{rest}"
    whole = almost(name, _OTHERS) if name not in services.prefixes() else ""
    return f"{whole}{end}{rest}" if whole else ""
