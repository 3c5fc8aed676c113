"""`check --fix`: put the fixes of findings into their files, the safe ones unless others are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from policyc.cli.replace_text import replace_text
from policyc.diagnostics import Applicability, Diagnostic, Edit
from policyc.model.files import is_inner_path
from policyc.text import Source


def apply_fixes(root: Path, findings: Iterable[Diagnostic], sources: Mapping[str, Source], unsafe: bool = False) -> int:
    """Apply every fix that keeps the meaning, with `unsafe` also those that somebody has to look at, and say how many findings that mended. `sources` are the texts that the findings point into.

    Of fixes that touch one another the first is applied; look again for the others. A file that changed in the meantime, or lies
    outside the root, is left alone. Each file is replaced in one step.
    """
    texts, mended = fixed_texts(findings, sources, unsafe)
    marks = {file: _mark(root, file, sources[file].text) for file in texts}
    if any(mark is None for mark in marks.values()):
        return 0
    for file, text in texts.items():
        replace_text((root / file).resolve(), f"{marks[file]}{text}")
    return mended


def fixed_texts(
    findings: Iterable[Diagnostic], sources: Mapping[str, Source], unsafe: bool
) -> tuple[dict[str, str], int]:
    """The texts of files with fixes applied that do not touch one another, and how many findings that mends."""
    chosen: dict[str, list[Edit]] = {}
    mended = 0
    for finding in findings:
        fix = finding.fix
        if fix is None or not (unsafe or fix.applicability is Applicability.SAFE):
            continue
        if all(_fits(edit, chosen.get(edit.span.file, ())) and edit.span.file in sources for edit in fix.edits):
            for edit in fix.edits:
                chosen.setdefault(edit.span.file, []).append(edit)
            mended += 1
    return {file: _edited(sources[file].text, edits) for file, edits in chosen.items()}, mended


def _fits(edit: Edit, others: Iterable[Edit]) -> bool:
    return all(edit.span.end < other.span.start or other.span.end < edit.span.start for other in others)


def _edited(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def _mark(root: Path, file: str, text: str) -> str | None:
    """The byte order mark that the file begins with, empty without one; None when the file does not hold this text any more."""
    if not is_inner_path(file):
        return None
    try:
        saved = (root / file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return {text: "", "\ufeff" + text: "\ufeff"}.get(saved)
