"""Documents inside host files as parts of one side of a comparison: each under the host's name for it, with its places in the host."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from policyc.carriers.embedded import PlacedText
from policyc.diagnostics import Diagnostics
from policyc.holes import shown
from policyc.text import Source
from policyc.workspace.embedded import Item
from policyc.workspace.hosts import Host, open_hosts
from policyc.workspace.native_settings import NativeSettings
from policyc.workspace.pieces import HOST, Piece


def embedded_pieces(
    root: Path,
    files: Iterable[tuple[Source, str]],
    called: Callable[[str], str],
    values: Mapping[str, str],
    before: bool,
    diagnostics: Diagnostics,
) -> dict[str, Piece]:
    """The documents of host files, each with its format. `called` says under which name a file stands in the comparison (empty: its
    documents stand there by themselves), `values` fill what hosts leave open; `before`
    asks for what a plan finds."""
    out: dict[str, Piece] = {}
    seen: set[object] = set()
    for host in open_hosts(root, files, diagnostics, NativeSettings(values=values, before=before)):
        for document in host.carried.documents:
            key = (document.place, document.name, document.world)
            if key not in seen:
                seen.add(key)
                item = Item(host.source, document)
                name = _name(called(host.source.file), document.name, document.world)
                out[_free(name, out)] = Piece(name, document.kind, Source(document.place.file, _text(item)), item=item)
        for lost in host.carried.unreadable:
            name = _name(called(host.source.file), lost.name, "")
            out[_free(name, out)] = Piece(name, HOST, _lost(host, shown(lost.reason)))
    return out


def _name(file: str, document: str, world: str) -> str:
    name = f"{file}#{document}" if file else document
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
