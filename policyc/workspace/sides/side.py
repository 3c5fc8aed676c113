"""One side of a comparison: the documents that a file, a folder or a project holds, each under the name by which its counterpart is found.

Policies of the language count as the documents that they become; the documents of an output folder are found by the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.bounded import read_regular
from policyc.carriers.registry import recognized
from policyc.diagnostics import Diagnostics
from policyc.model.files import LARGEST_FILE, read_source
from policyc.record import record, replace
from policyc.targets.base import Document, DocumentSet
from policyc.targets.cedar_documents.facts import Fact
from policyc.text import Source
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.documents.carried import Seen, attach_point, place_of, told
from policyc.workspace.documents.natives import NATIVES, Searched, find_natives, holds_unread, is_document
from policyc.workspace.documents.pulled import OF_ORGANIZATION, Known, Lock, Pulled
from policyc.workspace.places import CONFIG, MANIFEST, SOURCE_MAP, find_config, parts_named
from policyc.workspace.project import POLICY, Project, open_root
from policyc.workspace.sides.embedded import embedded_pieces
from policyc.workspace.sides.pairing import paired
from policyc.workspace.sides.pieces import ENDPOINT, HOST, IDENTITY, OLAP, Piece, Way, is_carrier
from policyc.workspace.sides.pulled_ways import carriers, of_callers, pulled_ways

if TYPE_CHECKING:
    from policyc.workspace.sides.chains import Chain

#: documents of one side that are compared
MOST_DOCUMENTS = 2_000


@record
class Side:
    """All documents of one side by name; `switches` are those of its project, `sources` the texts that findings point into, `ways` lead to
    the resources that several documents bear on, by the resource's name, `chains` are those of S3 Object Lambda, by that of their access point, `locks` tell what a pull could not read, `beside` are documents of the
    same modules that nobody asked about, `elsewhere` what callers of host files carry by the names of others (None: there are no such files). `trust` and `samples` tell of the trust providers of Cedar texts,
    whose comments name files below `root`."""

    name: str
    pieces: Mapping[str, Piece]
    switches: Mapping[str, str]
    sources: Mapping[str, Source]
    ways: Mapping[str, Way] = MappingProxyType({})
    trust: Mapping[str, str] = MappingProxyType({})
    samples: Mapping[str, Source] = MappingProxyType({})
    root: Path | None = None
    chains: Mapping[str, Chain] = MappingProxyType({})
    locks: tuple[Lock, ...] = ()
    beside: Mapping[str, Piece] = MappingProxyType({})
    elsewhere: Mapping[str, tuple[str, ...]] | None = None

    def piece(self, name: str) -> Piece:
        """A document that is asked about, or bears on one."""
        return self.pieces[name] if name in self.pieces else self.beside[name]

    def only(self, part: str) -> Side:
        """What alone is called so (`parts_named`): a document by itself, an endpoint with its group, what several documents bear on. The others of the
        file bear on it at most."""
        chosen = parts_named({**self.pieces, **self.ways, **self.chains}, part)
        wanted = {name: piece for name, piece in self.pieces.items() if name in chosen}
        ways = {
            name: way
            for name, way in self.ways.items()
            if name in chosen or (way.type == ENDPOINT and way.is_found and way.gates[-1] in wanted)
        }
        chains = {name: chain for name, chain in self.chains.items() if name in chosen}
        others = {name: piece for name, piece in self.pieces.items() if name not in wanted}
        return replace(self, pieces=wanted, ways=ways, chains=chains, beside={**self.beside, **others}, elsewhere=None)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare or to ask."""
        return not (self.pieces or self.ways or self.chains)


def read_side(
    name: str,
    path: Path,
    root: Path,
    diagnostics: Diagnostics,
    kind: str = "",
    params: Mapping[str, str] = MappingProxyType({}),
    config: Path | None = None,
    trust: Mapping[str, str] = MappingProxyType({}),
    samples: Mapping[str, Source] = MappingProxyType({}),
    values: Mapping[str, str] = MappingProxyType({}),
    before: bool = False,
) -> Side:
    """What lies at `path` (absolute, below `root`); `name` is how the user calls it, `trust` and `samples` tell of the trust providers of
    Cedar texts, `values` fill what host files leave open, `before` asks for what a plan finds. What is wrong is reported: do not go on then."""
    found = find_config(str(path if path.is_dir() else path.parent))
    home = Path(found).parent.resolve() if found is not None and Path(found).resolve().is_relative_to(root) else root
    built = path.is_dir() and (path / MANIFEST).is_file()
    file = config or home / CONFIG
    says = path == home and file.is_file() and not built  # where its policies are; documents are looked for everywhere
    named = () if path == home and not built and not says else (path,)
    project = open_root(
        home,
        file if file.is_file() else None,
        diagnostics,
        params=params,
        named=named,
        policies=[path] if not built and not says and (path.is_dir() or path.suffix == POLICY) else [],
    )
    if diagnostics.has_errors:
        return Side(name, {}, project.config.switches, project.sources)
    found_side = _side(name, path, built, kind, project, diagnostics, values, before)
    return replace(found_side, trust=trust, samples=samples, root=project.root)


