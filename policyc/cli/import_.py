"""`policyc import`: policy files from the documents that there are already."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.document_kinds import KIND_NAMES
from policyc.cli.holes import add_bindings, bindings_of
from policyc.cli.import_files import write_all
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import here, open_project
from policyc.cli.refuse import refuse, refuse_request
from policyc.cli.trust import add_trust, trust_of
from policyc.diagnostics import Diagnostics, Severity
from policyc.record import replace
from policyc.regex import regex
from policyc.report.formats.json import findings_data, written
from policyc.report.screen import clean, plural
from policyc.workspace.documents.carried import Seen
from policyc.workspace.documents.carried import told as around
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.documents.natives import (
    NAMED,
    NOT_READ,
    find_natives,
    format_of,
    holds_unread,
    is_document,
    split_natives,
)
from policyc.workspace.documents.pulled import Pulled
from policyc.workspace.project import POLICY, Project

if TYPE_CHECKING:
    from policyc.importing.documents import Imported
    from policyc.importing.drafts import Given
    from policyc.importing.modules import Layout
    from policyc.importing.opening import Opening
    from policyc.text import Source
    from policyc.workspace.documents.taken_out import Left, TakenOut

SHARED = ("root", "config", "exclude", "format", "color", "quiet")
REPORT = "findings"
FORMATS = ()
DESCRIPTION = """Write policies of the language for documents as AWS takes them. Each document becomes one policy and each
statement one statement; ids get names, and what the language has no word for stays as it is, in `raw(…)`.
What comes out is compiled before it is written, and builds the same documents again."""

EPILOG = """examples:
  policyc import auth.json                          to standard output
  policyc import auth.json -o policies/auth.policy
  policyc import documents/ -o policies             a file for each, and one for what they share
  policyc import documents/ -o all.policy           everything in one file
  policyc import auth.json --on arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0
  policyc import . -o policies                      also from templates, plans and manifests
  policyc import documents/ -o policies --dry-run   say what would be written

