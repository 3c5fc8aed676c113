"""Named switches: one choice per open question, from a closed table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, TypeVar

from policyc.record import names, record, replace

S = TypeVar("S", bound="Choices")


class Question(Protocol):
    """What a table says about one switch."""

    @property
    def name(self) -> str:
        """The name for people, in kebab-case."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Every answer that may be chosen."""


@record
class Choices:
    """One choice per question of `questions`; field names are the switch names with `_` for `-`.

    A choice outside the table is a ValueError.
    """

    questions: ClassVar[Mapping[str, Question]] = {}

    def __post_init__(self) -> None:
        for name in names(self):
            question = self.questions[name.replace("_", "-")]
            if getattr(self, name) not in question.choices:
                raise ValueError(f"{question.name} is one of {', '.join(question.choices)}")

    def choosing(self: S, name: str, choice: str) -> S:
        """These switches with `name` (as in the table) set to `choice`."""
        if name not in self.questions:
            raise ValueError(f"no switch is named {name}")
        return replace(self, **{name.replace("-", "_"): choice})

    def choice(self, name: str) -> str:
        """What is chosen for `name`."""
        return str(getattr(self, name.replace("-", "_")))
