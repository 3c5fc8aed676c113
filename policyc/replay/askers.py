"""Who answers a recorded request: documents given by themselves, or the policies of a project."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.replay.tally import Ask
from policyc.simulation.answer import answer
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import Attached
from policyc.simulation.documents.question import PolicyContext, Question, Who
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind_to
from policyc.targets.base import Document, DocumentSet
from policyc.targets.lattice.access_log import Recorded
from policyc.text import Span

_NOWHERE: Final = Span("<record>", 0, 0)
#: networks and services of one log
_MOST_CONTEXTS: Final = 10_000


def _text(text: str) -> PlainText:
    return PlainText(text, _NOWHERE)


def of_documents(given: Sequence[Attached], words: Mapping[str, str], switches: Mapping[str, str]) -> Ask:
    """Documents as every request meets them; `words` are settings such as `network-auth`."""
    contexts: dict[tuple[str, str], PolicyContext] = {}

    def answered(item: Recorded) -> Outcome | str:
        where = (item.service, item.network)
        context = contexts.get(where)
        if context is None:
            if len(contexts) >= _MOST_CONTEXTS:
                contexts.clear()
            arns = {"service": _text(item.service)} | ({"network": _text(item.network)} if item.network else {})
            settings = {name: _text(text) for name, text in words.items()}
            context = contexts[where] = PolicyContext(tuple(given), arns, settings, switches)
        question = Question(
            _NOWHERE,
            Who(_text(item.who)),
            can=_text(item.can),
            path=_text(item.path) if item.path else None,
            context=tuple((_text(key), (value,)) for key, value in item.keys),
            unknown=(_text(EVERYTHING),),
        )
        found = Diagnostics()
        return ask(context, question, found) or _why(found)

    return answered


def of_project(program: Program, documents: Sequence[Document]) -> Ask:
    """The policies of a project on the services that it declares."""
    held = DocumentSet.of(documents)
    services = {item.text("id"): item for item in program.resources.values() if item.type == "lattice.service"}

    def answered(item: Recorded) -> Outcome | str:
        resource: Resource | None = services.get(item.service.rpartition("/")[2])
        if resource is None:
            return "the project declares no service with this id"
        plain = PlainRequest(
            _text(resource.name),
            _text(item.who),
            _text(item.can),
            _text(item.path) if item.path else None,
            tuple((_text(key), (_text(value),)) for key, value in item.keys),
            (_text(EVERYTHING),),
        )
        found = Diagnostics()
        request = bind_to(resource, plain, program, found)
        return (None if request is None else answer(program, held, request, found)) or _why(found)

    return answered


def _why(found: Diagnostics) -> str:
    return next((item.message for item in found if item.severity == "error"), "the request cannot be asked")


def reads(texts: Iterable[str]) -> Callable[[str], bool]:
    """Whether any of the documents may read a condition key: one whose name stands in none of them is read by none."""
    whole = "\n".join(_spelled_out(text) for text in texts).lower()
    known: dict[str, bool] = {}

    def is_read(key: str) -> bool:
        if key not in known:
            known[key] = key.lower() in whole
        return known[key]

    return is_read


def _spelled_out(text: str) -> str:
    """A document without the escapes behind which a name could hide."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
