"""What a report may depend on besides the findings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policyc.record import record


@record
class RuleText:
    """What the catalogue says about one rule: `summary` is one line, `why` and `help` a sentence or two."""

    summary: str
    why: str = ""
    help: str = ""


@record
class Options:
    """`width` counts terminal cells, at least 40. `base` goes before each file name where people click on it (the way from the
    current folder to the project root, such as `../`; empty when they are the same). `rules` describes the rules for
    the formats that carry such data; a rule that it lacks is reported by its name alone.
    """

    color: bool = False
    width: int = 80
    base: str = ""
    version: str = ""
    rules: Mapping[str, RuleText] = MappingProxyType({})
