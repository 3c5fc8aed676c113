"""Requests in ordinary values, answered without a command line: what a program, a test or a notebook has in its hands.

    asker = ProjectAsker(program, documents)
    outcome = asker.ask("inventory", who="order_fn", can="GET", path="/stock/42", **{"source.vpc": "vpc-0a1b2c3d4e5f67890"})
    asker = DocumentAsker({"identity": role_json, "service-policy": auth_json})
    outcome = asker.ask(who="arn:aws:iam::111122223333:role/app", can="GET", path="/x", **{"service-arn": "arn:…"})

What cannot be asked raises `Unaskable` with the diagnostics. Documents are read once; each answer is made as far as it is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any, Final, TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.program import Program
from policyc.record import field, record
from policyc.simulation.answer import answer_fully
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import LEVELS, ROLES, Attached, read_attached
from policyc.simulation.documents.question import ARNS, PolicyContext, Question, Who
from policyc.simulation.documents.words import WORDS
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind
from policyc.syntax.json_tree import JsonValue
from policyc.targets.base import Document, DocumentSet
from policyc.targets.switches import iam_switches
from policyc.text import Source, Span

Plain: TypeAlias = "str | bool | int | Decimal | Sequence[str | bool | int | Decimal] | Set[str] | None"
"""A value as programs write it; None for an attribute that is really not there, a sequence or set for several values."""
_NOWHERE: Final = Span("<request>", 0, 0)
_MOST_KEPT: Final = 256
_NO_STATEMENTS: Final = '{"Version": "2012-10-17", "Statement": []}'


class Unaskable(ValueError):
    """A request that cannot be asked, or documents that cannot be read; `diagnostics` say why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(item for item in diagnostics if item.severity == "error")
        super().__init__("; ".join(f"{item.message} ({item.help})" for item in self.diagnostics) or "nothing to ask")


@record
class ProjectAsker:
    """Requests to the declared resources of a program without errors; `documents` are those of all targets."""

    program: Program
    documents: Sequence[Document]

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", DocumentSet.of(self.documents))

    def ask(
        self,
        resource: str,
        /,
        *,
        who: str | None = None,
        can: str | None = None,
        path: str | None = None,
        unknown: Iterable[str] = (),
        assume_unknown: bool = False,
        **attributes: Plain,
    ) -> Outcome:
        """The answer. Attributes are named in the language or by their key; `unknown` names those of which nothing is known, and with
        `assume_unknown` that is everything that the request may have and does not state. Raises Unaskable."""
        diagnostics = Diagnostics()
        plain = PlainRequest(
            PlainText(resource, _NOWHERE),
            _text(who),
            _text(can),
            _text(path),
            tuple((PlainText(name, _NOWHERE), _texts(value)) for name, value in attributes.items()),
            _names(unknown, assume_unknown),
        )
        request = bind(plain, self.program, diagnostics)
        outcome = None if request is None else answer_fully(self.program, self.documents, request, diagnostics)
        if outcome is None:
            raise Unaskable(diagnostics)
        return outcome


@record
class Read:
    """A document inside a file that holds more: the file, and the document as a tree whose places are there."""

    source: Source
    tree: JsonValue


