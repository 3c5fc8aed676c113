"""Where AWS publishes no answer for Cloud WAN, or two: one named switch per question.

A default of `undecided` makes the engine answer "cannot be known" wherever the question matters. Source: Cloud WAN
reference, section 8 and the sections named per entry.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final


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
class Switches:
    """One choice per switch of `TABLE`; a choice outside it is a ValueError."""

    not_equals_missing_tag: str = "undecided"
    pattern_case: str = "undecided"
    filter_direction: str = "import"
    several_label_rules: str = "all"
    dual_hop_return: str = "one"
    local_preference_rank: str = "undecided"
    summarize_on_share: str = "undecided"

    def __post_init__(self) -> None:
        for item in fields(self):
            switch = BY_NAME[item.name.replace("_", "-")]
            if getattr(self, item.name) not in switch.choices:
                raise ValueError(f"{switch.name} is one of {', '.join(switch.choices)}")

    def choosing(self, name: str, choice: str) -> Switches:
        """These switches with `name` (as in `TABLE`) set to `choice`."""
        if name not in BY_NAME:
            raise ValueError(f"no switch is named {name}")
        return replace(self, **{name.replace("-", "_"): choice})


DEFAULT: Final = Switches()
