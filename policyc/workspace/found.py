"""What checking one project found, narrowed to what was asked about, and several projects as one report."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

from policyc.diagnostics import Diagnostic, Severity
from policyc.lint.registry import RULES
from policyc.record import record, replace
from policyc.report.options import Names
from policyc.report.tally import Tally
from policyc.text import Source, Span
from policyc.workspace.project import Project


@record
class Found:
    """`shown` are the findings to report, with files relative to `names.root`; `sources` the texts that they point into.
    `modules` and `natives` count the policy files and native documents that were asked about, `documents` what the policies
    compile to. `loaded` as in `Compiled`. `texts` holds every file that took part, `looked` the names of files that were looked at
    and are none of ours, `tally` says what stands inside other files."""

    names: Names
    shown: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    modules: int = 0
    natives: int = 0
    documents: int = 0
    loaded: bool = False
    texts: Mapping[str, str] = MappingProxyType({})
    looked: tuple[str, ...] = ()
    tally: Tally = Tally()


def kept(
    findings: Iterable[Diagnostic], project: Project, policies: Collection[str], everything: bool
) -> list[Diagnostic]:
    """The findings about what the command line names, and those about other files than `policies`. `everything` keeps errors of other files too, those of rules apart: where
    the project does not compile, they are why."""
    return [
        item
        for item in findings
        if item.span is None
        or item.span.file not in policies
        or project.asks_about(item.span.file)
        or (everything and item.severity is Severity.ERROR and item.rule not in RULES)
    ]


def together(parts: Sequence[Found]) -> Found:
    """Several projects in one report, their files named from the folder that holds them all."""
    if len(parts) == 1:
        return parts[0]
    top = os.path.commonpath([part.names.root for part in parts])
    moved = [_moved(part, top) for part in parts]
    return Found(
        replace(parts[0].names, root=top),
        tuple(sorted((item for part in moved for item in part.shown), key=Diagnostic.sort_key)),
        {name: source for part in moved for name, source in part.sources.items()},
        sum(part.modules for part in parts),
        sum(part.natives for part in parts),
        sum(part.documents for part in parts),
        tally=reduce(Tally.plus, (part.tally for part in moved)),
    )


def way_from(top: str, root: str) -> str:
    """What stands in front of the names of files below `root` for somebody who stands at `top`; empty for the same folder."""
    way = os.path.relpath(root, top).replace(os.sep, "/")
    return "" if way == "." else f"{way}/"


def moved_span(span: Span, way: str) -> Span:
    return replace(span, file=f"{way}{span.file}")


def moved_finding(old: Diagnostic, way: str) -> Diagnostic:
    """A finding as somebody sees it who stands further up."""
    fix = old.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(replace(edit, span=moved_span(edit.span, way)) for edit in fix.edits))
    labels = tuple(replace(label, span=moved_span(label.span, way)) for label in old.labels)
    return replace(old, span=None if old.span is None else moved_span(old.span, way), labels=labels, fix=fix)


def moved_sources(sources: Mapping[str, Source], way: str) -> dict[str, Source]:
    return {f"{way}{name}": Source(f"{way}{name}", source.text) for name, source in sources.items()}


def _moved(part: Found, top: str) -> Found:
    way = way_from(top, part.names.root)
    if not way:
        return part
    return replace(
        part,
        shown=tuple(moved_finding(old, way) for old in part.shown),
        sources=moved_sources(part.sources, way),
        tally=replace(
            part.tally, unreadable=tuple(replace(item, file=f"{way}{item.file}") for item in part.tally.unreadable)
        ),
    )
