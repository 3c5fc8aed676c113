"""Which values of one entry of a document's `Condition` another one takes in, by its operator. Loaded for documents alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.operators import Family, Operator, Relation, read_operator
from policyc.engines.iam.values import parse_number
from policyc.ir.authz import Glob
from policyc.lint.lists import Found, block, by_blocks, by_equality, by_globs, by_limit

_UPPER: Final = (Relation.LESS, Relation.LESS_EQUAL)


def by_operator(operator_text: str, values: tuple[Glob, ...]) -> Iterator[Found]:
    operator = read_operator(operator_text)
    if operator is None:
        return iter(())
    texts = [value.text for value in values]
    match operator.family:
        case Family.STRING | Family.ARN if operator.glob:
            return by_globs(values, arn=operator.family is Family.ARN)
        case Family.IP:
            return by_blocks([block(text) for text in texts])
        case Family.NUMERIC | Family.DATE:
            return _numbers(operator, texts)
        case _:
            return by_equality([text.casefold() if operator.ignore_case else text for text in texts])


def _numbers(operator: Operator, texts: list[str]) -> Iterator[Found]:
    read = parse_number if operator.family is Family.NUMERIC else parse_instant
    numbers = [read(text) for text in texts]
    if operator.relation is Relation.EQUAL or None in numbers:
        return by_equality(texts if None in numbers else numbers)
    return by_limit([float(number) for number in numbers if number is not None], upper=operator.relation in _UPPER)
