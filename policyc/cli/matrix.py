"""`policyc matrix`: users and devices against every endpoint of the project that people reach."""

from __future__ import annotations

import argparse

from policyc.cli import exits
from policyc.cli.compiled import add_paths, open_compiled
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.refuse import nothing_found, refuse_request
from policyc.diagnostics import Diagnostics
from policyc.report.matrix import Cell
from policyc.report.registry import render, renderer
from policyc.report.sheet import sheet_text

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = "matrix"
FORMATS = ()

DESCRIPTION = """Ask for every user and device of a file, and every declared endpoint of Verified Access and Client VPN, who gets in where,
and which requirement each refused user misses. Nothing leaves this machine."""

EPILOG = """examples:
  policyc matrix users.json
  policyc matrix users.json --format markdown > access.md
  policyc matrix users.json --expect access.csv     exit 1 when the answers differ from a kept table

The file: {"users": {"alice": {"idc.groups": ["finance"], "devices": ["mac1"]}},
           "devices": {"mac1": {"jamf.risk": "LOW"}},
           "request": {"http_request.http_method": "GET"}}
Attributes are named and stated as in a request file of `policyc simulate`.

exit status: 0 answered, 1 the policies have errors or the answers differ from --expect,
2 wrong use, 3 internal error, 4 no policy file or no endpoint found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("users", metavar="USERS", help="the JSON file of users and devices")
    add_paths(parser)
    parser.add_argument("--expect", metavar="FILE", help="a table that an earlier run wrote with `--format csv`")


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.simulation.access_matrix import read_visitors, visit_all, visited, visited_in

    opened = open_compiled(args, args.paths, console)
    if isinstance(opened, int):
        return opened
    _, compiled = opened
    diagnostics = Diagnostics()
    program = compiled.program
    if not program.modules:
        return nothing_found(console)
    if not visited_in(program):
        types = " and no ".join(f"`{name}`" for name in visited())
        console.error(f"nothing to ask: the project declares no {types}\n")
        return exits.NOTHING
    source = read_input(args.users, "a file of users", args)
    visitors = read_visitors(source, diagnostics)
    visits = visit_all(program, compiled.all_documents, visitors, diagnostics) if visitors else ()
    if diagnostics.has_errors or not visits:
        return refuse_request(diagnostics, {**program.sources, source.file: source}, args.format, console)
    if len(diagnostics) and not args.quiet:
        sources = {**program.sources, source.file: source}
        console.error(render("human", diagnostics.sorted(), sources, console.error_options()))
    table = [
        Cell(
            f"{visit.visitor.user} / {visit.visitor.device}" if visit.visitor.device else visit.visitor.user,
            visit.endpoint,
            visit.outcome,
        )
        for visit in visits
    ]
    console.write(renderer("matrix", args.format)(table, console.options()))
    return _compare(args.expect, args, table, console) if args.expect else exits.CLEAN


def _compare(name: str, args: argparse.Namespace, table: list[Cell], console: Console) -> int:
    """Whether the answers are those of a kept table; each difference is a remark."""
    import csv
    import io

    rows = list(csv.reader(io.StringIO(read_input(name, "a kept table", args, "--expect").text, newline="")))
    if not rows or rows[0][:3] != ["visitor", "endpoint", "decision"]:
        raise WrongUse(f"`{name}` is no table of answers", "keep one with `policyc matrix USERS --format csv > FILE`")
    kept = {(row[0], row[1]): row[2] for row in rows[1:] if len(row) >= 3}
    now = {(sheet_text(cell.row), sheet_text(cell.column)): cell.outcome.decision.value for cell in table}
    changed = [key for key in {**kept, **now} if kept.get(key) != now.get(key)]
    for key in changed:
        console.error(f"{key[0]} at {key[1]}: {now.get(key, 'no longer asked')}, was {kept.get(key, 'not asked')}\n")
    return exits.FINDINGS if changed else exits.CLEAN