def _side(
    name: str,
    path: Path,
    built: bool,
    kind: str,
    project: Project,
    diagnostics: Diagnostics,
    values: Mapping[str, str],
    before: bool,
) -> Side:
    pieces: dict[str, Piece] = {}
    sources: dict[str, Source] = {}
    ways: dict[str, Way] = {}
    chains: dict[str, Chain] = {}
    beside: Mapping[str, Piece] = {}
    elsewhere: Mapping[str, tuple[str, ...]] | None = None
    hosts: list[tuple[Source, str]] = []
    seen = Seen()
    if path.is_file() and path.suffix != POLICY:
        _add_native(path, path.name, kind, project, pieces, sources, hosts, seen, diagnostics)
    else:
        ways, chains = ({}, {}) if built else _add_compiled(project, pieces, sources, diagnostics)
        base = path if path.is_dir() else path.parent
        found = find_natives(project, diagnostics) if path.is_dir() else Searched()
        unread = (project.root / inner for inner in found.unread)
        for inner, sort in (*((one, "") for one in (*found.documents, *found.hosts)), *((one, HOST) for one in unread)):
            if built and _is_beside(inner):
                continue
            called = inner.resolve().relative_to(base).as_posix()
            _add_native(inner, called, sort, project, pieces, sources, hosts, seen, diagnostics)
    if path.is_dir():
        pulled_ones = _pulled(path, seen.locks, pieces, project.config.switches)
        ways, chains = ways | pulled_ones[0], chains | pulled_ones[1]
    if hosts:
        top = "" if path == project.root or path.is_file() else path.relative_to(project.root).as_posix() + "/"

        def called_by(file: str) -> str:
            return "" if path.is_file() else file.removeprefix(top)

        switches = project.config.switches
        inside = embedded_pieces(project.root, hosts, called_by, values, before, switches, diagnostics)
        pieces, ways, chains = {**pieces, **inside.pieces}, {**inside.ways, **ways}, {**chains, **inside.chains}
        beside, elsewhere = inside.beside, inside.elsewhere
    if len(pieces) > MOST_DOCUMENTS:
        message = f"`{name}` holds more than {MOST_DOCUMENTS} documents"
        diagnostics.error("too-many-documents", message, None, "name a part of it")
    held = {item[0]: item[1] for item in seen.locks.values() if item is not None}
    return Side(
        name,
        pieces,
        project.config.switches,
        sources,
        ways,
        chains=chains,
        locks=tuple(held.values()),
        beside=beside,
        elsewhere=elsewhere,
    )


def _pulled(
    path: Path, locks: Known, pieces: dict[str, Piece], switches: Mapping[str, str]
) -> tuple[dict[str, Way], dict[str, Chain]]:
    """The ways to what was pulled into folders, and the chains there, as their lock files know them; `pieces` learn who carries them."""
    found: dict[str, Way] = {}
    chains: dict[str, Chain] = {}
    for folder, lock in dict(item for item in locks.values() if item is not None).items():

        def called(name: str, folder: Path = folder) -> str:
            inner = folder / name
            name = inner.relative_to(path).as_posix() if inner.is_relative_to(path) else ""
            return name if name in pieces else ""

        for inner, arns in carriers(lock).items():
            if name := called(inner):
                one = arns[0] if len(arns) == 1 else ""
                pieces[name] = replace(pieces[name], carrier=one, hangs=", ".join(sorted(arns)))
        own = dict(of_callers(lock, called))
        found |= pulled_ways(lock, called, own)
        if any(item["type"] == OLAP for item in lock.resources.values()):
            from policyc.workspace.sides.chains import pulled_chains

            chains |= pulled_chains(lock, own, called, pieces, switches)
    return found, chains


def is_plan(path: Path) -> bool:
    """Whether a file is a Terraform plan, which knows both sides of a comparison."""
    try:
        return recognized(path.name, read_regular(path, LARGEST_FILE)) == "terraform-plan"
    except OSError:
        return False


def _is_beside(path: Path) -> bool:
    """Whether a file of an output folder is none of its documents."""
    return path.name in (MANIFEST, SOURCE_MAP) or path.name.endswith((".pretty.json", ".requirements.json"))


