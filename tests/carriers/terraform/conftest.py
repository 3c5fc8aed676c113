"""What the tests of this folder share: a folder of files checked as `policyc check .` does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.record import record
from policyc.report.tally import Tally
from policyc.text import Source
from policyc.workspace.documents.native_files import check_natives
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_text import Sort, recognize

_FILE = re.compile(r"^=== (\S+)\n", re.MULTILINE)


@record
class Checked:
    """`found` has `file:line rule` of each error and warning; a file whose lines nobody knows would fail here."""

    found: tuple[str, ...]
    tally: Tally
    sources: Mapping[str, Source]
    said: tuple[str, ...] = ()


Check = Callable[..., Checked]


def split(text: str) -> dict[str, str]:
    """The files of a text in which `=== NAME` begins each; all of it is `main.tf` where there is none."""
    parts = _FILE.split(text.lstrip("\n"))
    return {"main.tf": text} if len(parts) == 1 else dict(zip(parts[1::2], parts[2::2]))


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(text: str, values: Mapping[str, str] | None = None, notes: bool = False) -> Checked:
        for name, content in split(text).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        shown = (path for path in tmp_path.rglob("*.*") if not any(part.startswith(".") for part in path.parts))
        paths = sorted(path for path in shown if recognize(path) in (Sort.OURS, Sort.HOST))
        found = Diagnostics()
        settings = NativeSettings(values=values or {})
        checked = check_natives(tmp_path.resolve(), paths, found, settings)
        rows = []
        for item in found.sorted():
            if item.severity is Severity.INFO and not notes:
                continue
            place = "-"
            if item.span is not None:
                source = checked.sources[item.span.file]
                place = f"{item.span.file}:{source.position(item.span.start).line}"
            rows.append(f"{place} {item.rule}")
        return Checked(tuple(rows), checked.tally, checked.sources, tuple(item.message for item in found))

    return run
