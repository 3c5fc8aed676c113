"""Host files of a run: read by their carriers, their documents judged, and what stayed out of sight counted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from policyc.bounded import read_regular
from policyc.carriers.embedded import SYNTAX, Carried, Options, Unreadable, answering_in
from policyc.carriers.registry import carrier
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.holes import is_reserved, shown
from policyc.model.files import LARGEST_FILE, Unsaved, is_inner_path, stays_inside
from policyc.record import record, replace
from policyc.report.tally import NotRead, Tally
from policyc.syntax.hidden import check_characters
from policyc.text import Source, Span
from policyc.workspace.documents.embedded import Item, judge
from policyc.workspace.documents.host_comments import without_suppressed
from policyc.workspace.documents.native_settings import NativeSettings, as_configured

#: a comment that covers nothing: what it is about may not be read
_UNUSED: Final = "unused-suppression"


@record
class Host:
    """One host file and what its carrier found in it."""

    source: Source
    format: str
    carried: Carried


def options_of(
    root: Path, values: Mapping[str, str], fences: bool = False, before: bool = False, unsaved: Unsaved | None = None
) -> Options:
    """What is asked of carriers below a root; `unsaved` has the texts that an editor holds."""
    return Options(values, _reader(root, unsaved), _lister(root), fences, before)


def open_hosts(
    root: Path,
    files: Iterable[tuple[Source, str]],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    options: Options | None = None,
) -> list[Host]:
    """The host files, each read by the carrier of its format. What a file says of others is read below the root alone, by `options` where given."""
    options = options or options_of(root, settings.values, settings.fences, settings.before)
    hosts = []
    for source, format in files:
        if is_reserved(source.text):
            where = next(at for at, char in enumerate(source.text) if is_reserved(char))
            diagnostics.error(
                "reserved-character",
                f"`{source.file}` holds a character (U+{ord(source.text[where]):04X}) that stands for unknown values here",
                source.span(where, where + 1),
                "write another character",
            )
            continue
        found = Diagnostics()
        carried = carrier(format).carried(source, options, found)
        diagnostics.extend(found)
        if found.has_errors and not (carried.documents or carried.unreadable):
            fault = next(item for item in found if item.severity is Severity.ERROR)
            lost = Unreadable("", "", fault.span or source.span(0, 0), SYNTAX)
            carried = replace(carried, unreadable=(lost,), partial=True)
        hosts.append(Host(source, format, carried))
    return hosts


def check_hosts(
    hosts: Sequence[Host], diagnostics: Diagnostics, settings: NativeSettings, other: Callable[[str], Source | None]
) -> Tally:
    """Judge the documents of each file, or of each module of files, and count. What a host says may stand in another file: `other` opens it."""
    opened: dict[str, Source | None] = {host.source.file: host.source for host in hosts}

    def source_of(file: str) -> Source | None:
        if file not in opened:
            opened[file] = other(file)
        return opened[file]

    tally = Tally()
    groups: dict[tuple[str, str], list[Host]] = {}
    for host in hosts:
        groups.setdefault((host.format, host.carried.module or host.source.file), []).append(host)
    for group in groups.values():
        # a module's documents come with its own files and with those that call it
        items = _once(
            [Item(host.source, document) for host in group for document in host.carried.documents],
            lambda item: (item.document.place, item.document.name, item.document.world),
        )
        partial = any(host.carried.partial for host in group)
        answering = answering_in([host.carried for host in group], [item.document for item in items])
        companions = {
            item.name: (host.source, answering.get(item.name, item))
            for host in group
            for item in host.carried.companions
            if not partial
        }
        judged = judge(items, list(companions.values()), settings, partial)
        hidden = as_configured(_characters(group, items, source_of), settings)
        sources = [host.source for host in group]
        around = as_configured([one for host in group for one in host.carried.findings], settings)
        told = without_suppressed(sources, (*judged.findings, *around, *hidden), settings.select)
        diagnostics.extend(item for item in told if not (partial and item.rule == _UNUSED))
        for found in judged.findings:
            if found.span is not None:
                source_of(found.span.file)  # reports show the line
        sources_of = {lost: host.source for host in group for lost in host.carried.unreadable}
        unread = [*((source, lost) for lost, source in sources_of.items()), *judged.unreadable]
        lost = {(item.place, item.name) for _, item in judged.unreadable}
        read = [item for item in items if not lost or (item.document.place, item.document.name) not in lost]
        unknown = [item for item in read if item.document.holes]
        tally = tally.plus(
            Tally(
                len(_once(read, lambda item: (item.document.place, item.document.kind))),
                len({item.document.place.file for item in read}),
                len(_once(unknown, lambda item: item.document.place)),
                judged.withheld,
                tuple(_not_read(source_of(item.place.file) or source, item) for source, item in unread),
            )
        )
    return tally


def _characters(
    group: Sequence[Host], items: Sequence[Item], source_of: Callable[[str], Source | None]
) -> Iterable[Diagnostic]:
    """What hides or passes for something else in the files that documents are put together of; of Markdown, in the documents alone."""
    prose = {host.source.file for host in group if host.format == "markdown"}
    places = [place for item in items for place in item.places]
    for file in dict.fromkeys((*(place.file for place in places), *(item.document.file for item in items))):
        source, found = source_of(file), Diagnostics()
        if source is not None and not source.text.isascii():
            check_characters(source, found)
        held = [place for place in places if place.file == file] if file in prose else [Span(file, 0, sys.maxsize)]
        for one in found:
            if one.span is not None and any(place.start <= one.span.start < place.end for place in held):
                yield one


def _once(items: list[Item], key: Callable[[Item], Hashable]) -> list[Item]:
    """The last item of each key. Most files hold one, and keys have places, which a JSON text is read for once more."""
    return items if len(items) < 2 else list({key(item): item for item in items}.values())


def _not_read(source: Source, item: Unreadable) -> NotRead:
    return NotRead(source.file, source.position(item.place.start).line, item.name, shown(item.reason))


def _reader(root: Path, unsaved: Unsaved | None) -> Callable[[str], str | None]:
    """Opens files below the root; what leads out, is too large or no text is not there."""

    def read(name: str) -> str | None:
        text = None if unsaved is None else unsaved(name)
        if text is not None:
            return text
        if not name or not is_inner_path(name) or not stays_inside(root / name, root):
            return None
        try:
            return read_regular(root / name, LARGEST_FILE).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None

    return read


def _lister(root: Path) -> Callable[[str], tuple[str, ...]]:
    def names(folder: str) -> tuple[str, ...]:
        path = root / folder
        if (folder and not is_inner_path(folder)) or not stays_inside(path, root):
            return ()
        try:
            return tuple(sorted(entry.name for entry in path.iterdir() if entry.is_file()))
        except OSError:
            return ()

    return names
