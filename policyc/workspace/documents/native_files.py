"""Native documents below a root and the files that hold some, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policyc.carriers.registry import recognized
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.model.files import Unsaved, namer, read_inside, read_source
from policyc.record import record, replace
from policyc.report.tally import NotRead, Tally
from policyc.text import Source, Span
from policyc.workspace.documents.built import built_kind
from policyc.workspace.documents.native_settings import NativeSettings, as_configured
from policyc.workspace.documents.native_texts import check_texts
from policyc.workspace.documents.natives import NOT_READ, format_of, holds_unread, is_document
from policyc.workspace.remembered import Remembered

if TYPE_CHECKING:
    from policyc.workspace.documents.pulled import Known


#: files that are worth a second process, and how many are looked at before there is one
_MANY: Final = 400
_FIRST: Final = 20


@record
class Checked:
    """What was looked at: the sources for the reports, how many files are documents, and what host files held."""

    sources: Mapping[str, Source]
    documents: int = 0
    tally: Tally = Tally()


def check_natives(
    root: Path,
    paths: Sequence[Path],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    read: Unsaved | None = None,
    named: Collection[Path] = (),
    memory: Remembered | None = None,
) -> Checked:
    """Check native documents below `root` and files that hold some, those that are not saved as `read` has them. Of those that are `named` it
    is said when they hold none. What `memory` knows is not looked at again."""
    sources: dict[str, Source] = {source.file: source for source in settings.samples.values()}

    def open_file(name: str, span: Span, found: Diagnostics) -> Source | None:
        source = read_inside(root, name, span, found, read)
        if source is not None:
            sources[name] = source
        return source

    settings = replace(settings, open_file=open_file)
    texts: list[tuple[Source, str]] = []
    kinds: dict[str, str] = {}
    manifests: dict[Path, dict[str, str]] = {}
    locks: Known = {}
    trusts: dict[str, Mapping[str, str]] = {}
    hosts: list[tuple[Source, str]] = []
    unread: list[NotRead] = []
    name_of = namer(root)
    for path in paths:
        name = name_of(path)
        source = read_source(root, name, None, diagnostics, read)
        if source is None:
            continue
        sources[name] = source
        format = format_of(path, source, settings)
        if settings.kind and recognized(path.name, source.text.encode()):
            message = f"`{name}` holds documents, and is none itself"
            diagnostics.error("host-file-as-document", message, source.span(0, 0), "leave `--as` out")
        elif format:
            hosts.append((source, format))
        elif is_document(path, source, settings.kind):
            texts.append((source, path.suffix))
            from policyc.workspace.documents.pulled import pulled

            held = pulled(path, locks, diagnostics)
            kinds[name] = settings.kind or built_kind(path, manifests) or held.kind
            trusts[name] = held.trust
        elif path in named:
            if holds_unread(path, source):
                unread.append(NotRead(name, 0, "", NOT_READ))
            else:
                diagnostics.add(_holds_nothing(source))

    def other(name: str) -> Source | None:
        source = read_source(root, name, None, Diagnostics(), read)
        if source is not None:
            sources[name] = source
        return source

    if len(texts) + len(hosts) < _MANY and memory is not None and not memory.lasts:
        memory = None
    if len(texts) + len(hosts) >= _MANY and memory is not None and memory.helper is not None and memory.is_empty:
        _halved(root, texts, hosts, settings, kinds, trusts, other, read, memory)
    tally, taken = _check_hosts(root, hosts, diagnostics, settings, named, other, read, memory)
    # what a host takes in (`file("policy.json")`) is judged there, where it is known what it is for
    texts = [(source, ending) for source, ending in texts if source.file not in taken]
    check_texts(texts, diagnostics, settings, kinds, trusts, memory=memory)
    return Checked(sources, len(texts), tally.plus(Tally(unreadable=tuple(unread))))


def _halved(
    root: Path,
    texts: Sequence[tuple[Source, str]],
    hosts: Sequence[tuple[Source, str]],
    settings: NativeSettings,
    kinds: Mapping[str, str],
    trusts: Mapping[str, Mapping[str, str]],
    other: Callable[[str], Source | None],
    unsaved: Unsaved | None,
    memory: Remembered,
) -> None:
    """Have two processes look at one half each of files that nobody has looked at; `memory` knows it all then."""
    from policyc.workspace.documents.host_units import checked, units

    def look(part: slice) -> dict[str, Any]:
        check_texts(texts[part], Diagnostics(), settings, kinds, trusts, memory=memory)
        for unit in units(hosts)[part]:
            checked(root, unit, settings, other, unsaved, memory)
        return memory.now

    look(slice(_FIRST))  # loads what both need
    wait = memory.helper(lambda: look(slice(_FIRST, None, 2))) if memory.helper is not None else None
    if wait is not None:
        look(slice(_FIRST + 1, None, 2))
        memory.learn(wait())


def _check_hosts(
    root: Path,
    files: Sequence[tuple[Source, str]],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    named: Collection[Path],
    other: Callable[[str], Source | None],
    unsaved: Unsaved | None,
    memory: Remembered | None,
) -> tuple[Tally, set[str]]:
    """What was counted, and the other files whose texts are documents of a host."""
    if not files:
        return Tally(), set()
    from policyc.workspace.documents.host_units import checked, units

    asked = {path.resolve().relative_to(root).as_posix() for path in named}
    parts = [checked(root, unit, settings, other, unsaved, memory) for unit in units(files)]
    found = Diagnostics(item for part in parts for item in part.opened)
    told = {item.span.file for item in found if item.span is not None}
    sources = {source.file: source for source, _ in files}
    for name in (name for part in parts for name in part.empty if name in asked and name not in told):
        found.add(_holds_nothing(sources[name]))
    found.extend(item for part in parts for item in part.judged)
    diagnostics.extend(as_configured(_told_once(found), settings))
    return reduce(Tally.plus, (part.tally for part in parts)), {name for part in parts for name in part.taken}


def _holds_nothing(source: Source) -> Diagnostic:
    message = f"`{source.file}` holds no policy that policyc knows"
    help = "name the file that holds the policies"
    return Diagnostic("no-policy-inside", message, source.span(0, 0), help, Severity.INFO)


def _told_once(found: Diagnostics) -> Iterator[Diagnostic]:
    """A plan and its configuration tell the same at one place: the one that can be mended there is told."""
    mended = {replace(item, fix=None) for item in found if item.fix is not None}
    return (item for item in found if item.fix is not None or item not in mended)
