"""What a run saw of policies inside other files, and what it did not: an all-clear covers no more than this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policyc.diagnostics import Diagnostic, Severity
from policyc.record import record, replace
from policyc.report.screen import plural
from policyc.text import Source, Span

#: what formats without a place for it call a policy that was not read
NOT_READABLE: Final = "not-readable"

#: unreadable documents that a line names
_MOST_NAMED = 5


@record
class NotRead:
    """A policy that is there and was not read; `line` counts from 1, 0 for a file as a whole."""

    file: str
    line: int
    name: str
    reason: str

    @property
    def sentence(self) -> str:
        """`main.tf:12 (module from a registry)`."""
        return f"{self.file}{f':{self.line}' if self.line else ''} ({self.reason})"


@record
class Tally:
    """`documents` in `files` were read, `unknown` of them with values that are not known, for which `withheld` checks cannot be made."""

    documents: int = 0
    files: int = 0
    unknown: int = 0
    withheld: int = 0
    unreadable: tuple[NotRead, ...] = ()

    def plus(self, other: Tally) -> Tally:
        return Tally(
            self.documents + other.documents,
            self.files + other.files,
            self.unknown + other.unknown,
            self.withheld + other.withheld,
            (*self.unreadable, *other.unreadable),
        )

    def data(self) -> dict[str, Any]:
        """As plain data for programs."""
        return {
            "documents": self.documents,
            "files": self.files,
            "unknown": self.unknown,
            "withheld": self.withheld,
            "unreadable": [
                {"file": item.file, "line": item.line, "name": item.name, "reason": item.reason}
                for item in self.unreadable
            ],
        }


def as_findings(tally: Tally, sources: Mapping[str, Source]) -> Iterator[Diagnostic]:
    """What was not read, for formats that can tell of findings alone."""
    for item in dict.fromkeys(tally.unreadable):
        source, place = sources.get(item.file), Span(item.file, 0, 0)
        if source is not None and item.line:
            start = source.line_starts()[item.line - 1]
            place = source.span(start, start + len(source.line(item.line)))
        yield Diagnostic(
            NOT_READABLE,
            f"what stands here is not readable: {item.reason}",
            place,
            "`policyc list` says what is known of it",
            Severity.WARNING,
        )


def closing_line(tally: Tally, findings: int | None, shown: Any = str) -> str:
    """`14 documents in 9 files: 3 findings; 2 with unknown values (4 checks withheld); 1 not readable: main.tf:12 (module from a registry)`. What is called
    from several places is named once; `findings` is None beside policy files, whose findings it counts as well."""
    what = f"{plural(tally.documents, 'document')} in {plural(tally.files, 'file')}"
    parts = [
        f"beside the policy files: {what}"
        if findings is None
        else f"{what}: {plural(findings, 'finding') if findings else 'no findings'}"
    ]
    if tally.unknown:
        held = f" ({plural(tally.withheld, 'check')} withheld)" if tally.withheld else ""
        parts.append(f"{tally.unknown} with unknown values{held}")
    if tally.unreadable:
        named = list(dict.fromkeys(replace(item, file=shown(item.file)).sentence for item in tally.unreadable))
        more = len(named) - _MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        parts.append(f"{len(named)} not readable: {', '.join(named[:_MOST_NAMED])}{rest}")
    return "; ".join(parts)
