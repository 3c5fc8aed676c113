"""Which files belong to a run: the named ones and all that they import, never outside the project root."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from policyc.bounded import NotRegular, TooLarge, read_regular
from policyc.diagnostics import Diagnostics
from policyc.record import field, record
from policyc.text import Source, Span

if TYPE_CHECKING:
    from policyc.syntax import nodes

POLICY_ENDING = ".policy"

#: Files above this size are refused: no hand-written policy comes near it.
LARGEST_FILE = 4 * 1024 * 1024

#: The text of a file that is not saved as it shall be read (an editor's buffer, standard input), by its root-relative name;
#: None for every file that is read from the disk.
Unsaved = Callable[[str], str | None]


#: what to do about links in a circle
LINK_HELP = "put the file itself there, or point one of the links to it"


@record(frozen=False)
class Files:
    """Loaded files by their path relative to the root, imports before importers."""

    sources: dict[str, Source] = field(default_factory=dict)
    modules: dict[str, nodes.Module] = field(default_factory=dict)


def load_files(root: Path, paths: Iterable[Path], diagnostics: Diagnostics, read: Unsaved | None = None) -> Files:
    """Read and parse `paths` (files or folders) and everything that they `use`.

    Whatever cannot be read is reported; the rest is still loaded. What `read` has a text for is not read from the disk and need
    not exist there; a file that exists nowhere else must be named in `paths` or imported, no folder shows it.
    """
    from policyc.syntax.parser import parse

    loader = _Loader(root.resolve(), diagnostics, read)
    for name in find_files(root, paths, diagnostics, read=read):
        loader.visit(name, parse)
    return loader.files


def find_files(
    root: Path,
    paths: Iterable[Path],
    diagnostics: Diagnostics,
    ending: str | tuple[str, ...] = POLICY_ENDING,
    read: Unsaved | None = None,
    leave_out: Callable[[str], bool] | None = None,
) -> list[str]:
    """The files with an `ending` (or one of several) under `paths`, and those that `paths` name, as root-relative names, sorted; hidden folders are left
    out, and the files and folders below `paths` whose name `leave_out` does not want.

    Links are followed while they stay below the root, each folder once; whatever cannot be read is reported, since a
    file that is left out without a word is a policy that nobody checked.
    """
    root = root.resolve()
    found: set[str] = set()
    for path in paths:
        absolute = path if path.is_absolute() else root / path
        name = None if read is None else _inner_name(root, absolute)
        if read is not None and name is not None and read(name) is not None:
            found.add(name)
        elif not absolute.exists():
            diagnostics.error("missing-file", f"`{path}` does not exist", None, "check the path")
        elif absolute.is_dir():
            found.update(_walk(root, absolute, ending, diagnostics, leave_out or _nothing))
        else:
            found.add(_relative(root, absolute, diagnostics) or "")
    return sorted(found - {""})


def _nothing(name: str) -> bool:
    return False


def _walk(
    root: Path, start: Path, ending: str | tuple[str, ...], diagnostics: Diagnostics, leave_out: Callable[[str], bool]
) -> Iterator[str]:
    stack, seen = [start], set()
    while stack:
        folder = stack.pop()
        name = _relative(root, folder, diagnostics)
        if name is None or name in seen or (folder != start and leave_out(name)):
            continue
        seen.add(name)
        if folder.name.endswith(ending) and ending == POLICY_ENDING:
            diagnostics.error("missing-file", f"`{name}` is a folder, not a file", None, "rename the folder")
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            diagnostics.error(
                "unreadable-file",
                f"the folder `{name}` cannot be read: {error.strerror}".lower(),
                None,
                "check its permissions",
            )
            continue
        for entry in entries:
            if _is_folder(entry):
                if not entry.name.startswith("."):
                    stack.append(Path(entry.path))
            elif entry.name.endswith(ending):
                plain = entry.name if name == "." else f"{name}/{entry.name}"
                found = _relative(root, Path(entry.path), diagnostics) if entry.is_symlink() else plain
                if found is not None and not leave_out(found):
                    yield found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links; one that is called like a policy file is reported when it is opened
        return False


def is_inner_path(text: str) -> bool:
    """Whether a written path is relative and never climbs, on any system."""
    path = PurePosixPath(text)
    return not (path.is_absolute() or ".." in path.parts or "\\" in text or ":" in text or "\0" in text)


def stays_inside(path: Path, root: Path) -> bool:
    """Whether a path leads below `root` with its links followed; links in a circle lead nowhere."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def read_inside(
    root: Path, name: str, span: Span | None, diagnostics: Diagnostics, read: Unsaved | None = None
) -> Source | None:
    """The text of a file that something in the project names by its path from the root; None after a report, also of a path that leads
    out of it."""
    root = root.resolve()
    if is_inner_path(name) and name and stays_inside(root / name, root):
        return read_source(root, name, span, diagnostics, read)
    diagnostics.error(
        "outside-root",
        f"`{name}` does not stay inside the project root",
        span,
        "write the path from the project root, without `..`",
    )
    return None