def _add_native(
    path: Path,
    name: str,
    kind: str,
    project: Project,
    pieces: dict[str, Piece],
    sources: dict[str, Source],
    hosts: list[tuple[Source, str]] | None,
    seen: Seen,
    diagnostics: Diagnostics,
) -> None:
    """Add a document, or note a file that holds some in `hosts`, where such are asked for. A file that holds none is like one that is not there."""
    inner = path.resolve().relative_to(project.root).as_posix()
    source = read_source(project.root, inner, None, diagnostics)
    if source is None:
        return
    sources[source.file] = source
    format = "" if kind or hosts is None else recognized(path.name, source.text.encode())
    if format and hosts is not None:
        hosts.append((source, format))
    elif kind or is_document(path, source) or holds_unread(path, source):
        known = told(path, seen, diagnostics) if path.suffix in NATIVES else Pulled()
        on = known.policy if known.kind in OF_ORGANIZATION else known.resource
        own = "cedar" if path.suffix == ".cedar" else known.kind if path.suffix in NATIVES else HOST
        carrier = on if own == "identity" and is_carrier(on) else ""
        pieces[name] = Piece(
            name,
            kind or own,
            source,
            trust=known.trust,
            carrier=carrier,
            on=on,
            alone=HOST in (kind, own) and path.suffix == ".json",
        )


def _add_compiled(
    project: Project, pieces: dict[str, Piece], sources: dict[str, Source], diagnostics: Diagnostics
) -> tuple[dict[str, Way], dict[str, Chain]]:
    from policyc.workspace.sides.chains import declared_chains

    compiled = compile_project(project)
    sources.update(compiled.program.sources)
    if compiled.diagnostics.has_errors:
        diagnostics.extend(compiled.diagnostics)
        return {}, {}
    named = [item for item in compiled.all_documents if not project.named or project.asks_about(item.span.file)]
    pieces.update(pieces_of(compiled, named))
    ways = {name: way for name, way in ways_of(compiled).items() if all(gate in pieces for gate in way.gates if gate)}
    return ways, {name: chain for name, chain in declared_chains(compiled).items() if chain.own <= pieces.keys()}


def pieces_of(compiled: Compiled, documents: Iterable[Document]) -> dict[str, Piece]:
    """Documents that a project compiles to, by their paths."""
    from policyc.targets.registry import TARGETS, back_end

    kinds = {kind: called for name in TARGETS for kind, called in back_end(name).kinds.items()}
    pieces: dict[str, Piece] = {}
    for document in documents:
        kind = kinds.get(document.kind, "") or ("cedar" if document.path.endswith(".cedar") else "")
        facts = facts_of(compiled, document) if kind == "cedar" else None
        carrier = document.attached_to if document.role == "identity" else ""
        on = place_of(attach_point(document, compiled.program))
        source = Source(document.path, document.text)
        pieces[document.path] = Piece(document.path, kind, source, facts, carrier=carrier, on=on)
    return pieces


def facts_of(compiled: Compiled, document: Document) -> Mapping[str, Fact] | None:
    """The attributes of the resource that carries a Cedar text; None for every other document."""
    from policyc.targets.cedar_texts import text_targets

    on = compiled.program.resources.get(document.attached_to)
    if on is None:
        return None
    found = (target.facts(on, compiled.program.resources) for target in text_targets())
    return next((facts for facts in found if facts), None)


def ways_of(compiled: Compiled) -> dict[str, Way]:
    """The gates of every declared service of VPC Lattice: its network's, then its own (Lattice reference, sections 1 and 5); and those of
    every declared endpoint of Verified Access: its group's, then its own."""
    from policyc.targets.lattice.words import arn_of
    from policyc.targets.registry import target
    from policyc.targets.verified_access.scope import ENDPOINT, group_of

    program, documents = compiled.program, DocumentSet(compiled.all_documents)
    lattice = target("lattice")
    found: dict[str, Way] = {}
    carried: dict[str, list[str]] = {}
    for document in documents.with_role("identity"):
        carried.setdefault(document.attached_to, []).append(document.path)
    own = {(IDENTITY, carrier): tuple(paths) for carrier, paths in carried.items() if carrier}
    for service in program.resources.values():
        if service.type == "lattice.service":
            gates: list[str | None] = []
            for item, role in ((program.resource(service.link("network")), "network"), (service, "service")):
                if item is None or item.text("auth") != "aws_iam":
                    gates.append("")
                else:
                    gates.append(next((one.path for one in documents.on(item.id) if one.role == role), None))
            found[service.name] = Way(
                service.type,
                arn_of(service),
                tuple(gates),
                (),
                own,
                lattice.scope(service, program.resources),
                program.scopes[service.file],
            )
        elif service.type == ENDPOINT and (group := group_of(service, program.resources)) is not None:
            texts = [next((one.path for one in documents.on(item.id)), None) for item in (group, service)]
            if texts != [None, None]:
                found[service.name] = Way(service.type, service.id, tuple(texts), (group.name, service.name))
    return found


def pairs(old: Side, new: Side, single: bool) -> Sequence[tuple[str, Piece | None, Piece | None]]:
    """The documents of both sides by name; `single` tells that each side is one file, whatever they are called."""
    if single and len(old.pieces) == len(new.pieces) == 1:
        (one,), (other,) = old.pieces.values(), new.pieces.values()
        return [(other.name, one, other)]
    return [(pair.name, pair.before, pair.after) for pair in paired(old.pieces, new.pieces)]
