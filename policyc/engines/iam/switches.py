"""Where AWS contradicts itself or is silent: one named switch per question.

Each switch has a default that follows the reading named in the reference (section 15), or else the reading that
refuses more. `Switches` holds one choice per question; a choice outside the table is a ValueError.
Source: IAM evaluation reference, section 15 and the sections named per entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import ClassVar, Final

from policyc.engines.choices import Choices, Question
from policyc.record import record


@record
class Switch:
    """One open question. `when` is `reading` if the choice shapes how a document is read, else `deciding`."""

    name: str
    question: str
    choices: tuple[str, ...]
    default: str
    source: str
    when: str = "deciding"


TABLE: Final[tuple[Switch, ...]] = (
    Switch(
        "variables-without-version",
        "are policy variables expanded when the document has no Version?",
        ("literal", "expand"),
        "literal",
        "15 #1, section 2",
        "reading",
    ),
    Switch(
        "resource-star-colon",
        "may a `*` in a resource pattern run across a colon between the first six ARN fields?",
        ("strict", "whole", "segments", "undecided"),
        "strict",
        "15 #2, section 6",
    ),
    Switch(
        "bool-variables",
        "are policy variables expanded in values of Bool?",
        ("refuse", "expand"),
        "refuse",
        "15 #3, section 7",
        "reading",
    ),
    Switch(
        "all-values-not-like-absent",
        "does ForAllValues:StringNotLike match when the key is absent?",
        ("match", "no-match"),
        "match",
        "15 #4, section 8.3",
    ),
    Switch(
        "empty-values",
        "what does a plain positive operator with an empty list of values do?",
        ("never", "ignore"),
        "never",
        "15 #5, section 8.5",
    ),
    Switch(
        "empty-values-negated",
        "does a negated operator with IfExists or ForAllValues and an empty list match a present key?",
        ("no-match", "match"),
        "no-match",
        "section 8.5",
    ),
    Switch(
        "empty-condition",
        "does an empty Condition or operator object leave the statement in force?",
        ("ignore", "inert"),
        "ignore",
        "15 #5, section 8.5",
        "reading",
    ),
    Switch(
        "many-values-without-prefix",
        "what does an operator without ForAllValues or ForAnyValue do with several request values?",
        ("no-match", "any", "undecided"),
        "no-match",
        "15 #6, section 8.3",
    ),
    Switch(
        "unparsable-negated",
        "does a negated operator match when a value is not of its type?",
        ("no-match", "match"),
        "no-match",
        "15 #7, section 8.5",
    ),
    Switch(
        "bare-ipv6",
        "which prefix length does an IPv6 address without one get?",
        ("128", "32"),
        "128",
        "15 #8, section 8.1",
    ),
    Switch(
        "star-matches-services",
        'does the principal `"*"` match service principals?',
        ("yes", "no"),
        "yes",
        "15 #9, section 4.1",
    ),
    Switch(
        "star-bypasses-boundary",
        'does a plain `"*"` in a resource policy bypass boundary and session policy, as with aws:PrincipalArn?',
        ("bypass", "limited"),
        "bypass",
        "15 #10, section 10.2",
    ),
    Switch(
        "any-value-negated-absent",
        "does ForAnyValue with a negated operator match when the key is absent?",
        ("no-match", "match"),
        "no-match",
        "15 #14, section 8.3",
    ),
    Switch(
        "any-value-if-exists-absent",
        "does ForAnyValue with IfExists match when the key is absent?",
        ("match", "no-match"),
        "match",
        "15 #14, section 8.3",
    ),
    Switch(
        "blank-set-absent",
        "does ForAllValues treat a set of only empty strings as an absent key?",
        ("absent", "present"),
        "absent",
        "section 8.3",
    ),
    Switch(
        "short-arn-pattern",
        "what does an ARN operator do with a pattern of fewer than six fields?",
        ("star-only", "pad", "never"),
        "star-only",
        "section 8.1",
    ),
    Switch(
        "substituted-wildcards",
        "are `*` and `?` in the value of a policy variable wildcards?",
        ("data", "wildcards"),
        "data",
        "section 7",
    ),
    Switch(
        "bare-principal",
        'does `"Principal": "111122223333"`, without a principal type, name an AWS account or ARN?',
        ("refuse", "account"),
        "refuse",
        "4.1; Lattice reference section 4",
        "reading",
    ),
    Switch(
        "lattice-key-case",
        "is a `vpc-lattice-svcs:` key in other letter case than documented the same key?",
        ("accept", "exact"),
        "accept",
        "15 #13, section 8.2",
        "reading",
    ),
    Switch(
        "date-without-zone",
        "is a date and time without an offset read as UTC?",
        ("utc", "unparsable"),
        "utc",
        "section 8.1",
    ),
)
BY_NAME: Final = {switch.name: switch for switch in TABLE}


@record
class Switches(Choices):
    """One choice per switch of `TABLE`; field names are the switch names with `_` for `-`."""

    questions: ClassVar[Mapping[str, Question]] = BY_NAME

    variables_without_version: str = "literal"
    resource_star_colon: str = "strict"
    bool_variables: str = "refuse"
    all_values_not_like_absent: str = "match"
    empty_values: str = "never"
    empty_values_negated: str = "no-match"
    empty_condition: str = "ignore"
    many_values_without_prefix: str = "no-match"
    unparsable_negated: str = "no-match"
    bare_ipv6: str = "128"
    star_matches_services: str = "yes"
    star_bypasses_boundary: str = "bypass"
    any_value_negated_absent: str = "no-match"
    any_value_if_exists_absent: str = "match"
    blank_set_absent: str = "absent"
    short_arn_pattern: str = "star-only"
    substituted_wildcards: str = "data"
    date_without_zone: str = "utc"
    bare_principal: str = "refuse"
    lattice_key_case: str = "accept"

    def alternatives(self, when: str) -> Iterator[tuple[str, Switches]]:
        """Each switch of the given kind by name with these switches turned to each of its other choices."""
        for switch in TABLE:
            if switch.when == when:
                for choice in switch.choices:
                    if choice != self.choice(switch.name):
                        yield switch.name, self.choosing(switch.name, choice)


@lru_cache(maxsize=256)
def turned_switches(switches: Switches, name: str, choice: str) -> Switches:
    """The switches with one of them set to another choice."""
    return switches.choosing(name, choice)


DEFAULT: Final = Switches()
