"""One condition entry as an atom: a test of one key's values (and of the keys its variables name).

Answers are three-valued: True, False, or None when the request does not tell enough.
Source: IAM evaluation reference 8.2 to 8.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from policyc.engines.iam.arns import FIELDS, arn_pattern, split_arn, split_tokens
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.globs import Tokens, Wild, fold, fold_tokens, tokens_test
from policyc.engines.iam.operators import Family, Operator, Qualifier, Relation
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import (
    Network,
    Unknown,
    Values,
    parse_address,
    parse_bytes,
    parse_network,
    parse_number,
    parse_truth,
)
from policyc.engines.iam.variables import Template, Variable, expand, widest
from policyc.holes import has_hole
from policyc.record import light
from policyc.text import Span

Get = Callable[[str], Values]
Test = Callable[[Any], bool]
"""A policy value made ready: takes a request value as `_parse` returns it for the operator."""


@light
class PolicyValue:
    """One value of an entry: as written, and as tokens (variables only where the operator takes them)."""

    text: str
    template: Template


@light
class Atom:
    """One `operator: key: values` entry; `key` is folded, `spelled` as written; `needs` are its variables' keys."""

    operator: Operator
    key: str
    spelled: str
    values: tuple[PolicyValue, ...]
    span: Span
    needs: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that the answer may depend on, the own one first."""
        return (self.key, *(need for need in self.needs if need != self.key))

    def decide(self, get: Get, switches: Switches) -> bool | None:
        """Whether the entry holds for a request whose values `get` returns for folded keys."""
        values = get(self.key)
        operator = self.operator
        if operator.family is Family.NULL:
            return _presence(self, values)
        if not self.values:
            return _no_policy_values(operator, values, switches)
        if isinstance(values, Unknown):
            return None
        blank = switches.blank_set_absent == "absent" and operator.qualifier is Qualifier.ALL
        if values is None or (blank and not any(values)):
            return _absent(operator, switches)
        return _present(self, values, get, switches)


def atom(operator: Operator, key: str, spelled: str, values: Iterable[PolicyValue], span: Span) -> Atom:
    """An atom with the keys of its variables found."""
    held = tuple(values)
    needs: dict[str, None] = {}
    for value in held:
        for token in value.template:
            if isinstance(token, Variable):
                needs[token.key] = None
    return Atom(operator, key, spelled, held, span, tuple(needs))


def _presence(atom: Atom, values: Values) -> bool | None:
    if atom.operator.qualifier is Qualifier.ALL:
        return True
    if atom.operator.qualifier is Qualifier.ANY:
        return False
    if any(has_hole(value.text) for value in atom.values):
        return None
    wanted = {parse_truth(value.text) for value in atom.values} - {None}
    if len(wanted) != 1:
        return bool(wanted)
    if values is Unknown.ANY:
        return None
    return wanted == {values is None}


def _no_policy_values(operator: Operator, values: Values, switches: Switches) -> bool | None:
    """An entry whose list of values is empty (8.5)."""
    if operator.qualifier is Qualifier.ONE and not operator.if_exists:
        return operator.negated or switches.empty_values == "ignore"
    if operator.qualifier is Qualifier.ANY and not operator.if_exists:
        return False
    present = operator.negated and operator.qualifier is not Qualifier.ANY and switches.empty_values_negated == "match"
    if values is None or (values is Unknown.ANY and present):
        return True
    return None if values is Unknown.ANY else present


def _absent(operator: Operator, switches: Switches) -> bool:
    any_value = operator.qualifier is Qualifier.ANY
    if operator.if_exists:
        return not any_value or switches.any_value_if_exists_absent == "match"
    if operator.qualifier is Qualifier.ALL:
        return operator.base != "StringNotLike" or switches.all_values_not_like_absent == "match"
    if any_value:
        return operator.negated and switches.any_value_negated_absent == "match"
    return operator.negated


def _present(atom: Atom, values: tuple[str, ...], get: Get, switches: Switches) -> bool | None:
    operator = atom.operator
    many = switches.many_values_without_prefix
    if operator.qualifier is Qualifier.ONE and len(values) > 1 and many != "any":
        return False if many == "no-match" else None
    tests, maybe = _tests(atom, get, switches)
    answers = [_one(operator, value, tests, maybe, switches) for value in values]
    return _all(answers) if operator.qualifier is Qualifier.ALL else _any(answers)


def _tests(atom: Atom, get: Get, switches: Switches) -> tuple[list[Test | None], list[Test]]:
    """The ready policy values (None for one that cannot be read), and for each whose variables are not all known a test that everything passes
    which it may match.

    A value with a variable that has no value is left out: it can neither match nor fail a negated test.
    """
    tests: list[Test | None] = []
    maybe: list[Test] = []
    for value in atom.values:
        tokens = expand(value.template, get, switches.substituted_wildcards == "wildcards" and atom.operator.glob)
        if isinstance(tokens, Unknown):
            maybe.append(_possible(atom.operator, value.template, get, switches))
        elif tokens is not None:
            tests.append(ready_value(atom.operator, tokens, switches))
    return tests, maybe


def _possible(operator: Operator, template: Template, get: Get, switches: Switches) -> Test:
    """What a value may match whose variables are not all known, as far as the text around them tells."""
    tokens = widest(template, get)
    if operator.family is Family.ARN and len(split_tokens(tokens)) < FIELDS:
        return _anything
    found = ready_value(operator, tokens, switches) if operator.family in (Family.STRING, Family.ARN) else None
    return found or _anything


def _anything(value: Any) -> bool:
    return True


def _one(
    operator: Operator, value: str, tests: list[Test | None], maybe: list[Test], switches: Switches
) -> bool | None:
    """Whether one request value passes: hits a policy value, or for a negated operator hits none."""
    parsed = parse_value(operator, value, switches)
    if operator.negated and switches.unparsable_negated == "no-match" and (parsed is None or None in tests):
        return False
    hit = parsed is not None and any(test is not None and test(parsed) for test in tests)
    if hit or parsed is None or not any(test(parsed) for test in maybe):
        return hit is not operator.negated
    return None


def _any(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def _all(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def parse_value(operator: Operator, text: str, switches: Switches) -> Any | None:
    """A request value in the operator's own form, or None when it is not of that type."""
    match operator.family:
        case Family.STRING:
            return fold(text) if operator.ignore_case else text
        case Family.NUMERIC:
            return parse_number(text)
        case Family.DATE:
            return parse_instant(text, switches.date_without_zone == "unparsable")
        case Family.BOOL:
            return parse_truth(text)
        case Family.BINARY:
            return parse_bytes(text)
        case Family.IP:
            return parse_address(text)
        case Family.ARN:
            return split_arn(text)
        case Family.NULL:
            return text