def is_circle(path: Path) -> bool:
    """Whether the links that a path goes through lead back to themselves."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _relative(root: Path, path: Path, diagnostics: Diagnostics) -> str | None:
    name = _inner_name(root, path)
    if name is None and is_circle(path):
        diagnostics.error("links-in-a-circle", f"`{path.name}` is a link that leads back to itself", None, LINK_HELP)
    elif name is None:
        diagnostics.error(
            "outside-root",
            f"`{path.name}` lies outside the project root",
            None,
            "move it below the root, or give another `--root`",
        )
    return name


def _inner_name(root: Path, path: Path) -> str | None:
    """The name of a path below `root` with its links followed, None when it does not lead there."""
    try:
        return path.resolve().relative_to(root).as_posix()
    except (ValueError, OSError, RuntimeError):
        return None


def namer(root: Path) -> Callable[[Path], str]:
    """What gives paths their names below `root` with their links followed, those of each folder once. Raises ValueError for a path that
    leads out, and OSError."""
    folders: dict[str, str] = {}

    def name_of(path: Path) -> str:
        text = str(path)
        folder, name = os.path.split(text)
        if name in ("", "..") or os.path.islink(text):  # noqa: PTH114
            return path.resolve().relative_to(root).as_posix()
        way = folders.get(folder)
        if way is None:
            inner = path.parent.resolve().relative_to(root).as_posix()
            way = folders[folder] = "" if inner == "." else f"{inner}/"
        return way + name

    return name_of


def insider(root: Path) -> Callable[[Path], bool]:
    """`stays_inside` for many paths of one root, each folder looked at once."""
    name_of = namer(root)

    def is_inside(path: Path) -> bool:
        try:
            return bool(name_of(path))
        except (ValueError, OSError, RuntimeError):  # outside, or the root by another way
            return stays_inside(path, root)

    return is_inside


@record(frozen=False)
class _Loader:
    root: Path
    diagnostics: Diagnostics
    read: Unsaved | None = None
    files: Files = field(default_factory=Files)
    chain: list[str] = field(default_factory=list)

    def visit(self, name: str, parse: object) -> None:
        """Load a file after everything that it imports; iterative, so that a long import chain is no problem."""
        assert callable(parse)
        stack: list[tuple[str, list[nodes.Use]]] = []
        self._open(name, None, parse, stack)
        while stack:
            current, uses = stack[-1]
            if not uses:
                stack.pop()
                self.chain.pop()
                self.files.modules[current] = self.files.modules.pop(current)  # imports stand first
                continue
            use = uses.pop(0)
            target = resolve_use(use, self.root, self.diagnostics)
            if target is None:
                continue
            if target in self.chain:
                circle = [*self.chain[self.chain.index(target) :], target]
                self.diagnostics.error(
                    "cyclic-import",
                    "these files import one another in a circle: " + " -> ".join(circle),
                    use.path.span,
                    "move what both need into a third file",
                )
                continue
            self._open(target, use.path.span, parse, stack)

    def _open(self, name: str, span: Span | None, parse: object, stack: list[tuple[str, list[nodes.Use]]]) -> None:
        assert callable(parse)
        if name in self.files.modules:
            return
        source = read_source(self.root, name, span, self.diagnostics, self.read)
        if source is None:
            return
        self.files.sources[name] = source
        errors = len(self.diagnostics)
        module = parse(source, self.diagnostics)
        if not module.declarations and not module.uses and module.name is None and len(self.diagnostics) == errors:
            self.diagnostics.error(
                "empty-file", f"`{name}` declares nothing", source.span(0, 0), "declare something in it, or delete it"
            )
        self.files.modules[name] = module
        self.chain.append(name)
        stack.append((name, list(module.uses)))


def resolve_use(use: nodes.Use, root: Path, diagnostics: Diagnostics) -> str | None:
    """The root-relative name of an imported file, or None after reporting why it may not be read."""
    text = use.path.value
    if not text or not is_inner_path(text) or not stays_inside(root / text, root):
        diagnostics.error(
            "outside-root",
            f"the import `{text}` does not stay inside the project root",
            use.path.span,
            "write the path from the project root, without `..`",
        )
        return None
    if not text.endswith(".policy"):
        diagnostics.error(
            "missing-file",
            f"the import `{text}` is no policy file",
            use.path.span,
            "name a file that ends in `.policy`",
        )
        return None
    return PurePosixPath(text).as_posix()


def utf_16(raw: bytes) -> str:
    """The codec of bytes that are UTF-16, told by their mark or by the zeros between the letters they begin with; empty for all others."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    first, second = raw[:64:2], raw[1:64:2]
    if len(second) < 2 or any(first) == any(second):
        return ""
    return "utf-16-le" if all(first) else "utf-16-be" if all(second) else ""


