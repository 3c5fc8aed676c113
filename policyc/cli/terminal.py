"""What the output goes to: a terminal or not, with colour or not, how wide. Imports nothing heavy."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

NARROWEST, DEFAULT_WIDTH, WIDEST = 40, 80, 160
#: every environment variable that changes how a report looks
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")


def is_terminal(stream: TextIO) -> bool:
    """Whether a person's terminal is behind the stream; False for anything that cannot say."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def wants_color(choice: str, terminal: bool, environ: Mapping[str, str]) -> bool:
    """`always` and `never` decide; `auto` asks NO_COLOR, then FORCE_COLOR (both count when set and not empty), then the
    terminal. Sources: https://no-color.org/ and https://force-color.org/."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def width_of(stream: TextIO, environ: Mapping[str, str]) -> int:
    """The cells of a line: COLUMNS, else the terminal's own width, else 80; never below 40 or above 160."""
    text = environ.get("COLUMNS", "")
    width = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not width and is_terminal(stream):
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            width = 0
    return min(max(width, NARROWEST), WIDEST) if width else DEFAULT_WIDTH
