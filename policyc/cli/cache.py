"""The memory of `check`: when nothing that matters has changed, the last answer is given again.

One file per command line lies in `<root>/.policyc-cache/`: the record as Python writes it to disk, then a line with a keyed digest of that. It records the
version and build of policyc, the command line, how the output looks, the configuration's and every input file's digest, and
the report. Beside it, as JSON with such a line, lies what was found in each document and host file (`policyc.workspace.remembered`), for runs in which some of
them have changed. The digest's key is random, belongs to the user and lies outside the project, so that a cache folder
which arrives with somebody else's branch proves nothing here and is ignored; so is one that is broken or cut short. Nothing in
this module may fail a run: without a cache the answer is worked out anew.

Imports stay minimal, because this runs before everything else.
"""

from __future__ import annotations

import marshal
import os
import sys

from policyc.bounded import read_regular
from policyc.cli.terminal import VARIABLES, is_terminal, width_of, write_utf_8
from policyc.version import VERSION
from policyc.workspace.places import CONFIG, WORKSPACES, find_config, find_repository

try:  # the C module itself: `hashlib` would load OpenSSL first
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - other Python implementations
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, TextIO

    from policyc.workspace.remembered import Remembered

FORMAT_VERSION = 1
FOLDER = ".policyc-cache"
#: files whose coming and going changes a report: policies, what folders are searched for (`policyc.workspace.documents.natives`), the
#: configuration of a project below, and the mark of an output folder, which is not searched
_COUNTED = (".policy", ".cedar", ".json", ".tf", ".tofu", ".yaml", ".yml", ".template", ".gitignore", CONFIG)
_PACKAGE = os.path.dirname(os.path.abspath(os.path.dirname(__file__)))
_LARGEST = 8 * 1024 * 1024
_LARGEST_ANSWERS = 64 * 1024 * 1024


class _Changed(Exception):
    """Something is not as it was recorded, so the record does not apply."""


def recall(argv: Sequence[str], out: TextIO | None) -> int | None:
    """Print the remembered report of this command line and return its exit status; None when there is none that applies."""
    if out is None or "--no-cache" in argv:
        return None
    try:
        place = _locate(argv)
        if place is None:
            return None
        root, config = place
        # whoever cannot read the user's key cannot have written it, so that it need not be read as carefully as JSON, which takes
        # longer to import than all the rest
        entry = _current(marshal.loads(_read(_entry_path(root, argv), _LARGEST)))
        _require(entry["circumstances"] == _circumstances(argv, root, config, out))
        _require(_same_files(entry, root))
        text, status = entry["report"], entry["status"]
        if not (isinstance(text, str) and status in (0, 1)):
            return None
    except (_Changed, OSError, ValueError, EOFError, KeyError, TypeError, RecursionError):
        return None
    try:
        write_utf_8(out)
        out.write(text)
        out.flush()
    except (OSError, UnicodeError):
        return None
    return int(status)


def remember(
    argv: Sequence[str],
    out: TextIO,
    inputs: Sequence[str],
    sources: Mapping[str, str],
    looked: Sequence[str],
    report: str,
    status: int,
) -> bool:
    """Keep a report. `inputs` are the absolute paths that were searched, `sources` the text of every file that took part by its
    root-relative name, `looked` the names of further files that were opened. Returns whether it was kept; failing to is no error."""
    try:
        place = _locate(argv)
        if place is None:
            return False
        root, config = place
        files = {name: _digest(text.encode()) for name, text in sources.items()}
        files |= {name: _digest(_bytes(os.path.join(root, name))) for name in looked}
        walks = {path: sorted(_walk(path)) for path in inputs}
        entry = {
            "format_version": FORMAT_VERSION,
            "circumstances": _circumstances(argv, root, config, out),
            "walks": walks,
            "files": files,
            "report": report,
            "status": status,
        }
        if not _same_files(entry, root):
            return False
        _write(_entry_path(root, argv), marshal.dumps(entry), _LARGEST)
    except (_Changed, OSError, ValueError):
        return False
    return True


def answers(root: str, settings: str) -> Remembered:
    """What earlier runs with the same settings (as a text that says them all) found in single files of a project."""
    import json

    from policyc.workspace.remembered import Remembered

    def load() -> tuple[str, Mapping[str, Any]]:
        try:
            kept = _current(json.loads(_read(_answers_path(root, settings), _LARGEST_ANSWERS)))["answers"]
            _require(isinstance(kept, dict))
        except (_Changed, OSError, ValueError, KeyError, TypeError, RecursionError):
            kept = {}
        return json.dumps([VERSION, build_stamp(), sys.version, sys.flags.optimize, settings]), kept

    return Remembered(load)


def keep_answers(root: str, settings: str, known: Remembered) -> bool:
    """Keep what this run found in single files, in place of what was known before. Returns whether it is kept; failing to is no error."""
    if known.is_new:
        import json

        entry = {"format_version": FORMAT_VERSION, "answers": known.now}
        try:
            _write(_answers_path(root, settings), json.dumps(entry).encode("ascii"), _LARGEST_ANSWERS)
        except (_Changed, OSError, ValueError):
            return False
    return True


