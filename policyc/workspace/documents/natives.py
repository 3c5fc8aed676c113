"""Native documents (JSON, Cedar) and the files that hold some, named on a command line or found: which module reads which kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from policyc.bounded import read_regular
from policyc.carriers.registry import endings, named_endings, parts, recognized
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Policy
from policyc.model.files import LARGEST_FILE, find_files
from policyc.record import record
from policyc.text import Source
from policyc.workspace.documents import native_text
from policyc.workspace.documents.built import is_built
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.ignored import Ignored
from policyc.workspace.project import Project

#: file ending -> module of this folder that handles it; `.policy` files are no natives
NATIVES: Mapping[str, str] = {".json": "native_json", ".cedar": "native_cedar"}
#: the kinds of `--as` that are no JSON -> the ending whose module reads them
KINDS: Mapping[str, str] = {"cedar": ".cedar"}
#: what folders are searched for beside policy files; all but Cedar text may be anything, so it is looked at first
SEARCHED = tuple(dict.fromkeys((".cedar", ".json", ".yaml", ".yml", *endings(), ".hcl", ".j2", ".jinja2", ".erb")))
#: what a command line may name: these, and some that no folder is searched for
NAMED = (*SEARCHED, *named_endings())
#: why a file in which a policy seems to stand is not looked at
NOT_READ: Final = "in a form that is not read"


class Native(Protocol):
    """A module that handles one kind of native file."""

    def check(self, source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
        """Everything that is wrong or doubtful in one document; the policy that it states, where rules on sets of documents have
        yet to look at it."""

    def stated(self, source: Source, settings: NativeSettings) -> Policy | None:
        """The policy that `check` makes of a document, without a look at what is wrong with it."""

    def settle(self, source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
        """What is told of the findings on one document, those of rules included: its comments may say that some are meant."""

    def format(self, source: Source, diagnostics: Diagnostics) -> str | None:
        """The document in canonical layout, or None after reporting why it cannot be."""


def split_natives(paths: Sequence[Path], kind: str = "", fences: bool = False) -> tuple[list[Path], list[Path]]:
    """The paths that are documents, or may hold some, by their ending or by `--as`, and all others. Folders are never natives."""
    natives: list[Path] = []
    others: list[Path] = []
    for path in paths:
        wanted = (*NAMED, *endings(True)) if fences else NAMED
        named = path.name.endswith(wanted) or kind in KINDS
        (natives if named and not path.is_dir() else others).append(path)
    return natives, others


@record
class Searched:
    """What the folders of a project hold beside policy files: `documents` of ours, `hosts` that hold some, `unread` names of files that
    seem to hold policies in a form that nobody reads, `looked` names of those that were opened and are neither."""

    documents: tuple[Path, ...] = ()
    hosts: tuple[Path, ...] = ()
    unread: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()


def find_natives(
    project: Project, diagnostics: Diagnostics, wanted: tuple[str, ...] = SEARCHED, fences: bool = False
) -> Searched:
    """Look through the folders that a command line or the configuration names, but for those that `build` wrote and nobody names."""
    root, built = project.root, {path: False for path in project.named if path.is_dir()}

    ignored = Ignored(
        str(root),
        project.names.repository or str(root),
        project.config.include,
        [_inner(path, root) for path in project.named if path.is_dir()],
    )

    def leave_out(name: str) -> bool:
        return project.leaves_out(name) or ignored.leaves_out(name)

    documents, hosts, unread, looked = [], [], [], []
    for name in find_files(root, project.searched(), diagnostics, wanted, leave_out=leave_out):
        path = root / name
        if is_built(path, root, built):
            continue
        match native_text.recognize(path, fences):
            case native_text.Sort.OURS:
                documents.append(path)
            case native_text.Sort.HOST:
                hosts.append(path)
            case native_text.Sort.INSIDE:
                unread.append(name)
            case _:
                looked.append(name)
    if unread:
        inside = _parts(hosts, root)
        unread = [name for name in unread if name not in inside]
    return Searched(tuple(documents), tuple(hosts), tuple(unread), (*looked, *ignored.files))


def _parts(hosts: Iterable[Path], root: Path) -> set[str]:
    """The files, as seen from the root, that host files take in and answer for: none that is too large to be read there."""
    found: set[str] = set()
    for path in hosts:
        named: tuple[str, ...] = ()
        with suppress(OSError):
            named = parts(path.name, partial(read_regular, path, LARGEST_FILE))
        for part in (path.parent / name for name in named):
            if part.is_file() and part.stat().st_size <= LARGEST_FILE:
                found.add(_inner(part, root))
    return found


def _inner(path: Path, root: Path) -> str:
    """A path as seen from the root, empty for one that leads out."""
    try:
        return path.resolve().relative_to(root).as_posix()
    except (ValueError, OSError, RuntimeError):
        return ""


def native(ending: str, kind: str = "") -> Native:
    """The module for native files with an ending, or of a `kind`, which counts whatever the ending. Raises KeyError for an ending that
    nobody handles."""
    return _module(NATIVES[KINDS.get(kind, ".json") if kind else ending])


@cache
def _module(name: str) -> Native:
    return cast(Native, import_module(f"{__package__}.{name}"))


def is_document(path: Path, source: Source, kind: str = "") -> bool:
    """Whether a file that is no host is read as a document: the command line says of which `kind`, or its name says so and its text nothing else."""
    return bool(kind) or (path.suffix in NATIVES and not native_text.is_template(source.text))


def holds_unread(path: Path, source: Source) -> bool:
    """Whether a policy seems to stand in a file that is neither a host nor a document."""
    return native_text.sort_of(path.name, source.text.encode()) is native_text.Sort.INSIDE


def format_of(path: Path, source: Source, settings: NativeSettings) -> str:
    """The format of a file that holds documents, empty for one that is a document itself, or neither."""
    return "" if settings.kind else recognized(path.name, source.text.encode(), settings.fences)
