"""`policyc simulate FILE#NAME` of an Object Lambda access point that a template or a module describes: one request through every hop behind it."""

from __future__ import annotations

import argparse

from policyc.cli.console import Console
from policyc.cli.holes import bindings_of
from policyc.cli.parser import WrongUse
from policyc.cli.project import here
from policyc.cli.refuse import refuse_request
from policyc.cli.simulate.answer import write_answer
from policyc.cli.simulate.documents import beside_project
from policyc.cli.simulate.hosted_part import open_part
from policyc.diagnostics import Diagnostics
from policyc.engines.trace import changed
from policyc.record import replace
from policyc.simulation.answer import answer_fully
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.request_text import bind_to, from_flags
from policyc.text import Source


def run(args: argparse.Namespace, console: Console) -> int | None:
    """The exit status; None where RESOURCE is no such access point. Raises WrongUse where what stands behind one is not known as a whole."""
    from policyc.workspace.documents.hosts import options_of

    opened = open_part(args, console, lambda carried: (one.name for one in carried.chains))
    if opened is None or isinstance(opened, int):
        return opened
    name, side = opened
    diagnostics = Diagnostics()
    chain = side.chains.get(name)
    if chain is None:
        raise WrongUse(
            f"what stands behind `{name}` is not known as a whole",
            "every part has to stand in the file (or its module), each with a policy that can be read; `policyc list` says what cannot, `--bind NAME=VALUE` tells values",
        )
    who = chain.callers.get(args.who or "", args.who)
    flags = (args.can, args.path, args.settings, diagnostics, args.absent, args.unknown)
    plain, flagged = from_flags(chain.resource.name, who, *flags)
    request = None if plain is None else bind_to(chain.resource, plain, chain.program, diagnostics)
    if request is not None and args.assume == "unknown":
        request = replace(request, unknown=request.unknown | {EVERYTHING})
    beside, texts = beside_project(args, side.switches, diagnostics)
    places = {entry.span.file for item in chain.documents for entry in item.map} - side.sources.keys()
    read = options_of(here(args), bindings_of(args)).read
    held = {name: Source(name, text) for name in places if (text := read(name)) is not None}
    sources = {**side.sources, **held, **texts, flagged.file: flagged}
    outcome = None
    if request is not None and not diagnostics.has_errors:
        outcome = answer_fully(chain.program, [*chain.documents, *beside], request, diagnostics)
    if outcome is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    given = tuple(f"taken as given: {text}" for text in chain.given)
    return write_answer(changed(outcome, notes=(*outcome.notes, *given)), sources, args, console)
