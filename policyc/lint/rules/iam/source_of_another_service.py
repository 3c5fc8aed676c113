"""A service is let in for a source that it never names.

## What it does
Finds allows for a service whose test of `aws:SourceArn` asks for resources of another service, such as `events.amazonaws.com` for a topic of SNS, or for what is near its source: the objects of a bucket, where S3 names the bucket, the origin access control of a distribution, where CloudFront names the distribution, the subscription of a topic, an API without the stage that API Gateway names. Only services are held against it
of which is known whose ARNs they pass on.

## Why is this bad
A service passes on the ARN of its own resource, so the test never holds and nothing is delivered.

## Example
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-west-2:111122223333:function:resize",
   "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-west-2:111122223333:photos"}}}
]}
```

## Use instead
```json as=function
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction",
   "Resource": "arn:aws:lambda:us-west-2:111122223333:function:resize",
   "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-west-2:111122223333:photos"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Severity
from policyc.holes import sampled, starred
from policyc.ir.authz import Atom, RawTest, Statement
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.regex import regex

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("aws:sourcearn", "by:*", "allow")
YIELDS_TO = ("value-never-matches", "arn-of-no-resource", "missing-arn-field")

#: service principal -> ARNs of its own that it never passes on, what it names in their place, and how that is written
_NEAR: Final = {
    "s3": (regex(r"(arn:[^:]*:s3:::[^/]+)/.*"), "S3 names is a bucket", r"\1"),
    "cloudfront": (
        regex(r"(arn:[^:]*:cloudfront:[^:]*:[^:]*:)(?:origin-access-[a-z]+|[a-z]+-policy|function|key-group)/.*"),
        "CloudFront names is a distribution",
        r"\1distribution/…",
    ),
    "apigateway": (
        regex(r"(arn:[^:]*:execute-api:[^:]*:[^:]*:[^:/*?]+)"),
        "API Gateway names is a stage, a method and a path of an API",
        r"\1/*",
    ),
    "sns": (regex(r"(arn:[^:]*:sns:[^:]*:[^:]*:[^:*?]+):[^:]+"), "SNS names is a topic", r"\1"),
}
#: service principal -> the services whose ARNs it passes on
_OWN: Final = {
    "s3": ("s3",),
    "sns": ("sns",),
    "events": ("events",),
    "scheduler": ("scheduler",),
    "cloudfront": ("cloudfront",),
    "apigateway": ("execute-api", "apigateway"),
    "cloudtrail": ("cloudtrail",),
    "cognito-idp": ("cognito-idp",),
    "iot": ("iot",),
    "logs": ("logs",),
    "secretsmanager": ("secretsmanager",),
    "ses": ("ses",),
}


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        services = {item.args[0].partition(".")[0] for item in who.principals if item.kind == "service"}
        services |= {"cloudfront" for item in who.principals if item.kind == "cloudfront"}
        if len(services) == len(who.principals) and services <= _OWN.keys():
            _check_sources(lint, statement, services)


def _check_sources(lint: Lint, statement: Statement, services: set[str]) -> None:
    owned = {name for service in services for name in _OWN[service]}
    for test in tests(statement.when):
        if test.attribute.native.lower() != "aws:sourcearn" or test.negated or "Not" in _operator(test):
            continue
        for near, named_is, instead in (_NEAR[service] for service in services & _NEAR.keys()):
            texts = _texts(test)
            found = [near.fullmatch(sampled(text)) for text in texts]
            if found and found[0] and all(found):
                right = found[0].expand(instead)
                lint.report(
                    test.span,
                    f"the source that {named_is}, and never `{texts[0]}`",
                    f"write `{right}`" if texts[0] == found[0][0] else f"write it like `{right}`",
                )
        named = {text.split(":")[2] for text in map(starred, _texts(test)) if text.count(":") >= 5}
        if named and not any("*" in name or "?" in name or name in owned for name in named):
            first = sorted(services)[0]
            lint.report(
                test.span,
                f"`{first}.amazonaws.com` names no source of `{sorted(named)[0]}`, so it is never let in",
                f"name the service whose resource that is, or a resource of `{sorted(owned)[0]}`",
            )


def _operator(test: Atom | RawTest) -> str:
    return test.spelling.operator if test.spelling is not None else ""


def _texts(test: Atom | RawTest) -> list[str]:
    if test.spelling is not None:
        return [value.text for value in test.spelling.values]
    return [str(value.value) for value in test.values] if isinstance(test, Atom) else []