@record(frozen=False)
class DocumentAsker:
    """Requests against documents alone, by their role (`identity`, `service-policy`, `key-policy`, …): JSON as text or as plain data, or read.

    Control policies (`scp`, `rcp`) are lists, one entry for each level of the organization; a level is one document or a list of them.
    Raises Unaskable for documents that cannot be read.
    """

    documents: Mapping[str, Any]
    switches: Mapping[str, str] = field(default_factory=dict)
    _given: tuple[Attached, ...] = field(default=(), init=False, repr=False)
    _situations: dict[Any, PolicyContext] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        diagnostics = Diagnostics()
        given: list[Attached] = []
        chosen = iam_switches(self.switches)
        for role, value in self.documents.items():
            if role not in ROLES:
                raise ValueError(f"no document has the role `{role}`; roles are {', '.join(ROLES)}")
            for level, number, one in _leveled(role, value):
                name = role if number == 0 else f"{role} {number}"
                source, tree = (one.source, one.tree) if isinstance(one, Read) else (Source(name, one), None)
                found = read_attached(role, source, level, chosen, diagnostics, tree)
                given += [] if found is None else [found]
        if diagnostics.has_errors:
            raise Unaskable(diagnostics)
        self._given = tuple(given)

    @property
    def sources(self) -> dict[str, Source]:
        """The texts that spans of an answer point into."""
        return {item.source.file: item.source for item in self._given}

    def ask(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        resource: str | None = None,
        can: str | None = None,
        path: str | None = None,
        unknown: Iterable[str] = (),
        assume_unknown: bool = False,
        arns: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        **context: Plain,
    ) -> Outcome:
        """The answer. `arns` are those of a chain by name (`service`, `network`, `object-lambda`, …), `settings` such as
        `network-auth`; the rest are condition keys, or words for them. Raises Unaskable."""
        diagnostics = Diagnostics()
        for name, known, what in (
            *((n, ARNS, "ARN") for n in arns or ()),
            *((n, tuple(WORDS), "setting") for n in settings or ()),
        ):
            if name not in known:
                raise ValueError(f"there is no {what} `{name}`; write one of {', '.join(known)}")
        caller = _text(who)
        question = Question(
            _NOWHERE,
            None if caller is None else Who(caller),
            _text(action),
            _text(resource),
            _text(can),
            _text(path),
            tuple(
                (PlainText(name, _NOWHERE), tuple(item.text for item in _texts(value) or ()))
                for name, value in context.items()
            ),
            _names(unknown, assume_unknown),
        )
        key = (tuple((arns or {}).items()), tuple((settings or {}).items()))
        situation = self._situations.get(key)
        if situation is None:
            if len(self._situations) >= _MOST_KEPT:
                self._situations.clear()
            situation = PolicyContext(self._given, _placed(arns), _placed(settings), self.switches)
            self._situations[key] = situation
        outcome = ask(situation, question, diagnostics)
        if outcome is None:
            raise Unaskable(diagnostics)
        return outcome


def _leveled(role: str, value: Any) -> Iterable[tuple[int, int, str | Read]]:
    """The documents of a role: the level of each (0 where there are none), its number from 1 (0 for the only one), the document."""
    several = list(value) if isinstance(value, list | tuple) else [value]
    number = 0
    for level, item in enumerate(several, 1):
        if role == "scp" and isinstance(item, list | tuple) and not item:
            yield level, level, _NO_STATEMENTS  # a level where nothing is attached lets nothing pass
        for one in item if isinstance(item, list | tuple) else [item]:
            number += 1
            made = one if isinstance(one, str | Read) else json.dumps(one)
            yield level if role in LEVELS else 0, number if len(several) > 1 else 0, made


def _text(text: str | None) -> PlainText | None:
    if text is not None and not isinstance(text, str):
        raise TypeError(f"`who`, `can`, `path`, `action` and `resource` are texts, not {type(text).__name__}")
    return None if text is None else PlainText(text, _NOWHERE)


def _placed(texts: Mapping[str, str] | None) -> dict[str, PlainText]:
    return {name: PlainText(text, _NOWHERE) for name, text in (texts or {}).items()}


def _names(unknown: Iterable[str], assume_unknown: bool) -> tuple[PlainText, ...]:
    names = (*unknown, EVERYTHING) if assume_unknown else tuple(unknown)
    return tuple(PlainText(name, _NOWHERE) for name in names)


def _texts(value: Plain) -> tuple[PlainText, ...] | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return (PlainText("true" if value else "false", _NOWHERE),)
    if isinstance(value, str | int | Decimal):
        return (PlainText(str(value), _NOWHERE),)
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes):
        return tuple(text for item in value for text in _texts(item) or ())
    raise TypeError(f"a value is a text, a number, a truth value or a list of them, not {type(value).__name__}")
