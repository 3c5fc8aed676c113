"""What `build --to` writes, read again by our own carriers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from policyc.carriers.embedded import Embedded, Options, PlacedText
from policyc.carriers.registry import carrier, recognized
from policyc.diagnostics import Diagnostics
from policyc.emitting.registry import form
from policyc.emitting.templates import Opened, open_templates
from policyc.ir.program import Program
from policyc.model.files import load_files
from policyc.targets.base import Document
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source

FORMS = ("cloudformation", "sam", "cdk", "terraform", "terraform-json", "kubernetes", "helm")


def opened(root: Path, params: Mapping[str, str] | None = None, targets: Sequence[str] = ()) -> Opened:
    """Everything that the policies in the folder `policies` of a root build, with their parameters open; fails with what was found."""
    found = Diagnostics()
    opened = try_open(root, params or {}, targets, found)
    assert opened is not None, list(found)
    assert not found.has_errors, list(found)
    return opened


def try_open(root: Path, params: Mapping[str, str], targets: Sequence[str], found: Diagnostics) -> Opened | None:
    paths = sorted((root / "policies").rglob("*.policy"))
    modules = load_files(root, paths, found).modules

    def compile(values: Mapping[str, str]) -> tuple[Program, Sequence[Document], Diagnostics]:
        told = Diagnostics()
        program = load_program(root, paths, {**params, **values}, told)
        if told.has_errors:
            return program, (), told
        documents = emit_documents(program, told)
        return (
            program,
            [item for name, held in documents.items() if not targets or name in targets for item in held],
            told,
        )

    return open_templates(compile, modules, params, found)


def written(opened: Opened, name: str) -> dict[str, str]:
    """The files of one form."""
    found = Diagnostics()
    files = form(name).write(opened, found)
    assert list(found) == []
    return {path: item.text for path, item in files.items()}


def read_back(files: Mapping[str, str], values: Mapping[str, str] | None = None) -> list[Embedded]:
    """Every document in some files, as the carriers of the formats see it."""
    options = Options(values or {}, files.get, lambda folder: () if folder else tuple(sorted(files)))
    out: list[Embedded] = []
    for path, text in files.items():
        format = recognized(path, text.encode())
        if not format:
            continue
        found = Diagnostics()
        carried = carrier(format).carried(Source(path, text), options, found)
        assert (list(found), carried.unreadable) == ([], ()), text
        out += carried.documents
    return out


def plain(item: Embedded) -> Any:
    """A document as data; a Cedar text as it is."""
    if not isinstance(item.content, PlacedText):
        return item.content.plain()
    return item.content.value if item.kind == "cedar" else json.loads(item.content.value)


_ACTION = re.compile(r'\{\{ (?:"(\{\{?)"|(?:(toJson|int64) )?\.Values\.(\w+)) \}\}')


def manifests(files: Mapping[str, str]) -> list[Any]:
    """The policies of manifests, by a reader of YAML; texts with braces look like templates to our own."""
    import yaml

    held = [tree for text in files.values() for tree in yaml.safe_load_all(text)]
    return [json.loads(tree["spec"]["forProvider"]["policy"]) for tree in held]


def rendered(files: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """A chart with its few sorts of actions carried out, as `helm template` does it."""

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        value = values[found[3]]
        return json.dumps(value) if found[2] == "toJson" else str(value)

    return {path: _ACTION.sub(one, text) for path, text in files.items() if path.startswith("templates/")}
