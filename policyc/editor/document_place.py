"""Where a place of a half-typed JSON, YAML or HCL text is: the keys around it, read by brackets and indentation, so that nothing has to be whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policyc.record import record

_TOKEN: Final = re.compile(
    r"(?P<comment>(?:(?<=\s)|^)(?:#|//)[^\n]*)"
    r"|(?P<line>\n[ ]*)"
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*(?:\"|(?=\n)|$)|(?<![\w*])'[^'\n]*(?:'|(?=\n)|$))"
    r"|(?P<dash>-(?=[ \n]|$))"
    r"|(?P<sign>[{}\[\],:=])"
    r"|(?P<word>[\w*$.!&|<>/-]+(?::[\w*/.${}-]+)*)",
    re.MULTILINE,
)
_BARE: Final = re.compile(r"[\w:./*-]*\Z")
_REST: Final = re.compile(r"[\w:./*-]*")
#: what is longer is data, and nobody waits for it
_LONGEST: Final = 1_000_000


@record
class Spot:
    """`path` is the keys around a place, the outermost first, and at a value also its own; `key` tells that a key is written there, None
    that either may be. `start` to `end` is what stands there, without its quotes."""

    path: tuple[str, ...]
    key: bool | None
    start: int
    end: int


@dataclass
class _Frame:
    """Something open: a bracket (`indent` below zero), or a key or a dash of YAML's blocks. `now` is the key whose value is being written."""

    kind: str
    key: str
    indent: int = -1
    now: str | None = None
    filled: bool = False


def spot_at(text: str, offset: int, blocks: bool) -> Spot | None:
    """The place at an offset; `blocks` where indentation counts. None inside a comment, or where the text is too long."""
    if offset > _LONGEST:
        return None
    found = _BARE.search(text, text.rfind("\n", 0, offset) + 1, offset)
    start = offset if found is None else found.start()
    reader = _Reader(blocks)
    for token in _TOKEN.finditer(text, 0, offset):
        kind = token.lastgroup
        if kind == "comment" and token.end() == offset:
            return None
        if kind == "text" and token.end() == offset and not _closed(token[0]):
            rest = _REST.match(text, offset)
            return reader.spot(token.start() + 1, offset if rest is None else rest.end())
        if token.start() >= start and kind not in ("line", "dash"):
            break
        reader.take(kind or "", token[0])
    more = _REST.match(text, offset)
    end = offset if more is None else more.end()
    if text[start:end].endswith(":"):
        end -= 1
    return reader.spot(start, max(offset, end))


def _closed(token: str) -> bool:
    return (
        len(token) > 1 and token[-1] == token[0] and not (token[0] == '"' and re.search(r"(?<!\\)(\\\\)*\\\"\Z", token))
    )


class _Reader:
    def __init__(self, blocks: bool) -> None:
        self.blocks = blocks
        self.open = [_Frame("block" if blocks else "{", "")]
        self.last = ""
        self.column = 0
        self.fresh = True

    def take(self, kind: str, text: str) -> None:
        match kind:
            case "line":
                self._line(len(text) - 1)
            case "dash" if self._in_block() and self.fresh:
                self._dash()
            case "text" | "word":
                self.last = text.strip("\"'") if kind == "text" else text
                self._fill()
                self.fresh = False
            case "sign":
                self._sign(text)

    def _in_block(self) -> bool:
        return (self.blocks and self.open[-1].indent >= 0) or self.open[-1].kind == "block"

    def _line(self, indent: int) -> None:
        self.column, self.fresh, self.last = indent, True, ""
        top = self.open[-1]
        if not self._in_block() and top.filled:
            top.now, top.filled = None, False

    def _leave(self, indent: int, dash: bool) -> None:
        """Close the blocks that a line at this indentation is no part of."""
        while self.open[-1].indent > indent or (
            self.open[-1].indent == indent and (not dash or self.open[-1].kind == "-")
        ):
            self.open.pop()

    def _dash(self) -> None:
        self._leave(self.column, True)
        self.open.append(_Frame("-", "", self.column))
        self.column += 2

    def _fill(self) -> None:
        self.open[-1].filled = self.open[-1].now is not None

    def _sign(self, sign: str) -> None:
        top = self.open[-1]
        match sign:
            case ":" | "=" if self._in_block():
                if sign == ":" and self.last:
                    self._leave(self.column, False)
                    self.open.append(_Frame("key", self.last, self.column))
            case ":" | "=":
                if top.now is None:
                    top.now, top.filled = self.last, False
            case "{" | "[":
                self._fill()
                named = "" if self._in_block() or top.kind == "[" else self.last if top.now is None else top.now
                self.open.append(_Frame(sign, named))
            case "}" | "]" if len(self.open) > 1 and not self._in_block():
                self.open.pop()
            case ",":
                top.now, top.filled = None, False
        self.last, self.fresh = "", False

    def spot(self, start: int, end: int) -> Spot:
        """The place that the tokens so far lead to."""
        if self._in_block() and self.fresh:
            self._leave(self.column, False)
        top = self.open[-1]
        path = tuple(frame.key for frame in self.open if frame.key)
        key: bool | None = top.now is None
        if top.now:
            path = (*path, top.now)
        if top.kind == "[" or (top.kind == "key" and not self.fresh):
            key = False
        elif top.kind == "-":
            key = None
        return Spot(path, key, start, end)