exit status: 0 done (a document of a folder that cannot be imported is told and left), 1 one that was
named cannot be imported (then nothing is written), 2 wrong use or configuration, 3 internal error, 4
no document found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="documents, or folders that hold some")
    parser.add_argument(
        "-o",
        "--out",
        metavar="PLACE",
        default="-",
        help="a file that ends in .policy, a folder, or - for standard output (the default)",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        type=one_of("kind", KIND_NAMES),
        help="what the named documents are, in place of what their shape tells: " + ", ".join(KIND_NAMES),
    )
    parser.add_argument(
        "--on",
        action="append",
        default=[],
        metavar="[FILE=]ARN",
        help="what a document is attached to, where it does not say so itself; FILE is the document, if there are several",
    )
    add_trust(parser)
    add_bindings(parser)
    parser.add_argument(
        "--tests",
        action="store_true",
        help="write tests too: for each statement a request that it is about, and one beside it",
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; list what would be written")


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.importing.documents import import_documents
    from policyc.importing.opening import Opening
    from policyc.workspace.documents.taken_out import Left

    told = Diagnostics()
    project = open_project(args, args.paths, told, () if args.kind else NAMED)
    # The policies of a project need not be there yet: `paths` of its configuration may name what is about to be written.
    mistakes = Diagnostics(item for item in told if item.rule != "missing-path" or item.span is None)
    console.names = project.names
    if mistakes.has_errors:
        return refuse(mistakes, project, console, args.format)
    found = Diagnostics()
    opening = Opening()
    given, sources, left = _documents(project, args, opening, found)
    if not given and not left and not found.has_errors:
        console.error("nothing to import: no document found (see `policyc check` for what is taken for one)\n")
        return exits.NOTHING
    layout, root = _layout(args)
    imported = None
    while given and not found.has_errors:
        wrong = Diagnostics()
        imported = import_documents(given, layout, root, wrong, trust_of(args), args.tests, opening)
        refused = {
            item.span.file: opening.said(item.message)
            for item in wrong
            if item.span is not None and item.severity is Severity.ERROR
        }
        lost = [item for item in given if item.source.file in refused and not item.named]
        if imported is not None or not lost:
            found.extend(
                replace(item, message=opening.said(item.message), help=opening.said(item.help)) for item in wrong
            )
            break
        # what lies in a folder is told and left, what was named is an error
        left += [Left(item.source.file, 0, "", refused[item.source.file]) for item in lost]
        given = [item for item in given if item not in lost]
    for item in left:
        console.error(clean(f"not imported: {item.place(project.names.shown).rstrip()}: {item.reason}") + "\n")
    if imported is None:
        if not found.has_errors:
            return exits.FINDINGS
        return refuse_request(found, sources, args.format, console, exits.FINDINGS)
    if args.out == "-":
        console.exact(imported.files[_STREAM])
    elif not args.dry_run:
        write_all(root, imported.files, args.force)
    for said in opening.taken:
        console.remark(clean(said))
    tested = {test.file for test in imported.settled.program.tests}
    for name in dict.fromkeys(item.path for item in imported.policies if args.tests and item.path not in tested):
        console.remark(
            clean(f"no tests for {name}: they are written for statements with a request that tells them apart")
        )
    _tell(imported, left, args, console)
    return exits.CLEAN


#: where the words of a name such as `OrdersAuth` meet
_WORDS = regex(r"(?<=[a-z0-9])(?=[A-Z])")
#: what the ARNs look like of things that a host describes beside their policies
_CARRIERS = {
    "lattice.service": "arn:*:vpc-lattice:*:????????????:service/*",
    "lattice.service_network": "arn:*:vpc-lattice:*:????????????:servicenetwork/*",
}
_CALLER = ":iam::"
#: what limits callers and resources, and is on none that the language declares
_LIMITS = frozenset({"boundary", "scp", "rcp"})
_NETWORK = "core-network"
_CEDAR = "cedar"
_ENDPOINT = ":verified-access-endpoint/"
#: the name of what goes to standard output
_STREAM = "imported.policy"


def _layout(args: argparse.Namespace) -> tuple[Layout, Path]:
    """Where the policies go, and the root that their imports start at: the project's, or the folder itself outside of one."""
    from policyc.importing.modules import Layout

    root = here(args)
    if args.out == "-":
        return Layout(file=_STREAM), root
    place = Path(os.path.realpath(args.out))
    single = place.suffix == POLICY and not place.is_dir()
    inside = place.is_relative_to(root)
    if single:
        return (
            (Layout(file=place.relative_to(root).as_posix()), root)
            if inside
            else (Layout(file=place.name), place.parent)
        )
    if inside:
        return Layout(folder="" if place == root else place.relative_to(root).as_posix()), root
    return Layout(), place


def _documents(
    project: Project, args: argparse.Namespace, opening: Opening, diagnostics: Diagnostics
) -> tuple[list[Given], dict[str, Source], list[Left]]:
    """The documents that the command line names or that lie in its folders, with what it says of them, their texts by file, and those of
    host files that cannot be taken out."""
    from policyc.carriers.embedded import SYNTAX
    from policyc.importing.drafts import Given
    from policyc.model.files import read_source
    from policyc.syntax.spelled import snake
    from policyc.workspace.documents.hosts import open_hosts
    from policyc.workspace.documents.taken_out import Left, take_out

    named, _ = split_natives(project.named, args.kind or "")
    searched = find_natives(project, diagnostics)
    names = [
        path.resolve().relative_to(project.root).as_posix()
        for path in dict.fromkeys((*named, *searched.documents, *searched.hosts))
    ]
    told = Diagnostics()
    sources = {name: source for name in names if (source := read_source(project.root, name, None, told)) is not None}
    settings = replace(settings_of(project.config, args.kind or ""), values=bindings_of(args))
    formats = {name: format_of(project.root / name, source, settings) for name, source in sources.items()}
    files = [(sources[name], format) for name, format in formats.items() if format]
    taken, left = take_out(open_hosts(project.root, files, told, settings), opened=True)
    taken = _opened(taken, opening, left)
    asked = {path.resolve().relative_to(project.root).as_posix() for path in named}
    for fault in told:
        if fault.severity is Severity.ERROR and fault.span is not None and fault.span.file not in asked:
            file = fault.span.file
            line = sources[file].position(fault.span.start).line if file in sources else 0
            # the part that it stands in is named once, with what is wrong
            about = (SYNTAX, fault.message)
            holding = [one for one in left if one.file == file and one.line <= line and one.reason in about]
            part = max(holding, key=lambda one: one.line, default=None)
            if part is not None:
                left.remove(part)
            left.append(Left(file, line, part.name if part else "", fault.message))
        else:
            diagnostics.add(fault)
    others = [
        name
        for name in sources
        if not formats[name] and not is_document(project.root / name, sources[name], settings.kind)
    ]
    left += [Left(name, 0, "", NOT_READ) for name in others if holds_unread(project.root / name, sources[name])]
    # a file that a host takes in is the document of that host
    inside = (
        {name for item in taken for name in (item.file, item.text_file)} | set(filter(formats.get, formats)) | {*others}
    )
    read, sources = sources, {name: source for name, source in sources.items() if name not in inside}
    attached = _attached(args.on, [*sources, *(item.source.file for item in taken)])
    top = os.path.commonpath([str(PurePosixPath(name).parent) for name in sources]) if sources else ""
    seen = Seen()
    known = {name: around(project.root / name, seen, diagnostics) for name in sources}
    given = [
        Given(
            source,
            args.kind or known[name].kind,
            attached.get(name) or _placed(known[name]),
            PurePosixPath(name).relative_to(top).with_suffix("").as_posix(),
            project.root / name in set(named),
            trust=known[name].trust,
            called=known[name].policy,
            policy=known[name].policy if known[name].kind == "identity" else "",
            group=_group(known[name].group, name, known[name].protocol, opening)
            if _ENDPOINT in known[name].resource
            else "",
            protocol=known[name].protocol,
            auth=known[name].auth,
            behind=_network_of(known[name], name, opening),
        )
        for name, source in sources.items()
    ]
    for item in taken:
        stem = PurePosixPath(item.file).with_name(snake(_WORDS.sub("_", _short(item.name)), "policy")).as_posix()
        on = attached.get(item.source.file, item.attached)
        given.append(
            Given(
                item.source,
                item.kind,
                on,
                stem,
                False,
                item.comments,
                called=item.called,
                auth=item.auth,
                behind=item.behind,
                trust=item.trust,
                own=_own(item.file, item.name) if item.kind == _CEDAR else "",
                group=_group(
                    _own(item.file, item.group) if item.group else "", item.source.file, item.protocol, opening
                )
                if item.is_endpoint
                else "",
                protocol=item.protocol,
            )
        )
    return given, {**read, **{item.source.file: item.source for item in taken}}, left


def _group(named: str, shown: str, protocol: str, opening: Opening) -> str:
    """What tells the group of an endpoint: as a group's its text would let in whom the group refuses, so that it has one of its own where none is `named`. What is taken for
    granted is noted."""
    if not named:
        opening.taken.append(f"the group of `{shown}` is not known: one without a policy stands in its place")
    if not protocol:
        opening.taken.append(
            f"what the endpoint of `{shown}` speaks is not known: it is taken from what the text reads"
        )
    return named or f"group of {shown}"


def _network_of(known: Pulled, shown: str, opening: Opening) -> str:
    """The network that a service stands behind; where there are several, requests come through one that nobody tells, which is noted."""
    if len(known.networks) > 1:
        opening.taken.append(
            f"the service of `{shown}` is in {len(known.networks)} networks: it is declared in none of them, whose policies requests through them meet as well"
        )
    for network in known.lost if len(known.networks) == 1 else ():
        opening.taken.append(
            f"the service of `{shown}` is in `{network}`, which has no policy that was pulled: it is declared outside of it, where it may let in whom the network refuses"
        )
    return known.networks[0] if len(known.networks) == 1 else ""


def _own(file: str, name: str) -> str:
    """What tells a resource of a host file from those of others."""
    from policyc.importing.opening import home

    return f"{home(file)}#{name}"


def _placed(known: Pulled) -> str:
    """The ARN of what carries a pulled document; empty for a level of an organization."""
    return known.resource if known.resource.startswith("arn:") else ""


def _short(name: str) -> str:
    """The name of a document without what only says its type: `svc_this` of `module.svc.aws_vpclattice_auth_policy.this`."""
    parts = name.split(".")
    kept = [one for one in parts if one not in ("module", "data") and not one.startswith(("aws_", "awscc_"))]
    return "_".join(kept) if len(kept) < len(parts) and kept else name


def _opened(taken: Sequence[TakenOut], opening: Opening, left: list[Left]) -> list[TakenOut]:
    """Documents of host files with samples in place of what is open; those where nothing says what that is are left."""
    from policyc.carriers.embedded import attribute
    from policyc.holes import MARK, name_of, names_in
    from policyc.importing.opening import Open, Unclear, groups_in, home, places_in
    from policyc.workspace.documents.taken_out import Left

    together: dict[str, list[Any]] = {}
    for item in taken:
        together.setdefault(home(item.file), []).append(_data(item.source.text) if item.holes else None)
    known = {file: places_in(*trees) for file, trees in together.items()}
    for item in taken:
        if item.kind == _CEDAR:
            known[home(item.file)] |= groups_in(item.source.text, item.trust)
    likes = {
        (home(item.file), name_of(found)): found[2] or "" for item in taken for found in MARK.finditer(item.source.text)
    }
    out: list[TakenOut] = []
    for item in taken:
        stop = _obstacle(item) if item.holes and item.kind != _NETWORK else ""
        if stop:
            left.append(Left(item.source.file, 0, "", f"{stop}; give `--bind NAME=VALUE`"))
            continue
        # a number means the same as its text in every document but one
        plain = {} if item.kind == _NETWORK else {"number": "string"}
        holes = {
            name: Open(name, plain.get(hole.kind, hole.kind), hole.assumed or None) for name, hole in item.holes.items()
        }
        secret = next((name for name, hole in item.holes.items() if hole.sensitive), "")
        try:
            if secret:
                raise Unclear(f"`{secret}` is a secret")
            places = known[home(item.file)]
            text = opening.filled(item.file, item.source.text, holes, places)
            attached = opening.filled(item.file, item.attached, holes, places)
            kind = _CARRIERS.get(item.on[1])
            if not attached and kind:
                attached = opening.sample(item.file, Open(attribute(item.on[0], "Arn"), "arn"), kind, "")
            behind = (
                opening.sample(
                    item.file, Open(attribute(item.behind, "Arn"), "arn"), _CARRIERS["lattice.service_network"], ""
                )
                if item.behind
                else ""
            )
            for name in () if attached else names_in(item.carrier):  # other documents may speak of who carries this one
                if _CALLER in (like := likes.get((home(item.file), name), "")):
                    attached = opening.sample(item.file, Open(name, "arn"), like, places.get(name, ""))
        except (Unclear, KeyError) as unclear:
            reason = (
                f"{unclear}; give `--bind NAME=VALUE`" if isinstance(unclear, Unclear) else "it cannot be taken apart"
            )
            left.append(Left(item.source.file, 0, "", reason))
            continue
        if item.world:
            opening.taken.append(
                f"`{item.source.file}` is imported as if it were always there: it is only {item.world}"
            )
        out.append(replace(item, source=replace(item.source, text=text), attached=attached, behind=behind))
    return out


def _obstacle(item: TakenOut) -> str:
    """What of a document is open where no sample can stand for it: a statement, an effect, an element."""
    from policyc.syntax.json_text import parse_json
    from policyc.workspace.documents.placed import obstacle

    tree = parse_json(item.source, Diagnostics())
    found = None if tree is None else obstacle(tree)
    return "" if found is None else found[0]


def _data(text: str) -> Any:
    """A document as data; nothing where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _file(name: str) -> str:
    """The file of a document, which may stand in it behind a line (`stack.yaml:9 Auth`)."""
    return re.sub(r":[0-9]+( .*)?$", "", name)


def _attached(stated: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """What `--on` says of which document."""
    out: dict[str, str] = {}
    for item in stated:
        file, _, arn = item.partition("=") if not item.startswith("arn:") else ("", "", item)
        meant = [name for name in names if not file or file in (name, _file(name)) or name.endswith(f"/{file}")]
        if len(meant) != 1 or not (arn.startswith("arn:")):
            help = "write `--on auth.json=arn:aws:vpc-lattice:…`, with the name of one of the documents"
            raise WrongUse(f"`{item}` does not say what one document is attached to", help)
        out[meant[0]] = arn
    return out


def _tell(imported: Imported, left: Sequence[Left], args: argparse.Namespace, console: Console) -> None:
    """What was written, and what a reader has to know of it."""
    if args.format == "json" and args.out != "-":
        console.write(written({**findings_data([], {}, console.options()), "import": _listed(imported, left)}))
        return
    for item in imported.policies:
        if item.unplaced:
            console.remark(
                f"`{clean(item.file)}` does not say what it is attached to: put the ids of `{item.unplaced}` in, or give `--on`"
            )
        if item.refused:
            rules = ", ".join(f"`{rule}`" for rule in item.refused)
            console.remark(f"`{clean(item.file)}` is refused by the service, and so is its policy: {rules}")
        for label in item.stricter:
            console.remark(
                f"`{clean(item.file)}`: `{clean(label)}` also denies where a value is of another kind than documented, and Cedar skips it there"
            )
        for label in item.left_out:
            console.remark(f"`{clean(item.file)}`: `{clean(label)}` matches no request and is left out")
    limits = sum(item.kind in _LIMITS for item in imported.policies)
    if limits:
        console.remark(
            f"boundaries and control policies ({limits}) stand by themselves: no request to what is declared here meets them; documents are asked with them (`simulate` with `--pulled`, `--boundary`, `--scp`, `--rcp`)"
        )
    if args.out == "-":
        return
    if not console.quiet:
        verb = "would write" if args.dry_run else "wrote"
        for path in imported.files:
            console.write(f"{verb}: {clean(console.names.shown(path))}\n")
    files, count = plural(len(imported.files), "file"), plural(len(imported.policies), "document")
    console.remark(f"{count} in {files}" + (f"; {len(left):,} not imported" if left else ""))


def _listed(imported: Imported, left: Sequence[Left]) -> Mapping[str, Any]:
    return {
        "files": sorted(imported.files),
        "documents": [
            {
                "document": item.file,
                "kind": item.kind,
                "file": item.path,
                "policy": item.name,
                "unplaced": item.unplaced or None,
                "left_out": list(item.left_out),
                "refused": list(item.refused),
                "stricter": list(item.stricter),
            }
            for item in imported.policies
        ],
        "left": [{"document": item.place(str), "reason": item.reason} for item in left],
    }
