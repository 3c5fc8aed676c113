"""Host files in the parts that are judged apart, each answered from memory where nothing that it hangs on has changed.

A file is a part of its own; files of Terraform are one together, since modules, variables and plans lead from each to any other. What a part reads of
other files is kept beside its answer and looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from policyc.carriers.embedded import Options
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.model.files import Unsaved
from policyc.record import record, replace
from policyc.report.tally import NotRead, Tally
from policyc.text import Source, Span
from policyc.workspace.documents.hosts import check_hosts, open_hosts, options_of
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.remembered import Remembered, digest, findings, lasts, plain

Files = Sequence[tuple[Source, str]]
_TOGETHER = "terraform"


@record
class Part:
    """What was found in some host files: while they were `opened` and when their documents were `judged`. `empty` are the files that hold nothing of ours,
    `taken` those whose texts are documents of a host, `shown` those that findings point into."""

    opened: tuple[Diagnostic, ...]
    judged: tuple[Diagnostic, ...]
    tally: Tally
    empty: tuple[str, ...]
    taken: tuple[str, ...]
    shown: tuple[str, ...]


def units(files: Files) -> list[Files]:
    """The files in the parts that hang together."""
    parts: dict[str, list[tuple[Source, str]]] = {}
    for source, format in files:
        together = format.startswith(_TOGETHER)
        parts.setdefault(_TOGETHER if together else f"/{source.file}", []).append((source, format))
    return list(parts.values())


def checked(
    root: Path,
    files: Files,
    settings: NativeSettings,
    other: Callable[[str], Source | None],
    unsaved: Unsaved | None,
    memory: Remembered | None,
) -> Part:
    """What is found in the files of one part. `other` opens a further file that a finding points into."""
    options = options_of(root, settings.values, settings.fences, settings.before, unsaved)
    if memory is None:
        return _judged(root, files, settings, other, options)
    key = memory.key("host", *(part for source, format in files for part in (format, source.file, source.text)))
    known = memory.known(key, lambda kept: _part(kept, options))
    if known is not None:
        for name in known.shown:
            other(name)
        return known
    seen = _Seen(options, settings)
    found = _judged(root, files, seen.settings, other, seen.options)
    if seen.lasts and lasts(found.opened) and lasts(found.judged):
        memory.keep(key, _kept(found, seen))
    return found


def _judged(
    root: Path, files: Files, settings: NativeSettings, other: Callable[[str], Source | None], options: Options
) -> Part:
    opened, judged = Diagnostics(), Diagnostics()
    shown: dict[str, None] = {}

    def source_of(name: str) -> Source | None:
        shown[name] = None
        return other(name)

    hosts = open_hosts(root, files, opened, settings, options=options)
    tally = check_hosts(hosts, judged, settings, source_of)
    carried = [(host.source.file, host.carried) for host in hosts]
    return Part(
        tuple(opened),
        tuple(judged),
        tally,
        tuple(name for name, held in carried if not (held.documents or held.unreadable or held.companions)),
        tuple({document.file: None for _, held in carried for document in held.documents}),
        tuple(shown),
    )


class _Seen:
    """What a part reads of other files and folders. A sample that a Cedar text names does not last."""

    def __init__(self, options: Options, settings: NativeSettings) -> None:
        self.lasts = True
        self.settings = replace(settings, open_file=self._open)
        self._open_file = settings.open_file
        self.texts: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.options = replace(options, read=self._read, folder=self._folder)
        self._asked = options

    def _read(self, name: str) -> str | None:
        text = self._asked.read(name)
        self.texts[name] = digest(text)
        return text

    def _open(self, name: str, span: Span, diagnostics: Diagnostics) -> Source | None:
        self.lasts = False
        return self._open_file(name, span, diagnostics)

    def _folder(self, name: str) -> tuple[str, ...]:
        names = self._asked.folder(name)
        self.folders[name] = _listed(names)
        return names


def _listed(names: Iterable[str]) -> str:
    return digest("\0".join(names))


# --- what is kept -----------------------------------------------------------------------------------------------


def _kept(part: Part, seen: _Seen) -> dict[str, Any]:
    return {
        "texts": seen.texts,
        "folders": seen.folders,
        "opened": plain(part.opened),
        "judged": plain(part.judged),
        "counts": [part.tally.documents, part.tally.files, part.tally.unknown, part.tally.withheld],
        "unread": [[item.file, item.line, item.name, item.reason] for item in part.tally.unreadable],
        "names": [part.empty, part.taken, part.shown],
    }


def _part(kept: Any, options: Options) -> Part | None:
    """The part that was kept; None where it read what is not so any more."""
    if any(digest(options.read(name)) != text for name, text in kept["texts"].items()):
        return None
    if any(_listed(options.folder(name)) != names for name, names in kept["folders"].items()):
        return None
    documents, files, unknown, withheld = kept["counts"]
    unread = tuple(NotRead(file, line, name, reason) for file, line, name, reason in kept["unread"])
    if not all(type(count) is int for count in (documents, files, unknown, withheld, *(item.line for item in unread))):
        raise TypeError
    empty, taken, shown = (tuple(map(str, names)) for names in kept["names"])
    tally = Tally(documents, files, unknown, withheld, unread)
    return Part(findings(kept["opened"]), findings(kept["judged"]), tally, empty, taken, shown)
