"""Every open question about AWS in one place: what is asked, what policyc assumes, and what a project chose instead.

The questions stand where they are answered: the tables of the IAM and the Cloud WAN engine, `schemas/iam/switches.json`,
`schemas/cedar/switches.json`, and `switches` in the vocabularies of the targets. A project chooses under `[switches]` in policyc.toml. Names are unique in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from policyc.data import read_json
from policyc.record import record
from policyc.targets.registry import TARGETS, back_end

if TYPE_CHECKING:
    from policyc.engines.iam.switches import Switches as IamSwitches
    from policyc.engines.wan.switches import Switches as WanSwitches

_GUIDE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_OPERATORS: Final = "reference_policies_elements_condition_operators.html"
#: section of the IAM evaluation reference -> the page of the IAM guide that it rests on
_PAGES: Final = {
    "2": "reference_policies_elements_version.html",
    "4.1": "reference_policies_elements_principal.html",
    "6": "reference_policies_elements_resource.html",
    "7": "reference_policies_variables.html",
    "8.1": _OPERATORS,
    "8.2": "reference_policies_elements_condition.html",
    "8.3": "reference_policies_condition-single-vs-multi-valued-context-keys.html",
    "8.5": "access-analyzer-reference-policy-checks.html",
    "10.2": "reference_policies_evaluation-logic_policy-eval-denyallow.html",
}
#: questions that the answer always leaves open, or meets on both sides, so that there is nothing to choose
_FIXED: Final = frozenset({"port-form", "path-slash", "erroring-forbid", "scope-values", "score-floor"})


@record
class OpenQuestion:
    """One switch. `area` is `iam`, `cedar` (every target whose documents are Cedar), or a target; `settable` tells whether a project may choose."""

    name: str
    area: str
    question: str
    choices: tuple[str, ...]
    default: str
    source: str
    settable: bool = True


@cache
def catalogue() -> Mapping[str, OpenQuestion]:
    """Every switch by name, grouped by area."""
    out: dict[str, OpenQuestion] = {}
    for item in _all():
        if item.name in out:
            raise ValueError(f"two switches are called {item.name}")
        out[item.name] = item
    return out


def _all() -> Iterator[OpenQuestion]:
    from policyc.engines.iam.switches import TABLE as IAM
    from policyc.engines.wan.switches import TABLE as WAN

    for item in IAM:
        source = f"IAM evaluation reference {item.source}, {_page(item.source)}"
        yield OpenQuestion(item.name, "iam", item.question, item.choices, item.default, source)
    yield from _from_data("iam", read_json("schemas/iam/switches.json"), whole=True)
    yield from _from_data("cedar", read_json("schemas/cedar/switches.json"), whole=True)
    for name in sorted(TARGETS):
        data = read_json(f"schemas/{back_end(name).folder}/vocabulary.json")
        yield from _from_data(name, data, whole=False)
    for wan in WAN:
        yield OpenQuestion(wan.name, "cloudwan", wan.question, wan.choices, wan.default, wan.source)


def _page(source: str) -> str:
    """The AWS page behind the first section that a switch of the IAM engine names."""
    sections = re.findall(r"(?:section |^)([0-9]+\.?[0-9]*)(?! #)", source)
    return _GUIDE + next(_PAGES[name] for name in sections if name in _PAGES)


def _from_data(area: str, data: Mapping[str, Any], whole: bool) -> Iterator[OpenQuestion]:
    for name, entry in (data if whole else data.get("switches", {})).items():
        default: str = entry["default"]
        choices = tuple(entry["sides"])
        choices = choices if default in choices else (default, *choices)
        yield OpenQuestion(name, area, entry["doc"], choices, default, ", ".join(entry["sources"]), name not in _FIXED)


def choice(settings: Mapping[str, str], name: str) -> str:
    """What holds for a switch: the project's choice, else the default."""
    return settings.get(name) or catalogue()[name].default


def iam_switches(settings: Mapping[str, str]) -> IamSwitches:
    """The switches of the IAM engine with a project's choices."""
    from policyc.engines.iam.switches import BY_NAME, DEFAULT

    switches = DEFAULT
    for name, chosen in settings.items():
        if name in BY_NAME:
            switches = switches.choosing(name, chosen)
    return switches


def wan_switches(settings: Mapping[str, str]) -> WanSwitches:
    """The switches of the Cloud WAN engine with a project's choices."""
    from policyc.engines.wan.switches import BY_NAME, DEFAULT

    switches = DEFAULT
    for name, chosen in settings.items():
        if name in BY_NAME:
            switches = switches.choosing(name, chosen)
    return switches
