"""A condition operator is for another type than the key has.

## What it does
Finds `StringEquals` on a number, a date or an address, `NumericEquals` and `IpAddress` on a text, and the like. `String` operators on
ARNs and on `true` and `false` compare what is there and are left alone, and so are `Bool` on a text that says `true` or `false`, a comparison with the value of
another key (`${…}`), which `String` operators alone make, and any operator on a tag, a header or a query parameter.

## Why is this bad
Values of such keys have several spellings (`443` and `443.0`, one address in two forms), of which a text operator knows one; a text is no
number at all, so that a number operator never holds on it.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*",
   "Condition": {"StringEquals": {"vpc-lattice-svcs:Port": "443"}}}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*",
   "Condition": {"NumericEquals": {"vpc-lattice-svcs:Port": "443"}}}
]}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.operators import BASES, Family, Operator, Relation, read_operator
from policyc.engines.iam.values import parse_number, parse_truth
from policyc.engines.proofs.misfits import misfit
from policyc.ir.authz import RawTest
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import key_of
from policyc.model.types import SetOf
from policyc.model.vocabulary import Attribute
from policyc.regex import regex
from policyc.targets.iam_documents import services
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.leaves import family_of

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("raw",)
YIELDS_TO = ("value-never-matches",)

_EPOCH = "aws:epochtime"
_VARIABLE: Final = regex(r"\$\{[^{}]+:[^{}]+\}")
#: type of a key -> the families whose operators compare such values
_FITTING = {
    "String": (Family.STRING, Family.ARN),
    "Arn": (Family.ARN, Family.STRING),
    "Bool": (Family.BOOL, Family.STRING),
    "Numeric": (Family.NUMERIC,),
    "Date": (Family.DATE,),
    "Ip": (Family.IP,),
}
_OF_REFERENCE = {"ARN": "Arn", "IPAddress": "Ip", "IPAddr": "Ip", "Long": "Numeric"}
#: what the reference calls a text, and the guide of the service compares as a number
_NUMBERS = ("glacier:archiveageindays",)
_CALLED = {"Numeric": "a number", "Date": "a date", "Ip": "an address", "Bool": "`true` or `false`", "Arn": "an ARN"}


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when) if kind_of(policy) in KINDS else ():
            operator = read_operator(test.operator) if isinstance(test, RawTest) else None
            if not isinstance(test, RawTest) or operator is None or operator.family in (Family.NULL, Family.BINARY):
                continue
            kind = _kind(test.attribute)
            fitting = _FITTING.get(kind, tuple(Family))
            if test.attribute.native.lower() == _EPOCH:
                fitting = (Family.NUMERIC, Family.DATE)
            if operator.family not in fitting and not _is_meant(operator, kind, test):
                lint.report(
                    test.span,
                    f"`{operator.text}` compares another type than `{key_of(test)}` has, which is {_CALLED.get(kind, 'a text')}",
                    _help(operator, fitting[0], test),
                )


def _is_meant(operator: Operator, kind: str, test: RawTest) -> bool:
    """Whether a test does what it says all the same: `true` and `false` of a text are compared, and with the value of another key
    only operators of texts compare."""
    texts = [value.text for value in test.values]
    if operator.family is Family.BOOL:
        return kind == "String" and all(
            parse_truth(text) is not None and not misfit(test.attribute, text) for text in texts
        )
    return operator.family is Family.STRING and all(_VARIABLE.fullmatch(text) is not None for text in texts)


def _kind(attribute: Attribute) -> str:
    """The type of a key's values, as the operators are called; empty when nobody knows it, and for tags, headers and the like, which
    may hold any type as text."""
    if attribute.native != attribute.key and attribute.keyed:
        return ""
    if attribute.native != attribute.key:
        kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
        return family_of(kind) or ""
    if attribute.native.lower() in _NUMBERS:
        return "Numeric"
    told = services.key_type(attribute.native).removeprefix("ArrayOf") if services.is_there() else ""
    return _OF_REFERENCE.get(told, told)


def _help(operator: Operator, family: Family, test: RawTest) -> str:
    """The operator of a family that asks the nearest to what this one asks."""
    bases = [item for item in BASES.values() if item.family is family and not item.ignore_case]
    same = [item for item in bases if item.negated is operator.negated and item.relation is operator.relation]
    equal = [item for item in bases if item.negated is operator.negated and item.relation is Relation.EQUAL]
    meant = (same or equal or bases)[0].base
    texts = [value.text for value in test.values]
    if same and all(_READ.get(family, str)(text) is not None and not misfit(test.attribute, text) for text in texts):
        return write_instead(operator.text, operator.text.replace(operator.base, meant))
    return f"test it with an operator such as `{meant}`"


def _block(text: str) -> object:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


_READ: Final[Mapping[Family, Callable[[str], object]]] = {
    Family.NUMERIC: parse_number,
    Family.DATE: parse_instant,
    Family.BOOL: parse_truth,
    Family.IP: _block,
}
