"""`policyc prove` for `prove` blocks: those of a project, and those of a guarantees file about documents."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.compiled import open_compiled
from policyc.cli.console import Console
from policyc.cli.diff import placed, refuse_part
from policyc.cli.holes import bindings_of
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, keep_inside
from policyc.cli.refuse import refuse_request
from policyc.cli.trust import samples_of, trust_of
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.report.proofs import Proof
from policyc.report.registry import renderer
from policyc.text import Source
from policyc.workspace.places import file_and_part, parts_named

if TYPE_CHECKING:
    from policyc.analysis.compare import Version
    from policyc.model.values import Resource
    from policyc.workspace.compile import Compiled
    from policyc.workspace.project import Project
    from policyc.workspace.sides.side import Side


def run_blocks(args: argparse.Namespace, console: Console) -> int:
    """The `prove` blocks of the project, or of a guarantees file."""
    return _guarantees(args, console) if args.guarantees else _project(args, console)


def is_file(text: str) -> bool:
    """Whether a word names documents, here or in a revision."""
    text, _ = file_and_part(text)
    path, colon, rest = text.partition(":")
    return os.path.lexists(text) or (bool(colon) and bool(rest) and "/" in rest and not os.path.lexists(path))


def sides_of(
    args: argparse.Namespace, console: Console, named: Sequence[str] = ()
) -> Iterator[tuple[Side, Sequence[tuple[str, Version, tuple[str, ...]]]] | int]:
    """The documents of each named path, with the side that they belong to; the exit status where one cannot be read, which is told. `named` are texts
    that tell things apart beside those of the documents."""
    from policyc.workspace.revisions import NoRevision
    from policyc.workspace.sides.each_version import versions
    from policyc.workspace.sides.side import read_side

    root = here(args)
    with ExitStack() as held:
        for word in args.paths or ("",):  # the project at hand
            diagnostics = Diagnostics()
            try:
                path, top, part = placed(word, root, held)
            except NoRevision as error:
                raise WrongUse(str(error), error.help) from error
            told = trust_of(args), samples_of(args), bindings_of(args) if "bind" in args else {}  # pictures take none
            side = read_side(word, path, top, diagnostics, args.kind or "", dict(args.param), args.config, *told)
            if part and not diagnostics.has_errors:
                known = (*side.pieces, *side.ways, *side.chains)
                side = side.only(part) if parts_named(known, part) else refuse_part(known, part, word)
            found = None if diagnostics.has_errors else versions(side, diagnostics, named)
            yield refuse_request(diagnostics, side.sources, args.format, console) if found is None else (side, found)


def _project(args: argparse.Namespace, console: Console) -> int:
    from policyc.workspace.claims.proving import prove_all

    opened = open_compiled(args, args.paths, console)
    if isinstance(opened, int):
        return opened
    project, compiled = opened
    program = compiled.program
    asked = replace(program, proofs=tuple(item for item in program.proofs if project.asks_about(item.file)))
    proofs = prove_all(asked, compiled.all_documents, args.keyword)
    return _told(proofs, {**project.sources, **program.sources}, args, console)


def run_named(args: argparse.Namespace, console: Console) -> int:
    """Guarantees by name, of declared resources."""
    from policyc.analysis.guarantees import GUARANTEES, Named
    from policyc.analysis.ways import TYPES
    from policyc.simulation.request import find_resource
    from policyc.targets.registry import resource_types
    from policyc.workspace.claims.proving import prove_guarantee

    opened = open_compiled(args, (), console)
    if isinstance(opened, int):
        return opened
    project, compiled = opened
    program, proofs = compiled.program, list[Proof]()
    for word in args.paths:
        diagnostics = Diagnostics()
        resource = find_resource(program, word, diagnostics, None)
        if resource is None:
            return refuse_request(diagnostics, program.sources, args.format, console)
        if resource.type not in TYPES or not resource_types()[resource.type].verbs:
            proofs += _of_claims(resource, project, compiled, args.that)
            continue
        for name in args.that:
            guarantee = GUARANTEES[name]
            account = args.account or (resource.place.account if resource.place is not None else "")
            if "organization" in guarantee.needs and not args.organization:
                raise WrongUse(f"`{name}` needs an organization", "add `--organization ID`")
            named = Named(account, args.organization)
            proofs.append(prove_guarantee(program, compiled.all_documents, resource, guarantee, named))
    return _told(proofs, {**project.sources, **program.sources}, args, console)


def _of_claims(resource: Resource, project: Project, compiled: Compiled, names: Sequence[str]) -> Iterator[Proof]:
    """Guarantees of a declared resource that is asked with claims. Raises WrongUse where they say nothing of it."""
    from policyc.workspace.guarantees.names import as_proofs, prove_by_name, untold
    from policyc.workspace.guarantees.texts import declared_text

    text = declared_text(resource, compiled, project.root)
    why = next(filter(None, (untold(name, resource.name) for name in names)), "")
    if text is None or why:
        message = f"`{resource.name}` is a `{resource.type}`, whose requests have no caller of AWS"
        raise WrongUse(
            why or message,
            "write a `prove` block on what requests state, or ask `--that public` of an endpoint or a group",
        )
    return as_proofs(prove_by_name((), names, texts=(text,)))


def _guarantees(args: argparse.Namespace, console: Console) -> int:
    from policyc.targets.program import load_program
    from policyc.workspace.guarantees.documents import AnyGiven, Given, given_in, named, prove_documents
    from policyc.workspace.guarantees.networks import GivenNetwork
    from policyc.workspace.sides.each_version import told_with_others

    file, root, diagnostics = Path(os.path.realpath(args.guarantees)), here(args), Diagnostics()
    keep_inside(args.guarantees, file, root)
    if not file.is_file():
        raise WrongUse(f"`{args.guarantees}` is no file", "name a policy file with `prove` blocks")
    program = load_program(root, [file], dict(args.param), diagnostics)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, program.sources, args.format, console)
    held: list[AnyGiven] = []
    for found in sides_of(args, console):
        if isinstance(found, int):
            return found
        side, documents = found
        mine = given_in(side, documents)
        told = {item.path for item in mine} | told_with_others(side)
        for name in side.pieces:
            if name not in told:
                console.error(f"nothing is proven of `{name}`: it has `prove` blocks beside its declared resource\n")
        held += mine
    given = named(held)
    if not given:
        console.error("nothing to prove: no document was found\n")
        return exits.NOTHING
    own = replace(
        program, proofs=tuple(item for item in program.proofs if item.file == file.relative_to(root).as_posix())
    )
    proofs = prove_documents(own, given)
    asked = {claim.on for proof in proofs for claim in proof.claims}
    for item in given:
        if not isinstance(item, Given) and item.path not in asked:
            word = "on" if isinstance(item, GivenNetwork) else "to"
            console.error(f"nothing is proven of `{item.path}`: no claim names it (`{word} {item.name}`)\n")
    return _told(proofs, program.sources, args, console)


def _told(proofs: Sequence[Proof], sources: Mapping[str, Source], args: argparse.Namespace, console: Console) -> int:
    if not proofs:
        fitting = f" whose label fits `{args.keyword}`" if args.keyword else ""
        named = "" if args.keyword else "; `--that public PATH` proves a guarantee of documents, `--help` lists them"
        console.error(f"nothing to prove: there is no `prove` block{fitting}{named}\n")
        return exits.NOTHING
    console.write(renderer("proofs", args.format)(proofs, sources, console.options()))
    states = {proof.state for proof in proofs}
    if "broken" in states:
        return exits.FINDINGS
    return exits.UNDECIDED if "not settled" in states else exits.CLEAN
