"""`policyc simulate FILE#NAME` of an Object Lambda access point that a template or a module describes: one request through every hop behind it."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from policyc.cli.answer import write_answer
from policyc.cli.console import Console
from policyc.cli.holes import bindings_of
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import here
from policyc.cli.refuse import refuse_request
from policyc.cli.simulate_documents import beside_project
from policyc.diagnostics import Diagnostics
from policyc.engines.trace import changed
from policyc.record import replace
from policyc.simulation.answer import answer_fully
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.request_text import bind_to, from_flags
from policyc.text import Source
from policyc.workspace.places import file_and_part


def run(args: argparse.Namespace, console: Console) -> int | None:
    """The exit status; None where RESOURCE is no such access point. Raises WrongUse where what stands behind one is not known as a whole."""
    from policyc.carriers.registry import carrier, recognized
    from policyc.cli.diff import placed
    from policyc.workspace.hosts import options_of
    from policyc.workspace.sides import read_side

    file, part = file_and_part(args.resource)
    if not part:
        return None
    values, root = bindings_of(args), here(args)
    source = read_input(file, "a template", args, "RESOURCE")
    format = recognized(source.file.rpartition("/")[2], source.text.encode())
    carried = carrier(format).carried(source, options_of(root, values), Diagnostics()) if format else None
    named = [one.name for one in carried.chains if f".{one.name}".endswith(f".{part}")] if carried is not None else []
    if len(named) != 1:
        return None
    diagnostics = Diagnostics()
    with ExitStack() as kept:
        side = read_side(file, *placed(file, root, kept), diagnostics, values=values)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, side.sources, args.format, console)
    chain = side.chains.get(named[0])
    if chain is None:
        raise WrongUse(
            f"what stands behind `{named[0]}` is not known as a whole",
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
    held = {name: Source(name, text) for name in places if (text := options_of(root, values).read(name)) is not None}
    sources = {**side.sources, **held, **texts, flagged.file: flagged}
    outcome = None
    if request is not None and not diagnostics.has_errors:
        outcome = answer_fully(chain.program, [*chain.documents, *beside], request, diagnostics)
    if outcome is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    given = tuple(f"taken as given: {text}" for text in chain.given)
    return write_answer(changed(outcome, notes=(*outcome.notes, *given)), sources, args, console)