def ready_value(operator: Operator, tokens: Tokens, switches: Switches) -> Test | None:
    """The test that a policy value makes of a parsed request value, or None when it cannot be read."""
    if operator.family is Family.STRING:
        return tokens_test(fold_tokens(tokens) if operator.ignore_case else tokens)
    if operator.family is Family.ARN:
        pattern = arn_pattern(tokens, switches.short_arn_pattern)
        return pattern.matches if pattern is not None else None
    text = "".join(token.value if isinstance(token, Wild) else token for token in tokens)
    if operator.family is Family.IP:
        network = parse_network(text, switches.bare_ipv6)
        return _inside(network) if network is not None else None
    wanted = parse_value(operator, text, switches)
    return _compare(operator.relation, wanted) if wanted is not None else None


def _inside(network: Network) -> Test:
    return network.holds


def _compare(relation: Relation, wanted: Any) -> Test:
    match relation:
        case Relation.EQUAL:
            return lambda value: bool(value == wanted)
        case Relation.LESS:
            return lambda value: bool(value < wanted)
        case Relation.LESS_EQUAL:
            return lambda value: bool(value <= wanted)
        case Relation.GREATER:
            return lambda value: bool(value > wanted)
        case Relation.GREATER_EQUAL:
            return lambda value: bool(value >= wanted)
