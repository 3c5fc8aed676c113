"""Where the stages of this room put what is wrong with a text: spans from offsets, and an end to it.

A file of junk must not give a thousand messages, so after `LIMIT` errors one more says that the rest was not read.
"""

from __future__ import annotations

from policyc.diagnostics import Applicability, Diagnostics, Edit, Fix, Label
from policyc.text import Source, Span

LIMIT = 50


class Problems:
    """Adds syntax errors of one source to a sink, at most `LIMIT` of them; `full` says that the limit is reached."""

    __slots__ = ("_diagnostics", "count", "places", "source")

    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self.source = source
        self._diagnostics = diagnostics
        self.count = 0
        #: offsets of what is wrong; for a bracket that nothing closes, where it was opened
        self.places: list[int] = []

    @property
    def full(self) -> bool:
        return self.count >= LIMIT

    def span(self, start: int, end: int) -> Span:
        return Span(self.source.file, start, end)

    def add(
        self,
        rule: str,
        message: str,
        start: int,
        end: int,
        help: str,
        replacement: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        """One error at the offsets; with `replacement` a fix that puts it in the place of the span's text."""
        if self.full:
            return
        self.count += 1
        self.places.extend([label.span.start for label in labels] or [start])
        fix = None
        span = self.span(start, end)
        if replacement is not None:
            fix = Fix(help, (Edit(span, replacement),), Applicability.UNSAFE)
        self._diagnostics.error(rule, message, span, help, labels, fix)
        if self.count == LIMIT:
            message = f"there are more than {LIMIT} syntax errors; the rest of the file was not checked"
            help = "mend the first errors and run again"
            self._diagnostics.error("syntax-error", message, self.span(start, end).at_start(), help)
