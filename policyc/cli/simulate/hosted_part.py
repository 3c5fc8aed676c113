"""What FILE#NAME of a template or a module stands for, with all that the same files say around it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from policyc.cli.console import Console
from policyc.cli.holes import bindings_of
from policyc.cli.inputs import read_input
from policyc.cli.project import here
from policyc.cli.refuse import refuse_request
from policyc.diagnostics import Diagnostics
from policyc.workspace.places import file_and_part

if TYPE_CHECKING:
    from policyc.carriers.embedded import Carried
    from policyc.workspace.sides.side import Side


def open_part(
    args: argparse.Namespace, console: Console, names: Callable[[Carried], Iterable[str]]
) -> tuple[str, Side] | int | None:
    """The one of the `names` in a host file that RESOURCE ends with, and the side that it stands on; None where it is none of them, and the exit status after
    reporting what cannot be read."""
    from policyc.carriers.registry import carrier, recognized
    from policyc.cli.diff import placed
    from policyc.workspace.documents.hosts import options_of
    from policyc.workspace.sides.side import read_side

    file, part = file_and_part(args.resource)
    if not part:
        return None
    values, root = bindings_of(args), here(args)
    source = read_input(file, "a template", args, "RESOURCE")
    format = recognized(source.file.rpartition("/")[2], source.text.encode())
    carried = carrier(format).carried(source, options_of(root, values), Diagnostics()) if format else None
    named = [name for name in (() if carried is None else names(carried)) if f".{name}".endswith(f".{part}")]
    if len(named) != 1:
        return None
    diagnostics = Diagnostics()
    with ExitStack() as kept:
        side = read_side(file, *placed(file, root, kept)[:2], diagnostics, values=values)
    return (
        refuse_request(diagnostics, side.sources, args.format, console) if diagnostics.has_errors else (named[0], side)
    )
