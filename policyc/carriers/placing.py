"""Where the characters of a string stand in its host: JSON strings with escapes, and YAML's plain, quoted, literal and folded scalars.

Each run of characters that stand in the host as they are is one exact piece, each escape one inexact piece. Where the text that is found so is not the text that the host's
reader read, there are no pieces, and the whole value is the place. Source: RFC 8259 section 7; YAML 1.1 sections 9.1 and 9.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from policyc.carriers.embedded import LatePieces, Piece, PlacedText
from policyc.regex import regex
from policyc.text import Source, Span

_JSON_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_YAML_ESCAPES: Final = {
    **_JSON_ESCAPES,
    "0": "\0",
    "a": "\a",
    "e": "\x1b",
    "v": "\v",
    " ": " ",
    "\t": "\t",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_CODE: Final = {"x": 2, "u": 4, "U": 8}
_HEADER: Final = regex(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n")

#: the text of a run, its place, and whether each character stands there
_Run = tuple[str, int, int, bool]


def placed(source: Source, span: Span, value: str) -> PlacedText:
    """A string value that the host has at a place; one of another file is told as a whole."""
    pieces = LatePieces(lambda: _pieces(source, span, value)) if span.file == source.file else ()
    return PlacedText(value, pieces, span)


def _pieces(source: Source, span: Span, value: str) -> tuple[Piece, ...]:
    runs = _runs(source.text, span.start, span.end)
    pieces: list[Piece] = []
    texts: list[str] = []
    size = 0
    for text, start, end, exact in _joined(runs):
        pieces.append(Piece(size, source.span(start, end), exact))
        texts.append(text)
        size += len(text)
    read = "".join(texts)
    if read != value:
        if not value or not (read.startswith(value) or value.startswith(read)) or read.strip() != value.strip():
            return ()
        pieces = [piece for piece in pieces if piece.at < len(value)]
    return tuple(pieces)


def _joined(runs: Iterator[_Run]) -> Iterator[_Run]:
    """Neighbouring exact runs as one."""
    held: _Run | None = None
    for run in runs:
        if not run[0]:
            continue
        if held is not None and held[3] and run[3] and held[2] == run[1]:
            held = (held[0] + run[0], held[1], run[2], True)
        else:
            if held is not None:
                yield held
            held = run
    if held is not None:
        yield held


def _runs(text: str, start: int, end: int) -> Iterator[_Run]:
    first = text[start : start + 1]
    if first == '"':
        return _double(text, start + 1, end - 1)
    if first == "'":
        return _folded_lines(text, start + 1, end - 1, _single)
    if first in ("|", ">") and _HEADER.match(text, start):
        return _block(text, start, end)
    return _folded_lines(text, start, end, _plain)


def _plain(text: str, start: int, end: int) -> Iterator[_Run]:
    yield text[start:end], start, end, True


def _single(text: str, start: int, end: int) -> Iterator[_Run]:
    at = start
    while (quote := text.find("''", at, end)) >= 0:
        yield text[at:quote], at, quote, True
        yield "'", quote, quote + 2, False
        at = quote + 2
    yield text[at:end], at, end, True


def _double(text: str, start: int, end: int) -> Iterator[_Run]:
    yield from _folded_lines(text, start, end, _escaped)


def _escaped(text: str, start: int, end: int) -> Iterator[_Run]:
    at = start
    while (slash := text.find("\\", at, end)) >= 0:
        yield text[at:slash], at, slash, True
        char = text[slash + 1 : slash + 2]
        if char in _CODE:
            stop = slash + 2 + _CODE[char]
            code = _number(text[slash + 2 : stop])
            if 0xD800 <= code < 0xDC00 and text[stop : stop + 2] == "\\u":
                low = _number(text[stop + 2 : stop + 6])
                code, stop = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), stop + 6
            yield chr(code) if 0 <= code < 0x110000 else "", slash, stop, False
        else:
            stop = slash + 2
            yield _YAML_ESCAPES.get(char, char), slash, stop, False
        at = stop
    yield text[at:end], at, end, True


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1


def _folded_lines(text: str, start: int, end: int, inner: Callable[[str, int, int], Iterator[_Run]]) -> Iterator[_Run]:
    """A flow scalar: a line break with the blanks around it is a blank, and each empty line more is a line break."""
    at = start
    while (line := text.find("\n", at, end)) >= 0:
        stop = line
        while stop > at and text[stop - 1] in " \t\r":
            stop -= 1
        following = line + 1
        empty = 0
        while following < end:
            while following < end and text[following] in " \t\r":
                following += 1
            if following < end and text[following] == "\n":
                empty += 1
                following += 1
            else:
                break
        if text[stop - 1 : stop] == "\\" and inner is _escaped and not _is_escaped(text, stop - 1, at):
            yield from inner(text, at, stop - 1)
            yield "\n" * empty, stop - 1, following, False
        else:
            yield from inner(text, at, stop)
            yield "\n" * empty or " ", stop, following, False
        at = following
    yield from inner(text, at, end)


def _is_escaped(text: str, at: int, start: int) -> bool:
    """Whether a backslash is the second one of a pair."""
    count = 0
    while at > start and text[at - 1] == "\\":
        count, at = count + 1, at - 1
    return count % 2 == 1


def _block(text: str, start: int, end: int) -> Iterator[_Run]:
    """A literal or folded block; its indentation is that of its first line that holds something, or is told in its header."""
    header = _HEADER.match(text, start)
    assert header is not None
    lines = [(at, stop) for at, stop in _lines(text, header.end(), end)]
    told = re.search(r"[0-9]", header[0].partition("#")[0])
    indent = next((_indent(text, at, stop) for at, stop in lines if text[at:stop].strip()), 0)
    if told is not None:
        line_start = text.rfind("\n", 0, start) + 1
        above = len(text[line_start:start]) - len(text[line_start:start].lstrip(" "))
        indent = min(indent, above + int(told[0])) if indent else above + int(told[0])
    if header[0][0] == "|":
        for at, stop in lines:
            begin = min(at + indent, stop)
            yield text[begin:stop], begin, stop, True
            yield "\n", stop, min(stop + 1, len(text)), False
        return
    for number, (at, stop) in enumerate(lines):
        begin = min(at + indent, stop)
        yield text[begin:stop], begin, stop, True
        more = text[begin : begin + 1] in (" ", "\t")
        nxt = next(((a, s) for a, s in lines[number + 1 :]), None)
        if nxt is None or more or begin == stop:
            joint = "\n"
        else:
            there = min(nxt[0] + indent, nxt[1])
            if there == nxt[1]:
                joint = ""
            else:
                joint = "\n" if text[there] in " \t" else " "
        yield joint, stop, min(stop + 1, len(text)), False


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while at < end:
        line = text.find("\n", at, end)
        stop = end if line < 0 else line
        yield at, stop - 1 if text[stop - 1 : stop] == "\r" and stop > at else stop
        at = stop + 1


def _indent(text: str, at: int, stop: int) -> int:
    return len(text[at:stop]) - len(text[at:stop].lstrip(" "))