def _answers_path(root: str, settings: str) -> str:
    return os.path.join(root, FOLDER, f"files-{_digest(settings.encode('utf-8', 'surrogatepass'))[:16]}.json")


def _locate(argv: Sequence[str]) -> tuple[str, str | None] | None:
    """The root and configuration that a command line leads to; None when options choose them (then nothing is remembered)."""
    if any(word.startswith(("--root", "--config")) for word in argv):
        return None
    here = os.getcwd()
    config = find_config(here)
    root = here if config is None else os.path.dirname(config)
    return os.path.realpath(root), config


def _circumstances(argv: Sequence[str], root: str, config: str | None, out: TextIO) -> dict[str, Any]:
    """Everything but the input files that the report depends on."""
    return {
        "policyc": VERSION,
        "build": build_stamp(),
        "python": sys.version,
        "argv": list(argv),
        "cwd": os.getcwd(),
        "root": root,
        "config": None if config is None else _digest(_bytes(config)),
        "terminal": is_terminal(out),
        "width": width_of(out, os.environ),
        "environment": {name: os.environ.get(name) for name in (*VARIABLES, *WORKSPACES)},
        "repository": find_repository(root, os.environ),
    }


def build_stamp() -> str:
    """A digest of the size and time of every file of policyc and its data, and of the folders that hold its dependencies, so
    that another build never answers from this one's memory."""
    lines: list[str] = []
    folders = [_PACKAGE]
    if not os.path.isdir(os.path.join(_PACKAGE, "_data")):  # a checkout: the data lies beside the package
        folders += [os.path.join(os.path.dirname(_PACKAGE), name) for name in ("grammars", "schemas")]
    while folders:
        folder = folders.pop()
        for entry in os.scandir(folder):
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir():
                folders.append(entry.path)
            else:
                about = entry.stat()
                lines.append(f"{entry.path}\0{about.st_size}\0{about.st_mtime_ns}")
    for folder in sys.path:
        if folder.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder):
            lines.append(f"{folder}\0{os.stat(folder).st_mtime_ns}")
    return _digest("\n".join(sorted(lines)).encode())


def _same_files(entry: Mapping[str, Any], root: str) -> bool:
    """Whether the paths that were asked for still hold the same files, and every file the same bytes, without symbolic links."""
    for path, names in entry["walks"].items():
        if sorted(_walk(path)) != names:
            return False
    real: set[str] = set()
    for name, digest in entry["files"].items():
        path = os.path.join(root, name)
        folder = os.path.dirname(path)
        if folder not in real:
            if os.path.realpath(folder) != folder:
                return False
            real.add(folder)
        if _digest(_bytes(path)) != digest:
            return False
    return True


def _walk(path: str) -> Iterator[str]:
    """The files that count at or below an absolute path, hidden folders left out; a symbolic link ends the matter."""
    _require(os.path.realpath(path) == path)
    if not os.path.isdir(path):
        yield path
        return
    folders = [path]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    _require(not entry.name.endswith(_COUNTED))
                elif entry.is_dir():
                    if not entry.name.startswith("."):
                        folders.append(entry.path)
                elif entry.name.endswith(_COUNTED):
                    yield entry.path


def _require(condition: bool) -> None:
    if not condition:
        raise _Changed


def _digest(data: bytes) -> str:
    return str(blake2b(data, digest_size=20).hexdigest())


def _bytes(path: str) -> bytes:
    return read_regular(path, _LARGEST, follow=False)


def _entry_path(root: str, argv: Sequence[str]) -> str:
    name = _digest("\0".join([os.getcwd(), *argv]).encode("utf-8", "surrogateescape"))
    return os.path.join(root, FOLDER, f"check-{name[:16]}")


def _read(path: str, largest: int) -> bytes:
    """What this user kept there."""
    _require(not os.path.islink(os.path.dirname(path)))
    body, _, seal = read_regular(path, largest, follow=False).rpartition(b"\n")
    key = _key(create=False)
    _require(seal.decode("ascii") == _seal(body, key))
    return body


def _current(entry: Any) -> dict[str, Any]:
    _require(isinstance(entry, dict) and entry["format_version"] == FORMAT_VERSION)
    found: dict[str, Any] = entry
    return found


def _write(path: str, data: bytes, largest: int) -> None:
    folder = os.path.dirname(path)
    _require(not os.path.islink(folder))
    os.makedirs(folder, exist_ok=True)
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.lexists(ignore):
        with open(ignore, "x", encoding="utf-8") as file:
            file.write("*\n")
    _require(len(data) < largest)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "xb") as out:
        out.write(data + b"\n" + _seal(data, _key(create=True)).encode())
    os.replace(temporary, path)


def _seal(body: bytes, key: bytes) -> str:
    return str(blake2b(body, key=key, digest_size=32).hexdigest())


def _key(create: bool) -> bytes:
    """The user's own random key, made on first use in a file that only they can read."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    _require(os.path.isabs(base))
    path = os.path.join(base, "policyc", "check-key")
    if create and not os.path.exists(path):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32))
    key = _bytes(path)
    _require(len(key) == 32)
    return key
