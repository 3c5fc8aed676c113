"""Documents for the printer: text whose lists, blocks and chains lie flat on a line or one item per line.

A `Unit` is what begins a line when its container is broken: a declaration, clause, entry, list item, operand. Comments
belong to units (above them, or behind them on the line) or to containers (behind the opening mark, or before the
closing one); `attach` in `comments.py` puts them there. A container that holds a comment is always broken.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from policyc.record import field, record
from policyc.syntax.nodes import Comment
from policyc.text import Span

WIDTH = 100
INDENT = 2
HANGING = 4


class Style(Enum):
    """How a container looks: what opens and closes it, what stands between its units."""

    LIST = "[]"
    ARGUMENTS = "()"
    RECORD = "{}"
    BLOCK = "block"
    OPTIONS = "options"
    COMMAS = "commas"
    CHAIN = "chain"
    FILE = "file"


MARKS = {
    Style.LIST: ("[", "]"),
    Style.ARGUMENTS: ("(", ")"),
    Style.RECORD: ("{", "}"),
    Style.BLOCK: ("{", "}"),
    Style.OPTIONS: ("{", "}"),
    Style.COMMAS: ("", ""),
    Style.CHAIN: ("", ""),
    Style.FILE: ("", ""),
}
_TRAILING_COMMA = frozenset({Style.LIST, Style.ARGUMENTS, Style.RECORD})


@record(frozen=False)
class Lead:
    """A comment on a line of its own above a unit or before a closing mark; `blank` keeps an empty line above it."""

    text: str
    blank: bool


@record(frozen=False)
class Unit:
    """One item of a container. `blank` keeps an empty line above the item itself; `kind` is the declaration's word and
    `doc` its doc comment, both for trees without a text. The text of an `inexact` unit begins before its span (with an
    operator or a word), so empty lines above the span say nothing."""

    body: Doc
    span: Span | None = None
    kind: str = ""
    doc: str = ""
    inexact: bool = False
    leads: list[Lead] = field(default_factory=list)
    trail: Comment | None = None
    blank: bool = False


@record(frozen=False)
class Items:
    """A container of units. `operator` is what a chain puts before each unit but the first; a hanging chain begins on a
    line of its own when it is broken."""

    style: Style
    units: list[Unit]
    span: Span | None = None
    operator: str = ""
    hanging: bool = False
    head: Comment | None = None
    tail: list[Lead] = field(default_factory=list)
    forced: bool = False
    flat: str | None = None
    measured: bool = False


@record(frozen=False)
class Seq:
    """Parts one after the other."""

    parts: tuple[Doc, ...]


@record(frozen=False)
class Group:
    """Parentheses around an expression."""

    body: Doc


@record(frozen=False)
class Turn:
    """` word body` behind the parts before it, or on the next line when they fill theirs."""

    word: str
    body: Doc


Doc: TypeAlias = str | Seq | Items | Group | Turn


def flatten(doc: Doc) -> str | None:
    """The document on one line; None when it cannot be."""
    match doc:
        case str():
            return doc
        case Seq():
            return _join([flatten(part) for part in doc.parts], "")
        case Group():
            body = flatten(doc.body)
            return None if body is None else f"({body})"
        case Turn():
            body = flatten(doc.body)
            return None if body is None else f" {doc.word} {body}"
        case Items():
            if not doc.measured:
                doc.flat = _flatten_items(doc)
                doc.measured = True
            return doc.flat


def _join(parts: list[str | None], between: str) -> str | None:
    texts = [part for part in parts if part is not None]
    return between.join(texts) if len(texts) == len(parts) else None


def _flatten_items(items: Items) -> str | None:
    if items.forced or items.style is Style.FILE:
        return None
    opening, closing = MARKS[items.style]
    if not items.units:
        return opening + closing
    if items.style is Style.BLOCK or (items.style is Style.OPTIONS and len(items.units) > 1):
        return None
    between = f" {items.operator} " if items.style is Style.CHAIN else ", "
    inner = _join([flatten(unit.body) for unit in items.units], between)
    if inner is None:
        return None
    if items.style in (Style.RECORD, Style.OPTIONS):
        return f"{opening} {inner} {closing}"
    return opening + inner + closing


class Writer:
    """Puts a document into lines."""

    __slots__ = ("line", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""

    def text(self) -> str:
        """What was written, with one line break at the end; nothing for nothing."""
        lines = [*self.lines, self.line] if self.line else self.lines
        return "\n".join(lines) + "\n" if lines else ""

    def _newline(self, indent: int, blank: bool = False) -> None:
        if self.line.strip():
            self.lines.append(self.line.rstrip(" "))
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")
        self.line = " " * indent

    def _fits(self, width: int) -> bool:
        return len(self.line) + width <= WIDTH

    def write(self, doc: Doc, indent: int, reserve: int = 0) -> None:
        """Add the document; lines after the first begin at `indent`, and `reserve` columns stay free behind it."""
        match doc:
            case str():
                self.line += doc
            case Seq():
                self._write_seq(doc, indent, reserve)
            case Group():
                self._write_group(doc, indent, reserve)
            case Turn():
                self._write_turn(doc, indent, reserve, True)
            case Items():
                self._write_items(doc, indent, reserve)

    def _write_seq(self, seq: Seq, indent: int, reserve: int) -> None:
        first_line = len(self.lines)
        for number, part in enumerate(seq.parts):
            behind = _width_behind(seq.parts[number + 1 :], reserve)
            if isinstance(part, Turn):
                self._write_turn(part, indent, behind, len(self.lines) == first_line)
            else:
                self.write(part, indent, behind)

    def _write_group(self, group: Group, indent: int, reserve: int) -> None:
        flat = flatten(group)
        if flat is not None and self._fits(len(flat) + reserve):
            self.line += flat
            return
        self.line += "("
        self._newline(indent + INDENT)
        self.write(group.body, indent + INDENT)
        self._newline(indent)
        self.line += ")"

    def _write_turn(self, turn: Turn, indent: int, reserve: int, same_line: bool) -> None:
        flat = flatten(turn)
        if same_line and flat is not None and self._fits(len(flat) + reserve):
            self.line += flat
            return
        self._newline(indent + INDENT)
        self.line += turn.word + " "
        self.write(turn.body, indent + INDENT, reserve)

    def _write_items(self, items: Items, indent: int, reserve: int) -> None:
        flat = flatten(items)
        if flat is not None and self._fits(len(flat) + reserve):
            self.line += flat
        elif items.style is Style.CHAIN:
            self._write_chain(items, indent, reserve)
        elif items.style is Style.COMMAS:
            self._write_commas(items, indent, reserve)
        else:
            self._write_block(items, indent)

    def _write_chain(self, chain: Items, indent: int, reserve: int) -> None:
        if chain.hanging:
            indent += INDENT
            self._newline(indent)
        at_start = not self.line.strip()
        rest = indent if at_start else indent + INDENT
        last = len(chain.units) - 1
        for number, unit in enumerate(chain.units):
            if number:
                self._begin(unit, rest, False)
                self.line += chain.operator + " "
            self.write(unit.body, rest if number else indent, reserve if number == last else 0)
            self._trail(unit)

    def _write_commas(self, items: Items, indent: int, reserve: int) -> None:
        last = len(items.units) - 1
        for number, unit in enumerate(items.units):
            self._begin(unit, indent + HANGING, False)
            self.write(unit.body, indent + HANGING, reserve if number == last else 1)
            if number < last:
                self.line += ","
            self._trail(unit)

    def _write_block(self, items: Items, indent: int) -> None:
        opening, closing = MARKS[items.style]
        self.line += opening
        if items.head is not None:
            self.line += "  " + items.head.text
        comma = "," if items.style in _TRAILING_COMMA else ""
        for number, unit in enumerate(items.units):
            self._begin(unit, indent + INDENT, number > 0)
            self.write(unit.body, indent + INDENT, len(comma))
            self.line += comma
            self._trail(unit)
        for number, lead in enumerate(items.tail):
            self._newline(indent + INDENT, lead.blank and bool(items.units or number))
            self.line += lead.text
        self._newline(indent)
        self.line += closing

    def _begin(self, unit: Unit, indent: int, blank: bool) -> None:
        """The comments above a unit and the start of its line; `blank` allows an empty line before all that."""
        for number, lead in enumerate(unit.leads):
            self._newline(indent, lead.blank and (blank or number > 0))
            self.line += lead.text
        self._newline(indent, unit.blank and (blank or bool(unit.leads)))

    def _trail(self, unit: Unit) -> None:
        if unit.trail is not None:
            self.line += "  " + unit.trail.text

    def write_file(self, items: Items) -> None:
        """Declarations: an empty line between two of them unless both are one line and the author put none."""
        before_long = False
        for number, unit in enumerate(items.units):
            part = Writer()
            part.write(unit.body, 0)
            long = bool(part.lines)
            leads = unit.leads
            apart = bool(number) and (long or before_long)
            if leads:
                leads[0].blank = bool(number) and (leads[0].blank or apart)
            else:
                unit.blank = bool(number) and (unit.blank or apart)
            self._begin(unit, 0, True)
            self.lines.extend(part.lines)
            self.line = part.line
            self._trail(unit)
            before_long = long
        for number, lead in enumerate(items.tail):
            self._newline(0, lead.blank and bool(items.units or number))
            self.line += lead.text


def _width_behind(parts: tuple[Doc, ...], reserve: int) -> int:
    """Columns that must stay free for what follows on the line up to the first place where it can break."""
    width = 0
    for part in parts:
        match part:
            case str():
                width += len(part)
            case Turn():
                return width
            case Items():
                if part.style in (Style.COMMAS, Style.CHAIN):
                    return width
                if not part.units and not part.forced:
                    width += 2
                    continue
                return width + 1
            case Group():
                return width + 1
            case Seq():
                width += _width_behind(part.parts, 0)
    return width + reserve
