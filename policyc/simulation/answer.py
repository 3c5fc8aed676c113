"""One request to a declared resource, answered: the one way in for the command line, scenarios, tests and programs.

It prints nothing and needs no command line: what cannot be asked is a diagnostic.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.attributes import resolve_attribute
from policyc.ir.program import Program
from policyc.record import replace
from policyc.simulation.assumptions import with_assumptions
from policyc.simulation.keys import is_native
from policyc.simulation.references import PlainText, parse_ref
from policyc.simulation.speech import in_words
from policyc.targets.base import Document, Request
from policyc.targets.registry import resource_types, target
from policyc.text import Span


def answer(
    program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
) -> Outcome | None:
    """The decision, or None after a diagnostic that says why the request cannot be asked. `documents` are those of all targets."""
    chosen = target(resource_types()[request.resource.type].target)
    return chosen.simulate(program, documents, request, diagnostics)


def assuming(program: Program, documents: Sequence[Document], request: Request, outcome: Outcome) -> Outcome:
    """The outcome of the request for people: in the words of the language, with what it took for absent where that decides."""
    chosen = target(resource_types()[request.resource.type].target)
    attributes = chosen.scope(request.resource, program.resources)

    def again(unknown: frozenset[str]) -> Outcome | None:
        wider = replace(request, unknown=request.unknown | unknown)
        return chosen.simulate(program, documents, wider, Diagnostics())

    def key_of(name: str) -> str:
        ref = None if is_native(name) else parse_ref(PlainText(name, Span("", 0, 0)))
        attribute = None if ref is None else resolve_attribute(ref, attributes)
        return name if attribute is None else attribute.native

    return in_words(with_assumptions(outcome, again, key_of), program, attributes)


def answer_fully(
    program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
) -> Outcome | None:
    """The decision with what it rests on: `answer`, and the attributes that were assumed absent."""
    outcome = answer(program, documents, request, diagnostics)
    return None if outcome is None else assuming(program, documents, request, outcome)
