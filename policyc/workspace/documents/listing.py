"""Every document of a project that nobody compiled: where it stands, what it is, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policyc.carriers.embedded import Embedded, PlacedText, is_of_endpoint
from policyc.diagnostics import Diagnostics
from policyc.holes import shown
from policyc.model.files import read_source
from policyc.record import record
from policyc.report.tally import NotRead
from policyc.syntax.json_text import parse_json
from policyc.syntax.json_tree import JsonValue
from policyc.targets.iam_documents.kinds import KINDS, guess_kind, is_policy
from policyc.text import Source
from policyc.workspace.documents.carried import Seen, told
from policyc.workspace.documents.hosts import Host, check_hosts, open_hosts
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.natives import (
    NOT_READ,
    find_natives,
    format_of,
    holds_unread,
    is_document,
    split_natives,
)
from policyc.workspace.documents.pulled import Pulled
from policyc.workspace.project import Project

_ENDPOINT_ID: Final = "/vae-"
#: kinds that are no IAM documents -> the target that writes them
_TARGETS: Final = {"cedar": "verified_access", "core-network": "cloudwan"}


@record
class Entry:
    """One document. `resource` is what it is attached to as far as is known, `on` the type of that as the language calls it (empty: not known), `unknown` the names of the values that are not known, `reason` why it
    cannot be read, and `world` the conditions under which it is there; `group` is what carries the text of the group of an endpoint, where its host says so."""

    file: str
    line: int
    kind: str
    target: str
    name: str = ""
    type: str = ""
    resource: str = ""
    unknown: tuple[str, ...] = ()
    world: str = ""
    also: str = ""
    reason: str = ""
    on: str = ""
    group: str = ""

    @property
    def is_of_endpoint(self) -> bool:
        """Whether a Cedar text is known to be that of an endpoint, by the name of its type in whatever host, or by its id."""
        return is_of_endpoint(self.type) or _ENDPOINT_ID in f"/{self.resource}"

    @property
    def state(self) -> str:
        """`known`, `unknown values` or `not readable`."""
        return "not readable" if self.reason else "unknown values" if self.unknown else "known"


def list_documents(project: Project, settings: NativeSettings, diagnostics: Diagnostics) -> list[Entry]:
    """The documents of the named files and searched folders, by file and place."""
    named, _ = split_natives(project.named, settings.kind, settings.fences)
    searched = find_natives(project, diagnostics, fences=settings.fences)
    entries: list[Entry] = [Entry(name, 0, "", "", reason=NOT_READ) for name in searched.unread]
    hosts: list[tuple[Source, str]] = []
    native: list[Entry] = []
    seen = Seen()
    for path in dict.fromkeys([*named, *searched.documents, *searched.hosts]):
        name = path.resolve().relative_to(project.root).as_posix()
        source = read_source(project.root, name, None, diagnostics, project.read)
        if source is None:
            continue
        format = format_of(path, source, settings)
        if format:
            hosts.append((source, format))
        elif is_document(path, source, settings.kind):
            native += _native(source, path.suffix, told(path, seen, diagnostics))
        elif holds_unread(path, source):
            entries.append(Entry(name, 0, "", "", reason=NOT_READ))

    def other(name: str) -> Source | None:
        return read_source(project.root, name, None, diagnostics, project.read)

    opened = open_hosts(project.root, hosts, diagnostics, settings)
    for host in opened:
        entries += _inside(host, settings, other)
    # a file that a host takes in is the document of that host
    taken = {document.file for host in opened for document in host.carried.documents}
    entries += [entry for entry in native if entry.file not in taken]
    return sorted(dict.fromkeys(entries), key=lambda entry: (entry.file, entry.line, entry.name, entry.world))


def _native(source: Source, ending: str, known: Pulled) -> Iterator[Entry]:
    if ending == ".cedar":
        yield Entry(source.file, 1, "cedar", _TARGETS["cedar"], resource=known.resource, group=known.group)
        return
    tree = parse_json(source, Diagnostics())
    if tree is None:
        yield Entry(source.file, 1, "", "", reason="it is no JSON")
    elif is_policy(tree):
        kind = KINDS[known.kind] if known.kind in KINDS else guess_kind(tree)
        yield Entry(source.file, 1, kind.name, kind.target, resource=known.resource)
    elif b"core-network-configuration" in source.text.encode():
        yield Entry(source.file, 1, "core-network", _TARGETS["core-network"], resource=known.resource)


def _inside(host: Host, settings: NativeSettings, other: Callable[[str], Source | None]) -> Iterator[Entry]:
    lost: dict[tuple[int, str], NotRead] = {}
    for item in check_hosts([host], Diagnostics(), settings, other).unreadable:
        lost[item.line, item.name] = item
        yield Entry(item.file, item.line, "", "", item.name, reason=item.reason)
    types = {companion.name: companion.type for companion in host.carried.companions}
    for document in host.carried.documents:
        file = document.place.file
        source = host.source if file == host.source.file else other(file) or host.source
        line = source.position(document.place.start).line
        if any(name == document.name for _, name in lost):
            continue
        name = document.kind or _guessed(document)
        kind = KINDS.get(name)
        target = _TARGETS.get(name, "") if kind is None else kind.target
        yield Entry(
            file,
            line,
            name,
            target,
            document.name,
            document.type,
            document.facts.get("resource", ""),
            tuple(f"‹{name}›" for name in document.holes),
            document.world,
            document.also,
            on=types.get(document.facts.get("resource", ""), ""),
            group=document.facts.get("group", ""),
        )


def _guessed(document: Embedded) -> str:
    """The kind that the content of a document tells, where the host does not."""
    content = document.content
    if isinstance(content, PlacedText):
        tree: JsonValue | None = parse_json(Source(document.file, content.value), Diagnostics())
    else:
        tree = content
    return "resource" if tree is None else guess_kind(tree).name


def state_of(entry: Entry) -> str:
    """What is known of a document, for people."""
    if entry.reason:
        return f"not readable: {shown(entry.reason)}"
    return f"unknown: {', '.join(entry.unknown)}" if entry.unknown else "known"
