"""Native documents (JSON, Cedar) named on a command line: which module reads which kind of file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.model.files import read_source
from policyc.record import record
from policyc.text import Source

#: file ending -> module of `policyc.cli` that handles it; `.policy` files are no natives
NATIVES: Mapping[str, str] = {".json": "native_json", ".cedar": "native_cedar"}


@record
class NativeSettings:
    """What a command line and a project say about native documents: `kind` from `--as` (empty: tell it by the shape), the
    project's `[switches]`, the trust providers from `--trust` (policy reference name -> type), and what `[lint]` says of
    warnings and notes; an error is never ignored."""

    kind: str = ""
    switches: Mapping[str, str] = MappingProxyType({})
    trust: Mapping[str, str] = MappingProxyType({})
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, str] = MappingProxyType({})


class Native(Protocol):
    """A module that handles one kind of native file."""

    def check(self, source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> None:
        """Everything that is wrong or doubtful in one document."""

    def format(self, source: Source, diagnostics: Diagnostics) -> str | None:
        """The document in canonical layout, or None after reporting why it cannot be."""


def split_natives(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The paths that are native documents by their ending, and all others. Folders are never natives."""
    natives = [path for path in paths if path.suffix in NATIVES and not path.is_dir()]
    return natives, [path for path in paths if path not in natives]


def native(path: Path) -> Native:
    """The module for a native file. Raises KeyError for an ending that nobody handles."""
    return cast(Native, import_module(f"policyc.cli.{NATIVES[path.suffix]}"))


def check_natives(
    root: Path, paths: Sequence[Path], diagnostics: Diagnostics, settings: NativeSettings
) -> dict[str, Source]:  # fmt: skip
    """Check native documents below `root`; the sources come back for the reports."""
    sources: dict[str, Source] = {}
    for path in paths:
        name = path.resolve().relative_to(root).as_posix()
        source = read_source(root, name, None, diagnostics)
        if source is not None:
            sources[name] = source
            found = Diagnostics()
            native(path).check(source, found, settings)
            diagnostics.extend(_as_configured(found, settings))
    return sources


def _as_configured(found: Diagnostics, settings: NativeSettings) -> Iterator[Diagnostic]:
    for item in found:
        if item.severity is Severity.ERROR:
            yield item
        elif item.rule not in settings.ignore:
            chosen = settings.severity.get(item.rule)
            yield item if chosen is None else replace(item, severity=Severity(chosen))
