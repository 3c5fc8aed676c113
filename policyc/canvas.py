"""Pictures as SVG, and labels of chart languages: shapes with text and tool-tips, readable on light and dark ground, equal bytes for equal input.

Every shape has its light colour as an attribute, which any reader of SVG understands, and a class that a style sheet gives the dark one where the reader says that the
ground is dark. Source: https://www.w3.org/TR/SVG2/ and https://www.w3.org/TR/mediaqueries-5/#prefers-color-scheme
"""

from __future__ import annotations

from html import escape
from typing import Final
from unicodedata import category

from policyc.record import field, record

#: a colour as pictures name it: on light ground, on dark ground
PALETTE: Final[dict[str, tuple[str, str]]] = {
    "ground": ("#ffffff", "#14181d"),
    "ink": ("#1f2933", "#e6e9ee"),
    "faint": ("#5b6773", "#9aa6b2"),
    "grid": ("#d9dee5", "#39424c"),
    "panel": ("#f4f6f8", "#1e242b"),
    "good": ("#0b7a3b", "#4cc38a"),
    "good-ground": ("#bfe5cb", "#12402a"),
    "bad": ("#a02020", "#ff8f8f"),
    "bad-ground": ("#f3d6d6", "#4d1f22"),
    "open": ("#8a5300", "#f0b957"),
    "open-ground": ("#f7e3b5", "#45340f"),
    "blue": ("#1d5fbf", "#7fb2ff"),
    "blue-ground": ("#c5d9f7", "#1a3357"),
    "violet": ("#8a3fb0", "#d29bf0"),
    "amber": ("#b35c00", "#f0a35e"),
}
#: the width of a character of text, for a size of 12
CHAR: Final = 7.3
_FONTS: Final = "Helvetica, Arial, DejaVu Sans, sans-serif"
#: characters that no picture may hold: XML refuses them, or they would reorder what people read
_HIDDEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def number(value: float) -> str:
    """A coordinate with at most one digit behind the point."""
    return f"{value:.1f}".removesuffix(".0")


def diamond(x: float, y: float, size: float) -> str:
    """The path of a square that stands on a corner."""
    return f"M{number(x)} {number(y - size)}L{number(x + size)} {number(y)}L{number(x)} {number(y + size)}L{number(x - size)} {number(y)}Z"


def shown(text: str) -> str:
    """`text` for a picture: escaped for XML, what cannot be seen written out."""
    return escape("".join(f"\\u{{{ord(char):x}}}" if category(char) in _HIDDEN else char for char in text))


@record(frozen=False)
class Canvas:
    """Shapes in order, and how far they reach. Colours are names of `PALETTE`."""

    title: str
    parts: list[str] = field(default_factory=list)
    width: float = 0
    height: float = 0
    used: set[str] = field(default_factory=set)

    def reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 12,
        fill: str = "ink",
        anchor: str = "start",
        turn: bool = False,
        bold: bool = False,
        title: str = "",
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        spin = f' transform="rotate(-50 {number(x)} {number(y)})"' if turn else ""
        self.parts.append(
            f'<text x="{number(x)}" y="{number(y)}" font-size="{size}"{self.colours(fill)} text-anchor="{anchor}"{weight}{spin}>{_tip(title)}{shown(text)}</text>'
        )
        long = len(text) * CHAR * size / 12
        ahead = long * 0.65 if turn else long if anchor == "start" else long / 2 if anchor == "middle" else 0
        self.reach(x + ahead, y + 6)

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, width: float = 1, dash: str = "") -> None:
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"{self.colours(stroke=color)} stroke-width="{number(width)}"{style}/>'
        )
        self.reach(max(x1, x2), max(y1, y2))

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str) -> None:
        self.parts.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"{self.colours(fill, stroke)} stroke-width="1.5"/>'
        )
        self.reach(x + radius, y + radius)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, title: str = "", stroke: str = "grid"
    ) -> None:
        self.parts.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"{self.colours(fill, stroke)}>{_tip(title)}</rect>'
        )
        self.reach(x + width, y + height)

    def path(self, points: str, fill: str) -> None:
        self.parts.append(f'<path d="{points}"{self.colours(fill)}/>')

    def place(self, other: Canvas, top: float) -> float:
        """Put another picture below what is there; its lower end."""
        self.parts += [f'<g transform="translate(0 {number(top)})">', *other.parts, "</g>"]
        self.used |= other.used
        self.reach(other.width, top + other.height)
        return top + other.height

    def colours(self, fill: str = "", stroke: str = "") -> str:
        """The attributes that colour a shape."""
        classes = [*([f"f-{fill}"] if fill else []), *([f"s-{stroke}"] if stroke else [])]
        self.used.update(classes)
        light = (f' fill="{PALETTE[fill][0]}"' if fill else "") + (f' stroke="{PALETTE[stroke][0]}"' if stroke else "")
        return f'{light} class="{" ".join(classes)}"'

    def svg(self, margin: float = 24) -> str:
        """The whole picture as one document."""
        width, height = number(self.width + margin), number(self.height + margin)
        ground = self.colours("ground")
        return (
            "\n".join(
                [
                    f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="{_FONTS}" role="img">',
                    f"<title>{shown(self.title)}</title>",
                    f"<style>{self._dark()}</style>",
                    f'<rect width="{width}" height="{height}"{ground}/>',
                    *self.parts,
                    "</svg>",
                ]
            )
            + "\n"
        )

    def _dark(self) -> str:
        """The style sheet with the colours on dark ground."""
        words = {"f": "fill", "s": "stroke"}
        rules = [f".{name}{{{words[name[0]]}:{PALETTE[name[2:]][1]}}}" for name in sorted(self.used)]
        return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _tip(text: str) -> str:
    return f"<title>{chr(10).join(map(shown, text.splitlines()))}</title>" if text else ""


def mermaid_label(text: str) -> str:
    """Text inside a quoted Mermaid label: what has a meaning there becomes an entity."""
    return "".join(f"#{ord(char)};" if char in '"<>#&;{}|`' or ord(char) < 32 else char for char in text)


def dot_label(text: str) -> str:
    """Text as a quoted label of Graphviz."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
