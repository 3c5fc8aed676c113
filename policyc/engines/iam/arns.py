"""ARNs taken apart, and the two readings of an ARN pattern: field by field, and as one text.

An ARN has six fields, split at its first five colons; the sixth may hold further colons.
Source: IAM evaluation reference 6 (resources) and 8.1 (ARN operators).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import call
from typing import TypeVar

from policyc.engines.iam.globs import Tokens, Wild, tokens_test
from policyc.engines.iam.variables import Variable
from policyc.record import record

FIELDS = 6
_Token = TypeVar("_Token", bound="str | Wild | Variable")
Fields = tuple[str, ...]
FieldTests = tuple[Callable[[str], bool], ...]


def split_arn(text: str) -> Fields | None:
    """The six fields of an ARN; None for other text."""
    fields = tuple(text.split(":", FIELDS - 1))
    return fields if len(fields) == FIELDS else None


def whole_arn(text: str) -> str:
    """A resource as an ARN pattern: the policy of an API may leave out all before its stage, `execute-api:/stage/GET/pets`
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html).
    """
    return f"arn:*:execute-api:*:*:*{text.removeprefix('execute-api:')}" if text.startswith("execute-api:/") else text


def split_tokens(tokens: Iterable[str | Wild | Variable]) -> list[list[str | Wild | Variable]]:
    """A pattern's tokens split at the first five colons of its plain text; fewer lists when it has fewer colons."""
    fields: list[list[str | Wild | Variable]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            fields[-1].append(token)
            continue
        first, *rest = token.split(":", FIELDS - len(fields))
        fields[-1].append(first)
        fields.extend([part] for part in rest)
    return fields


def field_tests(tokens: Tokens) -> FieldTests | None:
    """One test per field of a pattern; None when it has fewer than six fields."""
    fields = split_tokens(tokens)
    if len(fields) < FIELDS:
        return None
    return tuple([tokens_test(_no_variables(field)) for field in fields])


def _no_variables(tokens: Iterable[str | Wild | Variable]) -> Tokens:
    return tuple(token for token in tokens if not isinstance(token, Variable))


def fields_match(tests: FieldTests, fields: Fields) -> bool:
    return all(map(call, tests, fields))


def pad_tokens(tokens: Iterable[_Token]) -> tuple[_Token | str | Wild, ...]:
    """A short pattern completed with `:*` to six fields."""
    held = list(tokens)
    missing = FIELDS - len(split_tokens(held))
    padded: list[_Token | str | Wild] = [*held]
    for _ in range(missing):
        padded += [":", Wild.STAR]
    return tuple(padded)


def star_in_early_field(tokens: Tokens) -> bool:
    """Whether a wildcard stands before the fifth colon, so that the two readings may differ."""
    fields = split_tokens(tokens)
    return any(isinstance(token, Wild) for field in fields[: FIELDS - 1] for token in field)


@record
class ArnPattern:
    """The pattern of an ARN operator: six field tests, or none for a pattern too short to have them."""

    tests: FieldTests | None
    is_star: bool

    def matches(self, fields: Fields) -> bool:
        return self.is_star or (self.tests is not None and fields_match(self.tests, fields))


def arn_pattern(tokens: Tokens, short: str) -> ArnPattern | None:
    """A compiled pattern; None when it is too short for the choice of the switch `short-arn-pattern`."""
    is_star = bool(tokens) and all(token is Wild.STAR for token in tokens)
    if is_star and short == "star-only":
        return ArnPattern(None, True)
    tests = field_tests(tuple(pad_tokens(tokens)) if short == "pad" else tokens)
    return ArnPattern(tests, False) if tests is not None else None