def read_source(
    root: Path, name: str, span: Span | None, diagnostics: Diagnostics, read: Unsaved | None = None
) -> Source | None:
    """One file's text, from `read` when that has it. UTF-8 only; a leading byte order mark is dropped. `span` is the import that
    asked for it."""
    unsaved = None if read is None else read(name)
    raw = _saved(root / name, name, span, diagnostics) if unsaved is None else unsaved.encode("utf-8", "surrogatepass")
    if raw is None:
        return None
    if len(raw) > LARGEST_FILE:
        _too_large(name, span, diagnostics)
        return None
    try:
        text, where = ("", "it is UTF-16") if utf_16(raw) else (raw.decode("utf-8"), "")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        text, where = "", f"byte {error.start} on line {line}"
    if where:
        at = span or Span(name, 0, 0)
        diagnostics.error("not-utf-8", f"`{name}` is not UTF-8: {where}", at, "save the file as UTF-8")
        return None
    return Source(name, text.removeprefix("\ufeff"))


def _too_large(name: str, span: Span | None, diagnostics: Diagnostics) -> None:
    ours = name.endswith(POLICY_ENDING)
    help = "split it into modules" if ours else "divide it; no service takes a policy of that size"
    diagnostics.error("file-too-large", f"`{name}` is larger than 4 MiB", span, help)


def _saved(path: Path, name: str, span: Span | None, diagnostics: Diagnostics) -> bytes | None:
    """The bytes of a regular file of at most `LARGEST_FILE`."""
    try:
        return read_regular(path, LARGEST_FILE)
    except TooLarge:
        _too_large(name, span, diagnostics)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, NotRegular):
        reason = "is a folder" if path.is_dir() else "is no regular file" if path.exists() else "does not exist"
        diagnostics.error("missing-file", f"`{name}` {reason}", span, "check the path; it starts at the project root")
    except OSError as error:
        diagnostics.error(
            "unreadable-file", f"`{name}` cannot be read: {error.strerror}".lower(), span, "check its permissions"
        )
    return None
