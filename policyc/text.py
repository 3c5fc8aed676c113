"""Source text and positions: the bottom of the house; imports nothing of policyc."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from policyc.record import field, light, record


@light(order=True)
class Span:
    """A half-open range of one file.

    `file` is the path relative to the project root with `/` separators;
    `start` and `end` count characters (code points), not bytes.
    """

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that covers this one and `other` of the same file."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))

    def at_start(self) -> Span:
        """The empty span just before this one."""
        return Span(self.file, self.start, self.start)


@record
class Position:
    """A place for people: `line` and `column` count from 1, the column in characters."""

    line: int
    column: int


@record(frozen=False)
class Source:
    """One file's text with its line index, made on first use."""

    file: str
    text: str
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def line_starts(self) -> list[int]:
        """Offsets at which the lines begin; a line ends with `\\n` (a `\\r` before it belongs to the line)."""
        if not self._starts:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> Position:
        """Line and column of a character offset; an offset past the end counts as the end."""
        offset = max(0, min(offset, len(self.text)))
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line break; empty past the end."""
        starts = self.line_starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, start, end)


def listed(texts: Sequence[str], most: int = 4) -> str:
    """Some of the texts, and how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def plural(count: int, noun: str) -> str:
    """`1 error`, `2 errors`, `1,204 files`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def is_within(inner: Span, outer: Span) -> bool:
    """Whether all of one place lies in another."""
    return inner.file == outer.file and outer.start <= inner.start and inner.end <= outer.end
