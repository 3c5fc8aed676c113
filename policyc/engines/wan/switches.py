"""Where AWS publishes no answer for Cloud WAN, or two: one named switch per question.

A default of `undecided` makes the engine answer "cannot be known" wherever the question matters. Source: Cloud WAN
reference, section 8 and the sections named per entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from policyc.engines.choices import Choices, Question


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question with its possible answers."""

    name: str
    question: str
    choices: tuple[str, ...]
    default: str
    source: str


TABLE: Final[tuple[Switch, ...]] = (
    Switch(
        "not-equals-missing-tag",
        "does `not-equals` on a tag match an attachment without that tag?",
        ("undecided", "match", "no-match"), "undecided", "3.2",
    ),
    Switch(
        "pattern-case",
        "do `contains` and `begins-with` heed letter case?",
        ("undecided", "exact", "ignore"), "undecided", "3.2",
    ),
    Switch(
        "filter-direction",
        "does a deny or allow filter stop routes into the declaring segment only, or both ways?",
        ("import", "both"), "import", "3.7",
    ),
    Switch(
        "several-label-rules",
        "do all rules that match a routing label apply, or the first alone?",
        ("all", "first"), "all", "1.7",
    ),
    Switch(
        "dual-hop-return",
        "is traffic back to the segment that sends by dual-hop inspected at one edge, as the published tables show, or at both?",
        ("one", "both"), "one", "3.9, 3.13 E5",
    ),
    Switch(
        "local-preference-rank",
        "where does local preference stand: before static routes, before VPC routes, or after both and before the AS path?",
        ("undecided", "before-static", "before-vpc", "before-as-path"), "undecided", "3.11",
    ),
    Switch(
        "summarize-on-share",
        "does a summary on a share announce its aggregate, or do nothing?",
        ("undecided", "works", "nothing"), "undecided", "3.10",
    ),
)  # fmt: skip
BY_NAME: Final = {switch.name: switch for switch in TABLE}


@dataclass(frozen=True, slots=True)
class Switches(Choices):
    """One choice per switch of `TABLE`; a choice outside it is a ValueError."""

    questions: ClassVar[Mapping[str, Question]] = BY_NAME

    not_equals_missing_tag: str = "undecided"
    pattern_case: str = "undecided"
    filter_direction: str = "import"
    several_label_rules: str = "all"
    dual_hop_return: str = "one"
    local_preference_rank: str = "undecided"
    summarize_on_share: str = "undecided"


DEFAULT: Final = Switches()
