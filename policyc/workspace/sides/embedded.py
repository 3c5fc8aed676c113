"""Documents inside host files as parts of one side of a comparison: each under the host's name for it, with its places in the host; and the
ways of requests to services of VPC Lattice that the hosts describe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policyc.carriers.embedded import SERVICE, Carried, Companion, PlacedText, Unreadable
from policyc.carriers.registry import recognized
from policyc.diagnostics import Diagnostics, Severity
from policyc.holes import mark, shown
from policyc.record import record, replace
from policyc.text import Source
from policyc.workspace.documents.embedded import Item
from policyc.workspace.documents.hosts import Host, open_hosts, options_of
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.sides.pieces import BOUNDARY, CONTROLS, ENDPOINT, HOST, IDENTITY, Own, Piece, Way, carrier_named

if TYPE_CHECKING:
    from policyc.workspace.sides.chains import Chain


#: formats whose files say all themselves, so that the same text is the same document
_ALONE: Final = ("answer", "cloudformation", "yaml-document")


@record
class Inside:
    """The documents of host files, those of other files of the same modules, which bear on them, the ways to the services there, the chains, and what their callers carry by the names of others."""

    pieces: Mapping[str, Piece]
    beside: Mapping[str, Piece]
    ways: Mapping[str, Way]
    chains: Mapping[str, Chain]
    elsewhere: Mapping[str, tuple[str, ...]]


def embedded_pieces(
    root: Path,
    files: Iterable[tuple[Source, str]],
    called: Callable[[str], str],
    values: Mapping[str, str],
    before: bool,
    switches: Mapping[str, str],
    diagnostics: Diagnostics,
) -> Inside:
    """What host files hold, each with its format. `called` says under which name a file stands in the comparison (empty: its
    documents stand there by themselves), `values` fill what hosts leave open; `before`
    asks for what a plan finds. A fault of one file among others keeps nobody back: what it holds beside its documents is compared as its text."""
    out: dict[str, Piece] = {}
    seen: set[object] = set()
    asked = _opened(root, files, called, values, before, diagnostics)
    others = list(_others(root, asked, values, before))
    hosts = [*asked, *others]
    beside: set[str] = set()
    for host in hosts:
        for document in host.carried.documents:
            key = (document.place, document.name, document.world)
            if key not in seen:
                seen.add(key)
                item = Item(host.source, document)
                name = _name(called(host.source.file), document.name, document.world)
                name = _free(f"{host.source.file}#{name}" if host in others else name, out)
                beside |= {name} if host in others else set()
                out[name] = Piece(
                    name,
                    document.kind,
                    Source(document.place.file, _text(item)),
                    item=item,
                    trust=dict(part.split("=", 1) for part in document.facts.get("trust", "").split(",") if part),
                    carrier=document.facts.get("carrier", ""),
                    on=document.facts.get("called", ""),
                    hangs=document.facts.get("on", ""),
                )
        for lost in host.carried.unreadable if host not in others else ():
            name = _name(called(host.source.file), lost.name, "")
            out[_free(name, out)] = Piece(name, HOST, _lost(host, shown(lost.reason)), alone=host.format in _ALONE)
    modules: dict[tuple[str, str], list[Host]] = {}
    for host in hosts:
        modules.setdefault((host.format, host.carried.module or host.source.file), []).append(host)
    chains: dict[str, Chain] = {}

    def named(file: str, inner: str) -> str:
        return _name(called(file), inner, "")

    for module in modules.values():
        out |= _bounded(module, out)
        if any(host.carried.chains for host in module):
            from policyc.workspace.sides.hosted_chains import hosted_chains

            chains |= hosted_chains(module, [host.source.file for host in asked], out, named, values, switches)
    ways = _ways(modules.values(), out, called, {host.source.file for host in asked})
    pieces = {name: piece for name, piece in out.items() if name not in beside}
    held_elsewhere = {
        named(host.source.file, name): held for host in asked for name, held in host.carried.elsewhere.items()
    }
    return Inside(pieces, {name: out[name] for name in beside}, ways, chains, held_elsewhere)


def _others(root: Path, hosts: Sequence[Host], values: Mapping[str, str], before: bool) -> Iterator[Host]:
    """The files of the same modules that are not asked about, and bear on what is."""
    options = options_of(root, values, before=before)
    known = {host.source.file for host in hosts}
    for module, format in dict.fromkeys((host.carried.module, host.format) for host in hosts if host.carried.module):
        folder = module.removeprefix(".")
        for name in options.folder(folder):
            file = f"{folder}/{name}" if folder else name
            text = options.read(file) if file not in known else None
            if text is not None and recognized(name, text.encode()) == format:
                source, settings = Source(file, text), NativeSettings(values=values, before=before)
                yield from open_hosts(root, [(source, format)], Diagnostics(), settings, options=options)


def _bounded(module: Sequence[Host], pieces: Mapping[str, Piece]) -> dict[str, Piece]:
    """The documents of a module with what bounds their requests there: the boundary of those who carry an identity policy, and control policies. What
    bounds others and is attached to nobody is a boundary."""
    own = {id(document) for host in module for document in host.carried.documents}
    held = {name: piece for name, piece in pieces.items() if piece.item is not None and id(piece.item.document) in own}
    facts = {name: piece.item.document.facts for name, piece in held.items() if piece.item is not None}
    bounding = {one["boundary"] for one in facts.values() if "boundary" in one}
    by_name: dict[str, list[str]] = {}
    for name, piece in held.items():
        if piece.item is not None and piece.kind == IDENTITY and piece.item.document.name in bounding:
            by_name.setdefault(piece.item.document.name, []).append(name)
            held[name] = piece if piece.hangs else replace(piece, kind=BOUNDARY)
    controls = {kind: tuple(one for one in held.values() if one.kind == kind) for kind in CONTROLS}
    for name, piece in held.items():
        boundary, limit = facts[name].get("boundary", ""), facts[name].get("limit", "")
        named = by_name.get(boundary, [])
        bounds = held[named[0]] if len(named) == 1 else None
        limit = limit or (mark(boundary) if boundary and not bounds else "")
        control = next((controls[kind] for kind, bounded in CONTROLS.items() if piece.kind in bounded), ())
        held[name] = replace(piece, bounds=bounds, limit=limit, controls=control)
    return held


def _ways(
    modules: Iterable[Sequence[Host]], pieces: Mapping[str, Piece], called: Callable[[str], str], asked: Set[str]
) -> dict[str, Way]:
    """The ways to services of the files that are `asked` about whose auth type is known, through their one network where that stands beside them. A gate with several policies,
    or with one that hangs on conditions of the host, leaves none, and so does a policy nearby that cannot be read."""
    found: dict[str, Way] = {}
    for module in modules:
        if any(host.carried.unreadable for host in module):
            continue
        companions = {item.name: (host, item) for host in module for item in host.carried.companions}
        own = {id(document) for host in module for document in host.carried.documents}
        callers = {name: end for host in module for name, end in host.carried.callers.items()}
        held = {name: piece for name, piece in pieces.items() if piece.item and id(piece.item.document) in own}
        carried = dict(_of_callers(callers, held)) if companions else {}
        controls = tuple(name for name, piece in held.items() if piece.kind == "scp")
        on: dict[str, list[str]] = {}
        for name, piece in pieces.items():
            if piece.item is not None and piece.kind == "auth-policy" and id(piece.item.document) in own:
                on.setdefault(piece.item.document.facts.get("resource", ""), []).append(name)
        for host, service in companions.values():
            if service.type != SERVICE or host.source.file not in asked:
                continue
            network = companions.get(service.links.get("network", ""))
            gates = [_gate(item, on, pieces) for item in (network[1] if network else None, service)]
            if _UNKNOWN not in gates:
                name = _name(called(host.source.file), service.name, "")
                held_by = [service, *([network[1]] if network else [])]
                found[name] = Way(
                    SERVICE,
                    "",
                    tuple(gates),
                    tuple(item.name for item in held_by),
                    carried,
                    callers=callers,
                    controls=controls,
                    at=tuple(item.fields.get("arn", "") for item in held_by),
                )
        found |= _endpoints(own, pieces)
    return found


def _of_callers(
    callers: Mapping[str, str], pieces: Mapping[str, Piece]
) -> Iterator[tuple[Own, tuple[str, ...] | None]]:
    """What the roles and users of a module carry, and what bounds them; the holes of their ARNs stand for these."""
    for host, end in callers.items():
        carrier = carrier_named(host, end)
        held = [piece for piece in pieces.values() if piece.kind == IDENTITY and mark(host) in piece.hangs.split(", ")]
        bounds = dict.fromkeys(piece.bounds.name for piece in held if piece.bounds)
        own = [*held, *(pieces[name] for name in bounds)]
        known = not any(piece.limit for piece in held) and all(piece.is_whole for piece in own)
        yield (IDENTITY, carrier), tuple(piece.name for piece in held) if known else None
        if known and bounds:
            yield (BOUNDARY, carrier), tuple(bounds)


def _endpoints(own: Set[int], pieces: Mapping[str, Piece]) -> dict[str, Way]:
    """The ways to endpoints of Verified Access that stand beside their group, both with a text that is there whatever is open."""
    texts = {
        name: piece.item.document
        for name, piece in pieces.items()
        if piece.item is not None and piece.kind == "cedar" and id(piece.item.document) in own
    }
    on: dict[str, list[str]] = {}
    for name, document in texts.items():
        on.setdefault(document.name, []).append(name)
    found: dict[str, Way] = {}
    for name, document in texts.items():
        group = document.facts.get("group", "")
        held = [*on.get(group, ()), *on[document.name]]
        if group in on and len(held) == 2 and not any(texts[one].world for one in held):
            # the endpoint's own text has its name
            found[f"{name} with its group"] = Way(ENDPOINT, "", tuple(held), (group, document.name))
    return found


#: a gate of which nobody can tell what it asks
_UNKNOWN: Final = "?"


def _gate(item: Companion | None, on: Mapping[str, Sequence[str]], pieces: Mapping[str, Piece]) -> str | None:
    """The name of the document at a gate; empty where the gate asks nobody, None where it has no policy."""
    if item is None or item.fields.get("auth") == "none":
        return ""
    names = on.get(item.name, ())
    if not names:
        return None
    document = pieces[names[0]].item
    return _UNKNOWN if len(names) > 1 or document is None or document.document.world else names[0]


def _opened(
    root: Path,
    files: Iterable[tuple[Source, str]],
    called: Callable[[str], str],
    values: Mapping[str, str],
    before: bool,
    diagnostics: Diagnostics,
) -> list[Host]:
    """Host files; one of many that has a fault is one that cannot be read, beside what could be read of it."""
    options = options_of(root, values, before=before)
    out: list[Host] = []
    for source, format in files:
        found = Diagnostics()
        settings = NativeSettings(values=values, before=before)
        hosts = open_hosts(root, [(source, format)], found, settings, options=options) or [
            Host(source, format, Carried())
        ]
        faults = [item for item in found if item.severity is Severity.ERROR] if called(source.file) else []
        diagnostics.extend(item for item in found if item not in faults)
        if faults:
            lost = Unreadable("", format, faults[0].span or source.span(0, 0), faults[0].message)
            hosts = [
                replace(host, carried=replace(host.carried, unreadable=(*host.carried.unreadable, lost)))
                for host in hosts
            ]
        out += hosts
    return out


def _name(file: str, document: str, world: str) -> str:
    name = f"{file}#{document}" if file and document else file or document
    return f"{name} ({world})" if world else name


def _free(name: str, taken: Mapping[str, Piece]) -> str:
    """The name, with a number where a host calls several documents alike."""
    if name not in taken:
        return name
    return next(other for at in range(2, len(taken) + 3) if (other := f"{name} ({at})") not in taken)


def _text(item: Item) -> str:
    """The document as one text, holes as their marks: two that are the same text are the same whatever is open."""
    content = item.document.content
    if isinstance(content, PlacedText):
        return content.value
    return json.dumps(content.plain(), indent=2, ensure_ascii=False, default=str)


def _lost(host: Host, reason: str) -> Source:
    """What stands for a document that cannot be read: the text of its host, which is compared, and the reason."""
    return Source(f"{host.source.file} ({reason})", host.source.text)
