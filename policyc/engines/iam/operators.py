"""Condition operators: their names taken apart.

Source: IAM evaluation reference 8.1; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from policyc.record import record


class Family(StrEnum):
    """What kind of value an operator compares."""

    STRING = "string"
    NUMERIC = "number"
    DATE = "date"
    BOOL = "boolean"
    BINARY = "binary"
    IP = "address"
    ARN = "arn"
    NULL = "presence"


class Qualifier(StrEnum):
    """How an operator reads a set of request values; `ONE` is an operator without prefix."""

    ONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Relation(StrEnum):
    EQUAL = "equal"
    LESS = "less"
    LESS_EQUAL = "less or equal"
    GREATER = "greater"
    GREATER_EQUAL = "greater or equal"


@record
class Operator:
    """One operator: `text` as written, `base` without prefix and suffix.

    `glob` tells whether `*` and `?` are wildcards, `ignore_case` whether letter case counts not.
    """

    text: str
    base: str
    family: Family
    negated: bool = False
    relation: Relation = Relation.EQUAL
    glob: bool = False
    ignore_case: bool = False
    qualifier: Qualifier = Qualifier.ONE
    if_exists: bool = False

    @property
    def takes_variables(self) -> bool:
        return self.family in (Family.STRING, Family.ARN)


def _bases() -> dict[str, Operator]:
    found = [
        Operator("", "StringEquals", Family.STRING),
        Operator("", "StringNotEquals", Family.STRING, negated=True),
        Operator("", "StringEqualsIgnoreCase", Family.STRING, ignore_case=True),
        Operator("", "StringNotEqualsIgnoreCase", Family.STRING, negated=True, ignore_case=True),
        Operator("", "StringLike", Family.STRING, glob=True),
        Operator("", "StringNotLike", Family.STRING, negated=True, glob=True),
        Operator("", "Bool", Family.BOOL),
        Operator("", "BinaryEquals", Family.BINARY),
        Operator("", "IpAddress", Family.IP),
        Operator("", "NotIpAddress", Family.IP, negated=True),
        Operator("", "ArnEquals", Family.ARN, glob=True),
        Operator("", "ArnLike", Family.ARN, glob=True),
        Operator("", "ArnNotEquals", Family.ARN, negated=True, glob=True),
        Operator("", "ArnNotLike", Family.ARN, negated=True, glob=True),
        Operator("", "Null", Family.NULL),
    ]
    for family, prefix in ((Family.NUMERIC, "Numeric"), (Family.DATE, "Date")):
        found += [
            Operator("", f"{prefix}Equals", family),
            Operator("", f"{prefix}NotEquals", family, negated=True),
            Operator("", f"{prefix}LessThan", family, relation=Relation.LESS),
            Operator("", f"{prefix}LessThanEquals", family, relation=Relation.LESS_EQUAL),
            Operator("", f"{prefix}GreaterThan", family, relation=Relation.GREATER),
            Operator("", f"{prefix}GreaterThanEquals", family, relation=Relation.GREATER_EQUAL),
        ]
    return {operator.base: operator for operator in found}


BASES: Final = _bases()
_PREFIXES = {"ForAllValues:": Qualifier.ALL, "ForAnyValue:": Qualifier.ANY}
_SUFFIX = "IfExists"


@lru_cache(maxsize=512)
def read_operator(text: str) -> Operator | None:
    """The operator of that name, or None; `Null` with `IfExists` reads as an operator and is refused by the reader."""
    qualifier, rest = Qualifier.ONE, text
    for prefix, found in _PREFIXES.items():
        if text.startswith(prefix):
            qualifier, rest = found, text[len(prefix) :]
    if_exists = rest.endswith(_SUFFIX)
    base = BASES.get(rest.removesuffix(_SUFFIX))
    if base is None:
        return None
    return Operator(
        text, base.base, base.family, base.negated, base.relation, base.glob, base.ignore_case, qualifier, if_exists
    )


def operator_names() -> list[str]:
    """Every operator without prefix, with and without `IfExists`."""
    return [*BASES, *(f"{base}{_SUFFIX}" for base in BASES if base != "Null")]
