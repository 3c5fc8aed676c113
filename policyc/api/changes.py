"""`policyc.diff`: what changes between two versions, over all requests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyc.api.documents import Document, check_kind, path_of, source_of
from policyc.api.results import Findings, PolicyError
from policyc.diagnostics import Diagnostics

if TYPE_CHECKING:
    from policyc.report.changes import Changes
    from policyc.workspace.sides.side import Side


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found. Truthy when something differs."""

    found: Changes

    @property
    def same(self) -> bool:
        """Every request is proven to be answered alike."""
        return self.settled and not self.found.differs

    @property
    def settled(self) -> bool:
        """There are no other changes than those that were found."""
        return self.found.settled

    @property
    def widens(self) -> bool:
        """Some request may newly be allowed."""
        return self.found.widens

    @property
    def data(self) -> dict[str, Any]:
        """Plain data: the part of `schemas/changes.schema.json` without its head."""
        from policyc.report.changes import changes_data

        return changes_data(self.found)

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The classes of requests that are answered differently, of all documents, as plain data."""
        return [entry for item in self.data["documents"] for entry in item["changes"]]

    def text(self, width: int = 80) -> str:
        """The report for people."""
        from policyc.report.changes import render_changes
        from policyc.report.options import Options

        return render_changes(self.found, Options(width=width))

    def __repr__(self) -> str:
        told = "the same" if self.same else f"{len(self.changes)} changes"
        return f"<Comparison: {told}{'' if self.settled else ', not settled'}>"

    def __bool__(self) -> bool:
        return self.found.differs

    def __str__(self) -> str:
        return self.text()


def diff(old: Document, new: Document, *, kind: str = "", alone: bool = False) -> Comparison:
    """What changes from `old` to `new` over all requests: documents (a dict, text or a file), or paths of folders and projects.

    `kind` is one of those that `policyc diff --as` takes; `alone` compares each document by itself. Raises `PolicyError`.
    """
    from policyc.workspace.compare.whole import compare_sides

    diagnostics = Diagnostics()
    sides = [side_of(item, name, kind, diagnostics) for item, name in ((old, "old"), (new, "new"))]
    before, after = sides
    found = None
    if not diagnostics.has_errors:
        single = len(before.pieces) == len(after.pieces) == 1
        found = compare_sides(before, after, single, diagnostics, alone)
    if found is None:
        raise PolicyError(Findings(diagnostics, {**before.sources, **after.sources}))
    return Comparison(found)


def side_of(document: Document, name: str, kind: str, diagnostics: Diagnostics) -> Side:
    """A document, or what a path holds, as one side; what cannot be read is reported."""
    from policyc.workspace.sides.pieces import Piece
    from policyc.workspace.sides.side import Side, read_side

    check_kind(kind)
    path = path_of(document, name)
    if path is None:
        source = source_of(document, name)
        return Side(source.file, {"document": Piece("document", kind, source)}, {}, {source.file: source})
    where = Path(path).resolve()
    if not where.exists():
        diagnostics.error("missing-path", f"`{path}` does not exist", None, "check the path")
        return Side(path, {}, {}, {})
    return read_side(path, where, where if where.is_dir() else where.parent, diagnostics, kind)
