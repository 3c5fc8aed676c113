"""Source frames: the lines that a finding is about, with line numbers, carets and the label texts.

```
  --> policies/shop.policy:3:8
   |
 3 |   who ordr_fn
   |       ^^^^^^^ not defined here
```

A frame never grows with the size of the input: a long line is windowed around its span, a long span shows its ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.record import record
from policyc.report.options import Options
from policyc.report.screen import ELLIPSIS, cell, cells, clean, paint, wrap
from policyc.text import Position, Source, Span

#: at most this many label lines beside the primary one; more would bury it
_MOST_LABELS = 8


@record
class Mark:
    """One span to show: `style` colours it, `primary` gives carets instead of dashes."""

    span: Span
    text: str
    style: str
    primary: bool


@record
class _Place:
    mark: Mark
    start: Position
    end: Position

    @property
    def is_block(self) -> bool:
        return self.end.line > self.start.line


def frames(marks: Sequence[Mark], sources: Mapping[str, Source], options: Options) -> list[str]:
    """The frames for the primary mark (the first) and its labels, grouped by file, as lines without line breaks.

    A file that is not among `sources` gets its arrow line only.
    """
    shown = marks[: 1 + _MOST_LABELS]
    places = [_place(mark, sources.get(mark.span.file)) for mark in shown]
    widest = max(_last_line(place) for place in places)
    gutter = len(str(widest)) + 1
    lines: list[str] = []
    for file in dict.fromkeys(place.mark.span.file for place in places):
        group = [place for place in places if place.mark.span.file == file]
        lines += _one_file(group, sources.get(file), gutter, options)
    if len(marks) > len(shown):
        rest = len(marks) - len(shown)
        lines.append(paint(" " * gutter + f" = and {rest} more places", "faint", options.color))
    return lines


def located(span: Span, sources: Mapping[str, Source], options: Options) -> str:
    """`file:line:column` for people; the file alone when its text is not at hand."""
    name = clean(options.names.shown(span.file))
    source = sources.get(span.file)
    if source is None:
        return name
    at = source.position(span.start)
    return f"{name}:{at.line}:{at.column}"


def _place(mark: Mark, source: Source | None) -> _Place:
    if source is None:
        return _Place(mark, Position(1, 1), Position(1, 1))
    start = source.position(mark.span.start)
    end = source.position(max(mark.span.end, mark.span.start))
    if end.line > start.line and end.column == 1:
        # A span that ends with its line break belongs to the line before.
        last = source.line(end.line - 1)
        end = Position(end.line - 1, len(last) + 1)
    if not mark.primary and end.line > start.line:
        end = Position(start.line, len(source.line(start.line)) + 1)
    return _Place(mark, start, end)


def _last_line(place: _Place) -> int:
    return max(place.start.line, place.end.line)


def _one_file(places: Sequence[_Place], source: Source | None, gutter: int, options: Options) -> list[str]:
    first = places[0]
    arrow = "-->" if first.mark.primary else ":::"
    name = clean(options.names.shown(first.mark.span.file))
    color = options.color
    if source is None:
        lines = [" " * gutter + paint(arrow, "frame", color) + " " + name]
        return lines + [f"{' ' * gutter}  {text}" for place in places for text in _label_lines(place, options)]
    where = f"{name}:{first.start.line}:{first.start.column}"
    empty = " " * gutter + " " + paint("|", "frame", color)
    lines = [" " * gutter + paint(arrow, "frame", color) + " " + where, empty]
    block = first if first.is_block else None
    numbers = {place.start.line for place in places}
    if block is not None:
        numbers |= _block_lines(block)
    previous = 0
    for number in sorted(numbers):
        if previous and number > previous + 1:
            lines.append(" " * gutter + paint("...", "frame", color))
        lines += _one_line(number, places, source, block, gutter, options)
        previous = number
    return lines


def _block_lines(place: _Place) -> set[int]:
    """The lines of a multi-line span that are shown: all of a short one, the ends of a long one."""
    first, last = place.start.line, place.end.line
    if last - first <= 5:
        return set(range(first, last + 1))
    return {first, first + 1, first + 2, last}


def _one_line(
    number: int, places: Sequence[_Place], source: Source, block: _Place | None, gutter: int, options: Options
) -> list[str]:
    color = options.color
    inside = block is not None and block.start.line < number <= block.end.line
    opens = block is not None and block.start.line == number
    style = block.mark.style if block is not None else "error"
    bar = ""
    if block is not None:
        bar = paint("/ " if opens else "| " if inside else "  ", style, color)
    room = max(options.width - gutter - 3 - (2 if block is not None else 0), 20)
    here = sorted(
        (place for place in places if place.start.line == number and not place.is_block),
        key=lambda place: (not place.mark.primary, place.start.column),
    )
    text = source.line(number)
    focus = _focus(here, block, number, len(text))
    shown, spots = _window(text, focus, [(place.start.column - 1, place.end.column - 1) for place in here], room)
    label = paint(f"{number:>{gutter}} |", "frame", color)
    lines = [f"{label} {bar}{shown}".rstrip()]
    margin = " " * gutter + " " + paint("|", "frame", color) + " "
    under = paint("| ", style, color) if inside or opens else "  " if block is not None else ""
    if block is not None and number == block.end.line:
        under = paint("| ", style, color)
    for place, (left, right) in zip(here, spots):
        lines += _mark_lines(place, left, right, margin + under, room, options)
    if block is not None and number == block.end.line:
        closing = paint("|_^", style, color)
        texts = wrap(block.mark.text, room - 4) if block.mark.text else [""]
        lines.append((margin + closing + " " + paint(texts[0], style, color)).rstrip())
        lines += [margin + "    " + paint(text, style, color) for text in texts[1:]]
    return lines


def _focus(here: Sequence[_Place], block: _Place | None, number: int, length: int) -> tuple[int, int]:
    """The characters of a line that must stay visible when it is too long."""
    if here:
        return here[0].start.column - 1, here[0].end.column - 1
    if block is not None and block.start.line == number:
        return block.start.column - 1, block.start.column
    if block is not None and block.end.line == number:
        return max(0, block.end.column - 2), block.end.column - 1
    return 0, min(1, length)


def _window(
    text: str, focus: tuple[int, int], spans: Sequence[tuple[int, int]], room: int
) -> tuple[str, list[tuple[int, int]]]:
    """The part of a line to show and, for each span, its first and end cell in that part (empty when out of sight).

    Looks at no more than a few times `room` characters, whatever the line's length.
    """
    first, last = _bounds(text, focus, room)
    shown = ELLIPSIS if first > 0 else ""
    at = len(shown)
    columns = [at]
    for char in text[first:last]:
        form, size = cell(char)
        shown += form
        at += size
        columns.append(at)
    if last < len(text):
        shown += ELLIPSIS
    spots: list[tuple[int, int]] = []
    for start, end in spans:
        left = min(max(start, first), last) - first
        right = min(max(end, first), last) - first
        begin, stop = columns[left], columns[right]
        visible = first <= start <= last
        spots.append((begin, max(stop, begin + 1)) if visible else (0, 0))
    return shown, spots


def _bounds(text: str, focus: tuple[int, int], room: int) -> tuple[int, int]:
    """The characters `[first, last)` to show of a line, chosen around `focus` so that they fit in `room` cells."""
    most = 4 * room
    if len(text) <= most and sum(cell(char)[1] for char in text) <= room:
        return 0, len(text)
    start = min(focus[0], len(text))
    usable = room - 2 * len(ELLIPSIS)
    wanted = sum(cell(char)[1] for char in text[start : min(focus[1], start + usable)])
    # what does not fit anyway makes room for what it belongs to
    before = usable // 3 if wanted >= usable else min(usable // 3, usable - wanted)
    first, used = _grow(text, start, -1, before, most)
    last, _ = _grow(text, start, 1, usable - used, most)
    if last >= len(text):
        # The end of the line is in sight: use what is left over for what comes before.
        tail = sum(cell(char)[1] for char in text[start:])
        first, _ = _grow(text, start, -1, max(usable - tail, 0), most)
    return first, last


def _grow(text: str, at: int, step: int, room: int, most: int) -> tuple[int, int]:
    used = 0
    taken = 0
    while taken < most and (at > 0 if step < 0 else at < len(text)):
        size = cell(text[at - 1] if step < 0 else text[at])[1]
        if used + size > room:
            break
        used += size
        at += step
        taken += 1
    return at, used


def _mark_lines(place: _Place, left: int, right: int, margin: str, room: int, options: Options) -> list[str]:
    mark = place.mark
    if (left, right) == (0, 0):
        note = f"(column {place.start.column}) {mark.text}".rstrip()
        return [margin + paint(text, mark.style, options.color) for text in wrap(note, room)]
    right = min(right, room)
    sign = ("^" if mark.primary else "-") * max(right - left, 1)
    line = " " * left + sign
    if mark.text and cells(line) + 1 + cells(mark.text) <= room:
        return [margin + paint(f"{line} {clean(mark.text)}", mark.style, options.color)]
    lines = [margin + paint(line, mark.style, options.color)]
    if mark.text:
        indent = " " * min(left, max(room - 40, 0))
        texts = wrap(mark.text, room - len(indent))
        lines += [margin + paint(indent + text, mark.style, options.color) for text in texts]
    return lines


def _label_lines(place: _Place, options: Options) -> list[str]:
    return wrap(place.mark.text, options.width - 8) if place.mark.text else []
