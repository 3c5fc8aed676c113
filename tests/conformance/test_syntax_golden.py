"""Folders under tests/golden/syntax: a text, the tree it gives, its canonical form, the errors it has.

Set POLICYC_UPDATE=1 to write the files anew, then read the difference.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.syntax.format import format_module
from policyc.syntax.nodes import Comment, Field, Ident, Key, Module, Ref, Str
from policyc.syntax.parser import parse
from policyc.text import Source, Span

GOLDEN = Path(__file__).parent.parent / "golden" / "syntax"
CASES = sorted(path.parent for path in GOLDEN.glob("*/input.policy"))


def dump(value: Any, depth: int = 0) -> list[str]:
    """One line per node: its type, its plain fields, and its doc comment."""
    pad = "  " * depth
    match value:
        case Ident():
            return [f"{pad}{value.text}"]
        case Ref():
            return [f"{pad}ref " + " ".join(p.name if isinstance(p, Field) else repr(p.text) for p in value.parts)]
        case Str():
            return [f"{pad}{value.value!r}"]
        case tuple() | list():
            return [line for item in value for line in dump(item, depth)]
        case Field() | Key() | Comment() | Span():
            raise AssertionError(value)
    if not dataclasses.is_dataclass(value):
        return [f"{pad}{value!r}"]
    lines = [pad + type(value).__name__]
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if field.name in ("span", "comments", "line", "mentioned"):
            continue
        if field.name == "doc" and not part:
            continue
        if isinstance(part, str | int | None):
            lines[0] += f" {field.name}={part!r}"
        elif isinstance(part, Ident):
            lines[0] += f" {field.name}={part.text}"
        else:
            lines.append(f"{pad}  .{field.name}")
            lines += dump(part, depth + 2)
    return lines


def describe(source: Source, diagnostics: Diagnostics) -> str:
    lines = []
    for item in diagnostics.sorted():
        assert item.span is not None
        start, end = source.position(item.span.start), source.position(item.span.end)
        lines.append(f"{start.line}:{start.column}-{end.line}:{end.column} {item.rule}: {item.message}")
        lines.append(f"    help: {item.help}")
        lines += [f"    {source.position(label.span.start).line}: {label.message}" for label in item.labels]
    return "\n".join(lines) + "\n"


def outputs(case: Path) -> dict[str, str]:
    text = (case / "input.policy").read_text(encoding="utf-8")
    source = Source("input.policy", text)
    diagnostics = Diagnostics()
    module = parse(source, diagnostics)
    files = {"tree.txt": "\n".join(dump(module)) + "\n"}
    if len(diagnostics):
        files["errors.txt"] = describe(source, diagnostics)
    else:
        files["format.policy"] = format_module(module, source)
    return files


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_folder(case: Path) -> None:
    files = outputs(case)
    if os.environ.get("POLICYC_UPDATE") == "1":
        for name in ("tree.txt", "errors.txt", "format.policy"):
            (case / name).unlink(missing_ok=True)
        for name, text in files.items():
            (case / name).write_text(text, encoding="utf-8")
    stored = {path.name for path in case.iterdir()} - {"input.policy"}
    assert stored == set(files)
    for name, text in files.items():
        assert (case / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize("case", [case for case in CASES if (case / "format.policy").exists()], ids=lambda c: c.name)
def test_the_canonical_form_is_a_fixed_point(case: Path) -> None:
    text = (case / "format.policy").read_text(encoding="utf-8")
    source = Source("input.policy", text)
    diagnostics = Diagnostics()
    module = parse(source, diagnostics)
    assert len(diagnostics) == 0
    assert format_module(module, source) == text
    original = parse(Source("input.policy", (case / "input.policy").read_text(encoding="utf-8")), Diagnostics())
    assert isinstance(original, Module)
    assert module == original
